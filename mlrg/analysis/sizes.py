"""Readings at several sizes of a student, and the limit they point to.

Errors of tensor students change sign with the number of states n, so that no curve is fitted: the
limit is the reading at the largest n, and its error what the last two differ by, or if that is more
the envelope

    max_k |x_k − x_n| (n_k/n)²

of errors that fall at least with n⁻². Where they fall faster, as with matched rings, it is wide.

Students that keep too little can make a continuous transition one of first order, with a latent
heat that falls as they keep more. Several sizes decide: a transition is of first order where all
say so and the limit of their latent heats is above its error.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlrg.analysis.coexistence import LatentHeat, latent_heat
from mlrg.analysis.transition import Transition
from mlrg.errors import InputError, NoAnswerError

# Power of n with which errors fall at least.
_POWER = 2
# What more states may change, in units of what two thirds of them do: (2/3)² / (1 − (2/3)²).
FEWER_STATES = 0.8


class Limit(NamedTuple):
    """A reading at the largest size, and what later sizes may change of it; of one shape."""

    value: np.ndarray
    error: np.ndarray


def limit(sizes: Sequence[int], values) -> Limit:
    """Return the limit of readings ``(size, …)`` at different sizes.

    Raises
    ------
    InputError
        If there are fewer than two sizes, or two are equal.
    """
    kept, answers = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if len(kept) < 2 or len(set(kept.tolist())) < len(kept):
        raise InputError(
            f"legs of {' and '.join(f'{size:g}' for size in kept)} states have no limit: give "
            "numbers that keep two different ones or more"
        )
    before, largest = np.argsort(kept)[-2:]
    shares = (kept / kept[largest]) ** _POWER
    shares[before] = 1.0
    off = np.abs(answers - answers[largest])
    return Limit(answers[largest], (off.T * shares).T.max(axis=0))


def limits(found: Sequence[Transition], columns: int | None = None) -> dict[str, Limit]:
    """Return the limit of the coupling, and of Z, Δ and c where every critical flow has them.

    Δ and c are those of rings of so many columns, the maps' own choice unless given. Sizes are the
    states that legs keep, so that multiplets which do not fit count for nothing; the error of the
    coupling covers the bracket. Where several transitions are of first order, and none continuous,
    there is the latent heat, whose error covers that of the largest size; one that is not resolved
    counts as zero.

    Raises
    ------
    InputError
        As `limit`.
    """
    distinct = {_kept(transition): transition for transition in found}
    sizes, found = list(distinct), list(distinct.values())
    coupling = limit(sizes, [transition.coupling for transition in found])
    bracket = found[int(np.argmax(sizes))].error
    answers = {"critical_coupling": Limit(coupling.value, coupling.error + bracket)}
    if all(transition.unread is None for transition in found):
        read = [transition.reading.of(columns) for transition in found]
        shared = min(len(each.scaling_dimensions) for each in read)
        answers |= {
            "degeneracy": limit(sizes, [each.degeneracy for each in read]),
            "scaling_dimensions": limit(sizes, [each.scaling_dimensions[:shared] for each in read]),
            "central_charge": limit(sizes, [each.central_charge for each in read]),
        }
    first = {size: one for size, one in distinct.items() if one.order == "first"}
    # Each takes eight flows: asked for only where the limit is.
    if _orders(found) == {"first"} and len(first) > 1:
        heats = {size: _heat(one) for size, one in first.items()}
        value, error = limit(list(heats), [heat.value for heat in heats.values()])
        answers["latent_heat"] = Limit(value, error + heats[max(heats)].error)
    return answers


def _orders(found: Sequence[Transition]) -> set[str]:
    return {transition.order for transition in found if transition.order is not None}


def order_of(found: Sequence[Transition], limits: dict[str, Limit]) -> str | None:
    """Return the order of a transition from several sizes and their `limits`.

    Sizes that show none are left out. None where the others disagree, or the latent heat is not
    above its error.
    """
    orders = _orders(found)
    if orders == {"first"}:
        value, error = limits.get("latent_heat", (0.0, 0.0))
        return "first" if value > error else None
    return orders.pop() if len(orders) == 1 else None


def _heat(transition: Transition) -> LatentHeat:
    """Return the latent heat, none of it where it is smaller than its error."""
    try:
        return latent_heat(transition)
    except NoAnswerError:
        return LatentHeat(0.0, 0.0)


def _kept(transition: Transition) -> int:
    """Return the largest leg of a critical flow; a start has what its spins need."""
    points = transition.flow.points
    return max(point.states for point in points[1:] or points)
