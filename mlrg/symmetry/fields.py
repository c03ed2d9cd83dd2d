"""One exact number field for a set of matrices.

Exact linear algebra is done by sympy's DomainMatrix, whose speed and canonical forms depend on all
entries living in one known field: the rationals where possible, an algebraic extension otherwise.
"""

from collections.abc import Sequence

import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import RepresentationError


def exact_matrix(rows) -> sympy.ImmutableMatrix:
    """Return `rows` as an immutable sympy matrix, refusing floating-point entries.

    Raises
    ------
    RepresentationError
        If an entry is not an exact, finite number.
    """
    matrix = sympy.ImmutableMatrix(rows)
    for (row, column), entry in zip(
        ((i, j) for i in range(matrix.rows) for j in range(matrix.cols)), matrix, strict=True
    ):
        if entry.has(sympy.Float) or not entry.is_number or not entry.is_finite:
            raise RepresentationError(
                f"entry ({row}, {column}) is {entry}, not an exact number: write it as an integer, "
                "sympy.Rational or an algebraic number such as sympy.sqrt(3)/2"
            )
    return matrix


def to_common_field(matrices: Sequence[sympy.MatrixBase]) -> list[DomainMatrix]:
    """Convert sympy matrices to sparse DomainMatrix objects over one common exact field."""
    converted = [
        DomainMatrix.from_Matrix(sympy.Matrix(m), extension=True).to_field().to_sparse()
        for m in matrices
    ]
    if not converted:
        return []
    return list(converted[0].unify(*converted[1:])) if len(converted) > 1 else converted
