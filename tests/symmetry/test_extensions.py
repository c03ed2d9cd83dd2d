"""Projective representations: recognised, and made linear on a central extension."""

import pytest
import sympy

from mlrg.errors import BrokenRelationError, InfiniteGroupError, ProjectiveRepresentationError
from mlrg.symmetry import (
    FiniteGroup,
    Representation,
    alternating,
    binary_icosahedral,
    central_extension,
    cyclic,
    symmetric,
)

X, Z = [[0, 1], [1, 0]], [[1, 0], [0, -1]]
PAIR = cyclic(2) * cyclic(2)


def test_pauli_matrices_are_projective_for_two_flips():
    with pytest.raises(ProjectiveRepresentationError, match="central_extension"):
        Representation(PAIR, [X, Z])
    found = central_extension(PAIR, [X, Z])
    assert found.group.order == 8
    assert found.group.quotient([found.group.product((0, 1, 0, 1))]).order == 4
    assert len(found.decomposition) == 1


def test_the_spinor_of_the_icosahedron_has_an_extension_of_order_120():
    spinor = binary_icosahedral()
    matrices = spinor.irrep("spinor").images
    middle = next(
        g
        for g in spinor.elements
        if g != spinor.identity
        and spinor.word(spinor.position[g])
        and all(g[g[i]] == i for i in range(spinor.degree))
    )
    rotations = spinor.quotient([middle])
    assert rotations.order == 60
    found = central_extension(rotations, matrices)
    assert found.group.order == 120
    assert found.dimension == 4


def test_clock_and_shift_extend_to_the_heisenberg_group():
    omega = sympy.exp(2 * sympy.pi * sympy.I / 3)
    clock = [[1, 0, 0], [0, omega, 0], [0, 0, omega**2]]
    shift = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    found = central_extension(cyclic(3) * cyclic(3), [clock, shift])
    assert found.group.order == 27
    assert list(found.decomposition.values()) == [1]


def test_without_a_presentation_they_are_recognised_too():
    group = FiniteGroup(["(0 1)", "(2 3)"])
    with pytest.raises(ProjectiveRepresentationError):
        Representation(group, [X, Z])


def test_a_linear_one_is_of_the_group_itself():
    found = central_extension(symmetric(3), symmetric(3).irrep("standard").images)
    assert found.group == symmetric(3)


def test_more_than_a_number_is_a_broken_relation():
    with pytest.raises(BrokenRelationError) as caught:
        central_extension(PAIR, [X, [[1, 0], [0, 2]]])
    assert not isinstance(caught.value, ProjectiveRepresentationError)
    with pytest.raises(BrokenRelationError):
        central_extension(alternating(4), [[[1, 0], [0, -1]], [[0, 1], [1, 0]]])


def test_numbers_of_no_finite_order_are_said_so():
    with pytest.raises(InfiniteGroupError, match="determinants"):
        central_extension(PAIR, [X, [[2, 0], [0, -2]]])
