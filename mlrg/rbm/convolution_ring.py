"""One column of teacher blocks of continuous spins, whose transfer matrix is a convolution.

Closed to a ring, a block of corners a, c, b, c has M_ab = ∫ dc W(a, c)² W(c, b)² (Eqs. 22, 25),
with W the weight of an edge, a function of the angle. By the Funk–Hecke theorem its eigenvectors
are harmonics, and its eigenvalues the squares of the coefficients of W². Those of W itself are
|ŵ|² of the bonds, whose hidden spin is integrated. No point of a rule is needed.
"""

from functools import cached_property

import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.model import SpinModel
from mlrg.rbm.block import as_couplings
from mlrg.rbm.expansion import Harmonics
from mlrg.rgmap import RingLevel
from mlrg.symmetry.irreps_of import irreps_of

# Eigenvalues below this share of the largest are rounding.
_SMALLEST = 1e-14


class ConvolutionRing:
    """A ring of one block.

    Parameters
    ----------
    model : SpinModel
        Of spins on a circle or a sphere.
    couplings : array
        Teacher couplings, shape ``(coupling,)``.
    columns : int
        One.

    Raises
    ------
    NoAnswerError
        If there are more columns.
    """

    def __init__(self, model: SpinModel, couplings, columns: int = 1):
        if columns != 1:
            raise NoAnswerError(
                f"a ring of {columns} blocks of {model.internal.group.name} spins was asked for: "
                "the star of continuous spins has rings of one; ask for 1 column, take the star "
                "of a clock (SpinModel.clock), or use tensor students (--student tensor)"
            )
        self.model, self.columns = model, columns
        self._couplings = as_couplings(couplings, model.couplings.dimension, "teacher")[0]
        self._harmonics = Harmonics(model.spins.shape, model.spins.unit)

    @cached_property
    def _values(self) -> tuple[np.ndarray, float]:
        """The eigenvalue of each harmonic over that of the first, and the logarithm of that."""
        harmonics = self._harmonics
        bond, bond_scale = harmonics.coefficients(
            self._couplings @ self.model.couplings.profile(harmonics.angles)
        )
        edge = harmonics.values(np.abs(bond) ** 2)
        # Rounding makes small weights negative.
        logs = 2 * np.log(np.maximum(edge, np.finfo(float).tiny))
        found, scale = harmonics.coefficients(logs)
        values = np.square(found.real)
        return values / values[0], float(8 * bond_scale + 2 * scale + np.log(values[0]))

    def log_trace(self, rows: int) -> float:
        """Return ln Tr M^rows in nats."""
        values, scale = self._values
        return float(np.log(self._harmonics.multiplicities @ values**rows)) + rows * scale

    def sizes(self, count: int) -> np.ndarray:
        """Return the largest ln|λ|, every state, falling."""
        values, scale = self._values
        every = np.sort(np.repeat(values, self._harmonics.multiplicities))[::-1][:count]
        return np.log(every[every > _SMALLEST]) + scale

    def levels(self, count: int) -> list[RingLevel]:
        """Return the largest eigenvalues, a multiplet as one, falling."""
        values, scale = self._values
        irreps = irreps_of(self.model.internal.group)
        found = []
        for charge, value in zip(self._harmonics.charges.tolist(), values, strict=True):
            if value > 1e2 * _SMALLEST:
                irrep = irreps[irreps.number(charge)]
                size = float(np.log(value)) + scale
                found.append(RingLevel(size, irrep.name, 0, 1, irrep.dimension))
        return sorted(found, key=lambda level: -level.log_size)[:count]
