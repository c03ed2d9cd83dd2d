"""Derivatives of the exact KL divergence to second order, for Newton steps and exponents.

With φ_d(x, z) = Σ_i Φ_i[d, x_i, z] and p_m the teacher's probability of orbit m,

    ∇_std KL        = E_std[φ] − Σ_m p_m E_std[φ | x_m],
    ∇²_std KL       = Cov_std[φ] − Σ_m p_m Cov_std[φ | x_m],
    ∇_std ∇_tch KL  = −Cov_p(E_std[φ | x], E_tch[φ_tch | x]),

and the last one gives the Jacobian of the RG map by implicit differentiation.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, softmax

from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.exact import log_weights

_CHUNK_CELLS = 4_000_000


class Derivatives(NamedTuple):
    """KL (nats), gradient ``(coupling,)``, Hessian ``(coupling, coupling)``, and E_std[φ | x]
    of every orbit, ``(orbit, coupling)``."""

    kl: float
    gradient: np.ndarray
    hessian: np.ndarray
    conditional_means: np.ndarray


def teacher_distribution(block: Block, couplings) -> np.ndarray:
    """Return the log of the teacher's probability of each orbit as a whole, ``(orbit,)``."""
    logs = log_weights(block, couplings, "teacher")[0] + np.log(block.multiplicities)
    return logs - logsumexp(logs)


def student_features(block: Block, first: int = 0, last: int | None = None) -> np.ndarray:
    """Return φ[m, z, d] for orbit representatives ``first:last``."""
    corners = block.configurations[first:last]
    total = 0.0
    for i in range(4):
        turned = block.student[:, block.visible_turns[i], :][:, :, block.hidden_turns[i]]
        total = total + turned[:, corners[:, i], :]
    return np.ascontiguousarray(np.moveaxis(total, 0, 2))


def kl_derivatives(block: Block, log_teacher: np.ndarray, student: np.ndarray) -> Derivatives:
    """Return KL, gradient and Hessian in the student's couplings.

    Parameters
    ----------
    block : Block
    log_teacher : numpy.ndarray
        Log probability of each orbit, from `teacher_distribution`.
    student : numpy.ndarray
        Couplings, shape ``(student coupling,)``.
    """
    dimension, _, hidden = block.student.shape
    orbits = len(block.multiplicities)
    chunk = max(1, _CHUNK_CELLS // (hidden * dimension))
    logits = np.empty((orbits, hidden))
    for first in range(0, orbits, chunk):
        logits[first : first + chunk] = student_features(block, first, first + chunk) @ student
    log_weight = logsumexp(logits, axis=1) + np.log(block.multiplicities)
    log_student = log_weight - logsumexp(log_weight)
    teacher, model = np.exp(log_teacher), np.exp(log_student)
    posterior = softmax(logits, axis=1)
    means = np.empty((orbits, dimension))
    second = np.zeros((dimension, dimension))
    for first in range(0, orbits, chunk):
        part = slice(first, first + chunk)
        features = student_features(block, first, first + chunk)
        means[part] = np.einsum("mz,mzd->md", posterior[part], features, optimize=True)
        weights = ((model - teacher)[part, None] * posterior[part]).ravel()
        flat = features.reshape(-1, dimension)
        second += (flat * weights[:, None]).T @ flat
    mean = model @ means
    # Cov_std − Σ p Cov(·|x): the second moments enter with model − teacher, the conditional means
    # of the teacher's configurations and the model's mean complete the squares.
    hessian = second + (means * teacher[:, None]).T @ means - np.outer(mean, mean)
    ratio = np.where(teacher > 0, log_teacher - log_student, 0.0)
    return Derivatives(float(max(teacher @ ratio, 0.0)), mean - teacher @ means, hessian, means)


def teacher_conditional_means(block: Block, couplings) -> np.ndarray:
    """Return E_tch[φ_tch | x] of every orbit representative, ``(orbit, teacher coupling)``."""
    couplings = as_couplings(couplings, block.teacher.shape[0], "teacher")[0]
    turns = block.visible_turns
    opposite = block.teacher[:, turns[2], :][:, :, turns[2]]
    pair = block.teacher[:, :, :, None] + opposite[:, :, None, :]
    weights = softmax(np.tensordot(couplings, pair, axes=1), axis=0)
    edge = np.einsum("zxy,dzxy->xyd", weights, pair)
    total = 0.0
    for i in range(4):
        x, y = block.configurations[:, i], block.configurations[:, (i + 1) % 4]
        total = total + edge[turns[i, x], turns[i, y]]
    return total


def mixed_derivative(block: Block, log_teacher, conditional_means, teacher) -> np.ndarray:
    """Return ∂²KL/∂J_std ∂J_tch, shape ``(student coupling, teacher coupling)``."""
    probabilities = np.exp(log_teacher)
    teacher_means = teacher_conditional_means(block, teacher)
    centred = teacher_means - probabilities @ teacher_means
    return -(conditional_means * probabilities[:, None]).T @ centred
