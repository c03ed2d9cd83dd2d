import numpy as np
import pytest

from mlrg.errors import BudgetError, NoAnswerError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.block_tensor import boltzmann_tensor
from mlrg.tensor.critical import critical_coupling
from mlrg.tensor.irreps import irreps_of
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.loop import loop_step
from mlrg.tensor.loop_fixed_points import loop_critical_fixed_point, loop_newton
from mlrg.tensor.spectra import degeneracy, scaling_dimensions


def critical_flow(internal, states, low, high):
    model = SpinModel(parse_internal(internal), C4v("A1"))
    return critical_coupling(model, states, low, high, power=0.0, tolerance=1e-9, optimised=True)


@pytest.fixture(scope="module")
def ising():
    flow = critical_flow("Z2:odd", 2, 0.75, 0.78)
    return flow, loop_critical_fixed_point(flow)


def test_newton_finds_the_fixed_point_of_the_search(ising):
    _, fixed = ising
    assert fixed.residual < 1e-9
    after = loop_step(fixed.tensor, 2)
    # The search stops at 1e-12 in 1 − F, which is quadratic in the halves.
    assert degeneracy(after) == pytest.approx(fixed.degeneracy, abs=1e-5)
    levels = [level.dimension for level in fixed.levels(4)]
    assert scaling_dimensions(after, 2, 4) == pytest.approx(levels, abs=1e-5)
    assert 1e-4 < fixed.infidelity < 1e-2


def test_the_exponents_are_the_growth_of_deviations(ising):
    flow, fixed = ising
    start = boltzmann_tensor(SpinModel(parse_internal("Z2:odd"), C4v("A1")))
    ends = []
    for shift in (-1e-4, 1e-4):
        tensor, found = start([flow.critical_coupling + shift]), []
        for _ in range(14):
            tensor = loop_step(tensor, 2)
            found.append(degeneracy(tensor))
        ends.append(found)
    gaps = np.abs(np.subtract(*ends))
    growth = np.log(gaps[13] / gaps[9]) / np.log(4.0)
    assert growth == pytest.approx(fixed.exponents(0)[0], abs=5e-3)


def test_exponents_and_central_charge_are_those_of_ising(ising):
    _, fixed = ising
    thermal, magnetic = fixed.exponents(0), fixed.exponents(1)
    assert thermal[0] == pytest.approx(1.0, abs=0.03) and thermal[1] < 0
    assert magnetic[0] == pytest.approx(1.875, abs=0.03) and magnetic[1] < 0
    assert fixed.central_charge == pytest.approx(0.5, abs=0.005)


def test_potts_with_whole_multiplets():
    fixed = loop_critical_fixed_point(critical_flow("S3:standard", 3, 1.12, 1.18))
    assert fixed.residual < 1e-9
    found = {irrep.name: fixed.exponents(k) for k, irrep in enumerate(fixed.leg.irreps.all)}
    assert found["trivial"][0] == pytest.approx(6 / 5, abs=0.03)
    assert found["standard"][:2] == pytest.approx([28 / 15, 2 / 3], abs=0.03)
    assert found["sign"][0] < 0
    assert fixed.central_charge == pytest.approx(0.8, abs=0.01)


def test_what_has_no_fixed_point_is_said():
    irreps = irreps_of(parse_internal("Z2:odd").group)
    odd = Leg(irreps, (Multiplet(0, 1, 1), *[Multiplet(1, 1, 1)] * 8))
    with pytest.raises(BudgetError, match="keep fewer states"):
        loop_newton(odd, np.ones((9, 9, 9)))
    two = Leg(irreps, (Multiplet(0, 1, 1), Multiplet(1, 1, 1)))
    far = np.zeros((2, 2, 2))
    far[0, 0, 0], far[0, 1, 1], far[1, 0, 1], far[1, 1, 0] = 1.0, -0.9, 0.2, 0.7
    with pytest.raises(NoAnswerError, match="found no fixed point"):
        loop_newton(two, far, steps=3)
