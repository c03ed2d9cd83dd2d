"""Critical couplings read off curves: the maximum of C (Eq. 21) and the crossing of Z (Fig. 10)."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from mlrg.errors import NoAnswerError

# Nearer to a whole number than this, Z is that of a phase.
_IN_PHASE = 1e-2

# Values of a curve at an array of positions on a ray of couplings.
Curve = Callable[[np.ndarray], np.ndarray]


def interior_maximum(function: Curve, grid: np.ndarray) -> float:
    """Return the position of the largest local maximum of a smooth curve inside a grid.

    Raises
    ------
    NoAnswerError
        If the curve has no local maximum strictly inside the grid.
    """
    values = function(grid)
    inner = np.arange(1, len(grid) - 1)
    peaks = inner[(values[inner] > values[inner - 1]) & (values[inner] >= values[inner + 1])]
    if peaks.size == 0:
        raise NoAnswerError(
            f"the monotone has no maximum between {grid[0]:g} and {grid[-1]:g}: "
            "the model has no critical point there or is not trained well enough"
        )
    peak = peaks[np.argmax(values[peaks])]
    found = minimize_scalar(
        lambda x: -function(np.array([x]))[0],
        bounds=(grid[peak - 1], grid[peak + 1]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(found.x)


def crossing(first: Curve, second: Curve, grid: np.ndarray) -> float:
    """Return where `second` − `first` turns from negative to positive on a grid.

    With Z at two successive scales that is the critical coupling: under the flow Z falls below it
    and grows above it. Within a phase both are near its whole number, where they cross by rounding
    or by the error of a learned flow; such crossings do not count.

    Raises
    ------
    NoAnswerError
        If the difference has no such change of sign, or only within a phase.
    """

    def gap(positions):
        return second(positions) - first(positions)

    before = first(grid)
    difference = second(grid) - before
    # A crossing may fall on a grid point, where the difference is zero.
    kept = np.nonzero(difference)[0]
    before, difference, points = before[kept], difference[kept], grid[kept]
    rises = np.nonzero((difference[:-1] < 0) & (difference[1:] > 0))[0]
    if rises.size == 0:
        raise NoAnswerError(
            f"the degeneracy curves do not cross between {grid[0]:g} and {grid[-1]:g}: "
            "the model has no critical point there or is not trained well enough"
        )
    ends = np.stack([before[rises], before[rises + 1]])
    within = (np.abs(ends - np.round(ends)) < _IN_PHASE).all(axis=0) & (
        np.round(ends[0]) == np.round(ends[1])
    )
    if within.all():
        states = round(float(ends[0, 0]))
        raise NoAnswerError(
            f"the degeneracy curves cross between {grid[0]:g} and {grid[-1]:g} only within the "
            f"phase of Z = {states}: the model has no critical point there, or is not trained well "
            "enough"
        )
    rises = rises[~within]
    k = rises[np.argmax(difference[rises + 1] - difference[rises])]
    return float(brentq(lambda x: gap(np.array([x]))[0], points[k], points[k + 1], xtol=1e-9))
