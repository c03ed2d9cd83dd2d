"""Loops inside one plaquette, seen by the ring around it: taken off a tensor before it is split.

X_(ii'),(jj') of the ring (`mlrg.tensor.fidelity`) is a completely positive map. Its leading
eigenvector r, a positive matrix on a leg, weighs the states of a leg by what the rest of the ring
makes of them. States of weight zero belong to a loop that closes inside the plaquette: without
them the ring is the same up to a factor. Of a tensor of corner double lines, one line of a leg is
such a loop and goes. (Yang, Gu and Wen, 2017, take such states off in a gauge; here the weight
also makes the first guess of the halves.)
"""

from typing import NamedTuple

import numpy as np

from mlrg.geometry import CORNERS
from mlrg.tensor.points import RectangularTensor

# Shares of the largest weight below which a state counts as not there.
_ABSENT = 1e-11
# Steps of the power method, and the change at which it ends.
_STEPS, _STILL = 400, 1e-13
# Infidelity of the ring without them above which states are left where they are.
_LOSS = 1e-13


class Filter(NamedTuple):
    """The weight of a leg's states.

    Attributes
    ----------
    root, inverse : numpy.ndarray
        r^{1/2} on leg 0, and its inverse on the states that are there, shape ``(n, n)``.
    present : numpy.ndarray or None
        Projector on the states that are there; None if all are.
    """

    root: np.ndarray
    inverse: np.ndarray
    present: np.ndarray | None


def filter_of(tensor: RectangularTensor) -> Filter:
    """Return the weight that the ring around a plaquette gives the states of a leg."""
    n, ring = tensor.leg.dimension, _transfer(tensor.bond, tensor.dense, tensor.dense)
    weight = np.eye(n).reshape(-1) / np.sqrt(n)
    for _ in range(_STEPS):
        moved = ring @ weight
        moved /= np.linalg.norm(moved)
        if np.abs(moved - weight).max() < _STILL:
            break
        weight = moved
    # It stands where leg 3 ends; leg 0 sees it in the mirror.
    matrix = weight.reshape(n, n) * tensor.mirrors[:, None] * tensor.mirrors
    # The average over the group keeps a symmetry that rounding would break.
    actions = tensor.leg.actions
    matrix = (actions @ matrix @ actions.transpose(0, 2, 1)).sum(axis=0)
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    there = values > _ABSENT * values[-1]
    vectors, roots = vectors[:, there], np.sqrt(values[there] / values[-1])
    return Filter(
        (vectors * roots) @ vectors.T,
        (vectors / roots) @ vectors.T,
        None if there.all() else vectors @ vectors.T,
    )


def without_loops(tensor: RectangularTensor, found: Filter) -> np.ndarray:
    """Return T_abcd without the states that are not there, shape ``(n, n, n, n)``.

    Where the ring would be another, and not only of another length, it is left as it is.
    """
    if found.present is None:
        return tensor.dense
    whole, mirrors = tensor.dense, tensor.mirrors
    turned = mirrors[:, None] * found.present * mirrors
    # Leg 0 begins a ring where leg 3 ends it. By T_abcd = T_cdab the ring of the next plaquette of
    # the same colour, which closes through legs 1 and 2, is the same.
    inner = np.einsum("abcd,ap,ds->pbcs", whole, found.present, turned, optimize=True)
    before, overlap, after = (
        _closed(_transfer(tensor.bond, *pair))
        for pair in ((whole, whole), (whole, inner), (inner, inner))
    )
    if not abs(before * after - overlap**2) < _LOSS * before * after:
        return whole
    outer = np.einsum("abcd,bq,cr->aqrd", inner, turned, found.present, optimize=True)
    # Once for the ring of either plaquette.
    return outer * (overlap / after) ** (2 / CORNERS)


def _transfer(bond: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return X_(ii'),(jj') of a ring of four tensors and one of four others."""
    n = len(bond)
    one, two = (dense.transpose(0, 3, 1, 2).reshape(n * n, n * n) for dense in (first, second))
    ring = (one @ two.T).reshape(n, n, n, n).transpose(0, 2, 1, 3).reshape(n * n, n * n)
    return ring * np.kron(bond, bond)[:, None]


def _closed(ring: np.ndarray) -> float:
    """Return Tr X⁴."""
    return float(np.trace(np.linalg.matrix_power(ring, CORNERS)))
