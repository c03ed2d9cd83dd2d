"""Fixed points and their exponents, of the exact RG map and of a learned flow.

Newton's method on R(J) − J uses the implicit Jacobian of the exact map; on a learned flow it is
Eq. (24). The eigenvalues e_k of one step's Jacobian (of R, or exp(−∇²C)) give
y_k = ln|e_k| / ln √2, because a step rescales lengths by √2.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlrg.errors import ConvergenceError
from mlrg.flow.blocks import rg_block
from mlrg.flow.critical import Bisection, bisect
from mlrg.flow.spectra import central_charge, degeneracy, scaling_dimensions
from mlrg.model import SpinModel
from mlrg.rbm.block import Block
from mlrg.rbm.student import Student, optimal_student

# Widths of the brackets of the critical coupling.
_COARSE, _FINE = 1e-5, 1e-9
# Couplings below this are tried at zero.
_SMALL = 1e-3


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point J* = R(J*) of the exact RG map.

    Attributes
    ----------
    couplings : numpy.ndarray
    kl_bits : float
        KL divergence of the step that maps J* to itself.
    degeneracy : float
    scaling_dimensions : numpy.ndarray
        Δ_k, Δ_0 = 0 first.
    central_charge : float
    exponents : numpy.ndarray
        y_k, largest first; −inf for a direction that one step erases, NaN for one in which the
        student's KL has no curvature, so that its exponent is not resolved.
    residual : float
        Largest component of R(J*) − J*.
    best_kl_bits : float
        Smallest KL of several other starts from J*; below `kl_bits` if the fixed point belongs to
        a local minimum of the student.
    """

    couplings: np.ndarray
    kl_bits: float
    degeneracy: float
    scaling_dimensions: np.ndarray
    central_charge: float
    exponents: np.ndarray
    residual: float
    best_kl_bits: float


def exponents(jacobian: np.ndarray) -> np.ndarray:
    """Return y_k = ln|e_k| / ln √2 of the eigenvalues of one step's Jacobian, largest first."""
    sizes = np.sort(np.abs(np.linalg.eigvals(jacobian)))[::-1]
    with np.errstate(divide="ignore"):
        return np.where(sizes > 1e-12, np.log(sizes) / np.log(np.sqrt(2.0)), -np.inf)


def exact_fixed_point(
    block: Block, start: np.ndarray, tolerance: float = 1e-11, steps: int = 50
) -> FixedPoint:
    """Return the fixed point of the exact RG map near `start`, by Newton's method on R(J) − J.

    Raises
    ------
    ConvergenceError
        If the iteration does not reach the tolerance.
    """
    couplings, student = _newton(block, np.array(start, dtype=float), tolerance, steps)
    # Couplings of free spins change the KL in fourth order only: close to zero a search for the
    # student stays wherever it begins, and every such place looks like a fixed point.
    small = np.abs(couplings) < _SMALL
    if couplings[small].any():
        try:
            without, mapped = _newton(block, np.where(small, 0.0, couplings), tolerance, steps)
        except ConvergenceError:
            return _describe(block, couplings, student)
        if np.abs(without - couplings).max() < 2 * _SMALL:
            couplings, student = without, mapped
    return _describe(block, couplings, student)


def _newton(block: Block, couplings: np.ndarray, tolerance: float, steps: int):
    """Return a zero of R(J) − J by damped Newton steps, and its student."""
    start = couplings
    for _ in range(steps):
        student = optimal_student(block, couplings, start=couplings)
        residual = student.couplings - couplings
        if np.abs(residual).max() < tolerance:
            return couplings, student
        step = np.linalg.lstsq(student.jacobian - np.eye(len(couplings)), residual, rcond=1e-10)[0]
        couplings = couplings - step * min(1.0, 0.5 / np.abs(step).max())
    raise ConvergenceError(
        f"Newton's method found no fixed point of the RG map near {start} "
        f"(residual {np.abs(residual).max():.2g}): start closer to one"
    )


def critical_fixed_point(block: Block, bisection: Bisection) -> FixedPoint:
    """Return the fixed point that the critical flow of a bisection passes.

    Newton's method starts where the flow moves least before it falls into a phase.

    Raises
    ------
    ConvergenceError
        If the flow does not linger anywhere, or Newton's method ends elsewhere.
    """
    found = exact_fixed_point(block, bisection.couplings)
    if abs(found.degeneracy - round(found.degeneracy)) < 1e-6:
        raise ConvergenceError(
            f"Newton's method from the critical flow at J0 = {bisection.critical_coupling:.6g} "
            f"fell into the phase of degeneracy {round(found.degeneracy)}: "
            "no critical fixed point was found"
        )
    return found


def _describe(block: Block, couplings: np.ndarray, student: Student) -> FixedPoint:
    found = exponents(student.jacobian)
    found[len(found) - student.flat :] = np.nan
    return FixedPoint(
        couplings=couplings,
        kl_bits=float(student.kl_bits),
        degeneracy=degeneracy(block, couplings),
        scaling_dimensions=scaling_dimensions(block, couplings),
        central_charge=central_charge(block, couplings),
        exponents=found,
        residual=float(np.abs(student.couplings - couplings).max()),
        best_kl_bits=optimal_student(block, couplings).kl_bits,
    )


def stationary_point(
    velocity: Callable[[np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    tolerance: float = 1e-10,
    steps: int = 50,
    largest_step: float = 0.5,
) -> np.ndarray:
    """Return the zero of a flow's velocity near `start` by Newton's method, Eq. (24).

    With v = −∇C the step is J → J − (∇²C)⁻¹ ∇C, cut to `largest_step` in any coupling.

    Raises
    ------
    ConvergenceError
        If the velocity does not vanish to the tolerance.
    """
    couplings = np.array(start, dtype=float)
    for _ in range(steps):
        speed = velocity(couplings)
        if np.abs(speed).max() < tolerance:
            return couplings
        step = np.linalg.lstsq(jacobian(couplings), speed, rcond=1e-12)[0]
        couplings = couplings - step * min(
            1.0, largest_step / max(np.abs(step).max(), largest_step)
        )
    raise ConvergenceError(
        f"Newton's method found no fixed point of the flow near {np.array(start)} "
        f"(speed {np.abs(speed).max():.2g}): start closer to one"
    )


def fixed_point(
    model: SpinModel, low: float | None = None, high: float | None = None
) -> FixedPoint:
    """Return the unstable fixed point of a model's exact RG map, without training.

    The critical axis coupling is bisected between `low` and `high`, or at the first change of phase
    on the axis; Newton's method starts where the critical flow lingers.

    Raises
    ------
    ConvergenceError
        If there is no transition on the axis, or the critical flow leads to no fixed point.
    BudgetError
        If the model's spins have too many states for exact enumeration.
    """
    block = rg_block(model)
    # Newton's method usually needs no more than a coarse bisection.
    try:
        return critical_fixed_point(block, bisect(block, low, high, tolerance=_COARSE))
    except ConvergenceError:
        return critical_fixed_point(block, bisect(block, low, high, tolerance=_FINE))
