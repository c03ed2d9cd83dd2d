"""Spin spaces: the finite set of values that one spin takes, proved closed under G × C4v.

A spin has components s^{aα}, a for the point-group representation and α for the internal one; its
vector lists α fastest. The energy is symmetric only if the set of values is closed under every
T_r ⊗ T_g, so closure is proved exactly and an open set is refused.
"""

import itertools
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.errors import BudgetError, SpinSpaceError
from mlrg.symmetry.fields import exact_matrix, to_common_field
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
        takes the values of one orbit O of the internal group (of the first basis vector), and
        O ∪ −O where the component changes sign or place under C4v.

    Raises
    ------
    SpinSpaceError
        If the set is empty, repeats a vector, or is not closed; the vector and the element that
        leave it are named.
    BudgetError
        If the default set has more than `STATE_LIMIT` states.
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
        self.states = self._default_states() if states is None else self._check(states)
        # Every action is computed here, so that an open set can never be built.
        actions = {
            name: self._action(matrix, name) for name, matrix in self._generator_matrices().items()
        }
        self.rotation: tuple[int, ...] = actions["C4"]
        self.mirror: tuple[int, ...] = actions["σ"]
        self.internal_actions: tuple[tuple[int, ...], ...] = tuple(
            actions[f"internal {name}"] for name in internal.group.names
        )

    def _check(self, states: Sequence[Sequence]) -> tuple[tuple[sympy.Expr, ...], ...]:
        vectors = tuple(tuple(exact_matrix([list(state)])) for state in states)
        if not vectors:
            raise SpinSpaceError("the spin space is empty: give at least one vector")
        for vector in vectors:
            if len(vector) != self.dimension:
                raise SpinSpaceError(
                    f"spin vector {vector} has {len(vector)} components: "
                    f"{self.point.name} with this internal representation needs {self.dimension}"
                )
        if len(set(vectors)) < len(vectors):
            raise SpinSpaceError("a spin vector is given twice: list every state once")
        return vectors

    def _default_states(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        orbit = self._internal_orbit()
        signed = orbit + [v for v in (tuple(-x for x in u) for u in orbit) if v not in orbit]
        choices = []
        for irrep, size in zip(self.point.irreps, self.point.block_sizes, strict=True):
            choices += [orbit if irrep == "A1" else signed] * size
        count = 1
        for choice in choices:
            count *= len(choice)
        if count > STATE_LIMIT:
            raise BudgetError(
                f"a spin carrying {self.point.name} would have {count} states, more than "
                f"{STATE_LIMIT}: choose a smaller point representation"
            )
        return tuple(tuple(itertools.chain(*state)) for state in itertools.product(*choices))

    def _internal_orbit(self) -> list[tuple[sympy.Expr, ...]]:
        seed = (sympy.Integer(1),) + (sympy.Integer(0),) * (self.internal.dimension - 1)
        orbit = [seed]
        for vector in orbit:
            for image in self.internal.images:
                moved = tuple((image * sympy.Matrix(vector)).applyfunc(sympy.expand))
                if moved not in orbit:
                    orbit.append(moved)
                if len(orbit) > STATE_LIMIT:
                    raise BudgetError(
                        f"the orbit of the first basis vector has more than {STATE_LIMIT} states: "
                        "declare the spin states yourself"
                    )
        return orbit

    def _generator_matrices(self) -> dict[str, sympy.Matrix]:
        one_internal, one_point = (
            sympy.eye(self.internal.dimension),
            sympy.eye(self.point.dimension),
        )
        matrices = {
            name: sympy.kronecker_product(sympy.Matrix(image), one_internal)
            for name, image in zip(self.point.group.names, self.point.images, strict=True)
        }
        for name, image in zip(self.internal.group.names, self.internal.images, strict=True):
            matrices[f"internal {name}"] = sympy.kronecker_product(one_point, sympy.Matrix(image))
        return matrices

    @cached_property
    def _columns(self) -> DomainMatrix:
        return to_common_field([sympy.Matrix(self.states).T])[0]

    def _action(self, matrix: sympy.Matrix, name: str) -> tuple[int, ...]:
        action, columns = to_common_field([matrix, self._columns.to_Matrix()])
        before = _column_keys(columns)
        position = {key: k for k, key in enumerate(before)}
        images = []
        for k, key in enumerate(_column_keys(action * columns)):
            if key not in position:
                raise SpinSpaceError(
                    f"the spin space is not closed: {name} takes {self.states[k]} out of it; "
                    "add the missing vectors or use a full orbit"
                )
            images.append(position[key])
        return tuple(images)

    @cached_property
    def values(self) -> np.ndarray:
        """Spin vectors as floats, shape ``(state, component)``."""
        return np.array([[float(x) for x in state] for state in self.states])

    def __len__(self):
        return len(self.states)

    def __eq__(self, other):
        return (
            isinstance(other, SpinSpace)
            and self.internal == other.internal
            and self.point == other.point
            and self.states == other.states
        )

    def __hash__(self):
        return hash((self.internal, self.point, self.states))

    def __repr__(self):
        states = f", {list(self.states)!r}" if self._declared else ""
        return f"SpinSpace({self.internal!r}, {self.point!r}{states})"


def _column_keys(matrix: DomainMatrix) -> list[tuple]:
    dense = matrix.to_dense().rep.to_ddm()
    return [tuple(column) for column in zip(*dense, strict=True)]
