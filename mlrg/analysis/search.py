"""Every fixed point that Newton's method finds from many starts, and what kind each is.

Newton's method (Eq. 24) is drawn to stable and unstable fixed points alike. Starts spread over a
box lead to several; gauge copies of one fixed point count once. By the number of relevant
directions (y > 0), couplings that symmetry allows being the only ones:

    0 stable: a phase,  1 critical: a transition,  2 or more multicritical.

A phase at infinite coupling is no finite fixed point; `mlrg.analysis.phases` finds it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlrg.analysis.fixed_points import FixedPoint, newton
from mlrg.display import Result, numbers
from mlrg.errors import InputError, NoAnswerError
from mlrg.rgmap import RGMap, require_map

# Fixed points closer than this in every coupling, in their nearest gauge copies, are one.
_SAME = 1e-5
# A cost that is rounding, and couplings so small that it means nothing.
_NO_COST, _NEAR_ZERO = 1e-11, 1e-2


@dataclass(frozen=True, repr=False)
class Search(Result):
    """Fixed points found from many starts.

    Attributes
    ----------
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    points : list
        What the solver returned, one for each distinct fixed point, in the order found.
    basin : numpy.ndarray of int
        Which of `points` each start led to, −1 for none, shape ``(start,)``.
    """

    starts: np.ndarray
    points: list
    basin: np.ndarray

    more = ("points", "basin", "starts")

    @property
    def title(self) -> str:
        """How many there are, of how many starts."""
        lost = f", {self.failures} of them led to none" if self.failures else ""
        return f"{len(self.points)} fixed points from {len(self.starts)} starts{lost}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Each point, and how many starts led to it."""
        counts = [(self.basin == place).sum() for place in range(len(self.points))]
        return [
            (f"points[{place}]", f"{numbers(point.couplings)} from {counts[place]} starts")
            for place, point in enumerate(self.points)
        ]

    @property
    def failures(self) -> int:
        """Number of starts from which Newton's method did not converge."""
        return int((self.basin < 0).sum())


def find_all(
    solve: Callable[[np.ndarray], Any],
    couplings_of: Callable[[Any], np.ndarray],
    starts: np.ndarray,
    gauge: Sequence[np.ndarray],
) -> Search:
    """Run a Newton solver from every start and keep what is distinct modulo gauge.

    Parameters
    ----------
    solve : callable
        From a start ``(coupling,)`` to a fixed point; raises NoAnswerError where it finds none.
    couplings_of : callable
        The couplings ``(coupling,)`` of what `solve` returns.
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    gauge : sequence of numpy.ndarray
        Gauge transformations as matrices on J, the identity among them.
    """
    points: list[Any] = []
    copies: list[np.ndarray] = []
    basin = np.full(len(starts), -1)
    for number, start in enumerate(starts):
        try:
            found = solve(start)
        except NoAnswerError:
            continue
        couplings = couplings_of(found)
        for place, known in enumerate(copies):
            if np.abs(known - couplings).max(axis=1).min() < _SAME:
                basin[number] = place
                break
        else:
            basin[number] = len(points)
            points.append(found)
            copies.append(np.array([matrix @ couplings for matrix in gauge]))
    return Search(np.asarray(starts), points, basin)


def random_starts(
    low: Sequence[float], high: Sequence[float], count: int, rng: np.random.Generator
) -> np.ndarray:
    """Return starts drawn evenly from a box, shape ``(count, coupling)``."""
    begin, end = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return begin + (end - begin) * rng.random((count, len(begin)))


def fixed_points(rgmap: RGMap, starts: np.ndarray, largest_step: float = 0.5) -> Search:
    """Return the fixed points of a map over couplings that many starts lead to, modulo gauge.

    Parameters
    ----------
    rgmap : RGMap
        Whose points are couplings: the star, or a learned flow.
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    largest_step : float
        Bound on a Newton step in any coupling; small ones follow Newton's flow and keep basins
        whole.

    Returns
    -------
    Search
        Its `points` are of class FixedPoint. Near J = 0 teacher and student agree to rounding
        wherever the student is, and the map is not resolved: what ends there is the paramagnet at
        J = 0, stable, with exponents NaN.

    Raises
    ------
    InputError
        If the points of the map are no couplings.
    """
    require_map(rgmap)
    if not hasattr(rgmap, "gauge"):
        raise InputError(
            f"random starts need a map over couplings, which {rgmap!r} is not: choose the star or "
            "a learned flow, or look for the critical fixed point alone"
        )
    steps = round(25 / largest_step)

    def solve(start: np.ndarray) -> FixedPoint:
        found = newton(rgmap, start, steps=steps, largest_step=largest_step)
        near_zero = np.abs(found.couplings).max() < _NEAR_ZERO
        if near_zero and np.any(found.point) and found.cost < _NO_COST:
            return FixedPoint(rgmap, np.zeros_like(found.point), found.residual, found.newton_steps)
        return found

    return find_all(solve, lambda point: point.couplings, starts, rgmap.gauge.elements)
