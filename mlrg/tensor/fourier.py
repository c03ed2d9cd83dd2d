"""Block tensors from the harmonics of their spins: traces of vertices.

Where an edge weighs w(x, y) = Σ_k ŵ_k Y_k(x) Y_k(y) in orthonormal functions of a spin, the block
tensor Π_i w(x_i, x_{i+1}) has the coefficients

    T_abcd = Tr G^a ŵ G^b ŵ G^c ŵ G^d ŵ,     G^a_kk' = ∫ Y_a Y_k Y_k'.
"""

import numpy as np

from mlrg.tensor.legs import Leg
from mlrg.tensor.pairs import pair_sectors


def fourier_blocks(leg: Leg, vertices: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the sectors of T: matrices Tr Q_v Q_v' with Q_v = Σ v_ab G^a ŵ G^b ŵ.

    Parameters
    ----------
    leg : Leg
        The functions a.
    vertices : array
        G^a ŵ, shape ``(a, k, k)``.

    Returns
    -------
    tuple of arrays
        One a sector of the leg's pairs, shape ``(column, column)``.
    """
    sectors, n = pair_sectors(leg), leg.dimension
    used = np.unique(np.concatenate([sector.rows.nonzero()[0] for sector in sectors]))
    products = np.array([vertices[a] @ vertices[b] for a, b in zip(*divmod(used, n), strict=True)])
    flat = products.reshape(len(used), -1)
    turned = products.transpose(0, 2, 1).reshape(len(used), -1)
    blocks = []
    for sector in sectors:
        rows = sector.transposed[:, used]
        block = (rows @ flat) @ (rows @ turned).T
        blocks.append(0.5 * (block + block.T))
    return tuple(blocks)
