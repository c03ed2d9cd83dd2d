"""The optimised student: four block tensors around a plaquette matched by eight halves.

Splitting a tensor on its own keeps correlations that live inside one plaquette, which no later step
removes. Here the halves are chosen so that the ring of eight of them comes closest to the ring of
four tensors that they replace (Yang, Gu, Wen 2017; `mlrg.tensor.ring`), starting from the
eigenvectors of the split.

Rings sit on every second plaquette of one colour. S therefore tells inner from outer legs, and the
new tensor, joined around the other colour,

    T'_zuvw = Σ_abcd S^z_ab E_b S^u_cb E_c S^v_cd E_d S^w_ad E_a,

has the symmetry of a rectangle only (`mlrg.tensor.loop_tensor`).
"""

import numpy as np

from mlrg.errors import BudgetError
from mlrg.tensor.block_tensor import BlockTensor, reduced
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.pairs import irrep_sectors
from mlrg.tensor.ring import ZERO, Ring
from mlrg.tensor.step import Split, multiplets, states_of

# Steps of the search for the best halves.
SEARCH_STEPS = 1000
# Largest leg whose rings are matched.
LEG_LIMIT = 24


def loop_step(
    tensor: BlockTensor | LoopTensor, states: int, power: float = 0.0, steps: int = SEARCH_STEPS
) -> LoopTensor:
    """Return the tensor of the coarse lattice, its halves matched around rings.

    Parameters
    ----------
    tensor : BlockTensor or LoopTensor
    states : int
        Largest dimension of the new legs; multiplets are kept in full.
    power : float
        k of the bond weights.
    steps : int
        Steps of the search at most; 0 leaves the halves of the split.

    Raises
    ------
    InputError
        If `states` does not hold the first multiplet.
    BudgetError
        If the leg is too large.
    """
    if isinstance(tensor, BlockTensor):
        tensor = LoopTensor.of(tensor)
    return loop_join(tensor, loop_halves(tensor, states, steps), power)


def loop_halves(tensor: LoopTensor, states: int, steps: int = SEARCH_STEPS) -> Split:
    """Return the halves that match the ring best, as λ and v of the new leg; as `loop_step`."""
    n = tensor.leg.dimension
    if max(n, states) > LEG_LIMIT:
        raise BudgetError(
            f"rings of tensors with legs of {max(n, states)} states are not matched (limit "
            f"{LEG_LIMIT}): keep fewer states"
        )
    irreps = tensor.leg.irreps
    signs = tensor.mirrors[:, None] * tensor.mirrors
    matrix = (tensor.dense.transpose(0, 1, 3, 2) * signs).reshape(n * n, n * n)
    sectors = irrep_sectors(tensor.leg)
    blocks = [reduced(sector, matrix) for sector in sectors]
    found, count = multiplets(irreps, sectors, blocks, states)
    if steps and count < len(found) and abs(found[count][0]) > ZERO * abs(found[0][0]):
        found = Ring(tensor, sectors, found[:count]).matched(steps)
    else:
        found = found[:count]
    values = np.array([value for value, _, _ in found])
    labels = tuple(Multiplet(s.irrep, 1, 1 if value > 0 else -1) for value, s, _ in found)
    return Split(Leg(irreps, labels), values, states_of(found, n))


def loop_join(tensor: LoopTensor, halves: Split, power: float = 0.0) -> LoopTensor:
    """Return the tensor of the coarse lattice from the halves of the fine one and its weights."""
    n, leg, values = tensor.leg.dimension, halves.leg, halves.values
    sizes = leg.spread(np.abs(values) ** (0.5 * (1.0 - power)))
    half = sizes[:, None, None] * halves.vectors
    bond = tensor.bond * tensor.mirrors
    # Σ_b S^z_ab E_b S^u_cb as (z, u, a, c); the second pair of halves is the same.
    two = np.tensordot(half * bond, half, axes=(2, 2)).transpose(0, 2, 1, 3)
    m = leg.dimension
    left = (two * bond[:, None] * bond).reshape(m * m, n * n)
    right = two.transpose(0, 1, 3, 2).reshape(m * m, n * n)
    whole = (left @ right.T).reshape((m,) * 4)
    weights = np.sign(values) * np.abs(values) ** power
    norm, first = np.linalg.norm(whole), abs(weights[0])
    scale = 2 * tensor.log_scale + 2 * np.log(first) + np.log(norm)
    return LoopTensor(leg, weights / first, whole / norm, np.ones(m), float(scale))
