"""Matrices over pairs of states, block by block of the signs that pairs have under G.

States carry signs under the elements of G that are diagonal, pairs the product of two, and an
invariant matrix M_(pq),(rs) has entries between pairs of equal signs only. Its blocks lie one after
the other in one flat array. What takes M_(pq),(rs) to M_(pr),(qs) is then a permutation of that
array: the signs of p, q, r and s multiply to one in either reading. Halves S^z_pq are invariant
where z has the signs of the pair; theirs are one more row of such blocks.

Elements that no basis makes diagonal together with these relate blocks and entries of a block to
each other; that is not made use of.
"""

from functools import cached_property

import numpy as np


class PairBlocks:
    """The blocks of invariant matrices over the pairs of one leg.

    Flat arrays may be numpy's or torch's.

    Parameters
    ----------
    signs : numpy.ndarray
        ±1 of every state under some elements, shape ``(element, n)``.

    Attributes
    ----------
    size : int
        n, the states of the leg.
    pairs : list of numpy.ndarray
        The pairs n·p + q of each block.
    """

    def __init__(self, signs: np.ndarray):
        self.signs = signs
        self.size = n = signs.shape[1]
        both = signs[:, :, None] * signs[:, None]
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
        (p, q), (r, s) = divmod(rows, n), divmod(columns, n)
        return self._where[n * p + r, n * q + s]

    @cached_property
    def swap(self) -> np.ndarray:
        """Where the flat array of M_(pq),(sr) takes its entries from that of M_(pq),(rs)."""
        n, (rows, columns) = self.size, self.places
        r, s = divmod(columns, n)
        return self._where[rows, n * s + r]

    @cached_property
    def _where(self) -> np.ndarray:
        """Places of the entries of a matrix ``(n², n²)`` in the flat array."""
        place = np.empty((self.size**2,) * 2, dtype=np.int64)
        place[self.places] = np.arange(len(self.places[0]))
        return place

    def blocks(self, flat):
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


class HalfBlocks:
    """The blocks of invariant halves S^z_pq.

    Parameters
    ----------
    pairs : PairBlocks
    signs : numpy.ndarray
        ±1 of every state z under the same elements, shape ``(element, m)``.

    Attributes
    ----------
    states : list of numpy.ndarray
        The states z that go with each block of pairs.
    places : numpy.ndarray
        Where the components stand in S ``(z, p, q)``, flat.
    """

    def __init__(self, pairs: PairBlocks, signs: np.ndarray):
        self._pairs, self._shape = pairs.pairs, (signs.shape[1], pairs.size, pairs.size)
        self.states = []
        for p, q in (divmod(block[0], pairs.size) for block in pairs.pairs):
            here = pairs.signs[:, p] * pairs.signs[:, q]
            self.states.append(np.flatnonzero((signs == here[:, None]).all(axis=0)))
        self.places = np.concatenate(
            [
                (pairs.size**2 * states[:, None] + block).reshape(-1)
                for states, block in zip(self.states, pairs.pairs, strict=True)
            ]
        )

    def packed(self, halves: np.ndarray) -> np.ndarray:
        """Return the components of S."""
        return halves.reshape(-1)[self.places]

    def unpacked(self, components: np.ndarray) -> np.ndarray:
        """Return S ``(z, p, q)`` of its components."""
        found = np.zeros(self._shape)
        found.reshape(-1)[self.places] = components
        return found

    def blocks(self, components) -> list:
        """Return S_z,(pq) block by block, as views of its components."""
        parts, start = [], 0
        for states, pairs in zip(self.states, self._pairs, strict=True):
            stop = start + len(states) * len(pairs)
            parts.append(components[start:stop].reshape(len(states), len(pairs)))
            start = stop
        return parts
