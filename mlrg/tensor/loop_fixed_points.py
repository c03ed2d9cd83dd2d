"""Fixed points of the optimised flow, by Newton's method on its halves, and their exponents.

With k = 0 a fixed point is a set of halves S that match their own tensor best: with T(S) joined
from S (`mlrg.tensor.loop`) and F the fidelity of a ring (`mlrg.tensor.ring`),

    g(S) = −∂ ln F(T(S), S') / ∂S'  at  S' = S,     g(S) = 0.

F does not change with the length of S', with a rotation of its new index or with one of its inner
leg (rotations that keep the bond metric σ), so that n(n − 1) + 1 directions carry nothing; Newton
steps are the shortest solutions of (∂g/∂S) δ = −g. One RG step turns δS into

    L δS = H⁺ (∂² ln F / ∂S'∂T) (∂T/∂S) δS,     H = −∂² ln F / ∂S'²,

whose eigenvalues e in a sector of G give y = ln|e| / ln √2. A change of basis has e = 0: it turns
the outer legs of the next halves only, which are joined to each other.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch.func import grad, jacrev

from mlrg.errors import BudgetError, ConvergenceError
from mlrg.model import SpinModel
from mlrg.tensor import spectra
from mlrg.tensor.critical import TensorBisection, critical_coupling
from mlrg.tensor.fixed_points import aligned
from mlrg.tensor.legs import Leg
from mlrg.tensor.loop import loop_halves, loop_join
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.step import LEVIN_NAVE

# Largest leg whose n³ equations are solved.
LEG_LIMIT = 8
# Least eigenvalues of H and least singular value of ∂g/∂S in units of the largest: below it F has
# flat directions of its own and the halves are not unique.
_FLAT = 1e-9
# Steps of the flow, those that change Z and Δ least first, from which Newton's method starts.
_STARTS = 4


class _Halves:
    """T(S) and −ln F(T, S') as differentiable functions of S ``(state, inner, outer)``."""

    def __init__(self, leg: Leg):
        self.size = leg.dimension
        self.signs = torch.tensor(leg.spread([m.inversion for m in leg.multiplets]))
        self.ends = torch.kron(self.signs, self.signs)[:, None]

    @property
    def rank(self) -> int:
        """Directions of S that F depends on."""
        n = self.size
        return n**3 - n * (n - 1) - 1

    def joined(self, halves: torch.Tensor) -> torch.Tensor:
        """Return T'_zuvw of any length."""
        bond = self.signs
        two = torch.einsum("zab,b,ucb->zuac", halves, bond, halves)
        return torch.einsum("zuac,a,c,vwca->zuvw", two, bond, bond, two)

    def rings(self, tensor: torch.Tensor, halves: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return ⟨T|T⟩, ⟨T|S⟩ and ⟨S|S⟩ of the ring."""
        ours = tensor.permute(0, 3, 1, 2)
        theirs = torch.einsum("z,zia,zjb->ijab", self.signs, halves, halves)
        return self._ring(ours, ours), self._ring(ours, theirs), self._ring(theirs, theirs)

    def _ring(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        n = self.size
        transfer = torch.einsum("ijab,klab->ikjl", first, second).reshape(n * n, n * n) * self.ends
        square = transfer @ transfer
        return (square * square.T).sum()

    def gap(self, tensor: torch.Tensor, halves: torch.Tensor) -> torch.Tensor:
        """Return −ln F."""
        whole, overlap, norm = self.rings(tensor, halves)
        return torch.log(whole) + torch.log(norm) - 2 * torch.log(overlap.abs())

    def slope(self, halves: torch.Tensor) -> torch.Tensor:
        """Return g(S)."""
        return grad(self.gap, argnums=1)(self.joined(halves), halves)

    def mismatch(self, halves: torch.Tensor, fixed: torch.Tensor) -> torch.Tensor:
        """Return −∂ ln F(T(S), S') / ∂S' at another S'."""
        return grad(self.gap, argnums=1)(self.joined(halves), fixed)


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
    def _functions(self) -> _Halves:
        return _Halves(self.leg)

    @cached_property
    def tensor(self) -> LoopTensor:
        """The fixed point, of norm 1."""
        whole = self._functions.joined(torch.from_numpy(self.halves)).numpy()
        weights = np.array([float(m.inversion) for m in self.leg.multiplets])
        ones = np.ones(self.leg.dimension)
        return LoopTensor(self.leg, weights, whole / np.linalg.norm(whole), ones)

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
        functions, size = self._functions, self.halves.size
        halves = torch.from_numpy(self.halves)
        inverse = _curvature(self.leg, functions, halves)
        mixed = jacrev(functions.mismatch)(halves, halves).reshape(size, size).numpy()
        return -inverse @ mixed

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
        label, basis = self.leg.irreps[irrep], _row(self.leg, irrep)
        sizes = np.sort(np.abs(np.linalg.eigvals(basis.T @ self.linear @ basis)))[::-1]
        # Every eigenvalue comes as often as the irrep's commutant has dimensions.
        sizes = sizes[:: label.commutant][:count]
        return np.log(sizes[sizes > 1e-12]) / np.log(np.sqrt(2.0))


def _row(leg: Leg, number: int) -> np.ndarray:
    """Return orthonormal perturbations of S that are one row of an irrep, as columns."""
    irrep = leg.irreps[number]
    coefficients = irrep.dimension / len(irrep.matrices) * irrep.matrices[:, 0, 0]
    projector = sum(
        c * np.kron(np.kron(action, action), action)
        for c, action in zip(coefficients, leg.actions, strict=True)
    )
    kept, vectors = np.linalg.eigh(0.5 * (projector + projector.T))
    return vectors[:, kept > 0.5]


def _curvature(leg: Leg, functions: _Halves, halves: torch.Tensor) -> np.ndarray:
    """Return H⁺ at halves that G leaves invariant.

    Raises
    ------
    ConvergenceError
        If others that G leaves invariant match better or, to second order, as well.
    """
    tensor = functions.joined(halves)
    size = halves.numel()
    matrix = (
        jacrev(grad(functions.gap, argnums=1), argnums=1)(tensor, halves)
        .reshape(size, size)
        .numpy()
    )
    basis = _row(leg, 0)
    invariant = np.linalg.eigvalsh(basis.T @ matrix @ basis)
    if invariant[0] < -_FLAT * invariant[-1]:
        raise ConvergenceError("the halves are a saddle of the fidelity, not its maximum")
    values, vectors = np.linalg.eigh(matrix)
    kept = np.argsort(np.abs(values))[size - functions.rank :]
    if np.abs(values[kept[0]]) < _FLAT * values[-1]:
        raise ConvergenceError("many halves match the ring equally well: the step is not unique")
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


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
    functions = _Halves(leg)
    found = torch.from_numpy(halves / np.linalg.norm(halves))
    size = found.numel()
    for count in range(steps + 1):
        slope = functions.slope(found).reshape(-1).numpy()
        jacobian = jacrev(functions.slope)(found).reshape(size, size).numpy()
        left, values, right = np.linalg.svd(jacobian)
        kept = slice(functions.rank)
        if not values[kept][-1] > _FLAT * values[0]:
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


def _residual(leg: Leg, functions: _Halves, halves: torch.Tensor, slope: np.ndarray) -> float:
    """Return the largest change of an entry of T when S is replaced by its best match."""
    move = torch.from_numpy(_curvature(leg, functions, halves) @ slope).reshape(halves.shape)
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
