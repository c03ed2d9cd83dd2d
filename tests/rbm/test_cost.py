import numpy as np
import pytest

from mlrg.errors import BudgetError
from mlrg.flow.blocks import rg_block
from mlrg.rbm import cost
from mlrg.rbm.block import build_block


def test_cost_counts_what_is_enumerated(ising):
    block = rg_block(ising("A1+E"))
    found = cost.exact_cost(block)
    assert found.configurations == 8**4
    assert found.orbits == len(block.configurations)
    held = (block.configurations, block.multiplicities, block.weights, block.pair_rows)
    assert found.memory > sum(array.nbytes for array in held)
    assert str(found).startswith(f"{found.orbits} of 4096 configurations, ")


def test_units_are_durations():
    for unit in cost.seconds_per_unit():
        assert 0 < unit < 1e-3


def test_time_grows_with_the_spins(ising):
    seconds = [cost.exact_cost(rg_block(ising(p))).seconds for p in ("A1", "A1+E", "2A1+E")]
    assert seconds == sorted(seconds)
    # Nothing is enumerated, so that the largest spins can be asked about.
    assert cost.exact_cost(rg_block(ising("4E"))).seconds > 1e3 * seconds[-1]


def test_budget_of_time(ising):
    block = rg_block(ising("A1+E"))
    assert cost.require_affordable(block, 10, 1.0) == cost.exact_cost(block)
    with pytest.raises(BudgetError, match=r"1000000000000 exact losses would take about .* hours"):
        cost.require_affordable(block, 10**12, 1.0)


def test_budget_of_memory(ising):
    with pytest.raises(BudgetError, match="GiB, more than 4"):
        cost.require_affordable(rg_block(ising("4E")), 1, 1e9)


def test_block_without_symmetry():
    features = np.ones((1, 3, 3))
    block = build_block(features, features, range(3), range(3), [], [])
    assert block.orbit_count == 81
