"""The exact RG map R(J): the student couplings that minimise the KL divergence exactly.

The student is a latent-class model, so the KL divergence has saddles (J = 0 among them) and, with
more than one coupling, several minima. Each start is taken to a minimum by a trust-region Newton
method on the exact Hessian; the result says whether the starts agreed.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.moments import kl_derivatives, mixed_derivative, teacher_distribution

# Two minima closer than this in KL (nats) are the same answer: gauge copies differ by rounding.
_SAME_KL = 1e-9
# Below this KL the student is the teacher to rounding: going on would chase noise to infinity.
_ZERO_KL = 1e-13
_GRADIENT_TOLERANCE = 1e-10
# Share of the largest curvature of the KL that is none.
_FLAT = 1e-9


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
    flat = (np.abs(curvatures) < _FLAT * max(np.abs(curvatures).max(), _FLAT)).sum()
    return Student(
        couplings=best,
        kl=derivatives.kl,
        gradient_norm=float(np.abs(derivatives.gradient).max()),
        starts=len(begins),
        agreeing=int((values < values.min() + _SAME_KL).sum()),
        jacobian=-np.linalg.pinv(derivatives.hessian, rcond=1e-12, hermitian=True) @ mixed,
        flat=int(flat) - (block.constant is not None),
    )


def _descend(block: Block, log_teacher: np.ndarray, begin: np.ndarray):
    cache: dict[bytes, object] = {}

    def at(couplings):
        key = couplings.tobytes()
        if key not in cache:
            cache.clear()
            cache[key] = kl_derivatives(block, log_teacher, couplings)
        return cache[key]

    def stop_at_zero(couplings):
        if at(couplings).kl < _ZERO_KL:
            raise StopIteration

    # scipy's own gradient test stops the run; polishing by plain Newton steps follows.
    result = minimize(
        lambda j: at(j).kl,
        begin,
        jac=lambda j: at(j).gradient,
        hess=lambda j: at(j).hessian,
        method="trust-exact",
        callback=stop_at_zero,
        options={"gtol": _GRADIENT_TOLERANCE, "maxiter": 200, "initial_trust_radius": 0.5},
    )
    couplings, derivatives = result.x, at(result.x)
    for _ in range(5):
        if derivatives.kl < _ZERO_KL:
            break
        step = np.linalg.lstsq(derivatives.hessian, derivatives.gradient, rcond=1e-10)[0]
        candidate = kl_derivatives(block, log_teacher, couplings - step)
        if np.abs(candidate.gradient).max() >= np.abs(derivatives.gradient).max():
            break
        couplings, derivatives = couplings - step, candidate
    return couplings, derivatives.kl
