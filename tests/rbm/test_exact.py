import itertools

import numpy as np
import pytest
import reference
import torch

from mlrg.errors import CouplingError
from mlrg.geometry import CROSS, SQUARE
from mlrg.rbm import exact
from mlrg.rbm.block import block_of

LN2 = np.log(2.0)


def brute_force(block, couplings, side):
    """Sum every hidden configuration one by one, bond by bond."""
    teacher = side == "teacher"
    features = block.teacher if teacher else block.student
    bonds = SQUARE if teacher else CROSS
    hidden_turns = block.visible_turns if teacher else block.hidden_turns
    table = np.tensordot(couplings, features, axes=1)
    out = []
    for x in block.configurations:
        total = 0.0
        for z in itertools.product(range(hidden_turns.shape[1]), repeat=4 if teacher else 1):
            energy = 0.0
            for bond in bonds:
                source, target = (
                    (z[bond.source], x[bond.target])
                    if teacher
                    else (x[bond.source], z[bond.target])
                )
                k = bond.direction
                if teacher:
                    energy += table[hidden_turns[k, source], block.visible_turns[k, target]]
                else:
                    energy += table[block.visible_turns[k, source], hidden_turns[k, target]]
            total += np.exp(energy)
        out.append(np.log(total))
    return np.array(out)


@pytest.mark.parametrize("side", ["teacher", "student"])
@pytest.mark.parametrize("point", ["A1", "E"])
def test_log_weights_against_brute_force(ising, side, point):
    block = block_of(ising(point))
    couplings = np.random.default_rng(3).normal(size=(1, block.teacher.shape[0]))
    expected = brute_force(block, couplings[0], side)
    assert exact.log_weights(block, couplings, side)[0] == pytest.approx(expected, abs=1e-12)


def test_closed_form_of_the_ising_block(ising):
    # Eq. (11): summing the edge spins leaves J_eff = ln cosh(2J)/2 between neighbouring corners.
    block = block_of(ising("A1"))
    coupling = 0.9
    effective = 0.5 * np.log(np.cosh(2 * coupling))
    spins = 1 - 2 * block.configurations
    energy = effective * sum(spins[:, i] * spins[:, (i + 1) % 4] for i in range(4))
    weights = np.exp(exact.log_marginals(block, [[coupling]], "teacher"))[0]
    assert weights[1:] / weights[0] == pytest.approx(np.exp(energy[1:] - energy[0]), rel=1e-13)


def test_marginals_are_normalised(ising):
    block = block_of(ising("A1+E"))
    couplings = np.random.default_rng(0).normal(size=(3, 5))
    for side in ("teacher", "student"):
        totals = np.exp(exact.log_marginals(block, couplings, side)) @ block.multiplicities
        assert totals == pytest.approx(np.ones(3), abs=1e-13)


def test_strong_couplings_neither_overflow_nor_underflow(ising):
    block = block_of(ising("A1+E"))
    rng = np.random.default_rng(5)
    for size in (30.0, 300.0, 1000.0):
        teacher, student = size * rng.normal(size=(2, 8, 5))
        kl, gradient = exact.kl_and_gradient(block, teacher, student)
        dense = reference.kl_divergence(block, torch.tensor(teacher), torch.tensor(student))
        assert np.isfinite(kl).all() and np.isfinite(gradient).all()
        assert kl == pytest.approx(dense.numpy(), rel=1e-12, abs=1e-9)


def test_kl_is_zero_for_equal_distributions(ising):
    block = block_of(ising("A1"))
    assert exact.kl_and_gradient(block, [[0.0]], [[0.0]])[0][0] == 0.0
    # Two features of one sign pattern: the constant energy of the pair family changes nothing.
    pair = block_of(ising("A1", family="pair"))
    kl = exact.kl_and_gradient(pair, [[0.0, 0.0]], [[0.7, 0.7]])[0]
    assert kl == pytest.approx([0], abs=1e-15)


@pytest.mark.parametrize(
    ("teacher", "complaint"),
    [([[np.nan]], "is nan"), ([[np.inf]], "is inf"), ([[1.0, 2.0]], "needs 1 values")],
)
def test_bad_couplings(ising, teacher, complaint):
    block = block_of(ising("A1"))
    with pytest.raises(CouplingError, match=complaint):
        exact.kl_and_gradient(block, teacher, [[1.0]])[0]
