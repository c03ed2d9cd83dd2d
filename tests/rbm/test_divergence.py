import numpy as np
import pytest

from mlrg.flow.config import TrainingConfig
from mlrg.flow.losses import persistent_loss, start_persistent
from mlrg.rbm.block import block_of
from mlrg.rbm.divergence import contrastive_divergence, divergence
from mlrg.rbm.exact import kl_and_gradient
from mlrg.rbm.gibbs import conditional_features, start_chains
from mlrg.rbm.moments import kl_derivatives, teacher_distribution


@pytest.fixture
def case(ising):
    block = block_of(ising("A1"))
    teacher, student = np.array([[0.4], [0.8], [1.2]]), np.array([[0.7], [0.6], [1.0]])
    return block, teacher, student, kl_and_gradient(block, teacher, student)[1]


def test_divergence_estimates_the_gradient(case):
    block, teacher, student, gradient = case
    estimates = np.array(
        [
            contrastive_divergence(
                block, teacher, student, np.random.default_rng(k), 2000, sweeps=10, burn_in=40
            )
            for k in range(20)
        ]
    )
    error = estimates.std(axis=0, ddof=1) / np.sqrt(20)
    assert (np.abs(estimates.mean(axis=0) - gradient) < 4 * error).all()


@pytest.mark.slow
def test_persistent_chains_have_no_bias_where_cd_has(ising):
    # A strongly coupled student mixes slowly: k sweeps from teacher samples keep the weights that
    # the teacher gave to the student's modes, chains that go on find the student's own.
    block = block_of(ising("A1+E"))
    rng = np.random.default_rng(0)
    teacher, student = 0.7 * rng.normal(size=(3, 5)), 2.5 * rng.normal(size=(3, 5))
    teacher, student = teacher[2:], student[2:]
    gradient = kl_and_gradient(block, teacher, student)[1]
    config = TrainingConfig(
        loss="pcd", cd_samples=4000, cd_sweeps=1, cd_burn_in=60, replicas=1, chains=1, walkers=0
    )
    chains = start_persistent(block, config, rng)
    estimates = []
    for step in range(100):
        loss, chains = persistent_loss(block, teacher, student, config, rng, chains)
        if step >= 60:
            estimates.append(loss.gradient)
    assert np.mean(estimates, axis=0) == pytest.approx(gradient, abs=0.03)
    for sweeps in (1, 10):
        biased = contrastive_divergence(block, teacher, student, rng, 40_000, sweeps)
        assert np.abs(biased - gradient).max() > 0.1


def test_conditional_features_equal_the_exact_kernels(ising):
    block = block_of(ising("A1"), ising("A1+E"))
    rng = np.random.default_rng(7)
    student = rng.normal(size=block.student.shape[0])
    means = kl_derivatives(block, teacher_distribution(block, [[0.5]]), student).conditional_means
    for configuration, mean in zip(block.configurations, means, strict=True):
        found = conditional_features(block, student, configuration[None, None, :])
        assert found[0] == pytest.approx(mean, abs=1e-13)


def test_divergence_of_equal_samples_is_zero(ising):
    block = block_of(ising("A1+E"))
    states = start_chains(block, 2, 10, np.random.default_rng(0)).states
    assert np.array_equal(divergence(block, np.ones((2, 5)), states, states), np.zeros((2, 5)))


def test_same_seed_same_estimate_on_any_number_of_threads(ising):
    block = block_of(ising("A1+E"))
    couplings = np.full((2, 5), 0.3)
    first, second = (
        contrastive_divergence(
            block, couplings, couplings + 0.1, np.random.default_rng(4), 50, threads=threads
        )
        for threads in (1, 2)
    )
    assert np.array_equal(first, second)
