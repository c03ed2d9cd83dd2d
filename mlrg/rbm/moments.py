"""Derivatives of the exact KL divergence to second order, for Newton steps and exponents.

With φ_d(x, z) = Σ_i Φ_i[d, x_i, z] and p_m the teacher's probability of orbit m,

    ∇_std KL        = E_std[φ] − Σ_m p_m E_std[φ | x_m],
    ∇²_std KL       = Cov_std[φ] − Σ_m p_m Cov_std[φ | x_m],
    ∇_std ∇_tch KL  = −Cov_p(E_std[φ | x], E_tch[φ_tch | x]),

and the last one gives the Jacobian of the RG map by implicit differentiation.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import softmax

from mlrg.geometry import TURN
from mlrg.rbm import kernels
from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.exact import log_marginals


class Derivatives(NamedTuple):
    """KL (nats), gradient ``(coupling,)``, Hessian ``(coupling, coupling)``, and E_std[φ | x]
    of every orbit representative, ``(orbit, coupling)``."""

    kl: float
    gradient: np.ndarray
    hessian: np.ndarray
    conditional_means: np.ndarray


def teacher_distribution(block: Block, couplings) -> np.ndarray:
    """Return the teacher's log probability of each orbit representative, ``(orbit,)``."""
    return log_marginals(block, couplings, "teacher")[0]


def kl_derivatives(block: Block, log_teacher: np.ndarray, student: np.ndarray) -> Derivatives:
    """Return KL, gradient and Hessian in the student's couplings.

    Parameters
    ----------
    block : Block
    log_teacher : numpy.ndarray
        From `teacher_distribution`, shape ``(orbit,)``.
    student : numpy.ndarray
        Couplings, shape ``(student coupling,)``.
    """
    dimension, orbits = len(student), len(log_teacher)
    first, second = block.pair_features
    likeliest = _likeliest_mean(block, log_teacher, student)
    gradient, hessian = np.empty(dimension), np.empty((dimension, dimension))
    means = np.empty((orbits, dimension))
    kl = kernels.derivatives(
        log_teacher,
        student,
        block.student,
        block.student_measure,
        (first - likeliest, second),
        block.visible_turns,
        block.hidden_turns,
        block.pair_rows,
        block.weights,
        gradient,
        hessian,
        means,
    )
    return Derivatives(kl, gradient, hessian, means + likeliest)


def _likeliest_mean(block: Block, log_teacher: np.ndarray, student: np.ndarray) -> np.ndarray:
    """Return E_std[φ | x] of the teacher's likeliest configuration, ``(coupling,)``.

    Measured from it, features of a phase are zero but for its rare excitations: derivatives keep
    their digits however small they are.
    """
    row_a, row_b = block.pair_rows[np.argmax(log_teacher)]
    terms = block.pair_features[0][row_a] + block.pair_features[1][row_b]
    return softmax(terms @ student + np.log(block.hidden_measure)) @ terms


def teacher_conditional_means(block: Block, couplings) -> np.ndarray:
    """Return E_tch[φ_tch | x] of every orbit representative, ``(orbit, teacher coupling)``."""
    couplings = as_couplings(couplings, block.teacher.shape[0], "teacher")[0]
    turns = block.visible_turns
    opposite = block.teacher[:, turns[2], :][:, :, turns[2]]
    pair = block.teacher[:, :, :, None] + opposite[:, :, None, :]
    measure = np.log(block.visible_measure)[:, None, None]
    weights = softmax(np.tensordot(couplings, pair, axes=1) + measure, axis=0)
    edge = np.einsum("zxy,dzxy->xyd", weights, pair)
    total = 0.0
    for i, after in enumerate(TURN):
        x, y = block.configurations[:, i], block.configurations[:, after]
        total = total + edge[turns[i, x], turns[i, y]]
    return total


def mixed_derivative(block: Block, log_teacher, conditional_means, teacher) -> np.ndarray:
    """Return ∂²KL/∂J_std ∂J_tch, shape ``(student coupling, teacher coupling)``."""
    probabilities = np.exp(log_teacher) * block.weights
    likeliest = np.argmax(log_teacher)
    ours, theirs = (
        means - means[likeliest]
        for means in (conditional_means, teacher_conditional_means(block, teacher))
    )
    together = (ours * probabilities[:, None]).T @ theirs
    return np.outer(probabilities @ ours, probabilities @ theirs) - together
