"""What a leg of the block tensor carries: a list of multiplets of G × C2v.

Every leg is described in its own frame, turned with it: leg i shows the components x_i = R^i y_i,
with R the matrix of C4. The block tensor is then simply cyclic, T_abcd = T_bcda, and what is left
of the point group on a leg is the site group C2v of a bond of the lattice:

* mirror m = ±1: the mirror along the bond, T_abcd m_a m_b m_c m_d = T_adcb;
* inversion s = ±1: the two ends of a bond see the same state with this relative sign, R² on it.
  It is the sign of the bond weight.

    (s, m) = (+, +)  A1, or its twin under the gauge R → −R       (+, −)  A2, or its twin
             (−, +)  E, the component along the bond              (−, −)  E, the one across
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.errors import BudgetError
from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.orthogonal_irreps import Irreps, element_actions, image
from mlrg.symmetry.permutations import compose

# States of a spin up to which its block tensor is written down.
STATE_LIMIT = 48

POINT_NAMES = {(1, 1): "A1", (1, -1): "A2", (-1, 1): "E along", (-1, -1): "E across"}


@dataclass(frozen=True)
class Multiplet:
    """States of a leg that the symmetry turns into each other.

    Attributes
    ----------
    irrep : int
        Number of the irrep of G.
    mirror, inversion : int
        ±1, as in the module's text.
    """

    irrep: int
    mirror: int
    inversion: int


@dataclass(frozen=True, eq=False, repr=False)
class Leg:
    """The representation on a leg.

    Attributes
    ----------
    irreps : Irreps
        Of the internal group.
    multiplets : tuple of Multiplet
        In the order of the leg's states.
    """

    irreps: Irreps
    multiplets: tuple[Multiplet, ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of states of each multiplet."""
        return tuple(self.irreps[m.irrep].dimension for m in self.multiplets)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """First state of each multiplet."""
        return tuple(np.cumsum((0, *self.sizes[:-1])).tolist())

    @property
    def dimension(self) -> int:
        """Number of states."""
        return sum(self.sizes)

    def spread(self, values) -> np.ndarray:
        """Return one value a state from one a multiplet, shape ``(state,)``."""
        return np.repeat(np.asarray(values, dtype=float), self.sizes)

    @cached_property
    def mirrors(self) -> np.ndarray:
        """m of every state, shape ``(state,)``."""
        return self.spread([m.mirror for m in self.multiplets])

    @cached_property
    def inversions(self) -> np.ndarray:
        """Sign of E of every multiplet, as numbers, shape ``(multiplet,)``."""
        return np.array([float(m.inversion) for m in self.multiplets])

    @cached_property
    def labels(self) -> tuple[tuple[int, int], ...]:
        """(irrep, mirror) of each multiplet: all that the pairs of two legs depend on."""
        return tuple((m.irrep, m.mirror) for m in self.multiplets)

    @cached_property
    def actions(self) -> np.ndarray:
        """The elements of G as matrices on the states of the leg, shape ``(element, n, n)``."""
        elements = len(self.irreps[0].matrices)
        found = np.zeros((elements, self.dimension, self.dimension))
        for label, start, size in zip(self.multiplets, self.offsets, self.sizes, strict=True):
            here = slice(start, start + size)
            found[:, here, here] = self.irreps[label.irrep].matrices
        return found

    @cached_property
    def signs(self) -> np.ndarray:
        """±1 of every state under the elements of G that are diagonal, ``(element, state)``."""
        found = self.actions[self.irreps.diagonal]
        return np.rint(np.diagonal(found, axis1=1, axis2=2))

    def places(self, other: "Leg") -> list[int] | None:
        """Return where the multiplets of another leg stand in this one, those of a kind in order.

        None if the two do not carry the same multiplets.
        """
        left: dict[Multiplet, list[int]] = {}
        for place, multiplet in enumerate(self.multiplets):
            left.setdefault(multiplet, []).append(place)
        if Counter(self.multiplets) != Counter(other.multiplets):
            return None
        return [left[multiplet].pop(0) for multiplet in other.multiplets]

    def __repr__(self):
        return f"<leg {self}>"

    def __str__(self):
        counts = Counter(
            f"({self.irreps[m.irrep].name}, {POINT_NAMES[m.inversion, m.mirror]})"
            for m in self.multiplets
        )
        return " + ".join(f"{n} {name}" if n > 1 else name for name, n in counts.items())


def spin_leg(model: SpinModel) -> tuple[Leg, np.ndarray]:
    """Return the leg that a spin of the model is, and its states as columns, ``(spin, state)``.

    Raises
    ------
    BudgetError
        If the spin has more than `STATE_LIMIT` states.
    """
    spins = model.spins
    size = len(spins)
    if size > STATE_LIMIT:
        raise BudgetError(
            f"the block tensor of a spin with {size} states has {size**CORNERS} entries; legs of "
            f"up to {STATE_LIMIT} are written down: choose a smaller representation"
        )
    actions = element_actions(model.internal.group, spins.internal_actions)
    return leg_of(
        irreps_of(model.internal.group),
        np.stack([_matrix(action) for action in actions]),
        _matrix(compose(spins.rotation, spins.rotation)),
        _matrix(compose(spins.rotation, spins.mirror)),
    )


def leg_of(
    irreps: Irreps, actions: np.ndarray, inversion: np.ndarray, mirror: np.ndarray
) -> tuple[Leg, np.ndarray]:
    """Return the leg that carries a representation, and its states as orthonormal columns.

    Parameters
    ----------
    irreps : Irreps
    actions : numpy.ndarray
        Orthogonal matrices of the group's elements in the order of its list,
        ``(element, size, size)``.
    inversion, mirror : numpy.ndarray
        What the site group of a bond does to a state, commuting with them, ``(size, size)``.
    """
    one = np.eye(len(mirror))
    multiplets, states = [], []
    for number, irrep in enumerate(irreps.all):
        partners = irrep.partners(actions)
        for s in (1, -1):
            for m in (1, -1):
                rows = image(0.25 * partners[0] @ (one + s * inversion) @ (one + m * mirror))
                for columns in split_multiplets(rows, partners):
                    multiplets.append(Multiplet(number, m, s))
                    states.append(columns)
    return Leg(irreps, tuple(multiplets)), np.concatenate(states, axis=1)


def split_multiplets(rows: np.ndarray, partners: np.ndarray) -> list[np.ndarray]:
    """Return orthogonal multiplets ``(size, d)`` that make up a row space ``(size, k n)``."""
    found = []
    while rows.shape[1]:
        columns = np.einsum("iab,b->ai", partners, rows[:, 0])
        found.append(columns)
        # The rest of the row space is orthogonal to the whole multiplet, K-line included.
        rest = rows - columns @ (columns.T @ rows)
        left, sizes, _ = np.linalg.svd(rest, full_matrices=False)
        rows = left[:, sizes > 0.5]
    return found


def _matrix(action) -> np.ndarray:
    """Return the permutation matrix that takes state s to action[s]."""
    matrix = np.zeros((len(action),) * 2)
    matrix[np.asarray(action), np.arange(len(action))] = 1.0
    return matrix
