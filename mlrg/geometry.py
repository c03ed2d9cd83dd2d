"""The lattice as data: the square graph (teacher) and the cross graph (student) of one RG step.

Corners x0..x3 run counter-clockwise from the top right (Fig. 3(c, d)); C4 takes corner i to i + 1.
A bond in direction k carries the coupling matrix K_k = (T^k ⊗ T^k) J with T the matrix of C4, which
in states reads

    f_k(s, t) = f_0(r⁻ᵏ s, r⁻ᵏ t),   f_0(s, t) = Σ_d J_d Φ[d, s, t] = −ε_J(s, t),

with r the permutation that C4 makes of the spin states. One step rescales lengths by √2 and turns
the lattice by 45°. Compiled kernels, and contractions whose four legs have names of their own, are
written for this block by hand.
"""

import math
from typing import NamedTuple

import numpy as np

# Corners of a block, turns of C4, legs of its tensor.
CORNERS = 4
# Elements of C4v.
POINT_ORDER = 2 * CORNERS
# Factor by which one RG step rescales lengths.
SCALE = math.sqrt(2.0)
# Blocks that one step makes one block of.
BLOCKS_JOINED = round(SCALE**2)
# Sites that a block owns: every corner belongs to two blocks.
SITES = CORNERS // 2


class Contents(NamedTuple):
    """What a block owns: how many spins and bonds between them, and in words."""

    spins: int
    bonds: int
    text: str

    def __str__(self):
        return self.text


# On the Lieb lattice a block has two vertices, the spins of four bonds, and their halves. On the
# square lattice it is a plaquette of one colour.
LIEB = Contents(SITES + CORNERS, 2 * CORNERS, "two corner spins, four edge spins, eight bonds")
SQUARE_LATTICE = Contents(SITES, CORNERS, "two spins, four bonds")

# Where each corner goes under nothing, C4, the mirror σ (y → −y) and the mirror through x0 and x2.
STILL = tuple(range(CORNERS))
TURN = tuple((i + 1) % CORNERS for i in range(CORNERS))
BOND_MIRROR = tuple(reversed(range(CORNERS)))
DIAGONAL_MIRROR = tuple(-i % CORNERS for i in range(CORNERS))

# A symmetry of the corners: where each corner goes, and what its spin state becomes.
CornerSymmetry = tuple[tuple[int, ...], tuple[int, ...]]


class Bond(NamedTuple):
    """A directed bond: source site, target site, direction k."""

    source: int
    target: int
    direction: int


# Hidden z_i sits between x_i and x_{i+1}: source z_i, target x.
SQUARE = tuple(
    bond
    for i in range(CORNERS)
    for bond in (Bond(i, i, i), Bond(i, TURN[i], (i + CORNERS // 2) % CORNERS))
)
# Bonds at a hidden spin of the square graph.
EDGE_BONDS = len(SQUARE) // CORNERS

# One hidden z_0 in the centre: source x_i, target z_0.
CROSS = tuple(Bond(corner, 0, corner) for corner in range(CORNERS))


def inverse_turns(rotation: np.ndarray) -> np.ndarray:
    """Return r⁻ᵏ for k = 0..3 from the permutation r of the states, shape ``(4, state)``."""
    inverse = np.argsort(rotation)
    turns = [np.arange(len(rotation))]
    while len(turns) < CORNERS:
        turns.append(inverse[turns[-1]])
    return np.array(turns, dtype=np.int64)


def exponents(eigenvalues) -> np.ndarray:
    """Return y = ln|e| / ln √2 of the eigenvalues of one linearised RG step, of the same shape.

    −inf for a direction that the step erases.
    """
    sizes = np.abs(np.asarray(eigenvalues))
    with np.errstate(divide="ignore"):
        return np.where(sizes > 1e-12, np.log(sizes) / math.log(SCALE), -np.inf)


def cyclic_average(tensors: np.ndarray) -> np.ndarray:
    """Return the part of tensors ``(…, n, n, n, n)`` that a turn of their legs leaves alone."""
    legs = tensors.ndim - CORNERS
    rest = range(legs)
    turned = (
        tensors.transpose(*rest, *(legs + np.roll(range(CORNERS), k))) for k in range(CORNERS)
    )
    return sum(turned) / CORNERS
