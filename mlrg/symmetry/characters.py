"""Exact character tables, by the algorithm of Burnside and Dixon.

The class functions ω_χ(C) = |C| χ(C)/χ(1) are the common eigenvectors of the class matrices. They
are found in a prime field that holds the e-th roots of unity (e the exponent of the group) and
lifted: every χ(g) is a sum of e-th roots of unity whose multiplicities are small whole numbers,

    χ(g) = Σ_k m_k(g) ζᵏ,   m_k(g) = (1/e) Σ_l χ(gˡ) ζ^{−kl}.

The multiplicities are kept, so that every character value is exact.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.symmetry import typeset
from mlrg.symmetry.groups import FiniteGroup, compose, inverse


@dataclass(frozen=True)
class Irrep:
    """A complex irreducible character.

    Attributes
    ----------
    multiplicities : tuple of tuple of int
        m_k of each conjugacy class, ``[class][k]``.
    indicator : int
        Frobenius–Schur indicator: 1 real, 0 complex, −1 quaternionic.
    """

    multiplicities: tuple[tuple[int, ...], ...]
    indicator: int

    @property
    def dimension(self) -> int:
        """Degree χ(1)."""
        return sum(self.multiplicities[0])

    @property
    def kind(self) -> str:
        """``real``, ``complex`` or ``quaternionic``."""
        return {1: "real", 0: "complex", -1: "quaternionic"}[self.indicator]

    @cached_property
    def values(self) -> tuple[sympy.Expr, ...]:
        """Character values, exact, one a conjugacy class."""
        return tuple(_root_sum(counts) for counts in self.multiplicities)

    @property
    def conjugate(self) -> tuple[tuple[int, ...], ...]:
        """Multiplicities of the complex conjugate character."""
        return tuple((c[0], *reversed(c[1:])) for c in self.multiplicities)


@dataclass(frozen=True)
class RealIrrep:
    """An irreducible representation over the reals: χ, χ + χ̄ or 2χ by its type.

    Attributes
    ----------
    multiplicities : tuple of tuple of int
        Root-of-unity multiplicities of its character, ``[class][k]``.
    kind : str
        ``real``, ``complex`` or ``quaternionic``.
    """

    multiplicities: tuple[tuple[int, ...], ...]
    kind: str

    @property
    def dimension(self) -> int:
        """Real dimension."""
        return sum(self.multiplicities[0])

    @property
    def commutant_dimension(self) -> int:
        """Dimension of the algebra of commuting matrices: 1, 2 or 4."""
        return {"real": 1, "complex": 2, "quaternionic": 4}[self.kind]

    @cached_property
    def values(self) -> tuple[sympy.Expr, ...]:
        """Character values, exact, one a conjugacy class."""
        return tuple(_root_sum(counts) for counts in self.multiplicities)


def _root_sum(counts: tuple[int, ...]) -> sympy.Expr:
    order = len(counts)
    value = sympy.Integer(0)
    for k, count in enumerate(counts):
        if count:
            angle = 2 * sympy.pi * sympy.Rational(k, order)
            value += count * (sympy.cos(angle) + sympy.I * sympy.sin(angle))
    return sympy.expand(value)


@dataclass(frozen=True)
class CharacterTable:
    """The complex irreducible characters of a finite group.

    Attributes
    ----------
    group : FiniteGroup
    irreps : tuple of Irrep
        By degree, the trivial one first.
    """

    group: FiniteGroup
    irreps: tuple[Irrep, ...]

    @cached_property
    def class_sizes(self) -> tuple[int, ...]:
        """Number of elements of each conjugacy class."""
        return tuple(len(members) for members in self.group.classes)

    @cached_property
    def real_irreps(self) -> tuple[RealIrrep, ...]:
        """The irreps over the reals, with their types."""
        found, used = [], set()
        for irrep in self.irreps:
            if irrep.multiplicities in used:
                continue
            used |= {irrep.multiplicities, irrep.conjugate}
            if irrep.kind == "real":
                counts = irrep.multiplicities
            else:
                partner = irrep.conjugate if irrep.kind == "complex" else irrep.multiplicities
                counts = tuple(
                    tuple(a + b for a, b in zip(x, y, strict=True))
                    for x, y in zip(irrep.multiplicities, partner, strict=True)
                )
            found.append(RealIrrep(counts, irrep.kind))
        return tuple(found)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each irrep: the group's own where it has one, χ1, χ2, … elsewhere.

        The two complex irreps of a real plane share its name, the second with a star.
        """
        found = [f"χ{number}" for number in range(1, len(self.irreps) + 1)]
        for name in reversed(getattr(self.group, "irrep_names", ())):
            for star, number in zip(("", "*"), self.group.irrep(name).decomposition, strict=False):
                found[number] = f"{name}{star}"
        return tuple(found)

    def __str__(self):
        return typeset.character_table_text(self)


@lru_cache(maxsize=128)
def character_table(group: FiniteGroup) -> CharacterTable:
    """Return the exact character table of a finite group.

    Raises
    ------
    GroupError
        If the group has too many elements to list.
    """
    count, exponent = len(group.classes), group.exponent
    prime = _suitable_prime(exponent, group.order)
    spaces = [DomainMatrix.eye(count, sympy.GF(prime, symmetric=False)).to_dense()]
    for number in range(1, count):
        if all(space.shape[0] == 1 for space in spaces):
            break
        matrix = _class_matrix(group, number, prime)
        spaces = [part for space in spaces for part in _split(space, matrix, prime)]
    sizes = [len(members) for members in group.classes]
    inverses = [
        group.class_of[group.position[inverse(group.elements[m[0]])]] for m in group.classes
    ]
    root = _primitive_root_of_unity(exponent, prime)
    irreps = []
    for space in spaces:
        omega = [int(space[0, k].element) for k in range(count)]
        scale = pow(omega[0], -1, prime)
        omega = [value * scale % prime for value in omega]
        norm = sum(omega[k] * omega[inverses[k]] * pow(sizes[k], -1, prime) for k in range(count))
        square = group.order * pow(norm, -1, prime) % prime
        degree = next(d for d in range(1, math.isqrt(group.order) + 1) if d * d % prime == square)
        values = [degree * omega[k] * pow(sizes[k], -1, prime) % prime for k in range(count)]
        irreps.append(_lift(group, values, root, prime))
    irreps.sort(
        key=lambda irrep: (irrep.dimension, [tuple(-m for m in c) for c in irrep.multiplicities])
    )
    return CharacterTable(group, tuple(irreps))


def _suitable_prime(exponent: int, order: int) -> int:
    prime = exponent + 1
    while prime <= 2 * math.isqrt(order) + 1 or not sympy.isprime(prime):
        prime += exponent
    return prime


def _primitive_root_of_unity(order: int, prime: int) -> int:
    return pow(int(sympy.primitive_root(prime)), (prime - 1) // order, prime)


def _class_matrix(group: FiniteGroup, number: int, prime: int) -> DomainMatrix:
    """a[j][k] = how many pairs of class `number` and class j multiply to one element of class k."""
    count = len(group.classes)
    rows = [[0] * count for _ in range(count)]
    for k, members in enumerate(group.classes):
        target = group.elements[members[0]]
        for member in group.classes[number]:
            rest = compose(inverse(group.elements[member]), target)
            rows[group.class_of[group.position[rest]]][k] += 1
    field = sympy.GF(prime, symmetric=False)
    return DomainMatrix([[field(x) for x in row] for row in rows], (count, count), field)


def _split(space: DomainMatrix, matrix: DomainMatrix, prime: int) -> list[DomainMatrix]:
    """Split a row space that the matrix maps to itself into its eigenspaces."""
    size = space.shape[0]
    if size == 1:
        return [space]
    reduced, pivots = space.rref()
    # The matrix acts on columns: rows r of the space obey r·aᵀ, whose coordinates in the reduced
    # basis stand at the pivots.
    moved = reduced * matrix.transpose()
    action = moved.extract(list(range(size)), list(pivots))
    polynomial = action.charpoly()
    parts = []
    for value in range(prime):
        total = 0
        for coefficient in polynomial:
            total = (total * value + int(coefficient)) % prime
        if total == 0:
            shifted = action - action.eye(size, action.domain).to_dense() * action.domain(value)
            kernel = shifted.transpose().nullspace()
            parts.append((kernel * reduced).to_dense())
    return parts


def _lift(group: FiniteGroup, values: list[int], root: int, prime: int) -> Irrep:
    exponent = group.exponent
    powers = [pow(root, k, prime) for k in range(exponent)]
    over = pow(exponent, -1, prime)
    multiplicities = []
    for members in group.classes:
        chain = [values[group.class_of[p]] for p in _power_chain(group, members[0], exponent)]
        multiplicities.append(
            tuple(
                over * sum(v * powers[-k * step % exponent] for step, v in enumerate(chain)) % prime
                for k in range(exponent)
            )
        )
    squares = [group.class_of[group.power(members[0], 2)] for members in group.classes]
    indicator = (
        sum(
            len(members) * values[square]
            for members, square in zip(group.classes, squares, strict=True)
        )
        * pow(group.order, -1, prime)
        % prime
    )
    return Irrep(tuple(multiplicities), {0: 0, 1: 1, prime - 1: -1}[indicator])


def _power_chain(group: FiniteGroup, element: int, length: int) -> list[int]:
    chain, current = [0], tuple(range(group.degree))
    for _ in range(length - 1):
        current = compose(current, group.elements[element])
        chain.append(group.position[current])
    return chain
