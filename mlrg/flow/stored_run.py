"""A finished run in its directory: seeds read back from their checkpoints, and results kept.

``seed-N/checkpoint.safetensors`` holds the state of a seed, ``results.nc`` the learning curves and
what is read off the finished ensemble, computed once.
"""

import json
from pathlib import Path

import numpy as np
import xarray

from mlrg.errors import StorageError
from mlrg.flow import checkpoints, run_file
from mlrg.flow.config import TrainingConfig
from mlrg.flow.flows import build_flow
from mlrg.flow.learned import Learned
from mlrg.flow.moderator import Moderator, TrainingState
from mlrg.flow.results import VERSION
from mlrg.flow.run import Run
from mlrg.rgmap import RGMap, Trainable, trainable
from mlrg.storage import fits_digest, write_digest, write_netcdf
from mlrg.threads import one_blas_thread

RESULTS_FILE = "results.nc"


def checkpoint_of(directory: Path, seed: int) -> Path:
    """Return where the state of a seed is kept."""
    return directory / f"seed-{seed}" / "checkpoint.safetensors"


def result_of(seed: int, state: TrainingState) -> dict:
    """Return what a run keeps of a trained seed: its number, weights and learning curves."""
    curves = {name: np.array(values) for name, values in state.curves.items()}
    curves |= {f"round_{name}": np.array(values) for name, values in state.round_curves.items()}
    return {"seed": seed, "weights": state.flow.state_dict(), "curves": curves}


def assembled(
    teacher: Trainable,
    config: TrainingConfig,
    results: list[dict],
    stored: xarray.Dataset | None = None,
) -> Run:
    """Return the run of trained seeds, each as `result_of` gives it."""
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


def load_run(directory: str | Path, rgmap: RGMap | None = None, trusted: str | None = None) -> Run:
    """Read a finished run, of this version or of 0.1.

    Parameters
    ----------
    directory : path
    rgmap : RGMap, optional
        Needed only for a model whose internal representation or states have no name.
    trusted : str, optional
        Representation ``package.module:attribute`` that the run may import.

    Raises
    ------
    StorageError
        If the directory holds no run, a file is damaged, or a seed is not trained to its end.
    """
    directory = Path(directory)
    declared, config, seeds = run_file.read(directory)
    if rgmap is None:
        rgmap = run_file.declared_map(directory, declared, trusted)
    teacher = trainable(rgmap)
    moderator = Moderator.of(teacher, config)
    results = []
    for seed in seeds:
        path = checkpoint_of(directory, seed)
        if not path.exists():
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} is not trained yet: finish it with "
                "mlrg train --resume"
            )
        state = moderator.start(seed)
        checkpoints.restore(state, path)
        if state.done(config) < config.work:
            raise StorageError(
                f"seed {seed} of the run in {str(directory)!r} stopped at step "
                f"{state.done(config)} of {config.work}: finish it with mlrg train --resume"
            )
        results.append(result_of(seed, state))
    return assembled(teacher, config, results, _stored(directory, config, seeds))


def _stored(directory: Path, config: TrainingConfig, seeds: list[int]) -> xarray.Dataset | None:
    """Return the results that a directory holds, if they are those of this run and version."""
    # A damaged file of this format can say anything, with any exception or with none.
    if not fits_digest(directory / RESULTS_FILE):
        return None
    data = xarray.load_dataset(directory / RESULTS_FILE, engine="h5netcdf")
    fits = data.attrs.get("version") == VERSION and data["seed"].values.tolist() == list(seeds)
    fits = fits and data.attrs.get("training") == json.dumps(config.as_dict())
    return data if fits else None


def results_of(directory: str | Path, trusted: str | None = None) -> Run:
    """Return a run with its results, which are computed and kept if the directory lacks them.

    Raises
    ------
    StorageError
        As `load_run`, or if they cannot be kept.
    """
    run = load_run(directory, trusted=trusted)
    if run.stored is None:
        keep_results(Path(directory), run)
    return run


def keep_results(directory: Path, run: Run) -> None:
    """Compute the results of a run if need be, and write them to its directory.

    Raises
    ------
    StorageError
        If they cannot be written.
    """
    with one_blas_thread():
        write_netcdf(directory / RESULTS_FILE, run.results)
    write_digest(directory / RESULTS_FILE)
