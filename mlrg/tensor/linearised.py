"""The linearised RG step of a block tensor, in every symmetry sector.

With M = Σ λ v vᵀ, first-order perturbation theory gives what a change δM of the block tensor does
to the kept eigenvectors, and the product rule what that does to T':

    δv_z = Σ_j v_j (v_j·δM v_z)/(λ_z − λ_j)      over all j of another λ,
    δΛ_zw = v_z·δM v_w                            among those of one λ,

    δS = δv |λ|^{(1−k)/2} + v δ|Λ|^{(1−k)/2},     δE' = δ(sign(Λ)|Λ|^k).

δT need not be invariant under G, so that the operators that break it have their exponents, too. It
keeps the lattice symmetry: cyclic, and even under the mirrors.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.geometry import CORNERS
from mlrg.tensor.points import BlockTensor
from mlrg.tensor.split import Halves

# Eigenvalues as close as this, as a share of the largest, have no first order.
_CLOSE = 1e-10


@dataclass(frozen=True, eq=False)
class LinearStep:
    """The differential of one step from a tensor, in the gauge of given kept eigenvectors.

    Attributes
    ----------
    tensor : BlockTensor
    halves : Halves
        Its kept eigenvectors; their signs are those of the new leg.
    power : float
        k.
    """

    tensor: BlockTensor
    halves: Halves
    power: float

    @cached_property
    def _eigen(self) -> tuple[np.ndarray, np.ndarray]:
        """The kept eigenvectors and λ, then a basis of eigenvectors of the rest."""
        n = self.tensor.leg.dimension
        matrix = self.tensor.dense.reshape(n * n, n * n)
        kept = self.halves.vectors.reshape(-1, n * n).T
        # The rest is solved where the kept ones are moved out of the way.
        far = 10.0 * np.abs(self.halves.values).max()
        moved = matrix - (kept * (self._values - far)) @ kept.T
        values, vectors = np.linalg.eigh(0.5 * (moved + moved.T))
        rest = slice(0, n * n - kept.shape[1])
        return (
            np.concatenate([self._values, values[rest]]),
            np.concatenate([kept, vectors[:, rest]], axis=1),
        )

    @cached_property
    def _values(self) -> np.ndarray:
        return self.halves.leg.spread(self.halves.values)

    @cached_property
    def _multiplets(self) -> np.ndarray:
        """1 where two kept states have one λ, as in a multiplet, ``(state, state)``."""
        gaps = np.abs(self._values[:, None] - self._values)
        return (gaps < _CLOSE * np.abs(self._values).max()).astype(float)

    @cached_property
    def _denominators(self) -> np.ndarray:
        """1/(λ_z − λ_j) for every j and kept z, 0 within a multiplet, ``(pair, state)``."""
        values, kept = self._eigen[0], self._values
        gaps = kept - values[:, None]
        same = np.zeros_like(gaps)
        same[: len(kept)] = self._multiplets
        if (np.abs(gaps)[len(kept) :] < _CLOSE * np.abs(kept).max()).any():
            raise NoAnswerError(
                "two eigenvalues of the block tensor coincide, of which one is kept: its RG step "
                "has no derivative; keep another number of states"
            )
        return np.where(same == 1, 0.0, 1.0 / np.where(same == 1, 1.0, gaps))

    @cached_property
    def _half(self) -> np.ndarray:
        """S^z_ab, shape ``(state, n, n)``."""
        return self._scales[:, None, None] * self.halves.vectors

    @cached_property
    def _scales(self) -> np.ndarray:
        return np.abs(self._values) ** (0.5 * (1.0 - self.power))

    @cached_property
    def _two(self) -> np.ndarray:
        """A_(ac),(zu) = Σ_b S^z_ab E_b S^u_bc."""
        return _joined(self._half, np.diag(self.tensor.bond), self._half)

    @cached_property
    def image(self) -> tuple[np.ndarray, np.ndarray]:
        """T' and E' of the step, neither normalised: ``(m, m, m, m)`` and ``(m, m)``."""
        bond = self.tensor.bond
        around = _closed(self._two, bond[:, None] * bond, self._two)
        return around, np.diag(np.sign(self._values) * np.abs(self._values) ** self.power)

    def apply(self, tensor: np.ndarray, bond: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (δT', δE') of (δT, δE), of a step that normalises its result.

        Parameters
        ----------
        tensor : array
            δT, shape ``(n, n, n, n)``.
        bond : array
            δE, shape ``(n, n)``, between states of one λ.

        Returns
        -------
        tuple of arrays
            Changes of T'/|T'| and E'/E'_0; the length of T and the first weight do not matter.
        """
        n, m = self.tensor.leg.dimension, self.halves.leg.dimension
        vectors = self._eigen[1]
        elements = vectors.T @ (tensor.reshape(n * n, n * n) @ vectors[:, :m])
        inside = elements[:m] * self._multiplets
        moved = (vectors @ (elements * self._denominators)) * self._scales
        slope = 0.5 * (1.0 - self.power) * self._scales / self._values
        moved = moved + (vectors[:, :m] @ inside) * slope
        half = moved.T.reshape(m, n, n)
        new_bond = inside * self.power * np.abs(self._values) ** (self.power - 1.0)
        weights = np.diag(self.tensor.bond)
        two = _joined(half, weights, self._half) + _joined(self._half, bond, self._half)
        two = two + _joined(self._half, weights, half)
        outer = self.tensor.bond[:, None] * self.tensor.bond
        around = _closed(two, outer, self._two) + _closed(self._two, outer, two)
        around = around + _changed_bonds(self._two, self.tensor.bond, bond)
        return self._normalised(around, new_bond)

    def _normalised(self, tensor: np.ndarray, bond: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        whole, weights = self.image
        first = abs(weights[0, 0])
        norm = np.linalg.norm(whole)
        grown = bond[0, 0] / weights[0, 0]
        along = np.vdot(whole, tensor) / norm**2
        return (tensor - along * whole) / norm, (bond - grown * weights) / first


def _joined(first: np.ndarray, bond: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Σ_bb' S^z_ab E_bb' R^u_b'c as ``(a, c, z, u)``."""
    return np.tensordot(first @ bond, second, axes=(2, 1)).transpose(1, 3, 0, 2)


def _closed(first: np.ndarray, outer: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Σ_ac A_(ac),(zu) E_a E_c B_(ca),(vw)."""
    n, m = first.shape[0], first.shape[2]
    left = (first * outer[:, :, None, None]).reshape(n * n, m * m)
    right = second.transpose(1, 0, 2, 3).reshape(n * n, m * m)
    return (left.T @ right).reshape((m,) * CORNERS)


def _changed_bonds(two: np.ndarray, bond: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return Σ A_(ac) (δE_aa' E_c + E_a δE_cc') A_(c'a')."""
    n, m = two.shape[0], two.shape[2]
    first = np.einsum("ad,aczu->dczu", change, two) * bond[:, None, None]
    second = np.einsum("cd,aczu->adzu", change, two) * bond[:, None, None, None]
    left = (first + second).reshape(n * n, m * m)
    right = two.transpose(1, 0, 2, 3).reshape(n * n, m * m)
    return (left.T @ right).reshape((m,) * CORNERS)
