"""Where the seeds of an ensemble are trained: processes of this machine, or workers of a cluster.

Both are joblib pools and give the same numbers. A cluster trains the seed of a lost worker
somewhere else, from its last checkpoint; on one machine the run stops with a sentence and is
resumed by hand, because what killed a process here would do so again.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path

import joblib

from mlrg.errors import InputError, WorkerError

# Seconds within which a scheduler must answer.
SCHEDULER_TIMEOUT = 10


@contextlib.contextmanager
def worker_pool(
    workers: int, scheduler: str | None = None, directory: Path | None = None
) -> Iterator[joblib.Parallel]:
    """Give a joblib pool whose results come as they are ready, in any order.

    Parameters
    ----------
    workers : int
        Processes on this machine.
    scheduler : str, optional
        Address of a dask scheduler, whose workers are taken instead.
    directory : path, optional
        Where the work is kept, for the message when a worker is lost.

    Raises
    ------
    InputError
        If dask is not installed or no scheduler answers at the address.
    WorkerError
        If a worker process is killed.
    """
    if scheduler is not None:
        with _cluster_pool(scheduler, directory) as pool:
            yield pool
        return
    try:
        yield joblib.Parallel(n_jobs=workers, return_as="generator_unordered")
    except BrokenExecutor as error:
        raise _lost("a worker process was killed", directory) from error


@contextlib.contextmanager
def _cluster_pool(scheduler: str, directory: Path | None) -> Iterator[joblib.Parallel]:
    try:
        from distributed import Client, KilledWorker
    except ImportError as error:
        raise InputError(f"--scheduler {scheduler} needs dask: pip install distributed") from error
    try:
        client = Client(scheduler, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(
            f"no dask scheduler answers at {scheduler!r}: start one with dask scheduler, and give "
            "its address, such as tcp://host:8786"
        ) from error
    try:
        with client, joblib.parallel_config(backend="dask", client=client):
            yield joblib.Parallel(n_jobs=-1, return_as="generator_unordered")
    except KilledWorker as error:
        raise _lost("one seed was lost with several workers of the cluster", directory) from error


def _lost(what: str, directory: Path | None) -> WorkerError:
    if directory is None:
        return WorkerError(f"{what}, for want of memory perhaps: train fewer seeds at a time")
    return WorkerError(
        f"{what}, for want of memory perhaps: go on from the last checkpoints in "
        f"{str(directory)!r} with --resume, with fewer workers"
    )
