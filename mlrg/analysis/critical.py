"""Critical coupling of an RG map: bisection on the phase that a coupling flows to.

The search runs along any ray of bare couplings, the axis J = (J0, 0, 0, …) unless told otherwise.
Close to the transition the flow lingers near the critical fixed point before it falls into a phase;
Z, Δ and c are read there, where moves are smallest.

Moves are those of couplings, where points are couplings, and of Z and the two lowest Δ elsewhere,
equal ones counted once, so that a reading does not change when more symmetry is declared. The
corrections of the lattice fall with every step. Where errors of students add up (`RGMap.drifts`)
the flow is read where moves grow for the first time: there the two are balanced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import attrgetter

import numpy as np

from mlrg.analysis import readings
from mlrg.analysis.bisection import bisect_phases
from mlrg.analysis.rays import Ray
from mlrg.analysis.readings import Read, Reading
from mlrg.analysis.trajectory import STEP_LIMIT, Trajectory, follow_to_phase, phases_at
from mlrg.errors import CouplingError, NoAnswerError
from mlrg.rgmap import Point, RGMap, require_map
from mlrg.threads import one_blas_thread

# Width of the bracket at which a search stops.
TOLERANCE = 1e-12
# Width of the bracket of a map that only shows where to look, and widths about its answer.
_ROUGH, _ABOUT = 1e-6, (1e-5, 1e-4, 1e-3)
# Nearer to a whole number than this, the degeneracy says that the flow has entered a phase.
_IN_PHASE = 1e-2
# Levels among which the two lowest different Δ are looked for, and what tells them apart.
_SEEN, _EQUAL = 32, 1e-6
# Steps in a row that Z has to be that of coexistence.
_HELD = 3
# Growth of later moves that tells a flow which leaves a fixed point from one that settles.
_DEPARTS = 3.0
# Largest move that counts as lingering, in units of `RGMap.settled`.
_STILL = 10.0


@dataclass(frozen=True, eq=False)
class Transition(Read):
    """A critical coupling and the flow that passes closest to the fixed point.

    What is read off the flow raises NoAnswerError if the flow lingers nowhere.

    Attributes
    ----------
    rgmap : RGMap
    ray : Ray
    bracket : tuple of float
        Positions on the ray that flow to different phases.
    phases : tuple of int or None
        Degeneracy of the phase below and above; None where the flow reaches none.
    flow : Trajectory
        From the lower end of the bracket.
    undecided : str or None
        Why the bracket was not halved any further, or why no phase is known at its upper end.
    """

    rgmap: RGMap
    ray: Ray
    bracket: tuple[float, float]
    phases: tuple[int, int | None]
    flow: Trajectory
    undecided: str | None = None

    @property
    def coupling(self) -> float:
        """Position of the transition on the ray, the middle of the bracket; J0 on the axis."""
        return 0.5 * sum(self.bracket)

    @property
    def error(self) -> float:
        """Half the width of the bracket: what the search leaves open, not the map's own error."""
        low, high = self.bracket
        return 0.5 * (high - low)

    @cached_property
    def _lowest(self) -> list[np.ndarray]:
        return []

    def _lowest_at(self, step: int) -> np.ndarray:
        """Return the two lowest Δ after a number of steps, each computed once."""
        while len(self._lowest) <= step:
            point = self.flow.points[len(self._lowest)]
            found = readings.scaling_dimensions(self.rgmap, point, _SEEN, self.columns)[1:]
            new = np.diff(found, prepend=0.0) > _EQUAL
            # A point of one state has none.
            self._lowest.append(np.array([*found[new], 0.0, 0.0][:2]))
        return self._lowest[step]

    def move(self, step: int) -> float:
        """Return how far the step after `step` steps moves; ∞ within a phase."""
        states = self.flow.degeneracies
        if abs(states[step] - round(states[step])) < _IN_PHASE:
            return np.inf
        if hasattr(self.rgmap, "gauge"):
            before, after = self.flow.points[step : step + 2]
            return float(np.abs(after - before).max())
        moved = self._lowest_at(step + 1) - self._lowest_at(step)
        return float(abs(states[step + 1] - states[step]) + np.abs(moved).sum())

    @property
    def columns(self) -> int:
        """Columns of the rings that Δ and c are read from, the same along the flow."""
        return self.flow.columns

    @cached_property
    def order(self) -> str | None:
        """``first``, ``continuous``, or None where the flow shows neither.

        At a transition of first order the critical flow comes to where both phases coexist: Z is
        the sum of theirs, and G leaves a state of each invariant.
        """
        held = 0
        for point, states in zip(self.flow.points, self.flow.degeneracies, strict=True):
            held = held + 1 if abs(states - self._together(states)) < self.rgmap.settled else 0
            if held >= _HELD and phases_at(self.rgmap, point) != 1:
                return "first"
        return "continuous" if self._lingers is not None else None

    def _together(self, states: float) -> int:
        """Return Z of both phases at once; where one is not known, a whole number above."""
        below, above = self.phases
        return below + above if above else max(below + 1, round(states))

    @cached_property
    def _lingers(self) -> int | None:
        slow = self._slow_steps()
        return next(slow, None) if self.rgmap.drifts else min(slow, key=self.move, default=None)

    @property
    def unread(self) -> str | None:
        """Why nothing is read off the critical flow; None where it lingers at a critical point.

        A flow that only slows down runs into a phase, and one that never slows down passes no
        fixed point.
        """
        if self.order == "first":
            return (
                f"the transition at {self.coupling:.6g} is of first order: its critical flow comes "
                "to where both phases coexist, and no scaling dimensions belong to it"
            )
        if self._lingers is not None:
            return None
        return (
            f"the critical flow from {self.coupling:.6g} passes no fixed point: choose another "
            "representation or student"
        )

    @property
    def steps(self) -> int:
        """RG steps to where the critical flow slows down most, or first, outside the phases.

        Raises
        ------
        NoAnswerError
            If the flow does not linger anywhere.
        """
        if self.unread:
            raise NoAnswerError(self.unread)
        return self._lingers

    def _slow_steps(self):
        """Yield the steps with smaller moves than the next, from which the flow departs."""
        count = len(self.flow.steps)
        # The bare couplings have taken no step.
        for step in range(1, count - 1):
            here = self.move(step)
            if here < _STILL * self.rgmap.settled and here <= self.move(step + 1):
                later = (self.move(k) for k in range(step + 1, count))
                if any(_DEPARTS * here < move < np.inf for move in later):
                    yield step

    @property
    def slowest(self) -> list[int]:
        """Numbers of steps, those with the smallest moves first; none within a phase."""
        moves = [self.move(step) for step in range(len(self.flow.steps))]
        return [int(step) for step in np.argsort(moves, kind="stable") if moves[step] < np.inf]

    @cached_property
    def reading(self) -> Reading:
        """What is read where the critical flow lingers."""
        return self.flow.reading(self.steps, self.columns)

    @property
    def point(self) -> Point:
        """The point where the critical flow lingers."""
        return self.reading.point

    @property
    def cost(self) -> float:
        """What the student there misses, in the map's unit."""
        return self.flow.steps[self.steps].cost


def critical(
    rgmap: RGMap,
    low: float | None = None,
    high: float | None = None,
    along: Ray | Sequence[float] | None = None,
    tolerance: float = TOLERANCE,
    limit: int = STEP_LIMIT,
) -> Transition:
    """Return the transition of a map on a ray of bare couplings.

    A position whose flow reaches no phase counts as beyond the phase of the lower end.

    Parameters
    ----------
    rgmap : RGMap
    low, high : float, optional
        Positions on the ray that flow to different phases. Low is 0 unless given; without `high`
        the first change of phase above low is looked for.
    along : Ray or sequence of float, optional
        The ray, or its direction with one number a coupling; the axis of J0 by default.
    tolerance : float
        Width of the bracket at which to stop.
    limit : int
        RG steps after which a flow counts as reaching no phase.

    Raises
    ------
    NoAnswerError
        If there is no transition in the range, or both ends reach no phase.
    InputError
        If low does not lie below high, or the ray does not fit the model.
    BudgetError
        If spins or legs have too many states.
    """
    require_map(rgmap)
    ray = ray_of(rgmap, along)

    @lru_cache(maxsize=4)
    def alone(position):
        return follow_to_phase(rgmap, rgmap.start(ray.at(position)), limit=limit)

    def phase_at(position, near):
        if not rgmap.seeks_near:
            return alone(position)
        # Of positions close to each other the first students are close, too.
        students = [flow.steps[0].point for flow in near if flow.steps]
        if len(students) < 2:
            return alone(position)
        return follow_to_phase(rgmap, rgmap.start(ray.at(position)), students, limit)

    def phase_of(position):
        try:
            return alone(position).phase
        except NoAnswerError:
            return None

    def reached(ends, phases):
        return all(phase_of(end) == phase for end, phase in zip(ends, phases, strict=True))

    signal = attrgetter("degeneracies")
    with one_blas_thread(rgmap.small):
        if rgmap.coarser is not None:
            for ends, phases in _ranges_about(rgmap.coarser, low, high, ray, limit):
                if reached(ends, phases):
                    low, high = ends
                    break
        found = bisect_phases(phase_at, low, high, tolerance, signal)
        # Where several students are all but equal, neighbours may lead to another than a search
        # from nothing would find: then every position is asked by itself.
        if rgmap.seeks_near and not reached(found.ends, found.phases):
            found = bisect_phases(lambda position, _: alone(position), low, high, tolerance, signal)
    return Transition(rgmap, ray, found.ends, found.phases, found.flow, found.undecided)


def _ranges_about(coarser: RGMap, low: float | None, high: float | None, ray: Ray, limit: int):
    """Yield ranges about the transition of a map that costs less, narrow first, and its phases.

    None of them leaves the caller's range; without a transition there are none.
    """
    try:
        rough = critical(coarser, low, high, ray, _ROUGH, limit)
    except NoAnswerError:
        return
    if None in rough.phases:
        return
    for width in _ABOUT:
        ends = rough.coupling - width, rough.coupling + width
        if ends[0] < (low or 0.0) or (high is not None and ends[1] > high):
            return
        yield ends, rough.phases


def ray_of(rgmap: RGMap, along: Ray | Sequence[float] | None) -> Ray:
    """Return the ray that is meant, the axis by default.

    Raises
    ------
    CouplingError
        If it has another number of couplings than the model.
    """
    if along is None:
        return Ray.axis(rgmap)
    ray = along if isinstance(along, Ray) else Ray(tuple(along))
    dimension = len(rgmap.model.couplings.axis)
    if len(ray.direction) != dimension:
        raise CouplingError(
            f"a ray of {len(ray.direction)} numbers was given: this model needs {dimension}, one a "
            "coupling"
        )
    return ray
