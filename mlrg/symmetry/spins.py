"""Spin spaces: the finite set of values that one spin takes, proved closed under G × C4v.

A spin has components s^{aα}, a for the point-group representation and α for the internal one; its
vector lists α fastest. The energy is symmetric only if the set of values is closed under every
T_r ⊗ T_g, so closure is proved exactly and an open set is refused.
"""

import itertools
import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import (
    BudgetError,
    EmptySpinSpaceError,
    OpenSpinSpaceError,
    SpinSpaceError,
    ZeroSeedError,
)
from mlrg.symmetry.fields import exact_matrix, exact_text, to_common_field
from mlrg.symmetry.point_group import PointRepresentation
from mlrg.symmetry.representations import Representation

STATE_LIMIT = 1024


class SpinSpace:
    """The values of a spin in V_R ⊗ V_G with the permutations that symmetry makes of them.

    Parameters
    ----------
    internal : Representation
        V_G, of the internal group.
    point : PointRepresentation
        V_R, of C4v.
    states : sequence of vectors, optional
        Exact vectors of length ``point.dimension * internal.dimension``. By default every component
        takes the values of one orbit O of the internal group, of the first basis vector (of the sum
        of the first basis vectors of its summands if it was built as a direct sum), and
        O ∪ −O where the component changes sign or place under C4v.

    Attributes
    ----------
    rotation, mirror : tuple of int
        The permutations that C4 and σ make of the states.
    internal_actions : tuple of tuple of int
        The permutation that each generator of the internal group makes of the states.

    Raises
    ------
    SpinSpaceError
        If the set is empty, repeats a vector, or is not closed; the vector and the element that
        leave it are named.
    BudgetError
        If the set has more than `STATE_LIMIT` states.
    """

    def __init__(
        self,
        internal: Representation,
        point: PointRepresentation,
        states: Sequence[Sequence] | None = None,
    ):
        self.internal = internal
        self.point = point
        self.dimension = point.dimension * internal.dimension
        self._declared = states is not None
        vectors = [] if states is None else _checked(states, point, self.dimension)
        self.domain, self._generators, self.vectors = _in_one_field(internal, point, vectors)
        if states is None:
            self.vectors = self._default_vectors()
        if len(set(self.vectors)) < len(self.vectors):
            raise SpinSpaceError("a spin vector is given twice: list every state once")
        # Every action is computed here, so that an open set can never be built.
        actions = {name: self._action(name) for name in self._generators}
        self.rotation: tuple[int, ...] = actions["C4"]
        self.mirror: tuple[int, ...] = actions["σ"]
        self.internal_actions: tuple[tuple[int, ...], ...] = tuple(
            actions[f"internal {name}"] for name in internal.group.names
        )

    @classmethod
    def orbit(
        cls, internal: Representation, point: PointRepresentation, *seeds: Sequence
    ) -> "SpinSpace":
        """Return the union of the orbits of seed vectors under G × C4v.

        Raises
        ------
        SpinSpaceError
            If no seed is given, or one is the zero vector or of the wrong length.
        BudgetError
            If the union has more than `STATE_LIMIT` states.
        """
        vectors = _checked(seeds, point, point.dimension * internal.dimension)
        for vector in vectors:
            if not any(vector):
                raise ZeroSeedError(
                    f"the seed {vector} is the zero vector, which no symmetry moves: "
                    "give a vector with a component that is not zero"
                )
        domain, generators, found = _in_one_field(internal, point, vectors)
        found = list(dict.fromkeys(found))
        seen = set(found)
        for vector in found:
            for matrix in generators.values():
                image = _apply(matrix, vector, domain)
                if image not in seen:
                    if len(found) >= STATE_LIMIT:
                        raise BudgetError(
                            f"the orbit of the seeds has more than {STATE_LIMIT} states: "
                            "choose seeds with more symmetry"
                        )
                    seen.add(image)
                    found.append(image)
        return cls(internal, point, [[domain.to_sympy(x) for x in v] for v in found])

    def __or__(self, other: "SpinSpace") -> "SpinSpace":
        """Return the union of two spin spaces of one representation."""
        if (self.internal, self.point) != (other.internal, other.point):
            raise SpinSpaceError(
                f"spin spaces of {self.point.name} and {other.point.name} cannot be united: "
                "both must carry one representation"
            )
        return SpinSpace(self.internal, self.point, _merged([*self.states, *other.states]))

    @cached_property
    def states(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """Spin vectors, exact, α fastest."""
        return tuple(tuple(self.domain.to_sympy(x) for x in vector) for vector in self.vectors)

    def _default_vectors(self) -> list[tuple]:
        orbit = self._internal_orbit()
        signed = orbit + [v for v in (tuple(-x for x in u) for u in orbit) if v not in orbit]
        choices = []
        for irrep, size in zip(self.point.irreps, self.point.block_sizes, strict=True):
            choices += [orbit if irrep == "A1" else signed] * size
        count = math.prod(map(len, choices))
        if count > STATE_LIMIT:
            raise BudgetError(
                f"a spin carrying {self.point.name} would have {count} states, more than "
                f"{STATE_LIMIT}: choose a smaller point representation"
            )
        return [tuple(itertools.chain(*state)) for state in itertools.product(*choices)]

    def _internal_orbit(self) -> list[tuple]:
        one, zero = self.domain.one, self.domain.zero
        seed = [(one,) + (zero,) * (summand.dimension - 1) for summand in self.internal.summands]
        orbit = [tuple(itertools.chain(*seed))]
        images = [_rows(m, self.domain) for m in self.internal.field_images]
        for vector in orbit:
            for image in images:
                moved = _apply(image, vector, self.domain)
                if moved not in orbit:
                    orbit.append(moved)
                if len(orbit) > STATE_LIMIT:
                    raise BudgetError(
                        f"the orbit of the default seed has more than {STATE_LIMIT} states: "
                        "declare the spin states yourself"
                    )
        return orbit

    def _action(self, name: str) -> tuple[int, ...]:
        position = {vector: k for k, vector in enumerate(self.vectors)}
        images = []
        for k, vector in enumerate(self.vectors):
            image = _apply(self._generators[name], vector, self.domain)
            if image not in position:
                raise OpenSpinSpaceError(
                    f"the spin space is not closed: {name} takes {self.states[k]} out of it; "
                    "add the missing vectors or use SpinSpace.orbit"
                )
            images.append(position[image])
        return tuple(images)

    @cached_property
    def values(self) -> np.ndarray:
        """Spin vectors as floats, shape ``(state, component)``."""
        distinct = {x: float(self.domain.to_sympy(x)) for v in self.vectors for x in v}
        return np.array([[distinct[x] for x in vector] for vector in self.vectors])

    def __len__(self):
        return len(self.vectors)

    def __eq__(self, other):
        return (
            isinstance(other, SpinSpace)
            and self.internal == other.internal
            and self.point == other.point
            and self.domain == other.domain
            and self.vectors == other.vectors
        )

    def __hash__(self):
        return hash((self.internal, self.point, len(self)))

    def __repr__(self):
        states = f", {exact_text(self.states)}" if self._declared else ""
        return f"SpinSpace({self.internal!r}, {self.point!r}{states})"


def _checked(states: Sequence[Sequence], point: PointRepresentation, dimension: int) -> list[tuple]:
    vectors = [tuple(exact_matrix([list(state)])) for state in states]
    if not vectors:
        raise EmptySpinSpaceError("the spin space is empty: give at least one vector")
    for vector in vectors:
        if len(vector) != dimension:
            raise SpinSpaceError(
                f"spin vector {vector} has {len(vector)} components: "
                f"{point.name} with this internal representation needs {dimension}"
            )
    if len(vectors) > STATE_LIMIT:
        raise BudgetError(f"{len(vectors)} spin states are more than {STATE_LIMIT}: declare fewer")
    return vectors


def _merged(states: list) -> list:
    """Drop repeated vectors, judged by exact value and not by how they are written."""
    rows = to_common_field([sympy.Matrix(states)])[0].to_dense()
    keys = [tuple(row) for row in rows.to_list()]
    return [state for k, state in enumerate(states) if keys.index(keys[k]) == k]


def _in_one_field(internal, point, vectors: list[tuple]):
    """Return the common field, {generator name: sparse rows} and the vectors in that field."""
    one_internal, one_point = sympy.eye(internal.dimension), sympy.eye(point.dimension)
    names = [*point.group.names, *(f"internal {name}" for name in internal.group.names)]
    matrices = [sympy.kronecker_product(sympy.Matrix(m), one_internal) for m in point.images]
    matrices += [sympy.kronecker_product(one_point, sympy.Matrix(m)) for m in internal.images]
    columns = [sympy.Matrix(vectors)] if vectors else []
    converted = to_common_field([*matrices, *columns, *internal.images])
    domain = converted[0].domain
    rows = [_rows(m, domain) for m in converted[: len(names)]]
    exact = [tuple(row) for row in converted[len(names)].to_dense().to_list()] if vectors else []
    return domain, dict(zip(names, rows, strict=True)), exact


def _rows(matrix: DomainMatrix, domain) -> list[list[tuple]]:
    """A matrix as lists of (column, entry) in the given field."""
    rows: list[list[tuple]] = [[] for _ in range(matrix.shape[0])]
    for (i, j), value in sorted(matrix.to_dok().items(), key=lambda item: item[0]):
        rows[i].append((j, domain.convert(value, matrix.domain)))
    return rows


def _apply(rows: list[list[tuple]], vector: tuple, domain) -> tuple:
    return tuple(sum((x * vector[j] for j, x in row), domain.zero) for row in rows)
