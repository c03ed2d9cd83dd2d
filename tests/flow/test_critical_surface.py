"""Errors of a transition, told of block tensors by steps of the exact map."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

import mlrg
from mlrg.flow.critical_surface import CriticalSurface
from mlrg.flow.exact_pairs import gather
from mlrg.flow.followed import criticals_of
from mlrg.flow.handed_over import STEPS, handed_over_transition
from mlrg.flow.inheritance import exact_answer, inherited_shift
from mlrg.flow.learned import Learned
from mlrg.flow.moderator import Moderator
from mlrg.flow.refinement import fit, residual
from mlrg.flow.region import Chord

CONFIG = mlrg.TrainingConfig(
    flow="shared",
    steps=0,
    refinements=2,
    refinement_steps=60,
    refinement_flows=16,
    refinement_pairs="exact",
    hidden=(12, 12),
    low=0.3,
    high=1.2,
    spread=0.25,
    gauge="none",
    walk_steps=8,
)


@pytest.fixture(scope="module")
def moderator():
    student = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 2, mlrg.BondWeighted(0.0))
    return Moderator.of(student.couplings, CONFIG)


@pytest.fixture(scope="module")
def learned(moderator):
    return Learned(moderator.train(0).flow, moderator.rgmap, CONFIG)


@pytest.fixture(scope="module")
def critical(moderator):
    """The transition of the exact map on the axis."""
    return criticals_of(moderator.rgmap, CONFIG.region([1.0]), np.random.default_rng(0))[0]


@pytest.fixture(scope="module")
def told(learned):
    return handed_over_transition(learned)


def test_a_shift_is_that_of_the_exact_map(learned, critical, told):
    # Two rounds leave an error that a bisection of phases tells as well.
    exact = mlrg.critical(learned.teacher, 0.3, 1.2, tolerance=1e-10).coupling
    assert exact == pytest.approx(critical.position, abs=1e-6)
    assert 1e-6 < abs(told - exact) < 1e-2
    found = inherited_shift(learned, told, handed_over=STEPS)
    assert found == pytest.approx(exact - told, rel=0.05, abs=2e-6)


def test_the_surface_tells_the_error_of_a_transition(learned, critical, told):
    near = [critical, *(critical._replace(position=told + k * 1e-5) for k in (-1, 0, 1))]
    first, *found = CriticalSurface(learned, near).errors(learned).detach().numpy()
    assert found == pytest.approx([-1e-5, 0.0, 1e-5], rel=0.01, abs=1e-8)
    # A fifth of the error of this flow is of second order.
    assert first == pytest.approx(critical.position - told, rel=0.3)


def test_the_surface_follows_a_flow_whose_weights_change(learned, critical, told):
    surface = CriticalSurface(learned, [critical._replace(position=told)])
    other = Learned(copy.deepcopy(learned.flow), learned.teacher, CONFIG)
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in other.flow.parameters():
            weight += 1e-4 * torch.randn(weight.shape, dtype=weight.dtype, generator=rng)
    moved = handed_over_transition(other) - told
    assert 1e-6 < abs(moved) < 1e-3
    # J0c of the exact map, which stays, minus that of the flow.
    assert surface.errors(other).item() == pytest.approx(-moved, rel=0.05)
    weight = next(learned.flow.parameters())
    (slope,) = torch.autograd.grad(surface.errors(learned).sum(), weight)
    place = np.unravel_index(int(slope.abs().argmax()), slope.shape)
    values = []
    for sign in (1.0, -1.0):
        with torch.no_grad():
            weight[place] += sign * 1e-6
            values.append(surface.errors(learned).item())
            weight[place] -= sign * 1e-6
    assert np.subtract(*values) / 2e-6 == pytest.approx(slope[place].item(), rel=1e-4)


def test_a_transition_that_no_flow_crosses_is_left_out(learned, critical):
    ray, low, _ = critical.chord
    below = critical._replace(chord=Chord(ray, low, low + 0.01))
    surface = CriticalSurface(learned, [below])
    assert surface.errors(learned).shape == (0,)
    # Pairs are fitted without any.
    other = Learned(
        copy.deepcopy(learned.flow), learned.teacher, replace(CONFIG, refinement_steps=5)
    )
    rng, none = np.random.default_rng(7), np.empty((0, learned.dimension))
    pairs = gather(other, [critical], rng, 1.0, True, none)
    before = residual(other, pairs)
    fit(other, pairs, 10.0, surface)
    assert residual(other, pairs) < before


@pytest.mark.slow
def test_the_last_rounds_give_a_flow_the_transition_of_its_map(moderator, critical, told):
    config = replace(CONFIG, refinements=3)
    learned = Learned(Moderator.of(moderator.rgmap, config).train(0).flow, moderator.rgmap, config)
    found = handed_over_transition(learned)
    assert abs(found - critical.position) < min(1e-4, abs(told - critical.position) / 10)


def test_exact_answers_come_in_the_copy_that_is_asked_for(moderator, critical):
    rgmap = moderator.rgmap
    row = rgmap.axis(critical.position + 0.05)
    elements = np.array(rgmap.gauge.elements)
    here = rgmap.rg_map(rgmap.rg_map(row[None]))[0]
    for turn in elements:
        student, jacobian = exact_answer(rgmap, row, turn @ here, 2)
        assert student == pytest.approx(turn @ here, abs=1e-12)
        step = 1e-6 * np.eye(len(row))[0]
        ahead, behind = (
            turn @ rgmap.rg_map(rgmap.rg_map((row + s * step)[None]))[0] for s in (1, -1)
        )
        assert jacobian[:, 0] == pytest.approx((ahead - behind) / 2e-6, rel=1e-5, abs=1e-7)
