"""Every fixed point that Newton's method finds from many starts, and what kind each is.

Newton's method (Eq. 24) is drawn to stable and unstable fixed points alike. Starts spread over a
box lead to several; gauge copies of one fixed point count once. By the number of relevant
directions (y > 0), couplings that symmetry allows being the only ones:

    0 stable: a phase,  1 critical: a transition,  2 or more multicritical.

A phase at infinite coupling is no finite fixed point; `mlrg.flow.phases` finds it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlrg.errors import ConvergenceError
from mlrg.flow.fixed_points import FixedPoint, exact_fixed_point
from mlrg.rbm.block import Block

# Fixed points closer than this in every coupling, in their nearest gauge copies, are one.
_SAME = 1e-5
# KL in bits that is rounding, and couplings so small that it means nothing.
_NO_KL, _NEAR_ZERO = 1e-11, 1e-2


@dataclass(frozen=True)
class Search:
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

    @property
    def failures(self) -> int:
        """Number of starts from which Newton's method did not converge."""
        return int((self.basin < 0).sum())


def kind(exponents: Sequence[float]) -> str:
    """Return ``stable``, ``critical`` or ``multicritical`` by the number of y_k > 0."""
    relevant = int((np.asarray(exponents) > 1e-6).sum())
    return ("stable", "critical", "multicritical")[min(relevant, 2)]


def correlation_exponent(exponents: Sequence[float]) -> float:
    """Return ν = 1/y_t with y_t the largest exponent.

    Raises
    ------
    ConvergenceError
        If no direction is relevant.
    """
    values = np.asarray(exponents, dtype=float)
    largest = float(values[~np.isnan(values)].max(initial=-np.inf))
    if largest <= 0:
        raise ConvergenceError(
            f"a stable fixed point (largest y = {largest:.4g}) has no correlation length exponent: "
            "ask at a critical one"
        )
    return 1 / largest


def find_all(
    solve: Callable[[np.ndarray], object],
    couplings_of: Callable[[object], np.ndarray],
    starts: np.ndarray,
    gauge: Sequence[np.ndarray],
) -> Search:
    """Run a Newton solver from every start and keep what is distinct modulo gauge.

    Parameters
    ----------
    solve : callable
        From a start ``(coupling,)`` to a fixed point; raises ConvergenceError where it finds none.
    couplings_of : callable
        The couplings ``(coupling,)`` of what `solve` returns.
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    gauge : sequence of numpy.ndarray
        Gauge transformations as matrices on J, the identity among them.
    """
    points, copies, basin = [], [], np.full(len(starts), -1)
    for number, start in enumerate(starts):
        try:
            found = solve(start)
        except ConvergenceError:
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
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    return low + (high - low) * rng.random((count, len(low)))


def exact_fixed_points(block: Block, starts: np.ndarray, gauge: Sequence[np.ndarray]) -> Search:
    """Return the fixed points of the exact RG map, by Newton's method on R(J) − J.

    Parameters
    ----------
    block : Block
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    gauge : sequence of numpy.ndarray
        As `GaugeGroup.elements` lists them.

    Returns
    -------
    Search
        Its `points` are of class FixedPoint. Near J = 0 teacher and student agree to rounding
        wherever the student is, and the map is not resolved: what ends there is the paramagnet at
        J = 0, stable, with exponents NaN.
    """

    def solve(start: np.ndarray) -> FixedPoint:
        found = exact_fixed_point(block, start)
        if found.kl_bits < _NO_KL and np.abs(found.couplings).max() < _NEAR_ZERO:
            nothing = np.zeros_like(found.couplings)
            return replace(found, couplings=nothing, exponents=nothing * np.nan)
        return found

    def couplings_of(point: FixedPoint) -> np.ndarray:
        return point.couplings

    return find_all(solve, couplings_of, starts, gauge)
