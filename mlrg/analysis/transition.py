"""A transition: where two phases meet on a ray, and what is read where its critical flow lingers.

Close to the transition the flow lingers near the critical fixed point before it falls into a phase;
Z, Δ and c are read there, where moves are smallest.

Moves are those of couplings, where points are couplings, and of Z and the two lowest Δ elsewhere,
equal ones counted once, so that a reading does not change when more symmetry is declared. The
corrections of the lattice fall with every step. Where errors of students add up (`RGMap.drifts`)
the flow is read where moves grow for the first time: there the two are balanced.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlrg.analysis import readings
from mlrg.analysis.rays import Ray
from mlrg.analysis.readings import Read, Reading
from mlrg.analysis.trajectory import ORDERED, Trajectory, phases_at
from mlrg.display import Result, numbers
from mlrg.errors import NoAnswerError
from mlrg.rgmap import Point, RGMap

# Nearer to a whole number than this, the degeneracy says that the flow has entered a phase.
_IN_PHASE = 1e-2
# Levels among which the two lowest different Δ are looked for, and what tells them apart.
_SEEN, _EQUAL = 32, 1e-6
# Steps in a row that Z has to be that of coexistence, and the share by which the Z of many states
# may miss it: other levels, which come in multiplets as large, add to it.
_HELD, _SHARE = 3, 2e-3
# Growth of later moves that tells a flow which leaves a fixed point from one that settles.
_DEPARTS = 3.0
# Largest move that counts as lingering, in units of `RGMap.settled`.
_STILL = 10.0


class ReadOnFlow(Read):
    """What is read off a `flow` after so many `steps`."""

    flow: Trajectory
    steps: Any

    @property
    def columns(self) -> int:
        """Columns of the rings that Δ and c are read from, the same along the flow."""
        return self.flow.columns

    @cached_property
    def reading(self) -> Reading:
        """What is read there."""
        return self.flow.reading(self.steps, self.columns)

    @property
    def point(self) -> Point:
        """The point there."""
        return self.reading.point

    @property
    def cost(self) -> float:
        """What the student there misses, in the map's unit."""
        return self.flow.steps[self.steps].cost


@dataclass(frozen=True, eq=False, repr=False)
class Transition(ReadOnFlow, Result):
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

    more = (
        "order",
        "degeneracy",
        "scaling_dimensions",
        "central_charge",
        "levels",
        "steps",
        "flow",
    )

    @property
    def title(self) -> str:
        """Whose transition it is."""
        return f"Transition of {self.rgmap!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Where it is and what lies on its sides."""
        below, above = self.phases
        beyond = "no phase reached" if above is None else f"Z = {above}"
        return [
            ("coupling", f"{self.coupling:.9g} ± {self.error:.1e}"),
            ("ray", f"{numbers(self.ray.direction)} from {numbers(self.ray.origin)}"),
            ("phases", f"Z = {below} below, {beyond} above"),
            *([("undecided", self.undecided)] if self.undecided else []),
        ]

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
    def _seen(self) -> dict[int, np.ndarray]:
        return {}

    def _seen_at(self, step: int) -> np.ndarray:
        """Return the lowest Δ after a number of steps, each point read once."""
        if step not in self._seen:
            point = self.flow.points[step]
            found = readings.scaling_dimensions(self.rgmap, point, _SEEN, self.columns)
            self._seen[step] = found
        return self._seen[step]

    def _lowest_at(self, step: int) -> np.ndarray:
        """Return the two lowest different Δ after a number of steps."""
        found = self._seen_at(step)[1:]
        new = np.diff(found, prepend=0.0) > _EQUAL
        # A point of one state has none.
        return np.array([*found[new], 0.0, 0.0][:2])

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

    @cached_property
    def order(self) -> str | None:
        """``first``, ``continuous`` as far as the flow has seen, or None where it shows neither.

        At a transition of first order the critical flow comes to where both phases coexist: Z is
        the sum of theirs, and G leaves a state of each invariant. Legs of too few states do not
        hold them all: where a flow lingers among more states that are all but degenerate than
        either phase has, its order is not known.
        """
        held = 0
        for point, states in zip(self.flow.points, self.flow.degeneracies, strict=True):
            together = self._together(states)
            near = max(self.rgmap.settled, _SHARE * together)
            held = held + 1 if abs(states - together) < near else 0
            if held >= _HELD and phases_at(self.rgmap, point) != 1:
                return "first"
        lingers = self._lingers
        return "continuous" if lingers is not None and self._is_critical(lingers) else None

    def _is_critical(self, step: int) -> bool:
        """Whether no more states are all but degenerate there than either phase has."""
        fewest = min(states for states in self.phases if states is not None)
        return int((self._seen_at(step) < ORDERED).sum()) <= fewest

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
        lingers = self._lingers
        if self.unread or lingers is None:
            raise NoAnswerError(self.unread)
        return lingers

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
