"""Orthogonal matrices of the real irreps of G, and what two of them couple to.

A real irrep D_α of dimension d has a commutant K: the real
numbers, the complex numbers or the quaternions, of dimension k = 1, 2, 4. The operators

    P_i1 = (d/|G|) Σ_g D_α(g)_i1 g

take the *row space* of α in any representation, the image of P_11, to the partners of its vectors:
v, P_21 v, …, P_d1 v turn into each other by D_α exactly. α appears n times where the row space has
k n dimensions; a multiplet is one K-line of it.

Matrices are in a basis in which involutions that commute with each other, as many as are found one
after the other, are diagonal: every partner has a sign under each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.errors import BudgetError
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.irrep_characters import RealIrrep
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.permutations import compose, inverse

# Largest group whose regular representation is taken apart: it is a dense matrix.
GROUP_LIMIT = 1024


@dataclass(frozen=True, eq=False)
class OrthogonalIrrep:
    """A real irrep as orthogonal matrices.

    Attributes
    ----------
    name : str
    matrices : numpy.ndarray
        D(g) for every element in the order of the group's list, shape ``(element, d, d)``.
    commutant : int
        Real dimension of the commutant: 1, 2 or 4.
    """

    name: str
    matrices: np.ndarray
    commutant: int

    @property
    def dimension(self) -> int:
        """Dimension d of the multiplet."""
        return self.matrices.shape[1]

    @property
    def row_coefficients(self) -> np.ndarray:
        """Coefficients of P_11 as a sum over the elements, shape ``(element,)``."""
        return self.dimension / len(self.matrices) * self.matrices[:, 0, 0]

    def partners(self, actions: np.ndarray) -> np.ndarray:
        """Return P_i1 on a representation, shape ``(d, size, size)``.

        Parameters
        ----------
        actions : array
            Matrices of all elements, shape ``(element, size, size)``.
        """
        scale = self.dimension / len(self.matrices)
        return scale * np.einsum("gi,gab->iab", self.matrices[:, :, 0], actions, optimize=True)

    @property
    def row_space(self) -> np.ndarray:
        """The row space of one multiplet, e_1 times the commutant, shape ``(d, k)``."""
        return image(self.partners(self.matrices)[0])


class Irreps:
    """All real irreps of a group and their couplings.

    Parameters
    ----------
    group : PermutationGroup

    Raises
    ------
    BudgetError
        If the group has more than `GROUP_LIMIT` elements.
    """

    def __init__(self, group: PermutationGroup):
        if group.order > GROUP_LIMIT:
            raise BudgetError(
                f"the irreps of a group of {group.order} elements are not written down (limit "
                f"{GROUP_LIMIT}): ask for what needs no sectors, or use a smaller group"
            )
        self.group = group
        involutions = _commuting_involutions(group)
        table = character_table(group)
        names, used = [], set()
        for name, irrep in zip(table.labels, table.irreps, strict=True):
            if irrep.multiplicities not in used:
                used |= {irrep.multiplicities, irrep.conjugate}
                names.append(name)
        regular = _left_regular(group)
        matrices = [_matrices(group, irrep, regular, involutions) for irrep in table.real_irreps]
        self.all = tuple(
            OrthogonalIrrep(name, found, irrep.commutant_dimension)
            for name, found, irrep in zip(names, matrices, table.real_irreps, strict=True)
        )
        self._couplings: dict[tuple[int, int, int], np.ndarray] = {}

    def __len__(self):
        return len(self.all)

    def __getitem__(self, number: int) -> OrthogonalIrrep:
        return self.all[number]

    @cached_property
    def diagonal(self) -> np.ndarray:
        """Places, in the group's list, of the elements that are diagonal in every irrep."""
        return np.flatnonzero(np.all([_are_diagonal(irrep.matrices) for irrep in self.all], axis=0))

    def within(self, numbers: Sequence[int]) -> range:
        """Return the numbers of irreps that may be in products of two of these: all there are."""
        return range(len(self))

    def coupling(self, first: int, second: int, product: int) -> np.ndarray:
        """Return how an irrep sits in the product of two, shape ``(t, d, d_first, d_second)``.

        The first index numbers an orthonormal basis of the row space, the second the partners. In
        the square of one irrep every basis vector is symmetric or antisymmetric, symmetric first.
        """
        key = (first, second, product)
        if key not in self._couplings:
            self._couplings[key] = self._coupled(*key)
        return self._couplings[key]

    def _coupled(self, first: int, second: int, product: int) -> np.ndarray:
        one, two = self[first].matrices, self[second].matrices
        size = one.shape[1] * two.shape[1]
        actions = np.einsum("gab,gcd->gacbd", one, two).reshape(-1, size, size)
        partners = self[product].partners(actions)
        parts = [partners[0]]
        if first == second:
            d = one.shape[1]
            swap = np.eye(size).reshape(d, d, size).transpose(1, 0, 2).reshape(size, size)
            parts = [0.5 * (partners[0] + sign * swap @ partners[0]) for sign in (1, -1)]
        rows = np.concatenate([image(part) for part in parts], axis=1)
        found = np.einsum("iab,bt->tia", partners, rows)
        return found.reshape(rows.shape[1], len(partners), one.shape[1], two.shape[1])


def image(projector: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of a projector's image, shape ``(size, rank)``."""
    values, vectors = np.linalg.eigh(0.5 * (projector + projector.T))
    return vectors[:, values > 0.5]


def _left_regular(group: PermutationGroup) -> np.ndarray:
    """Return the numbers of the products, ``[g][h]`` of g·h."""
    return np.array(
        [[group.position[compose(g, h)] for h in group.elements] for g in group.elements]
    )


def _are_diagonal(matrices: np.ndarray) -> np.ndarray:
    """Return which of the matrices ``(element, d, d)`` are diagonal, shape ``(element,)``."""
    others = ~np.eye(matrices.shape[1], dtype=bool)
    return np.all(np.abs(matrices[:, others]) < 1e-9, axis=1)


def _commuting_involutions(group: PermutationGroup) -> list[int]:
    """Return the places of involutions that commute, none of which could be joined by another."""
    found: list[int] = []
    for place, element in enumerate(group.elements):
        if compose(element, element) != group.identity or element == group.identity:
            continue
        others = (group.elements[other] for other in found)
        if all(compose(element, other) == compose(other, element) for other in others):
            found.append(place)
    return found


def _matrices(
    group: PermutationGroup, irrep: RealIrrep, products: np.ndarray, involutions: list[int]
) -> np.ndarray:
    """Return orthogonal matrices of an irrep from a minimal left ideal of the group algebra.

    The central idempotent keeps the irrep's part of the algebra. Multiplying it from the right by a
    random element equal to its own inverse image is symmetric and commutes with G; each of its
    eigenspaces is one copy of the irrep. Its basis makes the involutions diagonal.
    """
    order, d = group.order, irrep.dimension
    characters = np.array([float(value) for value in irrep.values])[group.class_of]
    if d == 1:
        return np.round(characters)[:, None, None]
    backwards = np.array([group.position[inverse(g)] for g in group.elements])
    central = characters * d / (irrep.commutant_dimension * order)
    rng = np.random.default_rng(0)
    element = rng.normal(size=order)
    element = element + element[backwards]
    every = np.arange(order)
    projector, right = np.zeros((order, order)), np.zeros((order, order))
    for g in range(order):
        projector[products[g], every] += central[g]
        right[products[:, g], every] += element[g]
    basis = image(projector)
    vectors = np.linalg.eigh(basis.T @ right @ basis)[1][:, -d:]
    ideal = basis @ vectors
    moved = np.empty((order, order, d))
    for g in range(order):
        moved[g, products[g]] = ideal
    found = np.einsum("ha,ghb->gab", ideal, moved, optimize=True)
    shares = rng.normal(size=len(involutions))
    basis = np.linalg.eigh(np.einsum("k,kab->ab", shares, found[involutions]))[1]
    return basis.T @ found @ basis


def element_actions(group: PermutationGroup, generators) -> list[tuple[int, ...]]:
    """Return the permutation of every element of a group, from those of its generators."""
    actions = [tuple(range(len(generators[0])))]
    for parent, generator in group.parents[1:]:
        actions.append(compose(actions[parent], generators[generator]))
    return actions
