import numpy as np
import pytest

import mlrg
from mlrg.analysis.bisection import bisect_phases, first_change
from mlrg.analysis.crossings import crossing, interior_maximum
from mlrg.analysis.fixed_points import sector_exponents
from mlrg.analysis.readings import degeneracy
from mlrg.analysis.trajectory import follow_to_phase, phases_at
from mlrg.errors import CouplingError, InputError, NoAnswerError
from mlrg.geometry import exponents
from mlrg.rgmap import Sector


def test_where_the_critical_flow_lingers(star):
    found = mlrg.critical(star("A1"))
    assert found.coupling == pytest.approx(0.813919679, abs=1e-9)
    assert found.phases == (1, 2) and found.undecided is None
    assert found.point == pytest.approx([0.813920], abs=1e-6)
    assert found.degeneracy == pytest.approx(1.85437, abs=1e-5)
    assert found.scaling_dimensions == pytest.approx([0, 0.09165], abs=1e-5)
    assert found.central_charge == pytest.approx(0.5528, abs=1e-4)
    low, high = found.bracket
    assert 0 < high - low < 1e-11 and found.error == pytest.approx((high - low) / 2)


@pytest.mark.slow
def test_a_flow_that_only_oscillates_is_read_where_it_is_slowest(star):
    # A1+E in the paper's frame comes to its fixed point in turns: moves grow for a step and fall.
    found = mlrg.critical(star("A1+E", "paper"), 0.2, 0.6, tolerance=1e-8)
    fixed = mlrg.newton(star("A1+E", "paper"), found.point)
    # Where moves first grow it is still 0.01 away.
    assert found.point == pytest.approx(fixed.couplings, abs=5e-4)
    assert found.central_charge == pytest.approx(fixed.central_charge, abs=1e-3)


def test_a_first_order_transition_is_named():
    # Five ordered states and the disordered one: Z stays at 6 before the flow decides.
    rgmap = mlrg.Tensor(mlrg.SpinModel("S5:standard", "A1"), 6)
    found = mlrg.critical(rgmap, 1.54, 1.55, tolerance=1e-9)
    assert found.order == "first" and found.phases == (1, 5)
    assert any(abs(degeneracy(rgmap, point) - 6) < 1e-2 for point in found.flow.points)
    with pytest.raises(NoAnswerError, match="is of first order"):
        _ = found.central_charge
    # Where the phases coexist G leaves one state of each invariant, in a phase one.
    numbers = [phases_at(rgmap, point) for point in found.flow.points]
    assert max(numbers) == 2 and numbers[-1] == 1
    for end, phase in zip(found.bracket, found.phases, strict=True):
        assert follow_to_phase(rgmap, rgmap.start([end])).phase == phase


def test_a_group_too_large_for_sectors_has_its_transition():
    # 5040 elements: Z is read, what G leaves invariant is not.
    rgmap = mlrg.Star(mlrg.SpinModel("S7:standard", "A1"))
    found = mlrg.critical(rgmap, 1.9, 2.1, tolerance=1e-3)
    assert found.phases == (1, 7) and phases_at(rgmap, found.point) is None


def test_a_continuous_transition_is_named(star):
    assert mlrg.critical(star("A1"), 0.7, 0.9, tolerance=1e-9).order == "continuous"


def test_along_a_ray(star):
    # Twice as fast along the same axis, from a shifted origin.
    ray = mlrg.Ray((2.0,), (0.4,))
    found = mlrg.critical(star("A1"), 0.0, 1.0, ray, 1e-8)
    assert ray.at(found.coupling) == pytest.approx([0.813920], abs=1e-6)
    # The sign of every spin on one sublattice: the antiferromagnet has the same transition.
    found = mlrg.critical(star("A1"), 0.0, 2.0, [-1.0], 1e-7)
    assert found.coupling == pytest.approx(0.813920, abs=1e-6)


@pytest.mark.parametrize(("low", "high"), [(2.0, 0.0), (None, -2.0), (0.5, 0.5)])
def test_reversed_ends_are_refused(star, low, high):
    with pytest.raises(InputError, match="give the lower end first"):
        mlrg.critical(star("A1"), low, high)


def test_a_transition_without_a_fixed_point(star):
    # The exact A1+E map in the rotating frame: phases alternate on the axis between 0.9626 and
    # 0.9708, and the flow between any two of them runs to ever larger couplings. Which of the
    # changes bisection meets depends on rounding.
    found = mlrg.critical(star("A1+E"), 0.0, 2.0, tolerance=1e-6)
    assert 0.962 < found.coupling < 0.9712
    with pytest.raises(NoAnswerError, match="passes no fixed point"):
        _ = found.degeneracy


def test_a_flow_that_reaches_no_phase_leaves_a_bracket(star):
    found = mlrg.critical(star("A1"), tolerance=1e-9, limit=36)
    low, high = found.bracket
    assert low < 0.813920 < high and 1e-9 < high - low < 1e-3
    assert "reached no phase in 36 steps" in found.undecided
    assert found.phases == (1, 2)
    found = mlrg.critical(star("A1"), 0.0, 2.0, tolerance=1e-3, limit=4)
    assert "reached no phase in 4 steps" in found.undecided
    assert found.phases == (1, None)
    with pytest.raises(NoAnswerError, match="reached no phase in 3 steps"):
        mlrg.critical(star("A1"), 0.5, 2.0, limit=3)


def test_refused_rays(star):
    with pytest.raises(CouplingError, match="as many of all"):
        mlrg.Ray((1.0,), (0.0, 0.0))
    with pytest.raises(CouplingError, match="no direction"):
        mlrg.Ray((0.0, 0.0))
    with pytest.raises(CouplingError, match="this model needs 1"):
        mlrg.critical(star("A1"), along=[1.0, 2.0])
    ray = mlrg.Ray((1.0, 0.0))
    assert ray.at([[0.5], [0.25]]).tolist() == [[[0.5, 0.0]], [[0.25, 0.0]]]


def test_a_model_is_no_map(ising):
    with pytest.raises(InputError, match=r"such as mlrg\.Star\(model\)"):
        mlrg.critical(ising("A1"))


def test_no_transition_in_the_range(star):
    with pytest.raises(NoAnswerError, match="both flow to a phase of degeneracy 1"):
        mlrg.critical(star("A1"), 0.0, 0.5)


class Phase:
    """A flow that was followed to a phase."""

    def __init__(self, phase):
        self.phase = phase


def test_bisection_of_a_known_line():
    def phase_at(position, near):
        if 0.5 < position < 0.6:
            raise NoAnswerError("nowhere")
        return Phase(1 if position < 0.55 else 3)

    assert first_change(phase_at) == pytest.approx((0.45, 0.675))
    found = bisect_phases(phase_at, 0.0, 1.0, 1e-9)
    # What reaches no phase counts as beyond, and its phase is not made up.
    assert found.ends[0] == pytest.approx(0.5, abs=1e-3) and found.phases == (1, None)
    found = bisect_phases(lambda x, _: Phase(1 if x < 0.3 else 2), None, None, 1e-9)
    assert sum(found.ends) / 2 == pytest.approx(0.3, abs=1e-9) and found.phases == (1, 2)


def test_ising_fixed_point(star):
    found = mlrg.fixed_point(star("A1"))
    assert found.couplings == pytest.approx([0.813920], abs=1e-6)
    assert found.cost == pytest.approx(0.082803, abs=1e-6)
    assert found.scaling_dimensions == pytest.approx([0, 0.09165], abs=1e-5)
    assert found.degeneracy == pytest.approx(1.85437, abs=1e-5)
    assert found.central_charge == pytest.approx(0.5528, abs=1e-4)
    # ln 1.35679655 / ln √2, the slope checked in thirty digits beside the student's tests.
    assert found.exponents == pytest.approx([0.880409], abs=1e-6)
    assert list(found.exponents_by_irrep) == ["0"]
    assert found.best_cost == pytest.approx(found.cost, abs=1e-9)


def test_newton_from_afar_reaches_a_fixed_point_or_says_so(star):
    found = mlrg.newton(star("A1"), np.array([0.9]))
    assert found.couplings == pytest.approx([0.813920], abs=1e-6)
    with pytest.raises(NoAnswerError, match="start closer"):
        mlrg.newton(star("A1"), np.array([2.5]), steps=1)


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
    # Curves of one phase that cross by the error of what learned them.
    with pytest.raises(NoAnswerError, match="within the phase of Z = 1"):
        crossing(lambda x: 1.0 + 0.0 * x, lambda x: 1.0 + 1e-3 * (x - 0.6), grid)
    # A phase beside a transition: the transition counts, however small the other crossing.
    found = crossing(
        lambda x: 1.5 + np.tanh(x - 1.2) / 2,
        lambda x: 1.5 + np.tanh(8 * (x - 1.2)) / 2 + 1e-3 * (x < 0.3) * (x - 0.15),
        grid,
    )
    assert found == pytest.approx(1.2, abs=1e-8)


def test_exponents_of_known_eigenvalues():
    assert exponents([2.0, 0.5, 0.0]).tolist() == pytest.approx([2, -2, -np.inf])
    # A commutant of two dimensions has every eigenvalue twice.
    twice = Sector(np.diag([2.0, 2.0, 0.5, 0.5]), repeats=2)
    assert sector_exponents(twice) == pytest.approx([2, -2])
    assert np.isnan(sector_exponents(Sector(np.diag([2.0, 0.5]), unresolved=1))).tolist() == [
        False,
        True,
    ]
