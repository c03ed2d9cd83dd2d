"""One RG step of an anisotropic block tensor, bond-weighted: both diagonal splits, twice.

Blocks of one sublattice are split between the corners right-up and left-down, those of the other
between up-left and down-right, by singular values in every sector of G (Levin and Nave 2007; bond
weights: Adachi, Okubo, Todo 2022). With T = Σ_z u^z s_z v^z, S = u s^{(1−k)/2} and the new bond
weight s^k. Four halves about a plaquette make the new tensor; its legs are the two kinds of new
bonds, its periods p_1 + p_2 and p_2 − p_1. Two such steps multiply both periods by two and turn
them by 90°, which is turned back: a step of the flow leaves τ alone.
"""

from dataclasses import dataclass

import numpy as np

from mlrg.tensor.legs import Leg, Multiplet, split_multiplets
from mlrg.tensor.pairs import Sector
from mlrg.tensor.split import equal_values, kept_count
from mlrg.tensor.two_leg_tensor import TwoLegTensor


@dataclass(frozen=True, eq=False)
class TwoHalves:
    """The kept singular vectors of one split.

    Attributes
    ----------
    leg : Leg
        The new leg.
    values : numpy.ndarray
        s of every multiplet, shape ``(multiplet,)``.
    first, second : numpy.ndarray
        u^z over legs one and two, v^z over legs three and four, shape ``(state, m, n)`` each.
    infidelity : float
        Share of the tensor's square that is left out.
    """

    leg: Leg
    values: np.ndarray
    first: np.ndarray
    second: np.ndarray
    infidelity: float

    def scaled(self, power: float) -> tuple[np.ndarray, np.ndarray]:
        """Return u s^{(1−k)/2} and v s^{(1−k)/2}."""
        sizes = self.leg.spread(self.values ** (0.5 * (1.0 - power)))[:, None, None]
        return sizes * self.first, sizes * self.second


def split_pairs(tensor: TwoLegTensor, states: int) -> TwoHalves:
    """Return the largest singular vectors of M_(ab),(cd), at most `states` states of them.

    Raises
    ------
    InputError
        If not even the first multiplet fits.
    """
    irreps, sectors = tensor.legs[0].irreps, tensor.sectors
    parts = [
        _singular(block, irreps[sector.irrep].commutant, sector.overlaps)
        for sector, block in zip(sectors, tensor.blocks, strict=True)
    ]
    values = np.concatenate([part[0] for part in parts])
    places = [(number, k) for number, part in enumerate(parts) for k in range(len(part[0]))]
    order = np.argsort(-values, kind="stable")
    sizes = np.array([len(sectors[number].partners) for number, _ in places])[order]
    values = values[order]
    count = kept_count(values, sizes, states)
    kept = [places[k] for k in order[:count]]
    leg = Leg(irreps, tuple(Multiplet(sectors[number].irrep, 1, 1) for number, _ in kept))
    first, second = (
        _states(leg, sectors, kept, [part[side] for part in parts]).reshape(
            -1, *tensor.dense.shape[:2]
        )
        for side in (1, 2)
    )
    squares = values**2 * sizes
    lost = max(0.0, float(squares[count:].sum() / squares.sum()))
    return TwoHalves(leg, values[:count], first, second, lost)


def _states(
    leg: Leg,
    sectors: tuple[Sector, ...],
    kept: list[tuple[int, int]],
    vectors: list[np.ndarray],
) -> np.ndarray:
    """Return the states of kept multiplets, by (sector, column), shape ``(state, pair)``."""
    found = np.empty((leg.dimension, sectors[0].rows.shape[0]))
    for number, sector in enumerate(sectors):
        here = [place for place, (other, _) in enumerate(kept) if other == number]
        columns = vectors[number][:, [kept[place][1] for place in here]]
        starts = np.array(leg.offsets)[here]
        for row, partner in enumerate(sector.partners):
            found[starts + row] = (partner @ columns).T
    return found


def _singular(
    block: np.ndarray, commutant: int, overlaps: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return s, u and v of the multiplets of a sector, falling; u and v as columns."""
    left, values, right = np.linalg.svd(block)
    if commutant == 1:
        return values, left, right.T
    found = []
    for here in equal_values(values, commutant):
        for columns in split_multiplets(left[:, here], overlaps):
            line = columns[:, 0]
            partner = right[here].T @ (left[:, here].T @ line)
            found.append((values[here].mean(), line, partner))
    sizes, ones, twos = zip(*found, strict=True)
    return np.array(sizes), np.array(ones).T, np.array(twos).T


def step_by_45(tensor: TwoLegTensor, states: int, power: float) -> tuple[TwoLegTensor, float]:
    """Return the tensor of periods p_1 + p_2 and p_2 − p_1, and the worse split's infidelity."""
    along, up = tensor.bonds
    one, two = split_pairs(tensor, states), split_pairs(tensor.turned, states)
    # A corner of the new tensor is the half of the block that stands there, its inside legs free.
    south_west, north_east = one.scaled(power)
    south_east, north_west = two.scaled(power)
    # Two rows' bonds c and a are summed first, then the two columns' bonds d and b.
    north = np.tensordot(north_east * along[:, None], north_west, axes=(1, 2))
    south = np.tensordot(south_east * along, south_west, axes=(2, 1))
    north = north * up[:, None, None] * up
    dense = np.tensordot(north, south, axes=((1, 3), (1, 3))).transpose(0, 1, 3, 2)
    weights = (one.values**power, two.values**power)
    found = TwoLegTensor((one.leg, two.leg), weights, dense)
    return found, max(one.infidelity, two.infidelity)


def step_of_two(tensor: TwoLegTensor, states: int, power: float) -> tuple[TwoLegTensor, float]:
    """Return the tensor of periods 2 p_1 and 2 p_2, and the worst split's infidelity.

    Its scale is what the step sheds for each block of the coarse lattice.
    """
    halfway, first = step_by_45(tensor, states, power)
    halfway = halfway.normalised
    found, second = step_by_45(halfway, states, power)
    # Its periods are 2 p_2 and −2 p_1: three more turns make it four.
    found = found.turned.turned.turned.invariant.normalised
    # A coarse block is made of two of the first step's.
    scale = found.log_scale + 2.0 * halfway.log_scale
    return (
        TwoLegTensor(found.legs, found.weights, found.dense, scale),
        max(first, second),
    )
