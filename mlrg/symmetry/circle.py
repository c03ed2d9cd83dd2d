"""The turns of a circle in a group, and the charges of its irreps under them.

O(2) and SO(2) have turns by any angle, cyclic and dihedral groups those by multiples of 2π/p.
Angles are counted so that the spin of a model has charge one; irreps of charge m turn by m times
the angle.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mlrg.errors import InputError
from mlrg.symmetry.compact_groups import CompactGroup
from mlrg.symmetry.compact_irreps import CompactIrreps
from mlrg.symmetry.irreps_of import finite_irreps, irreps_of
from mlrg.symmetry.orthogonal_irreps import GROUP_LIMIT, Irreps
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.representations import Representation


@dataclass(frozen=True, eq=False)
class Circle:
    """The turns of a circle that a group contains.

    Attributes
    ----------
    irreps : Irreps or CompactIrreps
    order : int or None
        p, the number of turns; None where there is one for every angle.
    unit : int
        Charge of the model's spin as the group's irreps count it.
    turns : tuple of int
        Places, in a finite group's list, of the turns by 0, 1, … times the smallest.
    """

    irreps: Irreps | CompactIrreps
    order: int | None
    unit: int
    turns: tuple[int, ...] = ()

    def charge(self, number: int) -> int:
        """Return the charge of an irrep, 0 to p/2."""
        if self.order is None:
            return self.charge_named(self.irreps[number].name)
        turn = self.irreps[number].matrices[self.turns[1]]
        angle = np.abs(np.angle(np.linalg.eigvals(turn)[0]))
        return round(float(angle) / (2 * np.pi) * self.order)

    def charge_named(self, name: str) -> int:
        """Return the charge of an irrep by its name."""
        if self.order is None:
            return int(name.rstrip("'")) // self.unit
        return next(self.charge(k) for k in range(len(self.irreps)) if self.irreps[k].name == name)

    def turn(self, number: int, share: Fraction) -> np.ndarray:
        """Return what a turn by a share of the full circle makes of an irrep, ``(d, d)``.

        Raises
        ------
        InputError
            If a finite group does not contain the turn.
        """
        if self.order is None:
            angle = 2 * np.pi * float(share) * self.charge(number)
            if self.irreps[number].dimension == 1:
                return np.ones((1, 1))
            cosine, sine = np.cos(angle), np.sin(angle)
            return np.array([[cosine, -sine], [sine, cosine]])
        steps = share * self.order
        if steps.denominator != 1:
            raise InputError(f"a turn by {share} is none of the {self.order} turns of the group")
        return self.irreps[number].matrices[self.turns[int(steps) % self.order]]


def circle_of(internal: Representation) -> Circle | None:
    """Return the turns under which the spins of a representation have charge one.

    None for groups that are not cyclic, dihedral, SO(2) or O(2), or turn spins not at all.
    """
    group = internal.group
    plane = next((part for part in internal.summands if part.dimension == 2), None)
    if plane is None:
        return None
    if isinstance(group, CompactGroup):
        if group.name not in ("O2", "SO2") or not (plane.name or "").isdigit():
            return None
        unit = int(np.gcd.reduce([int(part.name.rstrip("'")) for part in internal.summands]))
        return Circle(irreps_of(group), None, unit)
    if group.order > GROUP_LIMIT:
        return None
    return _of_list(group, plane)


def _of_list(group: PermutationGroup, plane: Representation) -> Circle | None:
    """Return the turns of a finite group that act on a plane of spins."""
    traces = plane.class_traces.floats[0][group.class_of]
    for place in range(group.order):
        order = group.element_order(place)
        if group.order not in (order, 2 * order) or order < 3:
            continue
        if np.isclose(traces[place].real, 2 * np.cos(2 * np.pi / order)):
            turns = tuple(group.power(place, k) for k in range(order))
            return Circle(finite_irreps(group), order, 1, turns)
    return None
