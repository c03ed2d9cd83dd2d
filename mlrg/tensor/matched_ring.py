"""Matched rings: four block tensors around a plaquette replaced by the eight halves closest to it.

Splitting a tensor on its own keeps correlations that live inside one plaquette, which no later step
removes. Here the halves are chosen so that the ring of eight of them comes closest to the ring of
four tensors that they replace (Yang, Gu, Wen 2017; `mlrg.tensor.fidelity`), starting from the
eigenvectors of the split, weighed and filtered by what the ring sees (`mlrg.tensor.filtering`).

Rings sit on every second plaquette of one colour. S therefore tells inner from outer legs, and the
new tensor, joined around the other colour,

    T'_zuvw = Σ_abcd S^z_ab E_b S^u_cb E_c S^v_cd E_d S^w_ad E_a,

has the symmetry of a rectangle only.
"""

from dataclasses import dataclass, replace

import numpy as np

from mlrg.display import Value
from mlrg.errors import BudgetError, InputError
from mlrg.geometry import CORNERS
from mlrg.rgmap import Improvement, Sector
from mlrg.tensor.fidelity import RingMatch
from mlrg.tensor.filtering import filter_of, without_loops
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import irrep_sectors
from mlrg.tensor.points import BlockTensor, RectangularTensor, reduced, require_norm
from mlrg.tensor.split import (
    Eigenvector,
    Halves,
    aligned,
    multiplets,
    require_power,
    states_of,
)
from mlrg.tensor.tensor_ring import TensorRing, rectangular_ring_of
from mlrg.tensor.wide_ring import WideRing, wide_rectangular_ring

# Steps of the search for the best halves, up to so many states; beyond, without a price of the
# nuclear norm, thousands find no rest, and sixty place a transition within 1e-7 in a tenth of the
# time.
SEARCH_STEPS, FEW_STATES, _LONG_SEARCH_STEPS = 1000, 13, 60
# Eigenvalues of the matched halves below this share of the largest are zero.
_ZERO = 1e-12
# Largest leg whose rings are matched, and whose n³ equations of a fixed point are solved: at 16
# states Newton's method stalls at saddles.
LEG_LIMIT, NEWTON_LIMIT = 24, 14


def matched_halves(
    tensor: RectangularTensor,
    states: int,
    steps: int = SEARCH_STEPS,
    nuclear: float = 0.0,
    wanted: Leg | None = None,
) -> Halves:
    """Return the halves that match the ring best, as λ and v of the new leg.

    Parameters
    ----------
    tensor : RectangularTensor
    states : int
        Largest dimension of the new leg; multiplets are kept in full.
    steps : int
        Steps of the search at most; 0 leaves the halves of the weighed split.
    nuclear : float
        ξ, the price of the nuclear norm (`mlrg.tensor.fidelity`).
    wanted : Leg, optional
        The new leg, as far as there are multiplets for it; the largest, unless given.

    Raises
    ------
    InputError
        If `states` does not hold the first multiplet.
    BudgetError
        If the leg is too large.
    """
    n = tensor.leg.dimension
    if max(n, states) > LEG_LIMIT:
        raise BudgetError(
            f"rings of tensors with legs of {max(n, states)} states are not matched (limit "
            f"{LEG_LIMIT}): keep fewer states"
        )
    weight = filter_of(tensor)
    tensor = replace(tensor, dense=without_loops(tensor, weight))
    irreps, sectors = tensor.leg.irreps, irrep_sectors(tensor.leg)
    signs = tensor.mirrors[:, None] * tensor.mirrors
    matrix = (tensor.dense.transpose(0, 1, 3, 2) * signs).reshape(n * n, n * n)
    # Weighed by what the ring makes of them, the eigenvectors are close to the best halves.
    root = np.kron(weight.root, np.eye(n))
    blocks = [reduced(sector, root @ matrix @ root) for sector in sectors]
    found, count = _kept(multiplets(irreps, sectors, blocks, states), wanted)
    leg = _leg(tensor.leg, found[:count])
    infidelity = 0.0
    if count < len(found) and abs(found[count][0]) > _ZERO * abs(found[0][0]):
        sizes = leg.spread([np.sqrt(abs(value)) for value, _, _ in found[:count]])
        start = weight.inverse @ states_of(found[:count], n) * sizes[:, None, None]
        match, start = _closest(tensor, leg, start, nuclear)
        matrix, infidelity = match.search(start, steps)
    blocks = [reduced(sector, matrix) for sector in sectors]
    found, _ = multiplets(irreps, sectors, blocks, n * n)
    if wanted is not None:
        found, count = _kept((found, count), wanted)
    kept = [entry for entry in found[:count] if abs(entry[0]) > _ZERO * abs(found[0][0])]
    values = np.array([value for value, _, _ in kept])
    return Halves(_leg(tensor.leg, kept), values, states_of(kept, n), infidelity)


def _kept(
    found: tuple[list[Eigenvector], int], wanted: Leg | None
) -> tuple[list[Eigenvector], int]:
    """Return multiplets, those to be kept first, and how many they are."""
    if wanted is None:
        return found
    left, kept = list(found[0]), []
    for kind in wanted.multiplets:
        for place, (value, sector, _) in enumerate(left):
            if (sector.irrep, np.sign(value)) == (kind.irrep, kind.inversion):
                kept.append(left.pop(place))
                break
    return kept + left, len(kept)


def _closest(
    tensor: RectangularTensor, leg: Leg, start: np.ndarray, nuclear: float
) -> tuple[RingMatch, np.ndarray]:
    """Return what a search begins with: halves of the split, or those of the step before."""
    match = RingMatch(tensor, leg, nuclear)
    if tensor.seed is None or tensor.leg.dimension > leg.dimension:
        return match, start
    other = match if tensor.leg == leg else RingMatch(tensor, tensor.leg, nuclear)
    if other.distance(tensor.seed) < match.distance(start):
        return other, tensor.seed
    return match, start


def _leg(old: Leg, found: list[Eigenvector]) -> Leg:
    labels = tuple(Multiplet(s.irrep, 1, 1 if value > 0 else -1) for value, s, _ in found)
    return Leg(old.irreps, labels)


def _states_in(leg: Leg, part: Leg) -> list[int]:
    """Return where the states of some of a leg's multiplets stand, those of a kind in order."""
    free = list(range(len(leg.multiplets)))
    found: list[int] = []
    for kind in part.multiplets:
        place = next(k for k in free if leg.multiplets[k] == kind)
        free.remove(place)
        found += range(leg.offsets[place], leg.offsets[place] + leg.sizes[place])
    return found


def join_around(tensor: RectangularTensor, halves: Halves, power: float = 0.0) -> RectangularTensor:
    """Return the tensor of the coarse lattice from the halves of the fine one and its weights.

    Its scale is what the step sheds.
    """
    n, leg = tensor.leg.dimension, halves.leg
    half = halves.scaled(power)
    bond = tensor.bond * tensor.mirrors
    # Σ_b S^z_ab E_b S^u_cb as (z, u, a, c); the second pair of halves is the same.
    two = np.tensordot(half * bond, half, axes=(2, 2)).transpose(0, 2, 1, 3)
    m = leg.dimension
    left = (two * bond[:, None] * bond).reshape(m * m, n * n)
    right = two.transpose(0, 1, 3, 2).reshape(m * m, n * n)
    whole = (left @ right.T).reshape((m,) * CORNERS)
    weights = halves.weights(power)
    norm, first = np.linalg.norm(whole), abs(weights[0])
    require_norm(norm)
    # Every tensor owns two bonds.
    scale = CORNERS / 2 * np.log(first) + np.log(norm)
    return RectangularTensor(leg, weights / first, whole / norm, np.ones(m), float(scale))


def _newton():
    # Differentiates with torch, which the flow does not wait for.
    from mlrg.tensor import ring_newton

    return ring_newton


@dataclass(frozen=True, repr=False)
class Ring(Value):
    """The split that matches rings.

    Attributes
    ----------
    power : float
        k of the bond weights.
    nuclear : float
        ξ, the price of the nuclear norm of the halves. From about ten states on it makes them
        unique, so that a critical flow comes to rest; it moves the critical coupling by a few ξ.
    search_steps : int, optional
        Steps of the search for the best halves at most; 0 leaves the halves of the split. Unless
        given 1000, by which a search ends that has one optimum, or 60 for legs of more than
        `FEW_STATES` states and ξ = 0, where none comes to rest.

    Raises
    ------
    InputError
        If the power is not finite, or ξ is no share from 0 to 1.
    """

    power: float = 0.0
    nuclear: float = 0.0
    search_steps: int | None = None

    name = "ring"
    rectangle = True
    smallest_ring = 2
    # States that find the neighbourhood of a transition for more.
    scout = 8

    def __post_init__(self):
        require_power(self.power)
        if not 0.0 <= self.nuclear < 1.0:
            raise InputError(
                f"a nuclear norm of price {self.nuclear:g} does not serve: give 0, or a share such "
                "as 1e-7"
            )

    def _steps(self, states: int) -> int:
        """Return the steps that a search takes at most."""
        if self.search_steps is not None:
            return self.search_steps
        return SEARCH_STEPS if states <= FEW_STATES or self.nuclear else _LONG_SEARCH_STEPS

    @property
    def options(self) -> dict[str, float]:
        """What declares it, JSON-able."""
        return {"power": self.power, "nuclear": self.nuclear}

    def brackets(self, states: int) -> tuple[float, ...]:
        """Return the widths of the brackets that Newton's method starts from."""
        if self.power != 0.0:
            raise InputError(
                f"power k = {self.power:g}: fixed points of matched rings are those of k = 0; "
                "leave it out"
            )
        if states > NEWTON_LIMIT:
            raise BudgetError(
                f"halves of {states} states are {states**3} unknowns (limit {NEWTON_LIMIT**3}): "
                "keep fewer states"
            )
        # Flows with a price come to rest early, and a step of them takes long.
        return (1e-7, 1e-10) if self.nuclear else (1e-10,)

    def start(self, tensor: BlockTensor) -> RectangularTensor:
        """Return the tensor as one that need not stay C4-symmetric, its entries in range."""
        return RectangularTensor.of(tensor.in_range)

    def step(
        self, tensor: RectangularTensor, states: int, near=()
    ) -> tuple[RectangularTensor, float]:
        """Return the tensor of the coarse lattice and the infidelity of its ring.

        Near itself the step of a fixed point is the one that its own halves make.
        """
        if tensor.halves is not None and any(point is tensor for point in near):
            scale, infidelity = _newton().own_step(tensor)
            return replace(tensor, log_scale=scale), infidelity
        halves = matched_halves(tensor, states, self._steps(states), self.nuclear)
        if halves.leg.places(tensor.leg) is None:
            return join_around(tensor, halves, self.power), halves.infidelity
        halves = aligned(tensor, halves, lambda new: join_around(tensor, new, self.power))
        found = join_around(tensor, halves, self.power)
        return replace(found, seed=halves.scaled(0.0)), halves.infidelity

    def onto(self, tensors: np.ndarray, leg: Leg, mirrors: np.ndarray, new: Leg) -> np.ndarray:
        """Return T' of many tensors on a leg that is given, as `BondWeighted.onto` does.

        Zero where a tensor has no multiplet for the leg.
        """
        found = np.zeros((len(tensors), *(new.dimension,) * CORNERS))
        for image, dense in zip(found, tensors, strict=True):
            tensor = RectangularTensor(leg, leg.inversions, dense, mirrors)
            halves = matched_halves(
                *(tensor, new.dimension, self._steps(new.dimension), self.nuclear), wanted=new
            )
            joined = join_around(tensor, halves)
            places = np.ix_(*[_states_in(new, halves.leg)] * CORNERS)
            image[places] = joined.dense * np.exp(joined.log_scale)
        return found

    def slopes(self, tensor: np.ndarray, leg: Leg, units: np.ndarray) -> None:
        """Return None: of a search there are differences only."""
        return None

    def point(self, leg: Leg, tensor: np.ndarray) -> RectangularTensor:
        """Return the point that a tensor ``(n, n, n, n)`` on a leg is."""
        return RectangularTensor(leg, leg.inversions, tensor, np.ones(leg.dimension))

    def ring(self, tensor: RectangularTensor, columns: int) -> TensorRing:
        """Return a ring of two columns."""
        return rectangular_ring_of(tensor, columns)

    def wide_ring(self, tensor: RectangularTensor, columns: int) -> WideRing:
        """Return the same with its operators on rows."""
        return wide_rectangular_ring(tensor.leg, tensor.bond, tensor.dense, columns)

    def columns(self, tensor: RectangularTensor) -> int:
        """Return 2."""
        return 2

    def linearised(self, tensor: RectangularTensor) -> dict[str, Sector]:
        """Return the linearised step of a fixed point's halves by irrep of G."""
        return _newton().ring_sectors(self._of_own_halves(tensor), self.nuclear)

    def improve(self, tensor: RectangularTensor) -> Improvement:
        """Make one step of Newton's method on the halves that the tensor is joined from."""
        return _newton().ring_newton_step(self._of_own_halves(tensor), self.nuclear)

    def _of_own_halves(self, tensor: RectangularTensor) -> RectangularTensor:
        """Return the tensor that the best halves of a tensor join to, in its own gauge."""
        if tensor.halves is not None:
            return tensor
        size = tensor.leg.dimension
        halves = matched_halves(tensor, size, self._steps(size), self.nuclear)
        halves = aligned(tensor, halves, lambda new: join_around(tensor, new))
        return _newton().of_halves(tensor.leg, halves.scaled(0.0))
