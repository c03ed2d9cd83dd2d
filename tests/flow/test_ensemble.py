import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray

import mlrg
from mlrg.cli import main
from mlrg.errors import BudgetError, InputError, StorageError
from mlrg.flow import ensemble, moderator
from mlrg.flow.blocks import rg_block
from mlrg.flow.config import TrainingConfig

SHORT = TrainingConfig(steps=30, checkpoint_every=10, replicas=2, chains=4, hidden=(8, 8))


class KilledError(Exception):
    pass


def same_curves(first, second):
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert np.array_equal(values, second[name], equal_nan=True)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"loss": "cd"},
        {"loss": "pcd", "walkers": 3, "walk_steps": 2},
        {"flow": "metric", "prior_points": 2, "walkers": 4},
        {"flow": "fisher", "solver": "euler", "solver_steps": 1},
        {"flow": "vector", "prior": "gaussian", "spread": 0.3},
    ],
    ids=str,
)
def test_resumed_training_equals_an_unbroken_one(ising, tmp_path, settings, weights):
    config = replace(SHORT, cd_samples=8, **settings)
    block = rg_block(ising("A1+E"))
    whole = moderator.train_one(block, config, seed=5)

    def interrupt(state):
        if state.step == 20:
            raise KilledError

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KilledError):
        moderator.train_one(block, config, 5, path, interrupt)
    resumed = moderator.train_one(block, config, 5, path)
    assert all(map(torch.equal, weights(whole), weights(resumed)))
    same_curves(resumed.curves, whole.curves)
    assert moderator.restore(block, config, 5, path).step == 30


def test_seeds_differ_and_repeat(ising, weights):
    block = rg_block(ising("A1"))
    first, again, other = (moderator.train_one(block, SHORT, seed) for seed in (1, 1, 2))
    assert all(map(torch.equal, weights(first), weights(again)))
    assert not torch.equal(weights(first)[0], weights(other)[0])


def test_numbers_do_not_depend_on_workers_or_threads(ising, tmp_path, weights):
    before = torch.get_num_threads()
    alone = mlrg.train(ising("A1"), seeds=2, config=SHORT, workers=1, progress=False)
    assert torch.get_num_threads() == before
    shared = mlrg.train(
        ising("A1"), seeds=2, config=SHORT, workers=2, out=tmp_path / "run", progress=False
    )
    loaded = mlrg.load_run(tmp_path / "run")
    for run in (shared, loaded):
        assert run.seeds == (0, 1)
        assert all(map(torch.equal, weights(alone), weights(run)))


def test_run_directory_is_readable_without_our_code(ising, tmp_path):
    run = mlrg.train(ising("A1"), config=SHORT, out=tmp_path / "run", progress=False)
    declared = json.loads((tmp_path / "run" / "run.json").read_text())
    assert declared["model"]["internal"] == "Z2:odd"
    assert declared["config"]["steps"] == 30
    assert "torch" in declared["versions"]
    lines = (tmp_path / "run" / "seed-0" / "log.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines]
    assert [line["step"] for line in log] == [10, 20, 30]
    with xarray.open_dataset(tmp_path / "run" / "results.nc", engine="h5netcdf") as results:
        assert results["kl_bits"].shape == (1, 30)
        assert results["kl_bits"].attrs["units"] == "bit"
        for line, block in zip(log, results["kl_bits"].values.reshape(3, 10), strict=True):
            assert line["kl_bits"] == pytest.approx(block.mean(), abs=1e-6)
        assert results["acceptance"].dims == ("seed", "step", "replica")
        assert results["flow"].sel(scale=0.0, coupling="J0").values[0] == pytest.approx(
            results["start"].values
        )
        assert results["regret_bits"].mean().item() == pytest.approx(run.regret_bits.mean)
        assert results.attrs["converged"] == run.converged
    assert not list(tmp_path.rglob("*.partial"))


def test_a_run_is_never_overwritten(ising, tmp_path):
    mlrg.train(ising("A1"), config=SHORT, out=tmp_path, progress=False)
    before = (tmp_path / "seed-0" / "checkpoint.safetensors").read_bytes()
    with pytest.raises(StorageError, match="already holds a run: add --resume"):
        mlrg.train(ising("A1"), config=SHORT, out=tmp_path, progress=False)
    other = TrainingConfig(**{**SHORT.as_dict(), "steps": 40})
    with pytest.raises(InputError, match="has steps = 30, not 40"):
        mlrg.train(ising("A1"), config=other, out=tmp_path, resume=True, progress=False)
    assert (tmp_path / "seed-0" / "checkpoint.safetensors").read_bytes() == before


def test_resume_can_add_seeds(ising, tmp_path):
    mlrg.train(ising("A1"), config=SHORT, out=tmp_path, progress=False)
    mlrg.train(ising("A1"), config=SHORT, out=tmp_path, first_seed=3, resume=True, progress=False)
    assert mlrg.load_run(tmp_path).seeds == (0, 3)


@pytest.mark.parametrize("place", [3, 40, -3])
def test_damaged_checkpoint(ising, tmp_path, place):
    mlrg.train(ising("A1"), config=SHORT, out=tmp_path, progress=False)
    path = tmp_path / "seed-0" / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.train(ising("A1"), config=SHORT, out=tmp_path, resume=True, progress=False)
    assert path.read_bytes() == content


def test_truncated_checkpoint(ising, tmp_path):
    mlrg.train(ising("A1"), config=SHORT, out=tmp_path, progress=False)
    path = tmp_path / "seed-0" / "checkpoint.safetensors"
    for size in (0, 5, 200):
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(StorageError, match="is damaged"):
            mlrg.load_run(tmp_path)


def test_checkpoint_of_another_kind_of_run(ising, tmp_path):
    config = TrainingConfig(**{**SHORT.as_dict(), "hidden": [4]})
    path = tmp_path / "checkpoint.safetensors"
    moderator.train_one(rg_block(ising("A1")), SHORT, 0, path)
    with pytest.raises(StorageError, match="another kind of run"):
        moderator.restore(rg_block(ising("A1")), config, 0, path)


def test_unfinished_and_missing_runs(ising, tmp_path):
    with pytest.raises(StorageError, match="give the directory of a training run"):
        mlrg.load_run(tmp_path)
    ensemble._prepare(tmp_path, ising("A1"), SHORT, range(1), False, None)
    with pytest.raises(StorageError, match=r"seed 0 .* is not trained yet"):
        mlrg.load_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)


def test_unwritable_directory(ising, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="choose another one"):
        mlrg.train(ising("A1"), config=SHORT, out=tmp_path / "file", progress=False)


def test_exact_loss_beyond_the_budget_writes_nothing(ising, tmp_path):
    with pytest.raises(BudgetError, match="train with --loss cd"):
        mlrg.train(ising("4E"), config=SHORT, out=tmp_path / "run", progress=False)
    hasty = replace(SHORT, budget_hours=1e-9)
    with pytest.raises(BudgetError, match=r"more than the budget of 1e-09: train with --loss cd"):
        mlrg.train(ising("A1+E"), config=hasty, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("loss", "mse"),
        ("steps", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", -1.0),
        ("high", float("inf")),
        ("high", -1.0),
        ("hidden", ()),
        ("solver", "magic"),
        ("beta", -1.0),
    ],
)
def test_bad_settings(setting, value):
    with pytest.raises(InputError, match=f"training setting {setting}"):
        TrainingConfig(**{setting: value})


def test_unknown_setting():
    with pytest.raises(InputError, match="training setting 'epochs' does not exist"):
        TrainingConfig.from_dict({"epochs": 3})


def test_on_a_fundamental_domain_the_flow_leaves_the_axis(ising):
    # The gauge group of A1+E holds the axis J = (J0, 0, …) fixed; the best student there has
    # |J1| = 0.68.
    config = TrainingConfig(steps=500, flow="vector")
    run = mlrg.train(ising("A1+E"), config=config, progress=False)
    found = run.critical_path(run.flows[0], 0.7643, steps=1)
    assert (found.teachers[0, 1:] == 0).all()
    assert found.best_kl_bits[0] == pytest.approx(0.0441, abs=1e-4)
    assert np.abs(found.best_students[0]).max() > 0.68
    assert found.students[0, 1] > 0.2
    assert found.regret_bits[0] < 0.02
    # The second step starts where the first one ended.
    assert found.teachers[1] == pytest.approx(found.students[0], abs=1e-12)


@pytest.fixture(scope="module")
def trained(ising):
    return mlrg.train(ising("A1"), seeds=2, progress=False)


def test_trained_moderator_finds_the_fixed_point_of_the_exact_map(trained):
    for estimate in (trained.critical_coupling, trained.degeneracy_crossing):
        assert estimate.seeds == pytest.approx([0.813920] * 2, abs=0.004)
    assert trained.fixed_points == pytest.approx(np.full((2, 1), 0.813920), abs=0.004)
    assert trained.scaling_dimensions[1].mean == pytest.approx(0.09165, abs=1e-3)
    assert trained.exponents[0].mean == pytest.approx(0.8804, abs=0.15)


def test_trained_flow_is_the_exact_map(trained):
    assert trained.converged
    for found in trained.diagnosis:
        assert (found.regret_bits > -1e-12).all()
        assert found.regret_bits.max() < 2e-4
        assert found.residual.max() < 0.05
        assert (found.antisymmetric == 0).all()


def test_a_run_that_has_not_converged_says_so(ising, tmp_path, capsys):
    run = mlrg.train(ising("A1"), config=replace(SHORT, steps=3), out=tmp_path / "run")
    assert not run.converged
    assert main(["analyze", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert f"the flow has not converged: its students' KL lies {run.regret_bits.mean:.4f} bit" in (
        printed.err
    )
    assert f"regret bits           {run.regret_bits}" in printed.out


def test_figures_draw(trained):
    for figure in (
        trained.plot.monotone(0.7643),
        trained.plot.monotone_flow(),
        trained.plot.degeneracy_flow(),
        trained.plot.learning_curves(),
    ):
        assert figure.axes[0].lines


@pytest.mark.slow
def test_ten_models_with_every_loss(ising):
    exact = mlrg.train(ising("A1"), seeds=10, progress=False).critical_coupling
    assert max(abs(j - 0.813920) for j in exact.seeds) < 0.002
    for loss in ("cd", "pcd"):
        config = TrainingConfig(loss=loss)
        sampled = mlrg.train(ising("A1"), seeds=4, config=config, progress=False).critical_coupling
        assert abs(sampled.mean - exact.mean) < 0.012
        assert sampled.std < 0.012
