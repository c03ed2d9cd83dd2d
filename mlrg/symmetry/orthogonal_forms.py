"""A real representation by orthogonal matrices, where its field allows them.

The average F of the unit form over the group is invariant and positive. With F = L D Lᵀ, L lower
triangular and D diagonal, the columns of P = L⁻ᵀ D^{−1/2} are orthonormal for F, so that P⁻¹ V P is
orthogonal. The roots of D are what a field may not have. On Young's seminormal matrices this gives
his orthogonal form.
"""

import sympy

from mlrg.errors import NoAnswerError, RepresentationError
from mlrg.symmetry.arguments import instance
from mlrg.symmetry.exact_matrices import ExactMatrix, in_common_field
from mlrg.symmetry.exact_numbers import expression, is_in_roots
from mlrg.symmetry.invariants import InvariantBasis, invariant_forms
from mlrg.symmetry.number_fields import NumberField, Vector
from mlrg.symmetry.representations import Representation


def orthogonal_form(representation: Representation) -> Representation:
    """Return a real representation in a basis in which its matrices are orthogonal.

    The first basis vector stays what it is. One that is orthogonal already is returned as it is
    (`Representation.is_orthogonal`).

    Raises
    ------
    RepresentationError
        If it is not real.
    NoAnswerError
        If the basis needs roots that no field at hand holds.
    """
    instance(representation, Representation, "a representation", RepresentationError)
    if representation.is_orthogonal:
        return representation
    if not representation.is_real:
        raise RepresentationError(
            f"a complex representation of dimension {representation.dimension} has no orthogonal "
            "matrices: take its real_form first"
        )
    changed = representation.change_of_basis(_orthonormal_basis(representation))
    if not changed.is_orthogonal:
        raise ArithmeticError(f"the orthonormal basis of {representation!r} is none")
    label = f"orthogonal_form({representation!r})"
    return Representation._trusted(
        representation.group,
        changed.matrices,
        representation.dimension,
        label,
        name=representation.name,
    )


def _orthonormal_basis(representation: Representation) -> sympy.Matrix:
    form = _averaged_unit_form(representation)
    field, d = form.field, form.shape[0]
    lower, diagonal = _triangular(field, [[form.entry(i, j) for j in range(d)] for i in range(d)])
    first = field.inverse(diagonal[0])
    upper = ExactMatrix.from_vectors(field, lower).inverse.transpose.expressions
    lengths = [sympy.sqrt(expression(field, field.multiply(first, x))) for x in diagonal]
    unread = next((length for length in lengths if not is_in_roots(length)), None)
    if unread is not None:
        raise NoAnswerError(
            f"an orthonormal basis of a representation of dimension {d} needs {unread}, which is "
            "not made of square roots of rational numbers and roots of unity: change its basis, or "
            "work in floats"
        )
    return upper * sympy.diag(*(1 / length for length in lengths))


def _averaged_unit_form(representation: Representation) -> ExactMatrix:
    """Return Σ_g V(g)ᵀ V(g) / |G|, from invariant forms alone.

    The forms of the dual see of a form only its average: Σ_k ⟨D_j, F_k⟩ c_k = ⟨D_j, 1⟩.
    """
    d = representation.dimension
    forms, duals = (
        _flat(invariant_forms(*[representation] * 2)),
        _flat(invariant_forms(*[representation.dual] * 2)),
    )
    unit = ExactMatrix.identity(d)
    unit = ExactMatrix(unit.field, unit.numerators.reshape(d * d, 1, 1), 1)
    forms, duals, unit = in_common_field([forms, duals, unit])
    weights = (duals @ forms.transpose).inverse @ (duals @ unit)
    total = weights.transpose @ forms
    return ExactMatrix(total.field, total.numerators.reshape(d, d, -1), total.denominator)


def _flat(basis: InvariantBasis) -> ExactMatrix:
    """Return the forms as rows, shape ``(form, d²)``."""
    rows, columns = basis.shape
    matrices = in_common_field([form.matrix(basis.shape) for form in basis.forms])
    flat = [
        ExactMatrix(m.field, m.numerators.reshape(1, rows * columns, -1), m.denominator)
        for m in matrices
    ]
    total = flat[0]
    for row in flat[1:]:
        total = total.stacked(row)
    return total


def _triangular(
    field: NumberField, form: list[list[Vector]]
) -> tuple[list[list[Vector]], list[Vector]]:
    """Return L and D of a positive symmetric form, F = L D Lᵀ."""
    d, zero = len(form), field.rational(0)
    lower = [[field.rational(int(i == j)) for j in range(d)] for i in range(d)]
    diagonal: list[Vector] = []
    for j in range(d):
        # Columns before j, each weighted by its place in D.
        weighted = [field.multiply(lower[j][k], diagonal[k]) for k in range(j)]
        for i in range(j, d):
            rest = form[i][j]
            for k in range(j):
                if any(lower[i][k]) and any(weighted[k]):
                    product = field.multiply(lower[i][k], weighted[k])
                    rest = tuple(x - y for x, y in zip(rest, product, strict=True))
            if i == j:
                diagonal.append(rest)
                over = field.inverse(rest)
            else:
                lower[i][j] = field.multiply(rest, over) if any(rest) else zero
    return lower, diagonal
