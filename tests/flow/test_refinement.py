"""The second-order phase, on a map in closed form and on the star."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import mlrg
from mlrg.analysis.trajectory import follow_to_phase
from mlrg.cli import main
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow import checkpoints
from mlrg.flow.axis_curves import z_crossing
from mlrg.flow.domain import nearest_copies
from mlrg.flow.exact_pairs import gather
from mlrg.flow.flows import build_flow
from mlrg.flow.followed import criticals_of
from mlrg.flow.handed_over import handed_over_transition
from mlrg.flow.inheritance import inherited_shift
from mlrg.flow.learned import Learned
from mlrg.flow.moderator import Moderator
from mlrg.rgmap import Answer, Step

# Migdal's and Kadanoff's recursion has its fixed point here, to ten digits.
FIXED = 0.3046889317
CONFIG = mlrg.TrainingConfig(
    steps=0,
    refinements=2,
    refinement_steps=60,
    refinement_flows=16,
    hidden=(10, 10),
    high=0.8,
    walk_steps=8,
    checkpoint_every=20,
)


class Recursion(mlrg.Star):
    """K' = ½ ln cosh 4K."""

    def rg_map(self, couplings):
        return np.logaddexp(4 * couplings, -4 * couplings) / 2 - np.log(2) / 2

    def exact(self, teacher):
        slope = 2.0 * np.tanh(4.0 * np.asarray(teacher))
        return Answer(self.rg_map(teacher), 0.0, slope.reshape(1, 1))

    def step(self, point, near=()):
        found = self.rg_map(point)
        return Step(found, lambda: 0.0, lambda: 0.0)


@pytest.fixture(scope="module")
def moderator():
    return Moderator.of(Recursion(mlrg.SpinModel("Z2:odd", "A1")), CONFIG)


@pytest.fixture(scope="module")
def refined(moderator):
    return moderator.train(3)


def learned_of(moderator, state):
    return Learned(state.flow, moderator.rgmap, moderator.config)


def test_a_flow_is_fitted_to_its_map(moderator, refined):
    assert abs(moderator.rgmap.rg_map(np.array([FIXED]))[0] - FIXED) < 1e-9
    residual, held = (refined.round_curves[name] for name in ("residual", "held_residual"))
    assert residual[-1] < 5e-3 and residual[-1] < 0.1 * held[0]
    learned = learned_of(moderator, refined)
    found = mlrg.critical(learned, 0.1, 0.7, tolerance=1e-10).coupling
    assert found == pytest.approx(FIXED, abs=2e-3)
    # What is left of the error is told without the exact transition.
    assert inherited_shift(learned, found) == pytest.approx(FIXED - found, rel=0.2, abs=1e-6)


def test_most_flows_start_near_the_learned_transition(moderator, refined):
    learned = learned_of(moderator, refined)
    region = CONFIG.region([1.0])
    criticals = criticals_of(learned, region, np.random.default_rng(0))
    pairs = gather(learned, criticals, np.random.default_rng(0), 0.0, True, np.empty((0, 1)))
    near = pairs.inherited.any(axis=1)
    assert 0.3 < near.mean() < 0.9
    assert (pairs.weights[near] == 1.0).all()
    exact = moderator.rgmap.rg_map(pairs.teachers)
    assert np.abs(pairs.students) == pytest.approx(np.abs(exact), abs=1e-12)
    # A miss far along a flow shifts its transition by less than one at its beginning.
    sizes = np.abs(pairs.inherited[near, 0])
    assert sizes.max() < 2.0 and sizes.min() < 0.2


def test_twins_tell_what_a_step_stretches_too_much(moderator, refined):
    config = replace(CONFIG, refinement_pairs="exact", refinement_exponents=0.01)
    learned = Learned(refined.flow, moderator.rgmap, config)
    criticals = criticals_of(moderator.rgmap, config.region([1.0]), np.random.default_rng(0))
    rng = np.random.default_rng(0)
    pairs = gather(learned, criticals, rng, 1.0, True, np.empty((0, 1)))
    below, above = pairs.twins.T
    assert len(below) > 8
    # They begin on either side of the transition, where what is inherited is counted from.
    first = np.abs(pairs.inherited[below, 0]) > np.abs(pairs.inherited[:, 0]).max() / 2
    starts = pairs.teachers[below[first], 0], pairs.teachers[above[first], 0]
    assert (starts[0] < criticals[0].position).all() and (starts[1] > criticals[0].position).all()
    ours = learned.flowed(pairs.teachers, 1, folded=False)
    covectors = (pairs.inherited[below] + pairs.inherited[above])[:, 0] / 2
    lengths, exact = ((rows[above] - rows[below])[:, 0] for rows in (ours, pairs.students))
    found = covectors * (lengths - exact) / pairs.apart
    # As long as what earlier steps stretched too much has not added up.
    close = np.abs(lengths) < 0.05
    assert close.sum() >= 6
    too_much = (lengths - exact) / lengths
    assert found[close] == pytest.approx(too_much[close], rel=0.1, abs=1e-5)
    both = pairs + pairs
    assert np.array_equal(both.teachers[both.twins][len(below) :], pairs.teachers[pairs.twins])


def test_resumed_refinement_equals_an_unbroken_one(moderator, refined, tmp_path, weights):
    path = tmp_path / "checkpoint.safetensors"

    class KilledError(Exception):
        pass

    def interrupt(state):
        if state.round == 1 and state.fitted:
            raise KilledError

    with pytest.raises(KilledError):
        moderator.train(3, path, interrupt)
    half = moderator.start(3)
    checkpoints.restore(half, path)
    assert half.round == 1 and half.done(CONFIG) == 60 < CONFIG.work
    resumed = moderator.train(3, path)
    assert all(map(torch.equal, weights(refined), weights(resumed)))
    for name, values in refined.round_curves.items():
        assert np.array_equal(values, resumed.round_curves[name], equal_nan=True)


def test_pairs_along_flows_of_the_exact_map(moderator):
    config = replace(CONFIG, refinement_pairs="exact", flow="shared")
    exact = Moderator.of(moderator.rgmap, config)
    state = exact.train(3)
    # The first round begins about the transition that the map has, not about none.
    assert state.round_curves["transition"] == pytest.approx([FIXED] * 2, abs=1e-6)
    learned = Learned(state.flow, exact.rgmap, config)
    found = mlrg.critical(learned, 0.0, 0.8).coupling
    assert found == pytest.approx(FIXED, abs=2e-3)
    assert handed_over_transition(learned) == pytest.approx(found, abs=2e-4)
    assert handed_over_transition(learned, 0) == pytest.approx(FIXED, abs=1e-8)
    with pytest.raises(InputError, match="none or more"):
        handed_over_transition(learned, -1)
    with pytest.raises(InputError, match="refinement_pairs"):
        mlrg.TrainingConfig(refinement_pairs="some")


def test_a_metric_begins_with_the_moves_of_a_map():
    space = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 2, mlrg.BondWeighted(0.0)).couplings
    flow = build_flow(space, replace(CONFIG, flow="shared", gauge="none"))
    moves = torch.tensor([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)
    flow.adapt(moves)
    expected = torch.diag(torch.tensor([1.1, 0.35, 0.1], dtype=torch.float64))
    torch.testing.assert_close(flow.metric.detach(), expected)
    flow.adapt(0.0 * moves)
    torch.testing.assert_close(flow.metric.detach(), expected)


@pytest.mark.slow
def test_a_run_keeps_its_rounds(star, tmp_path):
    config = replace(
        CONFIG, steps=10, refinements=1, refinement_steps=10, refinement_flows=3, walk_steps=2
    )
    run = mlrg.train(star("A1"), config=config, out=tmp_path / "run", progress=False)
    assert run.results["round_residual"].dims == ("seed", "round")
    assert run.results["round_residual"].shape == (1, 1)
    lines = (tmp_path / "run" / "seed-0" / "log.jsonl").read_text().splitlines()
    assert '"round": 1' in lines[-1] and '"step": 10' in lines[-2]
    again = mlrg.load_run(tmp_path / "run")
    assert again.stored is not None and again.results.identical(run.results)


def test_copies_are_those_nearest(star):
    gauge, rng = star("A1+E").gauge, np.random.default_rng(0)
    rows, near = rng.normal(size=(2, 6, 5))
    found = nearest_copies(gauge, rows, near)
    for row, other, copy in zip(rows, near, found, strict=True):
        distances = [np.linalg.norm(element @ row - other) for element in gauge.elements]
        assert np.linalg.norm(copy - other) == pytest.approx(min(distances), abs=1e-12)


@pytest.mark.parametrize("gauge", ["domain", "none"])
def test_jacobians_are_those_of_differences(star, gauge):
    config = mlrg.TrainingConfig(flow="vector", gauge=gauge, hidden=(8, 8))
    teacher = star("A1+E")
    learned = Learned(
        build_flow(teacher, config, torch.Generator().manual_seed(1)), teacher, config
    )
    rows = learned.inside(0.3 + 0.4 * np.random.default_rng(0).random((3, 5)))
    found = learned.jacobians(rows, 2)
    for column, unit in enumerate(1e-6 * np.eye(5)):
        ahead, behind = (learned.flowed(rows + sign * unit, 2.0, False) for sign in (1, -1))
        expected = (ahead - behind) / 2e-6
        if gauge == "domain":
            turn = learned.domain.folding(torch.from_numpy(learned.flowed(rows, 2.0, False)))
            expected = np.einsum("nij,nj->ni", turn.numpy(), expected)
        assert found[:, :, column] == pytest.approx(expected, abs=1e-7)


def test_nothing_to_train_is_refused():
    with pytest.raises(InputError, match="at least one step, or a refinement"):
        mlrg.TrainingConfig(steps=0)
    with pytest.raises(InputError, match="refinement_flows"):
        mlrg.TrainingConfig(refinement_flows=0)
    with pytest.raises(InputError, match="choose refinement_pairs = exact, or 0"):
        mlrg.TrainingConfig(refinement_exponents=0.01)
    with pytest.raises(InputError, match="give a number ≥ 0"):
        mlrg.TrainingConfig(refinement_pairs="exact", refinement_exponents=-1.0)
    with pytest.raises(InputError, match="at most walk_steps = 6"):
        mlrg.TrainingConfig(refinement_stride=7)


@pytest.mark.slow
def test_the_star_is_learned_to_six_digits(star):
    # The exact map of A1 has its fixed point at 0.813919679 and y_t = 0.880409.
    config = replace(
        CONFIG, refinements=3, refinement_steps=200, refinement_flows=32, hidden=(16, 16), high=1.6
    )
    run = mlrg.train(star("A1"), seeds=2, config=config, progress=False)
    assert run.transition.seeds == pytest.approx([0.813919679] * 2, abs=1e-5)
    shift = 0.813919679 - np.array(run.transition.seeds)
    assert run.transition_shift.seeds == pytest.approx(shift, rel=0.1, abs=1e-7)
    assert run.critical_coupling.seeds == pytest.approx([0.813919679] * 2, abs=1e-4)
    assert run.exponents[0].mean == pytest.approx(0.880409, abs=2e-3)


@pytest.mark.slow
def test_the_exact_map_tells_phases_that_a_flow_does_not_reach(star, tmp_path, capsys, monkeypatch):
    def reached_by_none_that_is_learned(rgmap, *arguments, **options):
        if isinstance(rgmap, Learned):
            raise NoAnswerError("the flow reached no phase")
        return mlrg.critical(rgmap, *arguments, **options)

    monkeypatch.setattr("mlrg.flow.results.critical", reached_by_none_that_is_learned)
    config = replace(CONFIG, refinement_pairs="exact", low=0.4, high=1.2)
    run = mlrg.train(star("A1"), config=config, out=tmp_path / "run", progress=False)
    told = run.results["handed_over"].item()
    assert told == pytest.approx(0.813919679, abs=1e-3)
    assert run.handed_over.mean == told
    shift = run.handed_over_shift.mean
    assert shift == pytest.approx(0.813919679 - told, rel=0.1, abs=1e-7)
    assert main(["analyze", str(tmp_path / "run")]) == 0
    bars = f"± 0.0e+00 over models   ± {abs(shift):.1e} of the flow"
    printed = capsys.readouterr()
    assert f"told by the map       {told:.7f}   {bars}" in printed.out
    # What was put in makes no flow converge.
    assert "told by the map was put in" in printed.err
    assert not run.converged and "the flow has not converged" in printed.err
    assert main(["analyze", str(tmp_path / "run"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["transition"] is None
    assert record["handed_over"]["bias"] == pytest.approx(abs(shift))


@pytest.mark.slow
def test_a_flow_of_a_dozen_couplings_rests_at_both_ends():
    # Ashkin-Teller spins; flows are told where the exact map is at rest.
    rgmap = mlrg.Tensor(mlrg.SpinModel("D4:E", "A1"), 4, mlrg.BondWeighted(0.0))
    config = mlrg.TrainingConfig(
        flow="shared",
        steps=0,
        refinements=4,
        refinement_steps=300,
        refinement_pairs="exact",
        low=0.5,
        high=2.0,
        spread=0.25,
        gauge="none",
        walk_steps=12,
    )
    learned = mlrg.train(rgmap, config=config, progress=False).maps[0]
    exact = mlrg.critical(rgmap, 0.5, 2.0).coupling
    ends = [follow_to_phase(learned, point).phase for point in learned.axis([0.5, 2.0])]
    assert ends == [1, 4]
    # Between the ends its own phases may change elsewhere.
    for answer in (handed_over_transition(learned), z_crossing(learned, 6.0)):
        assert answer == pytest.approx(exact, abs=3e-3)
