"""The Boltzmann tensor of a block (Eq. 22): the start of a declared model's tensor flow.

It is Π_i w(y_i, y_{i+1}) in the frames of the legs, w that of the lattice (`mlrg.tensor.lattices`);
bond weights are E = R².
"""

from dataclasses import dataclass

import numpy as np

from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.tensor.lattices import LATTICES, Edge
from mlrg.tensor.legs import Leg, spin_leg
from mlrg.tensor.points import BlockTensor, block_tensor


@dataclass(frozen=True, eq=False)
class BoltzmannTensor:
    """The Boltzmann tensor of a block as a function of its couplings.

    Attributes
    ----------
    edge : callable
        From couplings ``(coupling,)`` to ln w, shape ``(state, state)``.
    leg : Leg
    states : numpy.ndarray
        The leg's states in terms of the spin's, orthonormal columns.
    """

    edge: Edge
    leg: Leg
    states: np.ndarray

    @classmethod
    def of(cls, model: SpinModel, lattice: str = "lieb") -> "BoltzmannTensor":
        """Return the Boltzmann tensor of a model on one of `LATTICES`.

        Raises
        ------
        BudgetError
            If a spin has too many states for its tensor to be written down, or the group too many
            elements.
        InputError
            If the symmetry allows no coupling, or the lattice does not take such spins.
        """
        # A group that is too large is known at once, what its spins are only after minutes.
        irreps_of(model.internal.group)
        return cls(LATTICES[lattice].edge(model), *spin_leg(model))

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
        logs = np.array([self.edge(row) for row in rows])
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
