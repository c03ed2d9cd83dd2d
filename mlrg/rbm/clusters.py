"""The square graph (teacher) and the cross graph (student) of one RG step, Fig. 3(c, d).

Corners x0..x3 run counter-clockwise from the top right. A bond in direction k carries the coupling
matrix K_k = (T^k ⊗ T^k) J with T the matrix of C4, which in states reads

    f_k(s, t) = f_0(r⁻ᵏ s, r⁻ᵏ t),   f_0(s, t) = Σ_d J_d Φ[d, s, t] = −ε_J(s, t),

with r the permutation that C4 makes of the spin states.
"""

from typing import NamedTuple

import numpy as np


class Bond(NamedTuple):
    """A directed bond: source site, target site, direction k."""

    source: int
    target: int
    direction: int


# Hidden z_i sits between x_i and x_{i+1}: source z_i, target x.
SQUARE = (
    Bond(0, 0, 0),
    Bond(0, 1, 2),
    Bond(1, 1, 1),
    Bond(1, 2, 3),
    Bond(2, 2, 2),
    Bond(2, 3, 0),
    Bond(3, 3, 3),
    Bond(3, 0, 1),
)

# One hidden z_0 in the centre: source x_i, target z_0.
CROSS = tuple(Bond(corner, 0, corner) for corner in range(4))


def inverse_turns(rotation: np.ndarray) -> np.ndarray:
    """Return r⁻ᵏ for k = 0..3 from the permutation r of the states, shape ``(4, state)``."""
    inverse = np.argsort(rotation)
    turns = [np.arange(len(rotation))]
    for _ in range(3):
        turns.append(inverse[turns[-1]])
    return np.array(turns, dtype=np.int64)
