"""The exact RG map R(J): the student couplings that minimise the KL divergence exactly.

The student is a latent-class model, so the KL divergence has saddles (J = 0 among them) and, with
more than one coupling, several minima. Each start is taken to a minimum by Newton's method on the
exact Hessian, its steps bounded by a trust region; the result says whether the starts agreed.

The subproblem of a step, the minimum of a quadratic form in a ball, is solved by taking the Hessian
of a few couplings apart; that is several times quicker than a general library's iteration, and the
step is most of what the exact map costs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.moments import kl_derivatives, mixed_derivative, teacher_distribution

# Two minima closer than this in KL (nats) are the same answer: gauge copies differ by rounding.
_SAME_KL = 1e-9
# Below this KL the student is the teacher to rounding along every direction of little curvature:
# going on there would chase noise to infinity. What curvature is then little, as a share.
_ZERO_KL, _STIFF = 1e-13, 1e-6
_GRADIENT_TOLERANCE = 1e-10
# Steps of a descent, and of Newton's method at its end; their largest size, and what is none.
_STEPS, _POLISHING, _LARGEST, _SMALLEST = 200, 100, 0.5, 2e-16
# Falls of the KL below this share of it are not seen.
_ROUNDING = 1e-15
# Share of the largest curvature of the KL that is none, and a largest one that is all rounding.
_FLAT, _LITTLE = 1e-9, 1e-6
# A direction with less slope than this, and less of the largest curvature, is left alone: away from
# the minimum of the others, those of free spins look like saddles.
_NO_SLOPE, _NO_CURVATURE = 1e-15, 1e-7


@dataclass(frozen=True)
class Student:
    """A KL-optimal student.

    Attributes
    ----------
    couplings : numpy.ndarray
        Shape ``(student coupling,)``.
    kl : float
        D_KL(p_tch ‖ p_std) in nats.
    gradient_norm : float
        Largest component of the KL gradient at the answer.
    starts, agreeing : int
        Number of starts tried, and how many reached this KL within 1e-9 nats.
    jacobian : numpy.ndarray
        ∂R/∂J by implicit differentiation, shape ``(student coupling, teacher coupling)``.
    flat : int
        Number of directions in which the KL has no curvature although they change the energy, so
        that the Jacobian says nothing of them. Spins that are free are an example: the KL is of
        fourth order in their couplings.
    """

    couplings: np.ndarray
    kl: float
    gradient_norm: float
    starts: int
    agreeing: int
    jacobian: np.ndarray
    flat: int = 0

    @property
    def kl_bits(self) -> float:
        """The KL divergence in bits."""
        return self.kl / np.log(2.0)

    @property
    def converged(self) -> bool:
        """Whether the gradient vanishes to 1e-7."""
        return self.gradient_norm < 1e-7


def optimal_student(
    block: Block,
    teacher,
    start=None,
    starts: int = 8,
    rng: np.random.Generator | None = None,
) -> Student:
    """Return the student that minimises the KL divergence (Eq. 7).

    Of several minima with the same KL the lexicographically largest couplings are returned. Where
    the couplings contain a constant energy, the student has none of it.

    Parameters
    ----------
    block : Block
    teacher : array
        One set of teacher couplings, shape ``(teacher coupling,)``.
    start : array, optional
        Begin here and only here, to continue along a flow without jumping between gauge copies;
        several rows are several starts.
    starts : int
        Number of random starts when `start` is not given.
    rng : numpy.random.Generator, optional
        Source of the random starts; a generator seeded with 0 by default.

    Raises
    ------
    CouplingError
        If the teacher's couplings are not finite or of the wrong number.
    """
    teacher = as_couplings(teacher, block.teacher.shape[0], "teacher")
    dimension = block.student.shape[0]
    log_teacher = teacher_distribution(block, teacher)
    if start is not None:
        begins = list(as_couplings(start, dimension, "student"))
    else:
        rng = rng or np.random.default_rng(0)
        begins = list(rng.normal(scale=0.7, size=(starts, dimension)))
        if dimension == teacher.shape[1]:
            begins.append(teacher[0] + rng.normal(scale=0.1, size=dimension))
    minima = [_descend(block, log_teacher, begin) for begin in begins]
    if block.constant is not None:
        # A constant energy changes nothing; without it a fixed point is one point and not a line.
        minima = [(j - block.constant * (block.constant @ j), value) for j, value in minima]
    values = np.array([value for _, value in minima])
    # Relabelled spins give several minima with one distribution; the largest stands for all.
    equal = [couplings for couplings, value in minima if value < values.min() + _SAME_KL]
    best = max(equal, key=lambda couplings: tuple(np.round(couplings, 6)))
    derivatives = kl_derivatives(block, log_teacher, best)
    mixed = mixed_derivative(block, log_teacher, derivatives.conditional_means, teacher[0])
    curvatures = np.linalg.eigvalsh(derivatives.hessian)
    flat = (np.abs(curvatures) < _FLAT * max(np.abs(curvatures).max(), _LITTLE)).sum()
    # Deep in a phase curvatures are too small to be divided by.
    size = np.abs(derivatives.hessian).max() or 1.0
    inverse = np.linalg.pinv(derivatives.hessian / size, rcond=1e-12, hermitian=True)
    return Student(
        couplings=best,
        kl=derivatives.kl,
        gradient_norm=float(np.abs(derivatives.gradient).max()),
        starts=len(begins),
        agreeing=int((values < values.min() + _SAME_KL).sum()),
        jacobian=-inverse @ (mixed / size),
        flat=int(flat) - (block.constant is not None),
    )


def _descend(block: Block, log_teacher: np.ndarray, begin: np.ndarray):
    """Return the minimum that a start leads to, and its KL."""
    couplings, radius = np.array(begin), _LARGEST
    here = kl_derivatives(block, log_teacher, couplings)
    for _ in range(_STEPS):
        if np.abs(here.gradient).max() < _GRADIENT_TOLERANCE or here.kl < _ZERO_KL:
            break
        step = _bounded_minimum(here.gradient, here.hessian, radius)
        fall = -(here.gradient @ step + 0.5 * step @ here.hessian @ step)
        if fall < _ROUNDING * here.kl:
            break
        there = kl_derivatives(block, log_teacher, couplings + step)
        ratio = (here.kl - there.kl) / fall
        if ratio < 0.25:
            radius *= 0.25
        elif ratio > 0.75 and np.linalg.norm(step) > 0.99 * radius:
            radius *= 2.0
        if ratio > 0.15:
            couplings, here = couplings + step, there
        elif radius < _SMALLEST:
            break
    return _polished(block, log_teacher, couplings, here)


def _bounded_minimum(gradient: np.ndarray, hessian: np.ndarray, radius: float) -> np.ndarray:
    """Return the minimum of g·s + s·Hs/2 in a ball |s| ≤ radius."""
    values, vectors = np.linalg.eigh(hessian)
    known = np.abs(values) > _NO_CURVATURE * np.abs(values).max()
    known |= np.abs(vectors.T @ gradient) > _NO_SLOPE
    values, vectors = values[known], vectors[:, known]
    along = vectors.T @ gradient
    if values[0] > 0:
        step = -along / values
        if step @ step <= radius**2:
            return vectors @ step
    low = max(0.0, -values[0])

    def excess(shift):
        return 1 / radius - 1 / np.linalg.norm(along / (values + low + shift))

    # On the sphere (H + λ) s = −g with H + λ positive; s shortens as λ grows.
    smallest = 1e-14 * max(1.0, np.abs(values).max())
    if excess(smallest) <= 0:
        # The gradient has no part along the lowest direction: what is missing is taken from it.
        step = -along / (values + low + smallest)
        step[0] += np.sqrt(max(0.0, radius**2 - step @ step))
        return vectors @ step
    highest = 2 * np.linalg.norm(along) / radius + smallest
    shift = brentq(excess, smallest, highest, rtol=1e-10)
    return vectors @ (-along / (values + low + shift))


def _polished(block: Block, log_teacher: np.ndarray, couplings: np.ndarray, here):
    """Return where plain Newton steps lead while they make the gradient smaller, and its KL."""
    for _ in range(_POLISHING):
        cutoff = _STIFF if here.kl < _ZERO_KL else 1e-10
        scale = np.abs(here.hessian).max() or 1.0
        step = np.linalg.lstsq(here.hessian / scale, here.gradient / scale, rcond=cutoff)[0]
        size = np.abs(step).max()
        if size < _SMALLEST * (1 + np.abs(couplings).max()):
            break
        step = step * min(1.0, _LARGEST / size)
        there = kl_derivatives(block, log_teacher, couplings - step)
        if np.abs(there.gradient).max() >= np.abs(here.gradient).max():
            break
        couplings, here = couplings - step, there
    return couplings, here.kl
