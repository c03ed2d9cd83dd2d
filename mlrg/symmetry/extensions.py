"""Projective representations: the larger group that matrices up to numbers represent.

Matrices that keep the relations of G up to numbers, as the spinor does those of rotations, are no
representation of G. The pairs (g, M(g)) of its generators generate a group that has G as a
quotient; what it has more are numbers, which commute with everything: a central extension of G.
"""

from collections.abc import Sequence

from mlrg.errors import GroupError, ProjectiveRepresentationError
from mlrg.symmetry.arguments import whole_number
from mlrg.symmetry.declared_matrices import exact_matrix
from mlrg.symmetry.exact_matrices import exact_matrices
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.vector_orbits import basis_action


def central_extension(group: FiniteGroup, matrices: Sequence, limit: int = 2000) -> Representation:
    """Return a projective representation of a group as one of a central extension of it.

    Parameters
    ----------
    group : FiniteGroup
        G.
    matrices : sequence of matrices
        One exact invertible matrix a generator, which keep the relations of G up to numbers.
    limit : int
        Most vectors that the matrices may move the basis vectors to.

    Returns
    -------
    Representation
        By the same matrices. Its group is G itself where they keep its relations exactly.
        Otherwise it has the generators of G, which permute the points of G and, beside them,
        vectors; ``representation.group.order // group.order`` of its elements are numbers.

    Raises
    ------
    BrokenRelationError
        If they break a relation by more than a number.
    InfiniteGroupError
        If the numbers have no finite order.
    """
    whole_number(limit, "a limit", 1, GroupError)
    try:
        return Representation(group, matrices)
    except ProjectiveRepresentationError:
        exact = exact_matrices([exact_matrix(matrix) for matrix in matrices])
    action = basis_action(
        exact,
        limit,
        "multiply them by numbers that make their determinants roots of unity, or raise the limit",
    )
    points = group.degree
    generators = [
        (*permutation, *(points + image for image in vectors))
        for permutation, vectors in zip(group.generators, action, strict=True)
    ]
    extended = FiniteGroup(generators, group.names, f"an extension of {group.name}")
    return Representation(extended, matrices)
