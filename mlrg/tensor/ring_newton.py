"""Newton's method on the halves of matched rings, and their linearised step by irrep.

With k = 0 a fixed point is a set of halves S that match their own tensor best, g(S) = 0 in the
notation of `mlrg.tensor.halves`. Newton steps are the shortest solutions of (∂g/∂S) δ = −g.
"""

import numpy as np
import torch
from torch.func import jacrev

from mlrg.rgmap import Improvement, Sector
from mlrg.tensor.halves import FLAT, HalvesFunctions, curvature, linear_step, sector_row
from mlrg.tensor.legs import Leg
from mlrg.tensor.points import RectangularTensor

# |g| below which the residual is worked out: where g does not vanish, rotations of the legs, which
# change nothing, bend the fidelity by as much, and a maximum looks like a saddle.
_CLOSE = 1e-9


def of_halves(leg: Leg, halves: np.ndarray) -> RectangularTensor:
    """Return the tensor of norm 1 that halves ``(state, inner, outer)`` of norm 1 join to."""
    halves = halves / np.linalg.norm(halves)
    whole = HalvesFunctions(leg).joined(torch.from_numpy(halves)).numpy()
    ones = np.ones(leg.dimension)
    return RectangularTensor(
        leg, leg.inversions, whole / np.linalg.norm(whole), ones, halves=halves
    )


def ring_newton_step(point: RectangularTensor) -> Improvement:
    """Return the largest change of an entry of T in one step, and halves closer to a fixed point.

    Raises
    ------
    NoAnswerError
        If where the halves are the step is not defined.
    """
    leg, functions = point.leg, HalvesFunctions(point.leg)
    halves = torch.from_numpy(point.halves)
    size = halves.numel()
    slope = functions.slope(halves).reshape(-1).numpy()
    jacobian = jacrev(functions.slope)(halves).reshape(size, size).numpy()
    left, values, right = np.linalg.svd(jacobian)
    kept = slice(functions.rank)
    largest = float(np.abs(slope).max())
    if not values[kept][-1] > FLAT * values[0]:
        return Improvement(largest, None)
    # What g has along the rotations is rounding.
    slope = left[:, kept] @ (left[:, kept].T @ slope)
    residual = _residual(leg, functions, halves, slope) if largest < _CLOSE else largest

    def better():
        step = right[kept].T @ ((left[:, kept].T @ slope) / values[kept])
        moved = halves - torch.from_numpy(step).reshape(halves.shape)
        return of_halves(leg, _symmetric(leg, moved).numpy())

    return Improvement(residual, better)


def _residual(
    leg: Leg, functions: HalvesFunctions, halves: torch.Tensor, slope: np.ndarray
) -> float:
    """Return the largest change of an entry of T when S is replaced by its best match."""
    move = torch.from_numpy(curvature(leg, functions, halves) @ slope).reshape(halves.shape)
    before, after = functions.joined(halves), functions.joined(halves - move)
    return float((after / after.norm() - before / before.norm()).abs().max())


def _symmetric(leg: Leg, halves: torch.Tensor) -> torch.Tensor:
    """Return the part of S that G leaves invariant, to the last digit."""
    actions = torch.from_numpy(leg.actions)
    turned = torch.einsum("gzu,gia,gjb,uab->zij", actions, actions, actions, halves)
    return turned / len(actions)


def own_step(point: RectangularTensor) -> tuple[float, float]:
    """Return s and 1 − F of the step of a fixed point's halves to themselves.

    The length of S drops out of F; eight halves of the ring, four of them in T', take the length
    that matches the ring.
    """
    functions = HalvesFunctions(point.leg)
    tensor, halves = torch.from_numpy(point.dense), torch.from_numpy(point.halves)
    _, overlap, norm = functions.rings(tensor, halves)
    growth = 0.5 * torch.log(overlap / norm) + torch.log(functions.joined(halves).norm())
    return float(growth), float(-torch.expm1(-functions.gap(tensor, halves)))


def ring_sectors(point: RectangularTensor) -> dict[str, Sector]:
    """Return the linearised step on the perturbations of S by irrep of G.

    Raises
    ------
    NoAnswerError
        If the halves are not the unique best match.
    """
    linear = linear_step(point.leg, HalvesFunctions(point.leg), torch.from_numpy(point.halves))
    found = {}
    for number, irrep in enumerate(point.leg.irreps.all):
        basis = sector_row(point.leg, number)
        found[irrep.name] = Sector(basis.T @ linear @ basis, irrep.commutant)
    return found
