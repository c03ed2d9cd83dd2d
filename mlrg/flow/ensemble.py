"""Ensembles: the same map learned from many seeds, in parallel, resumable, in one directory.

``run.json`` declares the run (`mlrg.flow.run_file`); ``seed-N/checkpoint.safetensors`` holds the
state of a seed and ``seed-N/log.jsonl`` its progress, one line a checkpoint interval;
``results.nc`` holds the learning curves and what is read off the finished ensemble. Seeds are
independent and every one is kept by its own worker, so the numbers do not depend on the number of
workers or on where they run: in processes of this machine, or on the workers of a dask scheduler
that see the same directory.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import joblib
import torch
from tqdm import tqdm

from mlrg.errors import BudgetError, InputError, StorageError, WorkerError
from mlrg.flow import run_file
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import domain_of
from mlrg.flow.flows import build_flow, require_width
from mlrg.flow.moderator import Moderator, TrainingState
from mlrg.flow.results import write_log
from mlrg.flow.run import Run
from mlrg.flow.stored_run import (
    RESULTS_FILE,
    assembled,
    checkpoint_of,
    keep_results,
    load_run,
    result_of,
)
from mlrg.progress import Board, shared_bar
from mlrg.rgmap import RGMap, Trainable, require_map, trainable
from mlrg.storage import make_directory, sole_writer
from mlrg.threads import one_blas_thread
from mlrg.workers import worker_pool


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
        Whose flow is learned: the star, or tensors of power k = 0, single or matched in rings.
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
    config.region(teacher.model.couplings.axis)
    told = _require_affordable(teacher, config)
    require_width(teacher, config)
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
    if scheduler is not None:
        results = _on_a_cluster(jobs, scheduler, directory, progress)
    else:
        results = _on_this_machine(jobs, config, workers, directory, progress)
    run = assembled(teacher, config, sorted(results, key=lambda result: result["seed"]))
    if directory is not None:
        _write_results(directory, run, numbers_in_all)
    return run


def _require_affordable(teacher: Trainable, config: TrainingConfig) -> str:
    """Return what exact losses will cost, as a text; none for sampled ones."""
    if config.loss != "exact" and not hasattr(teacher, "block"):
        raise InputError(
            f"loss {config.loss!r} samples spins, which {teacher!r} does not have: train it with "
            "--loss exact"
        )
    if config.loss != "exact" and not config.refinements:
        return ""
    cost = teacher.price()
    losses = config.steps * config.batch if config.loss == "exact" else 0
    losses += config.refined_students
    hours = losses * cost.seconds / 3600
    if hours > config.budget_hours:
        raise BudgetError(
            f"{losses} exact losses would take about {hours:.3g} hours on one core ({cost}), "
            f"more than the budget of {config.budget_hours:g}: train with --loss cd, which "
            "samples, choose a smaller representation, or raise --training.budget_hours"
        )
    students = f", {config.refined_students} exact students" if config.refinements else ""
    return f"exact loss: {cost}; about {losses * cost.seconds:.3g} s of it a seed{students}"


def _write_results(directory: Path, run: Run, seeds: list[int]) -> None:
    """Write the results of all seeds of a directory, or of these while others are not trained."""
    try:
        if list(run.seeds) != seeds:
            run = load_run(directory, run.teacher)
    except StorageError as error:
        print(f"mlrg: note: {RESULTS_FILE} holds these seeds alone: {error}", file=sys.stderr)
    keep_results(directory, run)


def _on_this_machine(
    jobs: list[tuple], config: TrainingConfig, workers: int, directory: Path | None, progress: bool
) -> list[dict]:
    with shared_bar(len(jobs), config.work, progress) as board:
        if workers == 1:
            return [_train_seed(*job, board, place) for place, job in enumerate(jobs)]
        with worker_pool(workers, None, directory) as pool:
            return list(
                pool(
                    joblib.delayed(_train_seed)(*job, board, place)
                    for place, job in enumerate(jobs)
                )
            )


def _on_a_cluster(jobs: list[tuple], scheduler: str, directory: Path, progress: bool) -> list[dict]:
    # Its workers share the directory of the run and nothing else to count on.
    results = []
    with (
        worker_pool(len(jobs), scheduler, directory) as pool,
        tqdm(total=len(jobs), unit="model", disable=None if progress else True) as bar,
    ):
        for result in pool(joblib.delayed(_train_seed)(*job) for job in jobs):
            results.append(result)
            bar.update()
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
    teacher,
    config,
    seed: int,
    directory: Path | None,
    parent: int | None,
    board: Board | None = None,
    place: int = 0,
) -> dict:
    checkpoint = None
    if directory is not None:
        checkpoint = checkpoint_of(directory, seed)
        make_directory(checkpoint.parent)

    def report(state: TrainingState) -> None:
        if checkpoint is not None:
            write_log(checkpoint.with_name("log.jsonl"), config, state)
        if board is not None:
            board.put(place, state.done(config))
        if parent not in (None, os.getpid(), os.getppid()):
            # Nobody waits for the result, and whoever resumes the run needs the directory.
            raise WorkerError("the process that trained this ensemble has ended")

    writer = contextlib.nullcontext() if checkpoint is None else sole_writer(checkpoint.parent)
    with writer, _one_thread(), one_blas_thread():
        state = Moderator.of(teacher, config).train(seed, checkpoint, report)
    return result_of(seed, state)
