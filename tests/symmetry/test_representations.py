import pytest
import sympy

from mlrg.errors import RepresentationError
from mlrg.symmetry import C4v, FiniteGroup, Representation, cyclic

QUARTER = [[0, -1], [1, 0]]


def test_matrices_follow_the_group():
    representation = C4v("E")
    for a, left in enumerate(C4v.elements):
        for b, right in enumerate(C4v.elements):
            product = C4v.position[tuple(left[i] for i in right)]
            assert representation.matrix(a) * representation.matrix(b) == representation.matrix(
                product
            )


def test_broken_relation_is_named():
    with pytest.raises(RepresentationError, match="break the relation a·a = 1 of Z2"):
        Representation(cyclic(2), [QUARTER])


@pytest.mark.parametrize(
    ("matrix", "complaint"),
    [
        ([[1.0]], "not an exact number"),
        ([[sympy.Symbol("x")]], "not an exact number"),
        ([[sympy.nan]], "not an exact number"),
        ([[1, 0]], "square matrix"),
        ([[1, 1], [1, 1]], "singular"),
    ],
)
def test_bad_matrices(matrix, complaint):
    with pytest.raises(RepresentationError, match=complaint):
        Representation(cyclic(2), [matrix])


def test_number_of_matrices():
    with pytest.raises(RepresentationError, match="give one for each"):
        Representation(C4v, [QUARTER])


def test_sum_and_product_characters():
    a, b = cyclic(4).irrep(1), cyclic(4).irrep("odd")
    assert (a + b).character == tuple(x + y for x, y in zip(a.character, b.character, strict=True))
    assert (a * b).character == tuple(x * y for x, y in zip(a.character, b.character, strict=True))


def test_representations_of_different_groups_do_not_mix():
    with pytest.raises(RepresentationError, match="one group"):
        cyclic(2).irrep("odd") + cyclic(4).irrep("odd")


def test_irrational_matrices_are_exact():
    rotation = cyclic(3).irrep(1)
    assert rotation.matrix(1) ** 3 == sympy.eye(2)
    assert rotation.matrix(1)[1, 0] == sympy.sqrt(3) / 2


def test_repr_evaluates_back():
    own = Representation(FiniteGroup([(1, 0)], ["f"]), [[[0, 1], [1, 0]]])
    for representation in (cyclic(2).irrep("odd"), C4v("2A1+E"), own, own + own):
        assert eval(repr(representation)) == representation
