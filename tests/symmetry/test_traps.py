"""Declarations with a trap: equal names, no generators, groups that look alike, complex numbers."""

import warnings

import numpy as np
import pytest
import sympy

import mlrg
from mlrg.errors import InputError, OpenSpinSpaceError, RepresentationError
from mlrg.model import RealFormWarning
from mlrg.symmetry import (
    C4v,
    FiniteGroup,
    Representation,
    SpinSpace,
    alternating,
    character_table,
    cyclic,
    dihedral,
    invariant_dimension,
    permutation_representation,
    quaternion,
    real_form,
    symmetric,
)
from mlrg.testing import assert_certified, assert_equivariant

IMAGINARY, ROOT3 = sympy.I, sympy.sqrt(3)
OMEGA = -sympy.Rational(1, 2) + ROOT3 / 2 * IMAGINARY


def test_generators_of_equal_name_are_told_apart():
    group = FiniteGroup([[1, 2, 0], [1, 0, 2]], names=["a", "a"])
    corners = permutation_representation(group)
    with pytest.raises(OpenSpinSpaceError):
        # Closed under the swap alone.
        SpinSpace(corners, C4v("A1"), [(1, 0, 0), (0, 1, 0)])
    model = mlrg.SpinModel(corners, "A1", family="pair")
    assert model.couplings.dimension == 2
    assert_certified(model.couplings)
    assert_equivariant(mlrg.SpinModel(corners, "A1"), np.array([0.3, -0.7]))
    # The classes of pairs under the swap alone: five, and no certificate for them.
    swapped = mlrg.SpinModel(permutation_representation(group), "A1", family="pair")
    swapped.couplings.orbit = np.array([[0, 1, 2], [1, 0, 2], [3, 3, 4]])
    with pytest.raises(AssertionError):
        assert_certified(swapped.couplings)


def test_repeated_and_identity_generators_change_nothing():
    plain = symmetric(3).irrep("standard")
    rotation, swap = (1, 2, 0), (1, 0, 2)
    group = FiniteGroup([rotation, (0, 1, 2), swap, rotation, swap])
    assert group.order == 6
    images = [plain.matrix_of(g) for g in group.generators]
    v = Representation(group, images)
    assert invariant_dimension(v, v) == invariant_dimension(plain, plain) == 1
    images[3] = plain.matrix_of((0, 1, 2))
    with pytest.raises(RepresentationError, match="g3 = g0"):
        Representation(group, images)
    images[3], images[1] = images[0], images[2]
    with pytest.raises(RepresentationError, match="g1 = 1"):
        Representation(group, images)


def test_groups_without_generators_keep_their_dimension():
    whole, standard = symmetric(3), symmetric(3).irrep("standard")
    nothing = whole.subgroup([])
    assert (nothing.degree, nothing.order) == (3, 1)
    restricted = standard.restrict(nothing)
    assert restricted.dimension == 2
    assert (restricted + restricted).dimension == 4
    assert (restricted + restricted).character == (4,)
    assert invariant_dimension(restricted, restricted) == 4
    induced = restricted.induce(whole)
    assert induced.dimension == 12
    assert induced.character == (12, 0, 0)
    # Frobenius: ⟨Ind W, V⟩ = ⟨W, Res V⟩.
    assert invariant_dimension(induced, standard) == invariant_dimension(restricted, restricted)
    assert mlrg.SpinModel(restricted, "A1").couplings.dimension == 4


def test_groups_that_look_alike_are_not_mixed():
    z4, square = cyclic(4), cyclic(2) * cyclic(2)
    for one, two in (
        (z4.irrep("odd"), cyclic(2).irrep("odd").outer(cyclic(2).irrep("odd"))),
        (dihedral(4).irrep("E"), quaternion().irrep("i")),
        (permutation_representation(z4), permutation_representation(square)),
    ):
        with pytest.raises(RepresentationError, match="both must belong to one group"):
            invariant_dimension(one, two)
    for family in ("bilinear", "pair"):
        ising = mlrg.SpinModel("Z2:odd", "A1", family=family)
        with pytest.raises(RepresentationError, match="Z2 and Z3"):
            ising.couplings_to(mlrg.SpinModel("Z3:1", "A1"))


def test_answers_do_not_depend_on_what_was_asked_before():
    group = symmetric(4)
    names, labels = group.irrep_names, character_table(group).labels
    group.irrep((2, 2))
    assert (group.irrep_names, character_table(group).labels) == (names, labels)
    nameless = FiniteGroup(cyclic(3).generators, cyclic(3).names)
    assert nameless == cyclic(3)
    assert str(character_table(nameless)).startswith("<a>")
    assert str(character_table(cyclic(3))).startswith("Z3")


def test_negative_points_are_no_permutation():
    with pytest.raises(RepresentationError, match="not a permutation"):
        permutation_representation(cyclic(3), [(-1, 0, 1)])


def test_couplings_that_are_not_there():
    model = mlrg.SpinModel("Z2:odd", "B1")
    space = model.couplings
    assert space.dimension == 0
    assert "couplings  0" in model.summary()
    assert space.axis.shape == (0,) and space.features.shape == (0, 2, 2)
    assert space.internal_basis.orthonormal.shape == (1, 1, 1)
    assert space.point_basis.orthonormal.shape == (0, 1, 1)
    assert model.gauge.order == 1
    assert space.text == "[ 0 ]" and "0" in space.latex
    assert space.project([[3.0]]).remainder == [[3.0]]
    assert_certified(space)
    assert_equivariant(model, np.zeros(0))


# Two-dimensional irreps of complex and quaternionic groups as textbooks write them.
PAULI = [[[0, 1], [1, 0]], [[0, -IMAGINARY], [IMAGINARY, 0]], [[1, 0], [0, -1]]]
HALF = sympy.Rational(1, 2)
TEXTBOOK = {
    "Z3": (cyclic(3), [[[OMEGA]]], 2, 2),
    "Z4": (cyclic(4), [[[IMAGINARY]]], 2, 2),
    "Q8": (quaternion(), [[[IMAGINARY, 0], [0, -IMAGINARY]], [[0, 1], [-1, 0]]], 4, 4),
    "2T": (
        FiniteGroup.from_matrices(
            [
                [[IMAGINARY, 0], [0, -IMAGINARY]],
                [
                    [(1 + IMAGINARY) / 2, (1 + IMAGINARY) / 2],
                    [(-1 + IMAGINARY) / 2, (1 - IMAGINARY) / 2],
                ],
            ]
        ),
        [
            [[IMAGINARY, 0], [0, -IMAGINARY]],
            [
                [(1 + IMAGINARY) / 2, (1 + IMAGINARY) / 2],
                [(-1 + IMAGINARY) / 2, (1 - IMAGINARY) / 2],
            ],
        ],
        4,
        4,
    ),
    "Pauli": (FiniteGroup.from_matrices(PAULI), PAULI, 4, 2),
    "Clifford": (
        FiniteGroup.from_matrices(
            [
                [[1 / sympy.sqrt(2), 1 / sympy.sqrt(2)], [1 / sympy.sqrt(2), -1 / sympy.sqrt(2)]],
                [[1, 0], [0, IMAGINARY]],
            ]
        ),
        [
            [[1 / sympy.sqrt(2), 1 / sympy.sqrt(2)], [1 / sympy.sqrt(2), -1 / sympy.sqrt(2)]],
            [[1, 0], [0, IMAGINARY]],
        ],
        4,
        2,
    ),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_complex_declarations_are_brought_to_real_form(name):
    group, matrices, dimension, couplings = TEXTBOOK[name]
    declared = Representation(group, matrices)
    with pytest.warns(RealFormWarning, match=f"real form, of dimension {dimension}"):
        model = mlrg.SpinModel(declared, "A1")
    assert model.internal.is_real and model.internal.dimension == dimension
    # One coupling for each dimension of the commutant: 2 of complex type, 4 of quaternionic.
    assert model.couplings.dimension == couplings
    assert_certified(model.couplings)
    if len(model.spins) < 100:
        assert_equivariant(model, np.arange(couplings) + 0.5)


def test_a_real_type_in_a_complex_basis_keeps_its_dimension():
    plane = symmetric(3).irrep("standard")
    turned = plane.change_of_basis([[1, IMAGINARY], [IMAGINARY, 1]])
    assert not turned.is_real
    assert real_form(turned).dimension == 2
    assert real_form(turned).decomposition == plane.decomposition
    both = Representation(cyclic(3), [[[OMEGA, 0], [0, OMEGA.conjugate()]]])
    assert real_form(both) == cyclic(3).irrep(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mlrg.SpinModel(plane, "A1")


def test_equal_numbers_are_equal_however_they_are_written():
    z = sum((sympy.cos(2 * k * sympy.pi / 7) for k in (1, 2, 3)), sympy.Rational(1, 2))
    assert Representation(cyclic(2), [[[1, z], [z, -1]]]).images[0] is not None
    assert Representation(cyclic(2), [[[1, z], [z, -1]]]) == Representation(
        cyclic(2), [[[1, 0], [0, -1]]]
    )
    for n, charge in ((7, 1), (9, 2), (11, 3), (13, 1)):
        angle = 2 * sympy.pi * 2 * charge / n
        seed = (sympy.cos(angle), sympy.sin(angle))
        assert len(SpinSpace.orbit(cyclic(n).irrep(charge), C4v("A1"), seed)) == n


def test_reflections_of_the_icosahedral_group():
    v = sympy.Matrix([(1 + sympy.sqrt(5)) / 4, sympy.Rational(1, 2), (sympy.sqrt(5) - 1) / 4])
    mirror = sympy.eye(3) - 2 * v * v.T / (v.T * v)[0]
    simple = [sympy.diag(-1, 1, 1), sympy.diag(1, -1, 1), sympy.diag(1, 1, -1)]
    assert FiniteGroup.from_matrices([mirror, *simple]).order == 120


def test_one_permutation_of_large_order():
    lengths = (3, 8, 13)
    images, start = [], 0
    for n in lengths:
        images += [start + (k + 1) % n for k in range(n)]
        start += n
    group = FiniteGroup([images])
    assert group.order == 312
    found = permutation_representation(group).decomposition
    assert sum(found.values()) == sum(lengths)
    long = FiniteGroup([[(k + 1) % 10**6 for k in range(10**6)]])
    assert long.order == 10**6


def test_two_kinds_of_large_groups():
    for name, count in (("S10:standard", 1), ("S8:standard", 1), ("A8:standard", 1)):
        assert mlrg.SpinModel(name, "A1").couplings.dimension == count
    # S5 ≀ Z2 on ten points: trivial, sign of the halves, two standards turned into each other.
    swap = [(k + 5) % 10 for k in range(10)]
    wreath = FiniteGroup([(1, 2, 3, 4, 0, 5, 6, 7, 8, 9), (1, 0, *range(2, 10)), swap])
    assert wreath.order == 2 * 120**2
    points = permutation_representation(wreath)
    assert mlrg.SpinModel(points, "A1").couplings.dimension == 3
    assert_certified(mlrg.SpinModel(points, "A1").couplings)


def test_a_refusal_names_the_limit():
    with pytest.raises(InputError, match="3628800 elements, more than the 100000"):
        character_table(symmetric(10))


def test_many_states_are_counted_and_not_listed():
    model = mlrg.SpinModel("S4:standard", "2A1+B1+B2+2E")
    assert model.couplings.dimension == 34
    assert len(model.spins) == 4194304
    assert "4194304 a spin" in model.summary()
    assert alternating(4).irrep("chi2").dimension == 2
