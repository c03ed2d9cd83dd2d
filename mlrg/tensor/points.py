"""Points of the tensor flows: block tensors with bond weights, C4-symmetric or of a rectangle.

T_abcd is invariant under G, its legs in their own frames (`mlrg.tensor.legs`), and a bond of the
lattice sums over the states of two legs with the weight E, which commutes with G.

A C4v-symmetric tensor, read as a matrix M_(ab),(cd) = T_abcd, is stored sector by sector, so that
it has no part that breaks the symmetry. Tensors matched around rings have the symmetry of a
rectangle: rings sit on every second plaquette of one colour, and the two sublattices carry T and T
turned by 90°. What is C4-symmetric there is the lattice about the rings.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.geometry import CORNERS
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import Sector, assembled, averaged, pair_sectors

# Powers of two of the largest entry, up or down, that a step is made from.
_RANGE = 60


@dataclass(frozen=True, eq=False, repr=False)
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
        ln of the factor that was taken out of it, in nats.
    """

    leg: Leg
    weights: np.ndarray
    blocks: tuple[np.ndarray, ...]
    log_scale: float = 0.0

    def __repr__(self):
        return f"<block tensor, leg {self.leg}>"

    @property
    def states(self) -> int:
        """Number of states of a leg."""
        return self.leg.dimension

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
        matrix = assembled(self.leg.irreps, self.sectors, self.blocks)
        return matrix.reshape((self.leg.dimension,) * CORNERS)

    @property
    def in_range(self) -> "BlockTensor":
        """The tensor, a power of two in its scale where products of its entries would overflow.

        Raises
        ------
        NoAnswerError
            If it is zero, or an entry is not finite.
        """
        largest = max((np.abs(block).max() for block in self.blocks if block.size), default=0.0)
        if not 0 < largest < np.inf:
            raise NoAnswerError(
                f"the largest entry of a block tensor is {largest}: it has no RG step; give finite "
                "numbers, not all zero"
            )
        power = int(np.frexp(largest)[1])
        if abs(power) <= _RANGE:
            return self
        blocks = tuple(np.ldexp(block, -power) for block in self.blocks)
        return replace(self, blocks=blocks, log_scale=self.log_scale + power * float(np.log(2)))

    @property
    def normalised(self) -> "BlockTensor":
        """The tensor with norm 1 and |E| = 1 on its first state, the factors in its scale.

        Raises
        ------
        NoAnswerError
            If it is zero.
        """
        bond = abs(self.weights[0])
        sizes = [
            np.sum(block * block) * len(sector.partners) / self.leg.irreps[sector.irrep].commutant
            for sector, block in zip(self.sectors, self.blocks, strict=True)
        ]
        norm = np.sqrt(sum(sizes))
        require_norm(norm)
        # Every tensor owns two bonds.
        scale = self.log_scale + CORNERS / 2 * np.log(bond) + np.log(norm)
        blocks = tuple(block / norm for block in self.blocks)
        return BlockTensor(self.leg, self.weights / bond, blocks, float(scale))


def log_of_trace(trace: float) -> float:
    """Return ln of the trace of a power of a transfer matrix, in nats.

    Raises
    ------
    NoAnswerError
        If it is not positive, as for couplings that are those of no spin model.
    """
    if not trace > 0:
        raise NoAnswerError(
            f"a torus of block tensors has Z = {trace:.3g}, which no positive weights have: "
            "states that were left out, or a learned flow, have led away from the tensors of spin "
            "models; keep more states, or train longer or in a narrower box"
        )
    return float(np.log(trace))


def require_norm(norm: float) -> None:
    """Refuse a coarse tensor that vanished.

    Raises
    ------
    NoAnswerError
        If its norm is zero.
    """
    if not norm > 0:
        raise NoAnswerError(
            "an RG step leads to a block tensor that is zero, so that the flow ends: its weights "
            "cancel; give a tensor with another sign or more states"
        )


def reduced(sector: Sector, matrix: np.ndarray) -> np.ndarray:
    """Return a sector's part of a matrix over pairs, symmetrised, shape ``(column, column)``."""
    total = averaged(sector, matrix)
    return 0.5 * (total + total.T)


def block_tensor(
    leg: Leg, weights: np.ndarray, matrix: np.ndarray, log_scale: float = 0.0
) -> BlockTensor:
    """Return the invariant part of a matrix over pairs ``(n², n²)`` as a block tensor."""
    blocks = tuple(reduced(sector, matrix) for sector in pair_sectors(leg))
    return BlockTensor(leg, weights, blocks, log_scale)


@dataclass(frozen=True, eq=False, repr=False)
class RectangularTensor:
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
        ln of the factor that was taken out of it, in nats.
    halves : numpy.ndarray, optional
        S^z_ia that it was joined from, of the length that matches its ring, shape
        ``(state, inner, outer)``, where its legs are those of a fixed point.
    seed : numpy.ndarray, optional
        S^z_ia that it was joined from, in its own order and signs, where the tensor before has
        the same multiplets: close to a fixed point the next halves are close to these.
    """

    leg: Leg
    weights: np.ndarray
    dense: np.ndarray
    mirrors: np.ndarray
    log_scale: float = 0.0
    halves: np.ndarray | None = None
    seed: np.ndarray | None = None

    def __repr__(self):
        return f"<rectangular block tensor, leg {self.leg}>"

    @property
    def states(self) -> int:
        """Number of states of a leg."""
        return self.leg.dimension

    @cached_property
    def bond(self) -> np.ndarray:
        """E of every state of the leg, shape ``(state,)``."""
        return self.leg.spread(self.weights)

    @classmethod
    def of(cls, tensor: BlockTensor) -> "RectangularTensor":
        """Return a C4-symmetric block tensor as one that need not stay so."""
        plain = tuple(Multiplet(m.irrep, 1, m.inversion) for m in tensor.leg.multiplets)
        leg = Leg(tensor.leg.irreps, plain)
        return cls(leg, tensor.weights, tensor.dense, tensor.leg.mirrors, tensor.log_scale)
