import numpy as np
import pytest
import reference
import torch
from scipy.stats import chisquare

from mlrg.rbm import gibbs
from mlrg.rbm.block import block_of
from mlrg.rbm.chains import Chains, next_word, uniform
from mlrg.rbm.gibbs import advance_student, advance_teacher, start_chains

WEIGHTS_OF = {2: (8, 4, 2, 1), 8: (512, 64, 8, 1)}


def sampled(block, couplings, side, count, sweeps, seed):
    chains = start_chains(block, 1, count, np.random.default_rng(seed))
    advance = advance_teacher if side == "teacher" else advance_student
    return advance(block, couplings, chains, sweeps).states[0]


def significance(block, couplings, side, states):
    """p-value of a sample under the dense reference's distribution."""
    weights = reference.teacher_log_weights if side == "teacher" else reference.student_log_weights
    logs = weights(block, torch.tensor(couplings, dtype=torch.float64))
    expected = len(states) * torch.softmax(logs.flatten(), 0).numpy()
    observed = np.bincount(states @ WEIGHTS_OF[block.states], minlength=block.states**4)
    rare = expected < 5
    if rare.any():
        observed = np.append(observed[~rare], observed[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    return chisquare(observed, expected).pvalue


@pytest.mark.parametrize("limit", [0, gibbs._TABLE_LIMIT], ids=["large spins", "tables"])
@pytest.mark.parametrize("point", ["A1", "A1+E"])
@pytest.mark.parametrize("side", ["teacher", "student"])
def test_histograms_equal_exact_marginals(ising, monkeypatch, point, side, limit):
    monkeypatch.setattr(gibbs, "_TABLE_LIMIT", limit)
    block = block_of(ising(point))
    couplings = 0.5 * np.random.default_rng(2).normal(size=(1, block.teacher.shape[0]))
    states = sampled(block, couplings, side, 100_000, 30, seed=3)
    assert significance(block, couplings, side, states) > 0.01


def test_gibbs_notices_a_wrong_distribution(ising):
    # The chi-square test above can fail: a coupling off by a tenth is seen.
    block = block_of(ising("A1"))
    states = sampled(block, [[0.6]], "teacher", 100_000, 30, seed=2)
    assert significance(block, [[0.66]], "teacher", states) < 1e-6


def test_streams_are_xoshiro256plusplus():
    # First words of the authors' reference program for the state 1, 2, 3, 4.
    stream = np.array([1, 2, 3, 4], dtype=np.uint64)
    words = [int(next_word(stream)) for _ in range(6)]
    assert words == [
        41943041,
        58720359,
        3588806011781223,
        3591011842654386,
        9228616714210784205,
        9973669472204895162,
    ]


def test_uniform_numbers_are_uniform(ising):
    streams = start_chains(block_of(ising("A1")), 1, 50_000, np.random.default_rng(1)).streams[0]
    drawn = np.array([uniform(stream) for stream in streams])
    assert chisquare(np.histogram(drawn, bins=64, range=(0, 1))[0]).pvalue > 0.01


@pytest.mark.parametrize("advance", [advance_teacher, advance_student])
@pytest.mark.parametrize("batch", [1, 3])
def test_chains_do_not_depend_on_threads_or_company(ising, advance, batch):
    block = block_of(ising("A1+E"))
    couplings = 0.4 * np.random.default_rng(0).normal(size=(batch, 5))
    chains = start_chains(block, batch, 40, np.random.default_rng(4))
    alone = advance(block, couplings, chains, 7)
    for threads in (2, 3, 64):
        shared = advance(block, couplings, chains, 7, threads)
        assert np.array_equal(alone.states, shared.states)
        assert np.array_equal(alone.streams, shared.streams)
    few = Chains(chains.states[:, :5], chains.streams[:, :5])
    assert np.array_equal(advance(block, couplings, few, 7).states, alone.states[:, :5])
    # Two calls go on where one would be.
    halfway = advance(block, couplings, chains, 3)
    assert np.array_equal(advance(block, couplings, halfway, 4).states, alone.states)


def test_strong_couplings_freeze_the_chains(ising):
    block = block_of(ising("A1+E"))
    for size in (30.0, 1000.0):
        couplings = size * np.random.default_rng(6).normal(size=(4, 5))
        chains = start_chains(block, 4, 50, np.random.default_rng(5))
        for advance in (advance_teacher, advance_student):
            states = advance(block, couplings, chains, 20).states
            assert ((states >= 0) & (states < 8)).all()
        assert np.isfinite(gibbs.conditional_features(block, couplings, chains.states)).all()
    ordered = advance_teacher(block_of(ising("A1")), [[1e3]], start_two(ising), 5).states[0]
    assert (ordered == ordered[:, :1]).all()


def start_two(ising):
    """Chains of Ising spins that already agree, so that no wall can be frozen in."""
    chains = start_chains(block_of(ising("A1")), 1, 50, np.random.default_rng(8))
    return Chains(np.repeat(chains.states[:, :, :1], 4, axis=2), chains.streams)
