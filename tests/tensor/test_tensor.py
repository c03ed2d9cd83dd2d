import numpy as np
import pytest

from mlrg.analysis.critical import critical
from mlrg.analysis.literature import ISING_EXACT, potts_coupling
from mlrg.analysis.trajectory import follow
from mlrg.errors import InputError, NoAnswerError
from mlrg.model import SpinModel
from mlrg.tensor.tensor import Tensor, single

ISING = SpinModel("Z2:odd", "A1")


@pytest.mark.parametrize(("states", "error"), [(2, -0.0576), (4, 0.0104), (8, -0.0033)])
def test_levin_nave(states, error):
    found = critical(single(ISING, states, 0.0), 0.5, 1.0, tolerance=1e-7)
    assert found.coupling - ISING_EXACT == pytest.approx(error, abs=6e-5)


@pytest.mark.parametrize(("states", "error"), [(4, 4.5e-3), (8, 1.2e-4)])
def test_bond_weights_converge(states, error):
    found = critical(Tensor(ISING, states), 0.5, 1.0, tolerance=1e-8)
    assert abs(found.coupling - ISING_EXACT) < 1.01 * error
    assert found.phases == (1, 2)


@pytest.mark.slow
def test_ising_at_16_states():
    found = critical(Tensor(ISING, 16), 0.764, 0.7645, tolerance=1e-8)
    assert abs(found.coupling - ISING_EXACT) < 2e-5
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=1e-3)
    assert found.scaling_dimensions[2] == pytest.approx(1.0, abs=1e-2)
    assert found.central_charge == pytest.approx(0.5, abs=2e-3)
    assert found.degeneracy == pytest.approx(1.763596, abs=2e-3)
    assert [level.irrep for level in found.levels[:3]] == ["0", "odd", "0"]


def test_potts_multiplets_are_exact():
    exact = potts_coupling(3)
    potts, clock = (SpinModel(name, "A1") for name in ("S3:standard", "Z3:1"))
    found = critical(Tensor(potts, 8), 1.0, 1.3, tolerance=1e-9)
    assert abs(found.coupling / exact - 1) < 1e-3
    assert abs(found.scaling_dimensions[1] - found.scaling_dimensions[2]) < 1e-10
    # Z3 has the same states in a doublet over the complex numbers.
    again = critical(Tensor(clock, 8), 1.0, 1.3, tolerance=1e-9)
    assert again.coupling == pytest.approx(found.coupling, abs=1e-8)


@pytest.mark.slow
def test_readings_do_not_change_when_more_symmetry_is_declared():
    # The 4-state Potts model as S4, as Ashkin-Teller and as two Ising spins with their product.
    readings = []
    for internal, ray in (
        ("S4:standard", [1.0]),
        ("D4:E+B1", [2 / 3, 1 / 3]),
        ("Z2xZ2:1x0+0x1+1x1", [1 / 3] * 3),
    ):
        rgmap = Tensor(SpinModel(internal, "A1"), 8)
        found = critical(rgmap, 1.3, 1.5, along=ray, tolerance=1e-9)
        readings.append([found.steps, found.coupling, found.degeneracy, found.central_charge])
    assert readings[1] == pytest.approx(readings[0], abs=1e-6)
    assert readings[2] == pytest.approx(readings[0], abs=1e-6)


def test_the_flow_sheds_the_free_energy():
    # Critical ln Z per site of the square lattice; a block of the Lieb lattice has two vertices,
    # whose four bonds K' = ln cosh(2J)/2 each carry the factor 2 √cosh 2J of their decorations.
    rgmap = Tensor(ISING, 16)
    flow = follow(rgmap, rgmap.start([ISING_EXACT]), 40)
    per_block = flow.free_energy() + flow.begin.log_scale
    bonds = 4 * (np.log(2) + 0.5 * np.log(np.cosh(2 * ISING_EXACT)))
    assert per_block == pytest.approx(2 * 0.929695398 + bonds, abs=1e-6)


def test_what_cannot_be_found_is_said():
    with pytest.raises(InputError, match="0 states"):
        Tensor(ISING, 0)
    with pytest.raises(InputError, match="k = inf"):
        single(ISING, 4, np.inf)
    with pytest.raises(NoAnswerError, match="no transition between"):
        critical(Tensor(ISING, 4), 0.1, 0.2)
    with pytest.raises(InputError, match="the smallest other has 2; keep 3 states"):
        critical(Tensor(SpinModel("S3:standard", "A1"), 2))
