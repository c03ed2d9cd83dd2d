import numpy as np
import pytest

from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.block_tensor import boltzmann_tensor
from mlrg.tensor.critical import critical_coupling, follow
from mlrg.tensor.fixed_points import critical_fixed_point
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.step import join, split

ISING = SpinModel(parse_internal("Z2:odd"), C4v("A1"))


def test_the_differential_is_that_of_the_step():
    width = 1e-5
    tensors = [
        follow(boltzmann_tensor(ISING)([0.7688 + shift]), 6, steps=5)[-1]
        for shift in (-width, 0.0, width)
    ]
    below, here, above = tensors
    change = (above.dense - below.dense) / (2 * width)
    bond = np.diag((above.bond - below.bond) / (2 * width))
    moved, moved_bond = LinearStep(here, split(here, 6)).apply(change, bond)
    one, two = (join(tensor, split(tensor, 6)) for tensor in (below, above))
    assert moved == pytest.approx((two.dense - one.dense) / (2 * width), abs=1e-5)
    assert np.diag(moved_bond) == pytest.approx((two.bond - one.bond) / (2 * width), abs=1e-4)


@pytest.mark.parametrize("states", [2, 6])
def test_newton_finds_the_critical_fixed_point(states):
    found = critical_coupling(ISING, states, 0.7, 0.8, tolerance=1e-13)
    fixed = critical_fixed_point(found)
    assert fixed.residual < 1e-9
    after = join(fixed.tensor, fixed.halves)
    assert after.dense == pytest.approx(fixed.tensor.dense, abs=1e-9)
    # One relevant direction among the invariant ones; its slope is how fast flows leave Jc.
    thermal = fixed.exponents(0)
    assert thermal[0] == pytest.approx(1.0, abs=0.12) and thermal[1] < 0
    assert fixed.exponents(1)[0] == pytest.approx(1.875, abs=0.12)


def test_the_thermal_exponent_is_the_growth_of_a_deviation():
    found = critical_coupling(ISING, 2, 0.7, 0.8, tolerance=1e-13)
    fixed = critical_fixed_point(found)
    start = boltzmann_tensor(ISING)
    flows = [
        follow(start([found.critical_coupling + shift]), 2, steps=14) for shift in (-1e-7, 1e-7)
    ]
    gaps = [np.linalg.norm(b.dense - a.dense) for a, b in zip(*flows, strict=True)]
    growth = np.log(gaps[13] / gaps[12]) / np.log(np.sqrt(2.0))
    assert growth == pytest.approx(fixed.exponents(0)[0], abs=1e-3)
