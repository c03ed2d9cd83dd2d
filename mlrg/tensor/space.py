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

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from time import perf_counter

import numpy as np
import sympy

from mlrg.analysis.critical import critical
from mlrg.errors import InputError
from mlrg.geometry import CORNERS
from mlrg.rbm.block import as_couplings
from mlrg.rgmap import Answer, Improvement, RGMap, Sector, Step, Trainable, bounded_newton
from mlrg.symmetry.block_tensor import BlockTensorSpace
from mlrg.symmetry.gauge import SignGauge, canonical_copies
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.representations import Representation
from mlrg.tensor.bond_weighted import LEVIN_NAVE, BondWeighted
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.points import BlockTensor, block_tensor
from mlrg.tensor.split import Halves
from mlrg.tensor.tensor_ring import TensorRing

# Steps from the teacher within which its tensor has to have the leg of the space.
_APPROACH = 8
# Points of the axis whose exact flows a box is drawn around.
_AXIS_POINTS = 65
# Sets of couplings whose map is timed.
_TIMED = 32
# Shortest side of a box of flows, in units of the longest.
_SHORTEST = 0.1


@dataclass(frozen=True)
class TensorCost:
    """Measured cost of the exact tensor map: seconds for one set of couplings."""

    couplings: int
    seconds: float

    def __str__(self):
        return f"{self.couplings} couplings, {1e3 * self.seconds:.3g} ms a set of them"


@dataclass(frozen=True, eq=False)
class TensorSpace(Trainable):
    """Couplings of block tensors whose legs carry one representation, as an RG map.

    Attributes
    ----------
    tensor : Tensor
        The student, k = 0, whose critical flow chose the leg.
    leg : Leg
        The representation; its first multiplet is invariant, all have one state.
    approach : int
        RG steps from the teacher's tensor to the space.
    """

    tensor: RGMap
    leg: Leg
    approach: int

    cost_name = "infidelity"
    drifts = True
    brackets = (1e-10,)

    @classmethod
    def of(cls, tensor: RGMap) -> "TensorSpace":
        """Return the space of the leg that the critical flow of a student chooses.

        Raises
        ------
        InputError
            If bond weights are no signs, a multiplet of the leg has several states, or its first
            is not invariant.
        NoAnswerError
            If the model has no transition.
        """
        if tensor.split != BondWeighted(LEVIN_NAVE):
            raise InputError(
                f"tensors with {tensor.split} have bond weights beside their couplings: moderators "
                "are trained over single tensors of power k = 0"
            )
        found = critical(tensor, tolerance=1e-6)
        leg = found.point.leg
        if max(leg.sizes) > 1:
            raise InputError(
                f"a leg {leg} has multiplets of several states: moderators are trained over "
                "tensors of one-dimensional irreps; choose a group such as Z2 or Z2xZ2"
            )
        first = leg.multiplets.index(Multiplet(0, 1, 1))
        rest = [m for place, m in enumerate(leg.multiplets) if place != first]
        ordered = Leg(leg.irreps, (leg.multiplets[first], *rest))
        for steps, point in enumerate(found.flow.points[:_APPROACH]):
            if point.leg.places(ordered) is not None:
                return cls(tensor, ordered, steps)
        raise InputError(
            f"the flow of {tensor.model!r} does not keep a leg of {tensor.states} states: choose "
            "another number"
        )

    @property
    def model(self):
        """The spin model, whose Boltzmann tensors are the axis of the space."""
        return self.tensor.model

    @property
    def name(self) -> str:
        """Of the family, that of the tensors."""
        return self.tensor.name

    @property
    def options(self) -> dict[str, object]:
        """Those of the tensors."""
        return self.tensor.options

    def __repr__(self):
        return f"{self.tensor!r}.couplings"

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
        shape = (self.leg.dimension,) * CORNERS
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
    def gauge(self) -> SignGauge:
        """The signs of the leg's states, as they act on the couplings."""
        return SignGauge(self.gauge_signs)

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

    def tensor_at(self, couplings: np.ndarray) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        n = self.leg.dimension
        matrix = self.dense(couplings)[0].reshape(n * n, n * n)
        return block_tensor(self.leg, self.leg.inversions, matrix)

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
        chosen = canonical_copies(self.gauge_signs[:, None] * couplings)
        return self.gauge_signs[chosen] * couplings

    def rg_map(self, couplings: np.ndarray) -> np.ndarray:
        """Return R(J) of couplings ``(batch, coupling)``, in the canonical gauge, same shape."""
        return self.canonical(self.coordinates(self._mapped(couplings)[0]))

    def _mapped(self, couplings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return T' of any length and S, ``(batch, n, n, n, n)`` and ``(batch, n, n, n)``."""
        tensors = self.dense(couplings)
        n = self.leg.dimension
        matrices = tensors.reshape(len(tensors), n * n, n * n)
        matrices = 0.5 * (matrices + matrices.transpose(0, 2, 1))
        halves = self._halves(matrices, self.leg)
        return self._around(halves, self.leg.spread(self.leg.inversions)), halves

    def jacobian(self, couplings: np.ndarray) -> np.ndarray:
        """Return ∂R/∂J at one point, exact to first order, shape ``(coupling, coupling)``."""
        whole, halves = (part[0] for part in self._mapped(couplings))
        values = self.leg.inversions * np.sum(halves**2, axis=(1, 2))
        vectors = halves / np.sqrt(np.abs(values))[:, None, None]
        linear = LinearStep(
            self.tensor_at(couplings), Halves(self.leg, values, vectors), LEVIN_NAVE
        )
        still = np.zeros((self.leg.dimension,) * 2)
        moved = np.array([linear.apply(unit, still)[0] for unit in self.basis[1:]])
        entries = moved[(slice(None), *self._pivots)] / self._pivot_values
        image = whole / np.linalg.norm(whole)
        at = image[self._pivots] / self._pivot_values
        # Quotients by the first coefficient, in the canonical gauge.
        slopes = (entries[:, 1:] - entries[:, :1] * (at[1:] / at[0])) / at[0]
        signs = self.gauge_signs[canonical_copies(self.gauge_signs * (at[1:] / at[0]))]
        return (slopes * signs).T

    def axis(self, positions) -> np.ndarray:
        """Return the couplings to which teachers of bare coupling J0 lead, `approach` steps on."""
        positions = np.asarray(positions, dtype=float)
        bare = positions.reshape(-1, 1) * self.model.couplings.axis
        return self._starts(bare).reshape(*positions.shape, self.dimension)

    def start(self, couplings) -> np.ndarray:
        """Return the couplings to which a teacher of bare couplings ``(coupling,)`` leads."""
        bare = as_couplings(couplings, self.model.couplings.dimension, "teacher")
        return self._starts(bare)[0]

    def _starts(self, bare: np.ndarray) -> np.ndarray:
        if self.approach <= 1:
            start = self.tensor.boltzmann
            found = self._approached(start.matrices(bare)[0], start.leg, start.leg.inversions)
        else:
            found = np.concatenate([self._one_approached(row) for row in bare])
        return found

    def _one_approached(self, bare: np.ndarray) -> np.ndarray:
        tensor = self.tensor.boltzmann(bare)
        for _ in range(self.approach - 1):
            tensor = self.tensor.step(tensor).point
        m = tensor.leg.dimension
        return self._approached(tensor.dense.reshape(1, m * m, m * m), tensor.leg, tensor.weights)

    def _approached(self, matrices: np.ndarray, leg: Leg, weights: np.ndarray) -> np.ndarray:
        """Return the couplings to which matrices ``(batch, m², m²)`` on some leg lead."""
        if self.approach == 0:
            tensors = matrices.reshape(-1, *(leg.dimension,) * CORNERS)
            order = leg.places(self.leg)
            return self.coordinates(tensors[np.ix_(range(len(tensors)), *[order] * CORNERS)])
        halves = self._halves(matrices, leg)
        return self.canonical(self.coordinates(self._around(halves, leg.spread(weights))))

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
        flow = [self.axis(positions)]
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

    def step(self, point, near: Sequence = ()) -> Step:
        """Return R(J); the map is exact on its own couplings, so that it costs nothing."""
        whole = self._mapped(point)[0]
        norm = abs(whole[0][tuple(pivot[0] for pivot in self._pivots)] / self._pivot_values[0])
        found = self.canonical(self.coordinates(whole))[0]
        return Step(found, lambda: float(np.log(norm)), lambda: 0.0)

    def shed(self, teacher, student) -> float:
        """Return s of a step whose student, of the teacher's length, is given."""
        step = self.step(teacher)
        ours, theirs = np.append(1.0, step.point), np.append(1.0, student)
        # Of the gauge copies that which is closest; its length is that of the projection.
        copies = np.append(np.ones((len(self.gauge_signs), 1)), self.gauge_signs, axis=1) * ours
        overlap = np.abs(copies @ theirs).max()
        return step.log_scale + float(np.log(overlap / (theirs @ theirs)))

    def ring(self, point, columns: int = 1) -> TensorRing:
        """Return the transfer matrix of a ring of block tensors."""
        return self.tensor.ring(self.tensor_at(point), columns)

    def columns(self, point) -> int:
        """Return 2."""
        return 2

    def linearised(self, point) -> dict[str, Sector]:
        """Return ∂R/∂J; couplings are invariant under G."""
        return {self.leg.irreps[0].name: Sector(self.jacobian(point))}

    def improve(self, point, largest_step: float = 0.5) -> Improvement:
        """Make one Newton step on R(J) − J, cut to `largest_step` in any coupling."""
        residual = self.rg_map(point)[0] - point

        def better():
            slope = self.jacobian(point) - np.eye(self.dimension)
            return bounded_newton(point, residual, slope, largest_step)

        return Improvement(float(np.abs(residual).max()), better)

    def report(self, point) -> dict[str, object]:
        """Return the couplings and the leg."""
        return {"couplings": np.asarray(point).tolist(), "leg": str(self.leg)}

    def loss(self, teachers, students) -> tuple[np.ndarray, np.ndarray]:
        """Return −ln F of the exact map's tensors and the students', and its gradient."""
        return self.divergence(self.rg_map(teachers), students)

    def exact(self, teacher) -> Answer:
        """Return R(J), the optimum, which costs nothing, and ∂R/∂J."""
        return Answer(self.rg_map(teacher)[0], 0.0, self.jacobian(teacher))

    def box(self, config) -> tuple[np.ndarray, np.ndarray]:
        """Return the box of exact flows from the axis, each side wider by `spread` of it."""
        return self._box(config.low, config.high, config.walk_steps, config.spread)

    @lru_cache(maxsize=16)  # noqa: B019 - a space lives as long as its runs
    def _box(self, low: float, high: float, steps: int, spread: float):
        corners = self.reach(np.linspace(low, high, _AXIS_POINTS), steps)
        margin = spread * (corners[1] - corners[0])
        return corners[0] - margin, corners[1] + margin

    def price(self) -> TensorCost:
        """Return the measured cost of the exact map."""
        batch = np.tile(self.axis(0.5), (_TIMED, 1))
        begin = perf_counter()
        self.rg_map(batch)
        return TensorCost(self.dimension, (perf_counter() - begin) / _TIMED)
