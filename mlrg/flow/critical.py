"""Critical coupling on the axis J = (J0, 0, 0, …), from the exact RG map or a learned monotone.

Three estimates that need not agree: bisection on the phase that the exact map flows to, the
maximum of C(J(J0, ℓ)) (Eq. 21), and the crossing of Z(J(J0, ℓ)) at successive ℓ (Fig. 10).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from mlrg.errors import ConvergenceError
from mlrg.flow.spectra import degeneracy
from mlrg.rbm.block import Block
from mlrg.rbm.student import Student, optimal_student

# Values of a curve at an array of axis couplings J0.
Curve = Callable[[np.ndarray], np.ndarray]

_STEP_LIMIT = 200
_SETTLED = 1e-3
_COUPLING_LIMIT = 1e3


@dataclass(frozen=True)
class Bisection:
    """Critical coupling of the exact map and the flow that passes closest to the fixed point.

    Attributes
    ----------
    critical_coupling : float
    bracket : tuple of float
        Couplings that flow to different phases.
    phases : tuple of int
        Degeneracy of the phase below and above.
    flow : list of Student
        Students along the flow from the lower end of the bracket.
    """

    critical_coupling: float
    bracket: tuple[float, float]
    phases: tuple[int, int]
    flow: list[Student]


def on_axis(block: Block, coupling: float) -> np.ndarray:
    """Return (J0, 0, 0, …), Eq. (20)."""
    couplings = np.zeros(block.teacher.shape[0])
    couplings[0] = coupling
    return couplings


def exact_phase(block: Block, couplings) -> tuple[int, list[Student]]:
    """Follow the exact RG map to a phase; return its degeneracy and the students on the way.

    Raises
    ------
    ConvergenceError
        If the degeneracy has not settled on a whole number after many steps.
    """
    students: list[Student] = []
    start, start_at = None, np.array2string(np.asarray(couplings), precision=6)
    before = np.inf
    for _ in range(_STEP_LIMIT):
        if np.abs(couplings).max() > _COUPLING_LIMIT:
            raise ConvergenceError(
                f"the flow from {start_at} ran beyond |J| = {_COUPLING_LIMIT:g} without settling "
                "in a phase: choose another representation or range"
            )
        now = degeneracy(block, couplings)
        if abs(now - round(now)) < _SETTLED and abs(now - before) < _SETTLED:
            return round(now), students
        before = now
        student = optimal_student(block, couplings, start=start)
        students.append(student)
        couplings = start = student.couplings
    raise ConvergenceError(
        f"the flow from {start_at} reached no phase in {_STEP_LIMIT} steps "
        f"(degeneracy {before:.4f}): start further from the critical surface"
    )


def bisect(block: Block, low: float = 0.0, high: float = 2.0, tolerance: float = 1e-9) -> Bisection:
    """Find the axis coupling between two phases of the exact RG map.

    Raises
    ------
    ConvergenceError
        If both ends flow to the same phase.
    """
    below, flow = exact_phase(block, on_axis(block, low))
    above, _ = exact_phase(block, on_axis(block, high))
    if below == above:
        raise ConvergenceError(
            f"couplings {low:g} and {high:g} both flow to a phase of degeneracy {below}: "
            "there is no transition between them; widen the range"
        )
    while high - low > tolerance:
        middle = 0.5 * (low + high)
        phase, students = exact_phase(block, on_axis(block, middle))
        if phase == below:
            low, flow = middle, students
        else:
            high, above = middle, phase
    return Bisection(0.5 * (low + high), (low, high), (below, above), flow)


def interior_maximum(function: Curve, grid: np.ndarray) -> float:
    """Return the position of the largest local maximum of a smooth curve inside a grid.

    Raises
    ------
    ConvergenceError
        If the curve has no local maximum strictly inside the grid.
    """
    values = function(grid)
    inner = np.arange(1, len(grid) - 1)
    peaks = inner[(values[inner] > values[inner - 1]) & (values[inner] >= values[inner + 1])]
    if peaks.size == 0:
        raise ConvergenceError(
            f"the monotone has no maximum between J0 = {grid[0]:g} and {grid[-1]:g}: "
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
    and grows above it.

    Raises
    ------
    ConvergenceError
        If the difference has no such change of sign.
    """

    def gap(points):
        return second(points) - first(points)

    difference = gap(grid)
    rises = np.nonzero((difference[:-1] < 0) & (difference[1:] > 0))[0]
    if rises.size == 0:
        raise ConvergenceError(
            f"the degeneracy curves do not cross between J0 = {grid[0]:g} and {grid[-1]:g}: "
            "the model has no critical point there or is not trained well enough"
        )
    # Deep in a phase both curves meet at a whole number and differ by rounding only.
    k = rises[np.argmax(difference[rises + 1] - difference[rises])]
    return float(brentq(lambda x: gap(np.array([x]))[0], grid[k], grid[k + 1], xtol=1e-9))
