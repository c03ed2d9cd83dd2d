"""Spontaneous magnetisation: what the slope of ln Z in a field comes to as the field goes to zero.

m = lim_{h→0⁺} d ln Z / dh for each spin, by a one-sided difference of flows in a field: an ordered
phase chooses its state by itself once h times the volume of a block is no longer small.
"""

from typing import NamedTuple

import numpy as np

from mlrg.analysis.critical import ray_of
from mlrg.analysis.free_energy import log_z, one_sided_slopes
from mlrg.analysis.rays import Ray
from mlrg.analysis.trajectory import follow
from mlrg.errors import InputError, NoAnswerError
from mlrg.rgmap import RGMap
from mlrg.threads import one_blas_thread

# RG steps, after which 2⁻ⁿ of a block is left, and the field of the difference.
_STEPS, _FIELD = 50, 1e-5
# Disagreement of two differences at which neither is an answer.
_UNCLEAR = 1e-2


class Magnetisation(NamedTuple):
    """⟨n·s⟩ averaged over the spins of a block, and how far two differences disagree.

    What the map's students miss comes on top, and near a transition the field's own length.
    """

    value: float
    error: float


def magnetisation(
    rgmap: RGMap, position: float, along: Ray | None = None, direction=None
) -> Magnetisation:
    """Return the spontaneous magnetisation at a position on a ray of bare couplings.

    Parameters
    ----------
    rgmap : RGMap
        A map that has `in_field`: tensors and rings of a declared model whose spins carry A1.
    position : float
        J0 on the axis.
    along : Ray, optional
        The axis of J0 by default.
    direction : sequence of float, optional
        n, as of `mlrg.Tensor.in_field`.

    Raises
    ------
    InputError
        If the map has no field, or the direction does not fit.
    NoAnswerError
        If the differences disagree too much: free energies of rings are rarely smooth enough.
    """
    if not hasattr(rgmap, "in_field"):
        raise InputError(
            f"{rgmap!r} takes no field: ask tensors or rings for a magnetisation (--student tensor)"
        )
    couplings = ray_of(rgmap, along).at(position)
    student = rgmap.in_field(direction)

    def at(field):
        return log_z(follow(student, student.start([*couplings, field]), _STEPS))

    with one_blas_thread(student.small):
        narrow, wide = one_sided_slopes(at, 0.0, _FIELD)
    found = np.array([narrow, abs(narrow - wide)]) / student.contents.spins
    if found[1] > _UNCLEAR:
        raise NoAnswerError(
            f"a magnetisation of {found[0]:.3g} ± {found[1]:.1g} is not resolved: the free energy "
            "jumps with the field; ask single tensors (--student tensor), or for more states"
        )
    return Magnetisation(*found.tolist())
