"""A chain of stabilisers of a permutation group: its order, membership, and relations.

Base points b_1, …, b_r are fixed one after the other, G = G⁰ ⊇ G¹ ⊇ … ⊇ Gʳ = 1, and for each
point β of the orbit of b_i under Gⁱ⁻¹ there is u_iβ ∈ Gⁱ⁻¹ that takes b_i to it. Every element is
u_1β u_2γ … in one way, so that nothing need be listed. The chain is that of Schreier and Sims.

Matrices M(s) of its generators extend to a representation of G if and only if, for every level i,
generator s of Gⁱ⁻¹ and point β,

    M(s) M(u_iβ) = M(u_{i,sβ}) M(u_{i+1,γ}) M(u_{i+2,δ}) …,

the factors on the right being those of s u_iβ: the products of u's are then closed under
multiplication by the generators, so that the pairs (g, M(g)) are as many as the elements.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from math import prod
from typing import TypeVar

from sympy.combinatorics import Permutation as SympyPermutation
from sympy.combinatorics import PermutationGroup

from mlrg.symmetry.permutations import Permutation, compose, inverse

Image = TypeVar("Image")
# Generators of the group by place, −1 − place for the inverse, multiplied from left to right.
Word = tuple[int, ...]


class StabiliserChain:
    """A base and strong generating set of a permutation group.

    Parameters
    ----------
    generators : sequence of permutations
        Any, also equal ones and the identity.
    degree : int
    """

    def __init__(self, generators: Sequence[Permutation], degree: int):
        self.degree = degree
        self.identity: Permutation = tuple(range(degree))
        self.generators = tuple(generators)
        moving = list(dict.fromkeys(g for g in generators if g != self.identity))
        self.base: list[int] = []
        # Strong generators, each a product of earlier ones (by place, −1 − place for inverses).
        self.strong: list[Permutation] = moving
        self.factors: list[Word] = [(place,) for place in range(len(moving))]
        if moving:
            self._build(moving)

    def _build(self, moving: list[Permutation]) -> None:
        group = PermutationGroup([SympyPermutation(list(g)) for g in moving])
        self.base, strong, products = group.schreier_sims_incremental(slp_dict=True)
        self.strong = [tuple(s.array_form) for s in strong]
        place = {g: k for k, g in enumerate(self.strong)}
        self.factors = []
        for k, s in enumerate(strong):
            word = []
            for factor in products[s] if k >= len(moving) else ():
                images = tuple(factor.array_form)
                word.append(place[images] if images in place else -1 - place[inverse(images)])
            self.factors.append(tuple(word) or (k,))

    @cached_property
    def levels(self) -> list["_Level"]:
        """Orbits of the base points, each with the generators that keep the points before."""
        found = []
        for depth, point in enumerate(self.base):
            kept = [
                k for k, s in enumerate(self.strong) if all(s[b] == b for b in self.base[:depth])
            ]
            found.append(_Level(point, kept, self.strong, self.identity))
        return found

    @property
    def order(self) -> int:
        """Number of elements."""
        return prod(len(level.steps) for level in self.levels)

    def points(self, permutation: Permutation) -> list[int] | None:
        """Return β, γ, … of a permutation u_1β u_2γ …; None if it is not in the group."""
        found = []
        for level in self.levels:
            point = permutation[level.point]
            if point not in level.steps:
                return None
            found.append(point)
            permutation = compose(level.inverses(point), permutation)
        return found if permutation == self.identity else None

    def __contains__(self, permutation: Permutation) -> bool:
        return len(permutation) == self.degree and self.points(tuple(permutation)) is not None

    def coset_label(self, permutation: Permutation) -> Permutation:
        """Return the same element of the left coset g·H for each of its elements.

        That is the one that takes the base points, one after the other, to the least points.
        """
        for level in self.levels:
            least = min(level.steps, key=permutation.__getitem__)
            permutation = compose(permutation, level.element(least))
        return permutation

    def image(self, permutation: Permutation, strong: Sequence[Image], times: Callable, one: Image):
        """Return what a homomorphism makes of an element.

        Parameters
        ----------
        permutation
        strong : sequence
            What it makes of the strong generators, from `images`.
        times, one
            As for `images`.

        Raises
        ------
        ValueError
            If it is not in the group.
        """
        points = self.points(permutation)
        if points is None:
            raise ValueError(f"{permutation} is not an element")
        result = one
        for level, point in zip(self.levels, points, strict=True):
            for letter in level.word(point):
                result = times(result, strong[letter])
        return result

    def images(self, declared: Sequence[Image], times: Callable, invert: Callable, one: Image):
        """Return what a map of the generators makes of the strong generators.

        Parameters
        ----------
        declared : sequence
            One image for each of `generators`.
        times, invert : callable
            Product of two images, inverse of one.
        one : image
            That of the identity.
        """
        first: dict[Permutation, Image] = {}
        for generator, image in zip(self.generators, declared, strict=True):
            first.setdefault(generator, image)
        found: list[Image] = []
        for k, word in enumerate(self.factors):
            if word == (k,):
                found.append(first[self.strong[k]])
                continue
            total = one
            for letter in word:
                total = times(total, found[letter] if letter >= 0 else invert(found[-1 - letter]))
            found.append(total)
        return found

    def broken_relation(
        self, declared: Sequence[Image], times: Callable, invert: Callable, one: Image
    ) -> tuple[Word, Word] | None:
        """Return two words that are one element but not one image; None if there are none.

        None proves that the images of the generators extend to a homomorphism.

        Parameters
        ----------
        declared, times, invert, one
            As for `images`; images are compared by ``==``.
        """
        broken = equal_generators(self, declared, one)
        if broken is not None:
            return broken
        strong = self.images(declared, times, invert, one)
        cosets = [level.images(strong, times, one) for level in self.levels]
        for depth, s, point, rest in self._relations():
            left = times(strong[s], cosets[depth][point])
            right = one
            for level, target in enumerate(rest, start=depth):
                if target != self.base[level]:
                    right = times(right, cosets[level][target])
            if left != right:
                first = (*self._spelled((s,)), *self._spelled(self.levels[depth].word(point)))
                second: Word = ()
                for level, target in enumerate(rest, start=depth):
                    second += self._spelled(self.levels[level].word(target))
                return first, second
        return None

    def _relations(self) -> Iterator[tuple[int, int, int, list[int]]]:
        """Level, generator, β, and the points of s u_β from that level on."""
        for depth in reversed(range(len(self.levels))):
            level = self.levels[depth]
            for point in level.steps:
                for s in level.kept:
                    image = self.strong[s][point]
                    if level.steps[image] == (s, point):
                        continue
                    moved = compose(self.strong[s], level.element(point))
                    rest = self.points(moved)
                    assert rest is not None, "products of elements are elements"
                    yield depth, s, point, rest[depth:]

    def _spelled(self, word: Word) -> Word:
        """Return a word of strong generators as one of the declared ones."""
        found: list[int] = []
        for letter in word:
            k = letter if letter >= 0 else -1 - letter
            factors = self.factors[k]
            if factors == (k,):
                spelled: Word = (self.generators.index(self.strong[k]),)
            else:
                spelled = self._spelled(factors)
            if letter < 0:
                spelled = tuple(-1 - x for x in reversed(spelled))
            found += spelled
        return tuple(found)


def equal_generators(chain, declared: Sequence[Image], one: Image) -> tuple[Word, Word] | None:
    """Return generators that are one element but not one image; `chain` is either kind of chain."""
    for k, generator in enumerate(chain.generators):
        first = chain.generators.index(generator)
        if generator == chain.identity and declared[k] != one:
            return (k,), ()
        if declared[k] != declared[first]:
            return (k,), (first,)
    return None


class _Level:
    """The orbit of a base point as a tree: each point by a generator from an earlier one."""

    def __init__(self, point: int, kept: list[int], strong: list[Permutation], one: Permutation):
        self.point = point
        self.kept = kept
        self._strong = strong
        # β: (s, β') with β = s β'.
        self.steps: dict[int, tuple[int, int] | None] = {point: None}
        self._elements = {point: one}
        self._inverses: dict[int, Permutation] = {}
        for current in (points := [point]):
            for s in kept:
                image = strong[s][current]
                if image not in self.steps:
                    self.steps[image] = (s, current)
                    points.append(image)

    def element(self, point: int) -> Permutation:
        """Return u_β."""
        if point not in self._elements:
            step = self.steps[point]
            assert step is not None, "the root of the tree is known"
            self._elements[point] = compose(self._strong[step[0]], self.element(step[1]))
        return self._elements[point]

    def inverses(self, point: int) -> Permutation:
        """Return u_β⁻¹."""
        if point not in self._inverses:
            self._inverses[point] = inverse(self.element(point))
        return self._inverses[point]

    def word(self, point: int) -> Word:
        """Return u_β as a word of strong generators."""
        letters = []
        while (step := self.steps[point]) is not None:
            s, point = step
            letters.append(s)
        return tuple(letters)

    def images(self, strong: Sequence[Image], times: Callable, one: Image) -> dict[int, Image]:
        """Return the images of all u_β."""
        found: dict[int, Image] = {}
        for point, step in self.steps.items():
            found[point] = one if step is None else times(strong[step[0]], found[step[1]])
        return found
