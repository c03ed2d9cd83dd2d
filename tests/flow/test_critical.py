import numpy as np
import pytest

import mlrg
from mlrg import fixed_point
from mlrg.errors import NoAnswerError, CouplingError
from mlrg.flow import critical
from mlrg.flow.blocks import rg_block
from mlrg.flow.critical import bisect, exact_phase
from mlrg.flow.curves import crossing, interior_maximum
from mlrg.flow.fixed_points import exact_fixed_point, exponents, stationary_point
from mlrg.flow.rays import Ray


def test_bisection_on_the_exact_map(ising):
    found = bisect(rg_block(ising("A1")), tolerance=1e-7)
    assert found.critical_coupling == pytest.approx(0.813920, abs=1e-6)
    assert found.phases == (1, 2)


def test_where_the_critical_flow_lingers(ising):
    found = mlrg.critical_coupling(ising("A1"))
    assert found.couplings == pytest.approx([0.813920], abs=1e-6)
    assert found.degeneracy == pytest.approx(1.85437, abs=1e-5)
    assert found.scaling_dimensions == pytest.approx([0, 0.09165], abs=1e-5)
    assert found.central_charge == pytest.approx(0.5528, abs=1e-4)
    assert found.undecided is None
    low, high = found.bracket
    assert 0 < high - low < 1e-11


def test_bisection_along_a_ray(ising):
    block = rg_block(ising("A1"))
    # Twice as fast along the same axis, from a shifted origin.
    ray = Ray((0.4,), (2.0,))
    found = bisect(block, 0.0, 1.0, 1e-8, ray)
    assert ray.at(found.critical_coupling) == pytest.approx([0.813920], abs=1e-6)
    # The sign of every spin on one sublattice: the antiferromagnet has the same transition.
    found = bisect(block, 0.0, 2.0, 1e-7, Ray((0.0,), (-1.0,)))
    assert found.critical_coupling == pytest.approx(0.813920, abs=1e-6)


def test_a_transition_without_a_fixed_point(ising):
    # The exact A1+E map in the rotating frame: phases alternate on the axis between 0.9626 and
    # 0.9708, and the flow between any two of them runs to ever larger couplings. Which of the
    # changes bisection meets depends on rounding.
    found = bisect(rg_block(ising("A1+E")), 0.0, 2.0, tolerance=1e-6)
    assert 0.962 < found.critical_coupling < 0.9712
    with pytest.raises(NoAnswerError, match="passes no fixed point"):
        _ = found.degeneracy


def test_a_flow_that_reaches_no_phase_leaves_a_bracket(ising, monkeypatch):
    block = rg_block(ising("A1"))
    monkeypatch.setattr(critical, "_STEP_LIMIT", 36)
    found = bisect(block, tolerance=1e-9)
    low, high = found.bracket
    assert low < 0.813920 < high and 1e-9 < high - low < 1e-3
    assert "reached no phase in 36 steps" in found.undecided
    monkeypatch.setattr(critical, "_STEP_LIMIT", 3)
    assert "reached no phase in 3 steps" in bisect(block, 0.0, 2.0, tolerance=1e-3).undecided
    with pytest.raises(NoAnswerError, match="reached no phase in 3 steps"):
        bisect(block, 0.5, 2.0)


def test_refused_rays():
    with pytest.raises(CouplingError, match="as many of both"):
        Ray((0.0, 0.0), (1.0,))
    with pytest.raises(CouplingError, match="no direction"):
        Ray((0.0, 0.0), (0.0, 0.0))
    assert Ray((0.0, 0.0), (1.0, 0.0)).at([[0.5], [0.25]]).tolist() == [[[0.5, 0.0]], [[0.25, 0.0]]]


def test_phases_of_the_exact_map(ising):
    block = rg_block(ising("A1"))
    assert exact_phase(block, [0.6])[0] == 1
    assert exact_phase(block, [1.0])[0] == 2


def test_no_transition_in_the_range(ising):
    with pytest.raises(NoAnswerError, match="both flow to a phase of degeneracy 1"):
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
    with pytest.raises(NoAnswerError, match="start closer"):
        exact_fixed_point(block, [2.5], steps=1)


def test_interior_maximum():
    grid = np.linspace(0, 2, 21)
    found = interior_maximum(lambda x: -((x - 0.713) ** 2), grid)
    assert found == pytest.approx(0.713, abs=1e-7)
    with pytest.raises(NoAnswerError, match="no maximum"):
        interior_maximum(lambda x: x, grid)


def test_crossing():
    grid = np.linspace(0, 2, 21)
    found = crossing(lambda x: np.tanh(x - 0.6), lambda x: np.tanh(2 * (x - 0.6)), grid)
    assert found == pytest.approx(0.6, abs=1e-8)
    # Also where the curves meet on a grid point exactly.
    found = crossing(lambda x: x, lambda x: 2 * x - 0.5, np.array([0.0, 0.25, 0.5, 0.75]))
    assert found == pytest.approx(0.5, abs=1e-8)
    with pytest.raises(NoAnswerError, match="do not cross"):
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
