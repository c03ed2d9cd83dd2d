"""Irreducible characters, complex and real, as exact sums of roots of unity."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from math import lcm

import numpy as np
import sympy

from mlrg.symmetry.exact_matrices import ExactMatrix, in_common_field
from mlrg.symmetry.exact_numbers import expression, in_smaller_field
from mlrg.symmetry.number_fields import NumberField, Vector, cyclotomic_field, held

# Σ_k m_k ζᵏ as the pairs (k, m_k) with m_k > 0, in order of k; ζ = exp(2πi/e).
RootSum = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
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
    def floats(self) -> np.ndarray:
        """Character values as complex numbers, shape ``(class,)``."""
        roots = np.exp(2j * np.pi * np.arange(self.exponent) / self.exponent)
        return np.array([sum(m * roots[k] for k, m in terms) for terms in self.multiplicities])

    @cached_property
    def exact_values(self) -> ExactMatrix:
        """Character values over a small field that holds them all, shape ``(1, class)``."""
        found = [in_smaller_field(*_value(terms, self.exponent)) for terms in self.multiplicities]
        values = in_common_field([ExactMatrix.from_vectors(field, [[x]]) for field, x in found])
        return reduce(ExactMatrix.beside, values)


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
    field = cyclotomic_field(lcm(*(turn.denominator for turn, _ in turns)))
    total = field.rational(0)
    for turn, m in turns:
        total = field.add(total, tuple(m * x for x in held(field.root_of_unity(turn))))
    return field, total


def added(first: RootSum, second: RootSum) -> RootSum:
    """Return the sum of two sums."""
    total = dict(first)
    for k, m in second:
        total[k] = total.get(k, 0) + m
    return tuple(sorted(total.items()))
