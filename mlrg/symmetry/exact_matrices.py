"""Matrices of a number field as arrays of whole numbers over one denominator.

Two equal matrices have equal arrays.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import flint
import numpy as np
import sympy

from mlrg.symmetry.coefficient_arrays import (
    added,
    content,
    folded,
    narrow,
    product,
    product_last,
    scaled,
    table,
)
from mlrg.symmetry.exact_numbers import common_field, embedded_basis, expression, field_of, number
from mlrg.symmetry.number_fields import RATIONALS, NumberField, Vector


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
            divisor = math.gcd(denominator, content(numerators))
            if denominator < 0:
                divisor = -divisor
            if divisor != 1:
                numerators, denominator = numerators // divisor, denominator // divisor
        return cls(field, narrow(numerators), int(denominator))

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

    @cached_property
    def _used(self) -> list[int]:
        """The basis elements that some entry has."""
        return np.flatnonzero(self.numerators.any(axis=(0, 1))).tolist()

    def __matmul__(self, other: "ExactMatrix") -> "ExactMatrix":
        first, second = self._used, other._used
        (rows, inner), columns = self.shape, other.shape[1]
        left = self.numerators[:, :, first].transpose(0, 2, 1).reshape(rows * len(first), inner)
        right = other.numerators[:, :, second].reshape(inner, columns * len(second))
        products = product(left, right).reshape(rows, len(first), columns, len(second))
        pairs = products.transpose(0, 2, 1, 3).reshape(rows * columns, len(first), len(second))
        return ExactMatrix.of(
            self.field,
            folded(self.field, pairs, first, second).reshape(rows, columns, -1),
            self.denominator * other.denominator,
        )

    def __add__(self, other: "ExactMatrix") -> "ExactMatrix":
        denominator = math.lcm(self.denominator, other.denominator)
        one = scaled(self.numerators, denominator // self.denominator)
        two = scaled(other.numerators, denominator // other.denominator)
        return ExactMatrix.of(self.field, added(one, two), denominator)

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
        rows = table(self.field.conjugation, self.field.degree)
        return ExactMatrix.of(self.field, product_last(self.numerators, rows), self.denominator)

    def kronecker(self, other: "ExactMatrix") -> "ExactMatrix":
        """Return the tensor product, the second factor's index fastest."""
        (a, b), (c, d), m = self.shape, other.shape, self.field.degree
        flat = self._products(self.numerators.reshape(-1, m), other.numerators.reshape(-1, m))
        numerators = flat.reshape(a, b, c, d, m).transpose(0, 2, 1, 3, 4)
        return ExactMatrix.of(
            self.field,
            numerators.reshape(a * c, b * d, m),
            self.denominator * other.denominator,
        )

    @property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the entries that are not zero."""
        rows, columns = np.nonzero(self.numerators.any(axis=2))
        return rows, columns

    def _products(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the products of all pairs of numbers, ``(first × second, basis)``, first slowest.

        Parameters
        ----------
        first, second : numpy.ndarray
            Numerators, shapes ``(first, basis)`` and ``(second, basis)``.
        """
        used = [np.flatnonzero(part.any(axis=0)).tolist() for part in (first, second)]
        here, there = first[:, used[0]], second[:, used[1]]
        flat = product(here.reshape(-1, 1), there.reshape(1, -1))
        products = flat.reshape(len(first), len(used[0]), len(second), len(used[1]))
        turned = products.transpose(0, 2, 1, 3)
        pairs = turned.reshape(len(first) * len(second), len(used[0]), len(used[1]))
        return folded(self.field, pairs, *used)

    def times(self, value: Vector) -> "ExactMatrix":
        """Return the matrix times a number of its field."""
        return ExactMatrix.from_vectors(self.field, [[value]]).kronecker(self)

    def into(self, field: NumberField) -> "ExactMatrix":
        """Return the same matrix over a larger field."""
        if field == self.field:
            return self
        basis = ExactMatrix.from_vectors(field, [embedded_basis(self.field, field)])
        moved = product_last(self.numerators, basis.numerators[0])
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
        blocks = self._products(self.numerators.reshape(-1, m), units)
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
        if self.is_unitary:
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
        return self.is_unitary or self.expanded.det() != 0

    @cached_property
    def is_unitary(self) -> bool:
        """Whether a square matrix is seen to be unitary, whose inverse is at hand."""
        if self.field.conjugates is None:
            return False
        one = ExactMatrix.identity(self.shape[0], self.field)
        return self @ self.conjugate.transpose == one

    @property
    def is_scalar(self) -> bool:
        """Whether a square matrix is a multiple of the unit matrix."""
        multiple = self.numerators[0, 0] * np.eye(self.shape[0], dtype=np.int64)[:, :, None]
        return np.array_equal(self.numerators, multiple)

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
        parts = [scaled(m.numerators, denominator // m.denominator) for m in (self, other)]
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
        summed = product(weights, self.numerators.reshape(rows, columns * m))
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
        numerators[here] = scaled(matrix.numerators, denominator // matrix.denominator)
        row, column = row + matrix.shape[0], column + matrix.shape[1]
    return ExactMatrix.of(matrices[0].field, numerators, denominator)


def _fraction(value) -> Fraction:
    return Fraction(int(value.p), int(value.q))
