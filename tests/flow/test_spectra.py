import numpy as np
import pytest

from mlrg.flow.blocks import rg_block
from mlrg.flow.critical import on_axis
from mlrg.flow.figures import ISING_EXACT
from mlrg.flow.spectra import central_charge, degeneracy, scaling_dimensions, transfer_matrix
from mlrg.rbm import exact, reference


def test_degeneracy_deep_in_the_phases(ising):
    for point in ("A1", "A1+E"):
        block = rg_block(ising(point))
        assert degeneracy(block, np.zeros(block.teacher.shape[0])) == pytest.approx(1, abs=1e-12)
    block = rg_block(ising("A1"))
    assert degeneracy(block, [0.01]) == pytest.approx(1, abs=1e-6)
    assert degeneracy(block, [6.0]) == pytest.approx(2, abs=1e-6)
    assert degeneracy(block, [900.0]) == pytest.approx(2, abs=1e-12)


def test_closed_form_at_the_exact_critical_coupling(ising):
    # At J0c an edge weighs w = 1 + √2 for equal corners against 1, so that M = (W∘W)² has the
    # eigenvalues (w² ± 1)².
    block = rg_block(ising("A1"))
    w = (1 + np.sqrt(2)) ** 2
    largest, second = (w + 1) ** 2, (w - 1) ** 2
    assert degeneracy(block, [ISING_EXACT]) == pytest.approx(
        (largest + second) ** 2 / (largest**2 + second**2), abs=1e-12
    )
    assert scaling_dimensions(block, [ISING_EXACT]) == pytest.approx(
        [0, -np.log(second / largest) / (2 * np.pi)], abs=1e-12
    )


def test_transfer_matrix_is_the_contraction_of_the_boltzmann_tensor(ising):
    import torch

    block = rg_block(ising("A1+E"))
    couplings = 0.4 * np.random.default_rng(1).normal(size=5)
    tensor = reference.teacher_log_weights(block, torch.tensor(couplings[None]))[0].exp().numpy()
    matrix, scale = transfer_matrix(block, couplings)
    assert matrix * np.exp(scale) == pytest.approx(np.einsum("acbc->ab", tensor), rel=1e-12)
    closed = np.einsum("abab->", tensor) ** 2 / np.einsum("acbc,bdad->", tensor, tensor)
    assert degeneracy(block, couplings) == pytest.approx(closed, rel=1e-12)


def test_central_charge_from_its_definition(ising):
    block = rg_block(ising("A1"))
    j = 0.813919679183429
    weight = np.array([[2 * np.cosh(2 * j), 2], [2, 2 * np.cosh(2 * j)]])
    largest = np.linalg.eigvalsh((weight * weight) @ (weight * weight))[-1]
    spins = np.array([[1 - 2 * ((n >> i) & 1) for i in range(4)] for n in range(16)])
    teacher = np.prod([2 * np.cosh(j * (spins[:, i] + spins[:, i - 1])) for i in range(4)], axis=0)
    student = 2 * np.cosh(j * spins.sum(axis=1))
    shed = np.log(teacher.sum() / student.sum())
    expected = 6 / np.pi * (np.log(largest) - 2 * shed)
    assert central_charge(block, [j]) == pytest.approx(expected, abs=1e-12)
    assert exact.log_partition(block, [[j]], "teacher")[0] == pytest.approx(np.log(teacher.sum()))


def test_on_axis(ising):
    assert on_axis(rg_block(ising("A1+E")), 0.7).tolist() == [0.7, 0, 0, 0, 0]
