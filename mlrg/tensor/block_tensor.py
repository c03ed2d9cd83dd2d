"""The block tensor T and its bond weights E: the local model of the tensor-network flow.

T_abcd is invariant under G × C4v, its legs in their own frames (`mlrg.tensor.legs`), and a bond of
the lattice sums over the states of two legs with the weight E, which commutes with G. Read as a
matrix M_(ab),(cd) = T_abcd it is stored sector by sector, so that it has no part that breaks the
symmetry.

The teacher's Boltzmann tensor (Eq. 22) with E = R² is the start of every flow: e^{−E_tch}
summed over its edge spins is Π_i w(y_i, y_{i+1}) with w(y, y') = W_0(y, R y') in the frames of the
legs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.flow.blocks import rg_block
from mlrg.model import SpinModel
from mlrg.rbm.exact import edge_tables
from mlrg.tensor.legs import Leg, spin_leg
from mlrg.tensor.pairs import Sector, pair_sectors


@dataclass(frozen=True, eq=False)
class BlockTensor:
    """An invariant rank-4 tensor with bond weights.

    Attributes
    ----------
    leg : Leg
    weights : numpy.ndarray
        E of every multiplet of the leg, shape ``(multiplet,)``; its sign is the inversion's.
    blocks : tuple of numpy.ndarray
        Symmetric matrix of each sector, shape ``(column, column)``.
    log_scale : float
        ln of the factor by which the tensor has to be multiplied, in nats.
    """

    leg: Leg
    weights: np.ndarray
    blocks: tuple[np.ndarray, ...]
    log_scale: float = 0.0

    @property
    def sectors(self) -> tuple[Sector, ...]:
        """The sectors of the pairs, one a block."""
        return pair_sectors(self.leg)

    @cached_property
    def bond(self) -> np.ndarray:
        """E of every state of the leg, shape ``(state,)``."""
        return self.leg.spread(self.weights)

    @cached_property
    def dense(self) -> np.ndarray:
        """T_abcd without its scale, shape ``(n, n, n, n)``."""
        n = self.leg.dimension
        matrix = np.zeros((n * n, n * n))
        for sector, block in zip(self.sectors, self.blocks, strict=True):
            # With a commutant larger than the reals the rows of an irrep overlap.
            share = block / self.leg.irreps[sector.irrep].commutant
            for partner in sector.partners:
                matrix += partner @ (partner @ share).T
        return matrix.reshape(n, n, n, n)


def boltzmann_tensor(model: SpinModel) -> Callable[[np.ndarray], BlockTensor]:
    """Return the function from teacher couplings ``(coupling,)`` to the block tensor.

    Raises
    ------
    BudgetError
        If a spin has too many states for its tensor to be written down.
    InputError
        If the symmetry allows no coupling.
    """
    leg, states = spin_leg(model)
    block = rg_block(model)
    turn = np.array(model.spins.rotation)
    weights = np.array([float(m.inversion) for m in leg.multiplets])
    sectors = pair_sectors(leg)

    def tensor(couplings) -> BlockTensor:
        logs = edge_tables(block, couplings)[0][:, turn]
        largest = logs.max()
        edge = np.exp(logs - largest)
        # T_abcd = Σ_x U_xa … w(x0, x1) w(x1, x2) w(x2, x3) w(x3, x0), as two halves.
        half = np.einsum("xy,yb,yz->xbz", edge, states, edge, optimize=True)
        one = np.einsum("xa,xbz->abxz", states, half, optimize=True)
        two = np.einsum("zc,zdx->cdxz", states, half, optimize=True)
        size = leg.dimension**2
        matrix = one.reshape(size, -1) @ two.reshape(size, -1).T
        blocks = tuple(reduced(sector, matrix) for sector in sectors)
        return BlockTensor(leg, weights, blocks, 4 * float(largest))

    return tensor


def reduced(sector: Sector, matrix: np.ndarray) -> np.ndarray:
    """Return a sector's part of a matrix over pairs, symmetrised, shape ``(column, column)``."""
    total = sum((partner.T @ (partner.T @ matrix).T) for partner in sector.partners)
    total = total / len(sector.partners)
    return 0.5 * (total + total.T)
