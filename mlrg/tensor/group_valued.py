"""The Boltzmann tensor of a block of spins with values in a group, from its irreps.

Functions on G are Y^λ_ij(x) = √d_λ D^λ_ij(x) (measure one), and a class function f of x⁻¹y weighs

    w(x, y) = Σ ŵ_λ Y^λ_ij(x) Y^λ_ij(y),     ŵ_λ = Σ_g f(g) χ_λ(g) / (d_λ |G|),

so that a leg carries λ×λ once for each λ, and the block tensor is one trace a sector
(`mlrg.tensor.fourier`). Nothing has |G|⁴ entries. On the Lieb lattice ŵ is squared: the spin of a
bond is summed out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.errors import BudgetError
from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.rbm.block import as_couplings
from mlrg.symmetry.class_functions import group_of_values
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.two_sided import TwoSidedGroup
from mlrg.symmetry.two_sided_irreps import TwoSidedIrreps
from mlrg.tensor.fourier import fourier_blocks
from mlrg.tensor.legs import STATE_LIMIT, Leg, Multiplet
from mlrg.tensor.points import BlockTensor


@dataclass(frozen=True, eq=False)
class GroupTensor:
    """The block tensor of spins with values in a group as a function of their couplings.

    Attributes
    ----------
    model : SpinModel
    lattice : {"lieb", "square"}
    """

    model: SpinModel
    lattice: str

    def __post_init__(self):
        size = self.model.internal.group.base.order
        if size > STATE_LIMIT:
            raise BudgetError(
                f"the block tensor of a spin with {size} values has legs of as many states; up to "
                f"{STATE_LIMIT} are taken: choose a smaller group"
            )

    @staticmethod
    def serves(model: SpinModel) -> bool:
        """Return whether a model's spins have values in a group whose irreps are real."""
        if not isinstance(model.internal.group, TwoSidedGroup):
            return False
        return group_of_values(model.couplings) is not None

    @cached_property
    def irreps(self) -> TwoSidedIrreps:
        """Of G acting on itself from both sides."""
        return irreps_of(self.model.internal.group)

    @property
    def _base(self):
        return self.irreps.base

    @cached_property
    def leg(self) -> Leg:
        """λ×λ for each λ of G, in the order of G's list."""
        labels = (Multiplet(number, 1, 1) for number in self.irreps.functions)
        return Leg(self.irreps, tuple(labels))

    @cached_property
    def functions(self) -> np.ndarray:
        """Y_a of every element of G, shape ``(a, element)``."""
        parts = [
            np.sqrt(irrep.dimension) * irrep.matrices.reshape(len(irrep.matrices), -1).T
            for irrep in self._base.all
        ]
        return np.concatenate(parts)

    @cached_property
    def _vertices(self) -> np.ndarray:
        """G^a, shape ``(a, k, k)``."""
        every = self.functions
        found = np.einsum("ag,kg,lg->akl", every, every, every, optimize=True) / every.shape[1]
        # Rounding of exact zeros.
        found[np.abs(found) < 1e-13] = 0.0
        return found

    def edge(self, couplings) -> tuple[np.ndarray, float]:
        """Return ŵ_λ of each irrep of G, and the logarithm of what w was divided by.

        Raises
        ------
        CouplingError
            If there are not as many couplings as the model has.
        """
        space = self.model.couplings
        row = as_couplings(couplings, space.dimension, f"{self.lattice} lattice")[0]
        elements = space.source.values.argmax(axis=1)
        logs = np.empty(len(elements))
        # Those of pairs whose first spin is the identity.
        logs[elements] = row @ space.features[:, int(np.flatnonzero(elements == 0)[0])]
        largest = logs.max()
        weights = np.exp(logs - largest)
        found = np.array(
            [
                weights @ np.trace(irrep.matrices, axis1=1, axis2=2) / irrep.dimension
                for irrep in self._base.all
            ]
        )
        size = len(weights)
        if self.lattice == "lieb":
            # Spins are summed, and not averaged: that of the bond, half of one at either end.
            return (found / size) ** 2, 2 * float(largest) + 1.5 * float(np.log(size))
        return found / size, float(largest) + 0.5 * float(np.log(size))

    def __call__(self, couplings) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``."""
        edge, scale = self.edge(couplings)
        leg = self.leg
        blocks = fourier_blocks(leg, self._vertices * leg.spread(edge))
        return BlockTensor(leg, leg.inversions, blocks, CORNERS * scale)

    def matrices(self, couplings) -> tuple[np.ndarray, np.ndarray]:
        """Return M_(ab),(cd) = T_abcd of many couplings, as `BoltzmannTensor.matrices`."""
        found = [self(row) for row in np.atleast_2d(couplings)]
        size = self.leg.dimension**2
        rows = [tensor.dense.reshape(size, size) for tensor in found]
        return np.stack(rows), np.array([tensor.log_scale for tensor in found])
