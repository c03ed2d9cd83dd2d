import itertools

import numpy as np
import pytest
import reference
import torch

from mlrg.errors import BudgetError, InputError
from mlrg.rbm.block import block_of
from mlrg.rbm.rows import RowTransfer


def ring_of_ising_blocks(coupling, columns):
    """Sum over every spin of a ring of Lieb plaquettes, each bond written down.

    A row b_i at the corners x2, the joints c_i between blocks at the corners x1 and x3, a row a_i
    at the corners x0; a spin z sits on every edge between them.
    """
    rows = list(itertools.product((1, -1), repeat=columns))
    matrix = np.zeros((len(rows), len(rows)))
    for (p, a), (q, b) in itertools.product(enumerate(rows), enumerate(rows)):
        for c in rows:
            weight = 1.0
            for i in range(columns):
                square = (a[i], c[(i + 1) % columns], b[i], c[i])
                for x, y in zip(square, square[1:] + square[:1], strict=True):
                    weight *= sum(np.exp(coupling * z * x + coupling * z * y) for z in (1, -1))
            matrix[p, q] += weight
    return matrix


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_ring_against_a_sum_over_every_spin(ising, columns):
    ring = RowTransfer(block_of(ising("A1")), [0.61], columns)
    expected = ring_of_ising_blocks(0.61, columns)
    matrix, scale = ring.dense()
    assert matrix * np.exp(scale) == pytest.approx(expected, rel=1e-12)
    vector = np.random.default_rng(0).normal(size=2**columns)
    assert (ring @ vector) * np.exp(ring.scale) == pytest.approx(expected @ vector, rel=1e-12)


def test_ring_against_the_boltzmann_tensor(ising):
    block = block_of(ising("A1+E"))
    couplings = 0.4 * np.random.default_rng(1).normal(size=5)
    logs = reference.teacher_log_weights(block, torch.tensor(couplings[None]))
    tensor = logs[0].exp().numpy().reshape((8,) * 4)
    expected = np.einsum("adbc,ecfd->aebf", tensor, tensor).reshape(64, 64)
    ring = RowTransfer(block, couplings, 2)
    assert ring.dense()[0] * np.exp(ring.dense()[1]) == pytest.approx(expected, rel=1e-12)


def test_large_couplings_do_not_overflow(ising):
    matrix, scale = RowTransfer(block_of(ising("A1")), [900.0]).dense()
    assert matrix == pytest.approx(np.eye(2))
    assert scale == pytest.approx(4 * 1800.0)


def test_refusals(ising):
    block = block_of(ising("A1+E"))
    with pytest.raises(InputError, match="at least 1"):
        RowTransfer(block, np.zeros(5), 0)
    with pytest.raises(BudgetError, match="fewer columns"):
        RowTransfer(block, np.zeros(5), 9)
    with pytest.raises(BudgetError, match="as an operator"):
        RowTransfer(block, np.zeros(5), 4).dense()
