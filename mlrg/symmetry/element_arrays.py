"""The elements of a listed group as arrays, for work on all of them at once.

An element is known by what it does to the points of a base, so that products need only those.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mlrg.symmetry.permutations import Permutation, inverse


class ElementArray:
    """All elements of a group, found again by their images of a base.

    Parameters
    ----------
    elements : list of permutations
    base : list of int
        Points that only the identity leaves where they are.

    Attributes
    ----------
    images : numpy.ndarray
        Shape ``(element, point)``.
    base : numpy.ndarray
        Shape ``(base point,)``.
    """

    def __init__(self, elements: list[Permutation], base: list[int]):
        self.images = np.array(elements, dtype=np.int32)
        self.base = np.array(base, dtype=np.int64)
        rng = np.random.default_rng(0)
        # Numbers that tell elements apart: drawn again in the rare case that two agree.
        while True:
            self._weights = rng.integers(1, 2**63, size=len(base), dtype=np.uint64)
            codes = self._codes(self.images[:, self.base])
            self._order = np.argsort(codes)
            self._sorted = codes[self._order]
            if (self._sorted[1:] != self._sorted[:-1]).all():
                break

    def __len__(self):
        return len(self.images)

    def _codes(self, images: np.ndarray) -> np.ndarray:
        # Sums wrap around at 2⁶⁴.
        return (images.astype(np.uint64) * self._weights).sum(axis=-1, dtype=np.uint64)

    def find(self, images: np.ndarray) -> np.ndarray:
        """Return positions of elements from their images of the base, shape ``(…, base point)``."""
        return self._order[np.searchsorted(self._sorted, self._codes(images))]

    def products(self, first: np.ndarray, second) -> np.ndarray:
        """Return the positions of products of elements, given by positions that broadcast."""
        first, second = np.broadcast_arrays(first, second)
        return self.find(self.images[first[..., None], self.images[second][..., self.base]])

    def powers(self, element: int, order: int) -> np.ndarray:
        """Return the positions of g⁰, g¹, … of an element of this order, shape ``(order,)``."""
        points = np.empty((order, len(self.base)), dtype=np.int64)
        points[0] = self.base
        for k in range(1, order):
            points[k] = self.images[element][points[k - 1]]
        return self.find(points)

    @cached_property
    def inverses(self) -> np.ndarray:
        """Position of the inverse of each element, shape ``(element,)``."""
        back = np.empty((len(self), len(self.base)), dtype=np.int64)
        for k, point in enumerate(self.base):
            back[:, k] = (self.images == point).argmax(axis=1)
        return self.find(back)

    def classes(self, generators: Sequence[Permutation]) -> np.ndarray:
        """Return the number of each element's conjugacy class, in order of their first elements.

        Parameters
        ----------
        generators : sequence of permutations
            Of the group.
        """
        every = np.arange(len(self))
        moved = [
            self.find(np.array(g)[self.images[:, np.array(inverse(g))[self.base]]])
            for g in generators
        ]
        # The smallest member of a class spreads through it. A library's connected components would
        # take longer to load than small groups take to be done.
        labels, before = every, np.zeros(0, dtype=every.dtype)
        while not np.array_equal(labels, before):
            before = labels
            for places in moved:
                labels = np.minimum(labels, labels[places])
            labels = labels[labels]
        _, first, found = np.unique(labels, return_index=True, return_inverse=True)
        return np.argsort(np.argsort(first))[found]
