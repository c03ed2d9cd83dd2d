"""Permutation representations: a group acting on points, on its own elements, from both sides."""

from collections.abc import Sequence

import sympy

from mlrg.symmetry.groups import FiniteGroup, Permutation, compose, inverse
from mlrg.symmetry.representations import Representation


def permutation_representation(
    group: FiniteGroup, action: Sequence[Permutation] | None = None
) -> Representation:
    """Return the permutation matrices of an action on points, by default the group's own.

    Parameters
    ----------
    group : FiniteGroup
    action : sequence of permutations, optional
        What each generator does to the points of a G-set.

    Raises
    ------
    RepresentationError
        If the action breaks a relation of the group.
    """
    if action is None:
        images = _permutation_matrices(group.generators)
        return Representation._trusted(group, images, f"permutation_representation({group!r})")
    return Representation(
        group,
        _permutation_matrices(action),
        expression=f"permutation_representation({group!r}, {list(action)!r})",
    )


def regular_representation(group: FiniteGroup) -> Representation:
    """Return the group acting on its own elements from the left."""
    action = [
        tuple(group.position[compose(g, element)] for element in group.elements)
        for g in group.generators
    ]
    return permutation_representation(group, action)


def two_sided_representation(group: FiniteGroup) -> Representation:
    """Return G × G acting on G from both sides, (g, h) · x = g x h⁻¹.

    Spins with values in a group carry it: pairs of them have one coupling for each conjugacy class
    of x⁻¹y, the identity's among them.
    """
    elements, position = group.elements, group.position
    action = [tuple(position[compose(g, x)] for x in elements) for g in group.generators]
    action += [tuple(position[compose(x, inverse(h))] for x in elements) for h in group.generators]
    # Multiplications from the left and from the right commute: the action needs no check.
    return Representation._trusted(
        group * group, _permutation_matrices(action), f"two_sided_representation({group!r})"
    )


def _permutation_matrices(permutations: Sequence[Permutation]) -> list[sympy.Matrix]:
    images = []
    for permutation in permutations:
        matrix = sympy.zeros(len(permutation), len(permutation))
        for point, image in enumerate(permutation):
            matrix[image, point] = 1
        images.append(matrix)
    return images
