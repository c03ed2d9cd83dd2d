"""What a block tensor says about its phase: degeneracy, scaling dimensions, central charge.

A ring of one or two block tensors, joined through legs 1 and 3, has the transfer matrix

    M_ab = Σ_c T_acbc E_c E_b,        M_(ab),(cd) = Σ_ef T_aecf T_bfde E_e E_f E_c E_d,

of a square torus for one column and half of one for two. With n columns

* scaling dimensions Δ = −(n/2π) ln|λ/λ_0|, sector by sector: irrep of G, momentum of the shift (in
  units of 2π/n), parity of the reflection;
* degeneracy Z = (Tr M)² / Tr M² of one column;
* central charge c = (6/π)(ln λ_0 − s) where one RG step multiplies T by e^s, at a fixed point.

These are the quantities of `mlrg.flow.spectra` and `mlrg.flow.sectors`, with bond weights.

Tensors of optimised students alternate with their turned copies B_abcd = T_bcda on two sublattices.
Their ring has two columns, and a row followed by a shift by one column,

    K_(ab),(cd) = Σ_ef T_aedf B_bfce E_e E_f E_c E_d,

takes the place of M. The sign of an eigenvalue is its momentum, and there is no reflection.
"""

from functools import singledispatch

import numpy as np
from scipy import sparse

from mlrg.errors import BudgetError, InputError
from mlrg.flow.sectors import Level
from mlrg.tensor.block_tensor import BlockTensor
from mlrg.tensor.legs import Leg
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.pairs import irrep_sectors, pair_sectors

# Legs up to which a ring of two columns is written down.
_PAIR_LIMIT = 40
# Eigenvalues below this share of the largest are rounding and give no dimension.
_SMALLEST = 1e-12


def column_transfer(tensor: BlockTensor) -> np.ndarray:
    """Return M of one column without the tensor's scale, shape ``(n, n)``."""
    bond = tensor.bond
    return np.einsum("acbc,c,b->ab", tensor.dense, bond, bond)


def pair_transfer(tensor: BlockTensor) -> np.ndarray:
    """Return M of two columns without the tensor's scale, shape ``(n², n²)``.

    Raises
    ------
    BudgetError
        If the leg has too many states.
    """
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


def shifted_transfer(tensor: LoopTensor) -> np.ndarray:
    """Return K of a ring of both sublattices without the tensor's scale, shape ``(n², n²)``."""
    n, bond = tensor.leg.dimension, tensor.bond
    first = tensor.dense.transpose(0, 2, 1, 3) * bond[:, None] * bond
    second = tensor.dense.transpose(3, 1, 2, 0)
    ring = first.reshape(n * n, n * n) @ second.reshape(n * n, n * n).T
    ring = ring.reshape(n, n, n, n).transpose(0, 2, 3, 1) * bond[:, None] * bond
    return ring.reshape(n * n, n * n)


@singledispatch
def degeneracy(tensor) -> float:
    """Return Z = (Tr M)² / Tr M² of one column, or (Tr K²)² / Tr K⁴ of two."""
    matrix = column_transfer(tensor)
    return float(np.trace(matrix) ** 2 / np.sum(matrix * matrix.T))


@degeneracy.register
def _(tensor: LoopTensor) -> float:
    matrix = shifted_transfer(tensor)
    square = matrix @ matrix
    return float(np.trace(square) ** 2 / np.sum(square * square.T))


def spectrum(tensor: BlockTensor, columns: int = 1, count: int = 8) -> list[Level]:
    """Return the lowest levels of a ring, Δ_0 = 0 first, a multiplet as one level.

    Parameters
    ----------
    tensor : BlockTensor
    columns : int
        1 or 2.
    count : int
        Number of levels.

    Raises
    ------
    InputError
        If another number of columns is asked for.
    BudgetError
        If the leg is too large for two columns.
    """
    levels = _eigenvalues(tensor, columns)
    largest = abs(levels[0][0])
    scale = columns / (2 * np.pi)
    return [
        Level(float(-scale * np.log(abs(value) / largest)) + 0.0, name, momentum, parity, size)
        for value, name, momentum, parity, size in levels[:count]
        if abs(value) > _SMALLEST * largest
    ]


def scaling_dimensions(tensor: BlockTensor, columns: int = 1, count: int = 8) -> np.ndarray:
    """Return the lowest Δ_k, Δ_0 = 0 first, every member of a multiplet, shape ``(level,)``."""
    levels = spectrum(tensor, columns, count)
    found = np.repeat([level.dimension for level in levels], [lv.multiplicity for lv in levels])
    return found[:count]


def log_largest_eigenvalue(tensor: BlockTensor, columns: int = 1) -> float:
    """Return ln λ_0 of a ring, the scale of the tensor left out, in nats."""
    return float(np.log(abs(_eigenvalues(tensor, columns)[0][0])))


def central_charge(tensor: BlockTensor, after: BlockTensor) -> float:
    """Return c = (6/π)(ln λ_0 − s) from a tensor and the next; meaningful at a fixed point."""
    growth = after.log_scale - 2 * tensor.log_scale
    return 6 / np.pi * (log_largest_eigenvalue(tensor) - growth)


def _eigenvalues(tensor: BlockTensor | LoopTensor, columns: int) -> list[tuple]:
    """Return (λ, irrep, momentum, parity, multiplicity), |λ| falling."""
    found = []
    for number, momentum, parity, part in _reduced_transfer(tensor, columns):
        irrep = tensor.leg.irreps[number]
        values = np.linalg.eigvals(part)
        values = values[np.argsort(-np.abs(values))]
        # The row space has every eigenvalue as often as its commutant has dimensions.
        for value in values[:: irrep.commutant]:
            shift = momentum if momentum is not None else int(value.real < 0)
            found.append((value, irrep.name, shift, parity, irrep.dimension))
    return sorted(found, key=lambda level: -abs(level[0]))


@singledispatch
def _reduced_transfer(tensor, columns: int):
    """Yield (irrep, momentum or None, parity, matrix of the row space) of a ring."""
    if columns == 1:
        matrix, parts = column_transfer(tensor), _single_parts(tensor.leg)
    elif columns == 2:
        matrix, parts = pair_transfer(tensor), _pair_parts(tensor.leg)
    else:
        raise InputError(f"a ring of {columns} columns was asked for: tensor rings have 1 or 2")
    for number, momentum, parity, basis in parts:
        yield number, momentum, parity, basis.T @ (basis.T @ matrix.T).T


@_reduced_transfer.register
def _(tensor: LoopTensor, columns: int):
    if columns != 2:
        raise InputError(
            f"a ring of {columns} columns was asked for: those of optimised tensors have 2"
        )
    matrix = shifted_transfer(tensor)
    for sector in irrep_sectors(tensor.leg):
        yield sector.irrep, None, 0, sector.transposed @ (sector.transposed @ matrix.T).T


def _single_parts(leg: Leg):
    """Yield (irrep, momentum, parity, row space as sparse columns) of one leg."""
    for number, irrep in enumerate(leg.irreps.all):
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


def _pair_parts(leg: Leg):
    """Yield the same for two legs: the shift swaps them, the reflection is a mirror on each."""
    mirrors = np.array([multiplet.mirror for multiplet in leg.multiplets])
    for sector in pair_sectors(leg):
        reflection = mirrors[sector.factors].prod(axis=1)
        for sign in (1, -1):
            kept = np.flatnonzero(reflection == sign)
            if len(kept):
                momentum = 0 if sector.parity * sign == 1 else 1
                yield sector.irrep, momentum, sign, sector.rows[:, kept]
