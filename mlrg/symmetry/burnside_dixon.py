"""The irreducible characters of a finite group, by the algorithm of Burnside and Dixon.

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
from functools import lru_cache

import flint
import numpy as np
import sympy

from mlrg.symmetry.irrep_characters import Irrep, RootSum
from mlrg.symmetry.linear_characters import linear_characters
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.reductions import WORD_PRIMES, root_of_unity

# So many products of elements, and so many classes, go into one combination of class matrices.
_PRODUCTS, _CLASSES = 2_000_000, 8


@lru_cache(maxsize=128)
def irreducible_characters(group: PermutationGroup) -> tuple[Irrep, ...]:
    """Return the characters by degree, the trivial one first."""
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
            chosen: list[int] = []
            total = 0
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
            product = self._matrix(columns[:, chain].tolist()) * self._matrix(dual)
            counts = [[int(x) for x in row] for row in product.tolist()]
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
        first = self.first[number]
        powers = self.group.array.powers(first, self.group.element_order(first))
        return self.class_of[powers].tolist()


def _powers(root: int, count: int, prime: int) -> list[int]:
    found = [1]
    for _ in range(count - 1):
        found.append(found[-1] * root % prime)
    return found


def _suitable_prime(exponent: int, order: int) -> int:
    """Return a prime with roots of unity of this order, and more than 2 √|G|."""
    prime = (WORD_PRIMES // exponent) * exponent + 1
    while not sympy.isprime(prime):
        prime -= exponent
    if prime <= 2 * math.isqrt(order) + 1:
        raise ArithmeticError(f"no prime below {WORD_PRIMES} for a group of exponent {exponent}")
    return prime
