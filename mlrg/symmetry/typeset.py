"""Coupling matrices for people: text and LaTeX with lines between irreps, as in Eqs. (17)–(18)."""

from collections.abc import Sequence
from itertools import accumulate

import sympy


def matrix_text(matrix: sympy.MatrixBase, rows: Sequence[int], columns: Sequence[int]) -> str:
    """Return the matrix in characters; `rows` and `columns` give the block sizes."""
    cells = [[str(entry) for entry in row] for row in matrix.tolist()]
    width = max(len(cell) for row in cells for cell in row)
    row_ends, column_ends = set(accumulate(rows)), set(accumulate(columns))
    last = matrix.cols - 1

    def line(entries: Sequence[str], gap: str, bar: str) -> str:
        return "".join(
            entry + (bar if j + 1 in column_ends and j < last else gap if j < last else "")
            for j, entry in enumerate(entries)
        )

    lines = []
    for i, row in enumerate(cells):
        lines.append(line([cell.rjust(width) for cell in row], "  ", " │ "))
        if i + 1 in row_ends and i + 1 < len(cells):
            lines.append(line(["─" * width] * len(row), "──", "─┼─"))
    return "\n".join(f"[ {text} ]" for text in lines)


def matrix_latex(matrix: sympy.MatrixBase, rows: Sequence[int], columns: Sequence[int]) -> str:
    """Return the matrix as a LaTeX array; `rows` and `columns` give the block sizes."""
    layout = "|".join("c" * size for size in columns)
    row_ends = set(accumulate(rows))
    body = []
    for i, row in enumerate(matrix.tolist()):
        rule = r" \hline" if i + 1 in row_ends and i + 1 < matrix.rows else ""
        end = r" \\" if i + 1 < matrix.rows else ""
        body.append(" & ".join(sympy.latex(entry) for entry in row) + end + rule)
    lines = " ".join(body)
    return rf"\left[\begin{{array}}{{{layout}}} {lines} \end{{array}}\right]"
