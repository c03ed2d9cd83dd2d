"""Elements of G × C4v on spin states and on the sites of a plaquette.

Independent of the library's state permutations: sites move by their coordinates, spin vectors by
the matrices that were declared, and a moved state is found by its vector.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlrg.model import SpinModel
from mlrg.symmetry.point_group import C4v

CORNER_SITES = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
EDGE_SITES = np.array([(0, 1), (-1, 0), (0, -1), (1, 0)])


class Spins:
    """Spin states by their vectors, and matrices as permutations found by matching vectors."""

    def __init__(self, model: SpinModel):
        self.values = model.spins.values
        self.internal_one = np.eye(model.internal.dimension)
        self.point_one = np.eye(model.point.dimension)

    def moved(self, point: np.ndarray, internal: np.ndarray) -> np.ndarray:
        """Return the number of the state that each state moves to."""
        return moved_states(self.values, np.kron(point, internal))


class Move(NamedTuple):
    """An element of G × C4v: its name, motion of the plane, and what it makes of the states."""

    name: str
    motion: np.ndarray
    on_source: np.ndarray
    on_target: np.ndarray

    def after(self, first: "Move") -> "Move":
        """Return the product that applies `first` and then this element; motions of both commute
        with the internal group."""
        return Move(
            f"{self.name} and {first.name}",
            self.motion,
            self.on_source[first.on_source],
            self.on_target[first.on_target],
        )


def moved_states(values: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return the number of the state, a row of `values`, that a matrix moves each state to."""
    distance = np.abs((values @ matrix.T)[:, None, :] - values[None, :, :]).max(axis=2)
    assert (distance.min(axis=1) < 1e-9).all(), "the spin space is not closed"
    return distance.argmin(axis=1)


def as_floats(matrix) -> np.ndarray:
    """Return a matrix of sympy in floats."""
    return np.array(matrix.tolist(), dtype=float).reshape(matrix.shape)


def site_moves(motion: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return for each site the number of the site that it moves to."""
    return np.array([np.flatnonzero((sites == motion @ site).all(axis=1))[0] for site in sites])


def point_moves(model: SpinModel, spins: Spins, diagonal: bool) -> list[Move]:
    """Return all elements of C4v.

    The mirror of the square graph keeps the x-axis, that of the cross graph the diagonal, where its
    representative bond lies.
    """
    plane = C4v("E").turned if diagonal else C4v("E")
    on_source = model.point if model.frame == "paper" else model.point.turned
    return [
        Move(
            C4v.spell(C4v.word(element)),
            as_floats(plane.matrix(element)).astype(int),
            spins.moved(as_floats(on_source.matrix(element)), spins.internal_one),
            spins.moved(as_floats(model.point.matrix(element)), spins.internal_one),
        )
        for element in range(C4v.order)
    ]


def internal_generators(model: SpinModel, spins: Spins) -> list[Move]:
    """Return the generators of the internal group, each by its place."""
    still = np.eye(2, dtype=int)
    names = unlike(model.internal.group.names)
    found = []
    for name, image in zip(names, model.internal.images, strict=True):
        action = spins.moved(spins.point_one, as_floats(image))
        found.append(Move(f"internal {name}", still, action, action))
    return found


def unlike(names: Sequence[str]) -> list[str]:
    """Return names with their place where two are equal."""
    return [f"{n} (generator {k})" if names.count(n) > 1 else n for k, n in enumerate(names)]


def words(generators: list[Move], states: int, longest: int) -> list[Move]:
    """Return products of generators, shortest first, the identity among them; at most so many."""
    identity = np.arange(states)
    found = [Move("1", np.eye(2, dtype=int), identity, identity)]
    seen = {identity.tobytes()}
    for current in found:
        for generator in generators:
            product = generator.after(current)
            if product.on_source.tobytes() not in seen and len(found) < longest:
                seen.add(product.on_source.tobytes())
                found.append(product)
    return found
