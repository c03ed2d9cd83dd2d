import numpy as np
import pytest

import mlrg
from mlrg.analysis.fixed_points import kind
from mlrg.analysis.search import find_all
from mlrg.errors import InputError, NoAnswerError


def build(internal):
    return mlrg.Star(mlrg.SpinModel(internal, "A1"))


def test_kinds():
    assert kind([-1.0, -2.0]) == "stable"
    assert kind([0.9, -2.0, -np.inf]) == "critical"
    assert kind([0.9, 0.2]) == "multicritical"
    assert kind([np.nan]) == "stable"


def test_a_map_without_couplings_is_refused(ising):
    with pytest.raises(InputError, match="need a map over couplings"):
        mlrg.fixed_points(mlrg.Tensor(ising("A1"), 2), np.zeros((1, 1)))


def test_gauge_copies_count_once():
    flip = [np.eye(2), np.diag([1.0, -1.0])]
    answers = {0: np.array([1.0, 2.0]), 1: np.array([1.0, -2.0]), 2: np.array([0.0, 0.0])}

    def solve(start):
        if start[0] > 2:
            raise NoAnswerError("none")
        return answers[int(start[0])]

    found = find_all(solve, lambda point: point, [[0], [1], [3], [2], [1]], flip)
    assert found.basin.tolist() == [0, 0, -1, 1, 0]
    assert len(found.points) == 2 and found.failures == 1


def test_fixed_points_of_one_ising_spin(star):
    starts = mlrg.random_starts([-1.6], [1.6], 12, np.random.default_rng(0))
    found = mlrg.fixed_points(star("A1"), starts)
    kinds = {point.kind: point for point in found.points}
    assert len(found.points) == 2 and found.failures == 0
    assert np.abs(kinds["critical"].couplings) == pytest.approx([0.813920], abs=1e-6)
    assert kinds["stable"].couplings.tolist() == [0.0]
    assert np.isnan(kinds["stable"].exponents).all()


def test_three_decoupled_copies_are_multicritical(star):
    # In the paper's frame the three components of A1+E may decouple into Ising models.
    single = 0.813919679
    starts = np.array([[single, 0, 0, single, single]]) + 0.02
    (copies,) = mlrg.fixed_points(star("A1+E", "paper"), starts).points
    assert copies.couplings == pytest.approx([single, 0, 0, single, single], abs=1e-8)
    assert copies.kind == "multicritical"
    assert copies.degeneracy == pytest.approx(1.85437**3, abs=1e-3)
    assert copies.central_charge == pytest.approx(3 * 0.55275, abs=1e-4)


def test_fixed_points_of_three_couplings():
    # Z2 × Z2 on (σ, τ, στ): three Ising transitions, three of two copies, the 4-state Potts point.
    starts = mlrg.random_starts([-2] * 3, [2] * 3, 50, np.random.default_rng(0))
    found = mlrg.fixed_points(build("Z2xZ2:1x0+0x1+1x1"), starts)
    ising, potts = 0.813920, mlrg.fixed_point(build("S4:standard"))
    copies = []
    for point in found.points:
        sizes = np.sort(np.abs(point.couplings))
        copies.append(int((sizes > 1e-6).sum()))
        expected = {
            0: [0, 0, 0],
            1: [0, 0, ising],
            2: [0, ising, ising],
            3: potts.couplings / 3 * np.ones(3),
        }
        assert sizes == pytest.approx(expected[copies[-1]], abs=1e-6)
        assert point.kind == ("stable", "critical", *["multicritical"] * 2)[copies[-1]]
    assert sorted(copies) == [0, 1, 1, 1, 2, 2, 2, 3]


def test_four_phases_of_ashkin_teller():
    couplings = np.array([[0.3, 0.2], [2.5, 0.5], [0.3, 1.2], [0.3, -1.2]])
    # Paramagnet; σ, τ and στ ordered; only στ ordered, or its staggered one.
    assert mlrg.phase_labels(build("D4:E+B1"), couplings).tolist() == [1, 4, 2, 2]
