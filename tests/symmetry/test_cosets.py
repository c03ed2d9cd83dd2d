"""Cosets, normal closures, quotients and inflation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlrg.errors import BrokenRelationError, GroupError, LargeGroupError, RepresentationError
from mlrg.symmetry import FiniteGroup, alternating, character_table, cyclic, dihedral, symmetric
from mlrg.symmetry.cosets import LeftCosets, coset_action, normal_closure
from mlrg.symmetry.permutations import compose, inverse
from mlrg.testing import groups, subgroups


@given(groups(), st.data())
def test_every_element_is_in_one_coset_by_its_label(group, data):
    subgroup = data.draw(subgroups(group))
    cosets = LeftCosets(group, subgroup)
    assert len(cosets) * subgroup.order == group.order
    members = [frozenset(compose(coset, h) for h in subgroup.elements) for coset in cosets.elements]
    for element in group.elements:
        place, rest = cosets.split(element)
        assert element in members[place]
        assert rest in subgroup
        assert compose(cosets.elements[place], rest) == element


@given(groups(), st.data())
def test_a_quotient_is_a_group_of_the_right_order(group, data):
    normal = normal_closure(group, data.draw(subgroups(group)).generators)
    for element in normal.elements:
        for g in group.elements:
            assert compose(compose(g, element), inverse(g)) in normal
    quotient = group.quotient(normal.generators)
    assert quotient.order * normal.order == group.order
    kernel = [
        element
        for k, element in enumerate(group.elements)
        if quotient.product(group.word(k)) == quotient.identity
    ]
    assert sorted(kernel) == sorted(normal.elements)


def test_a_cyclic_group_of_a_million_has_small_quotients():
    lengths = (64, 15625)
    cycles, start = [], 0
    for length in lengths:
        cycles.append("(" + " ".join(map(str, range(start, start + length))) + ")")
        start += length
    group = FiniteGroup(["".join(cycles)])
    power = group.product((0,) * 10)
    assert group.order == 10**6
    assert group.quotient([power]).order == 10
    with pytest.raises(LargeGroupError, match="500000 cosets"):
        # The half turn of the first cycle, the 500000th power.
        group.quotient([(*range(32, 64), *range(32), *range(64, group.degree))])


def test_the_plane_of_a4_comes_from_its_quotient():
    four = alternating(4)
    quotient = four.quotient(["(0 1)(2 3)"])
    assert quotient.order == 3
    plane = quotient.irrep("χ2").inflate(four)
    table = character_table(four)
    assert plane.decomposition == {k: 1 for k in (1, 2)}
    assert [table.irreps[k].dimension for k in plane.decomposition] == [1, 1]
    assert quotient.names == four.names


def test_what_is_no_quotient_is_refused():
    with pytest.raises(BrokenRelationError, match="break the relation"):
        cyclic(5).irrep(1).inflate(cyclic(4))
    with pytest.raises(RepresentationError, match="images of the generators"):
        cyclic(5).irrep(1).inflate(dihedral(5))
    with pytest.raises(GroupError, match="not an element"):
        alternating(4).quotient(["(0 1)"])


def test_the_whole_group_and_nothing_are_divided_out():
    group = symmetric(4)
    assert group.quotient([]).order == 24
    assert group.quotient(group.generators).order == 1
    assert coset_action(group, group) == [(0,)] * 3
