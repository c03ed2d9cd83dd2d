"""Ensembles: the same model trained from many seeds, in parallel, resumable, in one directory.

``run.json`` declares the run; ``seed-N/checkpoint.safetensors`` holds the state of a seed and
``seed-N/log.jsonl`` its progress, one line a checkpoint interval; ``results.nc`` holds the learning
curves and what is read off the finished ensemble. Seeds are independent and every one is kept by
its own worker, so the numbers do not depend on the number of workers or on where they run: in
processes of this machine, or on the workers of a dask scheduler that see the same directory.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from functools import singledispatch
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import torch
from tqdm import tqdm

from mlrg.errors import InputError, StorageError
from mlrg.flow import moderator
from mlrg.flow.blocks import domain_of, rg_block
from mlrg.flow.config import TrainingConfig
from mlrg.flow.fields import build_flow
from mlrg.flow.pool import worker_pool
from mlrg.flow.results import dataset, write_log
from mlrg.flow.run import Run
from mlrg.model import SpinModel
from mlrg.rbm.block import Block
from mlrg.rbm.cost import require_affordable
from mlrg.storage import (
    make_directory,
    read_json,
    remove_partial_files,
    write_json,
    write_netcdf,
)
from mlrg.symmetry.catalogue import name_of, parse_internal
from mlrg.symmetry.point_group import C4v

RUN_FILE = "run.json"
RESULTS_FILE = "results.nc"
_PACKAGES = ("mlrg", "numpy", "numba", "scipy", "torch", "torchdiffeq", "joblib", "xarray")


def train(
    model: SpinModel,
    seeds: int = 1,
    first_seed: int = 0,
    config: TrainingConfig | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int | None = None,
    internal_name: str | None = None,
    progress: bool = True,
    scheduler: str | None = None,
) -> Run:
    """Train an ensemble of moderators for a declared model.

    Parameters
    ----------
    model : SpinModel
    seeds : int
        Number of independently trained models, seeded `first_seed`, `first_seed` + 1, …
    config : TrainingConfig, optional
    out : path, optional
        Directory for checkpoints and logs; nothing is written without one.
    resume : bool
        Continue the run that `out` holds; the same model and settings must be given.
    workers : int, optional
        Processes; by default one for each core, at most one for each seed.
    internal_name : str, optional
        How run files name the internal representation (``package.module:attribute`` for one that
        the library does not know).
    progress : bool
        Show a progress bar on standard error.
    scheduler : str, optional
        Address of a dask scheduler, such as ``tcp://host:8786``, whose workers do the work instead
        of processes of this machine; `out` must be a directory that they share.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If the settings do not fit the model or the run to be resumed.
    BudgetError
        If the exact loss would not fit in memory or in ``config.budget_hours``.
    StorageError
        If `out` cannot be written, already holds a run, or a checkpoint is damaged.
    WorkerError
        If a worker process is killed; training goes on with `resume`.
    """
    config = config or TrainingConfig()
    if seeds < 1 or first_seed < 0:
        raise InputError(f"seeds = {seeds} from {first_seed} on: give at least one seed, from 0 on")
    numbers = range(first_seed, first_seed + seeds)
    block = rg_block(model)
    if config.loss == "exact":
        # What takes too long is refused before anything is written.
        losses = config.steps * config.batch
        cost = require_affordable(block, losses, config.budget_hours)
    elif not isinstance(block, Block):
        raise InputError(
            f"loss {config.loss!r} samples spins, which a tensor does not have: train it with "
            "--loss exact"
        )
    # So is a flow that the block does not have.
    build_flow(block, config)
    domain_of(model, config)
    directory = None
    if out is not None:
        # Workers elsewhere have another working directory.
        directory = Path(out).absolute()
        _prepare(directory, model, config, numbers, resume, internal_name)
    if config.loss == "exact" and progress:
        seconds = losses * cost.seconds
        print(f"exact loss: {cost}; about {seconds:.3g} s of it a seed", file=sys.stderr)
    workers = min(workers or os.cpu_count() or 1, seeds)
    jobs = [(model, config, seed, directory) for seed in numbers]
    if scheduler is None and workers == 1:
        results = _in_this_process(jobs, config, progress)
    else:
        with (
            worker_pool(workers, scheduler, directory) as pool,
            tqdm(total=seeds, unit="model", disable=not progress) as bar,
        ):
            results = []
            for result in pool(joblib.delayed(_train_seed)(*job) for job in jobs):
                results.append(result)
                bar.update()
    run = _assemble(model, config, sorted(results, key=lambda result: result["seed"]))
    if directory is not None:
        _write_results(directory, run)
    return run


def _write_results(directory: Path, run: Run) -> None:
    """Write the results of all seeds of a directory, or of these while others are not trained."""
    try:
        if list(run.seeds) != read_json(directory / RUN_FILE)["seeds"]:
            run = load_run(directory, run.model)
    except StorageError as error:
        print(f"mlrg: note: {RESULTS_FILE} holds these seeds alone: {error}", file=sys.stderr)
    write_netcdf(directory / RESULTS_FILE, dataset(run))


def _in_this_process(jobs: list[tuple], config: TrainingConfig, progress: bool) -> list[dict]:
    results = []
    with tqdm(total=len(jobs) * config.steps, unit="step", disable=not progress) as bar:
        for count, job in enumerate(jobs):

            def show(state, before=count * config.steps):
                bar.update(before + state.step - bar.n)

            results.append(_train_seed(*job, show))
    return results


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch on one thread, so that sums have one order whatever the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _train_seed(model, config, seed: int, directory: Path | None, progress=None) -> dict:
    checkpoint = None
    if directory is not None:
        checkpoint = make_directory(directory / f"seed-{seed}") / "checkpoint.safetensors"
        remove_partial_files(checkpoint.parent)

    def report(state: moderator.TrainingState) -> None:
        if checkpoint is not None:
            write_log(checkpoint.with_name("log.jsonl"), config, state)
        if progress is not None:
            progress(state)

    with _one_thread():
        state = moderator.train_one(
            rg_block(model), config, seed, checkpoint, report, domain_of(model, config)
        )
    return _result(seed, state)


def _result(seed: int, state: moderator.TrainingState) -> dict:
    curves = {name: np.array(values) for name, values in state.curves.items()}
    return {"seed": seed, "weights": state.flow.state_dict(), "curves": curves}


def _assemble(model: SpinModel, config: TrainingConfig, results: list[dict]) -> Run:
    flows = []
    for result in results:
        flow = build_flow(rg_block(model), config)
        flow.load_state_dict(result["weights"])
        flows.append(flow)
    return Run(
        model,
        config,
        tuple(result["seed"] for result in results),
        tuple(flows),
        tuple(result["curves"] for result in results),
    )


@singledispatch
def declare(model: SpinModel, internal_name: str | None) -> dict:
    """Return how a run file declares a model."""
    return {
        "internal": internal_name or name_of(model.internal),
        "internal_matrices": repr(model.internal),
        "point": model.point.name,
        "frame": model.frame,
        "family": model.family,
        "states": None if model.states is None else [[str(x) for x in v] for v in model.states],
    }


def _prepare(out: Path, model, config, numbers: range, resume: bool, internal_name) -> None:
    declared = {"model": declare(model, internal_name), "config": config.as_dict()}
    if (out / RUN_FILE).exists():
        if not resume:
            raise StorageError(
                f"directory {str(out)!r} already holds a run: add --resume to continue it, "
                "or choose another directory"
            )
        saved = read_json(out / RUN_FILE)
        for part in ("model", "config"):
            for key, value in declared[part].items():
                if saved[part].get(key) != value:
                    raise InputError(
                        f"the run in {str(out)!r} has {key} = {saved[part].get(key)!r}, not "
                        f"{value!r}: resume it with its own settings or choose another directory"
                    )
        numbers = sorted({*saved["seeds"], *numbers})
    make_directory(out)
    remove_partial_files(out)
    versions = {package: version(package) for package in _PACKAGES}
    write_json(out / RUN_FILE, {**declared, "seeds": list(numbers), "versions": versions})


def declared_spins(declared: dict) -> SpinModel:
    """Return the spin model that `declare` described, one with named parts."""
    return SpinModel(
        parse_internal(declared["internal"]),
        C4v(declared["point"]),
        declared["frame"],
        declared["family"],
    )


def load_run(directory: str | Path, model: SpinModel | None = None) -> Run:
    """Read a finished run.

    Parameters
    ----------
    directory : path
    model : SpinModel, optional
        Needed only for a model whose internal representation or states have no name.

    Raises
    ------
    StorageError
        If the directory holds no run, a file is damaged, or a seed is not trained to its end.
    """
    directory = Path(directory)
    saved = read_json(directory / RUN_FILE)
    try:
        declared, seeds = saved["model"], saved["seeds"]
        config = TrainingConfig.from_dict(saved["config"])
        if model is None and "tensor_states" in declared:
            raise StorageError(
                f"the run in {str(directory)!r} is one of block tensors: load it with "
                "load_run(directory, mlrg.tensor.model.saved_model(directory))"
            )
        if model is None:
            if declared["internal"] is None or declared["states"] is not None:
                raise StorageError(
                    f"the run in {str(directory)!r} declares its own representation or states: "
                    "load it in Python with load_run(directory, model)"
                )
            model = declared_spins(declared)
    except (KeyError, TypeError) as error:
        raise StorageError(
            f"{str(directory / RUN_FILE)!r} is damaged (no {error}): restore it or train again"
        ) from error
    results = []
    for seed in seeds:
        path = directory / f"seed-{seed}" / "checkpoint.safetensors"
        if not path.exists():
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} is not trained yet: finish it with "
                "mlrg train --resume"
            )
        state = moderator.restore(rg_block(model), config, seed, path)
        if state.step < config.steps:
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} stopped at step {state.step} of "
                f"{config.steps}: finish it with mlrg train --resume"
            )
        results.append(_result(seed, state))
    return _assemble(model, config, results)
