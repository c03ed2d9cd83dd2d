"""States of a ring of block tensors that its shift leaves alone: multiplets and local operators.

The transfer matrix is not symmetric, so that a level has left and right eigenvectors. They are
found in the row space of one irrep of G; the partners follow by P_i1
(`mlrg.symmetry.orthogonal_irreps`). With T turned upside down, T_cbad, and D the bond weights of a
row, Mᵀ = D M' D⁻¹.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np

from mlrg.eigenvalues import Action, leading
from mlrg.errors import NoAnswerError
from mlrg.rgmap import RingMultiplet
from mlrg.symmetry.orthogonal_irreps import OrthogonalIrrep
from mlrg.tensor.wide_ring import Vector, WideRing

# Precision of the solver; angle of an eigenvalue that is momentum, and share of the largest size
# at which left and right eigenvalues are the same or of one level.
_PRECISION, _ANGLE, _EQUAL = 1e-12, 1e-6, 1e-8
# Norm of an operator's part below which it has none.
_NONE = 1e-6


class RingStates:
    """What operators on one column do between the lowest levels of momentum zero.

    Parameters
    ----------
    ring : WideRing
    """

    def __init__(self, ring: WideRing):
        self.ring = ring

    def multiplets(self, count: int) -> list[RingMultiplet]:
        """Return the largest eigenvalues of momentum zero, so many an irrep, falling.

        Raises
        ------
        NoAnswerError
            If the iterative solver does not converge, or left and right eigenvectors do not pair.
        """
        found = [
            multiplet for irrep in self.ring.leg.irreps.all for multiplet in self._of(irrep, count)
        ]
        return sorted(found, key=lambda multiplet: -multiplet.log_size)

    def _of(self, irrep: OrthogonalIrrep, count: int) -> list[RingMultiplet]:
        onto, wanted = self.ring.onto(irrep), count * irrep.commutant
        sizes, right = self._solved(lambda v: onto(self._moved(onto(v))), wanted)
        others, left = self._solved(lambda v: onto(self._back(onto(v))), wanted)
        found: list[RingMultiplet] = []
        seen = 0
        while seen < len(sizes):
            size = sizes[seen]
            here, there = (np.abs(each - size) < _EQUAL * sizes[0] for each in (sizes, others))
            seen += int(here.sum())
            if here.sum() != there.sum():
                # The last level may be cut where the solver stopped.
                break
            rights = self._partners(irrep, right[:, here])
            lefts = self._row_weights[:, None] * self._partners(irrep, left[:, there])
            overlap = lefts.T @ rights
            if np.linalg.cond(overlap) > 1 / _EQUAL:
                raise NoAnswerError("left and right states of the ring do not pair: levels cross")
            inverse = np.linalg.solve(overlap, lefts.T)
            found.append(RingMultiplet(float(np.log(size)), irrep.name, rights, inverse))
        return found

    def _moved(self, vector: Vector) -> Vector:
        """Return M v or K v, of momentum zero where the shift commutes."""
        ring = self.ring
        if ring.mirrors is None:
            return ring.moved(vector)
        still = ring.translated(0, 0)
        return still(ring.row(still(vector))).real

    def _back(self, vector: Vector) -> Vector:
        """Return D⁻¹ Mᵀ D v, or that of K = M S."""
        ring, upside_down = self.ring, self._upside_down
        if ring.mirrors is None:
            moved = upside_down.row(vector)
            for _ in range(ring.columns - 1):
                moved = ring.shift(moved)
            return moved
        still = ring.translated(0, 0)
        return still(upside_down.row(still(vector))).real

    @cached_property
    def _upside_down(self) -> WideRing:
        sites = tuple(site.transpose(2, 1, 0, 3) for site in self.ring.sites)
        return replace(self.ring, sites=sites)

    @cached_property
    def _row_weights(self) -> np.ndarray:
        """D, shape ``(row,)``."""
        weights = np.ones(1)
        for _ in range(self.ring.columns):
            weights = np.kron(weights, self.ring.bond)
        return weights

    def _solved(self, action: Action, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the largest positive eigenvalues ``(level,)``, falling, and their vectors."""
        start = action(np.random.default_rng(0).normal(size=self.ring.size))
        # Levels that move along the ring are among those of K.
        wanted = count if self.ring.mirrors is not None else 3 * count
        values, vectors = leading(action, start, wanted, _PRECISION)
        if not len(values):
            return values, vectors
        still = (values.real > _NONE * np.abs(values).max()) & (np.abs(np.angle(values)) < _ANGLE)
        return values[still][:count].real, vectors[:, still][:, :count].real

    def _partners(self, irrep: OrthogonalIrrep, vectors: np.ndarray) -> np.ndarray:
        """Return the whole multiplets of vectors in the row space, as columns."""
        actions = self.ring.leg.actions
        if irrep.dimension == 1:
            return vectors
        found = np.zeros((irrep.dimension, *vectors.shape))
        for matrix, action in zip(irrep.matrices, actions, strict=True):
            for k, vector in enumerate(vectors.T):
                found[:, :, k] += matrix[:, :1] * self.ring.acted(action, vector)
        found *= irrep.dimension / len(actions)
        return np.concatenate(list(found), axis=1)

    def operators(self, name: str) -> np.ndarray | None:
        """Return a multiplet of operators on a column that belongs to an irrep.

        It takes the first state of the leg to others and back.

        Returns
        -------
        numpy.ndarray or None
            Symmetric matrices, shape ``(partner, n, n)``; None if there is none.
        """
        leg = self.ring.leg
        irrep = next(irrep for irrep in leg.irreps.all if irrep.name == name)
        for state in range(leg.dimension):
            seed = np.zeros((leg.dimension,) * 2)
            seed[0, state] = seed[state, 0] = 1.0
            found = np.einsum(
                "gi,gab,bc,gdc->iad",
                irrep.matrices[:, :, 0],
                leg.actions,
                seed,
                leg.actions,
                optimize=True,
            )
            found *= irrep.dimension / len(leg.actions)
            if np.abs(found).max() > _NONE:
                return found
        return None

    def applied(self, operator: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Return an operator on the first column applied to states, as columns."""
        parted = states.reshape(self.ring.leg.dimension, -1)
        return (operator @ parted).reshape(states.shape)
