"""Matrices of an irreducible representation from its character, by Dixon's construction.

Let λ be a linear character of a subgroup H that χ holds once, ⟨χ|_H, λ⟩ = 1, and v the vector that
H turns by λ. With a unitary form, v of length one,

    α(g) = ⟨v, ρ(g) v⟩ = (1/|H|) Σ_h λ(h⁻¹) χ(g h),

and in a basis ρ(g_1) v, …, ρ(g_d) v the matrices are ρ(g) = A⁻¹ B(g), A_ij = α(g_i⁻¹ g_j) and
B(g)_ij = α(g_i⁻¹ g g_j). Their entries lie in the field of χ and λ. (J. D. Dixon, Constructing
representations of finite groups, 1993.)
"""

import random
from collections.abc import Iterator
from functools import reduce
from itertools import islice
from typing import NamedTuple

import numpy as np
import sympy

from mlrg.errors import NoAnswerError
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.exact_numbers import common_field, field_of, number
from mlrg.symmetry.irrep_characters import Irrep
from mlrg.symmetry.linear_characters import linear_characters
from mlrg.symmetry.number_fields import NumberField
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.reductions import (
    WORD_PRIMES,
    modular,
    reductions,
    residues,
    splitting_primes,
)

# So many elements are tried that normalise a cyclic subgroup, then so many subgroups of 2, 3, …
# random ones; and the largest subgroup that is used.
_NORMALISING, _TRIES, _GENERATORS, _LARGEST = 8, 500, 5, 20_000
# So many subgroups, of so many elements, are asked for an orthogonal basis among so many elements
# of the group.
_FRAMES, _FRAME_SUBGROUP, _FRAME_ELEMENTS = 12, 24, 150


class _Holder(NamedTuple):
    """A subgroup and a linear character λ = exp(2πi k/e) of it that χ holds once.

    Attributes
    ----------
    members : numpy.ndarray
        Positions of the elements of H, shape ``(member,)``.
    turns : numpy.ndarray
        k of each member, the same shape.
    """

    members: np.ndarray
    turns: np.ndarray


def irrep_matrices(group: PermutationGroup, irrep: Irrep) -> list[ExactMatrix]:
    """Return a matrix for each generator, real if the irrep is of real type.

    The vectors are chosen orthogonal where one of the subgroups tried allows it.

    Raises
    ------
    NoAnswerError
        If no subgroup is found whose linear character the irrep holds once.
    """
    if irrep.dimension == 1:
        return _one_dimensional(group, irrep)
    first = None
    for holder in islice(_cyclic_holders(group, irrep), _FRAMES):
        basis = _Basis(group, irrep, holder)
        first = first or basis
        if len(holder.members) <= _FRAME_SUBGROUP:
            places = basis.orthogonal()
            if places is not None:
                return basis.matrices(places)
    if first is None:
        first = _Basis(group, irrep, _larger_holder(group, irrep))
    return first.matrices(first.independent())


def _one_dimensional(group: PermutationGroup, irrep: Irrep) -> list[ExactMatrix]:
    places = [group.class_of[group.position[g]] for g in group.generators]
    return [irrep.exact_values.columns([k]) for k in places]


def _cyclic_holders(group: PermutationGroup, irrep: Irrep) -> Iterator[_Holder]:
    """Yield cyclic subgroups and their characters, those of small fields first."""
    exponent, real = irrep.exponent, irrep.kind == "real"
    found = []
    for number_of_class, terms in enumerate(irrep.multiplicities):
        order = group.element_order(group.classes[number_of_class][0])
        for k, m in terms:
            # The field grows by the values of λ, whose order is that of k.
            size = exponent // np.gcd(k, exponent) if k else 1
            if m == 1 and order > 1 and (size <= 2 or not real):
                found.append((int(sympy.totient(size)), size, order, number_of_class, k))
    for _, _, order, number_of_class, k in sorted(found):
        members = group.array.powers(group.classes[number_of_class][0], order)
        yield _Holder(members, np.arange(order) * k % exponent)


def _larger_holder(group: PermutationGroup, irrep: Irrep) -> _Holder:
    """Return a subgroup that is not cyclic, and its character.

    Raises
    ------
    NoAnswerError
    """
    exponent, real = irrep.exponent, irrep.kind == "real"
    roots = np.exp(2j * np.pi * np.arange(exponent) / exponent)
    class_of = np.array(group.class_of)
    for generators in _subgroups(group):
        part = group.subgroup([group.elements[k] for k in generators])
        if part.order > _LARGEST or part.order == group.order:
            continue
        members = np.array([group.position[element] for element in part.elements])
        steps = linear_characters(part)[:, part.class_of] * (exponent // part.exponent)
        held = (roots[-steps % exponent] @ irrep.floats[class_of[members]]).real / part.order
        for turns, count in zip(steps, held, strict=True):
            if round(count) == 1 and (not real or (2 * turns % exponent == 0).all()):
                return _Holder(members, turns)
    raise NoAnswerError(
        f"no matrices were found for an irrep of {irrep.dimension} dimensions of {group.name}: "
        "declare them, or take a representation that holds it"
    )


def _subgroups(group: PermutationGroup) -> Iterator[list[int]]:
    """Yield generators: an element and one that normalises its powers, then random ones."""
    rng = random.Random(0)
    array, every = group.array, np.arange(group.order)
    for members in group.classes[1:]:
        generator = members[0]
        powers = array.powers(generator, group.element_order(generator))
        conjugates = array.products(array.products(every, generator), array.inverses)
        normal = np.setdiff1d(np.flatnonzero(np.isin(conjugates, powers)), powers).tolist()
        for _ in range(min(_NORMALISING, len(normal))):
            yield [generator, rng.choice(normal)]
    for tried in range(_TRIES):
        # Elementary abelian subgroups, as of extraspecial groups, need several generators.
        yield [rng.randrange(group.order) for _ in range(2 + tried % _GENERATORS)]


class _Basis:
    """The function α of a subgroup and its character, and bases ρ(g_1) v, …, ρ(g_d) v."""

    def __init__(self, group: PermutationGroup, irrep: Irrep, holder: _Holder):
        self.group, self.irrep, self.holder = group, irrep, holder
        self.class_of = np.array(group.class_of)
        self.distinct = sorted(set(holder.turns.tolist()))
        angle = 2 * sympy.pi * sympy.I / irrep.exponent
        # λ(h⁻¹) for each value of λ(h).
        roots = [sympy.exp(angle * (-k % irrep.exponent)) for k in self.distinct]
        character = irrep.exact_values.transpose
        self.field: NumberField = common_field([character.field, field_of(set(roots))])
        self.character = character.into(self.field)
        self.roots = [number(self.field, root) for root in roots]

    def _counts(self, positions: np.ndarray, k: int) -> np.ndarray:
        """How many members h with λ(h) = k take an element to each class, ``(element, class)``."""
        counts = np.zeros((len(positions), len(self.group.classes)), dtype=np.int64)
        every = np.arange(len(positions))
        for member in self.holder.members[self.holder.turns == k]:
            np.add.at(
                counts, (every, self.class_of[self.group.array.products(positions, member)]), 1
            )
        return counts

    def alpha(self, positions: np.ndarray) -> ExactMatrix:
        """Return α of elements as a matrix of the shape of their positions."""
        flat = positions.reshape(-1)
        total = reduce(
            ExactMatrix.__add__,
            (
                self.character.combinations(self._counts(flat, k)).times(root)
                for k, root in zip(self.distinct, self.roots, strict=True)
            ),
        )
        shaped = total.numerators.reshape(*positions.shape, -1)
        return ExactMatrix.of(self.field, shaped, total.denominator * len(self.holder.members))

    def _between(self, places: list[int], middle: int = 0) -> np.ndarray:
        """Return the positions of g_i⁻¹ g g_j for elements at some places and g in the middle."""
        array, chosen = self.group.array, np.array(places)
        left = array.products(array.inverses[chosen], middle)
        return array.products(left[:, None], chosen[None, :])

    def _gram(self, count: int) -> tuple[np.ndarray, int]:
        """|H| α(g_i⁻¹ g_j) of the first elements of the group, modulo a prime."""
        positions = self._between(list(range(count))).reshape(-1)
        prime = next(splitting_primes(self.field, [self.character.denominator], WORD_PRIMES))
        reduction = reductions(self.field, prime)[0]
        character = residues(self.character, reduction, prime).astype(np.int64)[:, 0]
        exact = ExactMatrix.from_vectors(self.field, [[root] for root in self.roots])
        roots = residues(exact, reduction, prime)[:, 0]
        total = np.zeros(len(positions), dtype=np.int64)
        for k, root in zip(self.distinct, roots, strict=True):
            part = self._counts(positions, k) @ character % prime
            total = (total + part * int(root)) % prime
        return total.reshape(count, count), prime

    def orthogonal(self) -> list[int] | None:
        """Return elements whose vectors are orthogonal; None if a greedy search finds none."""
        d = self.irrep.dimension
        count = min(self.group.order, _FRAME_ELEMENTS)
        gram, _ = self._gram(count)
        zero = gram == 0
        chosen = [0]
        free = zero[0].copy()
        while free.any() and len(chosen) < d:
            following = int(free.argmax())
            chosen.append(following)
            free &= zero[following]
        return chosen if len(chosen) == d else None

    def independent(self) -> list[int]:
        """Return the first elements whose vectors are independent."""
        d, count = self.irrep.dimension, min(self.group.order, 4 * self.irrep.dimension + 16)
        while True:
            gram, prime = self._gram(count)
            reduced, rank = modular(gram, prime).rref()
            if rank == d:
                # A Gram matrix of a definite form: its pivots are independent vectors.
                rows = reduced.tolist()[:d]
                return [next(k for k, x in enumerate(row) if int(x)) for row in rows]
            if count == self.group.order:
                raise ArithmeticError(f"vectors of rank {rank} in {d} dimensions")
            count = min(self.group.order, 2 * count)

    def matrices(self, places: list[int]) -> list[ExactMatrix]:
        """Return ρ of the generators in the basis of these elements."""
        inverse = self.alpha(self._between(places)).inverse
        return [
            inverse @ self.alpha(self._between(places, self.group.position[generator]))
            for generator in self.group.generators
        ]
