"""Couplings that change no distribution: what is learned does not depend on them."""

import numpy as np
import pytest
import torch

import mlrg
from mlrg.flow.config import TrainingConfig
from mlrg.flow.flows import build_flow
from mlrg.flow.learned import Learned


@pytest.fixture(scope="module")
def star():
    return mlrg.Star(mlrg.SpinModel("S2:two-sided", "A1"))


def learned(star, **options):
    config = TrainingConfig(hidden=(8, 8), **options)
    flow = build_flow(star, config, torch.Generator().manual_seed(0))
    # A flow that moves: the last layer of an untrained one is small.
    for parameter in flow.parameters():
        parameter.data.mul_(2.0)
    return Learned(flow, star, config)


def test_which_directions_these_are(star):
    assert star.redundant == pytest.approx(np.full((1, 2), star.redundant[0, 0]))
    assert np.linalg.norm(star.redundant) == pytest.approx(1.0)
    bilinear = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1+E"))
    assert bilinear.redundant.shape == (0, 5)
    teacher = np.array([[0.7, -0.2]])
    # The KL of the same distributions is zero, and the best student is the same.
    assert star.loss(teacher, teacher + 0.3)[0] == pytest.approx(star.loss(teacher, teacher)[0])
    assert star.rg_map(teacher + 0.3) == pytest.approx(star.rg_map(teacher), abs=1e-7)


@pytest.mark.parametrize(
    "options",
    [
        {"flow": "gradient"},
        {"flow": "shared"},
        {"flow": "fisher"},
        {"flow": "gradient", "gauge": "invariant"},
        {"flow": "vector", "gauge": "none"},
    ],
)
def test_learned_flows_do_not_see_them(star, options):
    rgmap = learned(star, **options)
    point = np.array([[0.7, -0.2]])
    moved = point + 0.3
    assert rgmap.flowed(moved, 1.0) == pytest.approx(rgmap.flowed(point, 1.0), abs=1e-12)
    assert rgmap.velocity(point) @ star.redundant.T == pytest.approx(0.0, abs=1e-12)
    assert np.linalg.norm(rgmap.velocity(point)) > 1e-6
    if rgmap.flow.monotone is not None:
        assert rgmap.monotone(moved) == pytest.approx(rgmap.monotone(point), abs=1e-12)
    # Newton's method takes what is redundant out of a point at once.
    improved = rgmap.improve(moved[0], 1e9).better()
    assert star.redundant @ improved == pytest.approx(0.0, abs=1e-9 * np.linalg.norm(improved))
