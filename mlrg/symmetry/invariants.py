"""Exact bases of invariant bilinear forms, each with a certificate.

A form J on V ⊗ W is invariant if A(g)ᵀ J B(g) = J for every group element, so that the energy
−sᵀ J t does not change when s → A s and t → B t (Eq. 3). The basis is canonical: the reduced
echelon form of the solution space in row-major order. Direct sums are solved summand by summand,
and pairs of summands that the character formula shows to have no invariant are never looked at.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import sympy

from mlrg.symmetry.averaging import averaged_forms
from mlrg.symmetry.elimination import Factor, FixedVectors, is_echelon, null_space, nullity_bound
from mlrg.symmetry.exact_matrices import ExactMatrix, in_common_field
from mlrg.symmetry.exact_numbers import expression
from mlrg.symmetry.number_fields import RATIONALS, NumberField, Vector
from mlrg.symmetry.representations import (
    Representation,
    one_field,
    require_one_group,
)

# More products of entries than this an unknown, and averaging beats elimination.
_DENSE = 20
# Groups up to this order are listed for the character formula.
_LISTED = 2000


def invariant_dimension(left: Representation, right: Representation) -> int:
    """Return dim (V ⊗ W)^G = (1/|G|) Σ_g χ_V(g) χ_W(g), the character formula.

    For a group too large to be listed it is the number of solutions of the equations of its
    generators, modulo a prime.

    Raises
    ------
    RepresentationError
        If the two representations belong to different groups.
    """
    require_one_group(left, right)
    if left.group.order > _LISTED:
        return sum(_solutions_modulo_a_prime(a, b) for a in left.summands for b in right.summands)
    ours, theirs = in_common_field([left.class_traces, right.class_traces])
    sizes = np.array([len(members) for members in left.group.classes])
    weighted = ExactMatrix(ours.field, ours.numerators * sizes[None, :, None], ours.denominator)
    total = (weighted @ theirs.transpose).entry(0, 0)
    average = total[0] / left.group.order
    if any(total[1:]) or average.denominator != 1:
        raise ArithmeticError(f"character average {average} is not an integer")
    return int(average)


@lru_cache(maxsize=4096)
def _solutions_modulo_a_prime(left: Representation, right: Representation) -> int:
    field, ours, theirs = one_field(left, right)
    return nullity_bound(_system(ours, theirs, field, left.dimension * right.dimension))


class Form(NamedTuple):
    """An exact matrix by its entries that are not zero: {(row, column): number of the field}."""

    field: NumberField
    entries: dict[tuple[int, int], Vector]

    def matrix(self, shape: tuple[int, int]) -> ExactMatrix:
        """Return the form as a matrix."""
        zero = self.field.rational(0)
        return ExactMatrix.from_vectors(
            self.field,
            [[self.entries.get((i, j), zero) for j in range(shape[1])] for i in range(shape[0])],
        )


@dataclass(frozen=True)
class InvariantBasis:
    """A basis of the invariant forms of two representations of one group.

    Attributes
    ----------
    left, right : Representation
    forms : tuple of Form
        Basis forms, reduced echelon in row-major order, each with leading entry 1.
    """

    left: Representation
    right: Representation
    forms: tuple[Form, ...]

    def __len__(self):
        return len(self.forms)

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a basis matrix."""
        return self.left.dimension, self.right.dimension

    @cached_property
    def matrices(self) -> tuple[sympy.ImmutableMatrix, ...]:
        """Basis matrices of shape ``(left.dimension, right.dimension)``, exact."""
        return tuple(
            sympy.ImmutableMatrix(
                sympy.SparseMatrix(
                    *self.shape,
                    {place: expression(form.field, x) for place, x in form.entries.items()},
                )
            )
            for form in self.forms
        )

    @cached_property
    def arrays(self) -> np.ndarray:
        """The basis in floats, shape ``(basis, left, right)``; complex if an entry is."""
        out = np.zeros((len(self), *self.shape), dtype=complex)
        for k, form in enumerate(self.forms):
            for place, x in form.entries.items():
                out[(k, *place)] = np.array(x, dtype=float) @ form.field.embedding
        real = self.left.is_real and self.right.is_real
        return out.real if real else out

    @cached_property
    def orthonormal(self) -> np.ndarray:
        """An orthonormal basis of the same space in floats, ``(basis, left, right)``."""
        rows = self.arrays.reshape(len(self), self.shape[0] * self.shape[1])
        return np.linalg.qr(rows.T)[0].T.reshape(len(self), *self.shape)

    @cached_property
    def certificate(self) -> dict[str, object]:
        """Rank, dimension by the character formula, and whether every residual is exactly zero.

        The rank is read off the echelon form: every form starts at a place of its own, where all
        others are zero. The residual is A(g)⁻ᵀ J − J B(g) for every generator g.
        """
        return {
            "rank": len(self) if is_echelon([form.entries for form in self.forms]) else -1,
            "dimension": invariant_dimension(self.left, self.right),
            "residual_zero": self._residual_zero(),
        }

    def _residual_zero(self) -> bool:
        if not self.forms or not self.left.matrices:
            return True
        (rows, columns), count = self.shape, len(self)
        matrices = in_common_field(
            [
                *self.left.matrices,
                *self.right.matrices,
                *(form.matrix(self.shape) for form in self.forms),
            ]
        )
        half = len(self.left.matrices)
        stacked = matrices[2 * half]
        for matrix in matrices[2 * half + 1 :]:
            stacked = stacked.stacked(matrix)
        for a, b in zip(matrices[:half], matrices[half : 2 * half], strict=True):
            # A⁻ᵀ J of every form at once needs the forms side by side.
            right = stacked @ b
            turned = stacked.numerators.reshape(count, rows, columns, -1).swapaxes(0, 1)
            beside = ExactMatrix.of(
                stacked.field, turned.reshape(rows, count * columns, -1), stacked.denominator
            )
            left = a.inverse.transpose @ beside
            moved = left.numerators.reshape(rows, count, columns, -1).swapaxes(0, 1)
            same = ExactMatrix.of(
                left.field, moved.reshape(count * rows, columns, -1), left.denominator
            )
            if same != right:
                return False
        return True


def invariant_forms(left: Representation, right: Representation) -> InvariantBasis:
    """Return the canonical certified basis of the forms invariant under one group.

    Raises
    ------
    RepresentationError
        If the two representations belong to different groups.
    """
    require_one_group(left, right)
    if len(left.summands) == len(right.summands) == 1:
        # The cache knows representations by content; names are those of the caller.
        return InvariantBasis(left, right, _certified_block(left, right).forms)
    forms = []
    row = 0
    for upper in left.summands:
        column = 0
        for lower in right.summands:
            for form in _certified_block(upper, lower).forms:
                entries = {(row + i, column + j): x for (i, j), x in form.entries.items()}
                forms.append(Form(form.field, entries))
            column += lower.dimension
        row += upper.dimension
    forms.sort(key=lambda form: min(form.entries))
    dimension = invariant_dimension(left, right)
    if len(forms) != dimension:
        raise ArithmeticError(f"{len(forms)} invariants of summands in {dimension} dimensions")
    return InvariantBasis(left, right, tuple(forms))


@lru_cache(maxsize=4096)
def _certified_block(left: Representation, right: Representation) -> InvariantBasis:
    """Solve for the invariants of two summands; the cache is keyed by their content."""
    dimension = invariant_dimension(left, right)
    if dimension == 0:
        return InvariantBasis(left, right, ())
    basis = InvariantBasis(left, right, tuple(_solve(left, right, dimension)))
    proof = basis.certificate
    if not (proof["rank"] == dimension == len(basis) and proof["residual_zero"]):
        raise ArithmeticError(f"the invariant basis failed its certificate: {proof}")
    return basis


def _solve(left: Representation, right: Representation, dimension: int) -> list[Form]:
    if dimension == 1 and left == right and left.is_orthogonal:
        # The unit matrix is one, and there is no other.
        one = RATIONALS.rational(1)
        return [Form(RATIONALS, {(i, i): one for i in range(left.dimension)})]
    field, ours, theirs = one_field(left, right)
    filled = sum(
        np.count_nonzero(a.numerators) * np.count_nonzero(b.numerators)
        for a, b in zip(ours, theirs, strict=True)
    )
    dense = filled > _DENSE * left.dimension * right.dimension
    if field == RATIONALS and dense and left.group.order <= _LISTED:
        averaged = averaged_forms(left.group, ours, theirs, dimension)
        return [Form(field, form) for form in averaged]
    columns = right.dimension
    return [
        Form(field, {divmod(place, columns): x for place, x in form.items()})
        for form in null_space(_system(ours, theirs, field, left.dimension * columns))
    ]


def _system(
    left: list[ExactMatrix], right: list[ExactMatrix], field: NumberField, size: int
) -> FixedVectors:
    """Aᵀ ⊗ Bᵀ of all generators, on the entries of a form in row-major order."""
    actions = []
    for a, b in zip(left, right, strict=True):
        columns = b.shape[1]
        actions.append((Factor(a.transpose, columns, columns), Factor(b.transpose, 1, 1)))
    return FixedVectors(field, size, tuple(actions))
