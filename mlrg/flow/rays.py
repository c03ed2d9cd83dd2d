"""Rays of couplings, J(t) = origin + t·direction; the axis J = (J0, 0, …) of Eq. (20) is one."""

from dataclasses import dataclass

import numpy as np

from mlrg.errors import CouplingError
from mlrg.rbm.block import Block

# Step of the differences along a curve.
_DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Ray:
    """A straight line of couplings.

    Attributes
    ----------
    origin, direction : tuple of float
        One value a coupling.

    Raises
    ------
    CouplingError
        If they differ in length, a value is not finite, or the direction is zero.
    """

    origin: tuple[float, ...]
    direction: tuple[float, ...]

    def __post_init__(self):
        if len(self.origin) != len(self.direction):
            raise CouplingError(
                f"a ray from {self.origin} along {self.direction} mixes {len(self.origin)} and "
                f"{len(self.direction)} couplings: give as many of both"
            )
        if not np.isfinite([*self.origin, *self.direction]).all() or not any(self.direction):
            raise CouplingError(
                f"a ray from {self.origin} along {self.direction} has no direction: give finite "
                "numbers, not all zero"
            )

    @classmethod
    def axis(cls, block: Block) -> "Ray":
        """Return the axis of the bare coupling J0, Eq. (20).

        In the pair family it is the line of the bilinear model's J0.
        """
        return cls((0.0,) * len(block.axis), tuple(block.axis.tolist()))

    def at(self, positions) -> np.ndarray:
        """Return couplings at positions t, shape ``(…, coupling)`` for t of shape ``(…)``."""
        steps = np.asarray(positions, dtype=float)[..., None]
        return np.array(self.origin) + steps * np.array(self.direction)


@dataclass(frozen=True)
class Axis:
    """Where the bare coupling J0 alone leads in a block's space of couplings.

    For star students it is the ray (J0, 0, 0, …); among block tensors it is a curve.
    """

    block: Block

    def at(self, positions) -> np.ndarray:
        """Return the couplings of J0 of shape ``(…)``, shape ``(…, coupling)``."""
        return self.block.on_axis(positions)

    def tangents(self, positions) -> np.ndarray:
        """Return ∂J/∂J0 by differences to second order, shape ``(…, coupling)``."""
        # Upwards: below J0 = 0 a curve of tensors may go on in another gauge copy.
        here, near, far = (self.at(np.asarray(positions) + k * _DIFFERENCE) for k in range(3))
        return (4 * near - 3 * here - far) / (2 * _DIFFERENCE)

    @property
    def direction(self) -> tuple[float, ...]:
        """The direction in which figures draw it; of a curve that of the first coupling."""
        if isinstance(self.block, Block):
            return tuple(self.block.axis.tolist())
        return tuple(np.eye(self.block.dimension)[0].tolist())


def on_axis(block: Block, coupling: float) -> np.ndarray:
    """Return (J0, 0, 0, …), Eq. (20); in the pair family the couplings with that energy."""
    return block.on_axis(coupling)
