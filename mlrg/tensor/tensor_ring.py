"""Rings of block tensors as every analysis asks of them, solved sector by sector.

A ring of one or two block tensors, joined through legs 1 and 3, has the transfer matrix

    M_ab = Σ_c T_acbc E_c E_b,        M_(ab),(cd) = Σ_ef T_aecf T_bfde E_e E_f E_c E_d.

Rectangular tensors alternate with their turned copies B_abcd = T_bcda on two sublattices. Their
ring has two columns, and a row followed by a shift by one column,

    K_(ab),(cd) = Σ_ef T_aedf B_bfce E_e E_f E_c E_d,

takes the place of M. The sign of an eigenvalue is its momentum, and there is no reflection.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mlrg.errors import BudgetError, InputError
from mlrg.rgmap import RingLevel
from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.tensor.legs import Leg
from mlrg.tensor.pairs import irrep_sectors, pair_sectors
from mlrg.tensor.points import BlockTensor, RectangularTensor, log_of_trace
from mlrg.tensor.wide_ring import (
    WideRing,
    require_pairs,
    wide_block_ring,
    wide_rectangular_ring,
)

# Legs up to which a ring of two columns is written down.
_PAIR_LIMIT = 40
# Eigenvalues below this share of the largest are rounding and give no dimension.
_SMALLEST = 1e-12

# Irrep, momentum or None, parity, and the sparse columns of a row space.
_Part = tuple[int, int | None, int, sparse.csr_array]


@dataclass(frozen=True, eq=False)
class TensorRing:
    """A ring of block tensors.

    Attributes
    ----------
    irreps : Irreps
    columns : int
    matrix : numpy.ndarray
        M or K, the scale of the tensor left out, shape ``(row, row)``.
    parts : tuple
        Irrep, momentum (None where the sign of λ tells it), parity, basis of each sector.
    """

    irreps: Irreps
    columns: int
    matrix: np.ndarray
    parts: tuple[_Part, ...]

    def log_trace(self, rows: int) -> float:
        """Return ln Tr M^rows in nats."""
        half, rest = divmod(rows, 2)
        power = np.linalg.matrix_power(self.matrix, half)
        trace = np.sum(power * power.T) if rest == 0 else np.trace(power @ power @ self.matrix)
        return log_of_trace(trace)

    @cached_property
    def _levels(self) -> list[RingLevel]:
        found = []
        for number, momentum, parity, basis in self.parts:
            irrep = self.irreps[number]
            values = np.linalg.eigvals(basis.T @ (basis.T @ self.matrix.T).T)
            values = values[np.argsort(-np.abs(values))]
            # The row space has every eigenvalue as often as its commutant has dimensions.
            for value in values[:: irrep.commutant]:
                shift = int(value.real < 0) if momentum is None else momentum
                found.append(RingLevel(abs(value), irrep.name, shift, parity, irrep.dimension))
        found.sort(key=lambda level: -level.log_size)
        kept = [level for level in found if level.log_size > _SMALLEST * found[0].log_size]
        return [level._replace(log_size=float(np.log(level.log_size))) for level in kept]

    def levels(self, count: int) -> list[RingLevel]:
        """Return the largest eigenvalues, a multiplet as one, falling."""
        return self._levels[:count]

    def sizes(self, count: int) -> np.ndarray:
        """Return the largest ln|λ|, every state, falling."""
        sizes = [level.log_size for level in self._levels]
        return np.repeat(sizes, [level.multiplicity for level in self._levels])[:count]


def block_ring_of(tensor: BlockTensor, columns: int) -> TensorRing | WideRing:
    """Return a ring of C4-symmetric tensors.

    Raises
    ------
    InputError
        If there is no column.
    BudgetError
        If the leg is too large for them.
    """
    leg = tensor.leg
    if columns == 1:
        return TensorRing(leg.irreps, 1, _column(tensor), tuple(single_parts(leg)))
    if columns == 2:
        return TensorRing(leg.irreps, 2, _pair(tensor), tuple(_pair_parts(leg)))
    if columns < 1:
        raise InputError(f"a ring of {columns} columns was asked for: give one or more")
    return wide_block_ring(leg, tensor.bond, tensor.dense, columns)


def rectangular_ring_of(tensor: RectangularTensor, columns: int) -> TensorRing | WideRing:
    """Return a ring of rectangular tensors, which alternate with their turned copies.

    Raises
    ------
    InputError
        If the number of columns is odd.
    BudgetError
        If the leg is too large for them.
    """
    require_pairs(columns)
    if columns > 2:
        return wide_rectangular_ring(tensor.leg, tensor.bond, tensor.dense, columns)
    parts = tuple((s.irrep, None, 0, s.rows) for s in irrep_sectors(tensor.leg))
    return TensorRing(tensor.leg.irreps, 2, _shifted(tensor), parts)


def _column(tensor: BlockTensor) -> np.ndarray:
    return _closed(tensor, np.diag(tensor.bond))


def twisted_size(tensor: BlockTensor, element: Callable[[int], np.ndarray]) -> float:
    """Return the largest ln|λ| of a column whose closing bond carries an element of G.

    Parameters
    ----------
    tensor : BlockTensor
    element : callable
        From the number of an irrep to the element's matrix, ``(d, d)``.
    """
    leg = tensor.leg
    inserted = np.zeros((leg.dimension,) * 2)
    for label, start, weight in zip(leg.multiplets, leg.offsets, tensor.weights, strict=True):
        matrix = element(label.irrep)
        here = slice(start, start + len(matrix))
        inserted[here, here] = weight * matrix
    return float(np.log(np.abs(np.linalg.eigvals(_closed(tensor, inserted))).max()))


def _closed(tensor: BlockTensor, inserted: np.ndarray) -> np.ndarray:
    """Return Σ T_acbd I_dc E_b; of large legs sector by sector, as all of T would be larger yet."""
    n = tensor.leg.dimension
    if n <= _PAIR_LIMIT:
        return np.einsum("acbd,dc->ab", tensor.dense, inserted) * tensor.bond
    found = np.zeros((n, n))
    for sector, block in zip(tensor.sectors, tensor.blocks, strict=True):
        share = block / tensor.leg.irreps[sector.irrep].commutant
        for partner in sector.partners:
            left = partner.toarray()
            right = np.einsum(
                "bdk,dc->bck", (left @ share).reshape(n, n, -1), inserted, optimize=True
            )
            found += left.reshape(n, -1) @ right.reshape(n, -1).T
    return found * tensor.bond


def _pair(tensor: BlockTensor) -> np.ndarray:
    n, bond = tensor.leg.dimension, tensor.bond
    if n > _PAIR_LIMIT:
        raise BudgetError(
            f"two columns of {n} states have a transfer matrix of {n * n} rows (limit "
            f"{_PAIR_LIMIT**2}): use one column"
        )
    across = tensor.dense.transpose(0, 2, 1, 3)
    left = (across * bond[:, None] * bond).reshape(n * n, n * n)
    right = across.transpose(0, 1, 3, 2).reshape(n * n, n * n)
    ring = (left @ right.T).reshape(n, n, n, n).transpose(0, 2, 1, 3)
    return (ring * bond[:, None] * bond).reshape(n * n, n * n)


def _shifted(tensor: RectangularTensor) -> np.ndarray:
    n, bond = tensor.leg.dimension, tensor.bond
    first = tensor.dense.transpose(0, 2, 1, 3) * bond[:, None] * bond
    second = tensor.dense.transpose(3, 1, 2, 0)
    ring = first.reshape(n * n, n * n) @ second.reshape(n * n, n * n).T
    ring = ring.reshape(n, n, n, n).transpose(0, 2, 3, 1) * bond[:, None] * bond
    return ring.reshape(n * n, n * n)


def single_parts(leg: Leg) -> Iterator[_Part]:
    """Yield the sectors of one leg, which a reflection tells by its mirror signs."""
    for number in sorted({multiplet.irrep for multiplet in leg.multiplets}):
        irrep = leg.irreps[number]
        rows = irrep.row_space
        for mirror in (1, -1):
            starts = [
                start
                for start, label in zip(leg.offsets, leg.labels, strict=True)
                if label == (number, mirror)
            ]
            if starts:
                basis = np.zeros((leg.dimension, len(starts), rows.shape[1]))
                for place, start in enumerate(starts):
                    basis[start : start + irrep.dimension, place] = rows
                basis = basis.reshape(leg.dimension, -1)
                yield number, 0, mirror, sparse.csr_array(basis)


def _pair_parts(leg: Leg) -> Iterator[_Part]:
    """Yield the sectors of two legs: the shift swaps them, the reflection is a mirror on each."""
    mirrors = np.array([multiplet.mirror for multiplet in leg.multiplets])
    for sector in pair_sectors(leg):
        reflection = mirrors[sector.factors].prod(axis=1)
        for sign in (1, -1):
            kept = np.flatnonzero(reflection == sign)
            if len(kept):
                momentum = 0 if sector.parity * sign == 1 else 1
                yield sector.irrep, momentum, sign, sector.rows[:, kept]
