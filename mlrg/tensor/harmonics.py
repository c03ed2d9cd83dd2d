"""The Boltzmann tensor of a block of continuous spins: legs carry harmonics up to a cutoff.

With orthonormal harmonics Y_k of the circle or the sphere (measure one), the weight of an edge is

    w(x, y) = Σ_k ŵ_k Y_k(x) Y_k(y)

with ŵ the same on an irrep, and the block tensor follows as in `mlrg.tensor.fourier`. On the Lieb
lattice ŵ is squared: the spin of a bond is summed out. ŵ falls faster than any power, so that it is
cut off where it is rounding; legs are cut off where they hold what T weighs, and the share of
Σ T² = Tr (w²)^4 that is left out is known.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from mlrg.errors import BudgetError, InputError
from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.rbm.block import as_couplings
from mlrg.rbm.expansion import Harmonics
from mlrg.symmetry.compact_irreps import CompactIrreps, compact_irreps
from mlrg.tensor.fourier import fourier_blocks
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.points import BlockTensor

# Largest number of states of a leg: charges up to 24, spins up to 8.
_LARGEST = {"circle": 49, "sphere": 81}
# Share of a leg's weight that may lie above the cutoff, and of Σ T² that is refused.
_LEFT_OUT, _REFUSED = 1e-12, 1e-6
# ŵ below this share of the largest is rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class HarmonicTensor:
    """The block tensor of continuous spins as a function of their couplings.

    Attributes
    ----------
    model : SpinModel
    lattice : {"lieb", "square"}
    """

    model: SpinModel
    lattice: str

    def __post_init__(self):
        # Refused at once where values are on no circle and no sphere, or irreps are not known.
        _ = self.model.spins.charges, self.irreps
        if self.model.couplings.dimension == 0:
            raise InputError(
                f"the symmetry of {self.model!r} allows no coupling, so that there is no energy"
            )

    @property
    def irreps(self) -> CompactIrreps:
        """Of the internal group."""
        return compact_irreps(self.model.internal.group)

    @property
    def leg(self) -> Leg:
        """A leg of the two smallest harmonics; that of couplings may hold more."""
        return self._leg(1)

    def _leg(self, largest: int) -> Leg:
        unit = self.model.spins.unit
        numbers = [self.irreps.number(unit * k) for k in range(largest + 1)]
        return Leg(self.irreps, tuple(Multiplet(number, 1, 1) for number in numbers))

    @cached_property
    def harmonics(self) -> Harmonics:
        """Of functions of the angle between two spins."""
        return Harmonics(self.model.spins.shape, self.model.spins.unit)

    def edge(self, couplings) -> tuple[np.ndarray, float]:
        """Return ŵ by charge or spin over the unit, and the logarithm of what w was divided by.

        Raises
        ------
        InputError
            If the square lattice is asked for couplings that tell the ends of a bond apart.
        CouplingError
            If there are not as many couplings as the model has.
        """
        space = self.model.couplings
        row = as_couplings(couplings, space.dimension, f"{self.lattice} lattice")[0]
        found, largest = self.harmonics.coefficients(row @ space.profile(self.harmonics.angles))
        # The square of w, which comes next, has twice as many.
        found = found[: len(found) // 2]
        if self.lattice == "lieb":
            return np.abs(found) ** 2, 2 * float(largest)
        if np.abs(found.imag).max() > 1e-12 * np.abs(found).max():
            raise InputError(
                f"couplings {row.tolist()} tell the two ends of a bond apart, and bonds of "
                "the square lattice have no direction: give the Lieb lattice for them"
            )
        return found.real, float(largest)

    def __call__(self, couplings) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``.

        Raises
        ------
        BudgetError
            If legs up to the largest cutoff leave too much out.
        """
        edge, scale = self.edge(couplings)
        kept = np.flatnonzero(np.abs(edge) > _ROUNDING * np.abs(edge).max())[-1]
        weights, sizes = edge[: kept + 1], self._sizes(2 * kept)
        # What a leg between two equal spins weighs, by charge: the square of w.
        squares = _squared(self.harmonics, weights)
        shares = sizes * squares**2
        above = shares.sum() - np.cumsum(shares)
        largest = max(1, int(np.searchsorted(-above, -_LEFT_OUT * shares.sum())))
        fitting = np.searchsorted(np.cumsum(sizes), _LARGEST[self.model.spins.shape], "right") - 1
        largest = min(largest, int(fitting))
        leg = self._leg(largest)
        self._require(above[largest] / shares.sum(), leg, couplings)
        blocks = self._blocks(leg, weights)
        irreps = leg.irreps
        sectors = pair_sectors(leg)
        norms = [
            np.sum(block**2) * len(sector.partners) / irreps[sector.irrep].commutant
            for sector, block in zip(sectors, blocks, strict=True)
        ]
        lost = 1.0 - sum(norms) / float(sizes @ squares**CORNERS)
        self._require(lost, leg, couplings)
        return BlockTensor(leg, leg.inversions, blocks, CORNERS * float(scale))

    def _require(self, lost: float, leg: Leg, couplings) -> None:
        if lost > _REFUSED:
            raise BudgetError(
                f"legs of {leg.dimension} states leave out {lost:.1g} of the block tensor of "
                f"couplings {np.atleast_1d(couplings).tolist()}: spins all but aligned are not "
                "resolved; give smaller couplings"
            )

    def _sizes(self, largest: int) -> np.ndarray:
        """Dimensions of the irreps up to a multiple of the unit."""
        unit = self.model.spins.unit
        numbers = (self.irreps.number(unit * k) for k in range(largest + 1))
        return np.array([self.irreps[number].dimension for number in numbers])

    def _blocks(self, leg: Leg, weights: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the sectors of T."""
        inner = self._leg(len(weights) - 1)
        spread = inner.spread(weights)
        triples = gaunt(self.irreps, leg.labels, inner.labels) * spread
        return fourier_blocks(leg, triples)


def _squared(harmonics: Harmonics, weights: np.ndarray) -> np.ndarray:
    """Return the coefficients of w² from those of w, up to twice as many."""
    padded = np.pad(weights, (0, len(harmonics.charges) - len(weights)))
    return harmonics.transform(harmonics.values(padded) ** 2).real[: 2 * len(weights) - 1]


@lru_cache(maxsize=8)
def gaunt(irreps: CompactIrreps, outer: tuple, inner: tuple) -> np.ndarray:
    """Return ∫ Y_a Y_k Y_k' of harmonics, shape ``(outer, inner, inner)``; labels as of legs.

    Y_a Y_k adds up to Y_c by the coupling of their irreps; the factor is read off at the pole,
    where the first of a multiplet of d states has √d and the others nothing.
    """
    dimensions = [[irreps[number].dimension for number, _ in labels] for labels in (outer, inner)]
    starts = [np.cumsum([0, *sizes]) for sizes in dimensions]
    found = np.zeros((starts[0][-1], starts[1][-1], starts[1][-1]))
    places = {number: place for place, (number, _) in enumerate(inner)}
    for i, (a, _) in enumerate(outer):
        for j, (k, _) in enumerate(inner):
            for c in irreps.within([a, k]):
                if c not in places:
                    continue
                for rows in irreps.coupling(a, k, c):
                    d = [irreps[number].dimension for number in (a, k, c)]
                    factor = rows[0, 0, 0] * np.sqrt(d[0] * d[1] / d[2])
                    place = tuple(
                        slice(s[at], s[at + 1])
                        for s, at in zip(
                            (starts[0], *[starts[1]] * 2), (i, j, places[c]), strict=True
                        )
                    )
                    found[place] += factor * rows.transpose(1, 2, 0)
    return found
