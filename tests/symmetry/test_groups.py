import pytest

from mlrg.errors import GroupError, UnknownNameError
from mlrg.symmetry import C4v, FiniteGroup, cyclic


def test_orders():
    assert cyclic(7).order == 7
    assert C4v.order == 8
    assert FiniteGroup([(1, 0, 2, 3, 4), (1, 2, 3, 4, 0)]).order == 120


def test_word_multiplies_to_its_element():
    for position, element in enumerate(C4v.elements):
        assert C4v.product(C4v.word(position)) == element
        product = tuple(range(4))
        for letter in C4v.word(position):
            product = tuple(product[i] for i in C4v.generators[letter])
        assert product == element


def test_equality_is_by_content_and_repr_evaluates_back():
    group = FiniteGroup([(1, 0)], ["flip"], name="whatever")
    assert group == FiniteGroup([(1, 0)], ["flip"], name="another name")
    assert group != FiniteGroup([(1, 0, 2)], ["flip"], name="whatever")
    assert eval(repr(group)) == group
    assert eval(repr(cyclic(5))) == cyclic(5)
    assert eval(repr(C4v)) is C4v


def test_generator_that_is_no_permutation():
    with pytest.raises(GroupError, match=r"\(0, 0\) is not a permutation"):
        FiniteGroup([(0, 0)])


def test_group_beyond_the_bound():
    with pytest.raises(GroupError, match="more than"):
        _ = FiniteGroup([(1, 0, *range(2, 9)), (*range(1, 9), 0)]).order


def test_unknown_irrep_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="choose one of 0, trivial, odd, 1"):
        cyclic(2).irrep("even")
