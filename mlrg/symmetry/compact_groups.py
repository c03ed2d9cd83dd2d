"""Continuous compact groups O(2), SO(2), O(3), SO(3), SU(2) and their products with finite ones.

A representation is continuous, so that what is invariant under a dense subgroup is invariant under
the group. Each group is therefore declared, as a finite one is, by matrices of a few elements, and
all that solves for invariants serves both. The elements are

* SO(2): the turn R by arctan(4/3). (3 + 4i)/5 is no root of unity, so that the powers of R are
  dense; O(2) has the mirror P besides;
* SU(2): turns Rz and Ry by 2 arctan(4/3) about two axes, whose powers are dense in two circles that
  generate the group; SO(3) is its image, and O(3) has the inversion I besides.

Irreps are written by charge or spin, ``O2:1``, ``SO3:2``, ``SU2:1/2``; a prime multiplies with the
determinant, ``O3:1'`` an axial vector, ``O2:0'`` what changes sign under mirrors. A charge m acts
on (cos mθ, sin mθ); a whole spin l on real harmonics, the zonal one first, then the pairs
(cos mφ, sin mφ); a half-integer spin on the complex states m = j, …, −j.
"""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import sympy

from mlrg.errors import InfiniteGroupError, UnknownIrrepError
from mlrg.symmetry.exact_matrices import ExactMatrix, exact_matrices
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.representations import Representation

# (cosine, sine) of the turn R, and of half of Rz and Ry.
_TURN = sympy.Rational(3, 5), sympy.Rational(4, 5)
# Largest charge, and largest spin, whose matrices are written down.
CHARGE_LIMIT, SPIN_LIMIT = 32, 4


class CompactGroup:
    """A compact group, some of whose elements generate a dense subgroup.

    Attributes
    ----------
    name : str
    names : tuple of str
        Of the elements whose matrices declare a representation.
    factors : tuple
        Groups that it is the direct product of; itself if it is none.
    """

    order = math.inf

    def __init__(self, name: str, names: tuple[str, ...], factors: tuple = ()):
        self.name = name
        self.names = names
        self.factors = factors or (self,)

    def irrep(self, name) -> Representation:
        """Return an irrep by its charge or spin, as in the module's text.

        Raises
        ------
        UnknownIrrepError
            If there is none, or its matrices are not written down.
        """
        return _irrep(self.name, str(name).strip())

    def __getattr__(self, name):
        # What finite groups know of themselves by listing their elements.
        if not name.startswith("_") and hasattr(PermutationGroup, name):
            raise InfiniteGroupError(
                f"{self.name} is continuous and has no list of elements, which {name!r} needs: "
                "take a finite subgroup such as Z12, D12, A5 or 2I for it"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __mul__(self, other) -> "CompactGroup":
        if not isinstance(other, CompactGroup | PermutationGroup):
            return NotImplemented
        return _product(self, other)

    def __rmul__(self, other) -> "CompactGroup":
        if not isinstance(other, PermutationGroup):
            return NotImplemented
        return _product(other, self)

    def __eq__(self, other):
        if not isinstance(other, CompactGroup):
            return NotImplemented
        if len(self.factors) == len(other.factors) == 1:
            return self.name == other.name
        return self.factors == other.factors

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        if len(self.factors) > 1:
            return "(" + " * ".join(map(repr, self.factors)) + ")"
        return f'compact_group("{self.name}")'


def _product(first, second) -> CompactGroup:
    names = (*first.names, *second.names)
    if len(set(names)) < len(names):
        names = (*(f"{n}₁" for n in first.names), *(f"{n}₂" for n in second.names))
    parts = [getattr(group, "factors", (group,)) for group in (first, second)]
    return CompactGroup(f"{first.name} × {second.name}", names, (*parts[0], *parts[1]))


class _Kind(NamedTuple):
    """How the irreps of a group are read.

    Attributes
    ----------
    names : tuple of str
        Of the elements.
    halves, primes : bool
        Whether there are half-integer spins, and irreps with a prime.
    matrices : callable
        From charge or spin and the sign of the prime to one matrix an element.
    example : str
    """

    names: tuple[str, ...]
    halves: bool
    primes: bool
    matrices: Callable[[Fraction, int], list[sympy.Matrix]]
    example: str


def _turn_of_charge(charge: Fraction, prime: int) -> list[sympy.Matrix]:
    if charge == 0:
        return [sympy.eye(1)]
    power = sympy.expand((_TURN[0] + sympy.I * _TURN[1]) ** int(charge))
    cosine, sine = power.as_real_imag()
    return [sympy.Matrix([[cosine, -sine], [sine, cosine]])]


def _with_mirror(charge: Fraction, prime: int) -> list[sympy.Matrix]:
    mirror = sympy.eye(1) * prime if charge == 0 else sympy.diag(1, -1)
    return [*_turn_of_charge(charge, 1), mirror]


def _turns_of_spin(spin: Fraction, prime: int) -> list[sympy.Matrix]:
    if spin.denominator == 2:
        return _complex_turns(spin)
    size, cosines = int(spin), range(1, int(spin) + 1)
    about_z = [sympy.eye(1), *(_turn_of_charge(Fraction(2 * m), 1)[0] for m in cosines)]
    places = [(0, 0), *((m, side) for m in cosines for side in (0, 1))]
    about_y = sympy.Matrix(
        [[_real_entry(spin, first, second) for second in places] for first in places]
    )
    return [sympy.diag(*about_z), about_y] if size else [sympy.eye(1), sympy.eye(1)]


def _with_inversion(spin: Fraction, prime: int) -> list[sympy.Matrix]:
    turns = _turns_of_spin(spin, 1)
    return [*turns, prime * (-1) ** int(spin) * sympy.eye(turns[0].rows)]


def _complex_turns(spin: Fraction) -> list[sympy.Matrix]:
    states = [spin - k for k in range(int(2 * spin) + 1)]
    base = _TURN[0] - sympy.I * _TURN[1]
    about_z = [sympy.expand(base ** int(2 * m)) if m > 0 else None for m in states]
    mirrored = [sympy.conjugate(value) for value in reversed(about_z) if value is not None]
    diagonal = [value for value in about_z if value is not None] + mirrored
    about_y = [[_small_d(spin, m, n) for n in states] for m in states]
    return [sympy.diag(*diagonal), sympy.Matrix(about_y)]


def _small_d(spin: Fraction, m: Fraction, n: Fraction) -> sympy.Expr:
    """Return Wigner's d^j_mn of the turn Ry."""
    cosine, sine = _TURN
    total = sympy.Integer(0)
    for k in range(int(2 * spin) + 1):
        below = [int(value) for value in (spin + n - k, k, m - n + k, spin - m - k)]
        if min(below) < 0:
            continue
        weight = math.prod(math.factorial(value) for value in below)
        powers = cosine ** int(2 * spin + n - m - 2 * k) * sine ** int(m - n + 2 * k)
        total += sympy.Rational((-1) ** int(m - n + k), weight) * powers
    sizes = [math.factorial(int(value)) for value in (spin + m, spin - m, spin + n, spin - n)]
    return total * sympy.sqrt(math.prod(sizes))


def _real_entry(spin: Fraction, first: tuple[int, int], second: tuple[int, int]) -> sympy.Expr:
    """Return an entry of Ry between real harmonics (m, 0 for cos and 1 for sin)."""
    (m, one), (n, two) = first, second
    if one != two:
        return sympy.Integer(0)
    if m == 0 or n == 0:
        share = sympy.sqrt(2) if m or n else 1
        return share * (-1) ** (m + n) * _small_d(spin, Fraction(m), Fraction(n))
    straight = (-1) ** (m + n) * _small_d(spin, Fraction(m), Fraction(n))
    crossed = (-1) ** m * _small_d(spin, Fraction(m), Fraction(-n))
    return straight + crossed if one == 0 else straight - crossed


_KINDS = {
    "SO2": _Kind(("R",), False, False, _turn_of_charge, "SO2:1"),
    "O2": _Kind(("R", "P"), False, True, _with_mirror, "O2:1"),
    "SO3": _Kind(("Rz", "Ry"), False, False, _turns_of_spin, "SO3:1"),
    "O3": _Kind(("Rz", "Ry", "I"), False, True, _with_inversion, "O3:1"),
    "SU2": _Kind(("Rz", "Ry"), True, False, _turns_of_spin, "SU2:1/2"),
}


@lru_cache(maxsize=16)
def compact_group(name: str) -> CompactGroup | None:
    """Return the continuous group of this name, ``O2`` or ``O(2)``; None if there is none."""
    short = {"U1": "SO2"}.get(re.sub(r"[()]", "", name), re.sub(r"[()]", "", name))
    return CompactGroup(short, _KINDS[short].names) if short in _KINDS else None


@lru_cache(maxsize=256)
def _irrep(group: str, name: str) -> Representation:
    kind = _KINDS.get(group)
    if kind is None:
        raise UnknownIrrepError(
            f"{group} is a product: take the outer product of one representation a factor"
        )
    match = re.fullmatch(r"(\d+)(/2)?('?)", name)
    known = (
        f"irreps of {group} are its {'charges' if group.endswith('O2') else 'spins'}, such as "
        f"{kind.example}{' or with a prime 0' + chr(39) if kind.primes else ''}"
    )
    if match is None:
        raise UnknownIrrepError(f"{group} has no irrep {name!r}: {known}")
    label = Fraction(int(match[1]), 2 if match[2] else 1)
    if label.denominator == 2 and not kind.halves:
        raise UnknownIrrepError(f"{group} has no irrep {name!r}, only SU2 has half spins: {known}")
    prime = -1 if match[3] else 1
    if prime < 0 and not kind.primes:
        raise UnknownIrrepError(f"{group} has no irrep {name!r}, nor a determinant: {known}")
    limit = CHARGE_LIMIT if group.endswith("O2") else SPIN_LIMIT
    if label > limit:
        raise UnknownIrrepError(
            f"the matrices of irrep {name!r} of {group} are not written down (up to {limit})"
        )
    if group == "O2" and label:
        # A charge and its product with the determinant are one irrep.
        prime = 1
    matrices: list[ExactMatrix] = exact_matrices(kind.matrices(label, prime))
    text = f"{label}{chr(39) if prime < 0 else ''}"
    owner = compact_group(group)
    return Representation._trusted(
        owner, matrices, matrices[0].shape[0], f'{owner!r}.irrep("{text}")', name=text
    )
