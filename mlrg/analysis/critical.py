"""Critical coupling of an RG map: bisection on the phase that a coupling flows to.

Spins that turn may have a critical phase instead, whose ends are read from levels.

The search runs along any ray of bare couplings, the axis J = (J0, 0, 0, …) unless told otherwise.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np

from mlrg.analysis.bisection import bisect_phases, require_range
from mlrg.analysis.correlation import correlation_length
from mlrg.analysis.kosterlitz import CriticalPhase, critical_phase
from mlrg.analysis.rays import Ray
from mlrg.analysis.trajectory import STEP_LIMIT, follow_to_phase
from mlrg.analysis.transition import Transition
from mlrg.errors import BudgetError, CouplingError, NoAnswerError
from mlrg.rgmap import RGMap, require_map
from mlrg.threads import one_blas_thread

# Width of the bracket at which a search stops.
TOLERANCE = 1e-12
# Reach of the looks at continuous spins without a transition, and their number.
_SPHERES, _LOOKS = 1.5, 3
# Width of the bracket of a map that only shows where to look, and widths about its answer.
_ROUGH, _ABOUT = 1e-6, (1e-5, 1e-4, 1e-3)


def critical(
    rgmap: RGMap,
    low: float | None = None,
    high: float | None = None,
    along: Ray | Sequence[float] | None = None,
    tolerance: float = TOLERANCE,
    limit: int = STEP_LIMIT,
) -> Transition | CriticalPhase:
    """Return the transition of a map on a ray of bare couplings, or the critical phase there.

    A position whose flow reaches no phase counts as beyond the phase of the lower end.

    Parameters
    ----------
    rgmap : RGMap
    low, high : float, optional
        Positions on the ray that flow to different phases. Low is 0 unless given; without `high`
        the first change of phase above low is looked for.
    along : Ray or sequence of float, optional
        The ray, or its direction with one number a coupling; the axis of J0 by default.
    tolerance : float
        Width of the bracket at which to stop.
    limit : int
        RG steps after which a flow counts as reaching no phase.

    Raises
    ------
    NoAnswerError
        If there is no transition in the range, or both ends reach no phase.
    InputError
        If low does not lie below high, or the ray does not fit the model.
    BudgetError
        If spins or legs have too many states.

    Examples
    --------
    >>> import mlrg
    >>> found = mlrg.critical(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")))
    >>> found.phases, round(found.coupling, 6)
    ((1, 2), 0.81392)
    """
    require_map(rgmap)
    ray = ray_of(rgmap, along)
    if low is not None and high is not None:
        require_range(low, high)
    phase = critical_phase(rgmap, ray, low, high)
    if phase is not None:
        return phase
    if rgmap.model.is_continuous:
        raise NoAnswerError(_without_transition(rgmap, ray, low, high))

    @lru_cache(maxsize=4)
    def alone(position):
        return follow_to_phase(rgmap, rgmap.start(ray.at(position)), limit=limit)

    def phase_at(position, near):
        if not rgmap.seeks_near:
            return alone(position)
        # Of positions close to each other the first students are close, too.
        students = [flow.steps[0].point for flow in near if flow.steps]
        if len(students) < 2:
            return alone(position)
        return follow_to_phase(rgmap, rgmap.start(ray.at(position)), students, limit)

    def phase_of(position):
        try:
            return alone(position).phase
        except NoAnswerError:
            return None

    def reached(ends, phases):
        return all(phase_of(end) == phase for end, phase in zip(ends, phases, strict=True))

    signal = attrgetter("degeneracies")
    with one_blas_thread(rgmap.small):
        if rgmap.coarser is not None:
            for ends, phases in _ranges_about(rgmap.coarser, low, high, ray, limit):
                if reached(ends, phases):
                    low, high = ends
                    break
        found = bisect_phases(phase_at, low, high, tolerance, signal)
        # Where several students are all but equal, neighbours may lead to another than a search
        # from nothing would find: then every position is asked by itself.
        if rgmap.seeks_near and not reached(found.ends, found.phases):
            found = bisect_phases(lambda position, _: alone(position), low, high, tolerance, signal)
    return Transition(rgmap, ray, found.ends, found.phases, found.flow, found.undecided)


def _without_transition(rgmap: RGMap, ray: Ray, low: float | None, high: float | None) -> str:
    """Return what is seen of continuous spins that have no transition in a range."""
    name = rgmap.model.internal.group.name
    ends = 0.0 if low is None else low, _SPHERES if high is None else high
    spins: Any = rgmap.model.spins
    seen = []
    for position in np.linspace(*ends, _LOOKS + 1)[1:]:
        try:
            found = correlation_length(rgmap, position, ray)
        except (NoAnswerError, BudgetError):
            break
        seen.append(f"{found.value:.3g} ± {found.error:.1g} at {position:g}")
    lengths = f"it is {', '.join(seen)} lattice spacings" if seen else "it is not resolved"
    why = (
        "turns of a sphere are broken at no finite coupling in two dimensions"
        if spins.shape == "sphere"
        else "no critical phase begins there"
    )
    return (
        f"no transition of {name} is seen from {ends[0]:g} to {ends[1]:g}: {why}, and the "
        f"correlation length stays finite; {lengths}"
    )


def _ranges_about(coarser: RGMap, low: float | None, high: float | None, ray: Ray, limit: int):
    """Yield ranges about the transition of a map that costs less, narrow first, and its phases.

    None of them leaves the caller's range; without a transition there are none.
    """
    try:
        rough = critical(coarser, low, high, ray, _ROUGH, limit)
    except NoAnswerError:
        return
    if None in rough.phases:
        return
    for width in _ABOUT:
        ends = rough.coupling - width, rough.coupling + width
        if ends[0] < (low or 0.0) or (high is not None and ends[1] > high):
            return
        yield ends, rough.phases


def ray_of(rgmap: RGMap, along: Ray | Sequence[float] | None) -> Ray:
    """Return the ray that is meant, the axis by default.

    Raises
    ------
    CouplingError
        If it has another number of couplings than the model.
    """
    if along is None:
        return Ray.axis(rgmap)
    ray = along if isinstance(along, Ray) else Ray(tuple(along))
    dimension = len(rgmap.model.couplings.axis)
    if len(ray.direction) != dimension:
        raise CouplingError(
            f"a ray of {len(ray.direction)} numbers was given: this model needs {dimension}, one a "
            "coupling"
        )
    return ray
