"""Rays and planes of bare couplings: J(t) = origin + t·direction, J(x, y) = origin + x·u + y·v.

The axis J = (J0, 0, …) of Eq. (20) is a ray; in the pair family it is the line of the bilinear
model's J0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlrg.errors import CouplingError


def _checked(what: str, rows: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    """Return rows of equally many finite numbers, directions (all but the first) not zero."""
    try:
        found = [tuple(float(value) for value in row) for row in rows]
    except (TypeError, ValueError) as error:
        raise CouplingError(f"{what} has couplings that are no real numbers: {error}") from error
    if len({len(row) for row in found}) != 1:
        raise CouplingError(
            f"{what} from {found[0]} along {', '.join(map(str, found[1:]))} mixes "
            f"{' and '.join(str(len(row)) for row in found)} couplings: give as many of all"
        )
    if not np.isfinite(found).all() or not all(any(row) for row in found[1:]):
        raise CouplingError(
            f"{what} from {found[0]} along {', '.join(map(str, found[1:]))} has no direction: give "
            "finite numbers, not all zero"
        )
    return found


@dataclass(frozen=True)
class Ray:
    """A straight line of couplings.

    Attributes
    ----------
    direction : tuple of float
        One value a coupling.
    origin : tuple of float, optional
        J = 0 unless given.

    Raises
    ------
    CouplingError
        If they differ in length, a value is not finite, or the direction is zero.
    """

    direction: tuple[float, ...]
    origin: tuple[float, ...] | None = None

    def __post_init__(self):
        origin = (0.0,) * len(self.direction) if self.origin is None else self.origin
        origin, direction = _checked("a ray", [origin, self.direction])
        object.__setattr__(self, "direction", direction)
        object.__setattr__(self, "origin", origin)

    @classmethod
    def axis(cls, rgmap) -> "Ray":
        """Return the axis of the bare coupling J0."""
        return cls(tuple(rgmap.model.couplings.axis.tolist()))

    def at(self, positions) -> np.ndarray:
        """Return couplings at positions t, shape ``(…, coupling)`` for t of shape ``(…)``."""
        steps = np.asarray(positions, dtype=float)[..., None]
        return np.array(self.origin) + steps * np.array(self.direction)


class Plane:
    """A plane of couplings, J(x, y) = origin + x·first + y·second.

    Parameters
    ----------
    rgmap : RGMap
        Whose points they are, or whose bare couplings where points are no couplings.
    first, second : int or sequence of float
        Number of a coupling, or a direction with one value a coupling.
    origin : sequence of float, optional
        J = 0 unless given.
    labels : tuple of str, optional
        Names of the two axes.

    Raises
    ------
    CouplingError
        If the directions span no plane of these couplings.
    """

    def __init__(self, rgmap, first, second, origin=None, labels=None):
        coupled = hasattr(rgmap, "dimension")
        dimension = rgmap.dimension if coupled else rgmap.model.couplings.dimension
        numbers = [part for part in (first, second) if isinstance(part, int)]
        if (
            first is second
            or len(set(numbers)) < len(numbers)
            or not set(numbers) <= set(range(dimension))
        ):
            names = " and ".join(f"J{n}" for n in numbers)
            raise CouplingError(
                f"couplings {names or first} span no plane of {dimension} couplings: "
                "choose two different ones that exist"
            )
        unit = np.eye(dimension)
        rows = [unit[part] if isinstance(part, int) else part for part in (first, second)]
        found = _checked("a plane", [(0.0,) * dimension if origin is None else origin, *rows])
        if np.linalg.matrix_rank(found[1:]) < 2:
            raise CouplingError(f"directions {found[1]} and {found[2]} span no plane")
        self.origin, self.first, self.second = found
        self.labels = labels or tuple(
            f"$J_{{{part}}}$" if isinstance(part, int) else name
            for part, name in ((first, "x"), (second, "y"))
        )

    def at(self, x, y) -> np.ndarray:
        """Return couplings at positions of equal shape, ``(…, coupling)``."""
        x, y = np.asarray(x, dtype=float)[..., None], np.asarray(y, dtype=float)[..., None]
        return np.array(self.origin) + x * np.array(self.first) + y * np.array(self.second)

    def grid(self, x, y) -> np.ndarray:
        """Return the couplings of a grid, x fastest, shape ``(len(y) * len(x), coupling)``."""
        across, up = np.meshgrid(x, y)
        return self.at(across.ravel(), up.ravel())

    def components(self, vectors) -> np.ndarray:
        """Return the least-squares components of vectors ``(…, coupling)``, shape ``(…, 2)``."""
        return np.asarray(vectors) @ np.linalg.pinv(np.array([self.first, self.second]))
