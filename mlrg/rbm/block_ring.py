"""A ring of teacher blocks as every analysis asks of it, solved sector by sector.

The transfer matrix of `mlrg.rbm.rows` commutes with the internal group G, with the shift of the
ring and with its reflection:

* irrep of G: P_11 of the real irrep keeps its row space, so that every multiplet appears once, with
  its dimension beside it. An operator that breaks G (Ising σ) has the irrep of its order parameter;
* momentum k of the shift, in units of 2π/n; k and −k are one level: the conformal spin mod n;
* parity ±1 of the reflection, where k = −k.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.eigenvalues import leading_values
from mlrg.model import SpinModel
from mlrg.rbm.block import Block
from mlrg.rbm.rows import DENSE_LIMIT, RowTransfer
from mlrg.rgmap import RingLevel
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.orthogonal_irreps import element_actions
from mlrg.symmetry.permutations import compose, inverse

# Rows up to which every eigenvalue of a sector is computed; beyond, only those asked for.
_DIRECT = 256
# Eigenvalues below this share of the largest are rounding.
_SMALLEST = 1e-14


class BlockRing:
    """A ring of n blocks.

    Parameters
    ----------
    model : SpinModel
    block : Block
    couplings : array
        Teacher couplings, shape ``(coupling,)``.
    columns : int
        Number of blocks n.

    Raises
    ------
    InputError
        If there is no column.
    BudgetError
        If a row has too many states to hold a vector.
    """

    def __init__(self, model: SpinModel, block: Block, couplings, columns: int = 1):
        self.model, self.columns = model, columns
        self.operator = RowTransfer(block, couplings, columns)

    @cached_property
    def dense(self) -> tuple[np.ndarray, float]:
        """(M·e^{−scale}, scale) with the largest entry at one; BudgetError if it is too large."""
        return self.operator.dense()

    def log_trace(self, rows: int) -> float:
        """Return ln Tr M^rows in nats."""
        if self.columns == 1 and rows <= 2:
            # Deep in some phases M is all but triangular, and what is left of M² underflows.
            logs = self.operator.logs
            return log_sum(np.diag(logs) if rows == 1 else logs + logs.T)
        matrix, scale = self.dense
        power = np.linalg.matrix_power(matrix, rows)
        return float(np.log(np.trace(power))) + rows * scale

    def sizes(self, count: int) -> np.ndarray:
        """Return the largest ln|λ|, every state, falling.

        Eigenvalues that are zero to rounding are left out. A ring whose matrix is too large to
        write down is solved iteratively, which may miss members of a multiplet; `levels` does not.
        """
        if self.operator.shape[0] <= DENSE_LIMIT:
            matrix, scale = self.dense
            values = np.linalg.eigvals(matrix)
        else:
            begin = np.random.default_rng(0).random(self.operator.shape[0])
            values = leading_values(self.operator.matvec, begin, count)
            scale = self.operator.scale
        found = np.sort(np.abs(values))[::-1][:count]
        return np.log(found[found > _SMALLEST * found[0]]) + scale

    def levels(self, count: int) -> list[RingLevel]:
        """Return the largest eigenvalues, a multiplet as one, falling."""
        small = self.operator.shape[0] <= _DIRECT
        scale = self.dense[1] if small else self.operator.scale
        found = []
        for sector in self._sectors():
            values = self._direct(sector) if small else self._iterative(sector, count)
            # The row space has every eigenvalue as often as its commutant has dimensions.
            values = np.sort(np.abs(values))[::-1][:: sector.repeats]
            found += [
                RingLevel(size, sector.irrep, sector.momentum, sector.parity, sector.multiplicity)
                for size in values
            ]
        found.sort(key=lambda level: -level.log_size)
        largest = found[0].log_size
        return [
            level._replace(log_size=float(np.log(level.log_size)) + scale)
            for level in found[:count]
            if level.log_size > 1e2 * _SMALLEST * largest
        ]

    def _sectors(self):
        spins, columns = self.model.spins, self.columns
        group = self.model.internal.group
        backwards = [inverse(a) for a in element_actions(group, spins.internal_actions)]
        mirror = inverse(compose(spins.rotation, spins.mirror))
        for irrep in irreps_of(group).all:
            terms = tuple(
                (c, back)
                for c, back in zip(irrep.row_coefficients, backwards, strict=True)
                if abs(c) > 1e-14
            )
            for momentum in range(columns // 2 + 1):
                alone = 2 * momentum % columns == 0
                for parity in (1, -1) if alone else (0,):
                    states = irrep.dimension * (1 if alone else 2)
                    yield _Sector(
                        *(irrep.name, momentum, parity, states, irrep.commutant),
                        *(terms, mirror, (len(spins),) * columns),
                    )

    def _direct(self, sector: "_Sector") -> np.ndarray:
        unit = np.eye(self.operator.shape[0])
        projector = np.stack([sector.project(row) for row in unit], axis=1)
        values, vectors = np.linalg.eigh(projector)
        basis = vectors[:, values > 0.5]
        matrix = basis.conj().T @ self.dense[0] @ basis
        return np.linalg.eigvals(matrix) if basis.size else np.empty(0)

    def _iterative(self, sector: "_Sector", count: int) -> np.ndarray:
        """Return the eigenvalues of a sector that is too large, or whose basis is found by chance.

        As many random vectors as the solver keeps are projected; if they are dependent they span
        the whole sector.
        """
        rng = np.random.default_rng(0)
        rows = self.operator.shape[0]
        kept = min(2 * count * sector.repeats + 20, rows)
        samples = [sector.project(rng.normal(size=rows)) for _ in range(kept)]
        basis, sizes, _ = np.linalg.svd(np.stack(samples, axis=1), full_matrices=False)
        rank = int((sizes > 1e-8 * max(1.0, sizes[0])).sum())

        def apply(vector):
            moved = self.operator.matvec(vector.real)
            if np.iscomplexobj(samples[0]):
                moved = moved + 1j * self.operator.matvec(vector.imag)
            # Rounding would grow the parts outside the sector.
            return sector.project(moved)

        if rank < kept:
            whole = basis[:, :rank]
            moved = [apply(vector) for vector in whole.T]
            return np.linalg.eigvals(whole.conj().T @ np.stack(moved, axis=1)) if moved else []
        return leading_values(apply, samples[0], count * sector.repeats, kept=kept)


def log_sum(logs: np.ndarray) -> float:
    """Return ln Σ e^x over all entries."""
    largest = logs.max()
    return float(largest + np.log(np.exp(logs - largest).sum()))


@dataclass(frozen=True)
class _Sector:
    """A projector onto the row space of an irrep at one momentum and parity.

    `terms` are the elements of G as (coefficient, inverse permutation of the states of a spin).
    """

    irrep: str
    momentum: int
    parity: int
    multiplicity: int
    repeats: int
    terms: tuple
    mirror: tuple[int, ...]
    shape: tuple[int, ...]

    def project(self, vector: np.ndarray) -> np.ndarray:
        """Return the part of a vector ``(row,)`` that lies in the sector."""
        row = np.reshape(vector, self.shape)
        row = sum(c * _relabelled(row, back) for c, back in self.terms)
        columns = len(self.shape)
        phase = np.exp(-2j * np.pi * self.momentum * np.arange(columns) / columns)
        phase = phase.real if 2 * self.momentum % columns == 0 else phase
        axes = np.arange(columns)
        row = sum(p * np.transpose(row, np.roll(axes, k)) for k, p in enumerate(phase)) / columns
        if self.parity:
            reflected = _relabelled(np.transpose(row, axes[::-1]), self.mirror)
            row = (row + self.parity * reflected) / 2
        return row.reshape(-1)


def _relabelled(row: np.ndarray, back: tuple[int, ...]) -> np.ndarray:
    """Return the row whose spins all had their states permuted; `back` is the inverse."""
    return row[np.ix_(*[back] * row.ndim)]
