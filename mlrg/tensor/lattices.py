"""Lattices that a tensor flow starts from: what the edge between two legs of the block weighs.

The block tensor of both is Π_i w(y_i, y_{i+1}) over its four edges, y in the frames of the legs:

* ``lieb``: the teacher (Eq. 22), w(y, y') = W_0(y, R y') with the spin of the bond summed over;
* ``square``: the square lattice, w(y, y') = e^{J·Φ(y, y')}. A block is every second plaquette, so
  that each bond belongs to one and each spin to two. Spins carry A1, and the bond has no direction.

A field adds ln of a weight to every spin of a value, those on vertices shared among their four
edges; spins then carry A1.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from mlrg.errors import InputError, UnknownNameError
from mlrg.geometry import CORNERS, LIEB, SQUARE_LATTICE, Contents
from mlrg.model import SpinModel
from mlrg.rbm.block import as_couplings, block_of
from mlrg.rbm.exact import edge_tables

# From couplings ``(coupling,)``, and what a field adds to each value ``(state,)`` if there is one,
# to ln w, shape ``(state, state)``.
Edge = Callable[..., np.ndarray]

# Share of the largest ln w by which its two readings may differ.
_ROUNDING = 1e-12


def _lieb(model: SpinModel) -> Edge:
    block, turn = block_of(model), np.array(model.spins.rotation)
    features = model.couplings.features

    def edge(couplings, field=None):
        if field is None:
            return edge_tables(block, couplings)[0][:, turn]
        if not carry_a1(model):
            raise InputError(
                f"spins that carry {model.point.name} were declared: a field is for spins that "
                "carry A1"
            )
        row = as_couplings(couplings, len(features), "Lieb lattice")[0]
        # Rows are the values of the spin on the bond.
        bond = np.tensordot(row, features, axes=1)
        both = bond[:, :, None] + bond[:, None] + field[:, None, None]
        return logsumexp(both, axis=0) + _on_vertices(field)

    return edge


def carry_a1(model: SpinModel) -> bool:
    """Return whether the point group leaves every value of a spin alone."""
    still = tuple(range(len(model.spins)))
    return tuple(model.spins.rotation) == tuple(model.spins.mirror) == still


def _on_vertices(field: np.ndarray) -> np.ndarray:
    """Return what an edge has of the field on its two vertices, ``(state, state)``."""
    return (field[:, None] + field) / CORNERS


def _square(model: SpinModel) -> Edge:
    if not carry_a1(model):
        raise InputError(
            f"spins that carry {model.point.name} were declared for the square lattice, whose "
            "bonds join two vertices: it takes A1; give the Lieb lattice for others"
        )
    features = model.couplings.features

    def edge(couplings, field=None):
        row = as_couplings(couplings, len(features), "square lattice")[0]
        logs = np.tensordot(row, features, axes=1)
        if np.abs(logs - logs.T).max() > _ROUNDING * np.abs(logs).max():
            raise InputError(
                f"couplings {row.tolist()} tell the two ends of a bond apart, and bonds of the "
                "square lattice have no direction: give the Lieb lattice for them"
            )
        return logs if field is None else logs + _on_vertices(field)

    return edge


class Lattice(NamedTuple):
    """A lattice: ln w of a model's edges, and what a block owns."""

    edge: Callable[[SpinModel], Edge]
    contents: Contents


LATTICES: Mapping[str, Lattice] = MappingProxyType(
    {"lieb": Lattice(_lieb, LIEB), "square": Lattice(_square, SQUARE_LATTICE)}
)


def require_lattice(name: str) -> None:
    """Refuse a lattice that is none of `LATTICES`."""
    if name not in LATTICES:
        raise UnknownNameError(f"lattice {name!r} does not exist: choose {' or '.join(LATTICES)}")
