"""Spins with a continuum of values: a circle or a sphere, the orbit of a vector under the group.

As for finite groups a spin takes the values of the orbit of the first basis vector, of the sum of
the first basis vectors of its summands if it was declared as a sum: ``O2:1+2`` is the circle of
(cos θ, sin θ, cos 2θ, sin 2θ). Charges turn it into a circle and spins into a sphere, the zonal
vector at its pole. By symmetry the energy of a pair depends on the angle between its spins,

    −ε = Σ_d J_d Φ_d(u),      u = θ − φ, the angle of the source from the target.
"""

from functools import cached_property, reduce

import numpy as np

from mlrg.errors import SpinSpaceError, UnknownIrrepError
from mlrg.symmetry.compact_groups import CompactGroup
from mlrg.symmetry.families import cyclic, dihedral
from mlrg.symmetry.point_group import PointRepresentation
from mlrg.symmetry.representations import Representation

# How the values of a group's spins lie.
_SHAPES = {"SO2": "circle", "O2": "circle", "SO3": "sphere", "O3": "sphere"}


class ContinuousSpins:
    """The values of a spin in V_R ⊗ V_G of a continuous group G.

    Parameters
    ----------
    internal : Representation
        V_G, of a `CompactGroup`.
    point : PointRepresentation
        V_R, of C4v.
    """

    def __init__(self, internal: Representation, point: PointRepresentation):
        self.internal = internal
        self.point = point
        self.dimension = point.dimension * internal.dimension

    @property
    def group(self) -> CompactGroup:
        """The internal group."""
        return self.internal.group

    @cached_property
    def charges(self) -> tuple[int, ...]:
        """Charge or spin of each summand, for spins on a circle or a sphere.

        Raises
        ------
        SpinSpaceError
            If their values are no circle and no sphere.
        """
        found = []
        for summand in self.internal.summands:
            try:
                known = self.group.irrep(summand.name) == summand
            except UnknownIrrepError:
                known = False
            if not (known and summand.name.isdigit()):
                break
            found.append(int(summand.name))
        else:
            if self.group.name in _SHAPES and self.point.name == "A1" and any(found):
                return tuple(found)
        raise SpinSpaceError(
            f"spins that carry {self.point.name} and {self.internal!r} take values on no circle "
            "and no sphere: couplings are all that is known of them; declare A1 and irreps of O2, "
            "SO2, O3 or SO3 without a prime for more"
        )

    def clock(self, points: int) -> Representation:
        """Return what the turns by multiples of 2π/`points`, and mirrors, make of a circle's spins.

        Raises
        ------
        SpinSpaceError
            If spins take values on no circle, or their charges on the clock are not their own.
        """
        if self.shape != "circle":
            raise SpinSpaceError(
                f"a clock of spins of {self.group.name} was asked for: only a circle has clocks; "
                "for a sphere declare a finite subgroup such as A5:3"
            )
        if points <= 2 * max(self.charges) or points < 5:
            raise SpinSpaceError(
                f"a clock of {points} angles was asked for spins of charge {max(self.charges)}: "
                f"give {max(5, 2 * max(self.charges) + 1)} or more"
            )
        mirrored = self.group.name == "O2"
        group = dihedral(points) if mirrored else cyclic(points)
        names = [
            (f"E{charge}" if charge else "A1") if mirrored else charge for charge in self.charges
        ]
        return reduce(Representation.__add__, (group.irrep(name) for name in names))

    @property
    def shape(self) -> str:
        """``circle`` or ``sphere``; raises as `charges`."""
        return _SHAPES[self.group.name] if self.charges else ""

    @property
    def unit(self) -> int:
        """Of the charges, or spins, of functions of the values, all multiples of it.

        Values of even spin alone are axes: a sphere with opposite points taken as one.
        """
        if self.shape == "circle":
            return int(np.gcd.reduce(self.charges))
        return 1 if any(spin % 2 for spin in self.charges) else 2

    @cached_property
    def pole(self) -> np.ndarray:
        """The value that angles are measured from, shape ``(component,)``."""
        return self.along(np.zeros(1))[0]

    def along(self, angles) -> np.ndarray:
        """Return the values at angles from the pole on a great circle, ``(angle, component)``."""
        angles = np.asarray(angles, dtype=float)
        turned = _on_circle if self.shape == "circle" else _on_sphere
        return np.concatenate([turned(charge, angles) for charge in self.charges], axis=1)

    def _refuse(self):
        raise SpinSpaceError(
            f"spins of {self.group.name} take a continuum of values, which are not listed: use "
            "tensor students (--student tensor), or clocks such as D24:E1 (SpinModel.clock)"
        )

    def __len__(self):
        return self._refuse()

    @property
    def values(self):
        """Raises SpinSpaceError: they are not listed."""
        return self._refuse()

    states = vectors = rotation = mirror = internal_actions = values

    def __bool__(self):
        return True

    def __eq__(self, other):
        return (
            isinstance(other, ContinuousSpins)
            and self.internal == other.internal
            and self.point == other.point
        )

    def __hash__(self):
        return hash((self.internal, self.point))

    def __repr__(self):
        return f"ContinuousSpins({self.internal!r}, {self.point!r})"


def _on_circle(charge: int, angles: np.ndarray) -> np.ndarray:
    if charge == 0:
        return np.ones((len(angles), 1))
    return np.stack([np.cos(charge * angles), np.sin(charge * angles)], axis=1)


def _on_sphere(spin: int, angles: np.ndarray) -> np.ndarray:
    """Return the zonal vector turned about the axis of Ry."""
    cosines = np.cos(angles)
    # Loaded late: most questions of symmetry do without scipy, which takes longer to load.
    from scipy.special import eval_legendre, gammaln, lpmv

    columns = [eval_legendre(spin, cosines)]
    for m in range(1, spin + 1):
        # lpmv has the Condon-Shortley sign; a turn by π changes the sign of odd m.
        size = np.sqrt(2.0) * np.exp(0.5 * (gammaln(spin - m + 1) - gammaln(spin + m + 1)))
        side = np.where(np.sin(angles) < 0, (-1.0) ** m, 1.0)
        columns += [(-1) ** m * size * side * lpmv(m, spin, cosines), np.zeros(len(angles))]
    return np.stack(columns, axis=1)
