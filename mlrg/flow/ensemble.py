"""Ensembles: the same map learned from many seeds, in parallel, resumable, in one directory.

``run.json`` declares the run (`mlrg.flow.run_file`); ``seed-N/checkpoint.safetensors`` holds the
state of a seed and ``seed-N/log.jsonl`` its progress, one line a checkpoint interval;
``results.nc`` holds the learning curves and what is read off the finished ensemble. Seeds are
independent and every one is kept by its own worker, so the numbers do not depend on the number of
workers or on where they run: in processes of this machine, or on the workers of a dask scheduler
that see the same directory.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import joblib
import numpy as np
import torch
import xarray
from tqdm import tqdm

from mlrg.errors import BudgetError, InputError, StorageError, WorkerError
from mlrg.flow import checkpoints, run_file
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import domain_of
from mlrg.flow.flows import build_flow
from mlrg.flow.learned import Learned
from mlrg.flow.moderator import Moderator, TrainingState
from mlrg.flow.results import VERSION, write_log
from mlrg.flow.run import Run
from mlrg.rgmap import RGMap, Trainable, require_map, trainable
from mlrg.storage import make_directory, remove_partial_files, sole_writer, write_netcdf
from mlrg.threads import one_blas_thread
from mlrg.workers import worker_pool

RESULTS_FILE = "results.nc"


def train(
    rgmap: RGMap,
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
    """Train an ensemble of moderators on the flow of a map.

    Parameters
    ----------
    rgmap : RGMap
        Whose flow is learned: the star, or single tensors of power k = 0.
    seeds : int
        Number of independently trained models, seeded `first_seed`, `first_seed` + 1, …
    config : TrainingConfig, optional
    out : path, optional
        Directory for checkpoints and logs; nothing is written without one.
    resume : bool
        Continue the run that `out` holds; the same map and settings must be given.
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
        If the settings do not fit the map or the run to be resumed.
    BudgetError
        If the exact loss would not fit in memory or in ``config.budget_hours``.
    StorageError
        If `out` cannot be written, already holds a run, a checkpoint is damaged, or another process
        trains one of the seeds there.
    WorkerError
        If a worker process is killed; training goes on with `resume`.
    """
    require_map(rgmap)
    teacher = trainable(rgmap)
    config = config or TrainingConfig()
    if seeds < 1 or first_seed < 0:
        raise InputError(f"seeds = {seeds} from {first_seed} on: give at least one seed, from 0 on")
    numbers = range(first_seed, first_seed + seeds)
    # What takes too long, or does not fit the map, is refused before anything is written.
    told = _require_affordable(teacher, config)
    build_flow(teacher, config)
    domain_of(teacher, config)
    directory = None
    if out is not None:
        # Workers elsewhere have another working directory.
        directory = Path(out).absolute()
        numbers_in_all = run_file.prepare(
            directory, teacher, config, numbers, resume, internal_name
        )
    if told and progress:
        print(told, file=sys.stderr)
    workers = min(workers or os.cpu_count() or 1, seeds)
    # A worker of this machine ends with the process that asked for it; see `_train_seed`.
    parent = os.getpid() if scheduler is None and workers > 1 else None
    jobs = [(teacher, config, seed, directory, parent) for seed in numbers]
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
    run = _assemble(teacher, config, sorted(results, key=lambda result: result["seed"]))
    if directory is not None:
        _write_results(directory, run, numbers_in_all)
    return run


def _require_affordable(teacher: Trainable, config: TrainingConfig) -> str:
    """Return what exact losses will cost, as a text; none for sampled ones."""
    if config.loss != "exact":
        if not hasattr(teacher, "block"):
            raise InputError(
                f"loss {config.loss!r} samples spins, which {teacher!r} does not have: train it "
                "with --loss exact"
            )
        return ""
    cost = teacher.price()
    losses = config.steps * config.batch
    hours = losses * cost.seconds / 3600
    if hours > config.budget_hours:
        raise BudgetError(
            f"{losses} exact losses would take about {hours:.3g} hours on one core ({cost}), "
            f"more than the budget of {config.budget_hours:g}: train with --loss cd, which "
            "samples, choose a smaller representation, or raise --training.budget_hours"
        )
    return f"exact loss: {cost}; about {losses * cost.seconds:.3g} s of it a seed"


def _write_results(directory: Path, run: Run, seeds: list[int]) -> None:
    """Write the results of all seeds of a directory, or of these while others are not trained."""
    try:
        if list(run.seeds) != seeds:
            run = load_run(directory, run.teacher)
    except StorageError as error:
        print(f"mlrg: note: {RESULTS_FILE} holds these seeds alone: {error}", file=sys.stderr)
    with one_blas_thread():
        write_netcdf(directory / RESULTS_FILE, run.results)


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


def _train_seed(
    teacher, config, seed: int, directory: Path | None, parent: int | None, progress=None
) -> dict:
    checkpoint = None
    if directory is not None:
        checkpoint = make_directory(directory / f"seed-{seed}") / "checkpoint.safetensors"

    def report(state: TrainingState) -> None:
        if checkpoint is not None:
            write_log(checkpoint.with_name("log.jsonl"), config, state)
        if progress is not None:
            progress(state)
        if parent not in (None, os.getpid(), os.getppid()):
            # Nobody waits for the result, and whoever resumes the run needs the directory.
            raise WorkerError("the process that trained this ensemble has ended")

    with contextlib.ExitStack() as stack:
        if checkpoint is not None:
            stack.enter_context(sole_writer(checkpoint.parent))
            remove_partial_files(checkpoint.parent)
        stack.enter_context(_one_thread())
        stack.enter_context(one_blas_thread())
        state = Moderator.of(teacher, config).train(seed, checkpoint, report)
    return _result(seed, state)


def _result(seed: int, state: TrainingState) -> dict:
    curves = {name: np.array(values) for name, values in state.curves.items()}
    return {"seed": seed, "weights": state.flow.state_dict(), "curves": curves}


def _assemble(
    teacher: Trainable,
    config: TrainingConfig,
    results: list[dict],
    stored: xarray.Dataset | None = None,
) -> Run:
    maps = []
    for result in results:
        flow = build_flow(teacher, config)
        flow.load_state_dict(result["weights"])
        maps.append(Learned(flow, teacher, config))
    return Run(
        teacher,
        config,
        tuple(result["seed"] for result in results),
        tuple(maps),
        tuple(result["curves"] for result in results),
        stored,
    )


def load_run(directory: str | Path, rgmap: RGMap | None = None) -> Run:
    """Read a finished run, of this version or of 0.1.

    Parameters
    ----------
    directory : path
    rgmap : RGMap, optional
        Needed only for a model whose internal representation or states have no name.

    Raises
    ------
    StorageError
        If the directory holds no run, a file is damaged, or a seed is not trained to its end.
    """
    directory = Path(directory)
    declared, config, seeds = run_file.read(directory)
    if rgmap is None:
        rgmap = run_file.declared_map(directory, declared)
    teacher = trainable(rgmap)
    moderator = Moderator.of(teacher, config)
    results = []
    for seed in seeds:
        path = directory / f"seed-{seed}" / "checkpoint.safetensors"
        if not path.exists():
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} is not trained yet: finish it with "
                "mlrg train --resume"
            )
        state = moderator.start(seed)
        checkpoints.restore(state, path)
        if state.step < config.steps:
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} stopped at step {state.step} of "
                f"{config.steps}: finish it with mlrg train --resume"
            )
        results.append(_result(seed, state))
    return _assemble(teacher, config, results, _stored(directory, config, seeds))


def _stored(directory: Path, config: TrainingConfig, seeds: list[int]) -> xarray.Dataset | None:
    """Return the results that a directory holds, if they are those of this run and version."""
    try:
        data = xarray.load_dataset(directory / RESULTS_FILE, engine="h5netcdf")
    except (OSError, ValueError):
        return None
    fits = data.attrs.get("version") == VERSION and data["seed"].values.tolist() == list(seeds)
    fits = fits and data.attrs.get("training") == json.dumps(config.as_dict())
    return data if fits else None


def results_of(directory: str | Path) -> Run:
    """Return a run with its results, which are computed and kept if the directory lacks them.

    Raises
    ------
    StorageError
        As `load_run`, or if they cannot be kept.
    """
    run = load_run(directory)
    if run.stored is None:
        with one_blas_thread():
            write_netcdf(Path(directory) / RESULTS_FILE, run.results)
    return run
