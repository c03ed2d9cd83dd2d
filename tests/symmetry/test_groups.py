import math

import pytest
import sympy
from sympy.combinatorics.fp_groups import FpGroup
from sympy.combinatorics.free_groups import free_group

from mlrg.errors import (
    GroupError,
    InexactMatrixError,
    InfiniteGroupError,
    LargeGroupError,
    SingularMatrixError,
    UnknownIrrepError,
)
from mlrg.symmetry import (
    C4v,
    FiniteGroup,
    alternating,
    cyclic,
    dihedral,
    quaternion,
    symmetric,
)

NAMED = {
    cyclic(7): 7,
    C4v: 8,
    dihedral(5): 10,
    quaternion(): 8,
    symmetric(4): 24,
    symmetric(5): 120,
    alternating(4): 12,
    alternating(5): 60,
    symmetric(3) * cyclic(2): 12,
}


@pytest.mark.parametrize("group", NAMED, ids=lambda group: group.name)
def test_orders_and_presentations(group):
    assert group.order == NAMED[group]
    # A presentation is complete if coset enumeration over it finds the same order.
    free = free_group(",".join(f"x{k}" for k in range(len(group.generators))))[0]
    letters = free.generators
    words = []
    for relation in group.relations:
        word = free.identity
        for letter in relation:
            word = word * letters[letter]
        words.append(word)
    assert FpGroup(free, words).order() == group.order


def test_word_multiplies_to_its_element():
    for position, element in enumerate(C4v.elements):
        assert C4v.product(C4v.word(position)) == element
        product = tuple(range(4))
        for letter in C4v.word(position):
            product = tuple(product[i] for i in C4v.generators[letter])
        assert product == element


def test_classes_of_s4_are_cycle_types():
    sizes = sorted(len(members) for members in symmetric(4).classes)
    assert sizes == [1, 3, 6, 6, 8]
    assert symmetric(4).exponent == 12


def test_powers_and_orders():
    group = symmetric(4)
    for element in range(group.order):
        order = group.element_order(element)
        assert group.power(element, order) == 0
        assert all(group.power(element, k) != 0 for k in range(1, order))
        assert group.power(element, -1) == group.power(element, order - 1)


def test_group_of_matrices():
    turn, flip = [[0, -1], [1, 0]], [[1, 0], [0, -1]]
    group = FiniteGroup.from_matrices([turn, flip], ["r", "s"])
    assert group.order == 8
    assert [len(members) for members in group.classes].count(2) == 3
    golden = sympy.Matrix(
        [
            [sympy.cos(2 * sympy.pi / 7), -sympy.sin(2 * sympy.pi / 7)],
            [sympy.sin(2 * sympy.pi / 7), sympy.cos(2 * sympy.pi / 7)],
        ]
    )
    assert FiniteGroup.from_matrices([golden]).order == 7


@pytest.mark.parametrize(
    ("matrices", "error"),
    [
        ([[[1, 1], [0, 1]]], InfiniteGroupError),
        ([[[2]]], InfiniteGroupError),
        ([[[0.5]]], InexactMatrixError),
        ([[[0]]], SingularMatrixError),
        ([[[1, 0]]], GroupError),
        ([], GroupError),
    ],
)
def test_matrices_that_make_no_finite_group(matrices, error):
    with pytest.raises(error):
        FiniteGroup.from_matrices(matrices, limit=100)


def test_equality_is_by_content_and_repr_evaluates_back():
    group = FiniteGroup([(1, 0)], ["flip"], name="whatever")
    assert group == FiniteGroup([(1, 0)], ["flip"], name="another name")
    assert group != FiniteGroup([(1, 0, 2)], ["flip"], name="whatever")
    for one in (group, *NAMED):
        assert eval(repr(one)) == one
    assert eval(repr(C4v)) is C4v


def test_generator_that_is_no_permutation():
    with pytest.raises(GroupError, match=r"\(0, 0\) is not a permutation"):
        FiniteGroup([(0, 0)])


def test_wrong_presentation():
    with pytest.raises(GroupError, match="the relation a·a = 1 does not hold"):
        FiniteGroup([(1, 2, 0)], ["a"], relations=[(0, 0)])


def test_group_too_large_to_list():
    group = FiniteGroup([(1, 0, *range(2, 12)), (*range(1, 12), 0)])
    assert group.order == math.factorial(12)
    with pytest.raises(LargeGroupError, match="479001600 elements, more than"):
        _ = group.elements


def test_subgroups_are_made_of_elements():
    with pytest.raises(GroupError, match="is not an element of A4"):
        alternating(4).subgroup([(1, 0, 2, 3)])


@pytest.mark.parametrize("build", [cyclic, dihedral, symmetric, alternating])
def test_groups_that_do_not_exist(build):
    with pytest.raises(GroupError, match="does not exist"):
        build(0)


def test_unknown_irrep_lists_the_known_ones():
    with pytest.raises(UnknownIrrepError, match="choose one of 0, trivial, odd, 1"):
        cyclic(2).irrep("even")
    with pytest.raises(UnknownIrrepError):
        symmetric(4).irrep((3, 2))
