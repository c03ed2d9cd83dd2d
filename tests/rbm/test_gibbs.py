import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from mlrg.flow.blocks import rg_block
from mlrg.rbm import gibbs, reference
from mlrg.rbm.exact import kl_and_gradient

WEIGHTS_OF = {2: (8, 4, 2, 1), 8: (512, 64, 8, 1)}


@pytest.mark.parametrize("point", ["A1", "A1+E"])
@pytest.mark.parametrize("side", ["teacher", "student"])
def test_histograms_equal_exact_marginals(ising, point, side):
    block = rg_block(ising(point))
    rng = np.random.default_rng(2)
    couplings = 0.5 * rng.normal(size=(1, block.teacher.shape[0]))
    count = 100_000
    if side == "teacher":
        drawn = gibbs.sample_teacher(block, couplings, count, 30, rng)
        logs = reference.teacher_log_weights(block, torch.tensor(couplings))
    else:
        begin = rng.integers(block.states, size=(1, count, 4))
        drawn = gibbs.sample_student(block, couplings, begin, 30, rng)
        logs = reference.student_log_weights(block, torch.tensor(couplings))
    expected = count * torch.softmax(logs.flatten(), 0).numpy()
    observed = np.bincount(drawn[0] @ WEIGHTS_OF[block.states], minlength=block.states**4)
    rare = expected < 5
    if rare.any():
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    assert chisquare(observed, expected).pvalue > 0.01


def test_gibbs_notices_a_wrong_distribution(ising):
    # The chi-square test above can fail: a coupling off by a tenth is seen.
    block = rg_block(ising("A1"))
    drawn = gibbs.sample_teacher(block, [[0.6]], 100_000, 30, np.random.default_rng(2))
    logs = reference.teacher_log_weights(block, torch.tensor([[0.66]], dtype=torch.float64))
    expected = 100_000 * torch.softmax(logs.flatten(), 0).numpy()
    observed = np.bincount(drawn[0] @ WEIGHTS_OF[2], minlength=16)
    assert chisquare(observed, expected).pvalue < 1e-6


def test_divergence_estimates_the_gradient(ising):
    block = rg_block(ising("A1"))
    teacher, student = np.array([[0.4], [0.8], [1.2]]), np.array([[0.7], [0.6], [1.0]])
    _, gradient = kl_and_gradient(block, teacher, student)
    estimates = np.array(
        [
            gibbs.contrastive_divergence(
                block, teacher, student, np.random.default_rng(k), 2000, sweeps=10, burn_in=40
            )
            for k in range(20)
        ]
    )
    error = estimates.std(axis=0, ddof=1) / np.sqrt(20)
    assert (np.abs(estimates.mean(axis=0) - gradient) < 4 * error).all()


def test_same_generator_same_samples(ising):
    block = rg_block(ising("A1+E"))
    couplings = np.full((2, 5), 0.3)
    first, second = (
        gibbs.sample_teacher(block, couplings, 50, 5, np.random.default_rng(4)) for _ in range(2)
    )
    assert np.array_equal(first, second)
