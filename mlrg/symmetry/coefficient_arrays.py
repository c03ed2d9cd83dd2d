"""Exact arithmetic on arrays of whole numbers, the coefficients of numbers of a field.

Arrays are int64, or Python's integers where they are too large. Products are those of floats where
every partial sum stays below 2⁵³, which is exact and fast, and of integers of any size elsewhere.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from mlrg.symmetry.number_fields import NumberField

# Whole numbers up to this are exact in floats.
_EXACT = 2**53
_WORD = 2**62


def content(numerators: np.ndarray) -> int:
    """Return the greatest common divisor of all numbers."""
    if numerators.dtype == object:
        return math.gcd(*map(int, numerators.reshape(-1)))
    return int(np.gcd.reduce(numerators, axis=None)) if numerators.size else 0


def largest(array: np.ndarray) -> int:
    """Return the largest absolute value."""
    return int(np.abs(array).max()) if array.size else 0


def narrow(array: np.ndarray) -> np.ndarray:
    """Return int64 where the numbers fit."""
    if array.dtype == object and largest(array) < _WORD:
        return array.astype(np.int64)
    return array


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the exact product of two matrices of whole numbers."""
    bound = largest(left) * largest(right) * left.shape[1]
    if bound < _EXACT:
        return np.rint(left.astype(float) @ right.astype(float)).astype(np.int64)
    return left.astype(object) @ right.astype(object)


def product_last(array: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the product of the last index with the rows of a matrix."""
    flat = product(array.reshape(-1, array.shape[-1]), matrix)
    return flat.reshape(*array.shape[:-1], matrix.shape[1])


def scaled(array: np.ndarray, factor: int) -> np.ndarray:
    """Return an array times a whole number."""
    if factor == 1:
        return array
    if largest(array) * factor < _WORD:
        return array * factor
    return array.astype(object) * factor


def added(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Return the sum of two arrays."""
    if largest(one) + largest(two) < _WORD:
        return one + two
    return one.astype(object) + two.astype(object)


def table(terms: Sequence[dict[int, int]], size: int) -> np.ndarray:
    """Return rows that are given as {place: number}, shape ``(row, size)``."""
    found = np.zeros((len(terms), size), dtype=object)
    for place, row in enumerate(terms):
        for k, c in row.items():
            found[place, k] = c
    return narrow(found)


class _Folding(NamedTuple):
    """How products e_i e_j of basis elements are gathered.

    Attributes
    ----------
    order, starts : numpy.ndarray
        Places of the pairs (i, j), those of one target side by side, and where each target starts.
    targets : numpy.ndarray
        Square roots: the basis element of each target. Powers θ^i θ^j: the exponent i + j.
    weights : numpy.ndarray
        What each pair counts, in that order.
    """

    order: np.ndarray
    starts: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


@lru_cache(maxsize=512)
def _folding(field: NumberField, first: tuple[int, ...], second: tuple[int, ...]) -> _Folding:
    i, j = (x.reshape(-1) for x in np.meshgrid(first, second, indexing="ij"))
    if field.kind == "quadratic":
        reached = i ^ j
        weights = [field.products[a][b][a ^ b] for a, b in zip(i.tolist(), j.tolist(), strict=True)]
    else:
        reached, weights = i + j, [1] * len(i)
    order = np.argsort(reached, kind="stable")
    targets, starts = np.unique(reached[order], return_index=True)
    return _Folding(order, starts, targets, narrow(np.array(weights, dtype=object)[order]))


@lru_cache(maxsize=64)
def _powers(field: NumberField) -> np.ndarray:
    """θᵏ in the basis, shape ``(2m − 1, m)``."""
    return table(field.powers[: 2 * field.degree - 1], field.degree)


def folded(
    field: NumberField, pairs: np.ndarray, first: Sequence[int], second: Sequence[int]
) -> np.ndarray:
    """Turn coefficients of products e_i e_j into those of the basis.

    Parameters
    ----------
    field : NumberField
    pairs : numpy.ndarray
        Shape ``(entry, i, j)``.
    first, second : sequences of int
        The basis elements i and j.

    Returns
    -------
    numpy.ndarray
        Shape ``(entry, m)``.
    """
    m, count = field.degree, len(pairs)
    if m == 1 or not len(first) or not len(second):
        return pairs.reshape(count, 1) if m == 1 and pairs.size else np.zeros((count, m), int)
    folding = _folding(field, tuple(first), tuple(second))
    flat = pairs.reshape(count, -1)[:, folding.order]
    if largest(flat) * largest(folding.weights) * m >= _WORD:
        flat = flat.astype(object)
    summed = np.add.reduceat(flat * folding.weights, folding.starts, axis=1)
    if field.kind != "quadratic":
        return product(summed, _powers(field)[folding.targets])
    found = np.zeros((count, m), dtype=summed.dtype)
    found[:, folding.targets] = summed
    return found
