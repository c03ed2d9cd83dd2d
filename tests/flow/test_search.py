import numpy as np
import pytest

from mlrg.errors import NoAnswerError
from mlrg.flow.blocks import rg_block
from mlrg.flow.fixed_points import fixed_point
from mlrg.flow.phases import exact_phases
from mlrg.flow.search import (
    correlation_exponent,
    exact_fixed_points,
    find_all,
    kind,
    random_starts,
)
from mlrg.model import SpinModel
from mlrg.symmetry import C4v, symmetric
from mlrg.symmetry.catalogue import parse_internal


def test_kinds():
    assert kind([-1.0, -2.0]) == "stable"
    assert kind([0.9, -2.0, -np.inf]) == "critical"
    assert kind([0.9, 0.2]) == "multicritical"
    assert kind([np.nan]) == "stable"
    assert correlation_exponent([0.88, -1]) == pytest.approx(1 / 0.88)
    with pytest.raises(NoAnswerError, match="no correlation length"):
        correlation_exponent([-0.5, np.nan])


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


def test_fixed_points_of_one_ising_spin(ising):
    model = ising("A1")
    starts = random_starts([-1.6], [1.6], 12, np.random.default_rng(0))
    found = exact_fixed_points(rg_block(model), starts, model.gauge.elements)
    kinds = {kind(point.exponents): point for point in found.points}
    assert len(found.points) == 2 and found.failures == 0
    assert np.abs(kinds["critical"].couplings) == pytest.approx([0.813920], abs=1e-6)
    assert kinds["stable"].couplings.tolist() == [0.0]
    assert np.isnan(kinds["stable"].exponents).all()


def test_three_decoupled_copies_are_multicritical(ising):
    # In the paper's frame the three components of A1+E may decouple into Ising models.
    model = ising("A1+E", frame="paper")
    single = 0.813919679
    starts = np.array([[single, 0, 0, single, single]]) + 0.02
    (copies,) = exact_fixed_points(rg_block(model), starts, model.gauge.elements).points
    assert copies.couplings == pytest.approx([single, 0, 0, single, single], abs=1e-8)
    assert kind(copies.exponents) == "multicritical"
    assert copies.degeneracy == pytest.approx(1.85437**3, abs=1e-3)
    assert copies.central_charge == pytest.approx(3 * 0.55275, abs=1e-4)


def test_fixed_points_of_three_couplings():
    # Z2 × Z2 on (σ, τ, στ): three Ising transitions, three of two copies, the 4-state Potts point.
    model = SpinModel(parse_internal("Z2xZ2:1x0+0x1+1x1"), C4v("A1"))
    starts = random_starts([-2] * 3, [2] * 3, 50, np.random.default_rng(0))
    found = exact_fixed_points(rg_block(model), starts, model.gauge.elements)
    ising, potts = 0.813920, fixed_point(SpinModel(symmetric(4).irrep("standard"), C4v("A1")))
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
        assert kind(point.exponents) == ("stable", "critical", *["multicritical"] * 2)[copies[-1]]
    assert sorted(copies) == [0, 1, 1, 1, 2, 2, 2, 3]


def test_four_phases_of_ashkin_teller():
    model = SpinModel(parse_internal("D4:E+B1"), C4v("A1"))
    phases = exact_phases(rg_block(model))
    couplings = np.array([[0.3, 0.2], [2.5, 0.5], [0.3, 1.2], [0.3, -1.2]])
    # Paramagnet; σ, τ and στ ordered; only στ ordered, or its staggered one.
    assert phases(couplings).tolist() == [1, 4, 2, 2]
