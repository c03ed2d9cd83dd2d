import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from mlrg.errors import (
    BrokenRelationError,
    InexactMatrixError,
    MatrixShapeError,
    RepresentationError,
    SingularMatrixError,
)
from mlrg.symmetry import (
    C4v,
    FiniteGroup,
    Representation,
    alternating,
    character_table,
    cyclic,
    dihedral,
    permutation_representation,
    quaternion,
    regular_representation,
    symmetric,
    two_sided_representation,
)
from mlrg.testing import groups, representations, unimodular_matrices

QUARTER = [[0, -1], [1, 0]]


def checked(representation):
    """Declare the same matrices again, so that every relation is verified."""
    return Representation(
        representation.group, representation.images, dimension=representation.dimension
    )


def test_matrices_follow_the_group():
    representation = C4v("E")
    for a, left in enumerate(C4v.elements):
        for b, right in enumerate(C4v.elements):
            product = C4v.position[tuple(left[i] for i in right)]
            assert representation.matrix(a) * representation.matrix(b) == representation.matrix(
                product
            )


@pytest.mark.parametrize(
    "representation",
    [
        *(cyclic(n).irrep(1) for n in (3, 5, 6, 7, 9, 11)),
        *(symmetric(n).irrep("standard") for n in (2, 3, 4, 5)),
        symmetric(5).irrep((3, 2)),
        symmetric(6).irrep((3, 2, 1)),
        alternating(4).irrep("standard"),
        dihedral(5).irrep("E2"),
        quaternion().irrep("quaternion"),
    ],
    ids=repr,
)
def test_named_irreps_are_what_they_are_called(representation):
    table = character_table(representation.group)
    found = representation.decomposition
    real = [
        irrep
        for irrep in table.real_irreps
        if irrep.dimension == representation.dimension
        and all(
            abs(sympy.N(a - b, 40)) < 1e-35
            for a, b in zip(irrep.values, representation.character, strict=True)
        )
    ]
    assert len(real) == 1
    assert sum(found.values()) == {"real": 1, "complex": 2, "quaternionic": 2}[real[0].kind]


def test_broken_relation_is_named():
    with pytest.raises(BrokenRelationError, match="break the relation a·a = 1 of Z2"):
        Representation(cyclic(2), [QUARTER])
    # Without a presentation the product table is checked.
    with pytest.raises(BrokenRelationError, match="break the relation g0·g0 = 1"):
        Representation(FiniteGroup([(1, 0)]), [QUARTER])


@pytest.mark.parametrize(
    ("matrix", "error", "complaint"),
    [
        ([[1.0]], InexactMatrixError, "not an exact number"),
        ([[sympy.Symbol("x")]], InexactMatrixError, "not an exact number"),
        ([[sympy.nan]], InexactMatrixError, "not an exact number"),
        ([[sympy.pi]], InexactMatrixError, "algebraic"),
        ([[1, 0]], MatrixShapeError, "square matrix"),
        ([[1, 1], [1, 1]], SingularMatrixError, "singular"),
    ],
)
def test_bad_matrices(matrix, error, complaint):
    with pytest.raises(error, match=complaint):
        Representation(cyclic(2), [matrix])


def test_number_of_matrices():
    with pytest.raises(RepresentationError, match="give one for each"):
        Representation(C4v, [QUARTER])


def test_representations_of_different_groups_do_not_mix():
    with pytest.raises(RepresentationError, match="one group"):
        cyclic(2).irrep("odd") + cyclic(4).irrep("odd")


def values(character):
    return [complex(sympy.N(value, 30)) for value in character]


@given(st.data())
def test_constructions_have_the_characters_they_should(data):
    group = data.draw(groups(largest_degree=3))
    v = data.draw(representations(group, terms=1))
    w = data.draw(representations(group, terms=1))
    chi, psi = v.character, w.character
    squares = [chi[group.class_of[group.power(m[0], 2)]] for m in group.classes]
    inverses = [chi[group.class_of[group.power(m[0], -1)]] for m in group.classes]
    expected = {
        "sum": (v + w, [a + b for a, b in zip(chi, psi, strict=True)]),
        "product": (v * w, [a * b for a, b in zip(chi, psi, strict=True)]),
        "dual": (v.dual, inverses),
        "symmetric": (
            v.symmetric_square,
            [(a * a + b) / 2 for a, b in zip(chi, squares, strict=True)],
        ),
    }
    if v.dimension > 1:
        expected["exterior"] = (
            v.exterior_square,
            [(a * a - b) / 2 for a, b in zip(chi, squares, strict=True)],
        )
    for name, (made, character) in expected.items():
        assert values(made.character) == pytest.approx(values(character), abs=1e-14), name
        assert made == checked(made), name


@given(st.data())
def test_change_of_basis_keeps_the_character(data):
    v = data.draw(representations(terms=1))
    moved = v.change_of_basis(data.draw(unimodular_matrices(v.dimension)))
    assert moved == checked(moved)
    assert values(moved.character) == pytest.approx(values(v.character), abs=1e-14)


def test_restriction_and_induction_are_adjoint():
    whole, part = symmetric(4), symmetric(4).subgroup([(1, 2, 0, 3), (1, 0, 2, 3)])
    assert part.order == 6
    for name in ("trivial", "sign", "standard", (2, 2)):
        v = whole.irrep(name)
        assert checked(v.restrict(part)).dimension == v.dimension
    trivial = Representation(part, [[[1]], [[1]]])
    induced = trivial.induce(whole)
    assert checked(induced).dimension == 4
    # Frobenius: Ind 1 is the permutation representation, trivial plus standard.
    assert induced.decomposition == permutation_representation(whole).decomposition
    with pytest.raises(RepresentationError, match="not an element"):
        alternating(4).irrep("standard").restrict(part)
    with pytest.raises(RepresentationError, match="not an element"):
        trivial.induce(alternating(4))


def test_outer_product_belongs_to_the_direct_product():
    v = cyclic(3).irrep(1).outer(symmetric(3).irrep("standard"))
    assert v.group.order == 18
    assert checked(v).dimension == 4
    assert sum(v.decomposition.values()) == 2


def test_group_actions():
    assert checked(regular_representation(symmetric(3))).dimension == 6
    on_pairs = [(2, 1, 0, 3, 4, 5), (0, 1, 2, 3, 4, 5)]
    with pytest.raises(BrokenRelationError):
        permutation_representation(symmetric(3), [(1, 0, 2), (1, 2, 0)])
    assert permutation_representation(FiniteGroup([(1, 0)]), on_pairs[:1]).dimension == 6


def test_irrational_matrices_are_exact():
    rotation = cyclic(3).irrep(1)
    assert rotation.matrix(1) ** 3 == sympy.eye(2)
    assert rotation.matrix(1)[1, 0] == sympy.sqrt(3) / 2


def test_standard_irrep_permutes_a_simplex():
    for n in (3, 4, 5):
        corner = sympy.Matrix([1] + [0] * (n - 2))
        images = {tuple(symmetric(n).irrep("standard").matrix(g) * corner) for g in range(2 * n)}
        for a in images:
            for b in images:
                product = sympy.simplify(sum(x * y for x, y in zip(a, b, strict=True)))
                assert product == (1 if a == b else sympy.Rational(-1, n - 1))


def test_repr_evaluates_back():
    own = Representation(FiniteGroup([(1, 0)], ["f"]), [[[0, 1], [1, 0]]])
    for representation in (
        cyclic(2).irrep("odd"),
        symmetric(4).irrep((2, 2)),
        C4v("2A1+E"),
        C4v("A1+E").turned,
        own,
        own + own,
        own * own,
        own.symmetric_square,
        own.exterior_square,
        own.dual,
        own.change_of_basis([[1, 2], [0, 1]]),
        own.change_of_basis([[1, sympy.Rational(1, 2)], [0, sympy.sqrt(2)]]),
        Representation(cyclic(3), cyclic(3).irrep(1).images),
        regular_representation(cyclic(3)),
        two_sided_representation(cyclic(3)),
    ):
        assert eval(repr(representation), globals()) == representation


@given(representations(), st.sampled_from(["dual", "symmetric_square", "restrict", "outer"]))
def test_repr_of_random_representations_evaluates_back(v, construction):
    if construction == "restrict":
        made = v.restrict(v.group.subgroup([v.group.elements[-1]]))
    elif construction == "outer":
        made = v.outer(cyclic(2).irrep("odd"))
    else:
        made = getattr(v, construction)
    for one in (v, made):
        again = eval(repr(one), globals())
        assert again == one
        assert hash(again) == hash(one)
        assert again.group == one.group


def test_a_presentation_may_use_inverses():
    turn = [[0, -1], [1, -1]]
    group = FiniteGroup([(1, 2, 0)], relations=[(0, 0, 0), (0, -1)])
    assert Representation(group, [turn]).dimension == 2
    # −1 − k is the inverse of k, not a place from the end: both are one element.
    twice = FiniteGroup([(1, 2, 0), (1, 2, 0)], relations=[(0, 0, 0), (0, -2)])
    assert Representation(twice, [turn, turn]).dimension == 2
    with pytest.raises(BrokenRelationError, match="g0·g1⁻¹"):
        Representation(twice, [turn, [[1, 0], [0, 1]]])
