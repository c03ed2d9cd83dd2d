import numpy as np
import pytest

from mlrg.errors import BudgetError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.ensemble import train
from mlrg.rbm import cost
from mlrg.rbm.block import block_of, build_block
from mlrg.rbm.star import Star


def test_cost_counts_what_is_enumerated(ising):
    block = block_of(ising("A1+E"))
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
    seconds = [cost.exact_cost(block_of(ising(p))).seconds for p in ("A1", "A1+E", "2A1+E")]
    assert seconds == sorted(seconds)
    # Nothing is enumerated, so that the largest spins can be asked about.
    assert cost.exact_cost(block_of(ising("4E"))).seconds > 1e3 * seconds[-1]


def test_budget_of_time(ising):
    star = Star(ising("A1+E"))
    assert star.price() == cost.exact_cost(star.block)
    config = TrainingConfig(steps=10**9)
    with pytest.raises(BudgetError, match=r"96000000000 exact losses would take about .* hours"):
        train(star, config=config, progress=False)


def test_budget_of_memory(ising):
    with pytest.raises(BudgetError, match="GiB, more than 4"):
        Star(ising("4E")).price()


def test_block_without_symmetry():
    features = np.ones((1, 3, 3))
    block = build_block(features, features, range(3), range(3), [], [])
    assert block.orbit_count == 81
