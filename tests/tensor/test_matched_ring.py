import numpy as np
import pytest

from mlrg.analysis.critical import critical
from mlrg.analysis.literature import ISING_EXACT
from mlrg.analysis.readings import degeneracy, scaling_dimensions, spectrum
from mlrg.errors import BudgetError, InputError
from mlrg.model import SpinModel
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.bond_weighted import BondWeighted
from mlrg.tensor.fidelity import RingFidelity
from mlrg.tensor.matched_ring import Ring
from mlrg.tensor.pairs import irrep_sectors
from mlrg.tensor.points import RectangularTensor, reduced
from mlrg.tensor.split import eigenvectors
from mlrg.tensor.tensor import Tensor, matched


def tensor_of(internal, coupling=0.6):
    model = SpinModel(internal, "A1")
    return BoltzmannTensor.of(model)(coupling * model.couplings.axis)


def ring_step(tensor, states, power=0.0, steps=1000):
    return Ring(power, steps).step(tensor, states)[0]


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_steps_without_truncation_are_exact(internal):
    start = tensor_of(internal)
    states = start.leg.dimension**2
    model = SpinModel(internal, "A1")
    single, ring = Tensor(model, states), Tensor(model, states, Ring(-0.5))
    turned = RectangularTensor.of(start)
    after = ring.step(turned).point
    shared = scaling_dimensions(single, start, 4)
    assert scaling_dimensions(ring, turned, 4) == pytest.approx(shared, abs=1e-9)
    plain = BondWeighted().step(start, states)[0]
    assert scaling_dimensions(ring, after, 4) == pytest.approx(scaling_dimensions(single, plain, 4))
    dense = after.dense
    assert dense.transpose(2, 3, 0, 1) == pytest.approx(dense, abs=1e-12)
    assert dense.transpose(1, 0, 3, 2) == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_the_slope_of_the_fidelity_is_that_of_differences(internal):
    first = ring_step(RectangularTensor.of(tensor_of(internal, 0.9)), 5, steps=0)
    tensor = ring_step(first, 5, steps=0)
    n = tensor.leg.dimension
    matrix = tensor.dense.transpose(0, 1, 3, 2).reshape(n * n, n * n)
    found = []
    for sector in irrep_sectors(tensor.leg):
        block = reduced(sector, matrix)
        commutant = tensor.leg.irreps[sector.irrep].commutant
        pairs = eigenvectors(sector, block, commutant)
        found += [(value, sector, columns) for value, columns in pairs]
    found.sort(key=lambda entry: -abs(entry[0]))
    ring = RingFidelity(tensor, irrep_sectors(tensor.leg), found[:3])
    start = np.concatenate([columns.reshape(-1) for _, _, columns in ring.groups])
    start = start + 0.05 * np.random.default_rng(0).normal(size=len(start))
    slope = ring._loss(start)[1]
    for place in range(0, len(start), max(1, len(start) // 7)):
        shift = 1e-6 * np.eye(len(start))[place]
        numeric = (ring._loss(start + shift)[0] - ring._loss(start - shift)[0]) / 2e-6
        assert slope[place] == pytest.approx(numeric, abs=1e-7)


def test_matched_halves_are_closer_than_split_ones():
    found = critical(matched(SpinModel("Z2:odd", "A1"), 2), 0.7, 0.8, tolerance=1e-6)
    # Loop-TNR with two states is off by +0.0020; splitting alone by -0.0576.
    assert abs(found.coupling - ISING_EXACT) < 2.1e-3
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=4e-3)
    assert found.central_charge == pytest.approx(0.5, abs=5e-3)
    assert 0 < found.cost < 0.01


def test_a_phase_without_small_eigenvalues_is_a_fixed_point():
    # Deep in a phase the matrices have exact zeros, which no search may touch.
    rgmap = Tensor(SpinModel("Z2:odd", "A1"), 4, Ring(-0.5))
    tensor = rgmap.start([3.0])
    for _ in range(30):
        tensor = rgmap.step(tensor).point
    assert degeneracy(rgmap, tensor) == pytest.approx(2.0, abs=1e-6)
    assert np.isfinite(tensor.dense).all()


def test_what_cannot_be_matched_is_said():
    model = SpinModel("Z2:odd", "A1")
    large = matched(model, 25)
    with pytest.raises(BudgetError, match="25 states are not matched"):
        large.step(large.start([0.6]))
    rgmap = matched(model, 2)
    with pytest.raises(InputError, match="have 2"):
        spectrum(rgmap, rgmap.step(rgmap.start([0.6])).point, 1)
