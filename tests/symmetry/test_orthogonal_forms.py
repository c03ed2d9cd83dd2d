"""Orthonormal bases of real representations."""

import pytest
import sympy

from mlrg.errors import NoAnswerError, RepresentationError
from mlrg.symmetry import Representation, alternating, cyclic, orthogonal_form, symmetric


def young_orthogonal(shape):
    """Diagonal entries ±1/r of Young's orthogonal form are those of the seminormal one."""
    seminormal = symmetric(sum(shape)).irrep(shape)
    return [[image[i, i] for i in range(image.rows)] for image in seminormal.images]


@pytest.mark.parametrize("shape", [(2, 1), (2, 2), (3, 1, 1), (3, 2), (2, 2, 1), (3, 2, 1)])
def test_seminormal_matrices_become_young_s_orthogonal_ones(shape):
    found = orthogonal_form(symmetric(sum(shape)).irrep(shape))
    assert found.is_orthogonal
    for image, diagonal in zip(found.images, young_orthogonal(shape), strict=True):
        assert [image[i, i] for i in range(image.rows)] == diagonal
        assert image.is_symmetric()
        assert (image * image.T).applyfunc(sympy.expand) == sympy.eye(image.rows)
    assert found.character == symmetric(sum(shape)).irrep(shape).character


def test_an_orthogonal_one_is_left_alone():
    standard = symmetric(5).irrep("standard")
    assert standard.is_orthogonal
    assert orthogonal_form(standard) is standard


def test_the_golden_ratio_and_a_sheared_basis():
    for representation in (
        alternating(5).irrep("5"),
        alternating(5).irrep("3").change_of_basis([[1, 1, 0], [0, 1, 2], [0, 0, 1]]),
        cyclic(3).irrep(1) + cyclic(3).irrep(0).change_of_basis([[7]]),
    ):
        found = orthogonal_form(representation)
        assert found.is_orthogonal
        assert found.character == representation.character


def test_roots_that_no_field_holds_are_said_so():
    shear = [[1, sympy.sqrt(2)], [0, sympy.sqrt(3) + 1]]
    with pytest.raises(NoAnswerError, match="an orthonormal basis of"):
        orthogonal_form(cyclic(5).irrep(1).change_of_basis(shear))


def test_a_complex_one_is_refused():
    with pytest.raises(RepresentationError, match="real_form"):
        orthogonal_form(Representation(cyclic(4), [[[sympy.I]]]))
