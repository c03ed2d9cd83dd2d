"""Fixed points of the optimised flow, by Newton's method on its halves, and their exponents.

With k = 0 a fixed point is a set of halves S that match their own tensor best, g(S) = 0 in the
notation of `mlrg.tensor.loop_linearised`. Newton steps are the shortest solutions of
(∂g/∂S) δ = −g; the eigenvalues e of one linearised step in a sector of G give y = ln|e| / ln √2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch.func import jacrev

from mlrg.errors import BudgetError, ConvergenceError
from mlrg.model import SpinModel
from mlrg.tensor import spectra
from mlrg.tensor.critical import TensorBisection, critical_coupling
from mlrg.tensor.fixed_points import aligned
from mlrg.tensor.legs import Leg
from mlrg.tensor.loop import loop_halves, loop_join
from mlrg.tensor.loop_linearised import FLAT, HalvesFunctions, curvature, linear_step, sector_row
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.step import LEVIN_NAVE

# Largest leg whose n³ equations are solved.
LEG_LIMIT = 8
# Steps of the flow, those that change Z and Δ least first, from which Newton's method starts.
_STARTS = 4


@dataclass(frozen=True, eq=False)
class LoopFixedPoint:
    """A tensor that one optimised RG step maps to itself.

    Attributes
    ----------
    leg : Leg
    halves : numpy.ndarray
        S^z_ia of norm 1, shape ``(state, inner, outer)``.
    residual : float
        Largest change of an entry of T, of norm 1, in one RG step.
    steps : int
        Newton steps it took.
    """

    leg: Leg
    halves: np.ndarray
    residual: float
    steps: int

    @cached_property
    def _functions(self) -> HalvesFunctions:
        return HalvesFunctions(self.leg)

    @cached_property
    def tensor(self) -> LoopTensor:
        """The fixed point, of norm 1."""
        whole = self._functions.joined(torch.from_numpy(self.halves)).numpy()
        ones = np.ones(self.leg.dimension)
        return LoopTensor(self.leg, self.leg.inversions, whole / np.linalg.norm(whole), ones)

    @property
    def infidelity(self) -> float:
        """1 − F of the ring."""
        tensor, halves = torch.from_numpy(self.tensor.dense), torch.from_numpy(self.halves)
        return float(-torch.expm1(-self._functions.gap(tensor, halves)))

    @property
    def degeneracy(self) -> float:
        """Z of the torus."""
        return spectra.degeneracy(self.tensor)

    def levels(self, count: int = 8):
        """Return Δ with their sectors from a ring of two columns."""
        return spectra.spectrum(self.tensor, 2, count)

    @property
    def central_charge(self) -> float:
        """c = (12/π)(ln λ_0 − 2s), where one RG step multiplies T by e^s."""
        tensor, halves = torch.from_numpy(self.tensor.dense), torch.from_numpy(self.halves)
        _, overlap, norm = self._functions.rings(tensor, halves)
        # Eight halves of the ring, four of them in T', take the length that matches it.
        growth = 0.5 * torch.log(overlap / norm) + torch.log(self._functions.joined(halves).norm())
        return 12 / np.pi * (spectra.log_largest_eigenvalue(self.tensor, 2) - 2 * float(growth))

    @cached_property
    def linear(self) -> np.ndarray:
        """L on all perturbations of S, shape ``(n³, n³)``."""
        return linear_step(self.leg, self._functions, torch.from_numpy(self.halves))

    def exponents(self, irrep: int = 0, count: int = 4) -> np.ndarray:
        """Return the largest y = ln|e| / ln √2 of one irrep of G, falling.

        Parameters
        ----------
        irrep : int
            Number of the irrep in ``leg.irreps``; 0 is the trivial one: y_t is its first, y_h the
            first of the order parameter's.
        count : int
            At most as many.
        """
        label, basis = self.leg.irreps[irrep], sector_row(self.leg, irrep)
        sizes = np.sort(np.abs(np.linalg.eigvals(basis.T @ self.linear @ basis)))[::-1]
        # Every eigenvalue comes as often as the irrep's commutant has dimensions.
        sizes = sizes[:: label.commutant][:count]
        return np.log(sizes[sizes > 1e-12]) / np.log(np.sqrt(2.0))


def loop_newton(
    leg: Leg, halves: np.ndarray, tolerance: float = 1e-11, steps: int = 20
) -> LoopFixedPoint:
    """Return the fixed point near a set of halves.

    Parameters
    ----------
    leg : Leg
        Of the new index as of both old ones.
    halves : numpy.ndarray
        S^z_ia, shape ``(state, inner, outer)``.
    tolerance : float
        Largest change of an entry of T in one step at which to stop.
    steps : int
        Newton steps at most.

    Raises
    ------
    BudgetError
        If the leg is too large.
    ConvergenceError
        If the residual does not fall below the tolerance, or where it ends no step is defined.
    """
    _require_few(leg.dimension)
    functions = HalvesFunctions(leg)
    found = torch.from_numpy(halves / np.linalg.norm(halves))
    size = found.numel()
    for count in range(steps + 1):
        slope = functions.slope(found).reshape(-1).numpy()
        jacobian = jacrev(functions.slope)(found).reshape(size, size).numpy()
        left, values, right = np.linalg.svd(jacobian)
        kept = slice(functions.rank)
        if not values[kept][-1] > FLAT * values[0]:
            break
        # What g has along the rotations is rounding.
        slope = left[:, kept] @ (left[:, kept].T @ slope)
        residual = np.inf
        if np.abs(slope).max() < np.sqrt(tolerance):
            residual = _residual(leg, functions, found, slope)
        if residual < tolerance:
            return LoopFixedPoint(leg, found.numpy(), float(residual), count)
        step = right[kept].T @ ((left[:, kept].T @ slope) / values[kept])
        found = _symmetric(leg, found - torch.from_numpy(step).reshape(found.shape))
        found = found / found.norm()
    raise ConvergenceError(
        f"Newton's method found no fixed point of the optimised flow (|g| = "
        f"{np.abs(slope).max():.2g} after {count} steps): start closer to one, or keep another "
        "number of states"
    )


def _require_few(states: int) -> None:
    if states > LEG_LIMIT:
        raise BudgetError(
            f"halves of {states} states are {states**3} unknowns (limit {LEG_LIMIT**3}): keep "
            "fewer states"
        )


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


def loop_critical_fixed_point(bisection: TensorBisection) -> LoopFixedPoint:
    """Return the fixed point that the critical flow of an optimised bisection (k = 0) passes.

    Newton's method starts where one step changes Z and the two lowest Δ least of all.

    Raises
    ------
    ConvergenceError
        If it finds none from any of the first starts.
    """
    failure = None
    for step in np.argsort(bisection.moves)[:_STARTS]:
        tensor = bisection.flow[step]
        try:
            halves = loop_halves(tensor, tensor.leg.dimension)
            halves = aligned(tensor, halves, lambda new, old=tensor: loop_join(old, new))
            sizes = tensor.leg.spread(np.sqrt(np.abs(halves.values)))
            return loop_newton(tensor.leg, sizes[:, None, None] * halves.vectors)
        except ConvergenceError as error:
            failure = failure or error
    raise failure


def loop_fixed_point(model: SpinModel, states: int, low=None, high=None) -> LoopFixedPoint:
    """Return the critical fixed point of a model's optimised flow; raises as `loop_newton`."""
    _require_few(states)
    found = critical_coupling(
        model, states, low, high, power=LEVIN_NAVE, tolerance=1e-10, optimised=True
    )
    return loop_critical_fixed_point(found)
