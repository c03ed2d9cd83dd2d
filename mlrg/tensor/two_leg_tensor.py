"""Points of anisotropic flows: block tensors with two kinds of legs and no symmetry but G.

T_abcd has legs right, up, left, down. Bonds along a row join a right to a left leg with the weight
E, bonds along a column an up to a down leg with the weight F; both commute with G. Blocks form the
lattice of two periods p_1 (right) and p_2 (up), complex numbers, of which only the modular
parameter τ = p_2/p_1 means anything.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import Sector, assembled, averaged, product_sectors
from mlrg.tensor.points import require_norm


@dataclass(frozen=True, eq=False, repr=False)
class TwoLegTensor:
    """A block tensor and the weights of its two bonds.

    Attributes
    ----------
    legs : tuple of Leg
        Along the row and along the column; mirror and inversion signs mean nothing and are +1.
    weights : tuple of numpy.ndarray
        E and F of every multiplet, shape ``(multiplet,)`` each.
    dense : numpy.ndarray
        T_abcd without its scale, shape ``(m, n, m, n)``.
    log_scale : float
        ln of the factor that was taken out of it, in nats.
    """

    legs: tuple[Leg, Leg]
    weights: tuple[np.ndarray, np.ndarray]
    dense: np.ndarray
    log_scale: float = 0.0

    def __repr__(self):
        along, up = self.legs
        return f"<anisotropic block tensor, legs {leg_text(along)} and {leg_text(up)}>"

    @property
    def states(self) -> int:
        """Number of states of the larger leg."""
        return max(leg.dimension for leg in self.legs)

    @cached_property
    def bonds(self) -> tuple[np.ndarray, np.ndarray]:
        """E and F of every state, shapes ``(m,)`` and ``(n,)``."""
        along, up = (
            leg.spread(values) for leg, values in zip(self.legs, self.weights, strict=True)
        )
        return along, up

    @property
    def turned(self) -> "TwoLegTensor":
        """The same tensor seen with up for right, left for up: τ becomes −1/τ."""
        return TwoLegTensor(
            self.legs[::-1], self.weights[::-1], self.dense.transpose(1, 2, 3, 0), self.log_scale
        )

    @property
    def sectors(self) -> tuple[Sector, ...]:
        """The sectors of the pairs (right, up), which are those of (left, down)."""
        return product_sectors(*self.legs)

    @property
    def blocks(self) -> list[np.ndarray]:
        """M_(ab),(cd) = T_abcd sector by sector, shape ``(column, column)`` each."""
        size = self.legs[0].dimension * self.legs[1].dimension
        matrix = self.dense.reshape(size, size)
        return [averaged(sector, matrix.T) for sector in self.sectors]

    @property
    def invariant(self) -> "TwoLegTensor":
        """The tensor without what rounding adds to it that G does not leave alone."""
        matrix = assembled(self.legs[0].irreps, self.sectors, self.blocks)
        return replace(self, dense=matrix.reshape(self.dense.shape))

    @property
    def normalised(self) -> "TwoLegTensor":
        """The tensor with norm 1 and weights of 1 on first states, the factors in its scale.

        Raises
        ------
        NoAnswerError
            If it is zero, or an entry is not finite.
        """
        largest = float(np.abs(self.dense).max())
        if not np.isfinite(largest):
            raise NoAnswerError(
                f"the largest entry of a block tensor is {largest}: it has no RG step; give finite "
                "numbers"
            )
        require_norm(largest)
        dense = self.dense / largest
        norm = float(np.linalg.norm(dense))
        first = [float(values[0]) for values in self.weights]
        along, up = (values / one for values, one in zip(self.weights, first, strict=True))
        # Every block owns one bond of each kind.
        scale = self.log_scale + sum(np.log([largest, norm, *first]))
        return TwoLegTensor(self.legs, (along, up), dense / norm, float(scale))


def plain(leg: Leg) -> Leg:
    """Return a leg without its mirror and inversion signs."""
    return Leg(leg.irreps, tuple(Multiplet(m.irrep, 1, 1) for m in leg.multiplets))


def leg_text(leg: Leg) -> str:
    """Return what G makes of a leg, in words."""
    names = [leg.irreps[multiplet.irrep].name for multiplet in leg.multiplets]
    counts = {name: names.count(name) for name in names}
    return " + ".join(f"{n} {name}" if n > 1 else name for name, n in counts.items())
