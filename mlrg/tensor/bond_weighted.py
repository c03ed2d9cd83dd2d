"""Single tensors: split every block tensor on its own, join the halves around a plaquette.

With the halves S and bond weights E' of `mlrg.tensor.split`, k = −1/2 is the bond-weighted
renormalisation (Adachi, Okubo, Todo 2022) and k = 0 that of Levin and Nave (2007). Four halves
around a plaquette are the new tensor, its legs turned by 45°:

    T'_zuvw = Σ_abcd S^z_ab E_b S^u_bc E_c S^v_cd E_d S^w_da E_a.

T' is cyclic whatever S is.
"""

from dataclasses import dataclass

import numpy as np

from mlrg.display import Value
from mlrg.rgmap import Improvement, Sector
from mlrg.tensor.batched import around, halves_onto
from mlrg.tensor.legs import Leg
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.points import BlockTensor, block_tensor
from mlrg.tensor.single_newton import linear_sectors, newton_step
from mlrg.tensor.split import Halves, aligned, require_power, split
from mlrg.tensor.tensor_ring import TensorRing, block_ring_of, twisted_size
from mlrg.tensor.wide_ring import WideRing, wide_block_ring

BOND_WEIGHTED = -0.5
LEVIN_NAVE = 0.0
# Largest leg whose rings of two columns are used.
_TWO_COLUMNS = 32


def join(tensor: BlockTensor, halves: Halves, power: float = BOND_WEIGHTED) -> BlockTensor:
    """Return the new block tensor from the halves of the old one, and the old bond weights.

    Its scale is what the step sheds.
    """
    blocks = _around(tensor, halves.leg, halves.scaled(power))
    return BlockTensor(halves.leg, halves.weights(power), blocks).normalised


def _around(tensor: BlockTensor, leg: Leg, halves: np.ndarray) -> tuple[np.ndarray, ...]:
    """Contract four halves ``(state, n, n)`` with the old weights; sector by sector."""
    n, new = tensor.leg.dimension, leg.dimension
    # A_(ac),(zu) = Σ_b S^z_ab E_b S^u_bc commutes with the symmetry, too: T' = Σ p A EE mm Aᵀ.
    weighted = halves * tensor.bond
    # Its transpose, in the order that products with sparse rows need: copied once, not per sector.
    two = np.tensordot(weighted, halves, axes=(2, 1)).transpose(0, 2, 1, 3)
    two = two.reshape(new * new, n * n)
    inner = {(s.irrep, s.parity): s for s in tensor.sectors}
    signed = tensor.weights * np.array([m.mirror for m in tensor.leg.multiplets])
    blocks = []
    for sector in pair_sectors(leg):
        below = inner.get((sector.irrep, sector.parity))
        if below is None:
            blocks.append(np.zeros((sector.size,) * 2))
            continue
        half = below.transposed @ (sector.transposed @ two).T
        bonds = signed[below.factors].prod(axis=1)
        blocks.append(sector.parity * half.T @ (bonds[:, None] * half))
    return tuple(blocks)


@dataclass(frozen=True, repr=False)
class BondWeighted(Value):
    """The split of single tensors.

    Attributes
    ----------
    power : float
        k of the bond weights.

    Raises
    ------
    InputError
        If it is not finite.
    """

    power: float = BOND_WEIGHTED

    name = "tensor"
    rectangle = False
    smallest_ring = 1
    scout = None

    def __post_init__(self):
        require_power(self.power)

    @property
    def options(self) -> dict[str, float]:
        """What declares it, JSON-able."""
        return {"power": self.power}

    def brackets(self, states: int) -> tuple[float, ...]:
        """Return the width of the bracket that Newton's method starts from."""
        return (1e-13,)

    def start(self, tensor: BlockTensor) -> BlockTensor:
        """Return the tensor, its entries in range."""
        return tensor.in_range

    def step(self, tensor: BlockTensor, states: int, near=()) -> tuple[BlockTensor, float]:
        """Return the tensor of the coarse lattice and the infidelity of the split."""
        halves = split(tensor, states)
        return join(tensor, halves, self.power), halves.infidelity

    def ring(self, tensor: BlockTensor, columns: int) -> TensorRing:
        """Return a ring of one or two columns."""
        return block_ring_of(tensor, columns)

    def twisted(self, tensor: BlockTensor, element) -> float:
        """Return the largest ln|λ| of a column that is closed with an element of G."""
        return twisted_size(tensor, element)

    def wide_ring(self, tensor: BlockTensor, columns: int) -> WideRing:
        """Return a ring with its operators on rows."""
        return wide_block_ring(tensor.leg, tensor.bond, tensor.dense, columns)

    def columns(self, tensor: BlockTensor) -> int:
        """Return 2, or 1 where legs are too large for it."""
        return 2 if tensor.leg.dimension <= _TWO_COLUMNS else 1

    def onto(self, tensors: np.ndarray, leg: Leg, mirrors: np.ndarray, new: Leg) -> np.ndarray:
        """Return T' of many tensors on a leg that is given, k = 0, with what a step sheds.

        Parameters
        ----------
        tensors : array
            Shape ``(batch, m, m, m, m)``.
        leg, new : Leg
        mirrors : array
            Of the leg's states, ``(m,)``.

        Returns
        -------
        array
            Shape ``(batch, n, n, n, n)``.
        """
        matrices = tensors.reshape(len(tensors), leg.dimension**2, -1)
        matrices = 0.5 * (matrices + matrices.transpose(0, 2, 1))
        return around(halves_onto(matrices, leg, new), leg.spread(leg.inversions))

    def slopes(self, tensor: np.ndarray, leg: Leg, units: np.ndarray) -> np.ndarray:
        """Return what changes of a tensor make of `onto` its own leg, exact to first order.

        They are in units of the length of T'; shapes ``(n, n, n, n)`` and, with one for each
        change, ``(change, n, n, n, n)``.
        """
        matrix = tensor.reshape(1, leg.dimension**2, -1)
        halves = halves_onto(matrix, leg, leg)[0]
        squares = np.sum(halves**2, axis=(1, 2))
        values = leg.inversions * squares[list(leg.offsets)]
        vectors = halves / np.sqrt(squares)[:, None, None]
        point = block_tensor(leg, leg.inversions, matrix[0])
        linear = LinearStep(point, Halves(leg, values, vectors), LEVIN_NAVE)
        still = np.zeros((leg.dimension,) * 2)
        return np.array([linear.apply(unit, still)[0] for unit in units])

    def point(self, leg: Leg, tensor: np.ndarray) -> BlockTensor:
        """Return the point that a tensor ``(n, n, n, n)`` on a leg is."""
        return block_tensor(leg, leg.inversions, tensor.reshape(leg.dimension**2, -1))

    def _own_halves(self, tensor: BlockTensor) -> Halves:
        """Return the halves of a tensor in the gauge that brings its image closest to it."""
        halves = split(tensor, tensor.leg.dimension)
        return aligned(tensor, halves, lambda new: join(tensor, new, self.power))

    def linearised(self, tensor: BlockTensor) -> dict[str, Sector]:
        """Return the linearised step by irrep of G, on what C4v leaves invariant."""
        return linear_sectors(tensor, self._own_halves(tensor), self.power)

    def improve(self, tensor: BlockTensor) -> Improvement:
        """Make one step of Newton's method, the gauge fixed."""
        tensor = tensor.normalised
        halves = self._own_halves(tensor)
        return newton_step(tensor, halves, join(tensor, halves, self.power), self.power)
