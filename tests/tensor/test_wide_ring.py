"""Rings of three and four tensors, held against exact enumeration and conformal characters."""

from collections import defaultdict

import numpy as np
import pytest
from levels import states_of

import mlrg
from mlrg.analysis.literature import ISING_EXACT, ising_levels
from mlrg.tensor.tensor_ring import block_ring_of, rectangular_ring_of
from mlrg.tensor.wide_ring import wide_block_ring, wide_rectangular_ring

MODELS = [("Z2:odd", "A1", [0.6]), ("Z2:odd", "A1+B1", None), ("S3:standard", "A1", [0.7])]


@pytest.mark.parametrize(("internal", "point", "couplings"), MODELS)
@pytest.mark.parametrize("columns", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_a_ring_of_the_teacher_is_enumerated(internal, point, couplings, columns):
    model = mlrg.SpinModel(internal, point)
    if couplings is None:
        couplings = 0.4 * np.random.default_rng(3).normal(size=model.couplings.dimension)
    star, tensor = mlrg.Star(model), mlrg.Tensor(model)
    expected = states_of(mlrg.spectrum(star, np.array(couplings), columns, 12))
    found = states_of(mlrg.spectrum(tensor, tensor.start(couplings), columns, 12))
    # A multiplet at the end of either list may be cut by rounding.
    shared = min(len(found), len(expected)) - 3
    assert shared > 2
    assert [row[1:] for row in found[:shared]] == [row[1:] for row in expected[:shared]]
    sizes = [[row[0] for row in rows[:shared]] for rows in (found, expected)]
    assert sizes[0] == pytest.approx(sizes[1], abs=1e-6)


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_two_columns_are_those_of_the_dense_ring(internal):
    model = mlrg.SpinModel(internal, "A1")
    couplings = 0.5 * model.couplings.axis
    single = mlrg.Tensor(model, 6)
    point = mlrg.follow(single, single.start(couplings), 2).points[-1]
    ring = mlrg.Tensor(model, 4, mlrg.Ring())
    rectangle = mlrg.follow(ring, ring.start(couplings), 3).points[-1]
    pairs = [
        (wide_block_ring(point.leg, point.bond, point.dense, 2), block_ring_of(point, 2)),
        (
            wide_rectangular_ring(rectangle.leg, rectangle.bond, rectangle.dense, 2),
            rectangular_ring_of(rectangle, 2),
        ),
    ]
    for wide, dense in pairs:
        assert wide.sizes(4) == pytest.approx(dense.sizes(4), abs=1e-9)
        assert wide.log_trace(3) == pytest.approx(dense.log_trace(3), abs=1e-12)
        for one, other in zip(wide.levels(3), dense.levels(3), strict=True):
            assert one[1:] == other[1:]


def test_large_and_small_rings_agree():
    # Above and below the size at which an iterative solver takes over.
    tensor = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 5)
    point = mlrg.follow(tensor, tensor.start([ISING_EXACT]), 4).points[-1]
    small = wide_block_ring(point.leg, point.bond, point.dense, 3)
    rows = np.array([small.row(row) for row in np.eye(small.size)])
    sizes = np.sort(np.log(np.abs(np.linalg.eigvals(rows))))[::-1]
    assert small.size < 300
    assert small.sizes(8) == pytest.approx(sizes[:8], abs=1e-9)
    large = wide_block_ring(point.leg, point.bond, point.dense, 4)
    rows = np.array([large.row(row) for row in np.eye(large.size)])
    sizes = np.sort(np.log(np.abs(np.linalg.eigvals(rows))))[::-1]
    assert large.sizes(8) == pytest.approx(sizes[:8], abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("split", [mlrg.BondWeighted(), mlrg.Ring()])
def test_few_levels_are_the_first_of_many(split):
    rgmap = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 5, split)
    point = mlrg.follow(rgmap, rgmap.start([ISING_EXACT]), 4).points[-1]
    few, many = (mlrg.spectrum(rgmap, point, 4, count) for count in (5, 15))
    for one, other in zip(few, many, strict=False):
        assert one.dimension == pytest.approx(other.dimension, abs=1e-7)
        assert (one.irrep, one.momentum) == (other.irrep, other.momentum)


def test_characters_of_the_ising_torus():
    found = ising_levels(2.2)
    assert found[:5] == [
        (0.0, 0, "0", 1),
        (0.125, 0, "odd", 1),
        (1.0, 0, "0", 1),
        (1.125, -1, "odd", 1),
        (1.125, 1, "odd", 1),
    ]
    # χ_0 = 1 + q² + q³ + 2q⁴ …, χ_1/2 = q^½ (1 + q + q² + q³ + 2q⁴ …), χ_1/16 twice q³.
    counts = {key[:3]: key[3] for key in ising_levels(4.2)}
    assert counts[4.0, 4, "0"] == 2 and counts[4.0, 0, "0"] == 1
    assert counts[3.125, 3, "odd"] == 2 and (3.0, 1, "0") not in counts
    assert sum(degeneracy for *_, degeneracy in ising_levels(3.2)) == 23


@pytest.mark.slow
def test_levels_of_a_ring_are_those_of_the_characters():
    rgmap = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 8, mlrg.Ring())
    found = mlrg.critical(rgmap, 0.7642, 0.7643, tolerance=1e-9)
    exact, read = defaultdict(list), defaultdict(list)
    for dimension, spin, irrep, degeneracy in ising_levels(3.2):
        exact[irrep, min(spin % 4, -spin % 4)] += [dimension] * degeneracy
    for level in mlrg.spectrum(rgmap, found.point, 4, 20):
        if level.dimension < 3.3:
            read[level.irrep, level.momentum] += [level.dimension] * level.multiplicity
    assert read.keys() == exact.keys()
    for labels, dimensions in exact.items():
        assert sorted(read[labels]) == pytest.approx(sorted(dimensions), rel=1e-2, abs=1e-9)


@pytest.mark.parametrize(
    ("split", "columns", "sentence"),
    [
        (mlrg.Ring(), 3, "even number"),
        (mlrg.Ring(), 0, "even number"),
        (mlrg.BondWeighted(), 0, "give one or more"),
        (mlrg.BondWeighted(), 30, "use fewer columns"),
    ],
)
def test_rings_that_are_not_made(split, columns, sentence):
    rgmap = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 4, split)
    with pytest.raises(mlrg.InputError, match=sentence):
        rgmap.ring(rgmap.start([0.5]), columns)
    wide = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 4)
    with pytest.raises(mlrg.InputError, match="not summed"):
        wide.ring(wide.start([0.5]), 10).log_trace(2)
