import itertools

import numpy as np
import pytest
import reference
import torch

from mlrg.model import SpinModel
from mlrg.rbm.block import block_of
from mlrg.rbm.student import optimal_student
from mlrg.symmetry import C4v, SpinSpace, cyclic, relabellings, symmetric


def test_relabellings_of_ising_components(ising):
    assert len(relabellings(ising("A1").spins)) == 2
    assert len(relabellings(ising("A1+E").spins)) == 4  # a sign of A1, a sign of E
    assert len(relabellings(ising("2A1+E").spins)) == 16  # signs, and the exchange of both A1


@pytest.mark.parametrize(
    ("internal", "point"),
    [
        (cyclic(2).irrep("odd"), "E"),
        (cyclic(2).irrep("odd"), "A1+B1"),
        (cyclic(3).irrep(1), "A1"),
        (cyclic(3).irrep(1), "B1"),
        (cyclic(6).irrep(1), "A1"),
        (symmetric(4).irrep("standard"), "A1"),
        (symmetric(3).irrep("standard"), "A2"),
    ],
    ids=str,
)
def test_relabellings_by_brute_force(internal, point):
    spins = SpinSpace(internal, C4v(point))
    actions = np.array([spins.rotation, spins.mirror, *spins.internal_actions])
    expected = []
    for permutation in itertools.permutations(range(len(spins))):
        images = np.array(permutation)
        if (images[actions] == actions[:, images]).all():
            moved = spins.values[images]
            linear = spins.values @ np.linalg.lstsq(spins.values, moved, rcond=None)[0]
            if np.allclose(linear, moved):
                expected.append(permutation)
    assert relabellings(spins) == expected


def test_relabellings_of_many_states(ising):
    # Signs and exchanges of three A1; signed exchanges of two E.
    assert len(relabellings(ising("3A1+2E").spins)) == 2**3 * 6 * 2**2 * 2


@pytest.mark.parametrize("n", [3, 5, 6, 7, 11])
def test_gauge_group_of_a_clock_is_its_rotations(n):
    # Sources and targets are relabelled by rotations; their difference turns the two couplings.
    gauge = SpinModel(cyclic(n).irrep(1), C4v("A1")).gauge
    assert gauge.order == n
    assert not gauge.is_signed_permutation()
    couplings = np.array([0.3, 0.4])
    angles = sorted(np.angle((m @ couplings) @ [1, 1j]) for m in gauge.elements)
    assert np.diff(angles) == pytest.approx(np.full(n - 1, 2 * np.pi / n), abs=1e-9)


def test_sign_of_e_on_every_spin(ising):
    gauge = ising("A1+E", frame="paper").gauge
    assert gauge.is_signed_permutation()
    assert gauge.order == 8
    assert any(gauge.describe(matrix) == "(J0, −J1, −J2, J3, J4)" for matrix in gauge.elements)


def test_axis_is_fixed_by_the_gauge_group(ising):
    # A gauge-symmetric monotone has no gradient off the axis: J1, J2, … are never generated.
    for point in ("A1+E", "2A1+E"):
        gauge = ising(point).gauge
        axis = np.eye(gauge.couplings.dimension)[0]
        stabiliser = [m for m in gauge.elements if np.array_equal(m @ axis, axis)]
        assert np.mean(stabiliser, axis=0) == pytest.approx(np.outer(axis, axis), abs=1e-12)


@pytest.mark.parametrize("family", ["bilinear", "pair"])
def test_gauge_copies_have_the_same_distributions_up_to_names(ising, family):
    model = ising("A1+E", family=family)
    block = block_of(model)
    couplings = np.random.default_rng(0).normal(size=model.couplings.dimension)
    for matrix in model.gauge.elements:
        copy = matrix @ couplings
        for weights in (reference.teacher_log_weights, reference.student_log_weights):
            one, two = (weights(block, torch.tensor(j[None])).flatten() for j in (couplings, copy))
            assert torch.allclose(one.sort().values, two.sort().values, atol=1e-10)


def test_exact_map_respects_the_gauge_group(ising):
    model = ising("A1+E")
    block = block_of(model)
    teacher = np.array([0.6, -0.3, 0.2, 0.1, 0.15])
    answer = optimal_student(block, teacher)
    for matrix in model.gauge.elements:
        copy = optimal_student(block, matrix @ teacher)
        assert copy.kl == pytest.approx(answer.kl, abs=1e-9)
        assert model.gauge.canonical(copy.couplings) == pytest.approx(
            model.gauge.canonical(answer.couplings), abs=1e-5
        )


def test_canonical_copy_is_one_for_all(ising):
    gauge = ising("A1+E").gauge
    couplings = np.array([-0.3, 0.2, 0.5, -0.7, 0.1])
    canonical = {tuple(np.round(gauge.canonical(m @ couplings), 9)) for m in gauge.elements}
    assert len(canonical) == 1


def test_states_that_do_not_span(ising):
    spins = ising("A1+E").spins
    line = SpinSpace(spins.internal, spins.point, [(1, 0, 0), (-1, 0, 0)])
    assert len(relabellings(line)) == 2
