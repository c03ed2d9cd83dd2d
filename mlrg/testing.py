"""Property tests for declared models: hypothesis strategies, and an equivariance assertion.

`assert_equivariant` does not use the library's kernels. It evaluates the energies of Eqs. (5) and
(6) from the coupling matrix and the spin vectors, moves sites by their coordinates and spins by the
representation matrices, and compares.
"""

import numpy as np
from hypothesis import strategies as st

from mlrg.model import SpinModel
from mlrg.rbm.clusters import CROSS, SQUARE
from mlrg.symmetry.couplings import FAMILIES, FRAMES
from mlrg.symmetry.groups import cyclic
from mlrg.symmetry.point_group import TABLE_I, C4v


def point_names(largest_dimension: int = 3) -> st.SearchStrategy[str]:
    """Sums of C4v irreps up to a total dimension, as text."""
    size = {name: len(images[0]) for name, images in TABLE_I.items()}
    return (
        st.lists(st.sampled_from(sorted(size)), min_size=1, max_size=largest_dimension)
        .filter(lambda names: sum(size[n] for n in names) <= largest_dimension)
        .map("+".join)
    )


def models(largest_dimension: int = 3, families=FAMILIES) -> st.SearchStrategy[SpinModel]:
    """Ising-like models with at least one coupling, in either frame and the given families."""
    return st.builds(
        SpinModel,
        st.just(cyclic(2).irrep("odd")),
        point_names(largest_dimension).map(C4v),
        st.sampled_from(FRAMES),
        st.sampled_from(families),
    ).filter(lambda model: model.couplings.dimension > 0)


def coupling_arrays(dimension: int, batch: int = 1, size: float = 2.0):
    """Coupling arrays of shape ``(batch, dimension)`` with entries up to `size`."""
    values = st.floats(-size, size, allow_nan=False, width=32)
    count = batch * dimension
    return st.lists(values, min_size=count, max_size=count).map(
        lambda row: np.array(row).reshape(batch, dimension)
    )


_CORNERS = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
_EDGES = np.array([(0, 1), (-1, 0), (0, -1), (1, 0)])
_TURN = np.array([(0, -1), (1, 0)])
_FLIP = np.array([(1, 0), (0, -1)])
_DIAGONAL = _TURN @ _FLIP


def _float(matrix) -> np.ndarray:
    return np.array(matrix.tolist(), dtype=float)


def _site_moves(motion: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return for each site the number of the site that it moves to."""
    return np.array([np.flatnonzero((sites == motion @ site).all(axis=1))[0] for site in sites])


def _bond_sum(bonds, coupling, turn, sources, targets) -> float:
    total = 0.0
    for bond in bonds:
        k = np.linalg.matrix_power(turn, bond.direction)
        total -= sources[bond.source] @ k @ coupling @ k.T @ targets[bond.target]
    return total


def assert_equivariant(model: SpinModel, couplings: np.ndarray, seed: int = 0) -> None:
    """Assert that teacher and student energies are invariant under the generators of G × C4v.

    Parameters
    ----------
    model : SpinModel
        A model with bilinear couplings.
    couplings : array
        Shape ``(coupling,)``.
    seed : int
        Of the random spin configurations that are tried.
    """
    rng = np.random.default_rng(seed)
    internal_one = np.eye(model.internal.dimension)
    point_one = np.eye(model.point.dimension)
    turn = np.kron(_float(model.point.rotation), internal_one)
    mirror = np.kron(_float(model.point.mirror), internal_one)
    source_mirror = mirror if model.frame == "paper" else turn @ mirror
    coupling = sum(
        value * _float(matrix)
        for value, matrix in zip(couplings, model.couplings.basis, strict=True)
    )
    still = np.eye(2, dtype=int)
    internal = [
        (f"internal {name}", still, action, action)
        for name, action in zip(
            model.internal.group.names,
            (np.kron(point_one, _float(image)) for image in model.internal.images),
            strict=True,
        )
    ]
    values = model.spins.values
    corner, other = (values[rng.integers(len(values), size=4)] for _ in range(2))
    centre = values[rng.integers(len(values), size=1)]

    # Square graph: edge spins are sources, corners targets; its mirror keeps the x-axis.
    for name, motion, on_source, on_target in (
        *internal,
        ("C4", _TURN, turn, turn),
        ("σ", _FLIP, source_mirror, mirror),
    ):
        moved_corner, moved_edge = np.empty_like(corner), np.empty_like(other)
        moved_corner[_site_moves(motion, _CORNERS)] = corner @ on_target.T
        moved_edge[_site_moves(motion, _EDGES)] = other @ on_source.T
        _assert_same(
            f"teacher energy under {name}",
            _bond_sum(SQUARE, coupling, turn, other, corner),
            _bond_sum(SQUARE, coupling, turn, moved_edge, moved_corner),
        )

    # Cross graph: corners are sources, the centre the target; its mirror keeps the diagonal bond.
    for name, motion, on_source, on_target in (
        *internal,
        ("C4", _TURN, turn, turn),
        ("σ", _DIAGONAL, source_mirror, mirror),
    ):
        moved = np.empty_like(corner)
        moved[_site_moves(motion, _CORNERS)] = corner @ on_source.T
        _assert_same(
            f"student energy under {name}",
            _bond_sum(CROSS, coupling, turn, corner, centre),
            _bond_sum(CROSS, coupling, turn, moved, centre @ on_target.T),
        )


def _assert_same(what: str, before: float, after: float) -> None:
    tolerance = 1e-12 * max(1.0, abs(before))
    assert abs(before - after) <= tolerance, f"{what} changes from {before!r} to {after!r}"
