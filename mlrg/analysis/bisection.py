"""Where a phase ends on a line: a ladder that finds a change of phase, and bisection inside it.

What a position flows to is asked of a function, that of one map on one ray for instance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mlrg.analysis.trajectory import Trajectory
from mlrg.errors import InputError, NoAnswerError

# A bracket this narrow is an answer even if a flow from inside it reaches no phase.
_NARROW = 1e-3
# Where such a bracket is asked: a flow from its middle may meet the fixed point and stay there.
_SHARES = (0.5, 0.375)
# First position of the ladder that looks for a change of phase, ratio of its steps, and its end.
_FIRST, _RATIO, _LAST = 0.2, 1.5, 12.0

# From a position, and flows from positions close by if there are any, to the flow from it to a
# phase. Raises NoAnswerError if it reaches none.
PhaseAt = Callable[[float, Sequence[Trajectory]], Trajectory]


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


def bisect_phases(
    phase_at: PhaseAt, low: float | None, high: float | None, tolerance: float
) -> Bracket:
    """Find the position on a line where a phase ends.

    A position whose flow reaches no phase counts as beyond the phase of the lower end.

    Parameters
    ----------
    phase_at : callable
        See `PhaseAt`.
    low, high : float, optional
        Positions that flow to different phases. Low is 0 unless given; without `high` the first
        change of phase above low is looked for.
    tolerance : float
        Width of the bracket at which to stop.

    Raises
    ------
    InputError
        If low does not lie below high.
    NoAnswerError
        If both ends flow to the same phase, or one of them to none.
    """
    low = 0.0 if low is None else low
    if high is not None and not low < high:
        raise InputError(
            f"a search from low = {low:g} to high = {high:g} has no room: give the lower end first"
        )
    if high is None:
        low, high = first_change(phase_at, low)
    tolerance = max(tolerance, 4 * float(np.spacing(max(abs(low), abs(high)))))
    flow, beyond = phase_at(low, []), phase_at(high, [])
    below, above = flow.phase, beyond.phase
    if below == above:
        raise NoAnswerError(
            f"couplings {low:g} and {high:g} both flow to a phase of degeneracy {below}: "
            "there is no transition between them; widen the range"
        )
    undecided = None
    while high - low > tolerance:
        for share in _SHARES if high - low <= _NARROW else _SHARES[:1]:
            middle = low + share * (high - low)
            try:
                found = phase_at(middle, [flow, beyond])
                break
            except NoAnswerError as error:
                found, undecided = None, str(error)
        if found is None:
            if high - low <= _NARROW:
                break
            high, above = middle, None
        elif found.phase == below:
            low, flow = middle, found
        else:
            high, above, beyond, undecided = middle, found.phase, found, None
    return Bracket((low, high), (below, above), flow, None if above and found else undecided)
