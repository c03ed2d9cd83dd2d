"""Coupling spaces: every pair energy that the symmetry allows, as parameters J_d.

Both families give features Φ[d, s, t] with ε_J(s, t) = −Σ_d J_d Φ[d, s, t] for a source spin s (a
bond centre of the Lieb lattice) and a target spin t (a vertex) on the representative bond:

* bilinear (Eq. 4): Φ = sᵀ (J_ab ⊗ K^γ) t, with J_ab invariant under the mirror and K^γ under G;
* pair orbits: one indicator for each orbit of pairs (s, t) under mirror × G, the most general
  equivariant pair energy; on a circle or a sphere harmonics take the place of indicators
  (`mlrg.symmetry.harmonic_couplings`).

The frame says how the mirror acts on a source. ``paper`` uses T_σ, as printed in Eqs. (16)–(18);
``rotating`` uses T_C4·T_σ, which is right for a lattice that turns by 45° at every step.
"""

from abc import ABC, abstractmethod
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
import sympy

from mlrg.errors import CouplingError, SpinSpaceError, UnknownNameError
from mlrg.names import FRAMES
from mlrg.symmetry import typeset
from mlrg.symmetry.arguments import finite_numbers
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.invariants import InvariantBasis, invariant_forms
from mlrg.symmetry.permutations import closure, compose
from mlrg.symmetry.point_group import C4v, PointRepresentation
from mlrg.symmetry.representations import Representation, require_one_group
from mlrg.symmetry.spins import SpinSpace

Spins = SpinSpace | ContinuousSpins
_MIRROR_GROUP = C4v.subgroup([C4v.generators[1]], ["σ"])


@lru_cache(maxsize=256)
def bond_mirror(point: PointRepresentation, turned: bool) -> Representation:
    """Return the mirror through the representative bond as a representation of Z2.

    On a target, and on a source in the paper's frame, it is T_σ; on a source in the rotating frame
    the lattice is `turned` and it is T_C4·T_σ.
    """
    seen = point.turned if turned else point
    return seen.restrict(_MIRROR_GROUP)


class Projection(NamedTuple):
    """The part of a matrix that the symmetry allows, and the rest.

    Attributes
    ----------
    couplings : numpy.ndarray
        J of the allowed part, shape ``(coupling,)``.
    remainder : numpy.ndarray
        The matrix without it: what is not allowed, of the shape that was given.
    """

    couplings: np.ndarray
    remainder: np.ndarray


class _Coordinates(ABC):
    """Couplings of matrices that are given as a whole; what both families share."""

    @property
    @abstractmethod
    def text(self) -> str:
        """What the couplings multiply, in words and symbols."""

    @property
    @abstractmethod
    def _shape(self) -> tuple[int, int]:
        """Shape of a whole matrix."""

    @abstractmethod
    def _averaged(self, matrix: np.ndarray) -> np.ndarray:
        """Return the couplings of the average over the symmetry, ``(coupling,)``."""

    @abstractmethod
    def _assembled(self, couplings: np.ndarray) -> np.ndarray:
        """Return the matrix of couplings."""

    def __str__(self):
        return self.text

    def project(self, matrix) -> Projection:
        """Return the allowed part of a matrix, its average over the symmetry, and the rest.

        It is the nearest allowed one in every norm that the symmetry keeps, such as the sum of
        squares where the representations are orthogonal.

        Parameters
        ----------
        matrix : array
            Finite numbers; of bilinear couplings the matrix between spin vectors, shape
            ``(source component, target component)``; of pair couplings minus the energy of every
            pair of states, shape ``(source state, target state)``.

        Raises
        ------
        CouplingError
            If it has another shape, or entries that are not finite real numbers.
        """
        given = finite_numbers(matrix, self._shape, "entries of a matrix")
        couplings = self._averaged(given)
        return Projection(couplings, given - self._assembled(couplings))

    def coordinates(self, matrix, tolerance: float = 1e-9) -> np.ndarray:
        """Return the couplings of an allowed matrix, shape ``(coupling,)``.

        Parameters
        ----------
        matrix : array
            As for `project`.
        tolerance : float
            Largest entry of the rest, relative to the largest of the matrix.

        Raises
        ------
        CouplingError
            If the symmetry does not allow the matrix.
        """
        given = finite_numbers(matrix, self._shape, "entries of a matrix")
        couplings, rest = self.project(given)
        if np.abs(rest).max(initial=0.0) > tolerance * np.abs(given).max(initial=0.0):
            place = tuple(int(k) for k in np.unravel_index(np.abs(rest).argmax(), rest.shape))
            raise CouplingError(
                f"the symmetry does not allow this matrix: entry {place} differs by "
                f"{rest[place]:.3g} from the nearest that it allows (see project)"
            )
        return couplings


class CouplingSpace(_Coordinates):
    """The bilinear couplings between a source and a target spin.

    Parameters
    ----------
    source, target : SpinSpace or ContinuousSpins
        Both of one internal representation.
    frame : {"paper", "rotating"}

    Attributes
    ----------
    point_basis : InvariantBasis
        J_ab, the forms on V_R ⊗ V_R invariant under the mirror.
    internal_basis : InvariantBasis
        K^γ, the forms on V_G ⊗ V_G invariant under G.
    """

    family = "bilinear"

    def __init__(self, source: Spins, target: Spins, frame: str = "rotating"):
        self.source, self.target = source, target
        self.frame = known_name(frame, FRAMES, "frame")
        self.point_basis: InvariantBasis = invariant_forms(
            bond_mirror(source.point, frame == "rotating"), bond_mirror(target.point, False)
        )
        self.internal_basis: InvariantBasis = invariant_forms(source.internal, target.internal)

    @property
    def dimension(self) -> int:
        """Number of couplings."""
        return len(self.point_basis) * len(self.internal_basis)

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """J0, J1, …"""
        return sympy.symbols(f"J0:{self.dimension}")

    @cached_property
    def basis(self) -> tuple[sympy.ImmutableMatrix, ...]:
        """Exact basis matrices J_ab ⊗ K^γ on the full spin vector, γ fastest."""
        return tuple(
            sympy.ImmutableMatrix(sympy.kronecker_product(sympy.Matrix(j), sympy.Matrix(k)))
            for j in self.point_basis.matrices
            for k in self.internal_basis.matrices
        )

    @cached_property
    def matrix(self) -> sympy.ImmutableMatrix:
        """The symbolic coupling matrix, as in Eqs. (16)–(18)."""
        total = sympy.zeros(self.source.dimension, self.target.dimension)
        for symbol, matrix in zip(self.symbols, self.basis, strict=True):
            total += symbol * matrix
        return sympy.ImmutableMatrix(total)

    @cached_property
    def arrays(self) -> np.ndarray:
        """The basis in floats, shape ``(coupling, source component, target component)``."""
        return self._products(self.point_basis.arrays, self.internal_basis.arrays)

    def _products(self, point: np.ndarray, internal: np.ndarray) -> np.ndarray:
        products = np.einsum("dab,cij->dcaibj", point, internal)
        return products.reshape(self.dimension, *self._shape)

    @property
    def _shape(self) -> tuple[int, int]:
        return self.source.dimension, self.target.dimension

    def _averaged(self, matrix: np.ndarray) -> np.ndarray:
        # Invariants of the dual representations see nothing of what averages to zero.
        dual = self._products(
            *(_dual_basis(b).arrays for b in (self.point_basis, self.internal_basis))
        )
        dual, basis = (x.reshape(self.dimension, matrix.size) for x in (dual, self.arrays))
        return np.linalg.solve(dual @ basis.T, dual @ matrix.reshape(-1))

    def _assembled(self, couplings: np.ndarray) -> np.ndarray:
        return np.tensordot(couplings, self.arrays, axes=1)

    @cached_property
    def features(self) -> np.ndarray:
        """Φ[d, s, t], shape ``(coupling, source state, target state)``."""
        return np.einsum(
            "si,dij,tj->dst", self.source.values, self.arrays, self.target.values, optimize=True
        )

    def profile(self, angles) -> np.ndarray:
        """Return Φ_d of continuous spins at angles between them, shape ``(coupling, angle)``.

        Raises
        ------
        SpinSpaceError
            If spins take values on no circle and no sphere.
        """
        source, target = self.source, self.target
        if not isinstance(source, ContinuousSpins) or not isinstance(target, ContinuousSpins):
            raise SpinSpaceError(
                "spins of a finite group are at no angles: take features, the couplings of every "
                "pair of states"
            )
        along, pole = source.along(angles), target.pole
        return np.einsum("ui,dij,j->du", along, self.arrays, pole, optimize=True)

    @property
    def axis(self) -> np.ndarray:
        """The couplings of a bare coupling J0 = 1, Eq. (20), shape ``(coupling,)``."""
        return (np.arange(self.dimension) == 0).astype(float)

    @property
    def _blocks(self) -> tuple[list[int], list[int]]:
        size = self.source.internal.dimension
        return (
            [b * size for b in self.source.point.block_sizes],
            [b * size for b in self.target.point.block_sizes],
        )

    @property
    def text(self) -> str:
        """The coupling matrix in characters, with lines between irreps."""
        return typeset.matrix_text(self.matrix, *self._blocks)

    @property
    def latex(self) -> str:
        """The coupling matrix in LaTeX, with lines between irreps as in Eqs. (17)–(18)."""
        return typeset.matrix_latex(self.matrix, *self._blocks)

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __repr__(self):
        return f"CouplingSpace({self.source!r}, {self.target!r}, {self.frame!r})"


def _dual_basis(basis: InvariantBasis) -> InvariantBasis:
    return invariant_forms(basis.left.dual, basis.right.dual)


class PairCouplings(_Coordinates):
    """The pair-orbit couplings between a source and a target spin: one parameter for each orbit.

    Attributes
    ----------
    orbit : numpy.ndarray
        Orbit number of every pair, shape ``(source state, target state)``; orbits are numbered in
        row-major order of their first pair.
    """

    family = "pair"

    def __init__(self, source: SpinSpace, target: SpinSpace, frame: str = "rotating"):
        require_one_group(source.internal, target.internal)
        self.source, self.target = source, target
        self.frame = known_name(frame, FRAMES, "frame")
        turned = compose(source.rotation, source.mirror)
        mirror = source.mirror if frame == "paper" else turned
        actions = [(mirror, target.mirror)]
        actions += zip(source.internal_actions, target.internal_actions, strict=True)
        self._actions = actions
        self.orbit = _pair_orbits(len(source), len(target), actions)

    def __len__(self):
        return self.dimension

    @cached_property
    def certificate(self) -> dict[str, object]:
        """Number of orbits found, Burnside's number, and whether every generator keeps the orbits.

        Burnside: the average over ⟨mirror⟩ × G, as permutations of both spin spaces, of the number
        of pairs that an element fixes.
        """
        fixed = [
            int(np.sum(np.arange(len(s)) == s) * np.sum(np.arange(len(t)) == t))
            for s, t in closure(self._actions)
        ]
        count, rest = divmod(sum(fixed), len(fixed))
        if rest:
            raise ArithmeticError(f"{sum(fixed)} fixed pairs in a group of {len(fixed)} elements")
        moved = (self.orbit[np.ix_(s, t)] for s, t in self._actions)
        return {
            "rank": len(np.unique(self.orbit)),
            "dimension": count,
            "residual_zero": all(np.array_equal(image, self.orbit) for image in moved),
        }

    @property
    def dimension(self) -> int:
        """Number of couplings, the constant energy among them."""
        return int(self.orbit.max()) + 1

    @property
    def features(self) -> np.ndarray:
        """Φ[d, s, t], the indicator of orbit d, ``(coupling, source state, target state)``."""
        return (self.orbit == np.arange(self.dimension)[:, None, None]).astype(float)

    @property
    def _shape(self) -> tuple[int, int]:
        return self.orbit.shape

    def _averaged(self, matrix: np.ndarray) -> np.ndarray:
        counts = np.bincount(self.orbit.reshape(-1))
        return np.bincount(self.orbit.reshape(-1), weights=matrix.reshape(-1)) / counts

    def _assembled(self, couplings: np.ndarray) -> np.ndarray:
        return couplings[self.orbit]

    @cached_property
    def axis(self) -> np.ndarray:
        """The couplings of the bilinear model's bare coupling J0 = 1, shape ``(coupling,)``.

        Both families then speak of the same J0. Without a bilinear coupling it is the first
        orbit's.
        """
        bilinear = CouplingSpace(self.source, self.target, self.frame)
        if bilinear.dimension == 0:
            return np.eye(self.dimension)[0]
        _, first = np.unique(self.orbit, return_index=True)
        return bilinear.features[0].reshape(-1)[first]

    @property
    def text(self) -> str:
        """The orbit number of every pair of states, as a table of J's."""
        return "\n".join("  ".join(f"J{d}" for d in row) for row in self.orbit)

    def __repr__(self):
        return f"PairCouplings({self.source!r}, {self.target!r}, {self.frame!r})"


def _pair_orbits(sources: int, targets: int, actions: list) -> np.ndarray:
    orbit = -np.ones((sources, targets), dtype=np.int64)
    count = 0
    for s in range(sources):
        for t in range(targets):
            if orbit[s, t] >= 0:
                continue
            orbit[s, t] = count
            frontier = [(s, t)]
            for a, b in frontier:
                for on_source, on_target in actions:
                    image = (on_source[a], on_target[b])
                    if orbit[image] < 0:
                        orbit[image] = count
                        frontier.append(image)
            count += 1
    return orbit


def known_name(value: str, choices: tuple[str, ...], what: str) -> str:
    """Return a name that is among the choices.

    Raises
    ------
    UnknownNameError
        If it is not.
    """
    if value not in choices:
        raise UnknownNameError(f"{what} {value!r} does not exist: choose {' or '.join(choices)}")
    return value
