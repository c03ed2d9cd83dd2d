import numpy as np
import pytest
import reference
import torch

import mlrg
from mlrg.analysis.fixed_points import FixedPoint
from mlrg.analysis.literature import ISING_EXACT, onsager_free_energy
from mlrg.analysis.readings import degeneracy, ring_central_charge, scaling_dimensions
from mlrg.analysis.trajectory import follow
from mlrg.model import SpinModel
from mlrg.rbm import exact
from mlrg.rbm.star import Star


def build(internal):
    return Star(SpinModel(internal, "A1"))


def log_largest(star, couplings, columns):
    return star.ring(couplings, columns).sizes(1)[0]


def test_degeneracy_deep_in_the_phases(star):
    for point in ("A1", "A1+E"):
        free = np.zeros(star(point).dimension)
        assert degeneracy(star(point), free) == pytest.approx(1, abs=1e-12)
    block = star("A1")
    assert degeneracy(block, [0.01]) == pytest.approx(1, abs=1e-6)
    assert degeneracy(block, [6.0]) == pytest.approx(2, abs=1e-6)
    assert degeneracy(block, [900.0]) == pytest.approx(2, abs=1e-12)


def test_degeneracy_counts_ordered_states():
    for internal, states in (("S3:standard", 3), ("S4:standard", 4)):
        block = build(internal)
        assert degeneracy(block, [0.01]) == pytest.approx(1, abs=1e-6)
        assert degeneracy(block, [12.0]) == pytest.approx(states, abs=1e-6)
    # A clock with six states breaks its symmetry in full.
    assert degeneracy(build("Z6:1"), [40.0, 0.0]) == pytest.approx(6, abs=1e-6)


def test_closed_form_at_the_exact_critical_coupling(star):
    # At J0c an edge weighs w = 1 + √2 for equal corners against 1, so that M = (W∘W)² has the
    # eigenvalues (w² ± 1)².
    block = star("A1")
    w = (1 + np.sqrt(2)) ** 2
    largest, second = (w + 1) ** 2, (w - 1) ** 2
    assert degeneracy(block, [ISING_EXACT]) == pytest.approx(
        (largest + second) ** 2 / (largest**2 + second**2), abs=1e-12
    )
    assert scaling_dimensions(block, [ISING_EXACT]) == pytest.approx(
        [0, -np.log(second / largest) / (2 * np.pi)], abs=1e-12
    )


def test_transfer_matrix_is_the_contraction_of_the_boltzmann_tensor(star):
    block = star("A1+E")
    couplings = 0.4 * np.random.default_rng(1).normal(size=5)
    tensor = (
        reference.teacher_log_weights(block.block, torch.tensor(couplings[None]))[0].exp().numpy()
    )
    matrix, scale = block.ring(couplings, 1).dense
    assert matrix * np.exp(scale) == pytest.approx(np.einsum("acbc->ab", tensor), rel=1e-12)
    closed = np.einsum("abab->", tensor) ** 2 / np.einsum("acbc,bdad->", tensor, tensor)
    assert degeneracy(block, couplings) == pytest.approx(closed, rel=1e-12)


def test_central_charge_from_its_definition(star):
    block = star("A1")
    j = 0.813919679183429
    weight = np.array([[2 * np.cosh(2 * j), 2], [2, 2 * np.cosh(2 * j)]])
    largest = np.linalg.eigvalsh((weight * weight) @ (weight * weight))[-1]
    spins = np.array([[1 - 2 * ((n >> i) & 1) for i in range(4)] for n in range(16)])
    teacher = np.prod([2 * np.cosh(j * (spins[:, i] + spins[:, i - 1])) for i in range(4)], axis=0)
    student = 2 * np.cosh(j * spins.sum(axis=1))
    shed = np.log(teacher.sum() / student.sum())
    expected = 6 / np.pi * (np.log(largest) - 2 * shed)
    assert block.shed([j], [j]) == pytest.approx(2 * shed, abs=1e-12)
    fixed = FixedPoint(block, np.array([j]), 0.0, 0)
    assert fixed.central_charge == pytest.approx(expected, abs=1e-12)
    assert exact.log_partition(block.block, [[j]], "teacher")[0] == pytest.approx(
        np.log(teacher.sum())
    )


def test_on_axis(star):
    assert star("A1+E").axis(0.7).tolist() == [0.7, 0, 0, 0, 0]


def test_onsager_free_energy_of_long_rings(star):
    # ln λ_n / n approaches the free energy, exponentially fast off criticality.
    block = star("A1")
    assert log_largest(block, [0.5], 9) / 9 == pytest.approx(onsager_free_energy(0.5), abs=1e-5)
    assert log_largest(block, [1.1], 9) / 9 == pytest.approx(onsager_free_energy(1.1), abs=1e-5)
    # The square lattice's 0.929695398 a site at criticality, from the specification.
    prefactor = 4 * (np.log(2) + np.log(np.cosh(2 * ISING_EXACT)) / 2)
    assert (onsager_free_energy(ISING_EXACT) - prefactor) / 2 == pytest.approx(
        0.929695398, abs=1e-9
    )
    # ln 2 a spin at J = 0: two sites and four bond spins a plaquette.
    assert onsager_free_energy(1e-9) == pytest.approx(6 * np.log(2))


@pytest.mark.parametrize(
    ("coupling", "error"), [(0.3, 1e-8), (ISING_EXACT, 3e-5), (0.9, 1e-5), (1.5, 1e-8)]
)
def test_free_energy_and_energy_are_onsagers(coupling, error):
    # Eight states are exact off criticality; at the transition they miss 2e-5.
    rgmap = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 8)
    found = mlrg.free_energy(rgmap, coupling)
    assert found.per_block == pytest.approx(onsager_free_energy(coupling), abs=error)
    assert found.per_spin == found.per_block / 6
    below, above = (onsager_free_energy(coupling + shift) for shift in (-1e-4, 1e-4))
    assert found.per_bond == pytest.approx((above - below) / 2e-4 / 8, abs=100 * error)


def test_free_energy_along_the_exact_flow(star):
    # The error of a step is of the order of its KL divergence, which is small at small couplings.
    block = star("A1")
    for coupling, bound in ((0.2, 3e-6), (0.3, 1e-4)):
        flow = follow(block, np.array([coupling]), 30)
        assert flow.free_energy() == pytest.approx(onsager_free_energy(coupling), abs=bound)
    # Without a step it is a long strip of blocks: M = (W∘W)² with W = 2 cosh 0.9 (x + y).
    weights = 2 * np.cosh(0.9 * np.array([2.0, 0.0]))
    closed = 2 * np.log((weights**2).sum())
    assert follow(block, np.array([0.9]), 0).free_energy() == pytest.approx(closed, abs=1e-12)


def test_rings_at_the_exact_coupling_approach_the_conformal_values(star):
    block = star("A1")
    errors = []
    for columns in (2, 4):
        sigma, epsilon = scaling_dimensions(block, [ISING_EXACT], 3, columns)[1:]
        charge = ring_central_charge(block, [ISING_EXACT], columns)
        errors.append(np.abs([sigma - 1 / 8, epsilon - 1, charge - 1 / 2]))
    # Corrections of order n⁻²: a quarter for twice the ring.
    assert errors[1] / errors[0] == pytest.approx([0.25] * 3, abs=0.06)
    assert np.all(errors[1] < [0.002, 0.03, 0.012])


def test_square_torus_approaches_the_universal_degeneracy(star):
    ising_block = star("A1")
    errors = [degeneracy(ising_block, [ISING_EXACT], n) - 1.763595504 for n in (4, 8)]
    assert abs(errors[1]) < 1e-3 and abs(errors[1] / errors[0]) < 0.3
    # Three-state Potts and two Ising copies (the clock with four states), from the specification.
    potts = build("S3:standard")
    # Its leading correction falls with n^(−4/5) only, from below once n > 3.
    errors = [degeneracy(potts, [1.1479088], n) - 2.559676608 for n in (4, 5, 6)]
    assert errors[0] < errors[1] < errors[2] < 0 and errors[2] > -0.013
    clock = build("Z4:1")
    # s = ((σ + τ)/2, (σ − τ)/2) for Ising spins σ, τ: each copy has half the coupling J0.
    for n in (1, 3):
        two = degeneracy(clock, [2 * ISING_EXACT, 0], n)
        assert two == pytest.approx(degeneracy(ising_block, [ISING_EXACT], n) ** 2, abs=1e-9)


def test_rings_too_large_to_write_down(star):
    block = star("A1+E")
    couplings = [0.5, 0.2, -0.1, 0.3, 0.1]
    large = scaling_dimensions(block, couplings, 4, columns=4)
    assert large[0] == 0 and np.all(np.diff(large) >= 0)
    assert log_largest(block, couplings, 4) / 4 == pytest.approx(
        log_largest(block, couplings, 3) / 3, abs=1e-3
    )
