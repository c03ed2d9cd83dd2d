"""Where the flows of a training start: the axis of J0, or a plane of bare couplings that holds it.

J(t, u) = t·a + u·p with a the axis and p the direction of the config's `plane`, in the ranges that
the config gives. Transitions are looked for on chords: the whole axis, or straight lines between
two points of the plane.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlrg.analysis.rays import Ray
from mlrg.errors import InputError


class Chord(NamedTuple):
    """A piece of a ray, from position `low` to `high`; its length is measured in (t, u)."""

    ray: Ray
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Region:
    """Bare couplings that flows of a training start from.

    Attributes
    ----------
    directions : numpy.ndarray
        The axis and the other direction of a plane, shape ``(side, bare coupling)``.
    low, high : numpy.ndarray
        Ranges along them, shape ``(side,)``.
    """

    directions: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, axis, ends, plane=(), plane_ends=(0.0, 1.0)) -> "Region":
        """Return the piece of an axis, or of a plane through it.

        Parameters
        ----------
        axis : sequence of float
            Bare couplings of J0 = 1.
        ends : tuple of float
            Lowest and highest J0.
        plane : sequence of float
            Another direction of bare couplings; none for the axis alone.
        plane_ends : tuple of float
            Range along it.

        Raises
        ------
        InputError
            If the plane has another number of couplings, or lies along the axis.
        """
        axis, plane = np.asarray(axis, dtype=float), tuple(plane)
        if not plane:
            return cls(axis[None], np.array([ends[0]]), np.array([ends[1]]))
        if len(plane) != len(axis):
            raise InputError(
                f"training setting plane = {plane}: give one number for each of the "
                f"{len(axis)} bare couplings"
            )
        directions = np.array([axis, plane])
        if np.linalg.matrix_rank(directions) < 2:
            raise InputError(
                f"training setting plane = {plane}: the axis {tuple(axis.tolist())} has this "
                "direction, or it has none, which gives no plane: choose another"
            )
        low, high = np.array([ends, plane_ends]).T
        return cls(directions, low, high)

    @property
    def sides(self) -> int:
        """One for the axis, two for a plane."""
        return len(self.directions)

    @property
    def size(self) -> float:
        """The longer range."""
        return float((self.high - self.low).max())

    def at(self, shares) -> np.ndarray:
        """Return couplings at shares of the ranges, ``(…, bare coupling)`` for ``(…, side)``."""
        return (self.low + (self.high - self.low) * np.asarray(shares)) @ self.directions

    def grid(self, points: int) -> np.ndarray:
        """Return couplings evenly over all ranges, shape ``(points ** side, bare coupling)``."""
        shares = np.meshgrid(*[np.linspace(0.0, 1.0, points)] * self.sides, indexing="ij")
        return self.at(np.stack(shares, axis=-1).reshape(-1, self.sides))

    def chord(self, rng: np.random.Generator) -> Chord:
        """Return a line on which to look for a transition."""
        if self.sides == 1:
            return Chord(Ray(tuple(self.directions[0])), float(self.low[0]), float(self.high[0]))
        begin, end = rng.uniform(self.low, self.high, (2, self.sides))
        length = float(np.linalg.norm(end - begin))
        direction = (end - begin) / length @ self.directions
        return Chord(Ray(tuple(direction), tuple(begin @ self.directions)), 0.0, length)
