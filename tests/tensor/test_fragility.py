"""The smallest run of the benchmark of random tensors, and tensors without a step."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import mlrg
from mlrg.errors import NoAnswerError

FILE = Path(__file__).parents[2] / "benchmarks" / "tensor_fragility.py"
SPEC = importlib.util.spec_from_file_location("tensor_fragility", FILE)
fragility = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(fragility)


@pytest.mark.parametrize("internal", fragility.GROUPS)
def test_random_tensors_have_a_step_or_a_sentence(internal):
    found = fragility.outcomes(internal, 6)
    assert sum(found.values()) == 18
    assert all(key[2] == "ok" or key[2].startswith("refused") for key in found)
    assert {key[0] for key in found if key[2] == "ok"} >= {"full", "huge", "tiny"}


@pytest.mark.parametrize("split", [mlrg.BondWeighted(), mlrg.Ring()])
@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_a_factor_is_kept_in_the_scale(split, factor):
    generator = np.random.default_rng(1)
    rgmap = mlrg.Tensor(mlrg.SpinModel("S3:standard", "A1"), 4, split)
    plain = fragility.drawn(rgmap.boltzmann.leg, "full", generator)
    large = fragility.BlockTensor(plain.leg, plain.weights, tuple(factor * b for b in plain.blocks))
    totals = []
    for tensor in (plain, large):
        point = split.start(tensor)
        totals.append(mlrg.follow(rgmap, point, 3).free_energy() + rgmap.left_out(point))
    assert totals[1] - totals[0] == pytest.approx(np.log(factor), rel=1e-12)


def test_a_tensor_that_is_zero_is_refused():
    leg = fragility.spin_leg(mlrg.SpinModel("Z2:odd", "A1"))[0]
    full = fragility.drawn(leg, "full", np.random.default_rng(0))
    zero = fragility.BlockTensor(leg, full.weights, tuple(0 * block for block in full.blocks))
    with pytest.raises(NoAnswerError, match="largest entry of a block tensor is 0"):
        mlrg.Ring().start(zero)
    with pytest.raises(NoAnswerError, match="leads to a block tensor that is zero"):
        _ = zero.normalised
