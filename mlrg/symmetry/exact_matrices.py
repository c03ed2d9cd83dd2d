"""Matrices of a number field as arrays of whole numbers over one denominator.

Two equal matrices have equal arrays. Products are whole-number products of arrays: in floats where
every partial sum stays below 2⁵³, which is exact and fast, and in integers of any size elsewhere.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache

import flint
import numpy as np
import sympy

from mlrg.errors import InexactMatrixError, MatrixShapeError
from mlrg.symmetry.exact_numbers import common_field, embedded_basis, expression, field_of, number
from mlrg.symmetry.number_fields import RATIONALS, NumberField, Vector

# Whole numbers up to this are exact in floats.
_EXACT = 2**53


@dataclass(frozen=True, eq=False)
class ExactMatrix:
    """A matrix over a number field.

    Attributes
    ----------
    field : NumberField
    numerators : numpy.ndarray
        Whole numbers, shape ``(row, column, basis of the field)``; int64, or Python's integers
        where they are too large.
    denominator : int
        Positive, and without a divisor that all numerators have.
    """

    field: NumberField
    numerators: np.ndarray
    denominator: int

    @classmethod
    def of(cls, field: NumberField, numerators: np.ndarray, denominator: int = 1) -> "ExactMatrix":
        """Return numerators/denominator in lowest terms."""
        if denominator != 1:
            divisor = math.gcd(denominator, _content(numerators))
            if denominator < 0:
                divisor = -divisor
            if divisor != 1:
                numerators, denominator = numerators // divisor, denominator // divisor
        return cls(field, _narrow(numerators), int(denominator))

    @classmethod
    def from_vectors(cls, field: NumberField, rows: Sequence[Sequence[Vector]]) -> "ExactMatrix":
        """Return a matrix from the vectors of its entries."""
        flat = [x for row in rows for entry in row for x in entry]
        denominator = math.lcm(*(x.denominator for x in flat)) if flat else 1
        whole = [x.numerator * (denominator // x.denominator) for x in flat]
        shape = (len(rows), len(rows[0]) if len(rows) else 0, field.degree)
        return cls.of(field, np.array(whole, dtype=object).reshape(shape), denominator)

    @classmethod
    def identity(cls, size: int, field: NumberField = RATIONALS) -> "ExactMatrix":
        """Return the unit matrix."""
        numerators = np.zeros((size, size, field.degree), dtype=np.int64)
        numerators[np.arange(size), np.arange(size), 0] = 1
        return cls(field, numerators, 1)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.numerators.shape[:2]

    def __matmul__(self, other: "ExactMatrix") -> "ExactMatrix":
        a, b = self.numerators, other.numerators
        rows, inner, m = a.shape
        columns = b.shape[1]
        left = a.transpose(0, 2, 1).reshape(rows * m, inner)
        right = b.reshape(inner, columns * m)
        pairs = _product(left, right).reshape(rows, m, columns, m).transpose(0, 2, 1, 3)
        folded = _fold(self.field, pairs.reshape(rows * columns, m * m))
        return ExactMatrix.of(
            self.field,
            folded.reshape(rows, columns, m),
            self.denominator * other.denominator,
        )

    def __add__(self, other: "ExactMatrix") -> "ExactMatrix":
        denominator = math.lcm(self.denominator, other.denominator)
        one = _scaled(self.numerators, denominator // self.denominator)
        two = _scaled(other.numerators, denominator // other.denominator)
        return ExactMatrix.of(self.field, _sum(one, two), denominator)

    def __neg__(self) -> "ExactMatrix":
        return ExactMatrix(self.field, -self.numerators, self.denominator)

    def __sub__(self, other: "ExactMatrix") -> "ExactMatrix":
        return self + -other

    def __eq__(self, other):
        return (
            isinstance(other, ExactMatrix)
            and self.field == other.field
            and self.denominator == other.denominator
            and np.array_equal(self.numerators, other.numerators)
        )

    def __hash__(self):
        return hash((self.field, self.denominator, tuple(self.numerators.reshape(-1).tolist())))

    @property
    def transpose(self) -> "ExactMatrix":
        """The transposed matrix."""
        return ExactMatrix(self.field, self.numerators.transpose(1, 0, 2), self.denominator)

    @cached_property
    def conjugate(self) -> "ExactMatrix":
        """The complex conjugate."""
        table = _table(self.field.conjugates, self.field.degree)
        return ExactMatrix.of(self.field, _product_last(self.numerators, table), self.denominator)

    def kronecker(self, other: "ExactMatrix") -> "ExactMatrix":
        """Return the tensor product, the second factor's index fastest."""
        a, b = self.numerators, other.numerators
        m = self.field.degree
        flat = _product(a.reshape(-1, 1), b.reshape(1, -1))
        pairs = flat.reshape(*a.shape, *b.shape).transpose(0, 3, 1, 4, 2, 5)
        shape = (a.shape[0] * b.shape[0], a.shape[1] * b.shape[1], m)
        folded = _fold(self.field, pairs.reshape(-1, m * m)).reshape(shape)
        return ExactMatrix.of(self.field, folded, self.denominator * other.denominator)

    @property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the entries that are not zero."""
        return np.nonzero(self.numerators.any(axis=2))

    def products(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the products of all pairs of numbers, ``(first × second, basis)``, first slowest.

        Parameters
        ----------
        first, second : numpy.ndarray
            Numerators, shapes ``(first, basis)`` and ``(second, basis)``.
        """
        m = self.field.degree
        flat = _product(first.reshape(-1, 1), second.reshape(1, -1))
        pairs = flat.reshape(len(first), m, len(second), m).transpose(0, 2, 1, 3)
        return _fold(self.field, pairs.reshape(-1, m * m))

    def times(self, value: Vector) -> "ExactMatrix":
        """Return the matrix times a number of its field."""
        return ExactMatrix.from_vectors(self.field, [[value]]).kronecker(self)

    def into(self, field: NumberField) -> "ExactMatrix":
        """Return the same matrix over a larger field."""
        if field == self.field:
            return self
        basis = ExactMatrix.from_vectors(field, [embedded_basis(self.field, field)])
        moved = _product_last(self.numerators, basis.numerators[0])
        return ExactMatrix.of(field, moved, self.denominator * basis.denominator)

    def entry(self, row: int, column: int) -> Vector:
        """Return one entry."""
        return tuple(Fraction(int(x), self.denominator) for x in self.numerators[row, column])

    @property
    def trace(self) -> Vector:
        """The sum of the diagonal."""
        total = self.numerators.astype(object).trace()
        return tuple(Fraction(int(x), self.denominator) for x in total)

    @property
    def expanded(self) -> "flint.fmpq_mat":
        """The rational matrix that acts on coefficients, of m times the size."""
        rows, columns, m = self.numerators.shape
        # c e_j for every entry c, the basis element j before the coefficients.
        units = np.eye(m, dtype=np.int64)
        blocks = self.products(self.numerators.reshape(-1, m), units)
        blocks = blocks.reshape(rows, columns, m, m)
        flat = blocks.transpose(0, 3, 1, 2).reshape(-1)
        whole = flint.fmpz_mat(rows * m, columns * m, [int(x) for x in flat])
        return flint.fmpq_mat(whole) / self.denominator

    @cached_property
    def inverse(self) -> "ExactMatrix":
        """The inverse matrix.

        Raises
        ------
        ZeroDivisionError
            If there is none.
        """
        size, _, m = self.numerators.shape
        if self._is_unitary:
            return self.conjugate.transpose
        # Column j of the inverse solves M x = e_j, whose coefficients stand at places j m.
        units = [int(row == column * m) for row in range(size * m) for column in range(size)]
        whole = self.expanded.solve(flint.fmpq_mat(size * m, size, units))
        rows = [
            [tuple(_fraction(whole[i * m + k, j]) for k in range(m)) for j in range(size)]
            for i in range(size)
        ]
        return ExactMatrix.from_vectors(self.field, rows)

    @cached_property
    def is_invertible(self) -> bool:
        """Whether the matrix is square and has an inverse."""
        if self.shape[0] != self.shape[1]:
            return False
        return self._is_unitary or self.expanded.det() != 0

    @cached_property
    def _is_unitary(self) -> bool:
        """Whether a square matrix is seen to be unitary, whose inverse is at hand."""
        if self.field.conjugates is None:
            return False
        one = ExactMatrix.identity(self.shape[0], self.field)
        return self @ self.conjugate.transpose == one

    @cached_property
    def rank(self) -> int:
        """The rank over the field."""
        return self.expanded.rank() // self.field.degree

    def rows(self, places: Sequence[int]) -> "ExactMatrix":
        """Return some of the rows."""
        return ExactMatrix.of(self.field, self.numerators[list(places)], self.denominator)

    def stacked(self, other: "ExactMatrix") -> "ExactMatrix":
        """Return the rows of this matrix and then those of another."""
        denominator = math.lcm(self.denominator, other.denominator)
        parts = [_scaled(m.numerators, denominator // m.denominator) for m in (self, other)]
        return ExactMatrix.of(self.field, np.concatenate(parts), denominator)

    def beside(self, other: "ExactMatrix") -> "ExactMatrix":
        """Return the columns of this matrix and then those of another."""
        return self.transpose.stacked(other.transpose).transpose

    def columns(self, places: Sequence[int]) -> "ExactMatrix":
        """Return some of the columns."""
        return self.transpose.rows(places).transpose

    def combinations(self, weights: np.ndarray) -> "ExactMatrix":
        """Return sums of rows with whole weights, shape ``(sum, row)``."""
        rows, columns, m = self.numerators.shape
        summed = _product(weights, self.numerators.reshape(rows, columns * m))
        return ExactMatrix.of(self.field, summed.reshape(-1, columns, m), self.denominator)

    @cached_property
    def floats(self) -> np.ndarray:
        """The matrix in floats, complex where an entry is; shape ``(row, column)``."""
        values = self.numerators.astype(float) @ self.field.embedding / self.denominator
        return values.real if self.is_real else values

    @cached_property
    def is_real(self) -> bool:
        """Whether every entry is real."""
        if self.field.is_real:
            return True
        if self.field.conjugates is None:
            return all(bool(entry.is_real) for entry in self.expressions)
        return self.conjugate == self

    @cached_property
    def expressions(self) -> sympy.ImmutableMatrix:
        """The matrix in sympy."""
        rows, columns = self.shape
        return sympy.ImmutableMatrix(
            rows,
            columns,
            [expression(self.field, self.entry(i, j)) for i in range(rows) for j in range(columns)],
        )


def exact_matrix(rows) -> sympy.ImmutableMatrix:
    """Return declared rows as a matrix of sympy, refusing what is not an exact number.

    Raises
    ------
    MatrixShapeError
        If they are no rows of one length.
    InexactMatrixError
        If an entry is not an exact, finite number.
    """
    if isinstance(rows, sympy.MatrixBase):
        listed = rows.tolist()
    else:
        try:
            listed = [list(row) for row in rows]
        except TypeError as error:
            raise MatrixShapeError(
                f"{rows!r} is not a matrix: give a list of rows, such as [[0, 1], [1, 0]]"
            ) from error
    if isinstance(rows, str) or len({len(row) for row in listed}) > 1:
        raise MatrixShapeError(
            f"{rows!r} is not a matrix: give a list of rows that are all of one length"
        )
    entries = [
        [exact_number(entry, f"entry {(i, j)}") for j, entry in enumerate(row)]
        for i, row in enumerate(listed)
    ]
    columns = len(entries[0]) if entries else 0
    return sympy.ImmutableMatrix(len(entries), columns, [x for row in entries for x in row])


def exact_number(value, what: str) -> sympy.Expr:
    """Return a declared number in sympy.

    Raises
    ------
    InexactMatrixError
        If it is not exact and finite.
    """
    refused = InexactMatrixError(
        f"{what} is {value!r}, not an exact number: write it as an integer, sympy.Rational or an "
        "algebraic number such as sympy.sqrt(3)/2"
    )
    # Text is not read: what it means, 0.5 or 1/2, is for the user to say.
    if isinstance(value, bool | np.bool_ | str | bytes) or value is None:
        raise refused
    try:
        number = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError, ValueError) as error:
        raise refused from error
    if not isinstance(number, sympy.Expr) or number.has(sympy.Float):
        raise refused
    if not number.is_Rational and (not number.is_number or not number.is_finite):
        raise refused
    return number


def exact_text(rows: Iterable[Iterable]) -> str:
    """Return rows of exact numbers as Python text that evaluates back, given the name ``sympy``."""
    return "[" + ", ".join("[" + ", ".join(map(_number_text, row)) + "]" for row in rows) + "]"


def _number_text(value) -> str:
    value = sympy.sympify(value)
    return str(value) if value.is_Integer else f"sympy.sympify({str(value)!r})"


def exact_matrices(matrices: Sequence[sympy.MatrixBase]) -> list[ExactMatrix]:
    """Return matrices of sympy over one field that holds them all."""
    field = field_of({entry for matrix in matrices for entry in matrix})
    return [
        ExactMatrix.from_vectors(
            field, [[number(field, entry) for entry in row] for row in matrix.tolist()]
        )
        for matrix in matrices
    ]


def in_common_field(matrices: Sequence[ExactMatrix]) -> list[ExactMatrix]:
    """Return matrices over one field."""
    field = common_field(matrix.field for matrix in matrices)
    return [matrix.into(field) for matrix in matrices]


def in_smallest_field(matrices: Sequence[ExactMatrix]) -> list[ExactMatrix]:
    """Return matrices over the smallest field that is found for their entries together."""
    return exact_matrices([matrix.expressions for matrix in matrices])


def direct_sum(matrices: Sequence[ExactMatrix]) -> ExactMatrix:
    """Return matrices along a diagonal."""
    matrices = in_common_field(matrices)
    denominator = math.lcm(*(matrix.denominator for matrix in matrices))
    rows, columns = (sum(matrix.shape[k] for matrix in matrices) for k in (0, 1))
    numerators = np.zeros((rows, columns, matrices[0].field.degree), dtype=object)
    row = column = 0
    for matrix in matrices:
        here = (slice(row, row + matrix.shape[0]), slice(column, column + matrix.shape[1]))
        numerators[here] = _scaled(matrix.numerators, denominator // matrix.denominator)
        row, column = row + matrix.shape[0], column + matrix.shape[1]
    return ExactMatrix.of(matrices[0].field, numerators, denominator)


def _fraction(value) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _content(numerators: np.ndarray) -> int:
    if numerators.dtype == object:
        return math.gcd(*map(int, numerators.reshape(-1)))
    return int(np.gcd.reduce(numerators, axis=None)) if numerators.size else 0


def _largest(array: np.ndarray) -> int:
    return int(np.abs(array).max()) if array.size else 0


def _narrow(array: np.ndarray) -> np.ndarray:
    if array.dtype == object and _largest(array) < 2**62:
        return array.astype(np.int64)
    return array


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the exact product of two matrices of whole numbers."""
    bound = _largest(left) * _largest(right) * left.shape[1]
    if bound < _EXACT:
        return np.rint(left.astype(float) @ right.astype(float)).astype(np.int64)
    return left.astype(object) @ right.astype(object)


def _product_last(array: np.ndarray, table: np.ndarray) -> np.ndarray:
    flat = _product(array.reshape(-1, array.shape[-1]), table)
    return flat.reshape(*array.shape[:-1], table.shape[1])


def _scaled(array: np.ndarray, factor: int) -> np.ndarray:
    if factor == 1:
        return array
    if _largest(array) * factor < 2**62:
        return array * factor
    return array.astype(object) * factor


def _sum(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    if _largest(one) + _largest(two) < 2**62:
        return one + two
    return one.astype(object) + two.astype(object)


def _table(terms: Sequence[dict[int, int]], size: int) -> np.ndarray:
    table = np.zeros((len(terms), size), dtype=object)
    for place, row in enumerate(terms):
        for k, c in row.items():
            table[place, k] = c
    return _narrow(table)


@lru_cache(maxsize=64)
def _folding(field: NumberField) -> np.ndarray:
    """Products in the basis: of square roots e_i e_j, ``(m², m)``; else θᵏ, ``(2m − 1, m)``."""
    if field.kind == "quadratic":
        return _table([terms for row in field.products for terms in row], field.degree)
    return _table(field.powers[: 2 * field.degree - 1], field.degree)


def _fold(field: NumberField, pairs: np.ndarray) -> np.ndarray:
    """Turn coefficients of e_i e_j, ``(entry, m²)``, into those of the basis."""
    m = field.degree
    if m == 1:
        return pairs
    if field.kind != "quadratic":
        # Row i moved to the right by i: columns then add up the coefficients of one power.
        bound = _largest(pairs) * m
        pairs = pairs if bound < 2**62 else pairs.astype(object)
        shifted = np.zeros((len(pairs), m, 2 * m), dtype=pairs.dtype)
        shifted[:, :, :m] = pairs.reshape(-1, m, m)
        flat = shifted.reshape(len(pairs), -1)[:, : m * (2 * m - 1)]
        pairs = flat.reshape(-1, m, 2 * m - 1).sum(axis=1)
    return _product(pairs, _folding(field))
