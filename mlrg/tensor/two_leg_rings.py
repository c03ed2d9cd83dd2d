"""Rings of anisotropic block tensors, and the modular parameter that four of them tell.

A ring whose circumference is the vector w, with rows that lead on by v, has eigenvalues

    ln|λ_k/λ_0| = −2π Δ_k Im(v/w).

One level is read on two columns along p_1 and along p_2, and on the zigzags of one block along
p_1 − p_2 and p_1 + p_2, whose matrices are the block tensor itself, as it is split. With
τ = p_2/p_1 the gaps stand in the ratios

    Im τ/2 : Im τ/2|τ|² : Im τ/|1 − τ|² : Im τ/|1 + τ|²,

from which τ follows. Of what the rings of few columns miss, straight and diagonal ones only enter
as ratios of a kind.
"""

import numpy as np

from mlrg.errors import BudgetError, InputError
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.tensor_ring import TensorRing, single_parts
from mlrg.tensor.two_leg_tensor import TwoLegTensor

# Legs up to which a ring of two columns is written down.
PAIR_LIMIT = 40
# Δ, of a square lattice, below which a level counts as the identity's, and above which rounding
# and truncation are all that is left of it.
_IDENTITY, _LOST = 1e-2, 3.0
# Levels among which it is looked for.
_SEEN = 12


def ring_along_row(tensor: TwoLegTensor, columns: int) -> TensorRing:
    """Return the ring of one or two blocks along p_1.

    Raises
    ------
    InputError
        If it has no column, or more than two.
    BudgetError
        If the leg is too large.
    """
    (along, up), leg = tensor.bonds, tensor.legs[1]
    if columns == 1:
        matrix = np.einsum("cacb,c,b->ab", tensor.dense, along, up, optimize=True)
        # There is no reflection: mirror signs are +1 and mean nothing.
        parts = tuple((irrep, momentum, 0, rows) for irrep, momentum, _, rows in single_parts(leg))
        return TensorRing(leg.irreps, 1, matrix, parts)
    if columns != 2:
        raise InputError(
            f"a ring of {columns} columns of anisotropic tensors was asked for: give one or two"
        )
    n = leg.dimension
    if n > PAIR_LIMIT:
        raise BudgetError(
            f"two columns of {n} states have a transfer matrix of {n * n} rows (limit "
            f"{PAIR_LIMIT**2}): use one column"
        )
    # T_{e a f c} T_{f b e d}: e and f are the two bonds of the row.
    weighted = tensor.dense * along[:, None, None, None]
    matrix = np.einsum("eafc,fbed->abcd", weighted, weighted, optimize=True)
    matrix = (matrix * up[:, None] * up).reshape(n * n, n * n)
    parts = tuple((s.irrep, 0 if s.parity == 1 else 1, 0, s.rows) for s in pair_sectors(leg))
    return TensorRing(leg.irreps, 2, matrix, parts)


def _zigzag(tensor: TwoLegTensor) -> TensorRing:
    """Return the ring of one block along p_1 − p_2: M_(ab),(cd) = T_abcd E_c F_d."""
    along, up = tensor.bonds
    size = along.size * up.size
    matrix = (tensor.dense * along[:, None] * up).reshape(size, size)
    parts = tuple((sector.irrep, 0, 0, sector.rows) for sector in tensor.sectors)
    return TensorRing(tensor.legs[0].irreps, 1, matrix, parts)


def modular_parameter(tensor: TwoLegTensor) -> complex:
    """Return τ from the lowest level above the identity; NaN where none is resolved, in a phase.

    The sign of Re τ is that of the lattice: positive if p_2 leans to the right.
    """
    turned = tensor.turned
    rings = (
        *(ring_along_row(side, 2) for side in (tensor, turned)),
        *(_zigzag(side) for side in (tensor, turned)),
    )
    lowest, *others = (ring.levels(_SEEN) for ring in rings)
    seen = [
        (level.irrep, gap)
        for level, gap in ((level, lowest[0].log_size - level.log_size) for level in lowest)
        if np.pi * _IDENTITY < gap < np.pi * _LOST
    ]
    if not seen:
        return complex(np.nan, np.nan)
    irrep, along = seen[0]
    gaps = [along, *(_gap(levels, irrep) for levels in others)]
    if None in gaps:
        return complex(np.nan, np.nan)
    along, up, falling, rising = gaps
    size = along / up
    leaning = 0.5 * (1.0 + size) * (falling - rising) / (falling + rising)
    height = size - leaning**2
    return complex(leaning, np.sqrt(height)) if height > 0 else complex(np.nan, np.nan)


def _gap(levels, irrep: str) -> float | None:
    """Return how far the lowest level of an irrep lies above the identity's; None without one."""
    gaps = [levels[0].log_size - level.log_size for level in levels if level.irrep == irrep]
    return next((gap for gap in gaps if gap > np.pi * _IDENTITY), None)
