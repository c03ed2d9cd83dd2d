"""The same ensemble on a real dask scheduler with two workers on loopback."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

import mlrg
from mlrg.cli import main
from mlrg.errors import InputError
from mlrg.flow.config import TrainingConfig
from mlrg.reports.survey import Limits, declarations, probe, survey

distributed = pytest.importorskip("distributed")

CONFIG = TrainingConfig(steps=300, checkpoint_every=10, replicas=2, chains=4, hidden=(8, 8))


@pytest.fixture
def cluster(tmp_path, wait_for):
    """A scheduler and two workers; gives its address and the workers' processes."""
    file = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(open(tmp_path / "dask.log", "wb"))

        def start(*arguments):
            process = subprocess.Popen(
                [*dask, *arguments, "--scheduler-file", str(file)],
                stdout=log,
                stderr=log,
                env=environment,
                cwd=tmp_path,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        loopback = ["--host", "127.0.0.1", "--no-dashboard"]
        start("scheduler", *loopback, "--port", "0")
        wait_for(file.exists)
        workers = [start("worker", *loopback, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        wait_for(lambda: "address" in (file.read_text() or "{}"))
        yield json.loads(file.read_text())["address"], workers


@pytest.mark.slow
def test_dask_and_loky_give_the_same_numbers_though_a_worker_is_killed(
    star, cluster, tmp_path, wait_for, weights
):
    address, workers = cluster
    here = mlrg.train(star("A1"), seeds=4, config=CONFIG, workers=2, progress=False)
    command = [sys.executable, "-m", "mlrg", "train", "--internal", "Z2:odd", "--point", "A1"]
    command += ["--out", str(tmp_path / "run"), "--seeds", "4", "--scheduler", address]
    for name in ("steps", "checkpoint_every", "replicas", "chains"):
        command += [f"--training.{name}", str(getattr(CONFIG, name))]
    training = subprocess.Popen([*command, "--training.hidden", "[8,8]"])
    try:
        # Both workers are in the middle of a seed once two seeds have a checkpoint.
        wait_for(lambda: len(list((tmp_path / "run").glob("seed-*/checkpoint.safetensors"))) >= 2)
        workers[0].send_signal(signal.SIGKILL)
        assert training.poll() is None
        assert training.wait(timeout=120) == 0
    finally:
        training.kill()
        training.wait()
    assert workers[1].poll() is None
    there = mlrg.load_run(tmp_path / "run")
    assert there.seeds == here.seeds
    assert all(map(torch.equal, weights(here), weights(there)))


def test_a_scheduler_that_does_not_answer(star, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mlrg.workers.SCHEDULER_TIMEOUT", 1)
    with pytest.raises(InputError, match=r"no dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        mlrg.train(star("A1"), config=CONFIG, scheduler="tcp://127.0.0.1:9", progress=False)
    arguments = ["train", "--internal", "Z2:odd", "--point", "A1", "--out", str(tmp_path / "run")]
    assert main([*arguments, "--scheduler", "nowhere"]) == 2
    assert "no dask scheduler answers at 'nowhere'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_survey_on_a_cluster_gives_the_same_answers(cluster, tmp_path):
    models = declarations(["Z2:odd", "S3:standard"], ["A1"])
    limits = Limits(steps=2, tolerance=1e-4)
    there = survey(models, tmp_path / "there", limits, scheduler=cluster[0], progress=False)
    for model, answers in there:
        here = probe(model.model, limits)
        assert replace(answers, seconds=0.0) == replace(here, seconds=0.0)
