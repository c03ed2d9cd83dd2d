"""What a set of couplings says about its phase: degeneracy, scaling dimensions, central charge.

The block of the teacher, closed into a square torus, has the transfer matrix

    M_ab = T_acbc,   T_{x0 x1 x2 x3} = Σ_z exp(−E_tch(x, z))       (Eqs. 22, 25).

* Degeneracy Z = (T_abab)² / (T_acbc T_bdad) = (Tr M)² / Tr M². The paper's Eq. (23) prints the
  inverse; this way round Z is 1 for a paramagnet and |G/H| for a broken symmetry.
* Scaling dimensions Δ_k = −ln|λ_k/λ_0| / 2π from the eigenvalues of M (Eq. 26), Δ_0 = 0.
* Central charge c = (6/π)(ln λ_0 − 2g) at a fixed point, with g = ln Z_tch − ln Z_std the free
  energy that one RG step splits off: exp(−2g)·T keeps its norm under the step.
"""

import numpy as np
from scipy.special import logsumexp

from mlrg.rbm.block import Block
from mlrg.rbm.exact import edge_tables, log_partition


def log_transfer_matrix(block: Block, couplings) -> np.ndarray:
    """Return ln M_ab, shape ``(N, N)``."""
    edges = edge_tables(block, couplings)
    # M_ab = Σ_c W0[a, c] W1[c, b] W2[b, c] W3[c, a].
    logs = (edges[0] + edges[3].T)[:, None, :] + (edges[1].T + edges[2])[None, :, :]
    return logsumexp(logs, axis=2)


def transfer_matrix(block: Block, couplings) -> tuple[np.ndarray, float]:
    """Return (M·e^{−scale}, scale): the matrix ``(N, N)`` with its largest entry at one."""
    logs = log_transfer_matrix(block, couplings)
    scale = float(logs.max())
    return np.exp(logs - scale), scale


def degeneracy(block: Block, couplings) -> float:
    """Return Z = (Tr M)² / Tr M², the number of ordered states deep in a phase."""
    logs = log_transfer_matrix(block, couplings)
    return float(np.exp(2 * logsumexp(np.diag(logs)) - logsumexp(logs + logs.T)))


def _eigenvalue_magnitudes(matrix: np.ndarray) -> np.ndarray:
    return np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]


def scaling_dimensions(block: Block, couplings, count: int = 8) -> np.ndarray:
    """Return the lowest Δ_k, Δ_0 = 0 first, at most `count` of them.

    Eigenvalues that are zero to rounding give no dimension and are left out.
    """
    sizes = _eigenvalue_magnitudes(transfer_matrix(block, couplings)[0])
    kept = sizes[sizes > 1e-14 * sizes[0]][:count]
    return -np.log(kept / kept[0]) / (2 * np.pi) + 0.0


def central_charge(block: Block, couplings) -> float:
    """Return c = (6/π)(ln λ_0 − 2g); meaningful at a fixed point of the block's RG map."""
    matrix, scale = transfer_matrix(block, couplings)
    log_largest = float(np.log(_eigenvalue_magnitudes(matrix)[0])) + scale
    shed = log_partition(block, couplings, "teacher") - log_partition(block, couplings, "student")
    return float(6 / np.pi * (log_largest - 2 * shed[0]))
