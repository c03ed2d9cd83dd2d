"""Change of basis to irreps: exact, complete, and each block the irrep's own matrices."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings

from mlrg.errors import RepresentationError
from mlrg.symmetry import (
    IsotypicDecomposition,
    Representation,
    alternating,
    binary_tetrahedral,
    cyclic,
    quaternion,
    regular_representation,
    symmetric,
)
from mlrg.testing import representations

STANDARD = symmetric(4).irrep("standard")
CASES = {
    "S4 cubed": (STANDARD * STANDARD * STANDARD, [1, 1, 2, 4, 3]),
    "Z5 regular": (regular_representation(cyclic(5)), [1, 1, 1]),
    "Q8 regular": (regular_representation(quaternion()), [1, 1, 1, 1, 1]),
    "2T spinor squared, complex": (
        binary_tetrahedral().irreps[4] * binary_tetrahedral().irreps[4],
        [1, 1],
    ),
}


def floats(matrix):
    return np.array(matrix.evalf(30).tolist(), dtype=complex)


@pytest.mark.parametrize("name", CASES)
def test_the_new_basis_shows_the_irreps_and_the_projectors_split_the_space(name):
    whole, multiplicities = CASES[name]
    parts = IsotypicDecomposition(whole)
    assert [component.multiplicity for component in parts.components] == multiplicities
    basis = floats(parts.basis)
    for ours, theirs in zip(whole.images, parts.sum.images, strict=True):
        assert np.allclose(floats(ours) @ basis, basis @ floats(theirs), rtol=0, atol=1e-12)
    projectors = [floats(component.projector) for component in parts.components]
    assert np.allclose(sum(projectors), np.eye(whole.dimension), rtol=0, atol=1e-12)
    for k, (component, projector) in enumerate(zip(parts.components, projectors, strict=True)):
        for n, other in enumerate(projectors):
            expected = projector if k == n else 0 * projector
            assert np.allclose(projector @ other, expected, rtol=0, atol=1e-12)
        size = component.multiplicity * component.irrep.dimension
        assert component.basis.shape == (whole.dimension, size)
        assert abs(np.trace(projector) - size) < 1e-12


def test_a_projector_is_the_character_average():
    whole, _ = CASES["S4 cubed"]
    group = whole.group
    for component in IsotypicDecomposition(whole).components:
        average = sympy.zeros(whole.dimension)
        for element in range(group.order):
            value = component.irrep.character[group.class_of[element]]
            average += value * whole.matrix(element)
        assert average * component.irrep.dimension / group.order == component.projector


@settings(max_examples=20)
@given(representations())
def test_any_representation_is_taken_apart(representation):
    parts = IsotypicDecomposition(representation)
    assert parts.sum.character == representation.character
    assert len(parts.sum.summands) == sum(c.multiplicity for c in parts.components)


def test_an_irrep_is_its_own_only_component():
    (component,) = IsotypicDecomposition(alternating(5).irrep("3'")).components
    assert component.multiplicity == 1
    assert component.projector == sympy.eye(3)


def test_what_is_no_representation_is_refused():
    with pytest.raises(RepresentationError, match="where a representation is needed"):
        IsotypicDecomposition([[1]])


def test_a_dense_basis_is_undone():
    dense = STANDARD.change_of_basis([[1, 2, 3], [0, 1, 4], [5, 6, 0]])
    parts = IsotypicDecomposition(dense)
    again = dense.change_of_basis(parts.basis)
    assert again == Representation(STANDARD.group, STANDARD.images)
