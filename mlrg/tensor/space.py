"""The couplings of block tensors whose legs carry one representation, as an RG map.

The invariant tensors of a leg are the coordinates (`mlrg.tensor.leg_tensors`). With k = 0 bond
weights are signs and belong to the leg: one RG step is a map R(J) of couplings alone, and the leg's
multiplets stay what they are, whatever their order. Two states of Z2 have three couplings where
single tensors are split, and four where rings are matched, which keep the symmetry of a rectangle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from time import perf_counter

import numpy as np

from mlrg.analysis.critical import critical
from mlrg.errors import InputError
from mlrg.geometry import CORNERS
from mlrg.rbm.block import as_couplings
from mlrg.rgmap import Answer, Improvement, RGMap, Sector, Step, Trainable, bounded_newton
from mlrg.symmetry.gauge import SignGauge
from mlrg.tensor.leg_tensors import LegTensors
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.tensor_ring import TensorRing

# Steps from the teacher within which its tensor has to have the leg of the space.
_APPROACH = 8
# Points on each side of an axis and of a plane whose exact flows a box is drawn around, of single
# tensors and of rings, whose steps take a hundred times as long.
_GRID_POINTS = {False: (65, 17), True: (13, 7)}
# Sets of couplings whose map is timed.
_TIMED = 32
# Shortest side of a box of flows, in units of the longest.
_SHORTEST = 0.1
# Step of differences where the map has no first order of its own: far above what searches leave.
_DIFFERENCE = 1e-4


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
        The representation; its first multiplet is invariant.
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
            If bond weights are no signs, a multiplet has phases for a gauge, or the flow does not
            keep its leg.
        NoAnswerError
            If the model has no transition.
        """
        if tensor.split.power != 0.0:
            raise InputError(
                f"tensors with {tensor.split} have bond weights beside their couplings: moderators "
                "are trained over tensors of power k = 0"
            )
        found = critical(tensor, tolerance=1e-6)
        leg = found.point.leg
        for multiplet in leg.multiplets:
            irrep = leg.irreps[multiplet.irrep]
            if irrep.commutant > 1:
                raise InputError(
                    f"a leg {leg} carries {irrep.name}, whose multiplets have phases for a gauge "
                    "and not only signs: declare a group whose irreps are of real type, such as "
                    "S3 in the place of Z3"
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

    @property
    def finer(self) -> RGMap:
        """The student with twice as many states, from which one tells what these miss."""
        return replace(self.tensor, states=2 * self.tensor.states)

    @cached_property
    def tensors(self) -> LegTensors:
        """The invariant tensors of the leg, whose components the couplings are."""
        return LegTensors(self.leg, self.tensor.split.rectangle)

    @property
    def dimension(self) -> int:
        """Number of couplings."""
        return self.tensors.dimension

    @property
    def gauge(self) -> SignGauge:
        """The signs of the leg's multiplets, as they act on the couplings."""
        return self.tensors.gauge

    def tensor_at(self, couplings: np.ndarray):
        """Return the block tensor of one set of couplings ``(coupling,)``, a point of `tensor`."""
        return self.tensor.split.point(self.leg, self.tensors.dense(couplings)[0])

    def rg_map(self, couplings: np.ndarray) -> np.ndarray:
        """Return R(J) of couplings ``(batch, coupling)``, in the canonical gauge, same shape."""
        return self.tensors.canonical(self.tensors.coordinates(self._mapped(couplings)))

    def _mapped(self, couplings: np.ndarray) -> np.ndarray:
        """Return T' with what a step sheds, ``(batch, n, n, n, n)``."""
        mirrors = np.ones(self.leg.dimension) if self.tensor.split.rectangle else self.leg.mirrors
        return self._onto(self.tensors.dense(couplings), self.leg, mirrors)

    def _onto(self, tensors: np.ndarray, leg: Leg, mirrors: np.ndarray) -> np.ndarray:
        return self.tensor.split.onto(tensors, leg, mirrors, self.leg)

    def jacobian(self, couplings: np.ndarray) -> np.ndarray:
        """Return ∂R/∂J at one point, shape ``(coupling, coupling)``.

        Exact to first order for single tensors, differences for rings (to about 1e-5).
        """
        dense = self.tensors.dense(couplings)[0]
        moved = self.tensor.split.slopes(dense, self.leg, self.tensors.basis[1:])
        if moved is None:
            return self._differences(np.asarray(couplings, dtype=float).reshape(-1))
        entries = self.tensors.components(moved)
        whole = self._mapped(couplings)
        at = self.tensors.components(whole)[0] / np.linalg.norm(whole)
        # Quotients by the first coefficient, in the canonical gauge.
        slopes = (entries[:, 1:] - entries[:, :1] * (at[1:] / at[0])) / at[0]
        return (slopes * self._turned((at[1:] / at[0])[None])).T

    def _turned(self, couplings: np.ndarray) -> np.ndarray:
        """Return the signs that take couplings ``(1, coupling)`` to the canonical gauge."""
        return np.where(self.tensors.canonical(couplings)[0] * couplings[0] < 0, -1.0, 1.0)

    def _differences(self, couplings: np.ndarray) -> np.ndarray:
        steps = _DIFFERENCE * np.eye(self.dimension)
        rows = np.concatenate([couplings[None], couplings + steps, couplings - steps])
        images = self.tensors.coordinates(self._mapped(rows))
        centre = self.tensors.canonical(images[:1])
        # In the gauge of the centre, not each in its own.
        nearest = self.tensors.closest(images, np.repeat(centre, len(images), axis=0))[0]
        nearest = nearest[:, 1:] / nearest[:, :1]
        above, below = nearest[1 : 1 + self.dimension], nearest[1 + self.dimension :]
        return (above - below).T / (2 * _DIFFERENCE)

    def start(self, couplings) -> np.ndarray:
        """Return the couplings to which a teacher of bare couplings ``(coupling,)`` leads."""
        return self.starts(couplings)[0]

    def starts(self, bare) -> np.ndarray:
        """Return the couplings that bare ones ``(point, bare coupling)`` lead to, `approach` on."""
        bare = as_couplings(bare, self.model.couplings.dimension, "teacher")
        boltzmann = self.tensor.boltzmann
        if self.approach <= 1:
            leg = boltzmann.leg
            dense = boltzmann.matrices(bare)[0].reshape(-1, *(leg.dimension,) * CORNERS)
            return self._approached(dense, leg, leg.mirrors)
        found = []
        for row in bare:
            point = self.tensor.start(row)
            for _ in range(self.approach - 1):
                point = self.tensor.step(point).point
            mirrors = point.mirrors if self.tensor.split.rectangle else point.leg.mirrors
            found.append(self._approached(point.dense[None], point.leg, mirrors))
        return np.concatenate(found)

    def _approached(self, tensors: np.ndarray, leg: Leg, mirrors: np.ndarray) -> np.ndarray:
        """Return the couplings to which tensors ``(batch, m, m, m, m)`` on some leg lead."""
        if self.approach == 0:
            order = leg.places(self.leg)
            states = np.concatenate(
                [np.arange(leg.offsets[k], leg.offsets[k] + leg.sizes[k]) for k in order]
            )
            return self.tensors.coordinates(
                tensors[np.ix_(range(len(tensors)), *[states] * CORNERS)]
            )
        moved = self._onto(tensors, self._plain(leg), mirrors)
        return self.tensors.canonical(self.tensors.coordinates(moved))

    def _plain(self, leg: Leg) -> Leg:
        """Return a leg as points of `tensor` have it: rings keep mirror signs apart."""
        if not self.tensor.split.rectangle:
            return leg
        return Leg(leg.irreps, tuple(Multiplet(m.irrep, 1, m.inversion) for m in leg.multiplets))

    def reach(self, bare: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the box of exact flows and of their gauge copies.

        Parameters
        ----------
        bare : array
            Couplings where they start, shape ``(point, bare coupling)``.
        steps : int
            RG steps.

        Returns
        -------
        tuple of arrays
            Shape ``(coupling,)`` each; no side is shorter than a tenth of the longest.
        """
        flow = [self.starts(bare)]
        for _ in range(steps):
            flow.append(self.rg_map(flow[-1]))
        found = np.concatenate(flow)
        copies = np.concatenate([signs * found for signs in self.tensors.signs])
        low, high = copies.min(axis=0), copies.max(axis=0)
        missing = np.maximum(_SHORTEST * (high - low).max() - (high - low), 0.0)
        return low - 0.5 * missing, high + 0.5 * missing

    def step(self, point, near: Sequence = ()) -> Step:
        """Return R(J); the map is exact on its own couplings, so that it costs nothing."""
        whole = self._mapped(point)
        norm = abs(self.tensors.components(whole)[0, 0])
        found = self.tensors.canonical(self.tensors.coordinates(whole))[0]
        return Step(found, lambda: float(np.log(norm)), lambda: 0.0)

    def shed(self, teacher, student) -> float:
        """Return s of a step whose student, of the teacher's length, is given."""
        step = self.step(teacher)
        # Of the gauge copies that which is closest; its length is that of the projection.
        overlap = abs(float(self.tensors.closest(step.point[None], np.atleast_2d(student))[1][0]))
        return step.log_scale + float(np.log(overlap / (1.0 + student @ student)))

    def ring(self, point, columns: int) -> TensorRing:
        """Return the transfer matrix of a ring of block tensors."""
        return self.tensor.ring(self.tensor_at(point), columns)

    @property
    def smallest_ring(self) -> int:
        """Columns of the smallest ring."""
        return self.tensor.smallest_ring

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
        return self.tensors.divergence(self.rg_map(teachers), students)

    def exact(self, teacher) -> Answer:
        """Return R(J), the optimum, which costs nothing, and ∂R/∂J."""
        return Answer(self.rg_map(teacher)[0], 0.0, self.jacobian(teacher))

    def box(self, config) -> tuple[np.ndarray, np.ndarray]:
        """Return the box of exact flows from where training starts, wider by `spread` of it."""
        return self._box(config)

    @lru_cache(maxsize=16)  # noqa: B019 - a space lives as long as its runs
    def _box(self, config):
        region = config.region(self.model.couplings.axis)
        points = _GRID_POINTS[self.tensor.split.rectangle][region.sides - 1]
        corners = self.reach(region.grid(points), config.walk_steps)
        margin = config.spread * (corners[1] - corners[0])
        return corners[0] - margin, corners[1] + margin

    def price(self) -> TensorCost:
        """Return the measured cost of the exact map."""
        batch = np.tile(self.axis(0.5), (_TIMED, 1))
        begin = perf_counter()
        self.rg_map(batch)
        return TensorCost(self.dimension, (perf_counter() - begin) / _TIMED)
