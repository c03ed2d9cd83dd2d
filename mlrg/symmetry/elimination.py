"""Exact null spaces in reduced echelon form, and the check that a basis has that form.

A form is a sparse vector {place: value}. Reduced echelon means that every form starts, with the
value one, at a place of its own where all others are zero; such a basis is unique. It is found
modulo primes, under every reduction of the number field, and lifted until one more prime changes
nothing. That is no proof: the residual is, which is exact, together with the number of forms, which
modulo a prime is never too small.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import flint
import numpy as np
import sympy
from sympy.polys.matrices import DomainMatrix

from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.number_fields import NumberField, Vector
from mlrg.symmetry.reductions import (
    Lifting,
    Reduction,
    interpolation,
    reductions,
    residues,
    splitting_primes,
)

# Above this share of filled entries, and below this many unknowns, matrices are dense.
_DENSE_SHARE, _DENSE_SIZE = 0.05, 5000


class Factor(NamedTuple):
    """One factor of a tensor product of matrices, and how its indices count in the product's.

    Attributes
    ----------
    matrix : ExactMatrix
    row_stride, column_stride : int
        What one step of its row or column is in the row-major places of the whole.
    """

    matrix: ExactMatrix
    row_stride: int
    column_stride: int


@dataclass(frozen=True)
class FixedVectors:
    """The equations M x = x, for tensor products M of matrices of one number field.

    Attributes
    ----------
    field : NumberField
    size : int
        Number of unknowns.
    actions : tuple of tuple of Factor
        The factors of each M.
    """

    field: NumberField
    size: int
    actions: tuple[tuple[Factor, ...], ...]

    @cached_property
    def _places(self) -> list[tuple[list[int], list[int]]]:
        """Rows and columns of the entries of each M that are not zero, the last factor fastest."""
        found = []
        for action in self.actions:
            rows = columns = np.zeros(1, dtype=np.int64)
            for factor in action:
                i, j = factor.matrix.places
                rows = (rows[:, None] + factor.row_stride * i).reshape(-1)
                columns = (columns[:, None] + factor.column_stride * j).reshape(-1)
            found.append((rows.tolist(), columns.tolist()))
        return found

    def primes(self) -> Iterator[int]:
        """Return the primes that split in the field and divide no denominator."""
        denominators = (f.matrix.denominator for action in self.actions for f in action)
        return splitting_primes(self.field, denominators)

    def modulo(self, reduction: Reduction, prime: int) -> list[dict[int, int]]:
        """Return the equations modulo a prime as {unknown: coefficient}, without empty ones."""
        found = []
        for action, (rows, columns) in zip(self.actions, self._places, strict=True):
            values = np.ones(1, dtype=object)
            for factor in action:
                entries = residues(factor.matrix, reduction, prime)[factor.matrix.places]
                values = (values[:, None] * entries % prime).reshape(-1)
            equations = [{row: prime - 1} for row in range(self.size)]
            for row, column, x in zip(rows, columns, values.tolist(), strict=True):
                equation = equations[row]
                equation[column] = (equation.get(column, 0) + x) % prime
            found += [{u: x for u, x in row.items() if x} for row in equations]
        return [row for row in found if row]


def null_space(system: FixedVectors) -> list[dict[int, Vector]]:
    """Return the reduced echelon basis of the solutions, each {unknown: number of the field}."""
    field = system.field
    lifting = Lifting()
    for prime in system.primes():
        found = [_modular_forms(system, r, prime) for r in reductions(field, prime)]
        starts = {(len(forms), tuple(map(min, forms))) for forms in found}
        if len(starts) > 1:
            # The rank falls modulo this prime.
            continue
        (shape,) = starts
        fractions = lifting.add(_coefficients(found, field, prime), prime, shape)
        if fractions is not None:
            return _gathered(fractions, shape[0], field)
    raise AssertionError("primes do not end")


def nullity_bound(system: FixedVectors) -> int:
    """Return the number of solutions modulo a prime: at least that over the field."""
    prime = next(system.primes())
    return len(_modular_forms(system, reductions(system.field, prime)[0], prime))


def _modular_forms(system: FixedVectors, reduction: Reduction, prime: int) -> list[dict[int, int]]:
    rows, size = system.modulo(reduction, prime), system.size
    if size <= _DENSE_SIZE and sum(map(len, rows)) > _DENSE_SHARE * size * len(rows):
        return _dense_forms(rows, size, prime)
    return _sparse_forms(rows, size, prime)


def _sparse_forms(rows: list[dict[int, int]], size: int, prime: int) -> list[dict[int, int]]:
    """Elimination yields one null vector for each free unknown, which ends the vector.

    With the unknowns in reverse order these are reduced echelon rows in the right order.
    """
    domain = sympy.GF(prime, symmetric=False)
    reverse = {
        i: {size - 1 - unknown: domain(x) for unknown, x in row.items()}
        for i, row in enumerate(rows)
    }
    null = DomainMatrix(reverse, (max(len(reverse), 1), size), domain).nullspace().to_sparse()
    forms = []
    for vector in null.rep.values():
        ordered = {size - 1 - column: value for column, value in vector.items()}
        first = ordered[min(ordered)]
        forms.append({place: int(x / first) for place, x in ordered.items()})
    return sorted(forms, key=min)


def _dense_forms(rows: list[dict[int, int]], size: int, prime: int) -> list[dict[int, int]]:
    flat = [0] * (max(len(rows), 1) * size)
    for i, row in enumerate(rows):
        for unknown, x in row.items():
            flat[i * size + unknown] = x
    null, nullity = flint.nmod_mat(max(len(rows), 1), size, flat, prime).nullspace()
    if nullity == 0:
        return []
    basis = flint.nmod_mat(
        nullity, size, [int(null[i, k]) for k in range(nullity) for i in range(size)], prime
    )
    reduced, _ = basis.rref()
    return [{place: int(x) for place, x in enumerate(row) if int(x)} for row in reduced.tolist()]


def _coefficients(found: list[list[dict[int, int]]], field: NumberField, prime: int) -> dict:
    """Return {(form, place, basis element): residue} from forms under every reduction."""
    weights = interpolation(field, prime)
    residues = {}
    for k, copies in enumerate(zip(*found, strict=True)):
        for place in set().union(*copies):
            values = np.array([copy.get(place, 0) for copy in copies], dtype=object)
            for j, x in enumerate(weights @ values % prime):
                if x:
                    residues[k, place, j] = int(x)
    return residues


def _gathered(fractions: dict, count: int, field: NumberField) -> list[dict[int, Vector]]:
    forms: list[dict[int, list]] = [{} for _ in range(count)]
    for (k, place, j), value in fractions.items():
        forms[k].setdefault(place, list(field.rational(0)))[j] = value
    return [{place: tuple(x) for place, x in sorted(form.items())} for form in forms]


def is_echelon(forms: Sequence[Mapping]) -> bool:
    """Whether every form starts at a place of its own, in order, where all others are zero."""
    leading = [min(form) for form in forms]
    return leading == sorted(set(leading)) and all(
        (place in form) == (k == own)
        for own, place in enumerate(leading)
        for k, form in enumerate(forms)
    )
