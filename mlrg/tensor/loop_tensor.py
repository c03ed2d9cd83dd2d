"""The block tensor of optimised students: it has the symmetry of a rectangle.

Rings sit on every second plaquette of one colour, and the two sublattices carry T and T turned by
90°. What is C4-symmetric is the lattice about the rings.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.tensor.block_tensor import BlockTensor
from mlrg.tensor.legs import Leg, Multiplet


@dataclass(frozen=True, eq=False)
class LoopTensor:
    """A block tensor with the symmetry of a rectangle, and its bond weights.

    Attributes
    ----------
    leg : Leg
        What G makes of a leg; mirror signs are +1.
    weights : numpy.ndarray
        E of every multiplet, shape ``(multiplet,)``.
    dense : numpy.ndarray
        T_abcd = T_cdab = m m m m T_badc, shape ``(n, n, n, n)``.
    mirrors : numpy.ndarray
        m of every state, shape ``(state,)``; 1 after the first step.
    log_scale : float
        ln of the factor by which the tensor has to be multiplied, in nats.
    """

    leg: Leg
    weights: np.ndarray
    dense: np.ndarray
    mirrors: np.ndarray
    log_scale: float = 0.0

    @cached_property
    def bond(self) -> np.ndarray:
        """E of every state of the leg, shape ``(state,)``."""
        return self.leg.spread(self.weights)

    @classmethod
    def of(cls, tensor: BlockTensor) -> "LoopTensor":
        """Return a C4-symmetric block tensor as one that need not stay so."""
        plain = tuple(Multiplet(m.irrep, 1, m.inversion) for m in tensor.leg.multiplets)
        return cls(
            Leg(tensor.leg.irreps, plain),
            tensor.weights,
            tensor.dense,
            tensor.leg.mirrors,
            tensor.log_scale,
        )
