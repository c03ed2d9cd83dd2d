"""A declared model in a field: T of a block as a function of its couplings and of h.

Every spin weighs exp(h n·s) more, on vertices and on bonds. The field breaks G: legs carry the
values of a spin, and the symmetry that may be left is not declared.
"""

from collections.abc import Callable, Sequence

import numpy as np

from mlrg.errors import InputError
from mlrg.geometry import CORNERS
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.representations import Representation
from mlrg.tensor.lattices import LATTICES
from mlrg.tensor.own_tensor import Called, OwnTensor
from mlrg.tensor.own_two_legs import OwnTwoLegs

# From (J_0, J_1, …, h) to the edges of a block in turn, ln w of shape ``(state, state)`` each.
Edges = Callable[..., Sequence[np.ndarray]]


def in_field(model: SpinModel | OwnTensor, lattice: str, direction=None) -> OwnTensor:
    """Return the block tensor of a model as a function of (J_0, J_1, …, h).

    Parameters
    ----------
    model : SpinModel
    lattice : str
        One of `LATTICES`.
    direction : array, optional
        n, one number a component of the spin; by default along the first value s_0 of the spin,
        of the length that makes n·s_0 one.

    Raises
    ------
    InputError
        If the direction does not fit the spins, they do not carry A1, or the tensor is one's own.
    """
    along, edge = _along(model, direction), LATTICES[lattice].edge(model)
    tensor = _block(lambda *couplings: (edge(couplings[:-1], couplings[-1] * along),) * CORNERS)
    contents = LATTICES[lattice].contents
    return OwnTensor.of(tensor, _nothing(along), None, len(model.couplings.axis) + 1, contents)


def in_field_anisotropic(
    model: SpinModel | OwnTwoLegs, anisotropy: float, lattice: str, direction=None
) -> OwnTwoLegs:
    """Return the same with r times the couplings on columns; the field is that of a spin."""
    along, edge = _along(model, direction), LATTICES[lattice].edge(model)

    def edges(*couplings):
        values, field = np.array(couplings[:-1]), couplings[-1] * along
        return (edge(values, field), edge(anisotropy * values, field)) * 2

    contents = LATTICES[lattice].contents
    return OwnTwoLegs.of(_block(edges), _nothing(along), len(model.couplings.axis) + 1, contents)


def _along(model: SpinModel | Called, direction) -> np.ndarray:
    """Return n·s of every value of a spin, shape ``(state,)``."""
    if isinstance(model, Called):
        raise InputError(
            "a field was asked for on a tensor of one's own, whose spins are not known: give it as "
            "one of the function's couplings"
        )
    values = model.spins.values
    if direction is None:
        first = values[np.argmax(np.abs(values).max(axis=1) > 0)]
        direction = first / (first @ first)
    direction = np.asarray(direction, dtype=float)
    if direction.shape != values.shape[1:] or not (values @ direction).any():
        raise InputError(
            f"a field along {direction.tolist()} was given: it has one number for each of the "
            f"{values.shape[1]} components of a spin, and acts on one value at least"
        )
    return values @ direction


def _block(edges: Edges) -> Callable[..., np.ndarray]:
    """Return the function of couplings whose values are w(x0, x1) w(x1, x2) w(x2, x3) w(x3, x0)."""

    def tensor(*couplings):
        top, left, bottom, right = edges(*couplings)
        logs = top[:, :, None] + left
        return np.exp(logs[:, :, :, None] + bottom[:, :] + right.T[:, None, None])

    return tensor


def _nothing(along: np.ndarray) -> Representation:
    """Return the states of a leg of which no symmetry is declared."""
    return parse_internal("Z1:" + "+".join(["0"] * len(along)))
