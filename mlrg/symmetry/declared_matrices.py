"""Matrices as people write them: rows of exact numbers, read and refused, and written back."""

from collections.abc import Iterable

import numpy as np
import sympy

from mlrg.errors import InexactMatrixError, MatrixShapeError


def exact_matrix(rows) -> sympy.ImmutableMatrix:
    """Return declared rows as a matrix of sympy, refusing what is not an exact number.

    Raises
    ------
    MatrixShapeError
        If they are no rows of one length.
    InexactMatrixError
        If an entry is not an exact, finite number.
    """
    if isinstance(rows, sympy.MatrixBase):
        listed = rows.tolist()
    else:
        try:
            listed = [list(row) for row in rows]
        except TypeError as error:
            raise MatrixShapeError(
                f"{rows!r} is not a matrix: give a list of rows, such as [[0, 1], [1, 0]]"
            ) from error
    if isinstance(rows, str) or len({len(row) for row in listed}) > 1:
        raise MatrixShapeError(
            f"{rows!r} is not a matrix: give a list of rows that are all of one length"
        )
    entries = [
        [exact_number(entry, f"entry {(i, j)}") for j, entry in enumerate(row)]
        for i, row in enumerate(listed)
    ]
    columns = len(entries[0]) if entries else 0
    return sympy.ImmutableMatrix(len(entries), columns, [x for row in entries for x in row])


def exact_number(value, what: str) -> sympy.Expr:
    """Return a declared number in sympy.

    Raises
    ------
    InexactMatrixError
        If it is not exact and finite.
    """
    refused = InexactMatrixError(
        f"{what} is {value!r}, not an exact number: write it as an integer, sympy.Rational or an "
        "algebraic number such as sympy.sqrt(3)/2"
    )
    # Text is not read: what it means, 0.5 or 1/2, is for the user to say.
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None:
        raise refused
    try:
        number = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError, ValueError) as error:
        raise refused from error
    if not isinstance(number, sympy.Expr) or number.has(sympy.Float):
        raise refused
    if not number.is_Rational and (not number.is_number or not number.is_finite):
        raise refused
    return number


def exact_text(rows: Iterable[Iterable]) -> str:
    """Return rows of exact numbers as Python text that evaluates back, given the name ``sympy``."""
    return "[" + ", ".join("[" + ", ".join(map(_number_text, row)) + "]" for row in rows) + "]"


def _number_text(value) -> str:
    value = sympy.sympify(value)
    return str(value) if value.is_Integer else f"sympy.sympify({str(value)!r})"
