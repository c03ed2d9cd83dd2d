"""Where critical flows of a learned flow are to lie: on the critical surface of its exact map.

A learned flow has the transition of its map if it leads from there, in some steps, to the surface
between the phases of the map. The surface is met where flows of other bare couplings cross it after
as many learned steps (`handed_over`); next to it, it is the plane whose normal g is what exact
steps stretch. So

    g·(J(ℓ) − J_s(ℓ)) / g·∂J(ℓ)/∂J0

is the error of the transition, whatever the flow misses in other directions: those that no flow can
follow are there to stay, and to first order alone they shift no transition.
"""

import contextlib
from collections.abc import Sequence

import numpy as np
import torch

from mlrg.errors import NoAnswerError
from mlrg.flow.followed import Critical
from mlrg.flow.handed_over import STEPS, handed_over_transition
from mlrg.flow.inheritance import EXACT_STEPS, chained, exact_steps
from mlrg.flow.learned import Learned

# Half of the difference of bare couplings that tells ∂J(ℓ)/∂J0.
_DIFFERENCE = 1e-5


class CriticalSurface:
    """The error of the transitions of a learned flow, to be lowered.

    Parameters
    ----------
    learned : Learned
    criticals : sequence of Critical
        Transitions of the exact map. Those are left out where no phase of it changes after the
        learned steps, or it has no derivative.
    """

    def __init__(self, learned: Learned, criticals: Sequence[Critical]):
        starts, points, normals = [], [], []
        for critical in criticals:
            with contextlib.suppress(NoAnswerError):
                point, normal = _crossed(learned, critical)
                points.append(point)
                normals.append(normal)
                starts.append(learned.inside(_start(learned, critical, critical.position))[0])
        shape = (len(starts), learned.dimension)
        self._starts, self._points, self._normals = (
            torch.from_numpy(np.array(rows).reshape(shape)) for rows in (starts, points, normals)
        )

    def errors(self, learned: Learned) -> torch.Tensor:
        """Return J0c of the exact map minus those of the flow, ``(transition,)``, to first order.

        Differentiable in the weights of the flow.
        """
        moved = learned.carried(self._starts, STEPS)
        return (self._normals * (moved - self._points)).sum(dim=1)


def _start(learned: Learned, critical: Critical, position: float) -> np.ndarray:
    return learned.starts(critical.chord.ray.at([position]))


def _crossed(learned: Learned, critical: Critical) -> tuple[np.ndarray, np.ndarray]:
    """Return where the surface is crossed, and its normal by J0, ``(coupling,)`` each."""
    ray, low, high = critical.chord
    there = handed_over_transition(learned, along=ray, ends=(low, high))
    rows = [_start(learned, critical, there + k * _DIFFERENCE)[0] for k in (-1, 0, 1)]
    below, point, above = learned.flowed(rows, STEPS)
    tangent = (above - below) / (2 * _DIFFERENCE)
    jacobian = chained(exact_steps(learned.teacher, point, EXACT_STEPS)[1])
    normal = jacobian.T @ (jacobian @ tangent)
    return point, normal / (normal @ tangent)
