"""Training killed with SIGKILL at random moments, and resumed, ends with the same numbers."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch
import xarray

import mlrg
from mlrg.storage import read_tensors

COMMAND = [sys.executable, "-m", "mlrg", "train", "--internal", "Z2:odd", "--point", "A1"]
SETTINGS = ["--seeds", "2", "--workers", "2", "--resume", "--training.steps", "{steps}"]
SETTINGS += ["--training.checkpoint_every", "7", "--training.chains", "8"]

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="processes are found through /proc"
)


@pytest.mark.parametrize(
    ("kills", "steps"), [(2, 200), pytest.param(10, 900, marks=pytest.mark.slow)]
)
def test_killed_runs_end_as_unbroken_ones(tmp_path, weights, kills, steps):
    settings = [text.format(steps=steps) for text in SETTINGS]

    def command(name):
        return [*COMMAND, "--out", str(tmp_path / name), *settings]

    subprocess.run(command("whole"), check=True, capture_output=True)
    moments = random.Random(0)
    died_in_training, groups = 0, []
    for kill in range(kills):
        process = subprocess.Popen(
            command("broken"),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        groups.append(process.pid)
        # Some die while they start, most while they train; every second time the parent alone.
        time.sleep(moments.uniform(2.0, 7.0))
        died_in_training += process.poll() is None and (tmp_path / "broken").exists()
        if kill % 2:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for file in (tmp_path / "broken").glob("seed-*/*.safetensors"):
            read_tensors(file)
    assert died_in_training
    subprocess.run(command("broken"), check=True, capture_output=True)
    for group in groups:
        # Workers whose parent was killed wait for it still.
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


def test_a_killed_worker_ends_with_a_sentence_and_resumes(tmp_path, wait_for):
    settings = [text.format(steps=200) for text in SETTINGS]
    command = [*COMMAND, "--out", str(tmp_path / "run"), *settings]
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
    subprocess.run(command, check=True, capture_output=True)
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
