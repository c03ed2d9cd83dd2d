"""The symmetry of functions that a user wrote: maps, pair energies, functions of couplings."""

from collections.abc import Callable

import numpy as np

from mlrg.errors import RepresentationError
from mlrg.model import SpinModel
from mlrg.symmetry.arguments import finite_numbers
from mlrg.symmetry.representations import Representation, require_one_group
from mlrg.testing.comparison import Comparison, Report
from mlrg.testing.moves import Spins, as_floats, internal_generators, point_moves, unlike


def assert_equivariant_map(
    function: Callable,
    source: Representation,
    target: Representation,
    points: int = 16,
    seed: int = 0,
    tolerance: float = 1e-9,
) -> Report:
    """Assert that f(V(g) x) = W(g) f(x) for every generator g and random vectors x.

    Parameters
    ----------
    function : callable
        Takes a vector, shape ``(source.dimension,)``; returns one, ``(target.dimension,)``.
    source, target : Representation
        V and W, both real and of one group.
    points : int
        Number of vectors, drawn from a normal distribution.
    seed : int
    tolerance : float
        Largest error that is allowed, relative to the largest component.

    Raises
    ------
    RepresentationError
        If the representations belong to two groups, or one is not real.
    AssertionError
        With the generator, the largest and the mean error.
    """
    require_one_group(source, target)
    for representation in (source, target):
        if not representation.is_real:
            raise RepresentationError(
                f"{representation!r} is complex: take its real form, mlrg.symmetry.real_form"
            )
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(points, source.dimension))
    compare = Comparison(tolerance)
    still = np.array([_value(function, vector, target) for vector in vectors])
    names = unlike(source.group.names)
    for name, before, after in zip(names, source.images, target.images, strict=True):
        before, after = as_floats(before), as_floats(after)
        moved = np.array([_value(function, before @ vector, target) for vector in vectors])
        compare.add(f"the map under {name}", moved, still @ after.T)
    return compare.report


def _value(function: Callable, vector: np.ndarray, target: Representation) -> np.ndarray:
    value = np.asarray(function(vector), dtype=float)
    assert value.shape == (target.dimension,), (
        f"the function returned shape {value.shape}: vectors of the target have "
        f"({target.dimension},)"
    )
    return value


def assert_equivariant_table(
    model: SpinModel, table: np.ndarray | Callable, tolerance: float = 1e-9
) -> Report:
    """Assert that an energy of pairs on the representative bond has a model's symmetry.

    Every pair is compared under the mirror through the bond and every generator of G.

    Parameters
    ----------
    model : SpinModel
    table : array or callable
        Energies of pairs of states, shape ``(source state, target state)``; or a function of two
        spin vectors.
    tolerance : float
        Largest error that is allowed, relative to the largest energy.

    Raises
    ------
    CouplingError
        If the table has another shape or entries that are not finite numbers.
    AssertionError
        With the element, the largest and the mean error.
    """
    spins = Spins(model)
    if callable(table):
        table = [[table(s, t) for t in spins.values] for s in spins.values]
    energies = finite_numbers(table, (len(spins.values),) * 2, "pair energies")
    compare = Comparison(tolerance)
    mirror = [move for move in point_moves(model, spins, False) if move.name == "σ"]
    for move in [*mirror, *internal_generators(model, spins)]:
        moved = energies[move.on_source][:, move.on_target]
        compare.add(f"the energy under {move.name}", moved, energies)
    return compare.report


def assert_gauge_invariant(
    model: SpinModel, function: Callable, couplings: np.ndarray, tolerance: float = 1e-9
) -> Report:
    """Assert that a function of couplings, such as a monotone C(J), has one value on gauge copies.

    Parameters
    ----------
    model : SpinModel
    function : callable
        Takes couplings, shape ``(coupling,)``; returns a number.
    couplings : array
        Points where it is compared, shape ``(point, coupling)`` or ``(coupling,)``.
    tolerance : float
        Largest error that is allowed, relative to the largest value.

    Raises
    ------
    CouplingError
        If the couplings are not finite numbers of the right shape.
    AssertionError
        With the gauge transformation, the largest and the mean error.
    """
    count = model.couplings.dimension
    single = np.ndim(couplings) < 2
    rows = finite_numbers(
        [couplings] if single else couplings, (1 if single else len(couplings), count), "couplings"
    )
    compare = Comparison(tolerance)
    still = np.array([float(function(row)) for row in rows])
    for number, matrix in enumerate(model.gauge.generators):
        moved = np.array([float(function(matrix @ row)) for row in rows])
        compare.add(f"the function under gauge transformation {number}", moved, still)
    return compare.report
