"""Circles as clocks: exact KL of continuous spins, held against quadrature that knows no group."""

import numpy as np
import pytest
from scipy.special import i0e

import mlrg
from mlrg.errors import SpinSpaceError
from mlrg.rbm.block import block_of
from mlrg.rbm.student import optimal_student

# Couplings of teacher and student.
TEACHER, STUDENT = 0.9, 0.7


def log_bessel(x):
    return np.log(i0e(x)) + x


def kl_by_quadrature(points, teacher, student):
    """KL of a block with one corner held, in nats: hidden spins are Bessel functions."""
    angles = 2 * np.pi * np.arange(points) / points
    corners = [np.zeros((1, 1, 1)), angles[:, None, None], angles[:, None], angles]
    pairs = [
        log_bessel(2 * teacher * np.abs(np.cos((corners[k] - corners[(k + 1) % 4]) / 2)))
        for k in range(4)
    ]
    field = abs(sum(np.exp(1j * corner) for corner in corners))
    ours, theirs = sum(pairs), log_bessel(student * field)
    ours, theirs = (x - np.log(np.exp(x - x.max()).sum()) - x.max() for x in (ours, theirs))
    return float(np.sum(np.exp(ours) * (ours - theirs)))


def test_the_kl_of_a_circle_is_that_of_a_clock():
    circle = mlrg.SpinModel("O2:1", "A1")
    star = mlrg.Star(circle.clock(16))
    found, slope = star.loss(np.array([[TEACHER]]), np.array([[STUDENT]]))
    expected = kl_by_quadrature(64, TEACHER, STUDENT)
    assert found[0] == pytest.approx(expected, abs=1e-10)
    step = 1e-5
    ends = [kl_by_quadrature(64, TEACHER, STUDENT + shift) for shift in (step, -step)]
    assert slope[0, 0] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


def test_the_optimal_student_of_a_circle():
    model = mlrg.SpinModel("O2:1", "A1").clock(12)
    found = optimal_student(block_of(model, model), np.array([TEACHER]))
    best = found.couplings[0]
    values = [kl_by_quadrature(32, TEACHER, best + shift) for shift in (-1e-3, 0.0, 1e-3)]
    assert values[1] < min(values[0], values[2])
    assert found.kl_bits * np.log(2) == pytest.approx(values[1], abs=1e-7)


@pytest.mark.slow
def test_the_fixed_point_does_not_depend_on_the_number_of_angles():
    points = [
        mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("O2:1", "A1").clock(count))) for count in (12, 16)
    ]
    assert points[0].couplings[0] == pytest.approx(points[1].couplings[0], abs=1e-6)
    assert points[0].central_charge == pytest.approx(points[1].central_charge, abs=1e-5)


def test_clocks_keep_charges_and_couplings():
    model = mlrg.SpinModel("SO2:1+2", "A1")
    clock = model.clock(9)
    assert clock.couplings.matrix == model.couplings.matrix
    angles = 2 * np.pi * np.arange(9) / 9
    energies = clock.couplings.features[:, :, 0]
    assert np.sort(energies) == pytest.approx(np.sort(model.couplings.profile(angles)), abs=1e-12)


@pytest.mark.parametrize(
    ("internal", "points", "why"),
    [("O3:1", 24, "only a circle"), ("O2:3", 6, "give 7"), ("O2:1", 4, "give 5")],
)
def test_clocks_that_are_none_are_refused(internal, points, why):
    with pytest.raises(SpinSpaceError, match=why):
        mlrg.SpinModel(internal, "A1").clock(points)
    with pytest.raises(SpinSpaceError, match="finite in number"):
        mlrg.SpinModel("Z2:odd", "A1").clock(points)
