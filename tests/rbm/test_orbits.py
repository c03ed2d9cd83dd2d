import numpy as np
import pytest

from mlrg.errors import BudgetError
from mlrg.rbm.block import block_of
from mlrg.rbm.orbits import count_orbits, generate, reduce_configurations


def test_multiplicities_cover_everything(ising):
    for point, frame in (("A1", "paper"), ("A1+E", "paper"), ("A1+E", "rotating")):
        block = block_of(ising(point, frame))
        assert block.multiplicities.sum() == block.states**4


def test_group_orders(ising):
    # G × C4v in the rotating frame; in the paper's frame the mirrors of teacher and student differ.
    assert len(block_of(ising("A1+E", "rotating")).symmetries) == 16
    assert len(block_of(ising("A1+E", "paper")).symmetries) == 8
    assert len(block_of(ising("A1", "paper")).symmetries) == 16


def test_four_classes_of_ising_corners(ising):
    # (++++), (+++−), (++−−), (+−+−).
    assert len(block_of(ising("A1")).configurations) == 4


def test_orbit_counting_by_burnside():
    turn = ((1, 2, 3, 0), (0, 1, 2))
    group = generate([turn], 3)
    configurations, multiplicities = reduce_configurations(3, group)
    # Necklaces of four beads in three colours: (81 + 9 + 3 + 3)/4.
    assert len(configurations) == 24
    assert multiplicities.sum() == 81
    assert configurations.tolist() == sorted(configurations.tolist())


def test_representatives_are_the_smallest_of_their_orbits(ising):
    block = block_of(ising("E"))
    weights = np.array([64, 16, 4, 1])
    for configuration in block.configurations:
        code = configuration @ weights
        for corners, states in block.symmetries:
            moved = np.empty(4, dtype=int)
            moved[list(corners)] = np.array(states)[configuration]
            assert moved @ weights >= code


def test_count_is_burnside_and_needs_no_enumeration(ising):
    for point, frame in (("A1", "paper"), ("A1+E", "paper"), ("A1+E", "rotating"), ("2E", "paper")):
        block = block_of(ising(point, frame))
        assert count_orbits(block.states, block.symmetries) == len(block.configurations)
    assert block_of(ising("4E")).orbit_count == pytest.approx(256**4 / 16, rel=0.1)


@pytest.mark.parametrize("point", ["A1+E", "2A1+E"])
def test_orbit_reduction_is_nearly_the_group_order(ising, point):
    block = block_of(ising(point))
    factor = block.states**4 / len(block.configurations)
    assert 0.8 * len(block.symmetries) < factor <= len(block.symmetries)


def test_enumeration_budget_is_met_only_when_needed(ising):
    block = block_of(ising("4E"))
    with pytest.raises(BudgetError, match="256 states has 4294967296 corner configurations"):
        _ = block.configurations
