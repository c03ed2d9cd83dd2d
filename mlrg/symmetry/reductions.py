"""Number fields modulo primes: every map of a field's numbers to residues, and the way back.

A prime p that splits in a field of degree m has m maps of its integers to ℤ/p, one for each root
of its polynomial. Linear algebra is done there. A rank modulo p is at most that over the field, and
a number is found again from its m residues, up to p and by Chinese remainders and Euclid beyond.
"""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import count
from typing import Any

import flint
import numpy as np
import sympy
from sympy.functions.combinatorial.numbers import jacobi_symbol

from mlrg.errors import BudgetError
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.number_fields import NumberField

_LARGEST_PRIME = 2**62
# Residues of primes below this have products that fit into 64 bits.
WORD_PRIMES = 2**31
# So many primes in a row may be no good.
_MISSES = 4000

# The residues of e_0, …, e_{m−1}.
Reduction = tuple[int, ...]


def splitting_primes(
    field: NumberField, denominators: Iterable[int] = (), below: int = _LARGEST_PRIME
) -> Iterator[int]:
    """Yield primes that have as many reductions as the field has dimensions, the largest first.

    Parameters
    ----------
    field : NumberField
    denominators : iterable of int
        Numbers that the primes do not divide.
    below : int

    Raises
    ------
    BudgetError
        If none is found: a field that is not made of roots of unity splits for one prime in as many
        as its Galois group has elements.
    """
    known, search = _search(field, below)
    denominators = set(denominators)
    for place in count():
        if place == len(known):
            following = next(search, None)
            if following is None:
                raise BudgetError(
                    f"the numbers of the field of {field.basis[1]} are too many kinds of roots to "
                    "work with: write the matrices in square roots and roots of unity"
                )
            known.append(following)
        if all(denominator % known[place] for denominator in denominators):
            yield known[place]


@lru_cache(maxsize=256)
def _search(field: NumberField, below: int) -> tuple[list[int], Iterator[int]]:
    """Return the primes found so far, to be added to, and where the search goes on."""
    return [], _found_primes(field, below)


def _found_primes(field: NumberField, below: int) -> Iterator[int]:
    step = field.data[0] if field.kind == "cyclotomic" else 1
    candidate = (below // step) * step + 1
    misses = 0
    while misses <= _MISSES:
        candidate -= step
        if candidate % 2 and sympy.isprime(candidate):
            if _splits(field, candidate):
                misses = 0
                yield candidate
            else:
                misses += 1


def _splits(field: NumberField, prime: int) -> bool:
    if field.kind == "quadratic":
        return all(jacobi_symbol(d % prime, prime) == 1 for d in field.data)
    return field.kind == "cyclotomic" or len(reductions(field, prime)) == field.degree


@lru_cache(maxsize=1024)
def reductions(field: NumberField, prime: int) -> tuple[Reduction, ...]:
    """Return the maps of a field to the residues of a prime."""
    if field.kind == "quadratic":
        roots = [int(sympy.sqrt_mod(d % prime, prime)) for d in field.data]
        return tuple(
            tuple(
                math.prod(
                    (-r if signs >> bit & 1 else r) if place >> bit & 1 else 1
                    for bit, r in enumerate(roots)
                )
                % prime
                for place in range(field.degree)
            )
            for signs in range(field.degree)
        )
    if field.kind == "cyclotomic":
        order = field.data[0]
        root = root_of_unity(order, prime)
        units = [k for k in range(order) if math.gcd(k, order) == 1]
        return tuple(tuple(pow(root, k * j, prime) for j in range(field.degree)) for k in units)
    polynomial = flint.nmod_poly(list(field.data[0]), prime)
    roots = [int(-factor[0]) for factor, _ in polynomial.factor()[1] if factor.degree() == 1]
    return tuple(tuple(pow(r, k, prime) for k in range(field.degree)) for r in sorted(roots))


def root_of_unity(order: int, prime: int) -> int:
    """Return a residue of this multiplicative order, which divides prime − 1."""
    factors = sympy.primefactors(order)
    for base in range(2, prime):
        root = pow(base, (prime - 1) // order, prime)
        if all(pow(root, order // q, prime) != 1 for q in factors):
            return root
    raise ArithmeticError(f"no root of unity of order {order} modulo {prime}")


def residues(matrix: ExactMatrix, reduction: Reduction, prime: int) -> np.ndarray:
    """Return a matrix modulo a prime that does not divide its denominator, ``(row, column)``."""
    scale = pow(matrix.denominator, -1, prime)
    weights = np.array([scale * x % prime for x in reduction], dtype=object)
    return matrix.numerators.astype(object) @ weights % prime


def modular(array: np.ndarray, prime: int) -> "flint.nmod_mat":
    """Return residues ``(row, column)`` as a matrix of flint."""
    rows, columns = array.shape
    return flint.nmod_mat(rows, columns, [int(x) for x in array.reshape(-1)], prime)


@lru_cache(maxsize=256)
def interpolation(field: NumberField, prime: int) -> np.ndarray:
    """Return the matrix from the m residues of a number to its coefficients, ``(m, m)``."""
    rows = reductions(field, prime)
    matrix = flint.nmod_mat(len(rows), field.degree, [x for row in rows for x in row], prime)
    return np.array([[int(x) for x in row] for row in matrix.inv().tolist()], dtype=object)


class Lifting:
    """Residues by place, gathered prime by prime until their fractions no longer change.

    The shape of what is found, such as where rows of an echelon form start, is smallest for all but
    finitely many primes: larger ones are passed over, and a smaller one begins anew.
    """

    def __init__(self) -> None:
        self._shape: Any = None
        self._modulus = 1
        self._residues: dict[Any, int] = {}
        self._before: dict | None = None

    def add(self, found: dict, prime: int, shape) -> dict | None:
        """Take in residues modulo one more prime; return the fractions once two primes agree.

        Parameters
        ----------
        found : dict
            {place: residue}; a place that is missing has zero.
        prime : int
        shape
            Anything that compares.

        Returns
        -------
        dict or None
            {place: fraction}, without zeros.
        """
        if self._shape is None or shape < self._shape:
            self._shape, self._modulus, self._residues, self._before = shape, 1, {}, None
        elif shape > self._shape:
            return None
        inverse = pow(self._modulus, -1, prime)
        for place in self._residues.keys() | found.keys():
            old = self._residues.get(place, 0)
            step = (found.get(place, 0) - old) * inverse % prime
            self._residues[place] = old + self._modulus * step
        self._modulus *= prime
        return self._fractions()

    def _fractions(self) -> dict | None:
        bound = math.isqrt(self._modulus // 2)
        found = {}
        for place, residue in self._residues.items():
            value = _fraction(residue, self._modulus, bound)
            if value is None:
                self._before = None
                return None
            if value:
                found[place] = value
        settled, self._before = found == self._before, found
        return found if settled else None


def _fraction(residue: int, modulus: int, bound: int) -> Fraction | None:
    """Return the fraction n/d = residue with |n| and d up to the bound, by Euclid's algorithm."""
    before, after, d_before, d_after = modulus, residue, 0, 1
    while after > bound:
        quotient = before // after
        before, after = after, before - quotient * after
        d_before, d_after = d_after, d_before - quotient * d_after
    if abs(d_after) > bound or math.gcd(after, d_after) != 1:
        return None
    return Fraction(after, d_after)
