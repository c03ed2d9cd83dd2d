"""Level spectroscopy: what vanishes at an end of a critical phase with c = 1.

Between its ends a model of turning spins flows to a line of fixed points. Charge q and vorticity v
have there, with the stiffness K of the point,

    Δ = q²/4K + v²K.

A ring that is closed with a turn by the share t of the full circle holds vorticity t. The phase
ends where an operator becomes marginal: a vortex (v = 1, K = 2) towards disorder, charge p
(K = p²/8) towards the order of p states. Its amplitude y falls with the logarithm of the length
only, and so does what it makes of single levels. It splits the two levels of half its own charge to
first order, and at the end itself, on the separatrix, the lower one is degenerate with the dual
level at Δ = 1/2, logarithms included (Nomura and Kitazawa 1998):

* disorder: charge 2 and the half turn;        * order: charge p/2 and the turn by 2/p.

For odd p there is no half: then δ, 1/4Δ₁ − 2 at one end and p²Δ₁ − 2 at the other, is held against
the separatrix,

    1/δ + ½ ln δ = ln L + const,

whose logarithm, the second loop, counts as an error. Lattice corrections of Δ₁ enter it in full.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from mlrg.rgmap import Point, RGMap
from mlrg.symmetry.circle import Circle

# Stands for a level that a leg does not hold; Δ of one that is degenerate with the largest.
_ABSENT, _LEAST = 2.0, 1e-12


class Levels(NamedTuple):
    """Δ of one point: the charges 1, 2 and p/2, and the turns by 1/2 and 2/p."""

    charge: float
    pair: float
    half: float
    half_turn: float
    turn: float


def levels_of(rgmap: RGMap, circle: Circle, point: Point) -> Levels:
    """Return the levels of a point, read from rings of one column."""
    ring = rgmap.ring(point, 1)
    lowest: dict[int, float] = {}
    found = ring.levels(10**6)
    for level in found:
        lowest.setdefault(circle.charge_named(level.irrep), level.log_size)
    largest = found[0].log_size

    def dimension(log_size):
        return min((largest - log_size) / (2 * np.pi), _ABSENT)

    def turned(share):
        if circle.order is not None and (share * circle.order).denominator != 1:
            return np.nan
        return dimension(rgmap.twisted(point, lambda number: circle.turn(number, share)))

    # No charge is negative.
    half = -1 if circle.order is None else circle.order // 2
    charges = [dimension(lowest.get(charge, -np.inf)) for charge in (1, 2, half)]
    return Levels(
        charges[0],
        charges[1],
        charges[2],
        turned(Fraction(1, 2)),
        np.nan if circle.order is None else turned(Fraction(2, circle.order)),
    )


def differences(levels: np.ndarray, order: int | None, second_loop: bool = True) -> np.ndarray:
    """Return what vanishes at either end, ``(end, step)``, from levels ``(step, level)``.

    Positive on the side of the phase that the end leads to.
    """
    charge, pair, half, half_turn, turn = levels.T
    if order is None or has_halves(order):
        towards_order = np.full(len(levels), np.nan) if order is None else turn - half
        return np.array([pair - half_turn, towards_order])
    share = 0.5 if second_loop else 0.0
    excesses = 0.25 / np.maximum(charge, _LEAST) - 2, order**2 * charge - 2
    return np.array([_against_separatrix(excess, share) for excess in excesses])


def has_halves(order: int | None) -> bool:
    """Whether there are levels of half the marginal operator's charge."""
    return order is None or order % 2 == 0


def _against_separatrix(excess: np.ndarray, share: float) -> np.ndarray:
    """Return by how much δ falls faster in two steps than the separatrix has it.

    What is negative has left the phase, whatever its fall.
    """
    now, later = excess[:-2], excess[2:]
    both = np.maximum(now, 0.0) * np.maximum(later, 0.0)
    ratios = np.where(both > 0, later / np.where(both > 0, now, 1.0), 1.0)
    fall = now - later + both * (share * np.log(ratios) - np.log(2.0)) - np.minimum(later, 0.0)
    return np.concatenate([[np.nan], fall, [np.nan]])
