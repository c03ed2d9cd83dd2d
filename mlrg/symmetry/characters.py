"""Exact character tables, by the algorithm of Burnside and Dixon.

One-dimensional characters are those of G/G'. The class functions ω_χ(C) = |C| χ(C)/χ(1) of the
others are the common eigenvectors of the class matrices: those of a random combination of a few,
modulo a prime with e-th roots of unity (e the exponent of the group). They are lifted element by
element: χ(g) is a sum of roots of unity of the order o of g whose multiplicities are small whole
numbers,

    χ(g) = Σ_k m_k(g) ζᵏ,   m_k(g) = (1/o) Σ_l χ(gˡ) ζ^{−kl}.

The multiplicities are kept, so that every character value is exact.
"""

import math
import random
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import flint
import numpy as np
import sympy

from mlrg.symmetry import typeset
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.exact_numbers import common_field, expression, in_smaller_field
from mlrg.symmetry.linear_characters import linear_characters
from mlrg.symmetry.number_fields import NumberField, Vector, cyclotomic_field
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.reductions import root_of_unity

# Σ_k m_k ζᵏ as the pairs (k, m_k) with m_k > 0, in order of k; ζ = exp(2πi/e).
RootSum = tuple[tuple[int, int], ...]
# Residues below this have products that fit into 64 bits.
_PRIME_BELOW = 2**31
# So many products of elements, and so many classes, go into one combination of class matrices.
_PRODUCTS, _CLASSES = 2_000_000, 8


class _Character:
    """Values as sums of roots of unity; what complex and real irreps have in common."""

    multiplicities: tuple[RootSum, ...]
    exponent: int

    @property
    def dimension(self) -> int:
        """Degree χ(1)."""
        return sum(m for _, m in self.multiplicities[0])

    @cached_property
    def values(self) -> tuple[sympy.Expr, ...]:
        """Character values, exact, one a conjugacy class."""
        return tuple(_expression(terms, self.exponent) for terms in self.multiplicities)

    @cached_property
    def field_values(self) -> tuple[NumberField, list[Vector]]:
        """A small field that holds the character, and its values there."""
        found = [in_smaller_field(*_value(terms, self.exponent)) for terms in self.multiplicities]
        common = common_field([field for field, _ in found])
        values = [ExactMatrix.from_vectors(field, [[x]]).into(common) for field, x in found]
        return common, [value.entry(0, 0) for value in values]


@dataclass(frozen=True)
class Irrep(_Character):
    """A complex irreducible character.

    Attributes
    ----------
    multiplicities : tuple of tuple of (int, int)
        The pairs (k, m_k) of each conjugacy class.
    exponent : int
        Order e of ζ, the exponent of the group.
    indicator : int
        Frobenius–Schur indicator: 1 real, 0 complex, −1 quaternionic.
    """

    multiplicities: tuple[RootSum, ...]
    exponent: int
    indicator: int

    @property
    def kind(self) -> str:
        """``real``, ``complex`` or ``quaternionic``."""
        return {1: "real", 0: "complex", -1: "quaternionic"}[self.indicator]

    @cached_property
    def conjugate(self) -> tuple[RootSum, ...]:
        """Multiplicities of the complex conjugate character."""
        return tuple(
            tuple(sorted((-k % self.exponent, m) for k, m in terms))
            for terms in self.multiplicities
        )


@dataclass(frozen=True)
class RealIrrep(_Character):
    """An irreducible representation over the reals: χ, χ + χ̄ or 2χ by its type.

    Attributes
    ----------
    multiplicities : tuple of tuple of (int, int)
        The pairs (k, m_k) of each conjugacy class.
    exponent : int
    kind : str
        ``real``, ``complex`` or ``quaternionic``.
    number : int
        Place of χ in the table.
    """

    multiplicities: tuple[RootSum, ...]
    exponent: int
    kind: str
    number: int

    @property
    def commutant_dimension(self) -> int:
        """Dimension of the algebra of commuting matrices: 1, 2 or 4."""
        return {"real": 1, "complex": 2, "quaternionic": 4}[self.kind]


def _expression(terms: RootSum, order: int) -> sympy.Expr:
    return expression(*_value(terms, order))


@lru_cache(maxsize=65536)
def _value(terms: RootSum, order: int) -> tuple[NumberField, Vector]:
    turns = [(Fraction(k, order), m) for k, m in terms]
    field = cyclotomic_field(math.lcm(*(turn.denominator for turn, _ in turns)))
    total = field.rational(0)
    for turn, m in turns:
        total = field.add(total, tuple(m * x for x in field.root_of_unity(turn)))
    return field, total


def _sum(first: RootSum, second: RootSum) -> RootSum:
    total = dict(first)
    for k, m in second:
        total[k] = total.get(k, 0) + m
    return tuple(sorted(total.items()))


@dataclass(frozen=True)
class CharacterTable:
    """The complex irreducible characters of a finite group.

    Attributes
    ----------
    group : PermutationGroup
    irreps : tuple of Irrep
        By degree, the trivial one first.
    """

    group: PermutationGroup
    irreps: tuple[Irrep, ...]

    @cached_property
    def class_sizes(self) -> tuple[int, ...]:
        """Number of elements of each conjugacy class."""
        return tuple(len(members) for members in self.group.classes)

    @cached_property
    def floats(self) -> np.ndarray:
        """Characters as complex numbers, shape ``(irrep, class)``."""
        roots = np.exp(2j * np.pi * np.arange(self.group.exponent) / self.group.exponent)
        return np.array(
            [
                [sum(m * roots[k] for k, m in terms) for terms in irrep.multiplicities]
                for irrep in self.irreps
            ]
        )

    @cached_property
    def real_irreps(self) -> tuple[RealIrrep, ...]:
        """The irreps over the reals, with their types."""
        found, used = [], set()
        for number, irrep in enumerate(self.irreps):
            if irrep.multiplicities in used:
                continue
            used |= {irrep.multiplicities, irrep.conjugate}
            terms = irrep.multiplicities
            if irrep.kind != "real":
                # 2χ or χ + χ̄: a quaternionic character is its own conjugate.
                terms = tuple(map(_sum, terms, irrep.conjugate))
            found.append(RealIrrep(terms, irrep.exponent, irrep.kind, number))
        return tuple(found)

    @cached_property
    def conjugates(self) -> tuple[int, ...]:
        """Place of the complex conjugate of each irrep."""
        place = {irrep.multiplicities: k for k, irrep in enumerate(self.irreps)}
        return tuple(place[irrep.conjugate] for irrep in self.irreps)

    @cached_property
    def named(self) -> dict:
        """The real irreps that the group knows by name, by the place of a character in them."""
        found = {}
        for name in self.group.irrep_names:
            irrep = self.group.irrep(name)
            found.setdefault(min(irrep.decomposition), irrep)
        return found

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each irrep: the group's own where it has one, χ1, χ2, … elsewhere.

        The two complex irreps of a real plane share its name, the second with a star.
        """
        found = [f"χ{number}" for number in range(1, len(self.irreps) + 1)]
        for name in reversed(self.group.irrep_names):
            for star, number in zip(("", "*"), self.group.irrep(name).decomposition, strict=False):
                found[number] = f"{name}{star}"
        return tuple(found)

    def __str__(self):
        return typeset.character_table_text(self)


def character_table(group: PermutationGroup) -> CharacterTable:
    """Return the exact character table of a finite group.

    Raises
    ------
    LargeGroupError
        If the group has too many elements to list.
    """
    # Kept with the group, whose names its labels show; the characters are kept by content.
    kept = vars(group)
    if "_character_table" not in kept:
        kept["_character_table"] = CharacterTable(group, _irreps(group))
    return kept["_character_table"]


@lru_cache(maxsize=128)
def _irreps(group: PermutationGroup) -> tuple[Irrep, ...]:
    exponent = group.exponent
    turns = linear_characters(group)
    found = [_linear(row, exponent) for row in turns.tolist()]
    if len(found) < len(group.classes):
        found += _Nonlinear(group, turns).irreps()
    found.sort(
        key=lambda irrep: (
            irrep.dimension,
            [tuple((k, -m) for k, m in terms) for terms in irrep.multiplicities],
        )
    )
    if len(found) != len(group.classes) or sum(i.dimension**2 for i in found) != group.order:
        raise ArithmeticError(f"the characters of {group.name} do not fill its algebra")
    return tuple(found)


def _linear(turns: list[int], exponent: int) -> Irrep:
    real = all(2 * k % exponent == 0 for k in turns)
    return Irrep(tuple(((k, 1),) for k in turns), exponent, 1 if real else 0)


class _Nonlinear:
    """The irreducible characters of more than one dimension, modulo a prime and lifted."""

    def __init__(self, group: PermutationGroup, turns: np.ndarray):
        self.group, self.turns = group, turns
        self.count, self.exponent = len(group.classes), group.exponent
        self.sizes = [len(members) for members in group.classes]
        self.prime = _suitable_prime(self.exponent, group.order)
        self.root = root_of_unity(self.exponent, self.prime)
        self.class_of = np.array(group.class_of)
        self.first = np.array([members[0] for members in group.classes])
        self.inverses = self.class_of[group.array.inverses[self.first]].tolist()
        self.random = random.Random(0)

    def irreps(self) -> list[Irrep]:
        """Return the characters, in no particular order."""
        return self._lifted([self._values(omega) for omega in self._eigenvectors()])

    def _matrix(self, rows: list[list[int]]) -> "flint.nmod_mat":
        columns = len(rows[0])
        return flint.nmod_mat(len(rows), columns, [x for row in rows for x in row], self.prime)

    def _complement(self) -> "flint.nmod_mat":
        """The ω orthogonal to one-dimensional characters: Σ_C ω(C) λ(C⁻¹) = 0, as reduced rows."""
        powers = _powers(self.root, self.exponent, self.prime)
        rows = [[powers[-k % self.exponent] for k in row] for row in self.turns.tolist()]
        null, nullity = self._matrix(rows).nullspace()
        columns = null.transpose().tolist()[:nullity]
        return self._matrix([[int(x) for x in row] for row in columns]).rref()[0]

    def _eigenvectors(self) -> list[list[int]]:
        """Common eigenvectors of the class matrices that are no one-dimensional characters."""
        spaces, done = [self._complement()], []
        order = sorted(range(1, self.count), key=self.sizes.__getitem__)
        while spaces:
            chosen, total = [], 0
            while order and len(chosen) < _CLASSES:
                total += self.sizes[order[0]] * self.count
                if chosen and total > _PRODUCTS:
                    break
                chosen.append(order.pop(0))
            if not chosen:
                raise ArithmeticError(f"the class matrices of {self.group.name} do not split")
            matrix = self._combination(chosen)
            parts = [part for space in spaces for part in self._split(space, matrix)]
            done += [[int(x) for x in part.entries()] for part in parts if part.nrows() == 1]
            spaces = [part for part in parts if part.nrows() > 1]
        return done

    def _combination(self, chosen: list[int]) -> np.ndarray:
        """Σ_r c_r a_r of class matrices, transposed: ``[k, j]``.

        a_r[j, k] is how many pairs of class r and class j multiply to one element of class k.
        """
        group, p = self.group, self.prime
        members = np.concatenate([group.classes[r] for r in chosen])
        which = np.repeat(np.arange(len(chosen)), [self.sizes[r] for r in chosen])
        weights = [self.random.randrange(1, p) for _ in chosen]
        backwards = group.array.inverses[members]
        found = np.zeros((self.count, self.count), dtype=np.int64)
        for k, target in enumerate(self.first):
            classes = self.class_of[group.array.products(backwards, target)]
            counts = np.bincount(which * self.count + classes, minlength=len(chosen) * self.count)
            for weight, row in zip(weights, counts.reshape(len(chosen), -1), strict=True):
                found[k] = (found[k] + weight * row) % p
        return found

    def _split(self, space: "flint.nmod_mat", matrix: np.ndarray) -> list["flint.nmod_mat"]:
        """Split a space of rows, reduced, into the eigenspaces of a matrix from the right."""
        size = space.nrows()
        rows = space.tolist()
        pivots = [next(k for k, x in enumerate(row) if int(x)) for row in rows]
        # The coordinates of a row in the reduced basis stand at the pivots.
        action = space * self._matrix(matrix[:, pivots].tolist())
        polynomial = action.charpoly()
        roots = polynomial.roots()
        if len(roots) == size:
            return self._by_krylov(space, action, polynomial, [int(root) for root, _ in roots])
        parts = []
        identity = self._matrix([[int(i == j) for j in range(size)] for i in range(size)])
        for root, _ in roots:
            null, nullity = (action - identity * int(root)).transpose().nullspace()
            columns = null.transpose().tolist()[:nullity]
            part = self._matrix([[int(x) for x in row] for row in columns]) * space
            parts.append(part.rref()[0])
        return parts

    def _by_krylov(self, space, action, polynomial, roots: list[int]) -> list["flint.nmod_mat"]:
        """Return eigenvectors v c(A)/(A − λ) of distinct λ, c the characteristic polynomial."""
        p, size = self.prime, len(roots)
        vector = self._matrix([[self.random.randrange(1, p) for _ in range(size)]])
        rows = []
        for _ in range(size):
            rows += [int(x) for x in vector.entries()]
            vector = vector * action
        powers = flint.nmod_mat(size, size, rows, p)
        coefficients = [int(c) for c in polynomial.coeffs()]
        quotients = []
        for root in roots:
            # c(x)/(x − λ) by Horner's scheme, the highest coefficient first.
            quotient, value = [], 0
            for c in reversed(coefficients[1:]):
                value = (value * root + c) % p
                quotient.append(value)
            quotients.append(quotient[::-1])
        found = self._matrix(quotients) * powers * space
        return [self._matrix([[int(x) for x in row]]) for row in found.tolist()]

    def _values(self, omega: list[int]) -> list[int]:
        """χ modulo the prime from a multiple of ω_χ."""
        p, group = self.prime, self.group
        scale = pow(omega[0], -1, p)
        omega = [value * scale % p for value in omega]
        over = [pow(size, -1, p) for size in self.sizes]
        norm = sum(x * omega[k] * s for x, k, s in zip(omega, self.inverses, over, strict=True))
        square = group.order * pow(norm, -1, p) % p
        degree = next(d for d in range(2, math.isqrt(group.order) + 1) if d * d % p == square)
        return [degree * x * s % p for x, s in zip(omega, over, strict=True)]

    def _lifted(self, values: list[list[int]]) -> list[Irrep]:
        p, e = self.prime, self.exponent
        table = self._matrix(values)
        columns = np.array([[int(x) for x in row] for row in table.tolist()], dtype=np.int64)
        terms: dict[int, list[RootSum]] = {}
        squares = [0] * self.count
        for k in range(self.count):
            if k in terms:
                continue
            chain = self._powers_of_class(k)
            order = len(chain)
            step = e // order
            powers = _powers(pow(self.root, step, p), order, p)
            over = pow(order, -1, p)
            dual = [[over * powers[-a * b % order] % p for b in range(order)] for a in range(order)]
            counts = self._matrix(columns[:, chain].tolist()) * self._matrix(dual)
            counts = [[int(x) for x in row] for row in counts.tolist()]
            for unit in range(order):
                # χ(gᵘ) has the same multiplicities, at other roots.
                if math.gcd(unit, order) == 1 and chain[unit % order] not in terms:
                    terms[chain[unit % order]] = [
                        tuple(sorted((u * unit % order * step, m) for u, m in enumerate(row) if m))
                        for row in counts
                    ]
                    squares[chain[unit % order]] = chain[2 * unit % order]
        over = pow(self.group.order, -1, p)
        irreps = []
        for number, row in enumerate(values):
            multiplicities = tuple(terms[k][number] for k in range(self.count))
            total = sum(s * row[square] for s, square in zip(self.sizes, squares, strict=True))
            indicator = {0: 0, 1: 1, p - 1: -1}[total * over % p]
            irreps.append(Irrep(multiplicities, e, indicator))
        return irreps

    def _powers_of_class(self, number: int) -> list[int]:
        """Return the classes of g⁰, g¹, … for a member g, as many as its order."""
        array = self.group.array
        element = array.images[self.first[number]]
        order = self.group.element_order(self.first[number])
        points = np.empty((order, len(array.base)), dtype=np.int64)
        points[0] = array.base
        for k in range(1, order):
            points[k] = element[points[k - 1]]
        return self.class_of[array.find(points)].tolist()


def _powers(root: int, count: int, prime: int) -> list[int]:
    found = [1]
    for _ in range(count - 1):
        found.append(found[-1] * root % prime)
    return found


def _suitable_prime(exponent: int, order: int) -> int:
    """Return a prime with roots of unity of this order, and more than 2 √|G|."""
    prime = (_PRIME_BELOW // exponent) * exponent + 1
    while not sympy.isprime(prime):
        prime -= exponent
    if prime <= 2 * math.isqrt(order) + 1:
        raise ArithmeticError(f"no prime below {_PRIME_BELOW} for a group of exponent {exponent}")
    return prime
