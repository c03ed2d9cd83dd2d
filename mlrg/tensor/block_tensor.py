"""The block tensor T and its bond weights E: the local model of the tensor-network flow.

T_abcd is invariant under G × C4v, its legs in their own frames (`mlrg.tensor.legs`), and a bond of
the lattice sums over the states of two legs with the weight E, which commutes with G. Read as a
matrix M_(ab),(cd) = T_abcd it is stored sector by sector, so that it has no part that breaks the
symmetry.

The teacher's Boltzmann tensor (Eq. 22) with E = R² is the start of every flow: e^{−E_tch}
summed over its edge spins is Π_i w(y_i, y_{i+1}) with w(y, y') = W_0(y, R y') in the frames of the
legs.
"""

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


@dataclass(frozen=True, eq=False)
class BoltzmannTensor:
    """The teacher's Boltzmann tensor as a function of its couplings.

    Attributes
    ----------
    model : SpinModel
    leg : Leg
    states : numpy.ndarray
        The leg's states in terms of the spin's, orthonormal columns.
    """

    model: SpinModel
    leg: Leg
    states: np.ndarray

    def matrices(self, couplings) -> tuple[np.ndarray, np.ndarray]:
        """Return M_(ab),(cd) = T_abcd for many couplings, and the logarithms of their factors.

        Parameters
        ----------
        couplings : array
            Shape ``(batch, coupling)``.

        Returns
        -------
        tuple of arrays
            Shapes ``(batch, n², n²)`` and ``(batch,)``, in nats.
        """
        block = rg_block(self.model)
        turn = np.array(self.model.spins.rotation)
        logs = np.array([edge_tables(block, row)[0][:, turn] for row in np.atleast_2d(couplings)])
        largest = logs.max(axis=(1, 2))
        edge = np.exp(logs - largest[:, None, None])
        # T_abcd = Σ_x U_xa … w(x0, x1) w(x1, x2) w(x2, x3) w(x3, x0), as two halves.
        half = np.einsum("txy,yb,tyz->txbz", edge, self.states, edge, optimize=True)
        one = np.einsum("xa,txbz->tabxz", self.states, half, optimize=True)
        two = np.einsum("zc,tzdx->txzcd", self.states, half, optimize=True)
        size, inner = self.leg.dimension**2, len(self.states) ** 2
        count = len(edge)
        matrices = one.reshape(count, size, inner) @ two.reshape(count, inner, size)
        return matrices, 4 * largest

    def __call__(self, couplings) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        matrices, scale = self.matrices(couplings)
        blocks = tuple(reduced(sector, matrices[0]) for sector in pair_sectors(self.leg))
        return BlockTensor(self.leg, self.leg.inversions, blocks, float(scale[0]))


def boltzmann_tensor(model: SpinModel) -> BoltzmannTensor:
    """Return the function from teacher couplings ``(coupling,)`` to the block tensor.

    Raises
    ------
    BudgetError
        If a spin has too many states for its tensor to be written down.
    InputError
        If the symmetry allows no coupling.
    """
    rg_block(model)
    return BoltzmannTensor(model, *spin_leg(model))


def reduced(sector: Sector, matrix: np.ndarray) -> np.ndarray:
    """Return a sector's part of a matrix over pairs, symmetrised, shape ``(column, column)``."""
    total = sum((partner.T @ (partner.T @ matrix).T) for partner in sector.partners)
    total = total / len(sector.partners)
    return 0.5 * (total + total.T)
