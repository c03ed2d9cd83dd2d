"""Invariants of the block tensor T_{x0 x1 x2 x3}, whose legs the point group permutes.

The legs sit on the corners of a plaquette, counter-clockwise from the top right. An element (g, r)
of G × C4v moves leg i to corner r(i) and acts on it by T_r ⊗ T_g, or by a sum of such products. The
invariant tensors are the coupling space of tensor-network students. Their number is the average
over the group of the traces

    Π_{cycles c of r on the corners} Σ_terms χ_R(r^|c|) χ_G(g^|c|),

which certifies the basis; for tensors over spin states this is Burnside's count of orbits. Tensors
with the symmetry of a rectangle are invariant under half of C4v: the half turn and the mirror along
a bond.
"""

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import sympy

from mlrg.errors import BudgetError
from mlrg.geometry import BOND_MIRROR, CORNERS, STILL, TURN
from mlrg.symmetry.elimination import Factor, FixedVectors, is_echelon, null_space
from mlrg.symmetry.exact_matrices import ExactMatrix, direct_sum, in_common_field
from mlrg.symmetry.exact_numbers import expression
from mlrg.symmetry.number_fields import NumberField, Vector
from mlrg.symmetry.permutations import Permutation, compose
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.representations import Representation, outer_matrices

ENTRY_LIMIT = 20_000

_CORNER_ACTION = {C4v.generators[0]: TURN, C4v.generators[1]: BOND_MIRROR}
_HALF_TURN = compose(TURN, TURN)
_RECTANGLE = {STILL, _HALF_TURN, BOND_MIRROR, compose(_HALF_TURN, BOND_MIRROR)}


def corner_permutations() -> list[Permutation]:
    """Return what each element of C4v does to the corners, in the order of ``C4v.elements``."""
    found: list[Permutation] = [STILL]
    for parent, generator in C4v.parents[1:]:
        found.append(compose(found[parent], _CORNER_ACTION[C4v.generators[generator]]))
    return found


def _cycle_lengths(permutation: Permutation) -> list[int]:
    lengths, seen = [], set()
    for start in range(len(permutation)):
        length, point = 0, start
        while point not in seen:
            seen.add(point)
            point, length = permutation[point], length + 1
        if length:
            lengths.append(length)
    return lengths


@dataclass(frozen=True)
class BlockTensorSpace:
    """The invariant rank-4 tensors over a leg that carries V_R ⊗ V_G, or a sum of such products.

    Attributes
    ----------
    internal : Representation
        V_G.
    point : Representation
        V_R, of C4v.
    others : tuple of pairs of Representation
        More terms (V_G, V_R) of the leg, after the first; all V_G of one group.
    rectangle : bool
        Whether the quarter turn need not leave them alone, but the half turn.
    """

    internal: Representation
    point: Representation
    others: tuple[tuple[Representation, Representation], ...] = ()
    rectangle: bool = False

    @property
    def terms(self) -> tuple[tuple[Representation, Representation], ...]:
        """The pairs (V_G, V_R) whose products make up the leg."""
        return ((self.internal, self.point), *self.others)

    @property
    def leg_dimension(self) -> int:
        """Dimension of one leg, term by term; within a term components list V_G fastest."""
        return sum(internal.dimension * point.dimension for internal, point in self.terms)

    @cached_property
    def dimension(self) -> int:
        """Number of invariant tensors by the character formula."""
        group = self.internal.group
        rows = in_common_field([part.class_traces for term in self.terms for part in term])
        field = rows[0].field
        values = [[row.entry(0, k) for k in range(row.shape[1])] for row in rows]
        characters = list(zip(values[::2], values[1::2], strict=True))
        total = field.rational(0)
        kept = _RECTANGLE if self.rectangle else set(corner_permutations())
        for element, corners in enumerate(corner_permutations()):
            if corners not in kept:
                continue
            for members in group.classes:
                term = field.rational(len(members))
                for length in _cycle_lengths(corners):
                    turned = C4v.class_of[C4v.power(element, length)]
                    moved = group.class_of[group.power(members[0], length)]
                    traces = [
                        field.multiply(inner[moved], outer[turned]) for inner, outer in characters
                    ]
                    term = field.multiply(term, reduce(field.add, traces))
                total = field.add(total, term)
        average = total[0] / (len(kept) * group.order)
        if any(total[1:]) or average.denominator != 1:
            raise ArithmeticError(f"character average {average} is not an integer")
        return int(average)

    @cached_property
    def _forms(self) -> tuple[NumberField, list[dict[int, Vector]]]:
        """The field, and each basis tensor as {row-major place: number of the field}."""
        size = self.leg_dimension**CORNERS
        if size > ENTRY_LIMIT:
            raise BudgetError(
                f"a block tensor with legs of {self.leg_dimension} has {size} entries, more than "
                f"{ENTRY_LIMIT}: choose a smaller representation"
            )
        system = self._system(size)
        forms = null_space(system)
        if len(forms) != self.dimension:
            raise ArithmeticError(f"{len(forms)} invariant tensors in {self.dimension} dimensions")
        return system.field, forms

    @cached_property
    def basis(self) -> tuple[sympy.ImmutableSparseNDimArray, ...]:
        """Exact invariant tensors, reduced echelon in row-major order of the four legs.

        Raises
        ------
        BudgetError
            If a tensor has more than `ENTRY_LIMIT` entries.
        """
        field, forms = self._forms
        shape = (self.leg_dimension,) * CORNERS
        return tuple(
            sympy.ImmutableSparseNDimArray(
                {place: expression(field, x) for place, x in form.items()}, shape
            )
            for form in forms
        )

    def __len__(self):
        return len(self._forms[1])

    @cached_property
    def certificate(self) -> dict[str, object]:
        """Rank, dimension by the character formula, and whether every residual is exactly zero.

        The rank is read off the echelon form. The residual M·T − T of every tensor T under every
        generator M is worked out leg by leg, not with the equations that were solved.
        """
        d = self.leg_dimension
        legs = self._leg_matrices()
        forms = [
            {
                tuple(map(int, np.unravel_index(place, (d,) * CORNERS))): x
                for place, x in form.items()
            }
            for form in self._forms[1]
        ]
        residual_zero = all(
            _acted(form, corners, _columns(matrix), matrix.field) == form
            for corners, matrix in legs
            for form in forms
        )
        return {
            "rank": len(forms) if is_echelon(forms) else -1,
            "dimension": self.dimension,
            "residual_zero": residual_zero,
        }

    def _leg_matrices(self) -> list[tuple[Permutation, ExactMatrix]]:
        """Return what each generator of C4v and G does to the corners and to a leg."""
        moves = [_CORNER_ACTION[g] for g in C4v.generators]
        moves += [STILL] * len(self.internal.matrices)
        parts = [outer_matrices(point, internal) for internal, point in self.terms]
        summed = in_common_field([direct_sum(generator) for generator in zip(*parts, strict=True)])
        if self.rectangle:
            moves[0], summed[0] = _HALF_TURN, summed[0] @ summed[0]
        return list(zip(moves, summed, strict=True))

    def _system(self, size: int) -> FixedVectors:
        """Leg by leg: entry (i, j) takes digit j of the leg to digit i of its new corner."""
        d, legs = self.leg_dimension, self._leg_matrices()
        strides = [d ** (CORNERS - 1 - leg) for leg in STILL]
        actions = [
            tuple(Factor(matrix, strides[corners[leg]], strides[leg]) for leg in STILL)
            for corners, matrix in legs
        ]
        return FixedVectors(legs[0][1].field, size, tuple(actions))


def _columns(matrix: ExactMatrix) -> list[list[tuple]]:
    """A matrix as (row, entry) lists, one for each column."""
    columns: list[list[tuple]] = [[] for _ in range(matrix.shape[1])]
    for i, j in zip(*matrix.places, strict=True):
        columns[j].append((int(i), matrix.entry(i, j)))
    return columns


def _acted(
    form: dict, corners: Permutation, columns: list[list[tuple]], field: NumberField
) -> dict:
    """Act on each leg in turn, then move the legs to their new corners."""
    zero = field.rational(0)
    for leg in STILL:
        moved: dict[tuple, Vector] = {}
        for index, value in form.items():
            for i, x in columns[index[leg]]:
                place = (*index[:leg], i, *index[leg + 1 :])
                moved[place] = field.add(moved.get(place, zero), field.multiply(x, value))
        form = moved
    back = [corners.index(corner) for corner in STILL]
    return {tuple(index[leg] for leg in back): value for index, value in form.items() if any(value)}
