"""Transitions of first order: the latent heat, and the exponent with which a distance grows.

At coexistence the free energies of both phases are equal and their slopes are not. Per block,

    latent heat = d ln Z/dt (t_c⁺) − d ln Z/dt (t_c⁻)

with t the position on the ray, from one-sided differences of flows that end in either phase. A
distance from the transition grows with the volume, y = 2 = d: the gap between the two phases'
states of the transfer matrix, in units of Δ, is multiplied by 2 in every step of √2.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlrg.analysis.free_energy import log_z, one_sided_slopes
from mlrg.analysis.trajectory import follow_to_phase, invariant_states
from mlrg.analysis.transition import Transition
from mlrg.errors import BudgetError, NoAnswerError
from mlrg.rgmap import Point, RGMap
from mlrg.threads import one_blas_thread

# Distance of the positions of a one-sided difference.
_APART = 1e-4
# Largest gap at which the phases still coexist, and gaps that growth is read from.
_WIDEST, _SEEN = 0.1, 3


class LatentHeat(NamedTuple):
    """The jump of the slope of ln Z for each block, and how far two differences disagree.

    What the map's students miss comes on top: compare sizes.
    """

    value: float
    error: float


@lru_cache(maxsize=16)
def latent_heat(transition: Transition) -> LatentHeat:
    """Return the latent heat at a transition of first order, per block and unit of the position.

    Raises
    ------
    NoAnswerError
        If the transition is not of first order, a flow reaches no phase, or the jump is smaller
        than its error.
    """
    _require_first_order(transition)
    rgmap, ray = transition.rgmap, transition.ray

    def at(position):
        return log_z(follow_to_phase(rgmap, rgmap.start(ray.at(position))))

    low, high = transition.bracket
    with one_blas_thread(rgmap.small):
        above, below = one_sided_slopes(at, high, _APART), one_sided_slopes(at, low, -_APART)
    narrow, wide = np.subtract(above, below)
    found = LatentHeat(float(narrow), float(abs(narrow - wide)))
    if not found.value > found.error:
        raise NoAnswerError(
            f"a latent heat of {found.value:.2g} ± {found.error:.1g} is not resolved: keep more "
            "states"
        )
    return found


def distance_exponent(transition: Transition) -> float:
    """Return y of the distance from a transition of first order, from where its flow leaves it.

    It is read off the growth of the gap, so that a gap which truncation leaves does not count.

    Raises
    ------
    NoAnswerError
        If the transition is not of first order, or the flow does not show the growth.
    """
    _require_first_order(transition)
    rgmap, points = transition.rgmap, transition.flow.points
    later: list[float] = []
    for point in reversed(points):
        gap = _gap(rgmap, point)
        if gap < _WIDEST:
            later.append(gap)
        if len(later) == _SEEN:
            break
    growth = -np.diff(later)
    if len(later) < _SEEN or not (growth > 0).all():
        raise NoAnswerError(
            f"the critical flow from {transition.coupling:.6g} does not show how the phases part: "
            "narrow its bracket"
        )
    return float(np.log(growth[0] / growth[1]) / np.log(rgmap.scale))


def _gap(rgmap: RGMap, point: Point) -> float:
    """Return by how much Δ of the first two invariant states differ; infinite where one is."""
    try:
        found = invariant_states(rgmap, point)
    except BudgetError as error:
        raise NoAnswerError(f"the phases cannot be told apart: {error}") from error
    return found[1] - found[0] if len(found) > 1 else np.inf


def _require_first_order(transition: Transition) -> None:
    if transition.order != "first":
        raise NoAnswerError(
            f"the transition at {transition.coupling:.6g} is "
            f"{transition.order or 'of unknown order'}: only one of first order has a latent heat"
        )
