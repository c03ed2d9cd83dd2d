"""Invariant forms of dense rational representations, by averaging over the group modulo primes.

In a basis without zeros elimination meets ever larger fractions. The average over the group of a
form of rank one is invariant, and it is a product of two thin matrices,

    Σ_g A(g)ᵀ u vᵀ B(g) = U Vᵀ,   U = [A(g)ᵀ u]_g,   V = [B(g)ᵀ v]_g,

so that as many random averages as there are invariants cost next to nothing modulo a prime of 62
bits. Their reduced echelon form is lifted to fractions (Chinese remainders, then Euclid), until one
more prime changes nothing. That is no proof; the certificate of `invariants` is.
"""

import math
import random

import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.symmetry.groups import FiniteGroup

_LARGEST_PRIME = 2**62

Entries = dict[tuple[int, int], object]  # {(row, column): entry} of one form


def averaged_forms(
    group: FiniteGroup, left: list[DomainMatrix], right: list[DomainMatrix], dimension: int
) -> list[Entries] | None:
    """Return the reduced echelon basis of the invariant forms; None without python-flint.

    Parameters
    ----------
    group : FiniteGroup
    left, right : list of DomainMatrix
        Rational matrices of the generators, A(g) and B(g).
    dimension : int
        Number of invariants, from the character formula.
    """
    try:
        import flint
    except ImportError:
        return None
    rng = random.Random(0)
    columns = right[0].shape[0]
    matrices = [*left, *right]
    denominator = math.lcm(*(int(x.denominator) for m in matrices for x in m.to_dok().values()))
    prime, modulus, residues, pivots, lifted = _LARGEST_PRIME, 1, {}, None, None
    while True:
        prime = sympy.prevprime(prime)
        if denominator % prime == 0:
            continue
        found, leading = _echelon(flint, group, left, right, dimension, prime, rng)
        if pivots is None or pivots > leading:
            # Averages that happen to be dependent, or a bad prime, start late.
            modulus, residues, pivots = prime, found, leading
        elif leading == pivots:
            inverse = pow(modulus, -1, prime)
            for place in residues.keys() | found.keys():
                old = residues.get(place, 0)
                residues[place] = old + modulus * ((found.get(place, 0) - old) * inverse % prime)
            modulus *= prime
        before, lifted = lifted, _lifted(residues, dimension, columns, modulus)
        if lifted is not None and lifted == before:
            return lifted


def _echelon(flint, group, left, right, dimension: int, prime: int, rng: random.Random):
    """Return {(form, place): residue} of the echelon form, and the place where each form starts."""

    def modular(matrix: DomainMatrix):
        flat = [0] * (matrix.shape[0] * matrix.shape[1])
        for (i, j), x in matrix.to_dok().items():
            inverse = pow(int(x.denominator), -1, prime) if x.denominator != 1 else 1
            flat[j * matrix.shape[0] + i] = int(x.numerator) * inverse % prime
        return flint.nmod_mat(matrix.shape[1], matrix.shape[0], flat, prime)

    def orbit(images: list[DomainMatrix]) -> list[list[list[int]]]:
        """M(g)ᵀ u of every element g and random vector u, as [element][component][vector]."""
        size = images[0].shape[0]
        transposed = [modular(image) for image in images]
        start = [rng.randrange(prime) for _ in range(size * dimension)]
        vectors = [flint.nmod_mat(size, dimension, start, prime)]
        # M(g)ᵀ = M(s)ᵀ M(parent)ᵀ for g = parent·s, the listing of the group's elements.
        for parent, generator in group.parents[1:]:
            vectors.append(transposed[generator] * vectors[parent])
        return [[[int(x) for x in row] for row in matrix.tolist()] for matrix in vectors]

    above, beside = orbit(left), orbit(right)
    rows, columns, order = left[0].shape[0], right[0].shape[0], group.order
    flat: list[int] = []
    for k in range(dimension):
        tall = [above[g][i][k] for i in range(rows) for g in range(order)]
        wide = [beside[g][j][k] for g in range(order) for j in range(columns)]
        average = flint.nmod_mat(rows, order, tall, prime) * flint.nmod_mat(
            order, columns, wide, prime
        )
        flat += [int(x) for x in average.entries()]
    echelon, _ = flint.nmod_mat(dimension, rows * columns, flat, prime).rref()
    residues, leading = {}, []
    for k, row in enumerate(echelon.tolist()):
        entries = {place: int(x) for place, x in enumerate(row) if int(x)}
        residues |= {(k, place): x for place, x in entries.items()}
        leading.append(min(entries, default=rows * columns))
    return residues, leading


def _lifted(residues: dict, dimension: int, columns: int, modulus: int) -> list[Entries] | None:
    """Turn residues into fractions; None if one has none that is small enough."""
    forms: list[Entries] = [{} for _ in range(dimension)]
    bound = math.isqrt(modulus // 2)
    for (k, place), residue in residues.items():
        fraction = _fraction(residue, modulus, bound)
        if fraction is None:
            return None
        if fraction:
            forms[k][divmod(place, columns)] = fraction
    return forms


def _fraction(residue: int, modulus: int, bound: int):
    """Return the fraction n/d = residue with |n| and d up to the bound, by Euclid's algorithm."""
    before, after, d_before, d_after = modulus, residue, 0, 1
    while after > bound:
        quotient = before // after
        before, after = after, before - quotient * after
        d_before, d_after = d_after, d_before - quotient * d_after
    if abs(d_after) > bound or math.gcd(after, d_after) != 1:
        return None
    return sympy.QQ(after if d_after > 0 else -after, abs(d_after))
