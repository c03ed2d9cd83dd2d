"""Where a phase ends on a line: a ladder that finds a change of phase, and bisection inside it.

What a position flows to is asked of a function, that of one map on one ray for instance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from mlrg.analysis.trajectory import Trajectory
from mlrg.errors import InputError, NoAnswerError

# A bracket this narrow is an answer even if a flow from inside it reaches no phase.
_NARROW = 1e-3
# Where such a bracket is asked: a flow from its middle may meet the fixed point and stay there.
_SHARES = (0.5, 0.375)
# Flows part where their signals differ by more; a prediction is given so many times its error on
# either side, and asked only if the bracket becomes narrower than this share.
_LINEAR, _MARGIN, _WORTH = 0.1, 4.0, 0.25
# First position of the ladder that looks for a change of phase, ratio of its steps, and its end.
_FIRST, _RATIO, _LAST = 0.2, 1.5, 12.0

# From a position, and flows from positions close by if there are any, to the flow from it to a
# phase. Raises NoAnswerError if it reaches none.
PhaseAt = Callable[[float, Sequence[Trajectory]], Trajectory]
# From a flow to a number at every point of it, which comes to rest at a fixed point.
Signal = Callable[[Trajectory], np.ndarray]


@dataclass(frozen=True)
class Bracket:
    """Two positions that flow to different phases.

    Attributes
    ----------
    ends : tuple of float
    phases : tuple of int or None
        Degeneracy of the phase below and above; None where the flow reaches none.
    flow : Trajectory
        The flow from the lower end.
    undecided : str or None
        Why the bracket was not halved any further, or why no phase is known at its upper end.
    """

    ends: tuple[float, float]
    phases: tuple[int, int | None]
    flow: Trajectory
    undecided: str | None


def first_change(phase_at: PhaseAt, low: float = 0.0) -> tuple[float, float]:
    """Return two positions on a line between which the phase first changes.

    A ladder of distances 0.2·1.5ᵏ from `low` is climbed; a rung from which the flow reaches no
    phase is passed over. A phase that fits between two rungs is missed.

    Raises
    ------
    NoAnswerError
        If the phase does not change up to a distance of 12.
    """
    below = phase_at(low, []).phase
    distance, before = _FIRST, low
    while distance < _LAST:
        here = low + distance
        try:
            phase = phase_at(here, []).phase
        except NoAnswerError:
            phase = None
        if phase == below:
            before = here
        elif phase is not None:
            return before, here
        distance *= _RATIO
    raise NoAnswerError(
        f"every coupling from {low:g} to {here:.3g} that reaches a phase flows to one of "
        f"degeneracy {below}: there is no transition among them; search another range, from low "
        "to high, or along another ray"
    )


class _Search:
    """A bracket that is made narrower, and how it was found."""

    def __init__(self, phase_at: PhaseAt, low: float, high: float):
        self._phase_at = phase_at
        self.low, self.high = low, high
        self.flow, self.beyond = phase_at(low, []), phase_at(high, [])
        # A flow that was followed to a phase has one.
        self.below, self.above = cast(int, self.flow.phase), self.beyond.phase
        self._undecided: str | None = None
        self._decided = True

    @property
    def width(self) -> float:
        """Distance of the ends."""
        return self.high - self.low

    @property
    def bracket(self) -> Bracket:
        """The bracket as it stands."""
        why = None if self.above and self._decided else self._undecided
        return Bracket((self.low, self.high), (self.below, self.above), self.flow, why)

    def ask(self, position: float) -> bool:
        """Follow the flow from a position inside; return whether it reaches a phase."""
        try:
            found = self._phase_at(position, [self.flow, self.beyond])
        except NoAnswerError as error:
            self._undecided, self._decided = str(error), False
            return False
        self._decided = True
        if found.phase == self.below:
            self.low, self.flow = position, found
        else:
            self.high, self.above, self.beyond = position, found.phase, found
            self._undecided = None
        return True

    def halve(self) -> bool:
        """Halve the bracket; return False where it is narrow and its middle reaches no phase."""
        narrow = self.width <= _NARROW
        for share in _SHARES if narrow else _SHARES[:1]:
            middle = self.low + share * self.width
            if self.ask(middle):
                return True
        if narrow:
            return False
        self.high, self.above = middle, None
        return True

    def narrow_by(self, signal: Signal, tolerance: float) -> None:
        """Ask on both sides of where two flows say that the transition is."""
        if self.above is None:
            return
        share, error = _predicted(signal(self.flow), signal(self.beyond))
        middle = self.low + share * self.width
        # Not narrower than it need be: the other side is asked, too.
        margin = max(_MARGIN * error * self.width, 0.1 * tolerance)
        if not margin < _WORTH * self.width:
            return
        for position in (middle - margin, middle + margin):
            if self.low < position < self.high:
                self.ask(position)


def _predicted(below: np.ndarray, above: np.ndarray) -> tuple[float, float]:
    """Return where between two flows the critical one is, as a share, and what that leaves open.

    A reading z of flows close to a fixed point is z*_l + (J − J_c) a λ^l. At the transition it no
    longer moves, so that the share is where z_{l+1} − z_l vanishes. Of all l up to where the flows
    part the one is taken at which it changes least. An error of ∞ says that none serves.
    """
    count = min(len(below), len(above))
    below, apart = below[:count], above[:count] - below[:count]
    moved, parted = np.diff(below), np.diff(apart)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = -moved / parted
    sound = (np.abs(apart[1:]) < _LINEAR) & (shares > 0) & (shares < 1)
    changes = np.abs(np.diff(shares))
    changes[~(sound[1:] & sound[:-1])] = np.inf
    if not len(changes) or not np.isfinite(changes).any():
        return 0.5, np.inf
    best = int(np.argmin(changes))
    return float(shares[best + 1]), float(changes[best])


def require_range(low: float, high: float) -> None:
    """Refuse a range whose ends are not in order.

    Raises
    ------
    InputError
        If low does not lie below high.
    """
    if not low < high:
        raise InputError(
            f"a search from low = {low:g} to high = {high:g} has no room: give the lower end first"
        )


def bisect_phases(
    phase_at: PhaseAt,
    low: float | None,
    high: float | None,
    tolerance: float,
    signal: Signal | None = None,
) -> Bracket:
    """Find the position on a line where a phase ends.

    A position whose flow reaches no phase counts as beyond the phase of the lower end. With a
    signal the flows from both ends predict where the transition is; the bracket is halved where
    that makes it no narrower.

    Parameters
    ----------
    phase_at : callable
        See `PhaseAt`.
    low, high : float, optional
        Positions that flow to different phases. Low is 0 unless given; without `high` the first
        change of phase above low is looked for.
    tolerance : float
        Width of the bracket at which to stop.
    signal : callable, optional
        See `Signal`.

    Raises
    ------
    InputError
        If low does not lie below high.
    NoAnswerError
        If both ends flow to the same phase, or one of them to none.
    """
    low = 0.0 if low is None else low
    if high is not None:
        require_range(low, high)
    else:
        low, high = first_change(phase_at, low)
    tolerance = max(tolerance, 4 * float(np.spacing(max(abs(low), abs(high)))))
    search = _Search(phase_at, low, high)
    if search.below == search.above:
        raise NoAnswerError(
            f"couplings {low:g} and {high:g} both flow to a phase of degeneracy {search.below}: "
            "there is no transition between them; widen the range"
        )
    while search.width > tolerance:
        before = search.width
        if signal is not None:
            search.narrow_by(signal, tolerance)
        if search.width > _WORTH * before and not search.halve():
            break
    return search.bracket
