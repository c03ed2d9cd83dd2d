import numpy as np
import pytest

from mlrg.errors import BudgetError, InputError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.block_tensor import boltzmann_tensor, reduced
from mlrg.tensor.critical import critical_coupling
from mlrg.tensor.loop import loop_step
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.pairs import irrep_sectors
from mlrg.tensor.ring import Ring
from mlrg.tensor.spectra import degeneracy, scaling_dimensions, spectrum
from mlrg.tensor.step import eigenvectors, rg_step

EXACT = np.arccosh(1 + np.sqrt(2)) / 2


def model_of(internal, point="A1"):
    return SpinModel(parse_internal(internal), C4v(point))


def tensor_of(internal, coupling=0.6, point="A1"):
    model = model_of(internal, point)
    return boltzmann_tensor(model)(coupling * model.couplings.axis)


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_steps_without_truncation_are_exact(internal):
    start = tensor_of(internal)
    after = loop_step(start, start.leg.dimension**2, power=-0.5)
    shared = scaling_dimensions(start, 2, 4)
    turned = LoopTensor.of(start)
    assert scaling_dimensions(turned, 2, 4) == pytest.approx(shared, abs=1e-9)
    plain = rg_step(start, start.leg.dimension**2)
    assert scaling_dimensions(after, 2, 4) == pytest.approx(scaling_dimensions(plain, 2, 4))
    dense = after.dense
    assert dense.transpose(2, 3, 0, 1) == pytest.approx(dense, abs=1e-12)
    assert dense.transpose(1, 0, 3, 2) == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_the_slope_of_the_fidelity_is_that_of_differences(internal):
    first = loop_step(tensor_of(internal, 0.9), 5, steps=0)
    tensor = loop_step(first, 5, steps=0)
    n = tensor.leg.dimension
    matrix = tensor.dense.transpose(0, 1, 3, 2).reshape(n * n, n * n)
    found = []
    for sector in irrep_sectors(tensor.leg):
        block = reduced(sector, matrix)
        commutant = tensor.leg.irreps[sector.irrep].commutant
        pairs = eigenvectors(sector, block, commutant)
        found += [(value, sector, columns) for value, columns in pairs]
    found.sort(key=lambda entry: -abs(entry[0]))
    ring = Ring(tensor, irrep_sectors(tensor.leg), found[:3])
    start = np.concatenate([columns.reshape(-1) for _, _, columns in ring.groups])
    start = start + 0.05 * np.random.default_rng(0).normal(size=len(start))
    slope = ring._loss(start)[1]
    for place in range(0, len(start), max(1, len(start) // 7)):
        shift = 1e-6 * np.eye(len(start))[place]
        numeric = (ring._loss(start + shift)[0] - ring._loss(start - shift)[0]) / 2e-6
        assert slope[place] == pytest.approx(numeric, abs=1e-7)


def test_matched_halves_are_closer_than_split_ones():
    found = critical_coupling(model_of("Z2:odd"), 2, 0.7, 0.8, tolerance=1e-6, optimised=True)
    # Loop-TNR with two states is off by +0.0020; splitting alone by -0.0576.
    assert abs(found.critical_coupling - EXACT) < 2.1e-3
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=4e-3)
    assert found.central_charge == pytest.approx(0.5, abs=5e-3)


def test_a_phase_without_small_eigenvalues_is_a_fixed_point():
    # Deep in a phase the matrices have exact zeros, which no search may touch.
    tensor = tensor_of("Z2:odd", 3.0)
    for _ in range(30):
        tensor = loop_step(tensor, 4, power=-0.5)
    assert degeneracy(tensor) == pytest.approx(2.0, abs=1e-6)
    assert np.isfinite(tensor.dense).all()


def test_what_cannot_be_matched_is_said():
    tensor = tensor_of("Z2:odd")
    with pytest.raises(BudgetError, match="25 states are not matched"):
        loop_step(tensor, 25)
    with pytest.raises(InputError, match="have 2"):
        spectrum(loop_step(tensor, 2), 1)
