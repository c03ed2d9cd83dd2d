"""A declared model in a field: T of a block as a function of its couplings and of h.

Every spin weighs exp(h n·s) more, on vertices and on bonds. The field breaks G: legs carry the
values of a spin, and the symmetry that may be left is not declared.
"""

import numpy as np

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.tensor.lattices import LATTICES
from mlrg.tensor.own_tensor import OwnTensor


def in_field(model: SpinModel, lattice: str, direction=None) -> OwnTensor:
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
        If the direction does not fit the spins, or they do not carry A1.
    """
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
    along, edge = values @ direction, LATTICES[lattice].edge(model)

    def tensor(*couplings):
        logs = edge(couplings[:-1], couplings[-1] * along)
        two = logs[:, :, None] + logs
        return np.exp(two[:, :, :, None] + logs[:, :] + logs.T[:, None, None])

    size = len(values)
    nothing = parse_internal("Z1:" + "+".join(["0"] * size))
    contents = LATTICES[lattice].contents
    return OwnTensor.of(tensor, nothing, None, len(model.couplings.axis) + 1, contents)
