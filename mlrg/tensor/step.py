"""One RG step of the tensor network: split every block tensor, join the halves around a plaquette.

M_(ab),(cd) = T_abcd is symmetric and commutes with G: M = Σ_z λ_z v^z (v^z)ᵀ, sector by sector. Of
its states n are kept, in the order of |λ|, multiplets in full:

    S^z_ab = v^z_ab |λ_z|^{(1−k)/2},   E'_z = sign(λ_z) |λ_z|^k,   so that S E' Sᵀ = M,

with k = −1/2 the bond-weighted renormalisation (Adachi, Okubo, Todo 2022) and k = 0 that of Levin
and Nave (2007). Four halves around a plaquette are the new tensor, its legs turned by 45°:

    T'_zuvw = Σ_abcd S^z_ab E_b S^u_bc E_c S^v_cd E_d S^w_da E_a.

The scale factor is √2, as that of the RBMs. T' is cyclic whatever S is. v's parity under the mirror
that swaps a and b is the mirror sign of the new leg and sign(λ) its inversion sign: the new leg's
representation is chosen by the flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlrg.errors import InputError
from mlrg.tensor.block_tensor import BlockTensor
from mlrg.tensor.irreps import Irreps
from mlrg.tensor.legs import Leg, Multiplet, split_multiplets
from mlrg.tensor.pairs import Sector, pair_sectors

BOND_WEIGHTED = -0.5
LEVIN_NAVE = 0.0

# Eigenvalues below this share of the largest are rounding: kept, E' would be its inverse root.
_ZERO = 1e-13
# Eigenvalues as close as this are one multiplet of a symmetry that was not declared.
_EQUAL = 1e-9

# An eigenvalue, its sector, and the weights of the sector's columns.
Eigenvector = tuple[float, Sector, np.ndarray]


@dataclass(frozen=True)
class Split:
    """The kept eigenvectors of one block tensor.

    Attributes
    ----------
    leg : Leg
        The new leg.
    values : numpy.ndarray
        λ of each multiplet, shape ``(multiplet,)``.
    vectors : numpy.ndarray
        v^z_ab, shape ``(state, n, n)``.
    """

    leg: Leg
    values: np.ndarray
    vectors: np.ndarray


def split(tensor: BlockTensor, states: int) -> Split:
    """Return the eigenvectors of T with the largest |λ|, at most `states` of them.

    Fewer are kept where the next multiplet does not fit, or is degenerate with one that does not.

    Raises
    ------
    InputError
        If not even the first fits.
    """
    irreps, n = tensor.leg.irreps, tensor.leg.dimension
    found, count = multiplets(irreps, tensor.sectors, tensor.blocks, states)
    kept = found[:count]
    labels = tuple(
        Multiplet(sector.irrep, sector.parity, 1 if value > 0 else -1) for value, sector, _ in kept
    )
    values = np.array([value for value, _, _ in kept])
    return Split(Leg(irreps, labels), values, states_of(kept, n))


def multiplets(
    irreps: Irreps, sectors: tuple[Sector, ...], blocks: Sequence[np.ndarray], states: int
) -> tuple[list[Eigenvector], int]:
    """Return the multiplets of a matrix, |λ| falling, and how many of them `states` states hold.

    Raises
    ------
    InputError
        If not even the first fits.
    """
    found = []
    for sector, block in zip(sectors, blocks, strict=True):
        for value, columns in eigenvectors(sector, block, irreps[sector.irrep].commutant):
            found.append((value, sector, columns))
    found.sort(key=lambda entry: -abs(entry[0]))
    sizes = np.array([len(sector.partners) for _, sector, _ in found])
    return found, _kept_count(np.abs([value for value, _, _ in found]), sizes, states)


def states_of(found: list[Eigenvector], size: int) -> np.ndarray:
    """Return v^z_ab of every state of multiplets, shape ``(state, size, size)``."""
    return np.array(
        [
            (partner @ columns).reshape(size, size)
            for _, sector, columns in found
            for partner in sector.partners
        ]
    )


def _kept_count(sizes_of: np.ndarray, states_of: np.ndarray, limit: int) -> int:
    """Return how many multiplets to keep, from their |λ| in falling order and their sizes."""
    count = int(np.searchsorted(np.cumsum(states_of), limit, side="right"))
    count = min(count, int((sizes_of > _ZERO * sizes_of[0]).sum()))
    full = count
    while (
        0 < count < len(sizes_of) and sizes_of[count - 1] - sizes_of[count] < _EQUAL * sizes_of[0]
    ):
        count -= 1
    if count == 0 and full == 0:
        raise InputError(
            f"{limit} states do not hold the first multiplet of {states_of[0]}: "
            "give --states at least as many"
        )
    # A phase of more ordered states than fit is all one degenerate multiplet.
    return count or full


def eigenvectors(sector: Sector, block: np.ndarray, commutant: int):
    """Return (λ, columns' weights) of the multiplets of a sector."""
    values, vectors = np.linalg.eigh(block)
    if commutant == 1:
        return list(zip(values, _signed(vectors).T, strict=True))
    found, start = [], 0
    scale = np.abs(values).max(initial=0.0)
    while start < len(values):
        # Every eigenvalue comes `commutant` times; accidental degeneracies make it more.
        stop = start + commutant
        while stop < len(values) and values[stop] - values[stop - 1] < _EQUAL * scale:
            stop += commutant
        mean = values[start:stop].mean()
        if stop - start == commutant:
            found.append((mean, vectors[:, start]))
        else:
            lines = split_multiplets(vectors[:, start:stop], sector.overlaps)
            found += [(mean, columns[:, 0]) for columns in lines]
        start = stop
    return found


def _signed(vectors: np.ndarray) -> np.ndarray:
    """Return columns whose largest entry is positive."""
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(largest < 0, -1.0, 1.0)


def join(tensor: BlockTensor, halves: Split, power: float = BOND_WEIGHTED) -> BlockTensor:
    """Return the new block tensor from the halves of the old one, and the old bond weights."""
    sizes = halves.leg.spread(np.abs(halves.values) ** (0.5 * (1.0 - power)))
    weights = np.sign(halves.values) * np.abs(halves.values) ** power
    blocks = _around(tensor, halves.leg, sizes[:, None, None] * halves.vectors)
    return normalised(BlockTensor(halves.leg, weights, blocks, 2 * tensor.log_scale))


def _around(tensor: BlockTensor, leg: Leg, halves: np.ndarray) -> tuple[np.ndarray, ...]:
    """Contract four halves ``(state, n, n)`` with the old weights; sector by sector."""
    n, new = tensor.leg.dimension, leg.dimension
    # A_(ac),(zu) = Σ_b S^z_ab E_b S^u_bc commutes with the symmetry, too: T' = Σ p A EE mm Aᵀ.
    weighted = halves * tensor.bond
    two = np.tensordot(weighted, halves, axes=(2, 1)).transpose(1, 3, 0, 2)
    two = two.reshape(n * n, new * new)
    inner = {(s.irrep, s.parity): s for s in tensor.sectors}
    signed = tensor.weights * np.array([m.mirror for m in tensor.leg.multiplets])
    blocks = []
    for sector in pair_sectors(leg):
        below = inner.get((sector.irrep, sector.parity))
        if below is None:
            blocks.append(np.zeros((sector.size,) * 2))
            continue
        half = below.transposed @ (sector.transposed @ two.T).T
        bonds = signed[below.factors].prod(axis=1)
        blocks.append(sector.parity * half.T @ (bonds[:, None] * half))
    return tuple(blocks)


def normalised(tensor: BlockTensor) -> BlockTensor:
    """Return the tensor with norm 1 and |E| = 1 on its first state, the factors in its scale."""
    bond = abs(tensor.weights[0])
    sizes = [
        np.sum(block * block) * len(sector.partners) / tensor.leg.irreps[sector.irrep].commutant
        for sector, block in zip(tensor.sectors, tensor.blocks, strict=True)
    ]
    largest = np.sqrt(sum(sizes))
    # Every tensor owns two bonds.
    scale = tensor.log_scale + 2 * np.log(bond) + np.log(largest)
    blocks = tuple(block / largest for block in tensor.blocks)
    return BlockTensor(tensor.leg, tensor.weights / bond, blocks, float(scale))


def rg_step(tensor: BlockTensor, states: int, power: float = BOND_WEIGHTED) -> BlockTensor:
    """Return the block tensor of the coarse lattice.

    Parameters
    ----------
    tensor : BlockTensor
    states : int
        Largest dimension of the new legs.
    power : float
        k of the bond weights.

    Raises
    ------
    InputError
        If `states` does not hold the first multiplet.
    """
    return join(tensor, split(tensor, states), power)
