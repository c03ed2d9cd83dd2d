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
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import RepresentationError
from mlrg.symmetry.averaging import averaged_forms
from mlrg.symmetry.elimination import echelon_null_space, is_echelon, minus_identity
from mlrg.symmetry.fields import to_common_field
from mlrg.symmetry.representations import Representation, common_characters, common_images

# More products of entries than this an unknown, and averaging beats elimination.
_DENSE = 20


def invariant_dimension(left: Representation, right: Representation) -> int:
    """Return dim (V ⊗ W)^G = (1/|G|) Σ_g χ_V(g) χ_W(g), the character formula."""
    domain, a, b = common_characters(left.field_character, right.field_character)
    total = sum(
        (x * y * len(members) for x, y, members in zip(a, b, left.group.classes, strict=True)),
        domain.zero,
    )
    average = domain.to_sympy(total / domain.convert(left.group.order))
    if not average.is_Integer:
        raise ArithmeticError(f"character average {average} is not an integer")
    return int(average)


class Form(NamedTuple):
    """An exact matrix by its entries that are not zero: {(row, column): field element}."""

    domain: object
    entries: dict[tuple[int, int], object]


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
                    {place: form.domain.to_sympy(x) for place, x in form.entries.items()},
                )
            )
            for form in self.forms
        )

    @cached_property
    def arrays(self) -> np.ndarray:
        """The basis in floats, shape ``(basis, left, right)``."""
        out = np.zeros((len(self), *self.shape))
        for k, form in enumerate(self.forms):
            for place, element in form.entries.items():
                out[(k, *place)] = float(form.domain.to_sympy(element))
        return out

    @cached_property
    def orthonormal(self) -> np.ndarray:
        """An orthonormal basis of the same space in floats, ``(basis, left, right)``."""
        rows = self.arrays.reshape(len(self), -1)
        return np.linalg.qr(rows.T)[0].T.reshape(-1, *self.shape)

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
        if not self.forms:
            return True
        (rows, columns), count = self.shape, len(self)
        domain, left, right = common_images(self.left, self.right)
        forms = [_in_field(form, domain) for form in self.forms]
        if any(form is None for form in forms):
            # Forms of summands with different fields: put everything into one.
            half = len(self.left.images)
            joint = to_common_field([*self.left.images, *self.right.images, *self.matrices])
            domain, left, right = joint[0].domain, joint[:half], joint[half : 2 * half]
            forms = [dict(m.to_sparse().to_dok()) for m in joint[2 * half :]]
        tall = {(k * rows + i, j): x for k, f in enumerate(forms) for (i, j), x in f.items()}
        wide = {(i, k * columns + j): x for k, f in enumerate(forms) for (i, j), x in f.items()}
        stacked = _from_entries(tall, (count * rows, columns), domain)
        beside = _from_entries(wide, (rows, count * columns), domain)
        for a, b in zip(left, right, strict=True):
            dense = stacked.rep.fmt != "sparse"
            change = a.to_dense().inv().transpose()
            first = (change if dense else change.to_sparse()) * beside
            second = stacked * (b.to_dense() if dense else b.to_sparse())
            moved = {
                (i, k * columns + j): x
                for (row, j), x in second.to_dok().items()
                for k, i in (divmod(row, rows),)
            }
            if first.to_dok() != moved:
                return False
        return True


def _in_field(form: Form, domain) -> dict | None:
    if form.domain == domain:
        return form.entries
    if form.domain == sympy.QQ:
        return {place: domain.convert(x, sympy.QQ) for place, x in form.entries.items()}
    return None


def _from_entries(entries: dict, shape: tuple[int, int], domain) -> DomainMatrix:
    """A DomainMatrix, dense where a quarter or more of it is filled."""
    rows: dict[int, dict] = {}
    for (i, j), value in entries.items():
        rows.setdefault(i, {})[j] = value
    matrix = DomainMatrix(rows, shape, domain)
    return matrix.to_dense() if 4 * len(entries) > shape[0] * shape[1] else matrix


def invariant_forms(left: Representation, right: Representation) -> InvariantBasis:
    """Return the canonical certified basis of the forms invariant under one group.

    Raises
    ------
    RepresentationError
        If the two representations belong to different groups.
    """
    if left.group != right.group:
        raise RepresentationError(
            f"invariants need one group, but these belong to {left.group.name} and "
            f"{right.group.name}: restrict both to a common group first"
        )
    if len(left.summands) == len(right.summands) == 1:
        return _certified_block(left.summands[0], right.summands[0])
    forms = []
    row = 0
    for upper in left.summands:
        column = 0
        for lower in right.summands:
            for form in _certified_block(upper, lower).forms:
                entries = {(row + i, column + j): x for (i, j), x in form.entries.items()}
                forms.append(Form(form.domain, entries))
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
    domain, left_images, right_images = common_images(left, right)
    entries = [
        (a.to_sparse().to_dok(), b.to_sparse().to_dok())
        for a, b in zip(left_images, right_images, strict=True)
    ]
    filled = sum(len(a) * len(b) for a, b in entries)
    if domain == sympy.QQ and filled > _DENSE * left.dimension * right.dimension:
        averaged = averaged_forms(left.group, left_images, right_images, dimension)
        if averaged is not None:
            return [Form(domain, form) for form in averaged]
    return _eliminated(entries, (left.dimension, right.dimension), domain)


def _eliminated(entries: list, shape: tuple[int, int], domain) -> list[Form]:
    """Null space of Aᵀ ⊗ Bᵀ − 1 over all generators."""
    columns = shape[1]
    size = shape[0] * columns
    equations: list[dict] = []
    for a, b in entries:
        rows: list[dict] = [{} for _ in range(size)]
        for (i, p), x in a.items():
            for (j, q), y in b.items():
                rows[p * columns + q][i * columns + j] = x * y
        equations += minus_identity(rows, domain)
    return [
        Form(domain, {divmod(place, columns): x for place, x in form.items()})
        for form in echelon_null_space(equations, size, domain)
    ]
