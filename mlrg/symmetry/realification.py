"""Complex matrices as real ones of twice the size: z = x + iy as (x, y)."""

from collections.abc import Sequence

from mlrg.errors import InexactMatrixError
from mlrg.symmetry.exact_matrices import ExactMatrix, in_smallest_field
from mlrg.symmetry.exact_numbers import common_field
from mlrg.symmetry.number_fields import held, quadratic_field


def realified_matrices(matrices: Sequence[ExactMatrix]) -> list[ExactMatrix]:
    """Return [[X, −Y], [Y, X]] for each X + iY, over the smallest field that is found.

    Unitary matrices become orthogonal ones.

    Raises
    ------
    InexactMatrixError
        If they lie in a field whose complex conjugation is not known.
    """
    if not matrices:
        return []
    field = common_field([matrices[0].field, quadratic_field(frozenset({-1}))])
    if field.conjugates is None:
        raise InexactMatrixError(
            f"the complex numbers of the field of {field.basis[1]} are not taken apart into real "
            "and imaginary parts: write them in square roots and roots of unity"
        )
    half = field.rational("1/2")
    over_2i = field.inverse(tuple(2 * x for x in held(field.square_root(-1))))
    found = []
    for matrix in matrices:
        whole = matrix.into(field)
        real = (whole + whole.conjugate).times(half)
        imaginary = (whole - whole.conjugate).times(over_2i)
        upper = real.beside(-imaginary)
        found.append(upper.stacked(imaginary.beside(real)))
    return in_smallest_field(found)
