"""How far a ring of eight halves is from the ring of four tensors that it replaces.

With U_iabj = T_iabj, inner legs i, j on the ring and outer legs a, b,

    U ≈ V = Σ_z σ_z S^z_ia S^z_jb,     f = |T − S|² = ⟨T|T⟩ − 2⟨T|S⟩ + ⟨S|S⟩,     ⟨T|S⟩ = Tr X⁴,

X_(ii'),(jj') = E_i E_i' Σ_ab U_iabj V_i'abj', and ⟨T|T⟩ = 1. f is lowered over S with its exact
gradient; the signature σ stays. To f may be added

    ξ Σ_zia (S^z_ia)²,

the nuclear norm Σ_z |λ_z| of Σ_z σ_z S^z S^z where it is least (Homma, Okubo, Kawashima 2024): of
halves that match about as well it prefers those without loops.

Of one half, all others held, ⟨S|S⟩ is the quadratic form

    Σ_a S^z_ia N_(zi),(z'i') S^z'_i'a,

with N the Gram matrix of what is left of the ring. Halves that the ring hardly sees have small
eigenvalues there: N⁻¹ is the preconditioner without which a search does not end.
"""

from collections.abc import Callable

import numpy as np

from mlrg.geometry import CORNERS
from mlrg.tensor.charges import HalfBlocks, PairBlocks
from mlrg.tensor.descent import descend
from mlrg.tensor.legs import Leg
from mlrg.tensor.points import RectangularTensor

# Largest entry of the gradient at which a search is over.
_STILL = 1e-13
# Eigenvalues of N are raised to this share of the largest.
_RAISED = 1e-9


class RingMatch:
    """f as a function of the halves of one tensor.

    Parameters
    ----------
    tensor : RectangularTensor
    leg : Leg
        The new leg: irrep and sign σ_z of every state z.
    nuclear : float
        ξ, the price of the nuclear norm.
    """

    def __init__(self, tensor: RectangularTensor, leg: Leg, nuclear: float = 0.0):
        self.leg, self.nuclear, self._old = leg, nuclear, tensor.leg
        self.size = n = tensor.leg.dimension
        self._pairs = PairBlocks(tensor.leg.signs)
        self._halves = HalfBlocks(self._pairs, leg.signs)
        bond, mirrors = tensor.bond, tensor.mirrors
        rows, _ = self._pairs.places
        self._ends = np.kron(bond, bond)[rows]
        self._mirrors = np.kron(mirrors, mirrors)
        self._signs = leg.spread(leg.inversions)
        unit = tensor.dense.transpose(0, 3, 1, 2).reshape(n * n, n * n)
        flat = self._pairs.flat(unit)
        ring = self._ring(flat, flat)
        self.norm = self._closed(ring)
        self._unit = flat * self.norm ** (-0.5 / CORNERS)

    def _joined(self, blocks: list[np.ndarray]) -> np.ndarray:
        """Return V_(ij),(ab) flat."""
        whole = [
            ((block.T * self._signs[states]) @ (block * self._mirrors[pairs])).reshape(-1)
            for block, states, pairs in zip(
                blocks, self._halves.states, self._pairs.pairs, strict=True
            )
        ]
        return np.concatenate(whole)[self._pairs.exchange]

    def _ring(self, first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
        """Return the blocks of X."""
        pairs = self._pairs
        products = [
            (a @ b.T).reshape(-1)
            for a, b in zip(pairs.blocks(first), pairs.blocks(second), strict=True)
        ]
        return pairs.blocks(np.concatenate(products)[pairs.exchange] * self._ends)

    @staticmethod
    def _closed(ring: list[np.ndarray]) -> float:
        """Return Tr X⁴."""
        squares = [block @ block for block in ring]
        return float(sum(np.sum(square * square.T) for square in squares))

    def _opened(self, ring: list[np.ndarray]) -> tuple[float, np.ndarray]:
        """Return Tr X⁴, and flat what multiplies one Σ_ab U_iabj V_i'abj' in it."""
        total, cubes = 0.0, []
        for block in ring:
            square = block @ block
            total += float(np.sum(square * square.T))
            cubes.append((square @ block).T.reshape(-1))
        return total, np.concatenate(cubes) * self._ends

    def _slope(self, opened: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Return the derivative of Tr X⁴ by the second unit, flat."""
        pairs = self._pairs
        parts = [
            (d.T @ a).reshape(-1)
            for d, a in zip(pairs.blocks(opened[pairs.exchange]), pairs.blocks(first), strict=True)
        ]
        return CORNERS * np.concatenate(parts)

    def mismatch(self, components: np.ndarray) -> tuple[float, np.ndarray]:
        """Return f with the price of the nuclear norm, and its gradient by the components of S."""
        blocks = self._halves.blocks(components)
        unit = self._joined(blocks)
        overlap, pull = self._opened(self._ring(self._unit, unit))
        norm, push = self._opened(self._ring(unit, unit))
        slope = 2 * (self._slope(push, unit) - self._slope(pull, self._unit))
        parts = []
        for matrix, block, states, pairs in zip(
            self._pairs.blocks(slope[self._pairs.exchange]),
            blocks,
            self._halves.states,
            self._pairs.pairs,
            strict=True,
        ):
            mirrors = self._mirrors[pairs]
            part = (block * mirrors) @ matrix.T + (block @ matrix) * mirrors
            parts.append((part * self._signs[states, None]).reshape(-1))
        value = 1.0 - 2.0 * overlap + norm + self.nuclear * float(components @ components)
        return value, np.concatenate(parts) + 2.0 * self.nuclear * components

    def _columns(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the pairs (z, i) and the outer states a that go together in S^z_ia."""
        old = self._old.signs
        both = (self.leg.signs[:, :, None] * old[:, None]).reshape(len(old), -1)
        return [
            (np.flatnonzero((both == old[:, outer[:1]]).all(axis=0)), outer)
            for outer in self._pairs.alike(old)
        ]

    def preconditioner(self, components: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        """Return the product with N⁻¹ of every half at once."""
        n, count = self.size, self.leg.dimension
        unit = self._joined(self._halves.blocks(components))
        _, opened = self._opened(self._ring(unit, unit))
        second = self._halves.unpacked(components).reshape(count, -1) * self._mirrors
        second = (second * self._signs[:, None]).reshape(-1, n)
        squared = (second @ second.T).reshape(count, n, count, n).transpose(0, 2, 1, 3)
        gram = self._pairs.dense(opened) @ squared.reshape(count * count, n * n).T
        gram = gram.reshape(n, n, count, count).transpose(2, 0, 3, 1)
        gram = gram.reshape(count * n, count * n)
        parts = []
        for rows, outer in self._columns():
            part = gram[np.ix_(rows, rows)]
            parts.append((rows, outer, *np.linalg.eigh(0.5 * (part + part.T))))
        largest = max(values[-1] for _, _, values, _ in parts if len(values))
        # Eight halves on either side of the form, all moved at once.
        halves = 4 * CORNERS

        def inverse(vector: np.ndarray) -> np.ndarray:
            whole = self._halves.unpacked(vector).reshape(count * n, n)
            found = np.zeros_like(whole)
            for rows, outer, values, vectors in parts:
                bends = halves * (np.maximum(values, 0.0) + _RAISED * largest) + 2.0 * self.nuclear
                part = vectors.T @ whole[np.ix_(rows, outer)]
                found[np.ix_(rows, outer)] = vectors @ (part / bends[:, None])
            return self._halves.packed(found)

        return inverse

    def scaled(self, halves: np.ndarray) -> np.ndarray:
        """Return the components of S ``(z, inner, outer)`` in units in which ⟨T|T⟩ is one."""
        return self._halves.packed(halves) * self.norm ** (-0.25 / CORNERS)

    def distance(self, halves: np.ndarray) -> float:
        """Return f of halves of the best length, 1 − F."""
        unit = self._joined(self._halves.blocks(self.scaled(halves)))
        overlap = self._closed(self._ring(self._unit, unit))
        return 1.0 - overlap**2 / self._closed(self._ring(unit, unit))

    def search(self, halves: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
        """Return the matrix Σ_z σ_z S^z S^z of the best halves found and their infidelity 1 − F.

        Parameters
        ----------
        halves : numpy.ndarray
            S to begin with, shape ``(state, inner, outer)``.
        steps : int
            Of the search, at most.

        Returns
        -------
        numpy.ndarray
            Over pairs (inner, outer), shape ``(n², n²)``, of the length that matches the ring.
        float
            F = ⟨T|S⟩² / (⟨T|T⟩⟨S|S⟩).
        """
        start = self.scaled(halves)
        found = descend(self.mismatch, self.preconditioner, start, steps, _STILL)
        unit = self._joined(self._halves.blocks(found))
        overlap = self._closed(self._ring(self._unit, unit))
        norm = self._closed(self._ring(unit, unit))
        states = self._halves.unpacked(found).reshape(self.leg.dimension, -1)
        length = (overlap / norm) ** (1 / CORNERS) * self.norm ** (0.5 / CORNERS)
        matrix = length * (states.T * self._signs) @ states
        return matrix, max(0.0, 1.0 - overlap**2 / norm)
