"""The transfer matrix of a ring of n teacher blocks, dense or never written down.

Corner spins are the legs of the Boltzmann tensor T (Eq. 22). A ring of n blocks joined through x1
and x3 carries a row of spins b at their corners x2 to a row a at their corners x0:

    M_ab = Σ_c Π_i T_{a_i c_{i+1} b_i c_i},   c_{n+1} = c_1,

which is Eq. (25) for n = 1. T is a product over four edges, T = W0(x0, x1) W1(x1, x2) W2(x2, x3)
W3(x3, x0), so that M is a product of two zigzag rows of 2n bonds and acts on a vector of N^n
numbers site by site, in n·N^(n+2) multiplications.

M commutes with the internal group, with the shift of the ring and with its reflection, the mirror
through the corners x0 and x2.
"""

from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator
from scipy.special import logsumexp

from mlrg.errors import BudgetError, InputError
from mlrg.geometry import CORNERS
from mlrg.rbm.block import Block
from mlrg.rbm.exact import edge_tables

# Rows of spins up to which a matrix is written down and solved whole.
DENSE_LIMIT = 1024
# Rows of spins up to which vectors are held at all: the extra leg makes them N times longer.
ROW_LIMIT = 2**22
# Sums below this may have lost terms to underflow.
_TINY = 1e-280


class RowTransfer(LinearOperator):
    """M·e^{−scale} of a ring of `columns` blocks, as an operator on ``N**columns`` numbers.

    Parameters
    ----------
    block : Block
    couplings : array
        Teacher couplings, shape ``(coupling,)``.
    columns : int
        Number of blocks n in the ring.

    Attributes
    ----------
    states, columns : int
        N and n; a vector is an array of n axes of length N, one a spin of the row.
    scale : float
        ln of the factor that was taken out, in nats.

    Raises
    ------
    InputError
        If there is no column.
    BudgetError
        If a row has too many states to hold a vector.
    """

    def __init__(self, block: Block, couplings, columns: int = 1):
        if columns < 1:
            raise InputError(f"a ring of {columns} columns was asked for: give at least 1")
        rows = block.states**columns
        if rows > ROW_LIMIT:
            raise BudgetError(
                f"a ring of {columns} blocks of {block.states} states has {rows} rows of spins, "
                f"more than {ROW_LIMIT}: ask for fewer columns"
            )
        self.states, self.columns = block.states, columns
        self._logs = edge_tables(block, couplings)
        # Each edge gives up the largest entry of its table.
        largest = self._logs.max()
        self._edges = np.exp(self._logs - largest)
        self.scale = float(CORNERS * columns * largest)
        super().__init__(dtype=np.dtype(float), shape=(rows, rows))

    def _matvec(self, vector):
        row = np.reshape(vector, (self.states,) * self.columns)
        top, left, bottom, right = self._edges
        row = _zigzag(left, bottom.T, row)
        row = _zigzag(right.T, top, row)
        # The second zigzag numbers a_i as i + 1.
        return np.transpose(row, np.roll(np.arange(self.columns), -1)).reshape(-1)

    @cached_property
    def logs(self) -> np.ndarray:
        """ln M of a single block, safe at any coupling, shape ``(N, N)``."""
        return log_transfer_matrix(self._logs)

    def dense(self) -> tuple[np.ndarray, float]:
        """Return (M·e^{−s}, s) with the largest entry at one, shape ``(N**n, N**n)``.

        Raises
        ------
        BudgetError
            If it has more than `DENSE_LIMIT` rows.
        """
        if self.shape[0] > DENSE_LIMIT:
            raise BudgetError(
                f"a transfer matrix of {self.shape[0]} rows is not written down "
                f"(limit {DENSE_LIMIT}): use it as an operator"
            )
        if self.columns == 1:
            scale = float(self.logs.max())
            return np.exp(self.logs - scale), scale
        matrix = np.stack([self._matvec(unit) for unit in np.eye(self.shape[0])], axis=1)
        largest = matrix.max()
        return matrix / largest, self.scale + float(np.log(largest))


def _zigzag(first: np.ndarray, second: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return out[o] = Σ_i Π_k first[o_{k+1}, i_k] second[o_k, i_k] row[i], o_{n+1} = o_1."""
    count = row.ndim
    # Axis 0 is o_1, which the last factor needs; axis k + 1 holds i_k, later o_{k+1}.
    moved = row[None] * second.reshape(second.shape + (1,) * (count - 1))
    for axis in range(1, count):
        moved = np.moveaxis(np.tensordot(first, moved, axes=(1, axis)), 0, axis)
        shape = [1] * (count + 1)
        shape[axis], shape[axis + 1] = second.shape
        moved = moved * second.reshape(shape)
    return np.einsum("oi,o...i->o...", first, moved)


def log_transfer_matrix(edges: np.ndarray) -> np.ndarray:
    """Return ln M_ab of one block, ``(N, N)``, from ln W of its four edges ``(4, N, N)``.

    Safe at any coupling: where the terms of a row and a column are of very different size, they are
    added as logarithms.
    """
    upper, lower = edges[0] + edges[3].T, (edges[1].T + edges[2]).T
    rows, columns = upper.max(axis=1, keepdims=True), lower.max(axis=0, keepdims=True)
    product = np.exp(upper - rows) @ np.exp(lower - columns)
    if product.min() > _TINY:
        return np.log(product) + rows + columns
    return np.stack([logsumexp(row[:, None] + lower, axis=0) for row in upper])
