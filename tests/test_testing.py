from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

import mlrg
from mlrg.errors import CouplingError
from mlrg.symmetry import cyclic, invariant_forms, symmetric
from mlrg.testing import (
    assert_certified,
    assert_equivariant,
    assert_equivariant_map,
    assert_equivariant_table,
    assert_gauge_invariant,
    groups,
    models,
    subgroups,
)


@pytest.mark.parametrize("frame", ["paper", "rotating"])
def test_assertion_notices_a_broken_feature(ising, frame):
    model = ising("A1+E", frame=frame)
    couplings = np.array([0.3, -0.2, 0.4, 0.1, 0.5])
    assert_equivariant(model, couplings)
    broken = replace(model)
    rng = np.random.default_rng(0)
    broken.couplings.__dict__["features"] = model.couplings.features + 1e-3 * rng.normal(
        size=model.couplings.features.shape
    )
    with pytest.raises(AssertionError):
        assert_equivariant(broken, couplings)


def test_assertion_notices_the_wrong_frame(ising):
    # Features of the paper's frame are not symmetric in the rotating one.
    paper, rotating = ising("A1+E", "paper"), replace(ising("A1+E", "rotating"))
    rotating.couplings.__dict__["features"] = paper.couplings.features
    with pytest.raises(AssertionError):
        assert_equivariant(rotating, np.array([0.3, -0.2, 0.4, 0.1, 0.5]))


@pytest.mark.parametrize("seed", range(20))
def test_one_wrong_pair_of_many_states_is_seen(seed):
    model = mlrg.SpinModel("S4:standard", "A1+B1")
    couplings = np.arange(model.couplings.dimension) + 0.5
    table = np.tensordot(couplings, model.couplings.features, axes=1)
    report = assert_equivariant_table(model, table)
    assert report.largest < 1e-12 and report.count > table.size
    place = tuple(np.random.default_rng(seed).integers(len(table), size=2))
    table[place] += 5e-6
    with pytest.raises(AssertionError, match=r"the energy under .*: largest error"):
        assert_equivariant_table(model, table)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e4, 1e8])
def test_large_couplings_raise_no_false_alarm(ising, size):
    model = ising("A1+E")
    report = assert_equivariant(model, size * np.array([0.3, -0.2, 0.4, 0.1, 0.5]))
    assert report.largest < 1e-12 and report.count > 1000 and "error" in str(report)


@pytest.mark.parametrize("couplings", [[1.0], [np.nan] * 5, "abc", [[1.0] * 5], None])
def test_couplings_of_another_kind_meet_a_sentence(ising, couplings):
    with pytest.raises(CouplingError, match="coupling"):
        assert_equivariant(ising("A1+E"), couplings)


def test_maps_of_a_user():
    plane = symmetric(3).irrep("standard")
    assert assert_equivariant_map(lambda x: x * (x @ x), plane, plane).largest < 1e-12
    with pytest.raises(AssertionError, match="the map under s1"):
        assert_equivariant_map(lambda x: x + 1e-6, plane, plane)
    with pytest.raises(AssertionError, match="returned shape"):
        assert_equivariant_map(lambda x: x[:1], plane, plane)


def test_functions_of_couplings(ising):
    model, points = ising("A1+E"), np.random.default_rng(0).normal(size=(4, 5))
    assert_gauge_invariant(model, lambda j: float(j @ j), points)
    with pytest.raises(AssertionError, match="gauge transformation"):
        assert_gauge_invariant(model, lambda j: float(j.sum()), points)


def test_a_certificate_is_held_against_the_declared_matrices():
    spin = cyclic(3).irrep(1)
    basis = invariant_forms(spin, spin)
    assert_certified(basis)
    basis.__dict__["arrays"] = basis.arrays + 5e-6 * np.array([[0, 1], [1, 0]])
    with pytest.raises(AssertionError, match="a basis form under generator 0"):
        assert_certified(basis)


def test_strategies_draw_what_declarations_get_wrong():
    seen = set()

    @given(groups(), models())
    def draw(group, model):
        identity = tuple(range(group.degree))
        seen.add("none" if not group.generators else "some")
        if len(set(group.names)) < len(group.names):
            seen.add("equal names")
        if identity in group.generators:
            seen.add("identity")
        if len(set(group.generators)) < len(group.generators):
            seen.add("repeated")
        if model.couplings.dimension == 0:
            seen.add("no coupling")

    draw()
    assert seen >= {"none", "some", "equal names", "identity", "repeated", "no coupling"}


@given(subgroups(symmetric(4)))
def test_orders_of_subgroups_divide(subgroup):
    assert 24 % subgroup.order == 0 and subgroup.degree == 4
