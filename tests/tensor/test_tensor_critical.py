import numpy as np
import pytest

from mlrg.errors import NoAnswerError, InputError
from mlrg.flow.literature import potts_coupling
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.block_tensor import boltzmann_tensor
from mlrg.tensor.critical import critical_coupling, follow, free_energy
from mlrg.tensor.step import LEVIN_NAVE

EXACT = np.arccosh(1 + np.sqrt(2)) / 2


def model_of(internal):
    return SpinModel(parse_internal(internal), C4v("A1"))


@pytest.mark.parametrize(("states", "error"), [(2, -0.0576), (4, 0.0104), (8, -0.0033)])
def test_levin_nave(states, error):
    found = critical_coupling(model_of("Z2:odd"), states, 0.5, 1.0, None, LEVIN_NAVE, 1e-7)
    assert found.critical_coupling - EXACT == pytest.approx(error, abs=6e-5)


@pytest.mark.parametrize(("states", "error"), [(4, 4.5e-3), (8, 1.2e-4)])
def test_bond_weights_converge(states, error):
    found = critical_coupling(model_of("Z2:odd"), states, 0.5, 1.0, tolerance=1e-8)
    assert abs(found.critical_coupling - EXACT) < 1.01 * error
    assert found.phases == (1, 2)


def test_ising_at_16_states():
    found = critical_coupling(model_of("Z2:odd"), 16, 0.764, 0.7645, tolerance=1e-8)
    assert abs(found.critical_coupling - EXACT) < 2e-5
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=1e-3)
    assert found.scaling_dimensions[2] == pytest.approx(1.0, abs=1e-2)
    assert found.central_charge == pytest.approx(0.5, abs=2e-3)
    assert found.degeneracy == pytest.approx(1.763596, abs=2e-3)
    assert [level.irrep for level in found.levels[:3]] == ["0", "odd", "0"]


def test_potts_multiplets_are_exact():
    exact = potts_coupling(3)
    found = critical_coupling(model_of("S3:standard"), 8, 1.0, 1.3, tolerance=1e-9)
    assert abs(found.critical_coupling / exact - 1) < 1e-3
    assert abs(found.scaling_dimensions[1] - found.scaling_dimensions[2]) < 1e-10
    # Z3 has the same states in a doublet over the complex numbers.
    again = critical_coupling(model_of("Z3:1"), 8, 1.0, 1.3, tolerance=1e-9)
    assert again.critical_coupling == pytest.approx(found.critical_coupling, abs=1e-8)


def test_the_flow_sheds_the_free_energy():
    # Critical ln Z per site of the square lattice; a block of the Lieb lattice has two vertices,
    # whose four bonds K' = ln cosh(2J)/2 each carry the factor 2 √cosh 2J of their decorations.
    model = model_of("Z2:odd")
    flow = follow(boltzmann_tensor(model)([EXACT]), 16, steps=40)
    per_block = free_energy(flow) + flow[0].log_scale
    bonds = 4 * (np.log(2) + 0.5 * np.log(np.cosh(2 * EXACT)))
    assert per_block == pytest.approx(2 * 0.929695398 + bonds, abs=1e-6)


def test_what_cannot_be_found_is_said():
    model = model_of("Z2:odd")
    with pytest.raises(InputError, match="0 states"):
        critical_coupling(model, 0)
    with pytest.raises(InputError, match="k = inf"):
        critical_coupling(model, 4, power=np.inf)
    with pytest.raises(NoAnswerError, match="no transition between"):
        critical_coupling(model, 4, 0.1, 0.2)
