"""The teacher's Boltzmann tensor (Eq. 22): the start of every tensor flow.

e^{−E_tch} summed over its edge spins is Π_i w(y_i, y_{i+1}) with w(y, y') = W_0(y, R y') in the
frames of the legs; bond weights are E = R².
"""

from dataclasses import dataclass

import numpy as np

from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.rbm.block import Block, block_of
from mlrg.rbm.exact import edge_tables
from mlrg.symmetry.orthogonal_irreps import irreps_of
from mlrg.tensor.legs import Leg, spin_leg
from mlrg.tensor.points import BlockTensor, block_tensor


@dataclass(frozen=True, eq=False)
class BoltzmannTensor:
    """The teacher's Boltzmann tensor as a function of its couplings.

    Attributes
    ----------
    block : Block
    turn : numpy.ndarray
        The permutation that C4 makes of the spin's states.
    leg : Leg
    states : numpy.ndarray
        The leg's states in terms of the spin's, orthonormal columns.
    """

    block: Block
    turn: np.ndarray
    leg: Leg
    states: np.ndarray

    @classmethod
    def of(cls, model: SpinModel) -> "BoltzmannTensor":
        """Return the Boltzmann tensor of a model.

        Raises
        ------
        BudgetError
            If a spin has too many states for its tensor to be written down, or the group too many
            elements.
        InputError
            If the symmetry allows no coupling.
        """
        # A group that is too large is known at once, what its spins are only after minutes.
        irreps_of(model.internal.group)
        return cls(block_of(model), np.array(model.spins.rotation), *spin_leg(model))

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
        rows = np.atleast_2d(couplings)
        logs = np.array([edge_tables(self.block, row)[0][:, self.turn] for row in rows])
        largest = logs.max(axis=(1, 2))
        edge = np.exp(logs - largest[:, None, None])
        # T_abcd = Σ_x U_xa … w(x0, x1) w(x1, x2) w(x2, x3) w(x3, x0), as two halves.
        half = np.einsum("txy,yb,tyz->txbz", edge, self.states, edge, optimize=True)
        one = np.einsum("xa,txbz->tabxz", self.states, half, optimize=True)
        two = np.einsum("zc,tzdx->txzcd", self.states, half, optimize=True)
        size, inner = self.leg.dimension**2, len(self.states) ** 2
        count = len(edge)
        matrices = one.reshape(count, size, inner) @ two.reshape(count, inner, size)
        return matrices, CORNERS * largest

    def __call__(self, couplings) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        matrices, scale = self.matrices(couplings)
        return block_tensor(self.leg, self.leg.inversions, matrices[0], float(scale[0]))
