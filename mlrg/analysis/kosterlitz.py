"""Critical phases with c = 1 on a ray, and their ends of the Kosterlitz-Thouless kind.

What `level_spectroscopy` says to vanish at an end is read at every step. Corrections of the lattice
fall with steps, errors of students grow: the first are judged by what changes from step to step,
the second by a map of two thirds of the states, and the answer is taken where both together are
least.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlrg.analysis.level_spectroscopy import differences, has_halves, levels_of
from mlrg.analysis.rays import Ray
from mlrg.analysis.sizes import FEWER_STATES
from mlrg.analysis.trajectory import Trajectory, follow, follow_to_phase
from mlrg.analysis.transition import ReadOnFlow
from mlrg.display import Result
from mlrg.errors import NoAnswerError
from mlrg.rgmap import RGMap
from mlrg.symmetry.circle import Circle, circle_of
from mlrg.threads import one_blas_thread

# Turns of a finite group from which on a critical phase can lie between order and disorder.
LEAST_TURNS = 5
# RG steps that levels are read over, and after which signs are judged by.
STEPS, _JUDGED = 10, 6
# Further ones, so that ln Z of what is left does not matter.
_CLOSING = 25
# First step that an end is read after: the lattice is seen before.
_FIRST = 3
# Stride and reach of the search along a ray; share of the stride at which a root is near.
_STRIDE, _REACH, _NEAR = 0.25, 8.0, 0.04
# Δ at a crossing, and how far from it says that the point is another; the same of c.
_CROSSING, _OTHER = 0.5, 0.15
_CENTRAL, _ELSEWHERE = 1.0, 0.1


class End(NamedTuple):
    """One end of a critical phase.

    Attributes
    ----------
    coupling, error : float
        Position on the ray, and the sum of three errors: how much it changes from one step to the
        next around `step`; what more states may change of it, if errors fall with their number
        squared; for odd p the logarithm of the separatrix.
    step : int
        RG steps after which it is read.
    """

    coupling: float
    error: float
    step: int


@dataclass(frozen=True, eq=False, repr=False)
class CriticalPhase(ReadOnFlow, Result):
    """A line of fixed points with c = 1, between its ends on a ray.

    It offers what a `Transition` does; readings are those at the first end.

    Attributes
    ----------
    rgmap : RGMap
    ray : Ray
    ends : tuple of End or None
        Towards disorder and towards order; None where there is none in the range.
    phases : tuple of int or None
        Number of states of the phases below and above; None where the range ends within.
    flow : Trajectory
        From the first end.
    """

    rgmap: RGMap
    ray: Ray
    ends: tuple[End | None, End | None]
    phases: tuple[int | None, int | None]
    flow: Trajectory

    order = "critical phase"
    undecided = None
    unread = None

    more = ("degeneracy", "scaling_dimensions", "central_charge", "levels", "flow")

    @property
    def title(self) -> str:
        """Whose critical phase it is."""
        return f"Critical phase of {self.rgmap!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Where its ends are."""
        sides = ("towards disorder", "towards order")
        return [
            (side, "outside the range" if end is None else f"{end.coupling:.6g} ± {end.error:.1e}")
            for side, end in zip(sides, self.ends, strict=True)
        ]

    @property
    def _first(self) -> End:
        return next(end for end in self.ends if end is not None)

    @property
    def coupling(self) -> float:
        """Position of the first end on the ray."""
        return self._first.coupling

    @property
    def error(self) -> float:
        """That of the first end."""
        return self._first.error

    @property
    def bracket(self) -> tuple[float, float]:
        """Positions between which the first end lies."""
        return self.coupling - self.error, self.coupling + self.error

    @property
    def steps(self) -> int:
        """RG steps after which the first end is read."""
        return self._first.step


class _Search:
    """Differences of levels along a ray, each position asked once."""

    def __init__(self, rgmap: RGMap, ray: Ray, circle: Circle):
        self.rgmap, self.ray, self.circle = rgmap, ray, circle
        self._short: dict[float, np.ndarray] = {}
        self._long: dict[float, np.ndarray] = {}

    def _read(self, position: float, steps: int) -> np.ndarray:
        # Points are let go of one by one: their tensors are large.
        point = self.rgmap.start(self.ray.at(position))
        rows = [levels_of(self.rgmap, self.circle, point)]
        for _ in range(steps):
            point = self.rgmap.step(point).point
            rows.append(levels_of(self.rgmap, self.circle, point))
        return np.array(rows)

    def levels(self, position: float) -> np.ndarray:
        """Return the levels of every step, shape ``(step, level)``."""
        if position not in self._long:
            self._long[position] = self._read(position, STEPS)
        return self._long[position]

    def sign(self, position: float, end: int) -> float:
        """Return the difference at one end after the steps that signs are judged by."""
        known = self._long.get(position, self._short.get(position))
        if known is None:
            known = self._short[position] = self._read(position, _JUDGED + 1)
        return float(differences(known, self.circle.order)[end, _JUDGED])

    def crossing(self, end: int, low: float, high: float) -> tuple[float, float]:
        """Return a narrow range in which the difference of an end changes sign.

        By bisection with the position that a straight line predicts.
        """
        below, above = self.sign(low, end), self.sign(high, end)
        while high - low > _NEAR * _STRIDE:
            share = np.clip(below / (below - above), 0.1, 0.9)
            middle = low + float(share) * (high - low)
            here = self.sign(middle, end)
            if (here > 0) == (below > 0):
                low, below = middle, here
            else:
                high, above = middle, here
        return low, high

    def end(self, end: int, low: float, high: float) -> End | None:
        """Return an end within a narrow range; None if levels there are those of another point."""
        middle, width = 0.5 * (low + high), max(high - low, 2 * _NEAR * _STRIDE)
        positions = np.array([middle - width, middle, middle + width])
        levels = np.array([self.levels(position) for position in positions])
        roots = self._roots(end, positions, levels, True)
        if has_halves(self.circle.order):
            place = 1 if end == 0 else 2
            for step, root in tuple(roots.items()):
                if abs(np.interp(root, positions, levels[:, step, place]) - _CROSSING) > _OTHER:
                    del roots[step]
        errors = {
            step: max(abs(roots[step - 1] - root), abs(roots[step + 1] - root))
            for step, root in roots.items()
            if step - 1 in roots and step + 1 in roots
        }
        others = [] if has_halves(self.circle.order) else [(levels, False, 1.0)]
        if self.rgmap.smaller is not None:
            smaller = _Search(self.rgmap.smaller, self.ray, self.circle)
            fewer = np.array([smaller.levels(position) for position in positions])
            others.append((fewer, True, FEWER_STATES))
        for changed, second_loop, share in others:
            found = self._roots(end, positions, changed, second_loop)
            apart = {
                step: share * abs(found[step] - roots[step]) for step in roots if step in found
            }
            # They may agree by chance at one step, not at all before it.
            errors = {
                step: error + max(apart[other] for other in apart if other <= step)
                for step, error in errors.items()
                if step in apart
            }
        if not errors:
            return None
        best = min(errors, key=lambda step: errors[step])
        return End(roots[best], errors[best], best)

    def _roots(
        self, end: int, positions: np.ndarray, levels: np.ndarray, second_loop: bool
    ) -> dict[int, float]:
        """Return by step where a difference vanishes, from levels ``(position, step, level)``."""
        order = self.circle.order
        rows = np.array([differences(each, order, second_loop)[end] for each in levels])
        steps = [s for s in range(_FIRST, STEPS + 1) if np.isfinite(rows[:, s]).all()]
        roots = {step: _root(positions, rows[:, step]) for step in steps}
        return {step: root for step, root in roots.items() if np.isfinite(root)}


def _root(positions: np.ndarray, values: np.ndarray) -> float:
    """Return where a parabola through three values vanishes, next to the middle; NaN far off."""
    middle, width = positions[1], positions[1] - positions[0]
    curve = np.polyfit(positions - middle, values, 2)
    roots = [root.real for root in np.roots(curve) if abs(root.imag) < 1e-9]
    nearest = min(roots, key=abs, default=np.inf)
    return float(middle + nearest) if abs(nearest) < 8 * width else np.nan


def critical_phase(
    rgmap: RGMap, ray: Ray, low: float | None = None, high: float | None = None
) -> CriticalPhase | None:
    """Return the critical phase of turning spins on a ray, None where there is none.

    Parameters
    ----------
    rgmap : RGMap
        Of a model whose group has turns, `RGMap.twists` among what it can.
    ray : Ray
    low, high : float, optional
        Range of positions; from 0 upwards unless given.

    Raises
    ------
    NoAnswerError
        If a flow cannot go on, or the end of a circle's critical phase is not resolved.
    """
    circle = circle_of(rgmap.model.internal) if rgmap.twists else None
    if circle is None or (circle.order is not None and circle.order < LEAST_TURNS):
        return None
    search = _Search(rgmap, ray, circle)
    low = 0.0 if low is None else low
    with one_blas_thread(rgmap.small):
        ends = _ends(search, low + 1e-3 if low == 0.0 else low, high)
        if ends is None:
            return None
        end = next(end for end in ends if end is not None)
        flow = follow(rgmap, rgmap.start(ray.at(end.coupling)), STEPS + _CLOSING)
        phases = (
            _phase(search, ends[0] and ends[0].coupling - 4 * _STRIDE),
            _phase(search, ends[1] and ends[1].coupling + 4 * _STRIDE),
        )
        found = CriticalPhase(rgmap, ray, ends, phases, flow)
        # A circle has nothing else there, a finite group may.
        if circle.order is None or abs(found.central_charge - _CENTRAL) < _ELSEWHERE:
            return found
    return None


def _ends(search: _Search, low: float, high: float | None) -> tuple[End | None, End | None] | None:
    """Return the ends of a critical phase in a range, None where it holds none of it.

    An end is None where the phase goes on to the end of the range.
    """
    limit = low + _REACH if high is None else high
    circle, first, second = search.circle, None, None
    if search.sign(low, 0) > 0:
        place = _change(search, 0, low, limit)
        if place is None:
            return None
        first = search.end(0, *place)
        if first is None and circle.order is None:
            raise NoAnswerError(
                f"levels change places near {place[0]:.4g}, where a critical phase may begin, but "
                "these legs do not resolve its end: keep more states"
            )
        if first is None:
            return None
        low = first.coupling
    if circle.order is not None:
        if search.sign(low, 1) > 0:
            return None
        place = _change(search, 1, low, limit)
        if place is not None:
            second = search.end(1, *place)
        if second is None and (place is not None or high is None):
            return None
    if first is None or second is None:
        return None if first is second else (first, second)
    # Between order and disorder without room for a phase there is one transition.
    room = second.coupling - first.coupling > first.error + second.error
    return (first, second) if room else None


def _change(search: _Search, end: int, low: float, limit: float) -> tuple[float, float] | None:
    """Return a narrow range in which a difference first changes sign, None if it does not."""
    begin, position = search.sign(low, end) > 0, low
    while position < limit:
        further = min(position + _STRIDE, limit)
        if (search.sign(further, end) > 0) != begin:
            return search.crossing(end, position, further)
        position = further
    return None


def _phase(search: _Search, position: float | None) -> int | None:
    if position is None:
        return None
    try:
        rgmap = search.rgmap
        point = rgmap.start(search.ray.at(max(position, 0.0)))
        return follow_to_phase(rgmap, point, limit=4 * STEPS).phase
    except NoAnswerError:
        return None
