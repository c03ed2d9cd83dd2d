"""Rings of three and more block tensors, by an iterative solver: spins beyond mod 2.

Site i of a row joins the bonds e_{i−1} and e_i, a_i above and c_i below,

    M_(a…),(c…) = Σ_e Π_i T_{a_i e_i c_i e_{i−1}} E_{e_i} E_{c_i}.

C4-symmetric tensors make an M that commutes with the shift S and the reflection of the ring: it is
solved for each momentum. Rectangular tensors alternate with their turned copies, and K = M S takes
the place of M (`mlrg.tensor.tensor_ring`); the phase of an eigenvalue is its momentum. Vectors are
kept in the row space of one irrep of G.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.eigenvalues import DENSE_ROWS, Action, leading_values
from mlrg.errors import BudgetError, InputError
from mlrg.geometry import TURN
from mlrg.rgmap import RingLevel
from mlrg.symmetry.orthogonal_irreps import OrthogonalIrrep
from mlrg.tensor.legs import Leg
from mlrg.tensor.points import log_of_trace

# Rows up to which a ring is solved at all.
_LARGEST = 2**20
# Eigenvalues below this share of the largest are rounding and give no dimension.
_SMALLEST = 1e-12
_PRECISION = 1e-10

Vector = np.ndarray


@dataclass(frozen=True, eq=False)
class WideRing:
    """A ring of block tensors.

    Attributes
    ----------
    leg : Leg
    bond : numpy.ndarray
        E of every state, shape ``(state,)``.
    sites : tuple of numpy.ndarray
        T of every column, shape ``(n, n, n, n)``.
    mirrors : numpy.ndarray, optional
        m of every state where M commutes with shift and reflection; None for K.

    Raises
    ------
    BudgetError
        If there are too many rows.
    """

    leg: Leg
    bond: np.ndarray
    sites: tuple[np.ndarray, ...]
    mirrors: np.ndarray | None = None

    def __post_init__(self):
        if self.size > _LARGEST:
            raise BudgetError(
                f"{self.columns} columns of {self.leg.dimension} states have a transfer matrix of "
                f"{self.size} rows (limit {_LARGEST}): use fewer columns"
            )

    @property
    def columns(self) -> int:
        """Columns of the ring."""
        return len(self.sites)

    @property
    def size(self) -> int:
        """Rows of the matrix."""
        return self.leg.dimension ** len(self.sites)

    @cached_property
    def _weighted(self) -> list[np.ndarray]:
        """T_{a e c d} E_e E_c of every column."""
        return [site * self.bond[:, None, None] * self.bond[:, None] for site in self.sites]

    def row(self, vector: Vector) -> Vector:
        """Return M v."""
        first, *middle, last = self._weighted
        shape = (self.leg.dimension,) * self.columns
        # Legs still below come first, then the bond that is open to the right, then what is done;
        # the first bond, to the left, stays last.
        open_row = np.tensordot(vector.reshape(shape), first, axes=(0, 2))
        below = self.columns - 1
        open_row = np.moveaxis(open_row, below + 1, below)
        for site in middle:
            # (c_i, …, e, done, d) with T_{a e' c d'}: sum c_i and e.
            open_row = np.tensordot(open_row, site, axes=((0, below), (2, 3)))
            below -= 1
            a, after = open_row.ndim - 2, open_row.ndim - 1
            open_row = np.moveaxis(open_row, after, below)
            # a joins what is done, before the first bond.
            open_row = np.moveaxis(open_row, a + 1, a)
        # (c_m, e, done, d): the last bond closes the ring.
        closed = np.tensordot(open_row, last, axes=((0, 1, open_row.ndim - 1), (2, 3, 1)))
        return closed.reshape(-1)

    def shift(self, vector: Vector) -> Vector:
        """Return w(c_1, …, c_m) = v(c_2, …, c_m, c_1)."""
        shape = (self.leg.dimension,) * self.columns
        return np.moveaxis(vector.reshape(shape), -1, 0).reshape(-1)

    def _reflect(self, vector: Vector) -> Vector:
        """Return the mirror image of a row, its first column kept, a mirror on every leg."""
        grown = vector.reshape((self.leg.dimension,) * self.columns)
        for axis in range(self.columns):
            shape = [1] * self.columns
            shape[axis] = -1
            grown = grown * self.mirrors.reshape(shape)
        return grown.transpose(0, *range(1, self.columns)[::-1]).reshape(-1)

    def moved(self, vector: Vector) -> Vector:
        """Return M v, or K v where rows alternate."""
        return self.row(self.shift(vector) if self.mirrors is None else vector)

    def acted(self, matrix: np.ndarray, vector: Vector) -> Vector:
        """Return a row whose every leg a matrix ``(n, n)`` has acted on."""
        found = vector.reshape((self.leg.dimension,) * self.columns)
        for _ in range(self.columns):
            # The first leg goes last: after all of them the order is the old one.
            found = np.tensordot(found, matrix, axes=(0, 1))
        return found.reshape(-1)

    def onto(self, irrep: OrthogonalIrrep) -> Action:
        """Return the projector on the row space of an irrep."""
        signs = self.leg.signs
        if len(signs) == len(self.leg.actions):
            row = signs
            for _ in range(self.columns - 1):
                row = (row[:, :, None] * signs[:, None]).reshape(len(signs), -1)
            kept = irrep.row_coefficients @ row
            return lambda vector: kept * vector

        def project(vector):
            found = np.zeros(self.size, dtype=vector.dtype)
            for share, action in zip(irrep.row_coefficients, self.leg.actions, strict=True):
                found += share * self.acted(action, vector)
            return found

        return project

    def _momenta(self) -> Iterator[tuple[int, int, Action]]:
        """Yield momentum, parity and projector of the sectors of M."""
        for momentum in range(self.columns // 2 + 1):
            still = 2 * momentum % self.columns == 0
            for parity in (1, -1) if still else (0,):
                yield momentum, parity, self.translated(momentum, parity)

    def translated(self, momentum: int, parity: int) -> Action:
        """Return the projector on a momentum and, where it leaves one, a parity; else 0."""

        def project(vector):
            phase = np.exp(-2j * np.pi * momentum / self.columns)
            found, moved = np.zeros_like(vector), vector
            for step in range(self.columns):
                turn = phase**step
                found = found + (turn.real if parity else turn) * moved
                moved = self.shift(moved)
            found = found / self.columns
            return 0.5 * (found + parity * self._reflect(found)) if parity else found

        return project

    def _parts(self, irrep: OrthogonalIrrep, count: int) -> Iterator[tuple[float, int, int, int]]:
        """Yield |λ|, momentum, parity and how many momenta have it, of one row space."""
        onto, copies = self.onto(irrep), irrep.commutant
        if self.mirrors is None:
            # Momenta ±k are two states of one level.
            values = self._solved(lambda v: onto(self.moved(onto(v))), 2 * copies * count)
            angles = np.rint(np.angle(values) * self.columns / (2 * np.pi)).astype(int)
            for momentum in range(self.columns // 2 + 1):
                alike = values[angles % self.columns == momentum]
                still = 2 * momentum % self.columns == 0
                for value in alike[::copies]:
                    yield abs(value), momentum, 0, 1 if still else 2
            return
        for momentum, parity, project in self._momenta():

            def action(vector, project=project):
                return onto(project(self.row(project(onto(vector)))))

            for value in self._solved(action, copies * count, parity == 0)[::copies]:
                yield abs(value), momentum, parity, 1 if parity else 2

    def _solved(self, action: Action, count: int, wide: bool = False) -> Vector:
        """Return at least the `count` largest eigenvalues of an action on rows, falling."""
        noise = np.random.default_rng(0).normal(size=self.size)
        start = action(noise.astype(complex if wide else float))
        values = leading_values(action, start, count, _PRECISION)
        return values[np.abs(values) > _SMALLEST * max(np.abs(values).max(initial=0.0), 1e-300)]

    def levels(self, count: int) -> list[RingLevel]:
        """Return the largest eigenvalues, a multiplet as one, falling."""
        found = []
        for irrep in self.leg.irreps.all:
            for size, momentum, parity, times in self._parts(irrep, count):
                found.append(RingLevel(size, irrep.name, momentum, parity, irrep.dimension * times))
        found.sort(key=lambda level: -level.log_size)
        kept = [level for level in found if level.log_size > _SMALLEST * found[0].log_size]
        return [level._replace(log_size=float(np.log(level.log_size))) for level in kept[:count]]

    def sizes(self, count: int) -> np.ndarray:
        """Return the largest ln|λ|, every state, falling."""
        levels = self.levels(count)
        sizes = [level.log_size for level in levels]
        return np.repeat(sizes, [level.multiplicity for level in levels])[:count]

    def log_trace(self, rows: int) -> float:
        """Return ln Tr M^rows in nats, of K where rows alternate.

        Raises
        ------
        BudgetError
            If the matrix is too large to write down.
        """
        if self.size > DENSE_ROWS:
            raise BudgetError(
                f"a torus of {self.columns} columns with {self.leg.dimension} states is not summed "
                f"(limit {DENSE_ROWS} rows): use fewer columns"
            )
        matrix = np.array([self.moved(row) for row in np.eye(self.size)]).T
        power = np.linalg.matrix_power(matrix, rows)
        return log_of_trace(np.trace(power))


def wide_block_ring(leg: Leg, bond: np.ndarray, dense: np.ndarray, columns: int) -> WideRing:
    """Return a ring of C4-symmetric tensors.

    Raises
    ------
    InputError
        If there are fewer than two columns.
    BudgetError
        If there are too many rows.
    """
    if columns < 2:
        raise InputError(f"a ring of {columns} columns was asked for: give two or more")
    return WideRing(leg, bond, (dense,) * columns, leg.mirrors)


def wide_rectangular_ring(leg: Leg, bond: np.ndarray, dense: np.ndarray, columns: int) -> WideRing:
    """Return a ring of rectangular tensors, which alternate with their turned copies.

    Raises
    ------
    InputError
        If the number of columns is odd.
    BudgetError
        If there are too many rows.
    """
    require_pairs(columns)
    turned = dense.transpose(np.argsort(TURN))
    return WideRing(leg, bond, (dense, turned) * (columns // 2))


def require_pairs(columns: int) -> None:
    """Refuse a ring in which two kinds of tensors cannot alternate."""
    if columns < 2 or columns % 2:
        raise InputError(
            f"a ring of {columns} columns was asked for: rings of matched tensors have an even "
            "number"
        )
