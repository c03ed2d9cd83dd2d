"""Permutation representations: a group acting on points, or on its own elements from the left."""

from collections.abc import Sequence

import numpy as np

from mlrg.errors import BrokenRelationError, GroupError, RepresentationError
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.number_fields import RATIONALS
from mlrg.symmetry.permutations import Permutation, compose, inverse, permutations
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
    label = f"permutation_representation({group!r}"
    if action is None:
        return of_permutations(group, group.generators, group.degree, f"{label})")
    try:
        action = permutations(action)
    except GroupError as error:
        raise RepresentationError(f"the action is not one by permutations: {error}") from error
    if len(action) != len(group.generators):
        raise RepresentationError(
            f"{len(action)} permutations were given for the {len(group.generators)} generators "
            f"{group.names} of {group.name}: give one for each"
        )
    size = len(action[0]) if action else 1
    broken = group.chain.broken_relation(action, compose, inverse, tuple(range(size)))
    if broken is not None:
        raise BrokenRelationError(
            f"the action breaks the relation {group.spell(broken[0])} = {group.spell(broken[1])} "
            f"of {group.name}: correct the permutations or the group"
        )
    return of_permutations(group, action, size, f"{label}, {list(action)!r})")


def regular_representation(group: FiniteGroup) -> Representation:
    """Return the group acting on its own elements from the left."""
    action = [
        tuple(group.position[compose(g, element)] for element in group.elements)
        for g in group.generators
    ]
    return permutation_representation(group, action)


def of_permutations(
    group: FiniteGroup, action: Sequence[Permutation], size: int, expression: str
) -> Representation:
    """Return the matrices of an action on so many points that needs no check."""
    matrices = []
    for permutation in action:
        numerators = np.zeros((size, size, 1), dtype=np.int64)
        numerators[list(permutation), np.arange(size)] = 1
        matrices.append(ExactMatrix(RATIONALS, numerators, 1))
    return Representation._trusted(group, matrices, size, expression)
