"""What a learned flow says along the axis, or any ray: C, Z, and where it is critical.

C and Z are read at J(J0, ℓ), the couplings that bare J0 flow to in ℓ RG steps (Figs. 7 and 10). The
critical coupling is where C has its maximum (Eq. 21), and where Z at successive ℓ cross.
"""

import numpy as np

from mlrg.analysis.crossings import crossing, interior_maximum
from mlrg.analysis.fixed_points import FixedPoint, critical_point_near
from mlrg.analysis.rays import Ray
from mlrg.analysis.readings import degeneracy
from mlrg.errors import NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.learned import Learned
from mlrg.threads import one_blas_thread

# RG scale at which C and Z are read off by default; physics is insensitive to it near J0*.
DEFAULT_SCALE = 3.0
# RG scales at which the paper's Figs. 7 and 10 draw their curves.
FIGURE_SCALES = (0.0, 1.0, 2.0, 3.0)
# RG scales over which the drift of a critical coupling is reported.
CRITICAL_SCALES = (2.0, 3.0, 4.0)
_GRID_POINTS = 81


def grid(config: TrainingConfig) -> np.ndarray:
    """Return axis couplings J0 across the trained box."""
    return np.linspace(config.low, config.high, _GRID_POINTS)


def starts(learned: Learned, positions, ray: Ray | None = None) -> np.ndarray:
    """Return the couplings of positions on a ray of bare couplings, the axis by default."""
    if ray is None:
        return learned.axis(positions)
    return np.array([learned.start(row) for row in np.atleast_2d(ray.at(positions))])


def monotone_curve(learned: Learned, positions, scale: float, ray: Ray | None = None):
    """Return C(J(ℓ)) − C(0) from positions on a ray, shape ``(point,)``, as in Fig. 7.

    C takes different values on gauge copies and would jump where the flow is folded back, so it is
    read along the unfolded flow.

    Raises
    ------
    NoAnswerError
        If the flow has no monotone, or runs to infinity.
    """
    return learned.monotone(learned.flowed(starts(learned, positions, ray), scale, folded=False))


def degeneracy_curve(learned: Learned, positions, scale: float, ray: Ray | None = None):
    """Return Z(J(ℓ)) from positions on a ray, shape ``(point,)``, as in Fig. 10; NaN for no Z.

    Raises
    ------
    NoAnswerError
        If the flow runs to infinity.
    """
    rows = learned.flowed(starts(learned, positions, ray), scale)
    with one_blas_thread():
        return np.array([_degeneracy(learned, row) for row in rows])


def _degeneracy(learned: Learned, row: np.ndarray) -> float:
    try:
        return degeneracy(learned, row)
    except NoAnswerError:
        return np.nan


def maximum(learned: Learned, scale: float = DEFAULT_SCALE, ray: Ray | None = None) -> float:
    """Return J0* = argmax C(J(J0, ℓ)) (Eq. 21) at RG scale ℓ.

    Raises
    ------
    NoAnswerError
        If the curve has no maximum inside the trained box.
    """
    return interior_maximum(lambda x: monotone_curve(learned, x, scale, ray), grid(learned.config))


def z_crossing(learned: Learned, scale: float = DEFAULT_SCALE, ray: Ray | None = None) -> float:
    """Return where Z at ℓ − 1 and ℓ cross, between the ends of the trained box.

    Raises
    ------
    NoAnswerError
        If they do not.
    """
    return crossing(
        lambda x: degeneracy_curve(learned, x, scale - 1, ray),
        lambda x: degeneracy_curve(learned, x, scale, ray),
        grid(learned.config),
    )


def learned_fixed_point(learned: Learned) -> FixedPoint:
    """Return the fixed point near the critical flow at ℓ = 3, by Newton's method (Eq. 24).

    The critical coupling is the maximum of C, or the crossing of Z where there is no C.

    Raises
    ------
    NoAnswerError
        If there is no critical coupling, Newton's method does not converge, or it ends in a phase
        or outside the trained box, where a network means nothing.
    """
    find = z_crossing if learned.flow.monotone is None else maximum
    coupling = find(learned)
    begin = learned.flowed(learned.axis(np.array([coupling])), DEFAULT_SCALE)[0]
    return critical_point_near(learned, begin, coupling)
