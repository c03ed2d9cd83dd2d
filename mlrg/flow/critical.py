"""Critical coupling of the exact RG map: bisection on the phase that a coupling flows to.

The search runs along any ray of couplings, the axis J = (J0, 0, 0, …) unless told otherwise. Close
to the transition the flow lingers at the critical fixed point before it falls into a phase; Z, Δ
and c are read there.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from mlrg.errors import ConvergenceError
from mlrg.flow.bisection import bisect_phases
from mlrg.flow.blocks import rg_block
from mlrg.flow.rays import Ray
from mlrg.flow.spectra import central_charge, degeneracy, scaling_dimensions
from mlrg.model import SpinModel
from mlrg.rbm.block import Block
from mlrg.rbm.student import Student, optimal_student

_STEP_LIMIT = 200
_SETTLED = 1e-3
_COUPLING_LIMIT = 1e3
# Nearer to a whole number than this, the degeneracy says that the flow has entered a phase.
_IN_PHASE = 1e-2
# Largest change of a coupling in one step that counts as lingering.
_STILL = 1e-2
# Growth of later moves that tells a flow which leaves a fixed point from one that settles.
_DEPARTS = 3.0


@dataclass(frozen=True)
class Bisection:
    """Critical coupling of the exact map and the flow that passes closest to the fixed point.

    Attributes
    ----------
    block : Block
    critical_coupling : float
        Position on the ray; J0 on the axis.
    bracket : tuple of float
        Positions that flow to different phases.
    phases : tuple of int
        Degeneracy of the phase below and above.
    flow : list of Student
        Students along the flow from the lower end of the bracket.
    undecided : str or None
        Why the bracket was not halved any further, or why no phase is known at its upper end: the
        flow from there reached none.
    """

    block: Block
    critical_coupling: float
    bracket: tuple[float, float]
    phases: tuple[int, int]
    flow: list[Student]
    undecided: str | None = None

    @cached_property
    def steps(self) -> int:
        """RG steps from the ray to where the critical flow lingers.

        That is its shortest move after which moves grow again, outside the phases. A flow that only
        slows down runs into a phase, and one that never slows down passes no fixed point.

        Raises
        ------
        ConvergenceError
            If the flow does not linger anywhere.
        """
        path = [student.couplings for student in self.flow]
        moves = np.array([np.abs(after - before).max() for before, after in pairwise(path)])
        states = np.array([degeneracy(self.block, couplings) for couplings in path[:-1]])
        later = np.append(np.maximum.accumulate(moves[::-1])[::-1][1:], 0.0)
        lingers = (moves < _STILL) & (later > _DEPARTS * moves)
        lingers &= np.abs(states - states.round()) > _IN_PHASE
        if not lingers.any():
            raise ConvergenceError(
                f"the critical flow from {self.critical_coupling:.6g} passes no fixed point: "
                "choose another representation"
            )
        return int(np.where(lingers, moves, np.inf).argmin()) + 1

    @property
    def couplings(self) -> np.ndarray:
        """Couplings where the critical flow lingers; raises as `steps`."""
        return self.flow[self.steps - 1].couplings

    @property
    def degeneracy(self) -> float:
        """Z where the critical flow lingers; raises as `steps`."""
        return degeneracy(self.block, self.couplings)

    @property
    def scaling_dimensions(self) -> np.ndarray:
        """Δ_k where the critical flow lingers, Δ_0 = 0 first; raises as `steps`."""
        return scaling_dimensions(self.block, self.couplings)

    @property
    def central_charge(self) -> float:
        """c where the critical flow lingers; raises as `steps`."""
        return central_charge(self.block, self.couplings)


def exact_phase(block: Block, couplings, start=None) -> tuple[int, list[Student]]:
    """Follow the exact RG map to a phase; return its degeneracy and the students on the way.

    Parameters
    ----------
    block : Block
    couplings : array
        Shape ``(coupling,)``.
    start : array, optional
        Where the search for the first student begins, one row a start; many random ones by default.

    Raises
    ------
    ConvergenceError
        If the degeneracy has not settled on a whole number after many steps.
    """
    students: list[Student] = []
    if not np.any(couplings):
        # Spins are free and stay free. A student whose couplings do not reach its corners would
        # be as good, and which of them a search finds is chance.
        return 1, students
    start_at = np.array2string(np.asarray(couplings), precision=6, threshold=6, edgeitems=2)
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


def bisect(
    block: Block,
    low: float | None = None,
    high: float | None = None,
    tolerance: float = 1e-9,
    ray: Ray | None = None,
) -> Bisection:
    """Find the position on a ray where a phase of the exact RG map ends.

    A position whose flow reaches no phase counts as beyond the phase of the lower end.

    Parameters
    ----------
    block : Block
    low, high : float, optional
        Positions on the ray that flow to different phases. Low is 0 unless given; without `high`
        the first change of phase above low is looked for.
    tolerance : float
        Width of the bracket at which to stop.
    ray : Ray, optional
        The axis of J0 by default.

    Raises
    ------
    ConvergenceError
        If both ends flow to the same phase, or one of them to none.
    """
    ray = ray or Ray.axis(block)

    def phase_at(position, near):
        # Of positions close to each other the first students are close, too.
        start = [students[0].couplings for students in near if students]
        return exact_phase(block, ray.at(position), start if len(start) > 1 else None)

    found = bisect_phases(phase_at, low, high, tolerance)
    middle = 0.5 * sum(found.ends)
    return Bisection(block, middle, found.ends, found.phases, found.flow, found.undecided)


def critical_coupling(
    model: SpinModel,
    low: float | None = None,
    high: float | None = None,
    ray: Ray | None = None,
) -> Bisection:
    """Return the transition of a model's exact RG map on a ray, without training.

    Parameters are those of `bisect`.

    Raises
    ------
    ConvergenceError
        If there is no transition in the range, or a flow reaches no phase.
    BudgetError
        If the model's spins have too many states for exact enumeration.
    """
    return bisect(rg_block(model), low, high, tolerance=1e-12, ray=ray)
