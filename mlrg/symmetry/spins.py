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

from mlrg.errors import (
    BudgetError,
    EmptySpinSpaceError,
    OpenSpinSpaceError,
    SpinSpaceError,
    ZeroSeedError,
)
from mlrg.symmetry.arguments import instance
from mlrg.symmetry.declared_matrices import exact_matrix, exact_text
from mlrg.symmetry.exact_matrices import ExactMatrix, exact_matrices, in_common_field
from mlrg.symmetry.point_group import PointRepresentation
from mlrg.symmetry.representations import Representation, outer_matrices
from mlrg.symmetry.vector_orbits import OrbitTooLargeError, rows_of, vector_keys, vector_orbit

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
        instance(internal, Representation, "a representation", SpinSpaceError)
        instance(point, PointRepresentation, "a representation of C4v", SpinSpaceError)
        self.internal = internal
        self.point = point
        self.dimension = point.dimension * internal.dimension
        self._declared = states is not None
        if states is not None:
            # An open set can never be built: its actions are computed at once.
            self._build(exact_matrices([_checked(states, point, self.dimension)])[0])

    def _build(self, rows: ExactMatrix) -> None:
        generators, self.vectors = _in_one_field(self.internal, self.point, rows)
        keys = vector_keys(self.vectors)
        position = {key: k for k, key in enumerate(keys)}
        if len(position) < len(keys):
            raise SpinSpaceError("a spin vector is given twice: list every state once")
        self._actions = [self._action(name, matrix, position) for name, matrix in generators]

    @cached_property
    def vectors(self) -> ExactMatrix:
        """Spin vectors as rows, shape ``(state, component)``.

        Default ones are built when they are asked for: couplings do not need them.
        """
        self._build(_default_vectors(self.internal, self.point))
        return self.vectors

    @cached_property
    def _actions(self) -> list[tuple[int, ...]]:
        self._build(_default_vectors(self.internal, self.point))
        return self._actions

    @property
    def rotation(self) -> tuple[int, ...]:
        """The permutation that C4 makes of the states."""
        return self._actions[0]

    @property
    def mirror(self) -> tuple[int, ...]:
        """The permutation that σ makes of the states."""
        return self._actions[1]

    @property
    def internal_actions(self) -> tuple[tuple[int, ...], ...]:
        """The permutation that each generator of the internal group makes of the states."""
        return tuple(self._actions[2:])

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
        declared = _checked(seeds, point, point.dimension * internal.dimension)
        for vector in declared.tolist():
            if not any(vector):
                raise ZeroSeedError(
                    f"the seed {tuple(vector)} is the zero vector, which no symmetry moves: "
                    "give a vector with a component that is not zero"
                )
        generators, rows = _in_one_field(internal, point, exact_matrices([declared])[0])
        try:
            found, _ = vector_orbit([matrix for _, matrix in generators], rows, STATE_LIMIT)
        except OrbitTooLargeError as error:
            raise BudgetError(
                f"the orbit of the seeds has more than {STATE_LIMIT} states: "
                "choose seeds with more symmetry"
            ) from error
        return cls._of_rows(internal, point, found)

    @classmethod
    def _of_rows(cls, internal, point, rows: ExactMatrix) -> "SpinSpace":
        """Return the spin space of exact vectors, as if they had been declared."""
        found = cls.__new__(cls)
        found.internal, found.point = internal, point
        found.dimension, found._declared = rows.shape[1], True
        found._build(rows)
        return found

    def __or__(self, other: "SpinSpace") -> "SpinSpace":
        """Return the union of two spin spaces of one representation."""
        if (self.internal, self.point) != (other.internal, other.point):
            raise SpinSpaceError(
                f"spin spaces of {self.point.name} and {other.point.name} cannot be united: "
                "both must carry one representation"
            )
        one, two = in_common_field([self.vectors, other.vectors])
        keys = dict.fromkeys(vector_keys(one.stacked(two)))
        rows = rows_of(one.field, self.dimension, list(keys))
        return SpinSpace._of_rows(self.internal, self.point, rows)

    @cached_property
    def states(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """Spin vectors, exact, α fastest."""
        return tuple(map(tuple, self.vectors.expressions.tolist()))

    def _action(self, name: str, matrix: ExactMatrix, position: dict) -> tuple[int, ...]:
        images = []
        for k, key in enumerate(vector_keys(self.vectors @ matrix.transpose)):
            if key not in position:
                raise OpenSpinSpaceError(
                    f"the spin space is not closed: {name} takes {self.states[k]} out of it; "
                    "add the missing vectors or use SpinSpace.orbit"
                )
            images.append(position[key])
        return tuple(images)

    @cached_property
    def values(self) -> np.ndarray:
        """Spin vectors as floats, shape ``(state, component)``."""
        return self.vectors.floats

    def __len__(self):
        if self._declared or "vectors" in vars(self):
            return self.vectors.shape[0]
        return default_count(self.internal, self.point)

    def __eq__(self, other):
        return (
            isinstance(other, SpinSpace)
            and self.internal == other.internal
            and self.point == other.point
            and self.vectors == other.vectors
        )

    def __hash__(self):
        return hash((self.internal, self.point, len(self)))

    def __repr__(self):
        states = f", {exact_text(self.states)}" if self._declared else ""
        return f"SpinSpace({self.internal!r}, {self.point!r}{states})"


def _checked(states: Sequence[Sequence], point: PointRepresentation, dimension: int):
    """Return declared vectors as the rows of a matrix of sympy."""
    try:
        vectors = [tuple(state) for state in states]
    except TypeError as error:
        raise SpinSpaceError(
            f"{states!r} is not a list of spin vectors: give the components of each, such as "
            "[(1, 0), (-1, 0)]"
        ) from error
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
    return exact_matrix(vectors)


def _in_one_field(
    internal: Representation, point: PointRepresentation, rows: ExactMatrix
) -> tuple[list[tuple[str, ExactMatrix]], ExactMatrix]:
    """Return the generators of C4v and G on spin vectors, by name, and vectors in their field."""
    *matrices, rows = in_common_field([*outer_matrices(point, internal), rows])
    names = [*point.group.names, *(f"internal {name}" for name in internal.group.names)]
    return list(zip(names, matrices, strict=True)), rows


def default_count(internal: Representation, point: PointRepresentation) -> int:
    """Return the number of states of a default spin space, without building it.

    Raises
    ------
    BudgetError
        If one component has more than `STATE_LIMIT` values.
    """
    return math.prod(map(len, _component_values(internal, point)))


def _component_values(internal: Representation, point: PointRepresentation) -> list[list[tuple]]:
    """Return the values that each component in turn takes, as keys of vectors."""
    field = internal.field
    seed = np.zeros((1, internal.dimension, field.degree), dtype=np.int64)
    starts = np.cumsum([0, *(summand.dimension for summand in internal.summands)])[:-1]
    seed[0, starts, 0] = 1
    try:
        found, _ = vector_orbit(internal.matrices, ExactMatrix(field, seed, 1), STATE_LIMIT)
    except OrbitTooLargeError as error:
        raise BudgetError(
            f"the orbit of the default seed has more than {STATE_LIMIT} states: "
            "declare the spin states yourself"
        ) from error
    orbit = vector_keys(found)
    signed = list(dict.fromkeys([*orbit, *vector_keys(-found)]))
    choices = []
    for irrep, size in zip(point.irreps, point.block_sizes, strict=True):
        choices += [orbit if irrep == "A1" else signed] * size
    return choices


def _default_vectors(internal: Representation, point: PointRepresentation) -> ExactMatrix:
    choices = _component_values(internal, point)
    count = math.prod(map(len, choices))
    if count > STATE_LIMIT:
        raise BudgetError(
            f"a spin carrying {point.name} would have {count} states, more than "
            f"{STATE_LIMIT}: choose a smaller point representation"
        )
    components = [rows_of(internal.field, internal.dimension, values) for values in choices]
    denominator = math.lcm(*(rows.denominator for rows in components))
    scaled = [rows.numerators * (denominator // rows.denominator) for rows in components]
    states = [np.concatenate(parts) for parts in itertools.product(*scaled)]
    return ExactMatrix.of(internal.field, np.array(states), denominator)
