"""The space of invariant block tensors as a space of couplings, and the exact tensor map on it.

The symmetry layer derives the invariant tensors B_d of a leg exactly (`BlockTensorSpace`); the
first is that of the leg's first state alone. Scaled to norm one they are orthonormal, because every
entry of T belongs to one of them; couplings are the coefficients relative to the first,

    T = B_0 + Σ_d J_d B_d,

so that J = 0 is the paramagnet and distances of couplings are those of tensors, as fidelity
measures them. With k = 0 bond weights are signs and belong to the leg: one RG
step is a map R(J) of couplings alone, and the leg's multiplets stay what they are, whatever their
order. Two states of Z2 have three couplings.

Signs of the states are a gauge: copies of J differ by signs of some couplings.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import sympy
import torch

from mlrg.errors import InputError
from mlrg.flow.domain import FundamentalDomain
from mlrg.model import SpinModel
from mlrg.symmetry.block_tensor import BlockTensorSpace
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.representations import Representation
from mlrg.tensor.block_tensor import BlockTensor, boltzmann_tensor, reduced
from mlrg.tensor.critical import critical_coupling
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.step import LEVIN_NAVE, rg_step

# Steps from the teacher within which its tensor has to have the leg of the space.
_APPROACH = 8
# Half a step of the central differences of R.
_DIFFERENCE = 1e-5
# Shortest side of a box of flows, in units of the longest.
_SHORTEST = 0.1


@dataclass(frozen=True, eq=False)
class TensorSpace:
    """Couplings of block tensors whose legs carry one representation.

    Attributes
    ----------
    model : SpinModel
        Whose Boltzmann tensors are the axis of the space.
    leg : Leg
        The representation; its first multiplet is invariant, all have one state.
    approach : int
        RG steps from the teacher's tensor to the space.
    """

    model: SpinModel
    leg: Leg
    approach: int

    @classmethod
    def of(cls, model: SpinModel, states: int) -> "TensorSpace":
        """Return the space of the leg that the critical flow of a model chooses.

        Raises
        ------
        InputError
            If a multiplet of the leg has several states, or its first is not invariant.
        ConvergenceError
            If the model has no transition.
        """
        found = critical_coupling(model, states, power=LEVIN_NAVE, tolerance=1e-6)
        leg = found.tensor.leg
        if max(leg.sizes) > 1:
            raise InputError(
                f"a leg {leg} has multiplets of several states: moderators are trained over "
                "tensors of one-dimensional irreps; choose a group such as Z2 or Z2xZ2"
            )
        first = leg.multiplets.index(Multiplet(0, 1, 1))
        rest = [m for place, m in enumerate(leg.multiplets) if place != first]
        ordered = Leg(leg.irreps, (leg.multiplets[first], *rest))
        for steps, tensor in enumerate(found.flow[:_APPROACH]):
            if tensor.leg.places(ordered) is not None:
                return cls(model, ordered, steps)
        raise InputError(
            f"the flow of {model!r} does not keep a leg of {states} states: choose another number"
        )

    @cached_property
    def invariants(self) -> BlockTensorSpace:
        """The exact invariant tensors of the leg."""
        group = self.leg.irreps.group
        terms = []
        for multiplet in self.leg.multiplets:
            matrices = self.leg.irreps[multiplet.irrep].matrices[:, 0, 0]
            images = [sympy.Matrix([[int(matrices[group.position[g]])]]) for g in group.generators]
            point = C4v("A1" if multiplet.mirror > 0 else "A2")
            terms.append((Representation(group, images), point))
        return BlockTensorSpace(*terms[0], tuple(terms[1:]))

    @cached_property
    def basis(self) -> np.ndarray:
        """B_d of norm one, shape ``(1 + coupling, n, n, n, n)``."""
        shape = (self.leg.dimension,) * 4
        found = np.zeros((len(self.invariants), *shape))
        for tensor, form in zip(found, self.invariants.basis, strict=True):
            for index in zip(*np.unravel_index(range(tensor.size), shape), strict=True):
                tensor[index] = float(form[tuple(map(int, index))])
            tensor /= np.linalg.norm(tensor)
        return found

    @cached_property
    def _pivots(self) -> tuple[np.ndarray, ...]:
        """An entry of each tensor of the basis at which the others vanish."""
        flat = self.basis.reshape(len(self.basis), -1)
        return np.unravel_index((flat != 0).argmax(axis=1), self.basis.shape[1:])

    @cached_property
    def _pivot_values(self) -> np.ndarray:
        return self.basis[(np.arange(len(self.basis)), *self._pivots)]

    @property
    def dimension(self) -> int:
        """Number of couplings."""
        return len(self.basis) - 1

    @cached_property
    def gauge_signs(self) -> np.ndarray:
        """Signs of the couplings of every gauge copy, the identity first, ``(copy, coupling)``."""
        found = []
        for signs in product((1, -1), repeat=self.leg.dimension - 1):
            states = np.array([1, *signs])
            copy = np.prod([states[axis] for axis in self._pivots], axis=0)[1:]
            found.append(tuple(copy.tolist()))
        return np.array(list(dict.fromkeys(found)), dtype=float)

    def dense(self, couplings: np.ndarray) -> np.ndarray:
        """Return T of couplings ``(batch, coupling)``, shape ``(batch, n, n, n, n)``."""
        couplings = np.atleast_2d(np.asarray(couplings, dtype=float))
        return self.basis[0] + np.tensordot(couplings, self.basis[1:], axes=1)

    def coordinates(self, tensors: np.ndarray) -> np.ndarray:
        """Return the couplings of invariant tensors ``(batch, n, n, n, n)``."""
        entries = tensors[(slice(None), *self._pivots)] / self._pivot_values
        return entries[:, 1:] / entries[:, :1]

    def tensor(self, couplings: np.ndarray) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        n = self.leg.dimension
        matrix = self.dense(couplings)[0].reshape(n * n, n * n)
        blocks = tuple(reduced(sector, matrix) for sector in pair_sectors(self.leg))
        return BlockTensor(self.leg, self.leg.inversions, blocks)

    @cached_property
    def _kinds(self) -> list[tuple[int, int, int, list[int]]]:
        """Irrep, parity and sign of λ with the places of the leg's states of that kind."""
        kinds: dict[tuple[int, int, int], list[int]] = {}
        for place, m in enumerate(self.leg.multiplets):
            kinds.setdefault((m.irrep, m.mirror, m.inversion), []).append(place)
        return [(*kind, places) for kind, places in kinds.items()]

    def _halves(self, matrices: np.ndarray, leg: Leg) -> np.ndarray:
        """Return S^z_ab for the states of this leg, from tensors on some leg.

        The tensors are matrices ``(batch, m², m²)``, the halves ``(batch, n, m, m)``.
        """
        m = leg.dimension
        halves = np.zeros((len(matrices), self.leg.dimension, m * m))
        sectors = {(s.irrep, s.parity): s.rows.toarray() for s in pair_sectors(leg)}
        for irrep, parity, sign, places in self._kinds:
            rows = sectors.get((irrep, parity))
            if rows is None:
                continue
            values, vectors = np.linalg.eigh(rows.T @ matrices @ rows)
            sizes = np.maximum(sign * values, 0.0)
            order = np.argsort(-sizes, axis=1)[:, : len(places)]
            kept = np.sqrt(np.take_along_axis(sizes, order, axis=1))
            columns = np.take_along_axis(vectors, order[:, None, :], axis=2) * kept[:, None, :]
            halves[:, places[: order.shape[1]]] = (rows @ columns).transpose(0, 2, 1)
        return halves.reshape(len(matrices), self.leg.dimension, m, m)

    def _around(self, halves: np.ndarray, bond: np.ndarray) -> np.ndarray:
        batch, n, m = halves.shape[:3]
        first = (halves * bond).reshape(batch, n * m, m)
        second = halves.transpose(0, 2, 1, 3).reshape(batch, m, n * m)
        two = (first @ second).reshape(batch, n, m, n, m).transpose(0, 1, 3, 2, 4)
        left = (two * (bond[:, None] * bond)).reshape(batch, n * n, m * m)
        right = two.transpose(0, 1, 2, 4, 3).reshape(batch, n * n, m * m)
        return (left @ right.transpose(0, 2, 1)).reshape(batch, n, n, n, n)

    def canonical(self, couplings: np.ndarray) -> np.ndarray:
        """Return the gauge copies of couplings ``(batch, coupling)`` that compare largest."""
        return self._domain.inside(torch.from_numpy(couplings)).numpy()

    @cached_property
    def _domain(self) -> FundamentalDomain:
        return FundamentalDomain(torch.diag_embed(torch.from_numpy(self.gauge_signs)))

    def rg_map(self, couplings: np.ndarray) -> np.ndarray:
        """Return R(J) of couplings ``(batch, coupling)``, in the canonical gauge, same shape."""
        tensors = self.dense(couplings)
        n = self.leg.dimension
        matrices = tensors.reshape(len(tensors), n * n, n * n)
        matrices = 0.5 * (matrices + matrices.transpose(0, 2, 1))
        bond = self.leg.spread(self.leg.inversions)
        halves = self._halves(matrices, self.leg)
        return self.canonical(self.coordinates(self._around(halves, bond)))

    def jacobian(self, couplings: np.ndarray) -> np.ndarray:
        """Return ∂R/∂J at one point by central differences, shape ``(coupling, coupling)``."""
        shifts = _DIFFERENCE * np.eye(self.dimension)
        couplings = np.asarray(couplings, dtype=float)
        moved = self.rg_map(np.concatenate([couplings + shifts, couplings - shifts]))
        # A copy that folding took elsewhere is brought back beside the others.
        copies = self.gauge_signs[:, None] * moved
        here = self.rg_map(couplings[None])
        nearest = np.linalg.norm(copies - here, axis=2).argmin(axis=0)
        moved = copies[nearest, np.arange(len(moved))]
        return (moved[: self.dimension] - moved[self.dimension :]).T / (2 * _DIFFERENCE)

    def on_axis(self, positions) -> np.ndarray:
        """Return the couplings to which teachers of bare coupling J0 lead, `approach` steps on.

        Parameters
        ----------
        positions : array
            J0, shape ``(…)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(…, coupling)``.
        """
        positions = np.asarray(positions, dtype=float)
        bare = positions.reshape(-1, 1) * self.model.couplings.axis
        if self.approach <= 1:
            start = self._boltzmann
            found = self._approached(start.matrices(bare)[0], start.leg, start.leg.inversions)
        else:
            found = np.concatenate([self._one_approached(row) for row in bare])
        return found.reshape(*positions.shape, self.dimension)

    def _one_approached(self, bare: np.ndarray) -> np.ndarray:
        tensor = self._boltzmann(bare)
        for _ in range(self.approach - 1):
            tensor = rg_step(tensor, self.leg.dimension, LEVIN_NAVE)
        m = tensor.leg.dimension
        return self._approached(tensor.dense.reshape(1, m * m, m * m), tensor.leg, tensor.weights)

    def _approached(self, matrices: np.ndarray, leg: Leg, weights: np.ndarray) -> np.ndarray:
        """Return the couplings to which matrices ``(batch, m², m²)`` on some leg lead."""
        if self.approach == 0:
            tensors = matrices.reshape(-1, *(leg.dimension,) * 4)
            order = leg.places(self.leg)
            return self.coordinates(tensors[np.ix_(range(len(tensors)), *[order] * 4)])
        halves = self._halves(matrices, leg)
        return self.canonical(self.coordinates(self._around(halves, leg.spread(weights))))

    @cached_property
    def _boltzmann(self):
        return boltzmann_tensor(self.model)

    def reach(self, positions: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the box of exact flows from the axis and of their gauge copies.

        Parameters
        ----------
        positions : array
            J0, shape ``(point,)``.
        steps : int
            RG steps.

        Returns
        -------
        tuple of arrays
            Shape ``(coupling,)`` each; no side is shorter than a tenth of the longest.
        """
        flow = [self.on_axis(positions)]
        for _ in range(steps):
            flow.append(self.rg_map(flow[-1]))
        found = np.concatenate(flow)
        copies = np.concatenate([signs * found for signs in self.gauge_signs])
        low, high = copies.min(axis=0), copies.max(axis=0)
        missing = np.maximum(_SHORTEST * (high - low).max() - (high - low), 0.0)
        return low - 0.5 * missing, high + 0.5 * missing

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
        one = np.ones((len(given), 1))
        theirs = np.concatenate([one, given], axis=1)
        signs = np.concatenate([np.ones((len(self.gauge_signs), 1)), self.gauge_signs], axis=1)
        ours = np.concatenate([one, exact], axis=1) * signs[:, None]
        overlaps = np.einsum("gnd,nd->gn", ours, theirs)
        best = np.abs(overlaps).argmax(axis=0)
        ours = ours[best, np.arange(len(given))]
        overlap = np.take_along_axis(overlaps, best[None], axis=0)[0]
        norm = np.einsum("nd,nd->n", theirs, theirs)
        whole = np.einsum("nd,nd->n", ours, ours)
        value = np.log(whole) + np.log(norm) - 2 * np.log(np.abs(overlap))
        slope = 2 * theirs / norm[:, None] - 2 * ours / overlap[:, None]
        return np.maximum(value, 0.0), slope[:, 1:]
