"""What a point of a flow says about its phase: degeneracy, scaling dimensions, central charge.

All three come from transfer matrices M of rings of n blocks (Eqs. 22, 25), with eigenvalues λ_k:

* degeneracy Z = (Tr Mⁿ)² / Tr M²ⁿ of a square torus, (T_abab)² / (T_acbc T_bdad) for n = 1. The
  paper's Eq. (23) prints the inverse; this way round Z is 1 for a paramagnet and |G/H| for a broken
  symmetry;
* scaling dimensions Δ_k = −(n/2π) ln|λ_k/λ_0| (Eq. 26), Δ_0 = 0, sector by sector;
* central charge c = (6n/π)(ln λ_0 − n f), with f the ln Z for each block of the infinite lattice,
  which the flow sheds (`mlrg.analysis.trajectory`). Without a flow, from rings of n and 2n blocks,
  where ln λ = f n + πc/6n: c = (4n/π)(2 ln λ_n − ln λ_2n).

On lattices without the turn by 90° rows are Im τ times as far apart as blocks in a row, and Δ and c
are those over Im τ (`RGMap.aspect`).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from mlrg.display import Result
from mlrg.rgmap import Point, RGMap

# Levels that are read unless asked for otherwise.
COUNT = 8


@dataclass(frozen=True)
class Level:
    """One scaling dimension.

    Attributes
    ----------
    dimension : float
        Δ, 0 for the identity.
    irrep : str
        Name of the irrep of the internal group.
    momentum : int
        Momentum of the row in units of 2π/n, from 0 to n/2: the conformal spin mod n.
    parity : int
        ±1 under the reflection of the ring; 0 where momentum leaves none.
    multiplicity : int
        Number of states of this dimension that symmetry makes: the multiplet's real dimension,
        times two for the momenta ±k.
    """

    dimension: float
    irrep: str
    momentum: int
    parity: int
    multiplicity: int

    def __str__(self):
        sign = {1: " even", -1: " odd", 0: ""}[self.parity]
        return (
            f"Δ = {self.dimension:.5f}  {self.irrep}, momentum {self.momentum}{sign}, "
            f"× {self.multiplicity}"
        )


def degeneracy(rgmap: RGMap, point: Point, columns: int | None = None) -> float:
    """Return Z of a square torus of blocks, of the map's smallest ring unless told otherwise.

    Deep in a phase it is the number of ordered states; at couplings that are critical on the
    lattice it approaches a universal value with the number of columns, 1.763596 for Ising.

    Raises
    ------
    BudgetError
        If the matrix is too large to write down.

    Examples
    --------
    >>> import mlrg
    >>> star = mlrg.Star(mlrg.SpinModel("S3:standard", "A1"))
    >>> [round(mlrg.degeneracy(star, [J]), 3) for J in (0.1, 4.0)]
    [1.0, 3.0]
    """
    columns = rgmap.smallest_ring if columns is None else columns
    ring = rgmap.ring(point, columns)
    return float(np.exp(2 * ring.log_trace(columns) - ring.log_trace(2 * columns)))


def scaling_dimensions(
    rgmap: RGMap, point: Point, count: int = COUNT, columns: int | None = None
) -> np.ndarray:
    """Return the lowest Δ_k, Δ_0 = 0 first, at most `count`, every member of a multiplet.

    Eigenvalues that are zero to rounding give no dimension and are left out.
    """
    columns = rgmap.columns(point) if columns is None else columns
    sizes = rgmap.ring(point, columns).sizes(count)
    return -columns * (sizes - sizes[0]) / (2 * np.pi * rgmap.aspect(point)) + 0.0


def spectrum(
    rgmap: RGMap, point: Point, columns: int | None = None, count: int = COUNT
) -> list[Level]:
    """Return the lowest levels of a ring, Δ_0 = 0 first, a multiplet as one level.

    Parameters
    ----------
    rgmap : RGMap
    point : Point
        Δ means a scaling dimension at a critical point only.
    columns : int, optional
        Number of blocks n in the ring, the map's own choice unless given. More of them see momenta
        and, at couplings that are critical on the lattice, come closer to the continuum.
    count : int
        Number of levels.

    Raises
    ------
    BudgetError
        If the ring or the group is too large.
    NoAnswerError
        If an iterative eigenvalue solver does not converge.
    """
    columns = rgmap.columns(point) if columns is None else columns
    found = rgmap.ring(point, columns).levels(count)
    scale = columns / (2 * np.pi * rgmap.aspect(point))
    return [
        Level(float(-scale * (log_size - found[0].log_size)) + 0.0, irrep, momentum, parity, states)
        for log_size, irrep, momentum, parity, states in found
    ]


def central_charge(
    rgmap: RGMap, point: Point, free_energy: float, columns: int | None = None
) -> float:
    """Return c = (6n/π)(ln λ_0 − n f); f is ln Z for each block in nats."""
    columns = rgmap.columns(point) if columns is None else columns
    largest = rgmap.ring(point, columns).sizes(1)[0]
    return float(6 * columns / (np.pi * rgmap.aspect(point)) * (largest - columns * free_energy))


def ring_central_charge(rgmap: RGMap, point: Point, columns: int = 1) -> float:
    """Return c from rings of n and 2n blocks, at couplings that are critical on the lattice.

    Corrections fall with n⁻².
    """
    single, double = (rgmap.ring(point, n).sizes(1)[0] for n in (columns, 2 * columns))
    return float(4 * columns / (np.pi * rgmap.aspect(point)) * (2 * single - double))


@dataclass(frozen=True, eq=False, repr=False)
class Reading(Result):
    """What is read at one point of a flow.

    Attributes
    ----------
    rgmap : RGMap
    point : Point
    free_energy : float
        ln Z for each block of the infinite lattice, the point's scale left out, in nats.
    columns : int, optional
        Of the ring; the map's own choice unless given.
    """

    rgmap: RGMap
    point: Point
    free_energy: float
    columns: int | None = None

    more = ("degeneracy", "scaling_dimensions", "central_charge", "levels")

    @property
    def title(self) -> str:
        """Whose point is read."""
        return f"Reading of {self.rgmap!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What is given."""
        return [("ln Z of a block", f"{self.free_energy:.9g}")]

    def of(self, columns: int | None) -> "Reading":
        """Return what a ring of so many columns says; itself for None."""
        return self if columns is None else replace(self, columns=columns)

    @cached_property
    def degeneracy(self) -> float:
        """Z of the smallest torus."""
        return degeneracy(self.rgmap, self.point)

    @cached_property
    def scaling_dimensions(self) -> np.ndarray:
        """Δ_k, Δ_0 = 0 first, every member of a multiplet."""
        return scaling_dimensions(self.rgmap, self.point, columns=self.columns)

    @cached_property
    def levels(self) -> list[Level]:
        """Δ with their sectors; raises as `spectrum`."""
        return spectrum(self.rgmap, self.point, self.columns)

    @cached_property
    def central_charge(self) -> float:
        """c."""
        return central_charge(self.rgmap, self.point, self.free_energy, self.columns)


class Read:
    """What has a `reading`, and offers what it says."""

    reading: Any

    @property
    def degeneracy(self) -> float:
        """Z, as `Reading.degeneracy`."""
        return self.reading.degeneracy

    @property
    def scaling_dimensions(self) -> np.ndarray:
        """Δ_k, as `Reading.scaling_dimensions`."""
        return self.reading.scaling_dimensions

    @property
    def levels(self) -> list[Level]:
        """Δ with their sectors, as `Reading.levels`."""
        return self.reading.levels

    @property
    def central_charge(self) -> float:
        """c, as `Reading.central_charge`."""
        return self.reading.central_charge
