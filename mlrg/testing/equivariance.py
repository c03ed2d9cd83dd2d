"""The symmetry of a whole model: pair energies, energies of configurations, marginals."""

import itertools

import numpy as np

from mlrg.geometry import CORNERS, CROSS, SQUARE
from mlrg.model import SpinModel
from mlrg.symmetry.arguments import finite_numbers
from mlrg.testing.comparison import Comparison, Report
from mlrg.testing.moves import (
    CORNER_SITES,
    EDGE_SITES,
    Move,
    Spins,
    as_floats,
    internal_generators,
    point_moves,
    site_moves,
    words,
)

# Configurations are moved by products of generators of G, so many at most; features and pair
# energies by all generators.
_ELEMENTS = 1000
# Marginals of larger spins are not summed: they have as many entries as four spins have states.
_MARGINAL_STATES = 12


def assert_equivariant(
    model: SpinModel, couplings: np.ndarray, seed: int = 0, tolerance: float = 1e-9
) -> Report:
    """Assert that features, energies and marginals of a model have its symmetry.

    Features and energies of every pair of states on the representative bond are compared under the
    mirror and every generator of G, which implies all of G. Energies of teacher and student (Eqs. 5
    and 6) are compared for random spin configurations under elements of G × C4v, and for spins of
    up to 12 states the marginals as wholes.

    Parameters
    ----------
    model : SpinModel
    couplings : array
        Shape ``(coupling,)``.
    seed : int
        Of the random spin configurations that are tried.
    tolerance : float
        Largest error that is allowed, relative to the largest number of a comparison (for energies
        the sum of the sizes of their terms).

    Raises
    ------
    CouplingError
        If the couplings are not finite numbers of the right shape.
    AssertionError
        With the element, the largest and the mean error.
    """
    values = finite_numbers(couplings, (model.couplings.dimension,), "couplings")
    rng = np.random.default_rng(seed)
    spins = Spins(model)
    features = model.couplings.features
    table = np.tensordot(values, features, axes=1)
    compare = Comparison(tolerance)
    generators = internal_generators(model, spins)
    square, cross = (point_moves(model, spins, diagonal) for diagonal in (False, True))
    for move in [*(m for m in square if m.name == "σ"), *generators]:
        same = features[:, move.on_source][:, :, move.on_target]
        compare.add(f"a feature under {move.name}", same, features)
        same = table[move.on_source][:, move.on_target]
        compare.add(f"the pair energy under {move.name}", same, table)

    back = np.linalg.inv(as_floats(model.point.rotation))
    turns = [
        spins.moved(np.linalg.matrix_power(back, k), spins.internal_one) for k in range(CORNERS)
    ]
    corner, edge = rng.integers(len(spins.values), size=(2, CORNERS))
    centre = rng.integers(len(spins.values), size=1)
    elements = words(generators, len(spins.values), _ELEMENTS)
    before = _bond_terms(SQUARE, table, turns, edge, corner)
    for move, inner in itertools.product(square, elements):
        both = move.after(inner)
        moved_corner, moved_edge = np.empty_like(corner), np.empty_like(edge)
        moved_corner[site_moves(both.motion, CORNER_SITES)] = both.on_target[corner]
        moved_edge[site_moves(both.motion, EDGE_SITES)] = both.on_source[edge]
        after = _bond_terms(SQUARE, table, turns, moved_edge, moved_corner)
        _compare_sums(compare, f"the teacher's energy under {both.name}", after, before)
    before = _bond_terms(CROSS, table, turns, corner, centre)
    for move, inner in itertools.product(cross, elements):
        both = move.after(inner)
        moved = np.empty_like(corner)
        moved[site_moves(both.motion, CORNER_SITES)] = both.on_source[corner]
        after = _bond_terms(CROSS, table, turns, moved, both.on_target[centre])
        _compare_sums(compare, f"the student's energy under {both.name}", after, before)
    if len(spins.values) <= _MARGINAL_STATES:
        _marginals(compare, table, turns, [*square, *generators], [*cross, *generators])
    return compare.report


def _bond_terms(bonds, table, turns, sources, targets) -> np.ndarray:
    return -np.array(
        [
            table[turns[b.direction][sources[b.source]], turns[b.direction][targets[b.target]]]
            for b in bonds
        ]
    )


def _compare_sums(compare: Comparison, what: str, after: np.ndarray, before: np.ndarray) -> None:
    """Terms of a sum cancel: errors are measured by their sizes."""
    scale = max(np.abs(before).sum(), np.abs(after).sum())
    compare.add(what, after.sum(), before.sum(), scale)


def _marginals(compare, table, turns, square: list[Move], cross: list[Move]) -> None:
    """Sum the hidden spins directly and compare the marginals of moved corners."""
    states = range(len(table))
    bond = [table[np.ix_(turn, turn)] for turn in turns]
    edge = [
        np.logaddexp.reduce(bond[i][:, :, None] + bond[(i + CORNERS // 2) % CORNERS][:, None, :])
        for i in range(CORNERS)
    ]
    teacher = (
        edge[0][:, :, None, None]
        + edge[1][None, :, :, None]
        + edge[2][None, None, :, :]
        + edge[3].T[:, None, None, :]
    )
    student = np.logaddexp.reduce(
        sum(
            np.moveaxis(b, 0, 1).reshape(
                len(states), *(len(states) if k == i else 1 for k in range(CORNERS))
            )
            for i, b in enumerate(bond)
        )
    )
    # The logarithm of a marginal is as large as eight bonds: rounding goes with them.
    scale = max(1.0, 8 * np.abs(table).max(initial=0.0))
    for what, logs, moves in (("teacher", teacher, square), ("student", student, cross)):
        for move in moves:
            # Corners are targets of the teacher's bonds and sources of the student's.
            action = move.on_target if what == "teacher" else move.on_source
            corners = site_moves(move.motion, CORNER_SITES)
            # p(moved configuration) = p(configuration).
            moved = logs.transpose(np.argsort(corners))[np.ix_(*[np.argsort(action)] * 4)]
            compare.add(f"the {what}'s log-marginal under {move.name}", moved, logs, scale)
