"""A quasi-Newton search with a preconditioner that is renewed on the way.

L-BFGS (Nocedal and Wright, Numerical Optimization, 2006, §7.2) whose initial inverse Hessian is
given, and backtracking by Armijo's rule.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

# Pairs that are remembered; steps after which the preconditioner is made anew.
_MEMORY, _RENEWED = 40, 10
# Armijo's share of the expected fall, and trials of the length of one step.
_SHARE, _TRIALS = 1e-4, 25
# Rounding of a value near one. Where a step falls by less, slopes alone judge it: along the step
# the slope must come down to this share.
_ROUNDING, _SLOPES = 1e-14, 0.5
# Steps without a fall of the steepest slope, once values say nothing, after which it is rounding.
_IDLE = 15

Value = tuple[float, np.ndarray]


def descend(
    function: Callable[[np.ndarray], Value],
    preconditioner: Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]],
    start: np.ndarray,
    steps: int,
    tolerance: float,
) -> np.ndarray:
    """Return where a search for a minimum ends.

    Parameters
    ----------
    function : callable
        From a point ``(unknown,)`` to a value of about one or less and its gradient.
    preconditioner : callable
        From a point to a function that approximates the inverse Hessian's product with a vector.
    start : numpy.ndarray
    steps : int
        At most.
    tolerance : float
        Largest entry of the gradient at which the search is over; it ends, too, where rounding
        hides any further fall.
    """
    point, (value, slope) = start, function(start)
    pairs: deque = deque(maxlen=_MEMORY)
    best, least, lowest, idle = point, np.inf, np.inf, 0
    for step in range(steps):
        steepest = float(np.abs(slope).max())
        fell = value < lowest - _ROUNDING
        lowest = min(lowest, value)
        if fell or steepest < least:
            best, least, idle = point, steepest, 0
        else:
            idle += 1
        if steepest < tolerance or idle == _IDLE:
            break
        if step % _RENEWED == 0:
            inverse = preconditioner(point)
        direction = -_two_loops(slope, pairs, inverse)
        if slope @ direction >= 0:
            pairs.clear()
            direction = -inverse(slope)
        found = _along(function, point, value, float(slope @ direction), direction)
        if found is None:
            if not pairs:
                break
            pairs.clear()
            continue
        moved, value, new_slope = found
        change, bend = moved - point, new_slope - slope
        curvature = float(change @ bend)
        if curvature > 1e-12 * np.linalg.norm(change) * np.linalg.norm(bend):
            pairs.append((change, bend, 1.0 / curvature))
        point, slope = moved, new_slope
    return best


def _along(function, point, value, descent, direction):
    """Return a point that is lower in a direction, its value and slope; None if none is found."""
    length = 1.0
    for _ in range(_TRIALS):
        moved = point + length * direction
        new_value, new_slope = function(moved)
        if new_value > value + _ROUNDING + _SHARE * length * descent:
            length *= 0.5
            continue
        if -length * descent > _ROUNDING:
            return moved, new_value, new_slope
        remaining = float(new_slope @ direction)
        if abs(remaining) <= -_SLOPES * descent:
            return moved, new_value, new_slope
        # Where the slope would vanish if it were linear, within a factor of four.
        share = descent / (descent - remaining) if remaining > descent else 4.0
        length *= min(max(share, 0.25), 4.0)
    return None


def _two_loops(slope: np.ndarray, pairs, inverse) -> np.ndarray:
    found, shares = slope.copy(), []
    for change, bend, over in reversed(pairs):
        shares.append(over * float(change @ found))
        found -= shares[-1] * bend
    found = inverse(found)
    for (change, bend, over), share in zip(pairs, reversed(shares), strict=True):
        found += (share - over * float(bend @ found)) * change
    return found
