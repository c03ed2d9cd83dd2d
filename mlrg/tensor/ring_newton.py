"""Newton's method on the halves of matched rings, and their linearised step by irrep.

With k = 0 a fixed point is a set of halves S that match their own tensor best, g(S) = 0 in the
notation of `mlrg.tensor.halves`. Newton steps are the shortest solutions of (∂g/∂S) δ = −g among
the δ that G leaves invariant.
"""

import numpy as np
import torch

from mlrg.geometry import CORNERS
from mlrg.rgmap import Improvement, Sector
from mlrg.tensor.halves import FLAT, HalvesFunctions, curvature, linear_step
from mlrg.tensor.legs import Leg
from mlrg.tensor.points import RectangularTensor

# |g| below which the residual is worked out: where g does not vanish, turns of the legs, which
# change nothing, bend the mismatch by as much, and a minimum looks like a saddle.
_CLOSE = 1e-9
# Longest step in units of |S|.
_LONGEST = 0.05


def of_halves(leg: Leg, halves: np.ndarray) -> RectangularTensor:
    """Return the tensor of norm 1 that halves ``(state, inner, outer)`` join to.

    Their length becomes that which matches its ring.
    """
    functions = HalvesFunctions(leg)
    components = torch.from_numpy(functions.halves.packed(halves / np.linalg.norm(halves)))
    # What G leaves invariant, to the last digit; Newton's steps keep it.
    components = functions.basis @ (functions.basis.T @ components)
    whole, overlap, norm = functions.rings(components, components)
    length = (overlap / torch.sqrt(whole) / norm).abs() ** (0.5 / CORNERS)
    return _point(functions, length * components)


def _point(functions: HalvesFunctions, components: torch.Tensor) -> RectangularTensor:
    leg, n = functions.leg, functions.leg.dimension
    whole = functions.dense(components)
    return RectangularTensor(
        leg,
        leg.inversions,
        whole / np.linalg.norm(whole),
        np.ones(n),
        halves=functions.halves.unpacked(components.numpy()),
    )


def ring_newton_step(point: RectangularTensor, nuclear: float = 0.0) -> Improvement:
    """Return the largest change of an entry of T in one step, and halves closer to a fixed point.

    Raises
    ------
    NoAnswerError
        If where the halves are the step is not defined.
    """
    functions = HalvesFunctions(point.leg, nuclear=nuclear)
    components = torch.from_numpy(functions.halves.packed(point.halves))
    basis = functions.basis.numpy()
    slope = basis.T @ functions.slope(components).numpy()
    left, values, right = np.linalg.svd(functions.derivative(functions.slope, components))
    kept = slice(functions.rank)
    largest = float(np.abs(slope).max())
    if not values[kept][-1] > FLAT * values[0]:
        return Improvement(largest, None)
    # What g has along the turns is rounding.
    slope = left[:, kept] @ (left[:, kept].T @ slope)
    residual = _residual(functions, components, slope) if largest < _CLOSE else largest

    def better():
        step = basis @ (right[kept].T @ ((left[:, kept].T @ slope) / values[kept]))
        # Far from a fixed point the linear equations say little.
        share = min(1.0, _LONGEST * np.linalg.norm(components) / np.linalg.norm(step))
        return _point(functions, components - share * torch.from_numpy(step))

    return Improvement(residual, better)


def _residual(functions: HalvesFunctions, components: torch.Tensor, slope: np.ndarray) -> float:
    """Return the largest change of an entry of T when S is replaced by its best match."""
    move = functions.basis @ torch.from_numpy(curvature(functions, components) @ slope)
    before, after = (functions.tensor(halves) for halves in (components, components - move))
    return float((after / after.norm() - before / before.norm()).abs().max())


def own_step(point: RectangularTensor) -> tuple[float, float]:
    """Return s and 1 − F of the step of a fixed point's halves to themselves.

    The length of S drops out of F; eight halves of the ring, four of them in T', take the length
    that matches the ring.
    """
    functions = HalvesFunctions(point.leg)
    components = torch.from_numpy(functions.halves.packed(point.halves))
    whole, overlap, norm = functions.rings(components, components)
    length = functions.tensor(components).norm()
    # Of the ring, T counts four times, of T' once.
    growth = 0.5 * torch.log(overlap / norm) - torch.log(length)
    return float(growth), float(1.0 - overlap**2 / (whole * norm))


def ring_sectors(point: RectangularTensor, nuclear: float = 0.0) -> dict[str, Sector]:
    """Return the linearised step on the perturbations of S by irrep of G.

    Raises
    ------
    NoAnswerError
        If the halves are not the unique best match.
    """
    found = {}
    for number, irrep in enumerate(point.leg.irreps.all):
        functions = HalvesFunctions(point.leg, number, nuclear)
        components = torch.from_numpy(functions.halves.packed(point.halves))
        found[irrep.name] = Sector(linear_step(functions, components), irrep.commutant)
    return found
