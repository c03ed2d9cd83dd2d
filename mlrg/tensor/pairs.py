"""Two legs together: the basis in which the block tensor, read as a matrix, is block diagonal.

The pairs (x0, x1) carry the product of two legs and the mirror that swaps them,
(a, b) → m_a m_b (b, a). Rows of one irrep of G and one parity p of that mirror are a *sector*. A
matrix that commutes with the symmetry is the same on every row of a multiplet and is kept as one
symmetric matrix a sector; what breaks the symmetry has no place in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse

from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.tensor.legs import Leg


@dataclass(frozen=True)
class Sector:
    """The pairs of one irrep and parity.

    Attributes
    ----------
    irrep : int
    parity : int
        p = ±1.
    partners : tuple of sparse arrays
        Orthonormal columns of each row of the irrep, ``(pair, column)``; pair n·a + b.
    factors : numpy.ndarray
        The two multiplets that a column is made of, shape ``(column, 2)``.
    """

    irrep: int
    parity: int
    partners: tuple[sparse.csr_array, ...]
    factors: np.ndarray

    @property
    def rows(self) -> sparse.csr_array:
        """The columns of the first row of the irrep."""
        return self.partners[0]

    @property
    def size(self) -> int:
        """Number of columns."""
        return self.rows.shape[1]

    @cached_property
    def transposed(self) -> sparse.csr_array:
        """`rows` with its axes exchanged."""
        return sparse.csr_array(self.rows.T)

    @cached_property
    def overlaps(self) -> np.ndarray:
        """Overlaps of the first row with every row, shape ``(d, column, column)``.

        They take a vector of the row space to its partners in coordinates of the row space.
        """
        return np.stack([(self.transposed @ partner).toarray() for partner in self.partners])


def pair_sectors(leg: Leg) -> tuple[Sector, ...]:
    """Return the sectors of two legs; computed once for each list of labels."""
    return _sectors(leg.irreps, leg.labels)


def irrep_sectors(leg: Leg) -> tuple[Sector, ...]:
    """Return the sectors by irrep alone, for halves that tell their two legs apart; parity 0."""
    return _irrep_sectors(leg.irreps, leg.labels)


def averaged(sector: Sector, matrix: np.ndarray) -> np.ndarray:
    """Return a sector's part of a transposed matrix over pairs, shape ``(column, column)``."""
    total = sum((partner.T @ (partner.T @ matrix).T) for partner in sector.partners)
    return total / len(sector.partners)


def assembled(
    irreps: Irreps, sectors: tuple[Sector, ...], blocks: Sequence[np.ndarray]
) -> np.ndarray:
    """Return the matrix over pairs that has these parts, shape ``(pair, pair)``."""
    matrix = np.zeros((sectors[0].rows.shape[0],) * 2)
    for sector, block in zip(sectors, blocks, strict=True):
        # With a commutant larger than the reals the rows of an irrep overlap.
        share = block / irreps[sector.irrep].commutant
        for partner in sector.partners:
            matrix += partner @ (partner @ share.T).T
    return matrix


def product_sectors(first: Leg, second: Leg) -> tuple[Sector, ...]:
    """Return the sectors of two legs of different kinds, by irrep; parity 0; pair m·a + b."""
    numbers = [tuple(label.irrep for label in leg.multiplets) for leg in (first, second)]
    return _product_sectors(first.irreps, *numbers)


@lru_cache(maxsize=32)
def _product_sectors(
    irreps: Irreps, first: tuple[int, ...], second: tuple[int, ...]
) -> tuple[Sector, ...]:
    starts = [
        np.cumsum([0, *(irreps[number].dimension for number in numbers)])
        for numbers in (first, second)
    ]
    width = int(starts[1][-1])
    found = []
    for product in irreps.within([*first, *second]):
        entries: list[list[tuple]] = [[] for _ in range(irreps[product].dimension)]
        factors: list[tuple[int, int]] = []
        for a, b in np.ndindex(len(first), len(second)):
            for columns in irreps.coupling(first[a], second[b], product):
                for row, block in enumerate(columns):
                    i, j = np.indices(block.shape).reshape(2, -1)
                    here = width * (starts[0][a] + i) + starts[1][b] + j
                    column = np.full(len(here), len(factors))
                    entries[row].append((here, column, block.reshape(-1)))
                factors.append((a, b))
        if factors:
            shape = (int(starts[0][-1]) * width, len(factors))
            partners = tuple(_sparse(row, shape) for row in entries)
            found.append(Sector(product, 0, partners, np.array(factors)))
    return tuple(found)


@lru_cache(maxsize=32)
def _irrep_sectors(irreps: Irreps, labels: tuple[tuple[int, int], ...]) -> tuple[Sector, ...]:
    parts: dict[int, list[Sector]] = {}
    for sector in _sectors(irreps, labels):
        parts.setdefault(sector.irrep, []).append(sector)
    return tuple(
        Sector(
            irrep,
            0,
            tuple(
                sparse.csr_array(sparse.hstack(rows))
                for rows in zip(*[s.partners for s in both], strict=True)
            ),
            np.concatenate([s.factors for s in both]),
        )
        for irrep, both in parts.items()
    )


@lru_cache(maxsize=32)
def _sectors(irreps: Irreps, labels: tuple[tuple[int, int], ...]) -> tuple[Sector, ...]:
    sizes = [irreps[irrep].dimension for irrep, _ in labels]
    starts = np.cumsum([0, *sizes])
    n = int(starts[-1])
    found = []
    for product in irreps.within([irrep for irrep, _ in labels]):
        irrep = irreps[product]
        for parity in (1, -1):
            entries: list[list[tuple]] = [[] for _ in range(irrep.dimension)]
            factors: list[tuple[int, int]] = []
            for a, b in combinations_with_replacement(range(len(labels)), 2):
                coupled = irreps.coupling(labels[a][0], labels[b][0], product)
                if not len(coupled):
                    continue
                if a == b:
                    coupled = _of_parity(coupled, parity)
                for columns in coupled:
                    for row, block in enumerate(columns):
                        i, j = np.indices(block.shape).reshape(2, -1)
                        here = n * (starts[a] + i) + starts[b] + j
                        value = block.reshape(-1)
                        if a != b:
                            there = n * (starts[b] + j) + starts[a] + i
                            sign = parity * labels[a][1] * labels[b][1]
                            here = np.concatenate([here, there])
                            value = np.concatenate([value, sign * value]) / np.sqrt(2.0)
                        entries[row].append((here, np.full(len(here), len(factors)), value))
                    factors.append((a, b))
            if factors:
                shape = (n * n, len(factors))
                partners = tuple(_sparse(row, shape) for row in entries)
                found.append(Sector(product, parity, partners, np.array(factors)))
    return tuple(found)


def _of_parity(coupled: np.ndarray, parity: int) -> np.ndarray:
    """Keep the couplings in the square of a multiplet that the swap takes to ±themselves."""
    kept = [
        block
        for block in coupled
        if np.vdot(block[0], block[0].T) * parity > 0.5 * (block[0] ** 2).sum()
    ]
    return np.array(kept).reshape(-1, *coupled.shape[1:])


def _sparse(parts: list[tuple], shape: tuple[int, int]) -> sparse.csr_array:
    places, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    # Rounding of an exact zero.
    kept = np.abs(values) > 1e-14
    return sparse.csr_array((values[kept], (places[kept], columns[kept])), shape=shape)
