"""Number fields as vectors of whole numbers: exact arithmetic whose cost is known.

A field has a basis e_0 = 1, e_1, …, e_{m−1} over the rationals whose products are combinations of
it with whole coefficients; a number is (Σ_k c_k e_k)/q in exactly one way with lowest q > 0, so
that equal numbers have equal vectors. Three kinds, in order of cost:

* ℚ(√d_1, …, √d_k) with independent square-free d (−1 among them for i): products of square roots;
* ℚ(ζ), ζ = exp(2πi/n): powers of ζ. Cosines and sines of rational angles, roots of unity, and
  square roots beside them (Gauss: √D = Σ_k (D/k) exp(2πik/D) for a discriminant D);
* the field that other algebraic numbers generate, found by sympy: powers of a generator.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import flint
import mpmath
import numpy as np
import sympy
from sympy.functions.combinatorial.numbers import jacobi_symbol

from mlrg.errors import BudgetError

_X = sympy.Symbol("x")
# Largest dimension of a field over the rationals.
DEGREE_LIMIT = 512

# A number: its coefficients in the basis.
Vector = tuple[Fraction, ...]


def held(value: Vector | None) -> Vector:
    """Return a number that its field holds by construction."""
    if value is None:
        raise ArithmeticError("a field does not hold a root that it was made for")
    return value


@dataclass(frozen=True)
class NumberField:
    """A field of algebraic numbers, each of them one complex number.

    Attributes
    ----------
    kind : {"quadratic", "cyclotomic", "generated"}
    data : tuple
        d_1, …, d_k; or n; or the minimal polynomial (monic, the constant first) and θ.
    """

    kind: str
    data: tuple

    @cached_property
    def degree(self) -> int:
        """Dimension m over the rationals."""
        if self.kind == "quadratic":
            return 2 ** len(self.data)
        if self.kind == "cyclotomic":
            return int(sympy.totient(self.data[0]))
        return len(self.data[0]) - 1

    @cached_property
    def basis(self) -> tuple[sympy.Expr, ...]:
        """e_0, …, e_{m−1} as expressions."""
        if self.kind == "quadratic":
            return tuple(
                sympy.Mul(*(sympy.sqrt(d) for bit, d in enumerate(self.data) if place >> bit & 1))
                for place in range(self.degree)
            )
        theta = _root_expression(1, self.data[0]) if self.kind == "cyclotomic" else self.data[1]
        if self.kind == "cyclotomic":
            return tuple(_root_expression(k, self.data[0]) for k in range(self.degree))
        return tuple(theta**k for k in range(self.degree))

    @cached_property
    def embedding(self) -> np.ndarray:
        """e_0, …, e_{m−1} as complex floats, shape ``(m,)``."""
        return np.array([complex(value) for value in self.numeric(20)])

    def numeric(self, digits: int) -> list:
        """Return e_0, …, e_{m−1} as complex numbers of mpmath."""
        with mpmath.workdps(digits + 10):
            if self.kind == "quadratic":
                roots = [mpmath.sqrt(d) for d in self.data]
                return [
                    mpmath.fprod(r for bit, r in enumerate(roots) if place >> bit & 1)
                    for place in range(self.degree)
                ]
            if self.kind == "cyclotomic":
                step = mpmath.mpf(2) / self.data[0]
                return [mpmath.expjpi(k * step) for k in range(self.degree)]
            theta = mpmath.mpmathify(sympy.N(self.data[1], digits + 10))
            return [theta**k for k in range(self.degree)]

    @cached_property
    def products(self) -> list[list[dict[int, int]]]:
        """e_i e_j as {k: coefficient}."""
        m = self.degree
        if self.kind == "quadratic":
            return [
                [
                    {i ^ j: math.prod(d for bit, d in enumerate(self.data) if i & j & 1 << bit)}
                    for j in range(m)
                ]
                for i in range(m)
            ]
        powers = self.powers
        return [[powers[i + j] for j in range(m)] for i in range(m)]

    @cached_property
    def powers(self) -> list[dict[int, int]]:
        """Powers of θ, up to 2m − 2, or up to the order of a root of unity."""
        count = 2 * self.degree - 1
        if self.kind == "cyclotomic":
            polynomial = _cyclotomic_polynomial(self.data[0])
            count = max(count, self.data[0])
        else:
            polynomial = self.data[0]
        found, current = [], [1] + [0] * (self.degree - 1)
        for _ in range(count):
            found.append({k: c for k, c in enumerate(current) if c})
            top = current[-1]
            current = [0, *current[:-1]]
            if top:
                current = [c - top * p for c, p in zip(current, polynomial, strict=False)]
        return found

    @cached_property
    def conjugates(self) -> list[dict[int, int]] | None:
        """Complex conjugates of the basis as {k: coefficient}; None where they may lead out."""
        if self.kind == "quadratic":
            negative = [
                sum(1 for b, d in enumerate(self.data) if d < 0 and p >> b & 1)
                for p in range(self.degree)
            ]
            return [{k: -1 if count % 2 else 1} for k, count in enumerate(negative)]
        if self.kind == "cyclotomic":
            return [self.powers[-k % self.data[0]] for k in range(self.degree)]
        if self.is_real:
            return [{k: 1} for k in range(self.degree)]
        return None

    @cached_property
    def traces(self) -> tuple[Fraction, ...]:
        """The mean of the conjugates of each basis element, the same in every larger field."""
        return tuple(
            Fraction(sum(row[j].get(j, 0) for j in range(self.degree)), self.degree)
            for row in self.products
        )

    @cached_property
    def is_real(self) -> bool:
        """Whether every number of the field is real."""
        if self.kind == "quadratic":
            return all(d > 0 for d in self.data)
        return self.kind == "generated" and bool(self.data[1].is_real)

    def rational(self, value) -> Vector:
        """Return a rational number as one of the field."""
        return (Fraction(value), *[Fraction(0)] * (self.degree - 1))

    def add(self, a: Vector, b: Vector) -> Vector:
        """Return a + b."""
        return tuple(x + y for x, y in zip(a, b, strict=True))

    def multiply(self, a: Vector, b: Vector) -> Vector:
        """Return a b."""
        total = [Fraction(0)] * self.degree
        for i, x in enumerate(a):
            if x:
                for j, y in enumerate(b):
                    if y:
                        for k, c in self.products[i][j].items():
                            total[k] += c * x * y
        return tuple(total)

    def inverse(self, a: Vector) -> Vector:
        """Return 1/a.

        Raises
        ------
        ZeroDivisionError
            If a is zero.
        """
        if not any(a):
            raise ZeroDivisionError("division by zero in a number field")
        if not any(a[1:]):
            return self.rational(1 / a[0])
        m = self.degree
        columns = [self.multiply(a, _unit(j, m)) for j in range(m)]
        matrix = flint.fmpq_mat(m, m, [_fmpq(columns[j][i]) for i in range(m) for j in range(m)])
        one = flint.fmpq_mat(m, 1, [1] + [0] * (m - 1))
        return tuple(Fraction(int(x.p), int(x.q)) for x in matrix.solve(one).entries())

    @property
    def conjugation(self) -> list[dict[int, int]]:
        """Complex conjugates of the basis of a field that holds them, as `conjugates`."""
        if self.conjugates is None:
            raise ArithmeticError(f"conjugates may lead out of the field of {self.basis[1]}")
        return self.conjugates

    def conjugate(self, a: Vector) -> Vector:
        """Return the complex conjugate of a number of a field that has one."""
        total = [Fraction(0)] * self.degree
        for x, terms in zip(a, self.conjugation, strict=True):
            for k, c in terms.items():
                total[k] += c * x
        return tuple(total)

    def power(self, a: Vector, exponent: int) -> Vector:
        """Return a whole power of a number."""
        if exponent < 0:
            a, exponent = self.inverse(a), -exponent
        result = self.rational(1)
        while exponent:
            if exponent & 1:
                result = self.multiply(result, a)
            a, exponent = self.multiply(a, a), exponent >> 1
        return result

    def root_of_unity(self, turn: Fraction) -> Vector | None:
        """Return exp(2πi · turn), None if the field does not hold it."""
        turn %= 1
        n = turn.denominator
        if n <= 2:
            return self.rational(1 if n == 1 else -1)
        if self.kind == "quadratic":
            return self._root_in_square_roots(turn)
        if self.kind == "generated":
            return None
        order = self.data[0]
        if (2 * order if order % 2 else order) % n:
            return None
        sign, power = 1, turn * order
        if power.denominator == 2:
            sign, power = -1, (turn + Fraction(1, 2)) % 1 * order
        terms = self.powers[int(power)]
        return tuple(Fraction(sign * terms.get(k, 0)) for k in range(self.degree))

    def _root_in_square_roots(self, turn: Fraction) -> Vector | None:
        """exp(2πi · turn) as square roots: exp(2πi/n) = (√a + √b)/2 for n = 3, 4, 6, 8, 12."""
        if 24 % turn.denominator:
            return None
        result = self.rational(1)
        # Prime powers apart: turn = eighths/8 + thirds/3.
        eighths, thirds = int(turn * 24) * 3 % 8, -int(turn * 24) % 3
        for count, size in ((eighths, 8), (thirds, 3)):
            count, size = Fraction(count, size).numerator, Fraction(count, size).denominator
            if size == 1:
                continue
            a, b, scale = {2: (None, 1, -1), 3: (1, -3, 2), 4: (None, -1, 1), 8: (2, -2, 2)}[size]
            root = self.square_root(b)
            whole = self.rational(0) if a is None else self.square_root(a)
            if root is None or whole is None:
                return None
            sign = -1 if size == 3 else 1
            root = self.add(tuple(sign * x for x in whole), root)
            result = self.multiply(result, self.power(tuple(x / scale for x in root), count))
        return result

    def square_root(self, d: int) -> Vector | None:
        """Return √d of a square-free whole number (i √|d| if negative), None if it is elsewhere."""
        if d == 1:
            return self.rational(1)
        if self.kind == "quadratic":
            return self._product_of_roots(d)
        if self.kind == "generated":
            return None
        if d < 0:
            imaginary, real = self.root_of_unity(Fraction(1, 4)), self.square_root(-d)
            if imaginary is None and (-d) % 4 == 3 and self.data[0] % d == 0:
                return self._gauss(d)
            if imaginary is None or real is None:
                return None
            return self.multiply(imaginary, real)
        if self.data[0] % (d if d % 4 == 1 else 4 * d):
            return None
        return self._gauss(d)

    def _gauss(self, d: int) -> Vector:
        discriminant = d if d % 4 == 1 else 4 * d
        size, total = abs(discriminant), self.rational(0)
        for k in range(1, size):
            sign = _kronecker(discriminant, k)
            if sign:
                root = held(self.root_of_unity(Fraction(k, size)))
                total = tuple(t + sign * r for t, r in zip(total, root, strict=True))
        half = 1 if d % 4 == 1 else 2
        return tuple(t / half for t in total)

    def _product_of_roots(self, d: int) -> Vector | None:
        """√d as a rational multiple of a product of the field's roots."""
        for place in range(self.degree):
            product = math.prod(x for bit, x in enumerate(self.data) if place >> bit & 1)
            if product * d > 0 and _is_square(product * d):
                # √d = √(d·product) / Π√x, with √x = i√|x| for each negative x.
                factor = Fraction(math.isqrt(product * d), abs(product))
                negative = sum(1 for b, x in enumerate(self.data) if x < 0 and place >> b & 1)
                # Π√x has i^negative; √d has i^(d < 0): they differ by a sign at most.
                sign = -1 if (negative - (d < 0)) % 4 == 2 else 1
                value = [Fraction(0)] * self.degree
                value[place] = sign * factor
                return tuple(value)
        return None


def _unit(place: int, size: int) -> Vector:
    return tuple(Fraction(int(k == place)) for k in range(size))


def _fmpq(value: Fraction):
    return flint.fmpq(value.numerator, value.denominator)


def _is_square(n: int) -> bool:
    return n >= 0 and math.isqrt(n) ** 2 == n


def _kronecker(discriminant: int, k: int) -> int:
    """The Kronecker symbol (D/k) of a discriminant and k > 0."""
    if math.gcd(discriminant, k) > 1:
        return 0
    sign = 1
    while k % 2 == 0:
        k //= 2
        sign *= 1 if discriminant % 8 == 1 else -1
    return sign * (jacobi_symbol(discriminant % k, k) if k > 1 else 1)


def _root_expression(k: int, n: int) -> sympy.Expr:
    return sympy.exp(2 * sympy.pi * sympy.I * sympy.Rational(k, n))


@lru_cache(maxsize=256)
def _cyclotomic_polynomial(n: int) -> tuple[int, ...]:
    coefficients = sympy.Poly(sympy.cyclotomic_poly(n, _X), _X).all_coeffs()
    return tuple(int(c) for c in reversed(coefficients))


@lru_cache(maxsize=256)
def cyclotomic_field(n: int) -> NumberField:
    """Return ℚ(exp(2πi/n)); twice an odd number gives the field of that number."""
    n = n // 2 if n % 4 == 2 else n
    if n == 1:
        return RATIONALS
    if sympy.totient(n) > DEGREE_LIMIT:
        raise BudgetError(
            f"roots of unity of order {n} have a field of dimension {sympy.totient(n)} over the "
            f"rationals, more than {DEGREE_LIMIT}: use angles with smaller denominators"
        )
    return RATIONALS if n == 1 else NumberField("cyclotomic", (n,))


@lru_cache(maxsize=256)
def quadratic_field(roots: frozenset[int]) -> NumberField:
    """Return the field of square roots of square-free whole numbers."""
    independent: list[int] = []
    spanned = {1}
    # Small ones first, −1 before all: the basis is then what a person would choose.
    for d in sorted(roots, key=lambda d: (abs(d), d)):
        if d not in spanned:
            independent.append(d)
            spanned |= {square_free_part(d * other) for other in spanned}
    if 2 ** len(independent) > DEGREE_LIMIT:
        raise BudgetError(
            f"the square roots of {sorted(roots)} have a field of dimension "
            f"{2 ** len(independent)} over the rationals, more than {DEGREE_LIMIT}: use a basis "
            "with fewer of them"
        )
    return NumberField("quadratic", tuple(independent))


def square_free_part(n: int) -> int:
    """n without its square factors."""
    sign = -1 if n < 0 else 1
    return sign * math.prod(p for p, e in sympy.factorint(abs(n)).items() if e % 2)


def generated_field(minimal: sympy.Poly, root: sympy.Expr) -> NumberField:
    """Return ℚ(root) for a root of an irreducible polynomial with rational coefficients.

    The generator is the root times the least whole number that makes it integral.
    """
    coefficients = [Fraction(int(c.p), int(c.q)) for c in minimal.monic().all_coeffs()]
    degree = len(coefficients) - 1
    factor = math.lcm(*(c.denominator for c in coefficients))
    scaled = tuple(int(c * factor**k) for k, c in enumerate(coefficients))
    if degree > DEGREE_LIMIT:
        raise BudgetError(
            f"the entries generate a field of dimension {degree} over the rationals, more than "
            f"{DEGREE_LIMIT}: use fewer kinds of roots"
        )
    return NumberField("generated", (tuple(reversed(scaled)), sympy.expand(factor * root)))


RATIONALS = NumberField("quadratic", ())
