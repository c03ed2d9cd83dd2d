"""Orbits of exact vectors under matrices, and the permutations that the matrices make of them."""

import math
from collections.abc import Sequence

import numpy as np

from mlrg.errors import InfiniteGroupError
from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.number_fields import RATIONALS
from mlrg.symmetry.permutations import Permutation


class OrbitTooLargeError(Exception):
    """An orbit of more vectors than asked for."""


def vector_keys(rows: ExactMatrix) -> list[tuple]:
    """Return a key for each row; two rows of one field are equal where their keys are."""
    keys = []
    for row in rows.numerators.reshape(rows.shape[0], -1):
        whole = row.tolist()
        divisor = math.gcd(rows.denominator, *whole)
        keys.append((rows.denominator // divisor, *(x // divisor for x in whole)))
    return keys


def vector_orbit(
    matrices: Sequence[ExactMatrix], seeds: ExactMatrix | None, limit: int
) -> tuple[ExactMatrix, list[Permutation]]:
    """Return the union of the orbits of vectors, and what each matrix makes of it.

    Parameters
    ----------
    matrices : sequence of ExactMatrix
        Of one field and size ``(d, d)``.
    seeds : ExactMatrix, optional
        Rows of the same field, shape ``(seed, d)``; by default basis vectors, each of which no
        orbit before it spans.
    limit : int
        Most vectors that are allowed.

    Raises
    ------
    OrbitTooLargeError
    """
    transposed = [matrix.transpose for matrix in matrices]
    field = matrices[0].field if matrices else RATIONALS if seeds is None else seeds.field
    if seeds is not None:
        return _closed(transposed, [seeds], limit)
    size = matrices[0].shape[0]
    identity = ExactMatrix.identity(size, field)
    starts: list[ExactMatrix] = []
    while True:
        vectors, action = _closed(transposed, starts, limit) if starts else (None, [])
        place = next(
            (k for k in range(size) if vectors is None or not _spans(vectors, identity.rows([k]))),
            None,
        )
        if place is None:
            assert vectors is not None, "nothing spans no space"
            return vectors, action
        starts.append(identity.rows([place]))


def basis_action(matrices: Sequence[ExactMatrix], limit: int, advice: str) -> list[Permutation]:
    """Return how matrices permute the vectors of the orbits of basis vectors.

    Raises
    ------
    InfiniteGroupError
        If there are more than `limit`, with what to do.
    """
    try:
        return vector_orbit(matrices, None, limit)[1]
    except OrbitTooLargeError as error:
        raise InfiniteGroupError(
            f"the matrices move the basis vectors to more than {limit} places: {advice}"
        ) from error


def _closed(transposed, starts, limit) -> tuple[ExactMatrix, list[Permutation]]:
    found: dict[tuple, int] = {}
    for rows in starts:
        for key in vector_keys(rows):
            found.setdefault(key, len(found))
    field, size = starts[0].field, starts[0].shape[1]
    images: list[list[int]] = [[] for _ in transposed]
    done = 0
    while done < len(found):
        if len(found) > limit:
            raise OrbitTooLargeError
        frontier = rows_of(field, size, list(found)[done:])
        done += frontier.shape[0]
        moved = zip(*(vector_keys(frontier @ matrix) for matrix in transposed), strict=True)
        for keys in moved:
            for key, row in zip(keys, images, strict=True):
                row.append(found.setdefault(key, len(found)))
    return rows_of(field, size, list(found)), [tuple(row) for row in images]


def rows_of(field, size: int, keys: Sequence[tuple]) -> ExactMatrix:
    """Return the rows that keys stand for."""
    denominator = math.lcm(*(key[0] for key in keys))
    whole = [[x * (denominator // key[0]) for x in key[1:]] for key in keys]
    numerators = np.array(whole, dtype=object).reshape(len(keys), size, field.degree)
    return ExactMatrix.of(field, numerators, denominator)


def _spans(vectors: ExactMatrix, row: ExactMatrix) -> bool:
    return vectors.rank == vectors.stacked(row).rank
