"""The Boltzmann tensor of a declared model whose rows and columns have couplings of their own.

Corners of a block run from the top right; its edges are x_0 x_1 and x_2 x_3 along rows, with
couplings J, and x_1 x_2 and x_3 x_0 along columns, with r J. Legs are corners, so that the tensor
stands on the diagonals of the lattice of vertices: a rhombus, not a rectangle.
"""

from dataclasses import dataclass

import numpy as np

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.rbm.block import as_couplings
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.tensor.lattices import LATTICES, Edge, carry_a1
from mlrg.tensor.legs import Leg, spin_leg
from mlrg.tensor.two_leg_tensor import TwoLegTensor, plain


@dataclass(frozen=True, eq=False)
class AnisotropicBlock:
    """The Boltzmann tensor of a block as a function of the couplings of its rows.

    Attributes
    ----------
    edge : callable
        From couplings ``(coupling,)`` to ln w, shape ``(state, state)``.
    dimension : int
        Number of couplings.
    anisotropy : float
        r.
    leg : Leg
    states : numpy.ndarray
        The leg's states in terms of the spin's, orthonormal columns.
    """

    edge: Edge
    dimension: int
    anisotropy: float
    leg: Leg
    states: np.ndarray

    @classmethod
    def of(cls, model: SpinModel, anisotropy: float, lattice: str) -> "AnisotropicBlock":
        """Return the block of a model on one of `LATTICES`.

        Raises
        ------
        InputError
            If spins do not carry A1.
        BudgetError
            If a spin has too many states, or the group too many elements.
        """
        if not carry_a1(model):
            raise InputError(
                f"spins that carry {model.point.name} were declared with an anisotropy: without "
                "the turn of the lattice they carry A1"
            )
        irreps_of(model.internal.group)
        leg, states = spin_leg(model)
        return cls(
            LATTICES[lattice].edge(model), model.couplings.dimension, anisotropy, plain(leg), states
        )

    def __call__(self, couplings) -> TwoLegTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        rows = as_couplings(couplings, self.dimension, "anisotropic lattice")[0]
        logs = [self.edge(values) for values in (rows, self.anisotropy * rows)]
        largest = [values.max() for values in logs]
        row, column = (np.exp(values - top) for values, top in zip(logs, largest, strict=True))
        corners = np.einsum("wx,xy,yz,zw->wxyz", row, column, row, column, optimize=True)
        for _ in range(corners.ndim):
            corners = np.tensordot(corners, self.states, axes=(0, 0))
        weights = np.ones(len(self.leg.multiplets))
        # Two edges of each kind.
        found = TwoLegTensor((self.leg,) * 2, (weights,) * 2, corners, 2.0 * float(sum(largest)))
        return found.invariant.normalised
