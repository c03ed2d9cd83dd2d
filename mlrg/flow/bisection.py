"""Where a phase ends on a line: a ladder that finds a change of phase, and bisection inside it.

What a position flows to is asked of a function; the exact RG map of star students and that of
tensor students are two of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlrg.errors import ConvergenceError

# A bracket this narrow is an answer even if a flow from inside it reaches no phase.
_NARROW = 1e-3
# First position of the ladder that looks for a change of phase, ratio of its steps, and its end.
_FIRST, _RATIO, _LAST = 0.2, 1.5, 12.0

# From a position, and flows from positions close by if there are any, to the degeneracy of the
# phase it flows to and the flow on the way. Raises ConvergenceError if it reaches none.
PhaseAt = Callable[[float, list[list]], tuple[int, list]]


@dataclass(frozen=True)
class Bracket:
    """Two positions that flow to different phases.

    Attributes
    ----------
    ends : tuple of float
    phases : tuple of int
        Degeneracy of the phase below and above.
    flow : list
        The flow from the lower end.
    undecided : str or None
        Why the bracket was not halved any further, or why no phase is known at its upper end: the
        flow from there reached none.
    """

    ends: tuple[float, float]
    phases: tuple[int, int]
    flow: list
    undecided: str | None


def first_change(phase_at: PhaseAt, low: float = 0.0) -> tuple[float, float]:
    """Return two positions on a line between which the phase first changes.

    A ladder of distances 0.2·1.5ᵏ from `low` is climbed; a rung from which the flow reaches no
    phase is passed over. A phase that fits between two rungs is missed.

    Raises
    ------
    ConvergenceError
        If the phase does not change up to a distance of 12.
    """
    below, _ = phase_at(low, [])
    distance, before = _FIRST, low
    while distance < _LAST:
        here = low + distance
        try:
            phase, _ = phase_at(here, [])
        except ConvergenceError:
            phase = None
        if phase == below:
            before = here
        elif phase is not None:
            return before, here
        distance *= _RATIO
    raise ConvergenceError(
        f"every coupling from {low:g} to {here:.3g} that reaches a phase flows to one of "
        f"degeneracy {below}: there is no transition among them; give --low and --high of another "
        "range"
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
    ConvergenceError
        If both ends flow to the same phase, or one of them to none.
    """
    low = 0.0 if low is None else low
    if high is None:
        low, high = first_change(phase_at, low)
    tolerance = max(tolerance, 4 * float(np.spacing(max(abs(low), abs(high)))))
    below, flow = phase_at(low, [])
    above, beyond = phase_at(high, [])
    if below == above:
        raise ConvergenceError(
            f"couplings {low:g} and {high:g} both flow to a phase of degeneracy {below}: "
            "there is no transition between them; widen the range"
        )
    undecided = None
    while high - low > tolerance:
        middle = 0.5 * (low + high)
        try:
            phase, found = phase_at(middle, [flow, beyond])
        except ConvergenceError as error:
            undecided = str(error)
            if high - low <= _NARROW:
                break
            high = middle
            continue
        if phase == below:
            low, flow = middle, found
        else:
            high, above, beyond, undecided = middle, phase, found, None
    return Bracket((low, high), (below, above), flow, undecided)
