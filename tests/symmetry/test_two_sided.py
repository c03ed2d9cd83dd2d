"""Spins with values in a group: its irreps from both sides, classes, and weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlrg
from mlrg.errors import BudgetError, CouplingError, SpinSpaceError
from mlrg.symmetry import (
    FiniteGroup,
    Representation,
    character_table,
    cyclic,
    dihedral,
    quaternion,
    symmetric,
    two_sided_representation,
)
from mlrg.symmetry import two_sided_irreps as module
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.symmetry.permutations import compose, cycle_type, cycles, inverse
from mlrg.symmetry.two_sided import TwoSidedGroup

SMALL = [symmetric(3), pytest.param(symmetric(4), marks=pytest.mark.slow)]


@pytest.mark.parametrize("base", SMALL, ids=lambda group: group.name)
def test_irreps_follow_from_those_of_the_group(base):
    group = two_sided_representation(base).group
    irreps, table = irreps_of(group), character_table(group)
    rng = np.random.default_rng(0)
    places = rng.integers(group.order, size=(20, 2))
    for number, irrep in enumerate(irreps.all):
        for one, two in places:
            product = group.position[compose(group.elements[one], group.elements[two])]
            found = irrep.matrices[one] @ irrep.matrices[two]
            assert np.allclose(found, irrep.matrices[product], atol=1e-12)
        # The exact irreps of the same name, and the characters that Dixon's method finds.
        first = [members[0] for members in group.classes]
        traces = np.trace(irrep.matrices[first], axis1=1, axis2=2)
        assert traces == pytest.approx(table.irreps[number].floats.real, abs=1e-12)
        exact = group.irrep(irrep.name).class_traces.floats[0]
        assert traces == pytest.approx(np.real(exact), abs=1e-12)


@pytest.mark.parametrize("base", SMALL, ids=lambda group: group.name)
def test_products_of_irreps_follow_from_those_of_the_group(base):
    irreps = irreps_of(two_sided_representation(base).group)
    every, rng = range(len(irreps)), np.random.default_rng(1)
    for first in every:
        for second in every:
            one, two = irreps[first], irreps[second]
            rows = []
            for product in every:
                coupled, third = irreps.coupling(first, second, product), irreps[product]
                g = rng.integers(len(one.matrices))
                moved = np.einsum("ab,cd,tibd->tiac", one.matrices[g], two.matrices[g], coupled)
                expected = np.einsum("ji,tjab->tiab", third.matrices[g], coupled)
                assert np.allclose(moved, expected, atol=1e-12)
                rows.append(coupled.reshape(-1, one.dimension * two.dimension))
                if first == second:
                    turned = coupled.transpose(0, 1, 3, 2)
                    signs = np.einsum("tiab,tiab->t", coupled, turned) / third.dimension
                    assert np.all(np.abs(np.abs(signs) - 1) < 1e-12)
                    assert np.all(np.diff(signs) < 1e-12)
            rows = np.concatenate(rows)
            assert np.allclose(rows @ rows.T, np.eye(one.dimension * two.dimension), atol=1e-12)


def test_sectors_are_those_of_the_regular_representation():
    group = two_sided_representation(symmetric(3)).group
    found, listed = irreps_of(group), Irreps(group)
    assert [irrep.name for irrep in found.all] == [irrep.name for irrep in listed.all]
    for first in range(len(found)):
        for product in range(len(found)):
            counts = [len(one.coupling(first, first, product)) for one in (found, listed)]
            assert counts[0] == counts[1]


def test_the_inversion_is_a_symmetry_where_classes_hold_inverses():
    three = two_sided_representation(symmetric(3))
    assert isinstance(three.group, TwoSidedGroup)
    # Declared by hand it is checked against the relations.
    assert Representation(three.group, three.images) == three
    assert FiniteGroup(three.group.generators, three.group.names).order == three.group.order == 72
    # In Z3 no element but one is its own inverse; irreps of Q8 are not all real.
    for base in (cyclic(3), quaternion()):
        assert two_sided_representation(base).group == base * base


def test_the_inversion_does_not_join_classes():
    for name, count in (("S3:two-sided", 3), ("Z3:two-sided", 3), ("D4:two-sided", 5)):
        assert mlrg.SpinModel(name, "A1").couplings.dimension == count


def test_a_group_may_be_too_large(monkeypatch):
    monkeypatch.setattr(module, "ORDER_LIMIT", 100)
    base = dihedral(4)
    with pytest.raises(BudgetError, match="128 elements are not written down"):
        module.TwoSidedIrreps(two_sided_representation(base).group, irreps_of(base))


def test_classes_have_names():
    assert mlrg.SpinModel("S3:two-sided", "A1").class_names == ("(1,1,1)", "(2,1)", "(3)")
    assert mlrg.SpinModel("Z3:two-sided", "A1", family="pair").class_names == ("1", "a", "a·a")
    for internal, point in (("S3:standard", "A1"), ("S3:two-sided", "2A1"), ("O2:1", "A1")):
        assert mlrg.SpinModel(internal, point).class_names is None


@given(
    st.sampled_from(["S3:two-sided", "D4:two-sided", "Z3:two-sided"]),
    st.sampled_from(["bilinear", "pair"]),
    st.integers(0, 99),
)
def test_class_functions_are_couplings(internal, family, seed):
    model = mlrg.SpinModel(internal, "A1", family=family)
    base = model.internal.group.base
    values = np.random.default_rng(seed).normal(size=len(base.classes))

    def weight(element):
        return values[base.class_of[base.position[element]]]

    found = np.array(model.class_couplings(weight))
    energy = np.tensordot(found, model.couplings.features, axes=1)
    elements = [base.elements[k] for k in model.spins.values.argmax(axis=1)]
    for x, row in zip(elements, energy, strict=True):
        expected = [weight(compose(inverse(x), y)) for y in elements]
        assert row == pytest.approx(expected, abs=1e-12)


def test_cycles():
    assert cycle_type((1, 0, 2, 4, 5, 3)) == (3, 2, 1)
    assert cycles((1, 0, 2, 4, 5, 3)) == 3
    assert mlrg.SpinModel("S3:two-sided", "A1").class_couplings(mlrg.cycles) == (3.0, 2.0, 1.0)


def test_what_is_no_class_function():
    model = mlrg.SpinModel("S3:two-sided", "A1")
    with pytest.raises(CouplingError, match="which are conjugate in S3"):
        model.class_couplings(lambda element: element[0])
    with pytest.raises(CouplingError, match="gives inf for an element"):
        model.class_couplings(lambda element: np.inf)
    with pytest.raises(CouplingError, match="no number"):
        model.class_couplings(lambda element: "many")
    with pytest.raises(SpinSpaceError, match="values in a group and A1, such as S3:two-sided"):
        mlrg.SpinModel("S3:standard", "A1").class_couplings(cycles)
    with pytest.raises(SpinSpaceError, match="values in a finite group"):
        mlrg.SpinModel("O2:1", "A1").class_couplings(cycles)
