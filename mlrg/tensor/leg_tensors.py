"""The invariant block tensors of a leg, as coordinates of tensors.

Orthonormal invariant tensors B_d span them; the first is that of the leg's first state alone. The
couplings of a tensor are its components relative to the first,

    T = B_0 + Σ_d J_d B_d,

so that J = 0 is the paramagnet and distances of couplings are those of tensors, as fidelity
measures them. Their number is the exact one of the symmetry layer (`BlockTensorSpace`).

Signs of the multiplets are a gauge: copies of J differ by signs of some couplings.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from mlrg.errors import BudgetError
from mlrg.geometry import CORNERS
from mlrg.symmetry.block_tensor import BlockTensorSpace
from mlrg.symmetry.gauge import SignGauge, canonical_copies
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.legs import Leg

# Largest leg whose tensors are listed, and multiplets whose signs are.
_LEG_LIMIT, _SIGN_LIMIT = 12, 12
# Length below which a projected unit tensor lies in the span of those before.
_DEPENDENT = 1e-6


@dataclass(frozen=True, eq=False)
class LegTensors:
    """The invariant tensors of a leg.

    Attributes
    ----------
    leg : Leg
        The representation; its first multiplet is one invariant state.
    rectangle : bool
        Whether they have the symmetry of a rectangle only (`mlrg.tensor.matched_ring`).
    """

    leg: Leg
    rectangle: bool

    @cached_property
    def exact(self) -> BlockTensorSpace:
        """The same tensors in the symmetry layer, in whose bases irreps stand."""
        group = self.leg.irreps.group
        terms = [
            (group.real_irreps[m.irrep], C4v("A1" if m.mirror > 0 else "A2"))
            for m in self.leg.multiplets
        ]
        return BlockTensorSpace(*terms[0], tuple(terms[1:]), self.rectangle)

    @cached_property
    def basis(self) -> np.ndarray:
        """B_d, shape ``(1 + coupling, n, n, n, n)``: unit tensors made invariant, one by one.

        Raises
        ------
        BudgetError
            If the leg is too large.
        """
        n, count = self.leg.dimension, self.exact.dimension
        if n > _LEG_LIMIT:
            raise BudgetError(
                f"the couplings of tensors with legs of {n} states are not listed (limit "
                f"{_LEG_LIMIT}): keep fewer states"
            )
        shape = (n,) * CORNERS
        found = np.zeros((0, n**CORNERS))
        for index in np.ndindex(shape):
            rest = self._invariant(index).reshape(-1)
            size = np.linalg.norm(rest)
            for _ in range(2):
                rest = rest - found.T @ (found @ rest)
            length = np.linalg.norm(rest)
            if length > _DEPENDENT * max(size, _DEPENDENT):
                found = np.append(found, rest[None] / length, axis=0)
            if len(found) == count:
                break
        if len(found) != count:
            raise ArithmeticError(f"{len(found)} invariant tensors in {count} dimensions")
        # Rounding of exact zeros.
        found[np.abs(found) < 1e-14] = 0.0
        return found.reshape(-1, *shape)

    def _invariant(self, index: tuple[int, ...]) -> np.ndarray:
        """Return the average of a unit tensor over the symmetry, shape ``(n, n, n, n)``."""
        columns = [self.leg.actions[:, :, state] for state in index]
        whole = np.einsum("ga,gb,gc,gd->abcd", *columns, optimize=True) / len(columns[0])
        # T_abcd = T_cdab = m m m m T_badc is a rectangle's; the quarter turn makes it a square's.
        half = whole + whole.transpose(2, 3, 0, 1)
        signs = self.leg.mirrors
        pairs = np.multiply.outer(np.outer(signs, signs), np.outer(signs, signs))
        found = half + pairs * half.transpose(1, 0, 3, 2)
        if not self.rectangle:
            found = found + found.transpose(1, 2, 3, 0)
        return found / (CORNERS if self.rectangle else 2 * CORNERS)

    @cached_property
    def _flat(self) -> np.ndarray:
        return self.basis.reshape(len(self.basis), -1)

    @property
    def dimension(self) -> int:
        """Number of couplings."""
        return len(self.basis) - 1

    def dense(self, couplings: np.ndarray) -> np.ndarray:
        """Return T of couplings ``(batch, coupling)``, shape ``(batch, n, n, n, n)``."""
        couplings = np.atleast_2d(np.asarray(couplings, dtype=float))
        return self.basis[0] + np.tensordot(couplings, self.basis[1:], axes=1)

    def components(self, tensors: np.ndarray) -> np.ndarray:
        """Return the components of tensors ``(batch, n, n, n, n)``, shape ``(batch, 1 + d)``."""
        return tensors.reshape(len(tensors), -1) @ self._flat.T

    def coordinates(self, tensors: np.ndarray) -> np.ndarray:
        """Return the couplings of invariant tensors ``(batch, n, n, n, n)``."""
        entries = self.components(tensors)
        return entries[:, 1:] / entries[:, :1]

    @cached_property
    def signs(self) -> np.ndarray:
        """Signs of the couplings of every gauge copy, the identity first, ``(copy, coupling)``.

        Raises
        ------
        BudgetError
            If the leg has too many multiplets.
        """
        multiplets = len(self.leg.multiplets)
        if multiplets > _SIGN_LIMIT:
            raise BudgetError(
                f"the gauge copies of a leg of {multiplets} multiplets are not listed (limit "
                f"{_SIGN_LIMIT}): keep fewer states"
            )
        # A sign of a multiplet takes every B_d to itself or its negative.
        pivots = np.unravel_index(np.abs(self._flat).argmax(axis=1), self.basis.shape[1:])
        found = []
        for rest in product((1, -1), repeat=multiplets - 1):
            states = self.leg.spread([1, *rest])
            copy = np.prod([states[axis] for axis in pivots], axis=0)[1:]
            found.append(tuple(copy.tolist()))
        return np.array(list(dict.fromkeys(found)), dtype=float)

    @cached_property
    def gauge(self) -> SignGauge:
        """The signs of the leg's multiplets, as they act on the couplings."""
        return SignGauge(self.signs)

    def canonical(self, couplings: np.ndarray) -> np.ndarray:
        """Return the gauge copies of couplings ``(batch, coupling)`` that compare largest."""
        chosen = canonical_copies(self.signs[:, None] * couplings)
        return self.signs[chosen] * couplings

    def closest(self, exact: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gauge copies of T that overlap most with T', and the overlaps.

        Components B_0 first, ``(batch, 1 + coupling)``; overlaps ``(batch,)``.
        """
        one = np.ones((len(given), 1))
        signs = np.concatenate([np.ones((len(self.signs), 1)), self.signs], axis=1)
        ours = np.concatenate([one, exact], axis=1) * signs[:, None]
        overlaps = np.einsum("gnd,nd->gn", ours, np.concatenate([one, given], axis=1))
        best = np.abs(overlaps).argmax(axis=0)
        return ours[best, np.arange(len(given))], np.take_along_axis(overlaps, best[None], axis=0)[
            0
        ]

    def divergence(self, exact: np.ndarray, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return −ln F of tensors and its gradient, F = ⟨T|T'⟩² / (⟨T|T⟩⟨T'|T'⟩).

        Parameters
        ----------
        exact, given : array
            Couplings of T and T', shape ``(batch, coupling)``; of the gauge copies of T that which
            is closest to T' counts.

        Returns
        -------
        tuple of arrays
            Nats ``(batch,)`` and the gradient in the couplings of T' ``(batch, coupling)``.
        """
        ours, overlap = self.closest(exact, given)
        theirs = np.concatenate([np.ones((len(given), 1)), given], axis=1)
        norm = np.einsum("nd,nd->n", theirs, theirs)
        whole = np.einsum("nd,nd->n", ours, ours)
        value = np.log(whole) + np.log(norm) - 2 * np.log(np.abs(overlap))
        slope = 2 * theirs / norm[:, None] - 2 * ours / overlap[:, None]
        return np.maximum(value, 0.0), slope[:, 1:]
