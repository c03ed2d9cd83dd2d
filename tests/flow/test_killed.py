"""Training killed with SIGKILL while it trains, and resumed, ends with the same numbers."""

import contextlib
import os
import random
import signal
import subprocess
import sys

import pytest
import torch
import xarray

import mlrg
from mlrg.cli import main
from mlrg.storage import read_arrays

COMMAND = [sys.executable, "-m", "mlrg", "train", "--internal", "Z2:odd", "--point", "A1"]
SETTINGS = ["--seeds", "2", "--workers", "2", "--resume", "--training.steps", "{steps}"]
SETTINGS += ["--training.checkpoint_every", "7", "--training.chains", "8"]


def settings_for(steps):
    return [text.format(steps=steps) for text in SETTINGS]


pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="processes are found through /proc"
)


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "steps"), [(1, 60), (10, 900)])
def test_killed_runs_end_as_unbroken_ones(star, tmp_path, weights, wait_for, kills, steps):
    command = [*COMMAND, "--out", str(tmp_path / "broken"), *settings_for(steps)]

    def train(name):
        config = mlrg.TrainingConfig(steps=steps, checkpoint_every=7, chains=8)
        out = {"out": tmp_path / name, "resume": True, "progress": False, "workers": 1}
        mlrg.train(star("A1"), seeds=2, config=config, **out)

    def progress():
        logs = (tmp_path / "broken").glob("seed-*/log.jsonl")
        return sum(len(log.read_text().splitlines()) for log in logs)

    train("whole")
    moments = random.Random(0)
    groups = []
    for kill in range(kills):
        before = progress()
        process = subprocess.Popen(
            command,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        groups.append(process.pid)
        # All die while they train, some checkpoints later; every second time the parent alone.
        steps_on = moments.randint(1, max(1, steps // (14 * kills)))
        goal = before + steps_on
        wait_for(lambda goal=goal: progress() >= goal, giving_up=process.poll)
        assert process.poll() is None
        if kill % 2:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for file in (tmp_path / "broken").glob("seed-*/*.safetensors"):
            read_arrays(file)
    # Workers of the last parent may write still: the run waits for them to see that it is gone.
    train("broken")
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    whole, broken = (mlrg.load_run(tmp_path / name) for name in ("whole", "broken"))
    assert whole.seeds == broken.seeds
    assert all(map(torch.equal, weights(whole), weights(broken)))
    for a, b in zip(whole.curves, broken.curves, strict=True):
        assert all((a[name] == b[name]).all() for name in a)
    results = [
        xarray.load_dataset(tmp_path / name / "results.nc", engine="h5netcdf")
        for name in ("whole", "broken")
    ]
    assert results[0].identical(results[1])
    assert not list(tmp_path.rglob("*.partial"))
    for seed in whole.seeds:
        # To the last byte, whatever was killed on the way.
        files = [
            tmp_path / name / f"seed-{seed}" / "checkpoint.safetensors"
            for name in ("whole", "broken")
        ]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.slow
def test_a_killed_worker_ends_with_a_sentence_and_resumes(tmp_path, wait_for):
    command = [*COMMAND, "--out", str(tmp_path / "run"), *settings_for(60)]
    checkpoint = tmp_path / "run" / "seed-0" / "checkpoint.safetensors"
    quiet = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as process:
        wait_for(checkpoint.exists)
        group = group_of(process.pid)
        os.kill(next(p for p in group if b"LokyProcess-1" in command_line(p)), signal.SIGKILL)
        message = process.stderr.read().decode().splitlines()[-1]
    assert process.returncode == 2
    assert message.startswith("mlrg: error: a worker process was killed")
    assert "with --resume" in message
    assert main(command[3:]) == 0
    assert mlrg.load_run(tmp_path / "run").seeds == (0, 1)


def group_of(group):
    return [
        int(entry)
        for entry in os.listdir("/proc")
        if entry.isdigit() and process_group(int(entry)) == group
    ]


def process_group(pid):
    with contextlib.suppress(ProcessLookupError):
        return os.getpgid(pid)


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
