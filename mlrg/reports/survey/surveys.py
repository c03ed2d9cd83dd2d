"""Many models probed in parallel, resumable.

``models/NAME.json`` holds the answers for one model, written when they are there; a survey that is
interrupted goes on with the models that are missing. ``survey.csv`` has one line a model for
reading, ``survey.nc`` everything with names and units.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import joblib
from tqdm import tqdm

from mlrg.errors import StorageError
from mlrg.reports.survey.declarations import Declaration
from mlrg.reports.survey.probe import Limits, Probe, probe
from mlrg.reports.survey.table import as_csv, dataset
from mlrg.storage import (
    make_directory,
    read_json,
    remove_partial_files,
    write_bytes,
    write_json,
    write_netcdf,
)
from mlrg.workers import worker_pool

_SURVEY_FILE = "survey.json"


def survey(
    models: Sequence[Declaration],
    out: str | Path,
    limits: Limits | None = None,
    resume: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: bool = True,
) -> list[tuple[Declaration, Probe]]:
    """Probe many models and write the table; return the answers in the order of the models.

    Parameters
    ----------
    models : sequence of Declaration
    out : path
        Directory of the survey.
    limits : Limits, optional
    resume : bool
        Go on with the survey that `out` holds; models may be added to it.
    workers : int, optional
        Processes; one a core by default.
    scheduler : str, optional
        Address of a dask scheduler whose workers do the work.
    progress : bool
        Show a progress bar on standard error.

    Raises
    ------
    StorageError
        If `out` cannot be written, already holds a survey, or holds one with other limits.
    WorkerError
        If a worker process is killed; the survey goes on with `resume`.
    """
    limits = limits or Limits()
    directory = Path(out).absolute()
    _prepare(directory, limits, resume)
    missing = [model for model in models if not _file(directory, model).exists()]
    # Large models first: the last one to finish decides how long the survey takes.
    missing.sort(key=lambda model: len(model.model.spins), reverse=True)
    workers = min(workers or joblib.cpu_count(), max(1, len(missing)))
    with (
        tqdm(
            total=len(models),
            initial=len(models) - len(missing),
            unit="model",
            disable=None if progress else True,
        ) as bar,
        worker_pool(workers, scheduler, directory) as pool,
    ):
        for _ in pool(joblib.delayed(_probe_into)(directory, model, limits) for model in missing):
            bar.update()
    rows = [(model, _read(directory, model)) for model in models]
    write_bytes(directory / "survey.csv", as_csv(rows).encode())
    write_netcdf(directory / "survey.nc", dataset(rows, limits))
    return rows


def _prepare(directory: Path, limits: Limits, resume: bool) -> None:
    declared = {"limits": asdict(limits)}
    file = directory / _SURVEY_FILE
    if file.exists():
        if not resume:
            raise StorageError(
                f"directory {str(directory)!r} already holds a survey: add --resume to continue "
                "it, or choose another directory"
            )
        if (saved := read_json(file)) != declared:
            raise StorageError(
                f"the survey in {str(directory)!r} has limits {saved.get('limits')}, not "
                f"{declared['limits']}: resume it with its own or choose another directory"
            )
    make_directory(directory / "models")
    remove_partial_files(directory / "models")
    write_json(file, declared)


def _file(directory: Path, model: Declaration) -> Path:
    return directory / "models" / model.file_name


def _probe_into(directory: Path, model: Declaration, limits: Limits) -> None:
    answers = probe(model.model, limits)
    write_json(_file(directory, model), {**asdict(model), "answers": asdict(answers)})


def _read(directory: Path, model: Declaration) -> Probe:
    file = _file(directory, model)
    try:
        return Probe(**read_json(file)["answers"])
    except (KeyError, TypeError) as error:
        raise StorageError(
            f"{str(file)!r} is damaged ({error}): delete it and resume the survey"
        ) from error
