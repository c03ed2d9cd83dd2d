"""Output for people: coupling matrices with lines between irreps, as in Eqs. (17)–(18), as text and
LaTeX, and character tables."""

import math
import re
from collections.abc import Sequence
from html import escape
from itertools import accumulate, groupby, repeat

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


_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _short(value: sympy.Expr, counts: Sequence[tuple[int, int]], root: int) -> str:
    """A character value as a chemist writes it: a whole number, or a sum of powers of ε.

    ε is the `root`-th power of the root of unity that the multiplicities count.
    """
    if value.is_Integer:
        return str(value)
    terms = []
    for k, count in counts:
        power = "ε" + (str(k // root).translate(_SUPERSCRIPTS) if k > root else "")
        terms.append(str(count) if k == 0 else f"{count if count > 1 else ''}{power}")
    return "+".join(terms)


def _class_name(group, element: int) -> str:
    """An element as a word in the generators with powers, E for the identity."""
    return (
        "·".join(
            group.names[letter] + (str(count).translate(_SUPERSCRIPTS) if count > 1 else "")
            for letter, run in groupby(group.word(element))
            for count in [len(list(run))]
        )
        or "E"
    )


def _character_rows(table) -> tuple[list[list[str]], int | None]:
    """Return a head and a row for each irrep, and n of ε = exp(2πi/n) where values need it.

    Values that are no whole numbers are sums of powers of one root of unity ε.
    """
    group = table.group
    heads = [
        f"{size if size > 1 else ''}{_class_name(group, members[0])}"
        for size, members in zip(table.class_sizes, group.classes, strict=True)
    ]
    # The roots of unity that values which are no whole numbers are made of.
    powers = {
        k
        for irrep in table.irreps
        for counts, value in zip(irrep.multiplicities, irrep.values, strict=True)
        if not value.is_Integer
        for k, _ in counts
    }
    root = math.gcd(group.exponent, *powers)
    rows = [[group.name, *heads, "type"]]
    for label, irrep in zip(table.labels, table.irreps, strict=True):
        cells = map(_short, irrep.values, irrep.multiplicities, repeat(root))
        rows.append([label, *cells, irrep.kind])
    return rows, group.exponent // root if powers else None


def character_table_html(table) -> str:
    """Return a `CharacterTable` as a table for notebooks; see `character_table_text`."""
    rows, order = _character_rows(table)
    head, *body = [[escape(cell) for cell in row] for row in rows]
    apart = ' style="padding: 0 0.6em; text-align: right"'
    lines = ["".join(f"<th{apart}>{cell}</th>" for cell in head)]
    lines += [
        f"<th{apart}>{label}</th>" + "".join(f"<td{apart}>{cell}</td>" for cell in row)
        for label, *row in body
    ]
    note = f"<caption>ε = exp(2πi/{order})</caption>" if order else ""
    return f"<table>{note}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def character_table_text(table) -> str:
    """Return a `CharacterTable` as a chemist prints it: classes by their size and a member.

    Values that are no whole numbers are sums of powers of one root of unity ε.
    """
    rows, order = _character_rows(table)
    widths = [max(len(row[j]) for row in rows) for j in range(len(rows[0]))]
    lines = []
    for i, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append(cells[0] + " │ " + "  ".join(cells[1:]) + " │ " + row[-1])
        if i == 0:
            middle = sum(widths[1:-1]) + 2 * (len(widths) - 3)
            lines.append("─" * widths[0] + "─┼─" + "─" * middle + "─┼─" + "─" * widths[-1])
    if order:
        lines.append(f"ε = exp(2πi/{order})")
    return "\n".join(lines)


def character_table_latex(table) -> str:
    """Return a `CharacterTable` as a LaTeX array, values exact."""
    group = table.group
    heads = [
        (str(size) if size > 1 else "") + _latex_word(_class_name(group, members[0]))
        for size, members in zip(table.class_sizes, group.classes, strict=True)
    ]
    lines = [" & ".join(["", *heads]) + r" \\ \hline"]
    for label, irrep in zip(table.labels, table.irreps, strict=True):
        name = rf"\chi_{{{label[1:]}}}" if label.startswith("χ") else rf"\mathrm{{{label}}}"
        lines.append(" & ".join([name, *map(sympy.latex, irrep.values)]) + r" \\")
    layout = "c|" + "c" * len(heads)
    return "\n".join([rf"\begin{{array}}{{{layout}}}", *lines, r"\end{array}"])


_PLAIN = {ord(power): f"^{digit}" for digit, power in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)}


def _latex_word(word: str) -> str:
    text = re.sub(r"(?:\^\d)+", lambda m: f"^{{{m[0].replace('^', '')}}}", word.translate(_PLAIN))
    return text.replace("·", r"\,").replace("σ", r"\sigma ")
