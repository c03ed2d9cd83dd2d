"""The gauge group of a model: relabellings of spins that change couplings but no physics.

A relabelling is a linear map u on the spin vectors that permutes the spin values and commutes with
G × C4v. Relabelling all sources by u and all targets by v takes ε_J(s, t) to ε_J(u s, v t), the
energy of other couplings J' with the same distributions up to names, so the exact RG map obeys
R(gauge · J) = gauge' · R(J). A gauge-symmetric monotone has no gradient across a fixed subspace of
the gauge group, such as the axis J = (J0, 0, …).
"""

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain, product
from math import prod

import numpy as np

from mlrg.errors import BudgetError
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.permutations import compose
from mlrg.symmetry.reductions import reductions, residues, splitting_primes
from mlrg.symmetry.spins import SpinSpace

# Above this many gauge copies they are no longer listed one by one.
ORDER_LIMIT = 20_000
# Copies that agree to this many digits are one: rounding must not decide between them.
_DIGITS = 9

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
    levels, fixed, echelon = [], {}, []
    while len(echelon) < search.rank:
        base = next(state for state in range(len(spins)) if state not in fixed)
        completions = (
            next(search.completions(fixed, echelon, base, image), None)
            for image in range(len(spins))
        )
        levels.append([found for found in completions if found is not None])
        fixed = search.propagate(fixed, base, base)
        echelon = search.grow([], fixed)
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
        for prime in splitting_primes(vectors.field):
            if vectors.denominator % prime == 0:
                continue
            for reduction in reductions(vectors.field, prime):
                self.prime = prime
                self.vectors = residues(vectors, reduction, prime).tolist()
                self.position = {tuple(row): state for state, row in enumerate(self.vectors)}
                every = dict(enumerate(range(len(spins))))
                if len(self.position) == len(spins) and len(self.grow([], every)) == self.rank:
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

    def _determined(self, echelon: _Echelon) -> tuple[int, ...] | None:
        """Return the permutation that a linear map on the whole span makes; None if it is none."""
        size, images = self.spins.dimension, []
        for vector in self.vectors:
            row = self._reduced([*vector, *[0] * size], echelon)
            images.append(self.position.get(tuple(-x % self.prime for x in row[size:])))
        whole = None not in images and len(set(images)) == len(images)
        return tuple(images) if whole else None

    def _is_linear(self, images: tuple[int, ...]) -> bool:
        """Whether the states' relations hold among their images, exactly."""
        base, combinations = self._relations
        moved = self.spins.vectors.rows(images)
        return combinations @ moved.rows(base) == moved

    @cached_property
    def _relations(self) -> tuple[list[int], ExactMatrix]:
        """Independent states, and every state as a combination of them."""
        base, echelon = [], []
        for state in range(len(self.vectors)):
            grown = self.grow(echelon, {state: state})
            if len(grown) > len(echelon):
                base.append(state)
                echelon = grown
        vectors, places = self.spins.vectors, [place for place, _ in echelon]
        combinations = vectors.columns(places) @ vectors.rows(base).columns(places).inverse
        return base, combinations


@dataclass(frozen=True)
class GaugeGroup:
    """The gauge transformations of a coupling space.

    Attributes
    ----------
    couplings : CouplingSpace or PairCouplings
    """

    couplings: CouplingSpace | PairCouplings

    @cached_property
    def generators(self) -> list[np.ndarray]:
        """Matrices P with J' = P J, of relabelled sources and of relabelled targets."""
        space = self.couplings
        size = len(space.source) * len(space.target)
        features = space.features.reshape(space.dimension, size)
        inverse = np.linalg.pinv(features)
        matrices = []
        for spins, axis in ((space.source, 1), (space.target, 2)):
            for relabelling in chain.from_iterable(relabelling_chain(spins)):
                moved = np.take(space.features, relabelling, axis=axis)
                moved = moved.reshape(space.dimension, size)
                # The relabelled features lie in the span of the features; for signed
                # permutations, as of Ising components, rounding makes the matrix exact.
                matrix = np.round(moved @ inverse, 12) + 0.0
                if not np.allclose(matrix @ features, moved, atol=1e-9):
                    raise ArithmeticError("a relabelling leads out of the coupling space")
                matrices.append(matrix.T.copy())
        return _distinct(matrices)

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """Every gauge transformation as a matrix on J, the identity first.

        Raises
        ------
        BudgetError
            If there are more than `ORDER_LIMIT`.
        """
        identity = np.eye(self.couplings.dimension)
        found, seen = [identity], {identity.tobytes()}
        for element in found:
            for generator in self.generators:
                # Told apart by fewer digits than products lose: irrational entries, as of clocks,
                # would otherwise never close to a group.
                copy = generator @ element
                key = (np.round(copy, 9) + 0.0).tobytes()
                if key not in seen:
                    if len(found) == ORDER_LIMIT:
                        raise BudgetError(
                            f"the couplings have more than {ORDER_LIMIT} gauge copies to list: "
                            "work with the generators"
                        )
                    seen.add(key)
                    found.append(copy)
        return found

    @property
    def order(self) -> int:
        """Number of gauge copies of a generic set of couplings."""
        return len(self.elements)

    def is_signed_permutation(self) -> bool:
        """Whether every transformation permutes the couplings up to signs."""
        return all(
            (np.abs(m).sum(axis=0) == 1).all() and np.isin(m, (-1, 0, 1)).all()
            for m in self.generators
        )

    def describe(self, matrix: np.ndarray) -> str:
        """Return a transformation as text, such as ``(J0, −J1, −J2, J3, J4)``."""
        terms = []
        for row in matrix:
            parts = [
                ("−" if x < 0 else "") + ("" if abs(x) == 1 else f"{abs(x):g}·") + f"J{d}"
                for d, x in enumerate(row)
                if x != 0
            ]
            terms.append(" + ".join(parts) or "0")
        return f"({', '.join(terms)})"

    def canonical(self, couplings) -> np.ndarray:
        """Return the gauge copy of couplings that is lexicographically largest (to 9 digits)."""
        copies = np.array(self.elements) @ np.asarray(couplings, dtype=float)
        return copies[canonical_copies(copies)]


@dataclass(frozen=True, eq=False)
class SignGauge:
    """A gauge group that changes signs of couplings: ``(copy, coupling)``, the identity first."""

    signs: np.ndarray

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """The transformations as matrices on J."""
        return [np.diag(row) for row in self.signs]

    def is_signed_permutation(self) -> bool:
        """Return True."""
        return True


def canonical_copies(copies: np.ndarray) -> np.ndarray:
    """Return the numbers of the lexicographically largest copies, to 9 digits.

    Parameters
    ----------
    copies : numpy.ndarray
        Gauge copies of sets of couplings, shape ``(copy, …, coupling)``. Of equal ones the first is
        taken, so that couplings which are the largest copy already stay as they are.

    Returns
    -------
    numpy.ndarray of int
        Shape ``(…)``.
    """
    rounded = np.round(copies, _DIGITS)
    left = np.ones(rounded.shape[:-1], dtype=bool)
    for place in range(rounded.shape[-1]):
        column = np.where(left, rounded[..., place], -np.inf)
        left &= column == column.max(axis=0)
        if (left.sum(axis=0) == 1).all():
            break
    return left.argmax(axis=0)


def _distinct(matrices: list[np.ndarray]) -> list[np.ndarray]:
    kept: dict[bytes, np.ndarray] = {}
    for matrix in matrices:
        kept.setdefault(matrix.tobytes(), matrix)
    return list(kept.values())
