"""Matrices over pairs of states, block by block of the signs that pairs have under G.

States carry signs under the elements of G that are diagonal, pairs the product of two, and an
invariant matrix M_(pq),(rs) has entries between pairs of equal signs only. Its blocks lie one after
the other in one flat array. What takes M_(pq),(rs) to M_(pr),(qs) is then a permutation of that
array: the signs of p, q, r and s multiply to one in either reading.

Elements that no basis makes diagonal together with these relate blocks and entries of a block to
each other; that is not made use of.
"""

from functools import cached_property

import numpy as np

from mlrg.tensor.legs import Leg


class PairBlocks:
    """The blocks of invariant matrices over the pairs of one leg.

    Parameters
    ----------
    leg : Leg

    Attributes
    ----------
    size : int
        n, the states of the leg.
    pairs : list of numpy.ndarray
        The pairs n·p + q of each block.
    """

    def __init__(self, leg: Leg):
        self.size = n = leg.dimension
        both = leg.signs[:, :, None] * leg.signs[:, None]
        self.pairs = self.alike(both.reshape(-1, n * n))
        self._shapes = [len(pairs) for pairs in self.pairs]
        self._starts = np.cumsum([0, *(count * count for count in self._shapes)])

    @staticmethod
    def alike(signs: np.ndarray) -> list[np.ndarray]:
        """Return the columns of signs ``(element, column)`` in groups of equal ones."""
        _, label = np.unique(signs, axis=1, return_inverse=True)
        return [np.flatnonzero(label == k) for k in range(label.max() + 1)]

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of every entry of the flat array."""
        rows = [np.repeat(pairs, len(pairs)) for pairs in self.pairs]
        columns = [np.tile(pairs, len(pairs)) for pairs in self.pairs]
        return np.concatenate(rows), np.concatenate(columns)

    @cached_property
    def exchange(self) -> np.ndarray:
        """Where the flat array of M_(pr),(qs) takes its entries from that of M_(pq),(rs)."""
        n, (rows, columns) = self.size, self.places
        place = np.empty((n * n, n * n), dtype=np.int64)
        place[rows, columns] = np.arange(len(rows))
        (p, q), (r, s) = divmod(rows, n), divmod(columns, n)
        return place[n * p + r, n * q + s]

    def blocks(self, flat: np.ndarray) -> list[np.ndarray]:
        """Return the blocks of a flat array, as views."""
        return [
            flat[start : start + count * count].reshape(count, count)
            for start, count in zip(self._starts[:-1], self._shapes, strict=True)
        ]

    def flat(self, matrix: np.ndarray) -> np.ndarray:
        """Return the entries of a matrix ``(n², n²)`` that its symmetry allows."""
        return matrix[self.places]

    def dense(self, flat: np.ndarray) -> np.ndarray:
        """Return the matrix ``(n², n²)`` of a flat array."""
        matrix = np.zeros((self.size**2,) * 2)
        matrix[self.places] = flat
        return matrix
