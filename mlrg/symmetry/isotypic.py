"""A representation taken apart: isotypic projectors and the exact change of basis to irreps.

A matrix T with V(g) T = T W(g) for every g takes an irrep W into V without a kernel, and T is an
invariant form of V* and W. Its columns turn under G exactly as the basis of W does. As many such
blocks as W is contained, side by side for every W, are the new basis P, and

    P⁻¹ V P = W_1 ⊕ … ⊕ W_1 ⊕ W_2 ⊕ …,

matrix for matrix. The projector on a component is P with the other columns struck out, times P⁻¹.
"""

from dataclasses import dataclass
from functools import cached_property, reduce

import sympy

from mlrg.errors import RepresentationError
from mlrg.symmetry.arguments import instance
from mlrg.symmetry.exact_matrices import ExactMatrix, in_common_field
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.invariants import invariant_forms
from mlrg.symmetry.representations import Representation


@dataclass(frozen=True, eq=False)
class IsotypicComponent:
    """All copies of one irrep in a representation V.

    Attributes
    ----------
    irrep : Representation
        W, one of `FiniteGroup.irreps`, or of `real_irreps` where V is real.
    multiplicity : int
        How many times V holds it.
    basis : sympy.ImmutableMatrix
        The copies side by side, exact, shape ``(dim V, multiplicity · dim W)``.
    projector : sympy.ImmutableMatrix
        The matrix Π with Π² = Π that keeps these copies and takes all others to zero, exact, shape
        ``(dim V, dim V)``.
    """

    irrep: Representation
    multiplicity: int
    basis: sympy.ImmutableMatrix
    projector: sympy.ImmutableMatrix

    def __repr__(self):
        return f"{self.multiplicity} × {self.irrep.name}"


class IsotypicDecomposition:
    """A representation as a sum of irreps, with the basis in which it is one.

    Parameters
    ----------
    representation : Representation
        V, over any field; a real one is taken apart over the real numbers.

    Attributes
    ----------
    sum : Representation
        P⁻¹ V P: the sum of irreps that V is in the new basis.

    Raises
    ------
    LargeGroupError
        If the group has too many elements to list.
    NoAnswerError
        If an irrep that V holds is not found by matrices.
    """

    def __init__(self, representation: Representation):
        instance(representation, Representation, "a representation", RepresentationError)
        self.representation = representation
        group: FiniteGroup = representation.group
        every = group.real_irreps if representation.is_real else group.irreps
        held = representation.decomposition
        table = every.table
        numbers = [real.number for real in table.real_irreps] if every.real else range(len(every))
        self._copies = [
            (every[k], _copies(representation, every[k]))
            for k, number in enumerate(numbers)
            if held.get(number)
        ]
        blocks = in_common_field([copy for _, copies in self._copies for copy in copies])
        self._change = reduce(ExactMatrix.beside, blocks)
        irreps = [irrep for irrep, copies in self._copies for _ in copies]
        self.sum = reduce(Representation.__add__, irreps)
        _check(representation, self._change, self.sum)

    @cached_property
    def basis(self) -> sympy.ImmutableMatrix:
        """P, whose columns are the new basis, exact, shape ``(dim V, dim V)``."""
        return self._change.expressions

    @cached_property
    def components(self) -> tuple[IsotypicComponent, ...]:
        """The irreps that V holds, in the order of their table."""
        found, start, back = [], 0, self._change.inverse
        for irrep, copies in self._copies:
            places = range(start, start + irrep.dimension * len(copies))
            start += len(places)
            columns = self._change.columns(places)
            projector = (columns @ back.rows(places)).expressions
            found.append(IsotypicComponent(irrep, len(copies), columns.expressions, projector))
        return tuple(found)

    def __repr__(self):
        return " + ".join(map(repr, self.components))


def _copies(whole: Representation, irrep: Representation) -> list[ExactMatrix]:
    """Return T of as many copies as there are, independent of each other."""
    found: list[ExactMatrix] = []
    forms = invariant_forms(whole.dual, irrep)
    for form in forms.forms:
        block = form.matrix(forms.shape)
        if found:
            # For an irrep that commutes with more than numbers, one copy has several forms.
            *before, block = in_common_field([*found, block])
            together = reduce(ExactMatrix.beside, [*before, block])
            if together.rank < together.shape[1]:
                continue
        found.append(block)
    return found


def _check(whole: Representation, change: ExactMatrix, parts: Representation) -> None:
    for ours, theirs in zip(whole.matrices, parts.matrices, strict=True):
        basis, left, right = in_common_field([change, ours, theirs])
        if left @ basis != basis @ right:
            raise ArithmeticError(f"the irreps of {whole!r} do not turn as they should")
    if change.rank != whole.dimension:
        raise ArithmeticError(f"the irreps of {whole!r} are of rank {change.rank}")
