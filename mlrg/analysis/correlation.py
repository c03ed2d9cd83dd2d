"""Correlation length of the disordered phase, from the gap of rings much longer than it.

Rows of blocks are √2 lattice spacings apart, and √2 times more with every step; over that distance
correlations of an irrep fall by the ratio of its largest eigenvalue to that of the ground state. A
ring sees the whole length where Z has come to one. Directions of the lattice alternate with steps.
"""

from typing import NamedTuple

import numpy as np

from mlrg.analysis import readings
from mlrg.analysis.rays import Ray
from mlrg.analysis.sizes import FEWER_STATES
from mlrg.errors import InputError, NoAnswerError
from mlrg.rgmap import RGMap, require_map
from mlrg.threads import one_blas_thread

# RG steps after which a length counts as larger than what is seen.
_LIMIT = 40
# Distance of Z from one at which the ring is long enough.
_LONG = 1e-3
# Gap of ordered states, which has no length.
_DEGENERATE = 1e-6
# Levels among which the lowest that G does not leave invariant is looked for.
_SEEN = 32


class CorrelationLength(NamedTuple):
    """A correlation length.

    Attributes
    ----------
    value, error : float
        In distances of neighbouring vertices; how far the last three steps differ, and what more
        states may change of it, judged by a map of two thirds of them.
    irrep : str
        Of the operator that is correlated.
    steps : int
        RG steps after which it is read.
    """

    value: float
    error: float
    irrep: str
    steps: int


def correlation_length(rgmap: RGMap, position: float, along: Ray | None = None):
    """Return the correlation length at a position on a ray of bare couplings.

    Parameters
    ----------
    rgmap : RGMap
    position : float
    along : Ray, optional
        The axis of J0 by default.

    Raises
    ------
    InputError
        If rows and columns of the lattice differ.
    NoAnswerError
        If the flow does not reach the disordered phase, or G leaves all low levels invariant.
    """
    require_map(rgmap)
    if not rgmap.turns:
        raise InputError(
            f"{rgmap!r} has rows and columns that differ, and so do their correlation lengths: "
            "ask an isotropic map"
        )
    ray = Ray.axis(rgmap) if along is None else along
    with one_blas_thread(rgmap.small):
        found = _followed(rgmap, ray.at(position), position)
        if rgmap.smaller is not None:
            fewer = _followed(rgmap.smaller, ray.at(position), position)
            more = FEWER_STATES * abs(fewer.value - found.value)
            found = found._replace(error=found.error + more)
    return found


def _followed(rgmap: RGMap, couplings: np.ndarray, position: float) -> CorrelationLength:
    point = rgmap.start(couplings)
    found: list[CorrelationLength] = []
    for step in range(_LIMIT):
        if np.log(readings.degeneracy(rgmap, point)) < _LONG and len(found) >= 3:
            values = [each.value for each in found[-3:]]
            return found[-1]._replace(error=float(np.ptp(values)))
        found.append(_at(rgmap, point, step))
        if found[-1].value == np.inf:
            break
        point = rgmap.step(point).point
    raise NoAnswerError(
        f"couplings at {position:g} show no finite correlation length in {len(found)} steps: their "
        "flow does not reach disorder; ask further from a transition, or below it"
    )


def _at(rgmap: RGMap, point, step: int) -> CorrelationLength:
    columns = rgmap.smallest_ring
    levels = readings.spectrum(rgmap, point, columns, _SEEN)
    other = next((level for level in levels if level.irrep != levels[0].irrep), None)
    if other is None:
        raise NoAnswerError(
            f"all of {len(levels)} levels after {step} steps are invariant: keep more states"
        )
    spacing = rgmap.scale ** (step + 1)
    gap = 2 * np.pi * other.dimension / columns
    value = spacing / gap if gap > _DEGENERATE else np.inf
    return CorrelationLength(float(value), 0.0, other.irrep, step)
