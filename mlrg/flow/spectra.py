"""What a set of couplings says about its phase: degeneracy, scaling dimensions, central charge.

The block of the teacher, closed into a square torus, has the transfer matrix

    M_ab = T_acbc,   T_{x0 x1 x2 x3} = Σ_z exp(−E_tch(x, z))       (Eqs. 22, 25),

and a ring of n blocks that of `mlrg.flow.transfer`.

* Degeneracy Z = (T_abab)² / (T_acbc T_bdad) = (Tr M)² / Tr M². The paper's Eq. (23) prints the
  inverse; this way round Z is 1 for a paramagnet and |G/H| for a broken symmetry.
* Scaling dimensions Δ_k = −(n/2π) ln|λ_k/λ_0| from the eigenvalues of M (Eq. 26), Δ_0 = 0.
* Central charge c = (6/π)(ln λ_0 − 2g) at a fixed point, with g = ln Z_tch − ln Z_std the free
  energy that one RG step splits off: exp(−2g)·T keeps its norm under the step. Without a fixed
  point, from rings of one and two blocks, where ln λ = f n + πc/6n: c = (4/π)(2 ln λ₁ − ln λ₂).
* Free energy: g sheds what one step sums over, and every step halves the number of blocks, so that
  ln Z = g(J) + g(R(J))/2 + g(R²(J))/4 + … for each block.
"""

from collections.abc import Sequence
from functools import singledispatch
from itertools import pairwise

import numpy as np
from scipy.sparse.linalg import eigs
from scipy.special import logsumexp

from mlrg.flow.transfer import DENSE_LIMIT, RowTransfer, log_transfer_matrix
from mlrg.rbm.block import Block
from mlrg.rbm.exact import edge_tables, log_partition

# Eigenvalues below this share of the largest are rounding and give no dimension.
_SMALLEST = 1e-14


def transfer_matrix(block: Block, couplings, columns: int = 1) -> tuple[np.ndarray, float]:
    """Return (M·e^{−scale}, scale) of a ring of blocks, the largest entry at one.

    Shape ``(N**columns, N**columns)``; `RowTransfer` is the same without writing it down.
    """
    return RowTransfer(block, couplings, columns).dense()


@singledispatch
def degeneracy(block: Block, couplings) -> float:
    """Return Z = (Tr M)² / Tr M², the number of ordered states deep in a phase."""
    logs = log_transfer_matrix(edge_tables(block, couplings))
    return float(np.exp(2 * logsumexp(np.diag(logs)) - logsumexp(logs + logs.T)))


def torus_degeneracy(block: Block, couplings, columns: int) -> float:
    """Return Z = (Tr Mⁿ)² / Tr M²ⁿ of a ring of n blocks: square torus squared over the double one.

    `degeneracy` is n = 1. At couplings that are critical on the lattice it approaches the universal
    value of the conformal field theory, 1.763596 for Ising.

    Raises
    ------
    BudgetError
        If the matrix is too large to write down.
    """
    matrix, _ = transfer_matrix(block, couplings, columns)
    values = np.linalg.eigvals(matrix)
    values = values / np.abs(values).max()
    once, twice = (values**columns).sum().real, (values ** (2 * columns)).sum().real
    return float(once**2 / twice)


def _eigenvalue_magnitudes(operator: RowTransfer, count: int) -> tuple[np.ndarray, float]:
    """Return the largest |λ|, at most `count`, and the scale taken out of them."""
    if operator.shape[0] <= DENSE_LIMIT:
        matrix, scale = operator.dense()
        return np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1][:count], scale
    begin = np.random.default_rng(0).random(operator.shape[0])
    values = eigs(operator, k=count, v0=begin, which="LM", return_eigenvectors=False)
    return np.sort(np.abs(values))[::-1], operator.scale


@singledispatch
def scaling_dimensions(block: Block, couplings, count: int = 8, columns: int = 1) -> np.ndarray:
    """Return the lowest Δ_k, Δ_0 = 0 first, at most `count` of them, multiplets in full.

    Eigenvalues that are zero to rounding give no dimension and are left out. A ring whose matrix is
    too large to write down is solved iteratively, which may miss members of a multiplet;
    `mlrg.flow.sectors.spectrum` does not.
    """
    sizes, _ = _eigenvalue_magnitudes(RowTransfer(block, couplings, columns), count)
    kept = sizes[sizes > _SMALLEST * sizes[0]]
    return -columns * np.log(kept / kept[0]) / (2 * np.pi) + 0.0


def log_largest_eigenvalue(block: Block, couplings, columns: int = 1) -> float:
    """Return ln λ_0 of a ring of blocks, in nats."""
    sizes, scale = _eigenvalue_magnitudes(RowTransfer(block, couplings, columns), 1)
    return float(np.log(sizes[0])) + scale


def shed_free_energy(block: Block, teacher, student) -> float:
    """Return g = ln Z_tch − ln Z_std in nats, what one RG step from teacher to student sums out."""
    shed = log_partition(block, teacher, "teacher") - log_partition(block, student, "student")
    return float(shed[0])


def central_charge(block: Block, couplings) -> float:
    """Return c = (6/π)(ln λ_0 − 2g); meaningful at a fixed point of the block's RG map."""
    shed = shed_free_energy(block, couplings, couplings)
    return 6 / np.pi * (log_largest_eigenvalue(block, couplings) - 2 * shed)


def ring_central_charge(block: Block, couplings, columns: int = 1) -> float:
    """Return c from rings of n and 2n blocks, at couplings that are critical on the lattice.

    c = (4n/π)(2 ln λ_n − ln λ_2n); corrections fall with n⁻².
    """
    single = log_largest_eigenvalue(block, couplings, columns)
    double = log_largest_eigenvalue(block, couplings, 2 * columns)
    return 4 * columns / np.pi * (2 * single - double)


def free_energy(block: Block, path: Sequence[np.ndarray]) -> float:
    """Return ln Z for each block of an infinite lattice, in nats.

    Parameters
    ----------
    block : Block
        With one coupling space for teacher and student.
    path : sequence of arrays
        Couplings J, R(J), R(R(J)), … of successive RG steps. Each step halves the number of blocks,
        so that 30 of them leave an error of 1e-9; a path that has reached a phase may be shorter,
        for the last couplings are closed into the torus of one block.
    """
    total, share = 0.0, 1.0
    for teacher, student in pairwise(path):
        total += share * shed_free_energy(block, teacher, student)
        share /= 2
    matrix = log_transfer_matrix(edge_tables(block, path[-1]))
    return total + share * float(logsumexp(np.diag(matrix)))
