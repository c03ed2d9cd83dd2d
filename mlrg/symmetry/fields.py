"""One exact number field for a set of matrices.

Exact linear algebra is done by sympy's DomainMatrix, whose speed and canonical forms depend on all
entries living in one known field. Three cases, in order of cost: the rationals; the real cyclotomic
field ℚ(2cos 2π/m) when the entries are polynomials in cosines and sines of rational angles that
have no radicals; and the field that the entries' radicals generate.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache

import sympy
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from mlrg.errors import InexactMatrixError

_X = sympy.Symbol("x")


def exact_matrix(rows) -> sympy.ImmutableMatrix:
    """Return `rows` as an immutable sympy matrix, refusing floating-point entries.

    Raises
    ------
    InexactMatrixError
        If an entry is not an exact, finite number.
    """
    matrix = sympy.ImmutableMatrix(rows)
    for position, entry in enumerate(matrix):
        if entry.is_Rational:
            continue
        if entry.has(sympy.Float) or not entry.is_number or not entry.is_finite:
            raise InexactMatrixError(
                f"entry {divmod(position, matrix.cols)} is {entry}, not an exact number: write it "
                "as an integer, sympy.Rational or an algebraic number such as sympy.sqrt(3)/2"
            )
    return matrix


def exact_text(rows: Iterable[Iterable]) -> str:
    """Return rows of exact numbers as Python text that evaluates back, given the name ``sympy``."""
    return "[" + ", ".join("[" + ", ".join(map(_number_text, row)) + "]" for row in rows) + "]"


def _number_text(number) -> str:
    number = sympy.sympify(number)
    return str(number) if number.is_Integer else f"sympy.sympify({str(number)!r})"


@lru_cache(maxsize=64)
def real_cyclotomic_field(order: int):
    """Return ℚ(2cos 2π/m) for m = `order` as a sympy algebraic field."""
    root = 2 * sympy.cos(2 * sympy.pi / order)
    polynomial = sympy.Poly(sympy.minimal_polynomial(root, _X), _X)
    return sympy.QQ.algebraic_field(sympy.AlgebraicNumber((polynomial, root)))


def to_common_field(matrices: Sequence[sympy.MatrixBase]) -> list[DomainMatrix]:
    """Convert sympy matrices to sparse DomainMatrix objects over one common exact field.

    Raises
    ------
    InexactMatrixError
        If an entry is not an algebraic number that sympy can place in a field.
    """
    entries = {entry for matrix in matrices for entry in matrix if not entry.is_Rational}
    if not entries:
        domain, place = sympy.QQ, _rational
    else:
        domain, place = _field_of(entries)
    images = {entry: place(entry) for entry in entries}
    return [_build(matrix, domain, images) for matrix in matrices]


def _build(matrix: sympy.MatrixBase, domain, images: dict) -> DomainMatrix:
    rows: dict[int, dict] = {}
    for position, entry in enumerate(matrix):
        if entry.is_zero:
            continue
        row, column = divmod(position, matrix.cols)
        element = images[entry] if entry in images else domain.convert(_rational(entry), sympy.QQ)
        rows.setdefault(row, {})[column] = element
    return DomainMatrix(rows, matrix.shape, domain)


def _rational(entry: sympy.Rational):
    return sympy.QQ(int(entry.p), int(entry.q))


def _field_of(entries: Iterable[sympy.Expr]):
    """Return a field that holds the entries, and the map into it."""
    trigonometric = set().union(*(entry.atoms(sympy.cos, sympy.sin) for entry in entries))
    if trigonometric:
        found = _cyclotomic_map(trigonometric)
        if found is not None and all(_is_polynomial(entry, trigonometric) for entry in entries):
            return found
    try:
        domain, _ = sympy.construct_domain(list(entries), extension=True, field=True)
    except (CoercionFailed, NotImplementedError, ValueError) as error:
        raise InexactMatrixError(
            f"the entries {sorted(map(str, entries))[:4]} do not lie in an algebraic field that "
            "can be worked in: write them as rationals, square roots, or cosines and sines of "
            "rational multiples of pi"
        ) from error
    if not (domain.is_QQ or domain.is_Algebraic):
        raise InexactMatrixError(
            f"the entries {sorted(map(str, entries))[:4]} are not algebraic numbers: use "
            "rationals, square roots, or cosines and sines of rational multiples of pi"
        )
    return domain, domain.from_sympy


def _is_polynomial(entry: sympy.Expr, trigonometric) -> bool:
    """Whether the entry is a rational polynomial in the given cosines and sines."""
    stand_ins = {atom: sympy.Dummy() for atom in trigonometric}
    replaced = entry.xreplace(stand_ins)
    return bool(replaced.is_polynomial(*stand_ins.values())) and all(
        coefficient.is_Rational
        for coefficient in sympy.Poly(replaced, *stand_ins.values()).coeffs()
    )


def _cyclotomic_map(trigonometric):
    turns = {}
    for atom in trigonometric:
        # cos θ = cos 2π·t and sin θ = cos 2π(t − 1/4).
        turn = atom.args[0] / (2 * sympy.pi)
        if atom.func is sympy.sin:
            turn -= sympy.Rational(1, 4)
        if not turn.is_Rational:
            return None
        turns[atom] = turn
    order = math.lcm(*(int(turn.q) for turn in turns.values()))
    field = real_cyclotomic_field(order)
    half = sympy.Rational(1, 2)
    values = {
        atom: sympy.chebyshevt(abs(int(turn * order)), _X * half) for atom, turn in turns.items()
    }

    def place(entry):
        polynomial = sympy.Poly(entry.xreplace(values), _X, domain=sympy.QQ)
        return field(polynomial.rep.to_list())

    return field, place
