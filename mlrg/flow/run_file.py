"""``run.json``: how a run directory declares its map, its settings and its seeds."""

from importlib.metadata import version
from pathlib import Path

from mlrg.errors import InputError, StorageError
from mlrg.flow.config import TrainingConfig
from mlrg.model import SpinModel
from mlrg.registry import student
from mlrg.rgmap import RGMap, Trainable
from mlrg.storage import make_directory, read_json, remove_partial_files, write_json
from mlrg.symmetry.catalogue import module_named, name_of

RUN_FILE = "run.json"
# What a run file holds, by type.
_FORM = {"student": str, "options": dict, "model": dict, "config": dict, "seeds": list}
_MODEL_FORM = {
    "internal": str | None,
    "point": str,
    "frame": str,
    "family": str,
    "states": list | None,
}
_PACKAGES = ("mlrg", "numpy", "numba", "scipy", "torch", "torchdiffeq", "joblib", "xarray")


def declaration(rgmap: Trainable, internal_name: str | None = None) -> dict:
    """Return how a run file declares a map."""
    model = rgmap.model
    states = None if model.states is None else [[str(x) for x in v] for v in model.states]
    return {
        "student": rgmap.name,
        "options": dict(rgmap.options),
        "model": {
            "internal": internal_name or name_of(model.internal),
            "internal_matrices": repr(model.internal),
            "point": model.point.name,
            "frame": model.frame,
            "family": model.family,
            "states": states,
        },
    }


def prepare(
    out: Path,
    rgmap: Trainable,
    config: TrainingConfig,
    seeds: range,
    resume: bool,
    internal_name: str | None = None,
) -> list[int]:
    """Write the run file of a directory; return all its seeds.

    Raises
    ------
    StorageError
        If the directory cannot be written, or already holds a run that is not to be resumed.
    InputError
        If the run that it holds has another map or other settings.
    """
    declared = {**declaration(rgmap, internal_name), "config": config.as_dict()}
    numbers = list(seeds)
    if (out / RUN_FILE).exists():
        if not resume:
            raise StorageError(
                f"directory {str(out)!r} already holds a run: add --resume to continue it, "
                "or choose another directory"
            )
        saved, config_before, _ = read(out)
        saved = {**saved, "config": config_before.as_dict()}
        for part in ("options", "model", "config"):
            for key, value in {"student": declared["student"], **declared[part]}.items():
                _require_same(out, saved if key == "student" else saved[part], key, value)
        numbers = sorted({*saved["seeds"], *numbers})
    make_directory(out)
    remove_partial_files(out)
    versions = {package: version(package) for package in _PACKAGES}
    write_json(out / RUN_FILE, {**declared, "seeds": numbers, "versions": versions})
    return numbers


def _require_same(out: Path, saved: dict, key: str, value: object) -> None:
    if saved.get(key) == value:
        return
    why = ""
    if key == "steps":
        why = " (the learning rate falls along all the steps of a run: a longer one is another run)"
    raise InputError(
        f"the run in {str(out)!r} has {key} = {saved.get(key)!r}, not {value!r}{why}: resume it "
        "with its own settings or choose another directory"
    )


def _current(saved: dict) -> dict:
    """Return a run file of version 0.1, whose models were stars or tensors of k = 0, as ours."""
    if "student" in saved:
        return saved
    model = dict(saved["model"])
    states = model.pop("tensor_states", None)
    options = {} if states is None else {"states": states, "power": 0.0}
    name = "star" if states is None else "tensor"
    return {**saved, "student": name, "options": options, "model": model}


def read(directory: Path) -> tuple[dict, TrainingConfig, list[int]]:
    """Return what a run file declares, its settings and its seeds.

    Raises
    ------
    StorageError
        If the directory holds no run, or the file is damaged.
    """
    saved = read_json(directory / RUN_FILE)
    try:
        saved = _current(saved)
        _require_form(saved)
        config = TrainingConfig.from_dict(saved["config"])
        return saved, config, saved["seeds"]
    except (AttributeError, KeyError, TypeError) as error:
        raise StorageError(
            f"{str(directory / RUN_FILE)!r} is damaged (no {error}): restore it or train again"
        ) from error


def _require_form(saved: dict) -> None:
    """Raise KeyError with the first part of a run file that is not there or of another type."""
    for key, form in _FORM.items():
        if not isinstance(saved[key], form):
            raise KeyError(key)
    for key, form in _MODEL_FORM.items():
        if not isinstance(saved["model"][key], form):
            raise KeyError(key)
    if not all(isinstance(seed, int) and seed >= 0 for seed in saved["seeds"]):
        raise KeyError("seeds")


def declared_map(directory: Path, declared: dict, trusted: str | None = None) -> RGMap:
    """Return the map that a run file declares.

    A representation of a user's module is imported only if it is the `trusted` one: whoever reads
    a directory that comes from elsewhere does not run what it names.

    Raises
    ------
    StorageError
        If it declares its own representation or states, or is damaged.
    """
    try:
        model = declared["model"]
        if trusted is not None and trusted != model["internal"]:
            raise StorageError(
                f"the run in {str(directory)!r} is of {model['internal']!r}, not of {trusted!r}: "
                "give its own representation, or none"
            )
        module = module_named(model["internal"] or "")
        if module is not None and trusted is None:
            raise StorageError(
                f"the run in {str(directory)!r} names {module!r}, whose module would be imported: "
                f"if it is yours, add --internal {model['internal']} to the command, or load it in "
                "Python with mlrg.load_run(directory, rgmap)"
            )
        if model["internal"] is None or model["states"] is not None:
            raise StorageError(
                f"the run in {str(directory)!r} declares its own representation or states: "
                "load it in Python with mlrg.load_run(directory, rgmap)"
            )
        spins = SpinModel(model["internal"], model["point"], model["frame"], model["family"])
        return student(declared["student"], spins, **declared["options"])
    except (KeyError, TypeError) as error:
        raise StorageError(
            f"{str(directory / RUN_FILE)!r} is damaged (no {error}): restore it or train again"
        ) from error
