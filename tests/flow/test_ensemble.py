import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import torch
import xarray

import mlrg
from mlrg import storage
from mlrg.cli import main
from mlrg.errors import BudgetError, InputError, StorageError
from mlrg.flow import checkpoints, run_file
from mlrg.flow.config import TrainingConfig
from mlrg.flow.diagnostics import along_flow
from mlrg.flow.moderator import Moderator
from mlrg.flow.results import VERSION
from mlrg.flow.stored_run import results_of
from mlrg.storage import write_netcdf

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
def test_resumed_training_equals_an_unbroken_one(star, tmp_path, settings, weights):
    config = replace(SHORT, cd_samples=8, **settings)
    moderator = Moderator.of(star("A1+E"), config)
    whole = moderator.train(seed=5)

    def interrupt(state):
        if state.step == 20:
            raise KilledError

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KilledError):
        moderator.train(5, path, interrupt)
    resumed = moderator.train(5, path)
    assert all(map(torch.equal, weights(whole), weights(resumed)))
    same_curves(resumed.curves, whole.curves)
    state = moderator.start(5)
    checkpoints.restore(state, path)
    assert state.step == 30
    # The same state gives the same bytes.
    before = path.read_bytes()
    checkpoints.save(state, path)
    assert path.read_bytes() == before


def test_seeds_differ_and_repeat(star, weights):
    moderator = Moderator.of(star("A1"), SHORT)
    first, again, other = (moderator.train(seed) for seed in (1, 1, 2))
    assert all(map(torch.equal, weights(first), weights(again)))
    assert not torch.equal(weights(first)[0], weights(other)[0])


def test_numbers_do_not_depend_on_workers_or_threads(star, tmp_path, weights):
    before = torch.get_num_threads()
    alone = mlrg.train(star("A1"), seeds=2, config=SHORT, workers=1, progress=False)
    assert torch.get_num_threads() == before
    shared = mlrg.train(
        star("A1"), seeds=2, config=SHORT, workers=2, out=tmp_path / "run", progress=False
    )
    loaded = mlrg.load_run(tmp_path / "run")
    for run in (shared, loaded):
        assert run.seeds == (0, 1)
        assert all(map(torch.equal, weights(alone), weights(run)))


def test_run_directory_is_readable_without_our_code(star, tmp_path):
    run = mlrg.train(star("A1"), config=SHORT, out=tmp_path / "run", progress=False)
    declared = json.loads((tmp_path / "run" / "run.json").read_text())
    assert declared["model"]["internal"] == "Z2:odd" and declared["student"] == "star"
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


def test_a_run_is_never_overwritten(star, tmp_path):
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    before = (tmp_path / "seed-0" / "checkpoint.safetensors").read_bytes()
    with pytest.raises(StorageError, match="already holds a run: add --resume"):
        mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    other = TrainingConfig(**{**SHORT.as_dict(), "steps": 40})
    with pytest.raises(InputError, match=r"has steps = 30, not 40 \(the learning rate falls"):
        mlrg.train(star("A1"), config=other, out=tmp_path, resume=True, progress=False)
    assert (tmp_path / "seed-0" / "checkpoint.safetensors").read_bytes() == before


def test_runs_of_version_0_1_are_read(star, tmp_path):
    run = mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    declared = json.loads((tmp_path / "run.json").read_text())
    del declared["student"], declared["options"]
    (tmp_path / "run.json").write_text(json.dumps(declared))
    (tmp_path / "results.nc").unlink()
    again = mlrg.load_run(tmp_path)
    assert again.stored is None and again.teacher == star("A1")
    assert np.array_equal(again.results["degeneracy"], run.results["degeneracy"])
    # Its checkpoints had the state and its digest apart.
    path = tmp_path / "seed-0" / "checkpoint.safetensors"
    content = path.read_bytes()
    arrays = safetensors.numpy.load(content)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    path.write_bytes(safetensors.numpy.save(arrays, json.loads(header["__metadata__"]["mlrg"])))
    assert mlrg.load_run(tmp_path).seeds == (0,)
    declared["model"]["tensor_states"] = 2
    (tmp_path / "run.json").write_text(json.dumps(declared))
    with pytest.raises(StorageError, match="another kind of run"):
        mlrg.load_run(tmp_path)


def test_results_are_kept_and_not_computed_again(star, tmp_path, monkeypatch):
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    monkeypatch.setattr("mlrg.flow.run.dataset", None)
    run = results_of(tmp_path)
    assert run.results.attrs["version"] == VERSION
    assert run.plot.learning_curves().axes
    # Those of another version are not read.
    data = run.results.assign_attrs(version=0)
    write_netcdf(tmp_path / "results.nc", data)
    with pytest.raises(TypeError):
        results_of(tmp_path)


def test_resume_can_add_seeds(star, tmp_path):
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, first_seed=3, resume=True, progress=False)
    assert mlrg.load_run(tmp_path).seeds == (0, 3)


@pytest.mark.parametrize("place", [3, 40, -3])
def test_damaged_checkpoint(star, tmp_path, place):
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    path = tmp_path / "seed-0" / "checkpoint.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.train(star("A1"), config=SHORT, out=tmp_path, resume=True, progress=False)
    assert path.read_bytes() == content


def test_truncated_checkpoint(star, tmp_path):
    mlrg.train(star("A1"), config=SHORT, out=tmp_path, progress=False)
    path = tmp_path / "seed-0" / "checkpoint.safetensors"
    for size in (0, 5, 200):
        path.write_bytes(path.read_bytes()[:size])
        with pytest.raises(StorageError, match="is damaged"):
            mlrg.load_run(tmp_path)


def test_checkpoint_of_another_kind_of_run(star, tmp_path):
    config = TrainingConfig(**{**SHORT.as_dict(), "hidden": [4]})
    path = tmp_path / "checkpoint.safetensors"
    Moderator.of(star("A1"), SHORT).train(0, path)
    state = Moderator.of(star("A1"), config).start(0)
    with pytest.raises(StorageError, match="another kind of run"):
        checkpoints.restore(state, path)


def test_unfinished_and_missing_runs(star, tmp_path):
    with pytest.raises(StorageError, match="give the directory of a training run"):
        mlrg.load_run(tmp_path)
    run_file.prepare(tmp_path, star("A1"), SHORT, range(1), False)
    with pytest.raises(StorageError, match=r"seed 0 .* is not trained yet"):
        mlrg.load_run(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(StorageError, match="is damaged"):
        mlrg.load_run(tmp_path)


def test_two_processes_do_not_write_one_seed(star, tmp_path, monkeypatch):
    mlrg.train(star("A1"), seeds=2, config=SHORT, out=tmp_path, progress=False, workers=1)
    again = {"out": tmp_path, "resume": True, "progress": False, "workers": 1}
    monkeypatch.setattr(storage, "PATIENCE", 0.1)
    with storage.sole_writer(tmp_path / "seed-1"):
        mlrg.train(star("A1"), seeds=1, config=SHORT, **again)
        with pytest.raises(StorageError, match=r"another process writes to .*seed-1"):
            mlrg.train(star("A1"), seeds=2, config=SHORT, **again)
    mlrg.train(star("A1"), seeds=2, config=SHORT, **again)


def test_unwritable_directory(star, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="choose another one"):
        mlrg.train(star("A1"), config=SHORT, out=tmp_path / "file", progress=False)


def test_exact_loss_beyond_the_budget_writes_nothing(star, tmp_path):
    with pytest.raises(BudgetError, match="train with --loss cd"):
        mlrg.train(star("4E"), config=SHORT, out=tmp_path / "run", progress=False)
    hasty = replace(SHORT, budget_hours=1e-9)
    with pytest.raises(BudgetError, match=r"more than the budget of 1e-09: train with --loss cd"):
        mlrg.train(star("A1+E"), config=hasty, out=tmp_path / "run", progress=False)
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


@pytest.mark.slow
def test_on_a_fundamental_domain_the_flow_leaves_the_axis(star):
    # The gauge group of A1+E holds the axis J = (J0, 0, …) fixed; the best student there has
    # |J1| = 0.68.
    config = TrainingConfig(steps=500, flow="vector")
    run = mlrg.train(star("A1+E"), config=config, progress=False)
    found = along_flow(run.maps[0], 0.7643, steps=1)
    assert (found.teachers[0, 1:] == 0).all()
    assert found.best_kl_bits[0] == pytest.approx(0.0441, abs=1e-4)
    assert np.abs(found.best_students[0]).max() > 0.68
    assert found.students[0, 1] > 0.2
    assert found.regret_bits[0] < 0.02
    # The second step starts where the first one ended.
    assert found.teachers[1] == pytest.approx(found.students[0], abs=1e-12)


@pytest.fixture(scope="module")
def trained(star):
    return mlrg.train(star("A1"), seeds=2, progress=False)


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


def test_a_run_that_has_not_converged_says_so(star, tmp_path, capsys):
    run = mlrg.train(star("A1"), config=replace(SHORT, steps=3), out=tmp_path / "run")
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
def test_ten_models_with_every_loss(star):
    exact = mlrg.train(star("A1"), seeds=10, progress=False).critical_coupling
    assert max(abs(j - 0.813920) for j in exact.seeds) < 0.002
    for loss in ("cd", "pcd"):
        config = TrainingConfig(loss=loss)
        # A sampled model takes three minutes, twenty times as long as an exact one.
        sampled = mlrg.train(star("A1"), seeds=2, config=config, progress=False).critical_coupling
        assert abs(sampled.mean - exact.mean) < 0.012
        assert sampled.std < 0.012
