"""Many single tensors split and joined at once, onto a leg that is given.

Of every kind of multiplet of the new leg (irrep, mirror, sign of λ) the largest eigenvalues are
kept, in falling order; where a matrix has fewer of them, halves are zero.
"""

import numpy as np

from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import pair_sectors


def kinds(leg: Leg) -> dict[Multiplet, list[int]]:
    """Return the places of the leg's multiplets of each kind."""
    found: dict[Multiplet, list[int]] = {}
    for place, multiplet in enumerate(leg.multiplets):
        found.setdefault(multiplet, []).append(place)
    return found


def halves_onto(matrices: np.ndarray, leg: Leg, new: Leg) -> np.ndarray:
    """Return S^z_ab of the states of the new leg, k = 0, shape ``(batch, n, m, m)``.

    Parameters
    ----------
    matrices : array
        Tensors with this leg as symmetric matrices, ``(batch, m², m²)``.
    leg, new : Leg
    """
    m = leg.dimension
    halves = np.zeros((len(matrices), new.dimension, m * m))
    sectors = {(s.irrep, s.parity): s for s in pair_sectors(leg)}
    offsets = np.array(new.offsets)
    for kind, places in kinds(new).items():
        sector = sectors.get((kind.irrep, kind.mirror))
        if sector is None:
            continue
        rows = sector.rows.toarray()
        values, vectors = np.linalg.eigh(rows.T @ matrices @ rows)
        sizes = np.maximum(kind.inversion * values, 0.0)
        order = np.argsort(-sizes, axis=1)[:, : len(places)]
        kept = np.sqrt(np.take_along_axis(sizes, order, axis=1))
        columns = np.take_along_axis(vectors, order[:, None, :], axis=2) * kept[:, None, :]
        first = offsets[places[: order.shape[1]]]
        for row, partner in enumerate(sector.partners):
            halves[:, first + row] = (partner.toarray() @ columns).transpose(0, 2, 1)
    return halves.reshape(len(matrices), new.dimension, m, m)


def around(halves: np.ndarray, bond: np.ndarray) -> np.ndarray:
    """Return four halves joined around a plaquette, shape ``(batch, n, n, n, n)``.

    Parameters
    ----------
    halves : array
        Shape ``(batch, n, m, m)``.
    bond : array
        E of every state of the old leg, ``(m,)``.
    """
    batch, n, m = halves.shape[:3]
    first = (halves * bond).reshape(batch, n * m, m)
    second = halves.transpose(0, 2, 1, 3).reshape(batch, m, n * m)
    two = (first @ second).reshape(batch, n, m, n, m).transpose(0, 1, 3, 2, 4)
    left = (two * (bond[:, None] * bond)).reshape(batch, n * n, m * m)
    right = two.transpose(0, 1, 2, 4, 3).reshape(batch, n * n, m * m)
    return (left @ right.transpose(0, 2, 1)).reshape(batch, n, n, n, n)
