import numpy as np
import pytest
import torch

from mlrg.analysis.critical import critical
from mlrg.analysis.fixed_points import critical_fixed_point, fixed_point, newton
from mlrg.analysis.readings import degeneracy, scaling_dimensions
from mlrg.errors import BudgetError, InputError, NoAnswerError
from mlrg.model import SpinModel
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.tensor.fidelity import RingMatch
from mlrg.tensor.halves import HalvesFunctions
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.ring_newton import of_halves
from mlrg.tensor.tensor import matched

ISING = SpinModel("Z2:odd", "A1")


@pytest.fixture(scope="module")
def ising():
    found = critical(matched(ISING, 2), 0.75, 0.78, tolerance=1e-9)
    return found, critical_fixed_point(found)


def test_newton_finds_the_fixed_point_of_the_search(ising):
    _, fixed = ising
    rgmap = fixed.rgmap
    assert fixed.residual < 1e-9
    after = rgmap.step(fixed.point).point
    # The search stops at 1e-12 in 1 − F, which is quadratic in the halves.
    assert degeneracy(rgmap, after) == pytest.approx(fixed.degeneracy, abs=1e-5)
    levels = fixed.scaling_dimensions[:4]
    assert scaling_dimensions(rgmap, after, 4) == pytest.approx(levels, abs=1e-5)
    assert 1e-4 < fixed.cost < 1e-2


def test_the_exponents_are_the_growth_of_deviations(ising):
    found, fixed = ising
    ends = []
    for shift in (-1e-4, 1e-4):
        tensor, states = fixed.rgmap.start([found.coupling + shift]), []
        for _ in range(14):
            tensor = fixed.rgmap.step(tensor).point
            states.append(degeneracy(fixed.rgmap, tensor))
        ends.append(states)
    gaps = np.abs(np.subtract(*ends))
    growth = np.log(gaps[13] / gaps[9]) / np.log(4.0)
    assert growth == pytest.approx(fixed.exponents[0], abs=5e-3)


def test_the_mismatch_and_its_slope_are_those_of_the_search():
    # The search has its own arithmetic, in numpy and with a gradient by hand.
    irreps = irreps_of(SpinModel("S3:standard", "A1").internal.group)
    numbers = {irrep.name: k for k, irrep in enumerate(irreps.all)}
    kinds = (("trivial", 1), ("standard", 1), ("trivial", -1), ("standard", -1))
    leg = Leg(irreps, tuple(Multiplet(numbers[name], 1, sign) for name, sign in kinds))
    rng = np.random.default_rng(3)
    functions = HalvesFunctions(leg, nuclear=1e-3)
    first, second = (
        (functions.basis @ torch.from_numpy(rng.normal(size=functions.basis.shape[1])))
        for _ in range(2)
    )
    first, second = first / first.norm(), second / second.norm()
    match = RingMatch(of_halves(leg, functions.halves.unpacked(first.numpy())), leg, nuclear=1e-3)
    value, slope = match.mismatch(second.numpy())
    assert float(functions.mismatch(first, second)) == pytest.approx(value, rel=1e-12)
    assert functions.pull(first, second).numpy() == pytest.approx(slope, abs=1e-12)
    # What a row of derivatives says is a finite difference.
    along = functions.basis[:, 0]
    ends = [functions.slope(first + step * along) for step in (1e-5, -1e-5)]
    column = functions.basis.T @ (ends[0] - ends[1]) / 2e-5
    found = functions.derivative(functions.slope, first)[:, 0]
    assert found == pytest.approx(column.numpy(), abs=1e-7)


@pytest.mark.slow
def test_a_price_gives_twelve_states_a_fixed_point():
    rgmap = matched(ISING, 12, nuclear=1e-6)
    point = rgmap.start([0.7642872])
    for _ in range(12):
        point = rgmap.step(point).point
    fixed = newton(rgmap, point)
    assert fixed.residual < 1e-10
    by_irrep = fixed.exponents_by_irrep
    # The thermal field and the stress tensor's square.
    assert by_irrep["0"][0] == pytest.approx(1.0, abs=1e-4)
    assert by_irrep["0"][1] == pytest.approx(-2.0, abs=0.02)
    assert by_irrep["odd"][0] == pytest.approx(15 / 8, abs=1e-4)
    assert fixed.central_charge == pytest.approx(0.5, abs=1e-4)


@pytest.mark.slow
def test_eight_states_have_the_exponents_of_ising_to_four_digits():
    rgmap = matched(ISING, 8)
    fixed = fixed_point(rgmap, 0.763, 0.7655)
    assert fixed.residual < 1e-10
    by_irrep = fixed.exponents_by_irrep
    assert max(by_irrep["0"]) == pytest.approx(1.0, abs=4e-4)
    assert max(by_irrep["odd"]) == pytest.approx(15 / 8, abs=2e-4)
    # The step at the fixed point is the one that its halves make: the flow stays.
    point = fixed.point
    for _ in range(12):
        point = rgmap.step(point, (point,)).point
    assert degeneracy(rgmap, point) == pytest.approx(fixed.degeneracy, abs=1e-9)


def test_exponents_and_central_charge_are_those_of_ising(ising):
    _, fixed = ising
    thermal, magnetic = fixed.exponents, fixed.exponents_by_irrep["odd"]
    assert thermal[0] == pytest.approx(1.0, abs=0.03) and thermal[1] < 0
    assert magnetic[0] == pytest.approx(1.875, abs=0.03) and magnetic[1] < 0
    assert fixed.central_charge == pytest.approx(0.5, abs=0.005)


@pytest.mark.slow
def test_newton_does_not_take_rotations_of_the_legs_for_a_saddle():
    # Both critical flows come close enough to the fixed point that the fidelity looks flat there.
    found = fixed_point(matched(ISING, 4), 0.763, 0.7655)
    assert found.residual < 1e-11
    assert found.exponents[0] == pytest.approx(1.0012, abs=1e-4)
    found = fixed_point(matched(SpinModel("S3:standard", "A1"), 6), 1.14, 1.15)
    assert found.residual < 1e-11
    assert found.exponents[0] == pytest.approx(6 / 5, rel=1e-2)
    assert found.exponents_by_irrep["standard"][0] == pytest.approx(28 / 15, rel=5e-3)


@pytest.mark.slow
def test_potts_with_whole_multiplets():
    fixed = fixed_point(matched(SpinModel("S3:standard", "A1"), 3), 1.12, 1.18)
    assert fixed.residual < 1e-9
    found = fixed.exponents_by_irrep
    assert found["trivial"][0] == pytest.approx(6 / 5, abs=0.03)
    assert found["standard"][:2] == pytest.approx([28 / 15, 2 / 3], abs=0.03)
    assert found["sign"][0] < 0
    assert fixed.central_charge == pytest.approx(0.8, abs=0.01)


def test_what_has_no_fixed_point_is_said():
    with pytest.raises(BudgetError, match="keep fewer states"):
        fixed_point(matched(ISING, 15))
    with pytest.raises(InputError, match="those of k = 0"):
        fixed_point(matched(ISING, 2, -0.5))
    irreps = irreps_of(ISING.internal.group)
    two = Leg(irreps, (Multiplet(0, 1, 1), Multiplet(1, 1, 1)))
    far = np.zeros((2, 2, 2))
    far[0, 0, 0], far[0, 1, 1], far[1, 0, 1], far[1, 1, 0] = 1.0, -0.9, 0.2, 0.7
    with pytest.raises(NoAnswerError, match="found no fixed point"):
        newton(matched(ISING, 2), of_halves(two, far), steps=3)
