"""Relabellings of a spin space: linear maps that permute its values and commute with G × C4v.

They are searched for modulo a prime, state by state along a chain of stabilisers, and each that is
found is checked exactly.
"""

from collections.abc import Iterable
from functools import cached_property, reduce
from itertools import product
from math import prod

from mlrg.errors import BudgetError
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.permutations import compose
from mlrg.symmetry.reductions import reductions, residues, splitting_primes
from mlrg.symmetry.spins import SpinSpace

# Above this many relabellings or gauge copies they are no longer listed one by one.
ORDER_LIMIT = 20_000

# Reduced rows before | after modulo a prime, each with its leading place: u(before) = after on
# their span.
_Echelon = list[tuple[int, list[int]]]


def relabellings(spins: SpinSpace) -> list[tuple[int, ...]]:
    """Return every relabelling of a spin space as a permutation of its states, identity first.

    Spin spaces that do not span their representation are relabelled on their span.

    Raises
    ------
    BudgetError
        If there are more than `ORDER_LIMIT`.
    """
    levels = relabelling_chain(spins)
    count = prod(map(len, levels))
    if count > ORDER_LIMIT:
        raise BudgetError(
            f"the {len(spins)} spin states have {count} relabellings, more than {ORDER_LIMIT} "
            "to list: work with relabelling_chain, whose products they are"
        )
    return sorted(reduce(compose, factors) for factors in product(*levels))


def relabelling_chain(spins: SpinSpace) -> list[list[tuple[int, ...]]]:
    """Return relabellings in levels; every relabelling is one product of one from each level.

    Level k keeps the base states of the earlier levels and has one relabelling for each image that
    its own base state can have (a chain of stabilisers), so that all of them generate the group
    although few are searched for.
    """
    search = _Search(spins)
    levels = []
    fixed: dict[int, int] = {}
    echelon: _Echelon = []
    while len(echelon) < search.rank:
        base = next(state for state in range(len(spins)) if state not in fixed)
        completions = (
            next(search.completions(fixed, echelon, base, image), None)
            for image in range(len(spins))
        )
        levels.append([found for found in completions if found is not None])
        kept = search.propagate(fixed, base, base)
        assert kept is not None, "the identity is a relabelling"
        fixed = kept
        echelon = search.spanned([], fixed)
    return levels


class _Search:
    """Linear maps that permute spin vectors and commute with the symmetry.

    A map over the number field is one modulo every prime, so that a search modulo one prime misses
    none; each that it finds is checked exactly.
    """

    def __init__(self, spins: SpinSpace):
        self.spins = spins
        self.actions = [spins.rotation, spins.mirror, *spins.internal_actions]
        vectors = spins.vectors
        self.rank = vectors.rank
        for prime in splitting_primes(vectors.field, [vectors.denominator]):
            for reduction in reductions(vectors.field, prime):
                self.prime = prime
                self.vectors = residues(vectors, reduction, prime).tolist()
                self.position = {tuple(row): state for state, row in enumerate(self.vectors)}
                span = self.spanned([], range(len(spins)))
                if len(self.position) == len(spins) and len(span) == self.rank:
                    return

    def completions(self, partial, echelon, start, image):
        """Yield the relabellings that extend a partial one by start → image."""
        grown = self.propagate(partial, start, image)
        if grown is None:
            return
        new = {state: target for state, target in grown.items() if state not in partial}
        extended = self.grow(echelon, new)
        if extended is None:
            return
        if len(extended) == self.rank:
            whole = self._determined(extended)
            if whole is not None and self._is_linear(whole):
                yield whole
            return
        states = range(len(self.vectors))
        following = next(state for state in states if state not in grown)
        for target in set(states) - set(grown.values()):
            yield from self.completions(grown, extended, following, target)

    def propagate(self, partial: dict[int, int], start: int, image: int) -> dict[int, int] | None:
        """Carry start → image along the symmetry; None if that is no map or not one to one."""
        grown = dict(partial)
        grown[start] = image
        frontier = [start]
        for state in frontier:
            for action in self.actions:
                moved, target = action[state], action[grown[state]]
                if moved not in grown:
                    grown[moved] = target
                    frontier.append(moved)
                elif grown[moved] != target:
                    return None
        if len(set(grown.values())) < len(grown):
            return None
        return grown

    def _reduced(self, row: list[int], echelon: _Echelon) -> list[int]:
        for place, pivot in echelon:
            factor = row[place]
            if factor:
                row = [(x - factor * y) % self.prime for x, y in zip(row, pivot, strict=True)]
        return row

    def grow(self, echelon: _Echelon, images: dict[int, int]) -> _Echelon | None:
        """Add the pairs state → image; None if no linear map sends the states to these images.

        A relation among the states must hold among their images. The other direction follows,
        because a completed map permutes the states.
        """
        grown, size = list(echelon), self.spins.dimension
        for state, image in images.items():
            row = self._reduced([*self.vectors[state], *self.vectors[image]], grown)
            place = next((k for k in range(size) if row[k]), None)
            if place is not None:
                scale = pow(row[place], -1, self.prime)
                grown.append((place, [x * scale % self.prime for x in row]))
            elif any(row):
                return None
        return grown

    def spanned(self, echelon: _Echelon, states: Iterable[int]) -> _Echelon:
        """Add states with themselves as images, which no relation among them refuses."""
        grown = self.grow(echelon, {state: state for state in states})
        assert grown is not None, "the identity is linear"
        return grown

    def _determined(self, echelon: _Echelon) -> tuple[int, ...] | None:
        """Return the permutation that a linear map on the whole span makes; None if it is none."""
        size, images = self.spins.dimension, []
        for vector in self.vectors:
            row = self._reduced([*vector, *[0] * size], echelon)
            image = self.position.get(tuple(-x % self.prime for x in row[size:]))
            if image is None:
                return None
            images.append(image)
        return tuple(images) if len(set(images)) == len(images) else None

    def _is_linear(self, images: tuple[int, ...]) -> bool:
        """Whether the states' relations hold among their images, exactly."""
        base, combinations = self._relations
        moved = self.spins.vectors.rows(images)
        return combinations @ moved.rows(base) == moved

    @cached_property
    def _relations(self) -> tuple[list[int], ExactMatrix]:
        """Independent states, and every state as a combination of them."""
        base = []
        echelon: _Echelon = []
        for state in range(len(self.vectors)):
            grown = self.spanned(echelon, [state])
            if len(grown) > len(echelon):
                base.append(state)
                echelon = grown
        vectors, places = self.spins.vectors, [place for place, _ in echelon]
        combinations = vectors.columns(places) @ vectors.rows(base).columns(places).inverse
        return base, combinations
