"""Invariants of the block tensor T_{x0 x1 x2 x3}, whose legs the point group permutes.

The legs sit on the corners of a plaquette, counter-clockwise from the top right. An element (g, r)
of G × C4v moves leg i to corner r(i) and acts on it by T_r ⊗ T_g, or by a sum of such products. The
invariant tensors are the coupling space of tensor-network students. Their number is the average
over the group of the traces

    Π_{cycles c of r on the corners} Σ_terms χ_R(r^|c|) χ_G(g^|c|),

which certifies the basis; for tensors over spin states this is Burnside's count of orbits.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import BudgetError
from mlrg.geometry import BOND_MIRROR, CORNERS, POINT_ORDER, STILL, TURN
from mlrg.symmetry.elimination import echelon_null_space, is_echelon, minus_identity
from mlrg.symmetry.fields import to_common_field
from mlrg.symmetry.groups import Permutation, compose
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.representations import Representation

ENTRY_LIMIT = 20_000

_CORNER_ACTION = {C4v.generators[0]: TURN, C4v.generators[1]: BOND_MIRROR}


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
    """

    internal: Representation
    point: Representation
    others: tuple[tuple[Representation, Representation], ...] = ()

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
        characters = [(point.character, internal.character) for internal, point in self.terms]
        total = sympy.Integer(0)
        for element, corners in enumerate(corner_permutations()):
            for members in group.classes:
                term = sympy.Integer(len(members))
                for length in _cycle_lengths(corners):
                    turned = C4v.class_of[C4v.power(element, length)]
                    moved = group.class_of[group.power(members[0], length)]
                    term *= sum(outer[turned] * inner[moved] for outer, inner in characters)
                total += term
        average = sympy.nsimplify(sympy.expand(total / (POINT_ORDER * group.order)))
        if not average.is_Integer:
            raise ArithmeticError(f"character average {average} is not an integer")
        return int(average)

    @cached_property
    def _forms(self) -> tuple[object, list[dict[int, object]]]:
        """The field, and each basis tensor as {row-major place: field element}."""
        size = self.leg_dimension**CORNERS
        if size > ENTRY_LIMIT:
            raise BudgetError(
                f"a block tensor with legs of {self.leg_dimension} has {size} entries, more than "
                f"{ENTRY_LIMIT}: choose a smaller representation"
            )
        equations, domain = self._equations(size)
        forms = echelon_null_space(equations, size, domain)
        if len(forms) != self.dimension:
            raise ArithmeticError(f"{len(forms)} invariant tensors in {self.dimension} dimensions")
        return domain, forms

    @cached_property
    def basis(self) -> tuple[sympy.ImmutableSparseNDimArray, ...]:
        """Exact invariant tensors, reduced echelon in row-major order of the four legs.

        Raises
        ------
        BudgetError
            If a tensor has more than `ENTRY_LIMIT` entries.
        """
        domain, forms = self._forms
        shape = (self.leg_dimension,) * CORNERS
        return tuple(
            sympy.ImmutableSparseNDimArray(
                {place: domain.to_sympy(x) for place, x in form.items()}, shape
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
        legs, domain = self._leg_matrices()
        forms = [
            {
                tuple(map(int, np.unravel_index(place, (d,) * CORNERS))): x
                for place, x in form.items()
            }
            for form in self._forms[1]
        ]
        residual_zero = all(
            _acted(form, corners, _columns(matrix, d), domain) == form
            for corners, matrix in legs
            for form in forms
        )
        return {
            "rank": len(forms) if is_echelon(forms) else -1,
            "dimension": self.dimension,
            "residual_zero": residual_zero,
        }

    def _leg_matrices(self) -> tuple[list[tuple[Permutation, DomainMatrix]], object]:
        moves = [_CORNER_ACTION[g] for g in C4v.generators]
        moves += [STILL] * len(self.internal.images)

        def summed(products):
            return sympy.diag(*(sympy.kronecker_product(*map(sympy.Matrix, p)) for p in products))

        matrices = [
            summed((point.images[k], sympy.eye(v.dimension)) for v, point in self.terms)
            for k in range(len(C4v.generators))
        ]
        matrices += [
            summed((sympy.eye(point.dimension), v.images[k]) for v, point in self.terms)
            for k in range(len(self.internal.images))
        ]
        converted = to_common_field(matrices)
        return list(zip(moves, converted, strict=True)), converted[0].domain

    def _equations(self, size: int) -> tuple[list[dict], object]:
        """Rows of (action − 1) for every generator."""
        legs, domain = self._leg_matrices()
        d = self.leg_dimension
        equations = []
        for corners, matrix in legs:
            columns = _columns(matrix, d)
            rows: list[dict] = [{} for _ in range(size)]
            for source in range(size):
                digits = np.unravel_index(source, (d,) * CORNERS)
                partial = [(0, domain.one)]
                for leg, digit in enumerate(digits):
                    weight = d ** (CORNERS - 1 - corners[leg])
                    partial = [
                        (place + weight * i, value * x)
                        for place, value in partial
                        for i, x in columns[int(digit)]
                    ]
                for place, value in partial:
                    rows[place][source] = value
            equations += minus_identity(rows, domain)
        return equations, domain


def _columns(matrix: DomainMatrix, size: int) -> list[list[tuple]]:
    """A matrix as (row, entry) lists, one for each column."""
    columns: list[list[tuple]] = [[] for _ in range(size)]
    for (i, j), value in matrix.to_dok().items():
        columns[j].append((i, value))
    return columns


def _acted(form: dict, corners: Permutation, columns: list[list[tuple]], domain) -> dict:
    """Act on each leg in turn, then move the legs to their new corners."""
    for leg in STILL:
        moved: dict[tuple, object] = {}
        for index, value in form.items():
            for i, x in columns[index[leg]]:
                place = (*index[:leg], i, *index[leg + 1 :])
                moved[place] = moved.get(place, domain.zero) + x * value
        form = moved
    back = [corners.index(corner) for corner in STILL]
    return {tuple(index[leg] for leg in back): value for index, value in form.items() if value}
