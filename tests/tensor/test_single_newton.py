import numpy as np
import pytest

from mlrg.analysis.critical import critical
from mlrg.analysis.fixed_points import critical_fixed_point
from mlrg.analysis.trajectory import follow
from mlrg.model import SpinModel
from mlrg.tensor.bond_weighted import BOND_WEIGHTED, join
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.split import split
from mlrg.tensor.tensor import Tensor

ISING = SpinModel("Z2:odd", "A1")


def test_the_differential_is_that_of_the_step():
    width = 1e-5
    rgmap = Tensor(ISING, 6)
    below, here, above = (
        follow(rgmap, rgmap.start([0.7688 + shift]), 5).points[-1] for shift in (-width, 0.0, width)
    )
    change = (above.dense - below.dense) / (2 * width)
    bond = np.diag((above.bond - below.bond) / (2 * width))
    moved, moved_bond = LinearStep(here, split(here, 6), BOND_WEIGHTED).apply(change, bond)
    one, two = (join(tensor, split(tensor, 6)) for tensor in (below, above))
    assert moved == pytest.approx((two.dense - one.dense) / (2 * width), abs=1e-5)
    assert np.diag(moved_bond) == pytest.approx((two.bond - one.bond) / (2 * width), abs=1e-4)


@pytest.mark.parametrize("states", [2, 6])
def test_newton_finds_the_critical_fixed_point(states):
    rgmap = Tensor(ISING, states)
    fixed = critical_fixed_point(critical(rgmap, 0.7, 0.8, tolerance=1e-13))
    assert fixed.residual < 1e-9
    after = join(fixed.point, rgmap.split._own_halves(fixed.point))
    assert after.dense == pytest.approx(fixed.point.dense, abs=1e-9)
    # One relevant direction among the invariant ones; its slope is how fast flows leave Jc.
    assert fixed.exponents[0] == pytest.approx(1.0, abs=0.12) and fixed.exponents[1] < 0
    assert fixed.exponents_by_irrep["odd"][0] == pytest.approx(1.875, abs=0.12)


def test_the_thermal_exponent_is_the_growth_of_a_deviation():
    rgmap = Tensor(ISING, 2)
    found = critical(rgmap, 0.7, 0.8, tolerance=1e-13)
    fixed = critical_fixed_point(found)
    flows = [
        follow(rgmap, rgmap.start([found.coupling + shift]), 14).points for shift in (-1e-7, 1e-7)
    ]
    gaps = [np.linalg.norm(b.dense - a.dense) for a, b in zip(*flows, strict=True)]
    growth = np.log(gaps[13] / gaps[12]) / np.log(np.sqrt(2.0))
    assert growth == pytest.approx(fixed.exponents[0], abs=1e-3)
