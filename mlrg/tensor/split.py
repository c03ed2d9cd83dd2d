"""Halves of a block tensor: its eigenvectors sector by sector, the largest of them kept.

M_(ab),(cd) = T_abcd is symmetric and commutes with G: M = Σ_z λ_z v^z (v^z)ᵀ, sector by sector. Of
its states n are kept, in the order of |λ|, multiplets in full. With

    S^z_ab = v^z_ab |λ_z|^{(1−k)/2},   E'_z = sign(λ_z) |λ_z|^k

S E' Sᵀ is M again, or the best of its rank. v's parity under the mirror that swaps a and b is the
mirror sign of the new leg and sign(λ) its inversion sign: the new leg's representation is chosen by
the flow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mlrg.errors import InputError, NoAnswerError
from mlrg.geometry import CORNERS
from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.tensor.legs import Leg, Multiplet, split_multiplets
from mlrg.tensor.pairs import Sector
from mlrg.tensor.points import BlockTensor, RectangularTensor

# Eigenvalues below this share of the largest are rounding: kept, E' would be its inverse root.
_ZERO = 1e-13
# Eigenvalues as close as this are one multiplet of a symmetry that was not declared.
_EQUAL = 1e-9

# An eigenvalue, its sector, and the weights of the sector's columns.
Eigenvector = tuple[float, Sector, np.ndarray]


@dataclass(frozen=True)
class Halves:
    """The kept eigenvectors of one block tensor.

    Attributes
    ----------
    leg : Leg
        The new leg.
    values : numpy.ndarray
        λ of each multiplet, shape ``(multiplet,)``.
    vectors : numpy.ndarray
        v^z_ab, shape ``(state, n, n)``.
    infidelity : float
        What is missing of the tensor, or of a ring, they replace: one minus the fidelity.
    """

    leg: Leg
    values: np.ndarray
    vectors: np.ndarray
    infidelity: float = 0.0

    def scaled(self, power: float) -> np.ndarray:
        """Return S^z_ab = v |λ|^{(1−k)/2}, shape ``(state, n, n)``."""
        sizes = self.leg.spread(np.abs(self.values) ** (0.5 * (1.0 - power)))
        return sizes[:, None, None] * self.vectors

    def weights(self, power: float) -> np.ndarray:
        """Return E' = sign(λ) |λ|^k of each multiplet, shape ``(multiplet,)``."""
        return np.sign(self.values) * np.abs(self.values) ** power


def require_power(power: float) -> None:
    """Refuse a power k of bond weights that is no number."""
    if not np.isfinite(power):
        raise InputError(f"bond weights of power k = {power} do not exist: give a finite number")


def require_states(states: int) -> None:
    """Refuse a leg without states."""
    if states < 1:
        raise InputError(f"a leg of {states} states was asked for: keep at least one state")


def split(tensor: BlockTensor, states: int) -> Halves:
    """Return the eigenvectors of T with the largest |λ|, at most `states` of them.

    Fewer are kept where the next multiplet does not fit, or is degenerate with one that does not.

    Raises
    ------
    InputError
        If not even the first fits.
    """
    irreps, n = tensor.leg.irreps, tensor.leg.dimension
    found, count = multiplets(irreps, tensor.sectors, tensor.blocks, states)
    kept = found[:count]
    labels = tuple(
        Multiplet(sector.irrep, sector.parity, 1 if value > 0 else -1) for value, sector, _ in kept
    )
    values = np.array([value for value, _, _ in kept])
    squares = [value**2 * len(sector.partners) for value, sector, _ in found]
    lost = max(0.0, float(sum(squares[count:]) / sum(squares)))
    return Halves(Leg(irreps, labels), values, states_of(kept, n), lost)


def multiplets(
    irreps: Irreps, sectors: tuple[Sector, ...], blocks: Sequence[np.ndarray], states: int
) -> tuple[list[Eigenvector], int]:
    """Return the multiplets of a matrix, |λ| falling, and how many of them `states` states hold.

    Raises
    ------
    InputError
        If not even the first fits.
    """
    found = []
    for sector, block in zip(sectors, blocks, strict=True):
        for value, columns in eigenvectors(sector, block, irreps[sector.irrep].commutant):
            found.append((value, sector, columns))
    found.sort(key=lambda entry: -abs(entry[0]))
    sizes = np.array([len(sector.partners) for _, sector, _ in found])
    return found, kept_count(np.abs([value for value, _, _ in found]), sizes, states)


def states_of(found: list[Eigenvector], size: int) -> np.ndarray:
    """Return v^z_ab of every state of multiplets, shape ``(state, size, size)``."""
    return np.array(
        [
            (partner @ columns).reshape(size, size)
            for _, sector, columns in found
            for partner in sector.partners
        ]
    )


def kept_count(sizes_of: np.ndarray, states_of: np.ndarray, limit: int) -> int:
    """Return how many multiplets to keep, from their |λ| in falling order and their sizes."""
    count = int(np.searchsorted(np.cumsum(states_of), limit, side="right"))
    count = min(count, int((sizes_of > _ZERO * sizes_of[0]).sum()))
    full = count
    while (
        0 < count < len(sizes_of) and sizes_of[count - 1] - sizes_of[count] < _EQUAL * sizes_of[0]
    ):
        count -= 1
    if count == 0 and full == 0:
        raise InputError(
            f"{limit} states do not hold the first multiplet of {states_of[0]}: "
            f"keep {states_of[0]} or more"
        )
    # A phase of more ordered states than fit is all one degenerate multiplet.
    return count or full


def eigenvectors(sector: Sector, block: np.ndarray, commutant: int):
    """Return (λ, columns' weights) of the multiplets of a sector."""
    values, vectors = np.linalg.eigh(block)
    if commutant == 1:
        return list(zip(values, _signed(vectors).T, strict=True))
    found = []
    for here in equal_values(values, commutant):
        mean = values[here].mean()
        if here.stop - here.start == commutant:
            found.append((mean, vectors[:, here.start]))
        else:
            lines = split_multiplets(vectors[:, here], sector.overlaps)
            found += [(mean, columns[:, 0]) for columns in lines]
    return found


def equal_values(values: np.ndarray, commutant: int) -> Iterator[slice]:
    """Yield where ordered values of a sector are equal, a multiplet or several in each."""
    start, scale = 0, np.abs(values).max(initial=0.0)
    while start < len(values):
        # Every value comes `commutant` times; accidental degeneracies make it more.
        stop = start + commutant
        while stop < len(values) and abs(values[stop] - values[stop - 1]) < _EQUAL * scale:
            stop += commutant
        yield slice(start, stop)
        start = stop


def _signed(vectors: np.ndarray) -> np.ndarray:
    """Return columns whose largest entry is positive."""
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(largest < 0, -1.0, 1.0)


def aligned(
    tensor: BlockTensor | RectangularTensor,
    halves: Halves,
    joined: Callable[[Halves], BlockTensor | RectangularTensor],
) -> Halves:
    """Return halves in the order and with the signs that bring their tensor closest to the old one.

    Parameters
    ----------
    tensor : BlockTensor or RectangularTensor
    halves : Halves
    joined : callable
        From halves to the tensor of the coarse lattice.

    Raises
    ------
    NoAnswerError
        If the new leg does not carry the multiplets of the old one.
    """
    halves = _in_order(tensor.leg, halves)
    starts = list(tensor.leg.offsets)
    products = joined(halves).dense * tensor.dense
    for axis in range(CORNERS):
        products = np.add.reduceat(products, starts, axis=axis)
    signs = _best_signs(products)
    vectors = halves.vectors * tensor.leg.spread(signs)[:, None, None]
    return replace(halves, vectors=vectors)


def _in_order(leg: Leg, halves: Halves) -> Halves:
    """Return halves with the multiplets of each kind in the places that a leg has for it."""
    order = halves.leg.places(leg)
    if order is None:
        raise NoAnswerError(
            f"a step turns a leg {leg} into {halves.leg}: there is no fixed point near by"
        )
    starts, sizes = halves.leg.offsets, halves.leg.sizes
    states = np.concatenate([np.arange(starts[i], starts[i] + sizes[i]) for i in order])
    return Halves(leg, halves.values[order], halves.vectors[states], halves.infidelity)


def _best_signs(products: np.ndarray) -> np.ndarray:
    """Return signs η that make Σ P_abcd η_a η_b η_c η_d large: one by one, then by single flips."""
    count = len(products)
    signs = np.zeros(count)

    def pull(state):
        # What of the sum is odd in the sign of one state.
        probe = signs.copy()
        total = []
        for sign in (1.0, -1.0):
            probe[state] = sign
            total.append(np.einsum("abcd,a,b,c,d->", products, *[probe] * CORNERS, optimize=True))
        return total[0] - total[1]

    for _ in range(5):
        before = signs.copy()
        for state in range(count):
            signs[state] = -1.0 if pull(state) < 0 else 1.0
        if np.array_equal(signs, before):
            break
    return signs
