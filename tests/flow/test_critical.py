import numpy as np
import pytest

from mlrg import fixed_point
from mlrg.errors import ConvergenceError
from mlrg.flow.blocks import rg_block
from mlrg.flow.critical import bisect, crossing, exact_phase, interior_maximum
from mlrg.flow.fixed_points import exact_fixed_point, exponents, stationary_point


def test_bisection_on_the_exact_map(ising):
    found = bisect(rg_block(ising("A1")), tolerance=1e-7)
    assert found.critical_coupling == pytest.approx(0.813920, abs=1e-6)
    assert found.phases == (1, 2)


def test_phases_of_the_exact_map(ising):
    block = rg_block(ising("A1"))
    assert exact_phase(block, [0.6])[0] == 1
    assert exact_phase(block, [1.0])[0] == 2


def test_no_transition_in_the_range(ising):
    with pytest.raises(ConvergenceError, match="both flow to a phase of degeneracy 1"):
        bisect(rg_block(ising("A1")), 0.0, 0.5)


def test_ising_fixed_point(ising):
    found = fixed_point(ising("A1"))
    assert found.couplings == pytest.approx([0.813920], abs=1e-6)
    assert found.kl_bits == pytest.approx(0.082803, abs=1e-6)
    assert found.scaling_dimensions == pytest.approx([0, 0.09165], abs=1e-5)
    assert found.degeneracy == pytest.approx(1.85437, abs=1e-5)
    assert found.central_charge == pytest.approx(0.5528, abs=1e-4)
    # ln 1.35679655 / ln √2, the slope checked in thirty digits beside the student's tests.
    assert found.exponents == pytest.approx([0.880409], abs=1e-6)
    assert found.best_kl_bits == pytest.approx(found.kl_bits, abs=1e-9)


def test_newton_from_afar_reaches_a_fixed_point_or_says_so(ising):
    block = rg_block(ising("A1"))
    assert exact_fixed_point(block, [0.9]).couplings == pytest.approx([0.813920], abs=1e-6)
    with pytest.raises(ConvergenceError, match="start closer"):
        exact_fixed_point(block, [2.5], steps=1)


def test_interior_maximum():
    grid = np.linspace(0, 2, 21)
    found = interior_maximum(lambda x: -((x - 0.713) ** 2), grid)
    assert found == pytest.approx(0.713, abs=1e-7)
    with pytest.raises(ConvergenceError, match="no maximum"):
        interior_maximum(lambda x: x, grid)


def test_crossing():
    grid = np.linspace(0, 2, 21)
    found = crossing(lambda x: np.tanh(x - 0.6), lambda x: np.tanh(2 * (x - 0.6)), grid)
    assert found == pytest.approx(0.6, abs=1e-8)
    with pytest.raises(ConvergenceError, match="do not cross"):
        crossing(lambda x: x, lambda x: x + 1, grid)


def test_stationary_point_of_a_saddle():
    found = stationary_point(
        lambda j: np.array([2 * (j[0] - 1), -2 * (j[1] + 2)]),
        lambda j: np.diag([2.0, -2.0]),
        np.zeros(2),
    )
    assert found == pytest.approx([1, -2], abs=1e-9)


def test_exponents_of_known_eigenvalues():
    assert exponents(np.diag([2.0, 0.5, 0.0])).tolist() == pytest.approx([2, -2, -np.inf])
