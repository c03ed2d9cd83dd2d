"""From what people write as an exact number to a vector of a number field, and back.

Expressions are read atom by atom: rationals, i, square roots, roots of unity, cosines and sines of
rational angles, and sums, products and powers of them. What is left, such as cube roots, goes to
sympy, which finds a field that holds it.
"""

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache

import flint
import mpmath
import sympy
from sympy.polys.polyerrors import CoercionFailed, NotInvertible

from mlrg.errors import InexactMatrixError
from mlrg.symmetry.number_fields import (
    RATIONALS,
    NumberField,
    Vector,
    cyclotomic_field,
    generated_field,
    quadratic_field,
    square_free_part,
)

# Denominators of angles whose cosines are tried for a nested square root.
_NESTED = tuple(range(5, 121))


class _UnknownError(Exception):
    """An expression that is not made of roots of unity and square roots."""


def field_of(entries: Iterable[sympy.Expr]) -> NumberField:
    """Return the field that holds exact numbers, small where they are square roots alone.

    Raises
    ------
    InexactMatrixError
        If an entry is not an algebraic number, or no field for it is found.
    """
    entries = [entry for entry in entries if not entry.is_Rational]
    if not entries:
        return RATIONALS
    try:
        needs = [_needed(entry) for entry in entries]
    except _UnknownError:
        return _found_by_sympy(entries)
    roots = frozenset().union(*(roots for roots, _ in needs))
    order = math.lcm(*(order for _, order in needs))
    if order <= 2:
        return quadratic_field(roots)
    return cyclotomic_field(math.lcm(order, *map(_conductor, roots)))


def is_in_roots(entry: sympy.Expr) -> bool:
    """Whether an exact number is read as square roots and roots of unity."""
    try:
        _needed(entry)
    except _UnknownError:
        return False
    return True


def _conductor(d: int) -> int:
    return abs(d) if d % 4 == 1 else 4 * abs(d)


@lru_cache(maxsize=4096)
def _needed(entry: sympy.Expr) -> tuple[frozenset[int], int]:
    """Return the square-free numbers whose roots an entry needs, and the order of other roots."""
    if entry.is_Rational:
        return frozenset(), 1
    if entry is sympy.I:
        return frozenset({-1}), 1
    turn = _turn(entry)
    if turn is not None:
        return _needed_for_root(turn)
    if isinstance(entry, sympy.Add | sympy.Mul):
        parts = [_needed(part) for part in entry.args if not _is_square_root(entry, part)]
        if isinstance(entry, sympy.Mul):
            parts.append((frozenset({_joined_roots(entry)[0]}) - {1}, 1))
        return frozenset().union(*(r for r, _ in parts)), math.lcm(*(n for _, n in parts))
    if isinstance(entry, sympy.cos | sympy.sin):
        angle = entry.args[0] / (2 * sympy.pi)
        if not angle.is_Rational:
            raise _UnknownError
        turn = Fraction(int(angle.p), int(angle.q))
        if entry.func is sympy.sin:
            turn -= Fraction(1, 4)
        return frozenset(), turn.denominator
    if isinstance(entry, sympy.Pow):
        base, exponent = entry.args
        if exponent.is_Integer:
            return _needed(base)
        if exponent.is_Rational and exponent.q == 2:
            if base.is_Rational:
                return frozenset({square_free_part(int(base.p) * int(base.q))}), 1
            roots, order = _needed(base)
            turn, _, imaginary = _nested(base)
            return roots | frozenset({-1} if imaginary else ()), math.lcm(order, turn.denominator)
    raise _UnknownError


def _is_square_root(entry: sympy.Expr, part: sympy.Expr) -> bool:
    """Whether a factor of a product is i or the root of a rational number."""
    return isinstance(entry, sympy.Mul) and (
        part is sympy.I
        or (
            isinstance(part, sympy.Pow)
            and part.args[0].is_Rational
            and part.args[1].is_Rational
            and part.args[1].q == 2
            and part.args[0] > 0
        )
    )


def _joined_roots(entry: sympy.Mul) -> tuple[int, Fraction]:
    """Return d and r with r √d the product of the square roots among factors, √d = i √|d| if d < 0.

    √3 i is in fields that hold neither √3 nor i.
    """
    d, factor, imaginary = 1, Fraction(1), False
    for part in entry.args:
        if part is sympy.I:
            imaginary = True
        elif _is_square_root(entry, part):
            base, exponent = part.args
            whole = int(exponent.p) // 2
            value = Fraction(int(base.p), int(base.q))
            product = d * value.numerator * value.denominator
            d = square_free_part(product)
            factor *= value**whole * Fraction(math.isqrt(product // d), value.denominator)
    return (-d if imaginary else d), factor


def _needed_for_root(turn: Fraction) -> tuple[frozenset[int], int]:
    n = turn.denominator
    quadratic = {1: (), 2: (), 3: (-3,), 4: (-1,), 6: (-3,), 8: (-2, 2), 12: (-3, -1)}
    if n in quadratic:
        return frozenset(quadratic[n]), 1
    return frozenset(), n


def _turn(entry: sympy.Expr) -> Fraction | None:
    """Return t of an entry exp(2πi t), t rational."""
    if isinstance(entry, sympy.exp):
        turn = entry.args[0] / (2 * sympy.pi * sympy.I)
    elif isinstance(entry, sympy.Pow) and entry.args[0] == -1:
        turn = entry.args[1] / 2
    else:
        return None
    return Fraction(int(turn.p), int(turn.q)) if turn.is_Rational else None


@lru_cache(maxsize=256)
def _nested(base: sympy.Expr) -> tuple[Fraction, Fraction, bool]:
    """Return t, r and whether a factor i stands before, √base = r cos(2πt); a guess."""
    with mpmath.workdps(60):
        value = mpmath.mpmathify(sympy.N(base, 50))
        if abs(mpmath.im(value)) > 1e-40:
            raise _UnknownError
        value = mpmath.re(value)
        size = mpmath.sqrt(abs(value))
        for n in _NESTED:
            for k in range(n // 4 + 1):
                if math.gcd(k, n) > 1:
                    continue
                cosine = mpmath.cospi(mpmath.mpf(2 * k) / n)
                ratio = size / cosine if cosine > 0 else mpmath.mpf(0)
                guess = Fraction(float(ratio)).limit_denominator(1000)
                if guess and abs(mpmath.mpf(guess.numerator) / guess.denominator - ratio) < 1e-40:
                    return Fraction(k, n), guess, value < 0
    raise _UnknownError


@lru_cache(maxsize=65536)
def number(field: NumberField, entry: sympy.Expr) -> Vector:
    """Return an exact number as a vector of a field that holds it.

    Raises
    ------
    InexactMatrixError
        If the field does not hold it.
    """
    if entry.is_Rational:
        return field.rational(Fraction(int(entry.p), int(entry.q)))
    if field.kind == "generated":
        return _read_by_sympy(field, entry)
    found = _read(field, entry)
    if found is None:
        raise InexactMatrixError(
            f"the number {entry} is not in the field of {', '.join(map(str, field.basis[:4]))}: "
            "write the numbers of one declaration in square roots and roots of unity"
        )
    return found


def _read(field: NumberField, entry: sympy.Expr) -> Vector | None:
    turn = _turn(entry)
    if turn is not None:
        return field.root_of_unity(turn)
    if entry is sympy.I:
        return field.square_root(-1)
    if isinstance(entry, sympy.Add | sympy.Mul):
        combine = field.add if isinstance(entry, sympy.Add) else field.multiply
        total = None
        if isinstance(entry, sympy.Mul):
            d, factor = _joined_roots(entry)
            root = field.square_root(d)
            if root is None:
                return None
            total = tuple(factor * x for x in root)
        for part in entry.args:
            if _is_square_root(entry, part):
                continue
            value = number(field, part)
            total = value if total is None else combine(total, value)
        return total
    if isinstance(entry, sympy.cos | sympy.sin):
        angle = entry.args[0] / (2 * sympy.pi)
        turn = Fraction(int(angle.p), int(angle.q))
        if entry.func is sympy.sin:
            turn -= Fraction(1, 4)
        return _cosine(field, turn)
    base, exponent = entry.args
    if exponent.is_Integer:
        return field.power(number(field, base), int(exponent))
    if base.is_Rational:
        product = int(base.p) * int(base.q)
        free = square_free_part(product)
        root = field.square_root(free)
        if root is None:
            return None
        factor = Fraction(math.isqrt(product // free), int(base.q))
        return field.power(tuple(factor * x for x in root), int(exponent.p))
    turn, factor, imaginary = _nested(base)
    root = _cosine(field, turn)
    if root is None:
        return None
    root = tuple(factor * x for x in root)
    if imaginary:
        unit = field.square_root(-1)
        if unit is None:
            return None
        root = field.multiply(root, unit)
    if field.multiply(root, root) != number(field, base):
        return None
    return field.power(root, int(exponent.p))


def _cosine(field: NumberField, turn: Fraction) -> Vector | None:
    one, other = field.root_of_unity(turn), field.root_of_unity(-turn)
    if one is None or other is None:
        return None
    return tuple((x + y) / 2 for x, y in zip(one, other, strict=True))


def common_field(fields: Iterable[NumberField]) -> NumberField:
    """Return a field that holds all of these.

    Raises
    ------
    BudgetError, InexactMatrixError
        If it is too large, or is not found.
    """
    fields = list(dict.fromkeys(fields))
    if len(fields) == 1:
        return fields[0]
    if any(field.kind == "generated" for field in fields):
        generators = [g for field in fields for g in _generators(field)]
        return _found_by_sympy(generators)
    roots = frozenset(d for f in fields if f.kind == "quadratic" for d in f.data)
    orders = [f.data[0] for f in fields if f.kind == "cyclotomic"]
    if not orders:
        return quadratic_field(roots)
    return cyclotomic_field(math.lcm(*orders, *map(_conductor, roots)))


def _generators(field: NumberField) -> tuple[sympy.Expr, ...]:
    if field.kind == "quadratic":
        return tuple(map(sympy.sqrt, field.data))
    return (field.basis[1],)


@lru_cache(maxsize=1024)
def embedded_basis(field: NumberField, into: NumberField) -> tuple[Vector, ...]:
    """Return the basis of a field as vectors of a larger one."""
    return tuple(number(into, element) for element in field.basis)


def _found_by_sympy(entries: list[sympy.Expr]) -> NumberField:
    shown = sorted(map(str, entries))[:4]
    try:
        plain = [sympy.expand(sympy.radsimp(entry)) for entry in entries]
        domain, _ = sympy.construct_domain(plain, extension=True, field=True)
    except (CoercionFailed, NotImplementedError, NotInvertible, ValueError) as error:
        raise InexactMatrixError(
            f"the entries {shown} do not lie in an algebraic field that can be worked in: write "
            "them as rationals, square roots, or cosines and sines of rational multiples of pi"
        ) from error
    if not domain.is_Algebraic:
        raise InexactMatrixError(
            f"the entries {shown} are not algebraic numbers: use rationals, square roots, or "
            "cosines and sines of rational multiples of pi"
        )
    return generated_field(domain.ext.minpoly, domain.ext.root)


@lru_cache(maxsize=64)
def _sympy_field(field: NumberField):
    polynomial, root = field.data
    x = sympy.Symbol("x")
    minimal = sympy.Poly(list(reversed(polynomial)), x)
    return sympy.QQ.algebraic_field(sympy.AlgebraicNumber((minimal, root)))


def _read_by_sympy(field: NumberField, entry: sympy.Expr) -> Vector:
    try:
        element = _sympy_field(field).from_sympy(sympy.expand(sympy.radsimp(entry)))
    except (CoercionFailed, NotImplementedError, NotInvertible, ValueError) as error:
        raise InexactMatrixError(
            f"the number {entry} is not found in the field of {field.data[1]}: write the numbers "
            "of one declaration in fewer kinds of roots"
        ) from error
    low = [Fraction(int(c.numerator), int(c.denominator)) for c in reversed(element.to_list())]
    return (*low, *[Fraction(0)] * (field.degree - len(low)))


def expression(field: NumberField, value: Vector) -> sympy.Expr:
    """Return a number as an expression, in square roots where it is made of them."""
    value = tuple(value)
    if not any(value[1:]):
        return sympy.Rational(value[0].numerator, value[0].denominator)
    if field.kind == "cyclotomic":
        return _trigonometric(field, value)
    return sympy.Add(*(_rational(c) * e for c, e in zip(value, field.basis, strict=True) if c))


def _rational(c: Fraction) -> sympy.Rational:
    return sympy.Rational(c.numerator, c.denominator)


@lru_cache(maxsize=65536)
def _trigonometric(field: NumberField, value: Vector) -> sympy.Expr:
    n = field.data[0]
    radicals = _in_square_roots(field, value)
    if radicals is not None:
        return radicals
    angles = [2 * sympy.pi * sympy.Rational(k, n) for k in range(len(value))]
    real = sympy.Add(*(_rational(c) * sympy.cos(x) for c, x in zip(value, angles, strict=True)))
    if field.conjugate(value) == value:
        return real
    sines = (_rational(c) * sympy.sin(x) for c, x in zip(value, angles, strict=True))
    return real + sympy.I * sympy.Add(*sines)


@lru_cache(maxsize=64)
def _square_roots_in(field: NumberField) -> tuple[NumberField, tuple[Vector, ...]]:
    """Return the largest field of square roots inside a cyclotomic one, and its basis there."""
    n = field.data[0]
    roots = [p if p % 4 == 1 else -p for p in sympy.primefactors(n) if p > 2]
    roots += [-1] * (n % 4 == 0) + [2] * (n % 8 == 0)
    inner = quadratic_field(frozenset(roots))
    return inner, embedded_basis(inner, field)


def _in_square_roots(field: NumberField, value: Vector) -> sympy.Expr | None:
    """Return a number in square roots; None where one of its Galois conjugates is another."""
    inner, basis = _square_roots_in(field)
    solved = _solved(basis, value)
    return None if solved is None else expression(inner, solved)


@lru_cache(maxsize=65536)
def in_smaller_field(field: NumberField, value: Vector) -> tuple[NumberField, Vector]:
    """Return a number of a cyclotomic field in one of square roots or of fewer roots of unity."""
    if field.kind != "cyclotomic":
        return field, value
    radicals = _in_square_roots(field, value)
    if radicals is not None:
        smaller = field_of([radicals])
        return smaller, number(smaller, radicals)
    for prime in sympy.primefactors(field.data[0]):
        smaller = cyclotomic_field(field.data[0] // prime)
        solved = None if smaller == field else _solved(embedded_basis(smaller, field), value)
        if solved is not None:
            return in_smaller_field(smaller, solved)
    return field, value


def _solved(basis: tuple[Vector, ...], value: Vector) -> Vector | None:
    """Return the coefficients of a vector in independent ones; None if it is not in their span."""
    rows, columns = len(value), len(basis)
    entries = [x for k in range(rows) for x in (*(b[k] for b in basis), value[k])]
    matrix = flint.fmpq_mat(
        rows, columns + 1, [flint.fmpq(x.numerator, x.denominator) for x in entries]
    )
    reduced, rank = matrix.rref()
    if rank > columns:
        return None
    return tuple(
        Fraction(int(x.p), int(x.q)) for x in (reduced[k, columns] for k in range(columns))
    )
