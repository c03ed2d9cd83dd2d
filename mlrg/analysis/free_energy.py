"""Free energy of the infinite lattice and its slope, from the flow of one set of bare couplings.

ln Z is counted for each block: on the Lieb lattice two corner spins, four edge spins and eight
bonds. Its derivative along a direction of couplings is the mean of what they couple to.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlrg.analysis.rays import Ray
from mlrg.analysis.trajectory import Trajectory, follow
from mlrg.display import Result
from mlrg.geometry import Contents
from mlrg.rgmap import RGMap, require_map
from mlrg.threads import one_blas_thread

# RG steps, after which 2⁻ⁿ of a block is left, and half the distance of the couplings of a slope.
_STEPS, _HALF = 40, 1e-4


@dataclass(frozen=True, repr=False)
class FreeEnergy(Result):
    """What the flow from one position on a ray sheds.

    Attributes
    ----------
    position : float
    per_block : float
        ln Z for each block of the infinite lattice, in nats.
    slope : float
        d ln Z / d position for each block.
    contents : Contents or None
        Spins and bonds of a block; None where they are not known.
    """

    position: float
    per_block: float
    slope: float
    contents: Contents | None

    @property
    def title(self) -> str:
        """Where it is."""
        return f"Free energy at {self.position:.6g}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """ln Z and its slope, for a block, a spin and a bond."""
        found = [
            ("ln Z of a block", self.per_block),
            ("slope, block", self.slope),
            ("ln Z of a spin", self.per_spin),
            ("slope, bond", self.per_bond),
        ]
        return [(name, f"{value:.9g}") for name, value in found if value is not None]

    @property
    def per_spin(self) -> float | None:
        """ln Z for each spin, in nats; None where a block's spins are not known."""
        return self.per_block / self.contents.spins if self.contents else None

    @property
    def per_bond(self) -> float | None:
        """The slope for each bond: on the axis of J0, the mean of what J0 multiplies."""
        return self.slope / self.contents.bonds if self.contents else None


def free_energy(rgmap: RGMap, position: float, along: Ray | None = None) -> FreeEnergy:
    """Return the free energy at a position on a ray of bare couplings, and its slope there.

    The slope is a central difference over 2·10⁻⁴, with an error of 3·10⁻⁹ times the third
    derivative; the error of ln Z is what the map's students miss.

    Parameters
    ----------
    rgmap : RGMap
    position : float
        J0 on the axis.
    along : Ray, optional
        The axis of J0 by default.

    Raises
    ------
    NoAnswerError
        If the flow cannot go on before what is left of a block is negligible.

    Examples
    --------
    >>> import mlrg
    >>> mlrg.free_energy(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")), 0.3)
    Free energy at 0.3
      ln Z of a block  4.51366922
      slope, block     2.33202604
      ln Z of a spin   0.752278203
      slope, bond      0.291503254
    """
    require_map(rgmap)
    ray = Ray.axis(rgmap) if along is None else along

    def whole(place):
        return log_z(follow(rgmap, rgmap.start(ray.at(place)), _STEPS))

    with one_blas_thread(rgmap.small):
        low, here, high = map(whole, position + _HALF * np.array([-1.0, 0.0, 1.0]))
    return FreeEnergy(position, here, (high - low) / (2 * _HALF), rgmap.contents)


def log_z(flow: Trajectory) -> float:
    """Return ln Z for each block of the lattice that a flow starts from, in nats."""
    return flow.free_energy() + flow.rgmap.left_out(flow.begin)


def one_sided_slopes(
    function: Callable[[float], float], position: float, distance: float
) -> tuple[float, float]:
    """Return two differences of second order, over a signed distance and twice of it."""
    here = function(position)
    near, middle, far = (function(position + k * distance) for k in (1, 2, 4))
    return (
        (4 * near - 3 * here - middle) / (2 * distance),
        (4 * middle - 3 * here - far) / (4 * distance),
    )
