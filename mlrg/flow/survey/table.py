"""Surveys: many models probed in parallel, resumable, as one table in CSV and netCDF.

``models/NAME.json`` holds the answers for one model, written when they are there; a survey that is
interrupted goes on with the models that are missing. ``survey.csv`` has one line a model for
reading, ``survey.nc`` everything with names and units.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import joblib
import numpy as np
import xarray
from tqdm import tqdm

from mlrg.errors import InputError, StorageError
from mlrg.flow.pool import worker_pool
from mlrg.flow.survey.probe import Limits, Probe, probe
from mlrg.model import SpinModel
from mlrg.storage import (
    make_directory,
    read_json,
    remove_partial_files,
    write_bytes,
    write_json,
)
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.symmetry.twists import point_representations

ALL_POINTS = "all"
_SURVEY_FILE = "survey.json"
# Numbers and vectors, which tell notes of one kind apart.
_NUMBER = re.compile(r"\[[^]]*\]|-?\d+\.\d+(e[-+]?\d+)?")
# Exponents below this are shown as nothing: one step leaves less than a sixteenth.
_LOWEST_EXPONENT = -8.0
_NUMBERS = {
    "states": ("1", "states of a spin"),
    "couplings": ("1", "couplings that symmetry allows"),
    "orbits": ("1", "orbits of corner configurations"),
    "exact_coupling": ("1", "exact critical coupling J0c of the lattice"),
    "critical_coupling": ("1", "J0 where the first phase of the exact map ends"),
    "degeneracy": ("1", "Z, Eq. (23)"),
    "first_dimension": ("1", "lowest scaling dimension but the identity's"),
    "central_charge": ("1", "c"),
    "kl_bits": ("bit", "KL of the step that maps the fixed point to itself"),
    "work": ("1", "work of one student: orbits × states × couplings"),
    "seconds": ("s", "time of all that was asked of the model"),
}
_LISTS = {
    "first_kl_bits": ("step", "bit", "smallest KL of successive steps from the exact J0c"),
    "phases": ("side", "1", "degeneracy of the phases below and above"),
    "exponents": ("direction", "1", "y, largest first"),
}


@dataclass(frozen=True)
class Declaration:
    """One model of a survey by its names.

    Attributes
    ----------
    internal, point, frame, family : str
    """

    internal: str
    point: str
    frame: str
    family: str

    @property
    def model(self) -> SpinModel:
        """The declared model."""
        return SpinModel(parse_internal(self.internal), C4v(self.point), self.frame, self.family)

    @property
    def file_name(self) -> str:
        """Name of the file of its answers."""
        text = "_".join((self.internal, self.point, self.frame, self.family))
        return "".join(c if c.isalnum() or c in "-_+." else "-" for c in text) + ".json"


def declarations(
    internals: Sequence[str],
    points: Sequence[str],
    frames: Sequence[str] = ("rotating",),
    families: Sequence[str] = ("bilinear",),
    states: int = 8,
) -> list[Declaration]:
    """Return every model of a survey, in order, each once.

    Parameters
    ----------
    internals : sequence of str
        As `parse_internal` reads them.
    points : sequence of str
        Point representations; ``all`` stands for those with at most `states` states, one of each
        class that `mlrg.symmetry.twists` tells.
    frames, families : sequence of str
    states : int

    Raises
    ------
    InputError
        If a name is not known; nothing has been computed then.
    """
    found: dict[Declaration, None] = {}
    for internal in internals:
        representation = parse_internal(internal)
        for frame in frames:
            for text in points:
                if text == ALL_POINTS:
                    chosen = point_representations(representation, states, frame)
                else:
                    chosen = [C4v(text)]
                for point in chosen:
                    for family in families:
                        declared = Declaration(internal, point.name, frame, family)
                        # The declaration is checked here and not by a worker hours later.
                        _ = declared.model.spins
                        found[declared] = None
    if not found:
        raise InputError("the survey has no model: name at least one of each")
    return list(found)


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
            disable=not progress,
        ) as bar,
        worker_pool(workers, scheduler, directory) as pool,
    ):
        for _ in pool(joblib.delayed(_probe_into)(directory, model, limits) for model in missing):
            bar.update()
    rows = [(model, _read(directory, model)) for model in models]
    write_bytes(directory / "survey.csv", as_csv(rows).encode())
    data = bytes(dataset(rows, limits).to_netcdf(engine="h5netcdf"))
    write_bytes(directory / "survey.nc", data)
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


def as_csv(rows: Sequence[tuple[Declaration, Probe]]) -> str:
    """Return the table as CSV, one line a model; several values in a field are set apart by |."""
    head = [*asdict(rows[0][0]), *_NUMBERS, *_LISTS, "read_at", "fixed_point", "levels", "notes"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for model, answers in rows:
        values = {**asdict(model), **asdict(answers), "first_dimension": answers.first_dimension}
        values["levels"] = [
            f"{level['dimension']:.6g} {level['irrep']} x{level['multiplicity']}"
            for level in answers.levels
        ]
        writer.writerow([_field(values[name]) for name in head])
    return text.getvalue()


def text(rows: Sequence[tuple[Declaration, Probe]]) -> str:
    """Return the table in Markdown, with the reasons for what is missing numbered below it."""
    head = "internal | point | frame | family | states | couplings | KL of first steps (bit) | J0c"
    head += " | exact | Z | Δ1 | c | y | KL* (bit) | s | notes"
    lines = [f"| {head} |", "|" + "---|" * (head.count("|") + 1)]
    reasons: dict[str, int] = {}
    for model, answers in rows:
        marks = []
        for note in answers.notes:
            reason = _NUMBER.sub("…", note)
            marks.append(str(reasons.setdefault(reason, len(reasons) + 1)))
        at_point = answers.read_at == "fixed point"
        cells = [
            *asdict(model).values(),
            str(answers.states),
            str(answers.couplings),
            " ".join(f"{value:.4f}" for value in answers.first_kl_bits),
            _cell(answers.critical_coupling, 5),
            _cell(answers.exact_coupling, 5),
            _cell(answers.degeneracy) + ("" if at_point or answers.degeneracy is None else " †"),
            _cell(answers.first_dimension),
            _cell(answers.central_charge),
            " ".join(f"{y:.3f}" for y in answers.exponents[:3] if y > _LOWEST_EXPONENT),
            _cell(answers.kl_bits),
            _cell(answers.seconds, 1),
            " ".join(marks),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "† read where the critical flow lingers: Newton's method found no fixed point."]
    lines += ["", *(f"{number}. {reason}" for reason, number in reasons.items())]
    return "\n".join(lines)


def _cell(value: float | None, digits: int = 4) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _field(value) -> str:
    if isinstance(value, list):
        return "|".join(map(_field, value))
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def dataset(rows: Sequence[tuple[Declaration, Probe]], limits: Limits) -> xarray.Dataset:
    """Return the table labelled: dimension ``model``, lists padded with NaN."""
    models, answers = zip(*rows, strict=True)
    data = xarray.Dataset(attrs={f"limit {name}": value for name, value in asdict(limits).items()})
    for name in asdict(models[0]):
        data[name] = ("model", [getattr(model, name) for model in models])
    for name, (unit, meaning) in _NUMBERS.items():
        values = [getattr(answer, name) for answer in answers]
        values = np.array([np.nan if value is None else value for value in values], dtype=float)
        data[name] = ("model", values, {"units": unit, "long_name": meaning})
    for name, (dimension, unit, meaning) in _LISTS.items():
        values = _padded([getattr(answer, name) for answer in answers])
        data[name] = (("model", dimension), values, {"units": unit, "long_name": meaning})
    data["fixed_point"] = (
        ("model", "coupling"),
        _padded([answer.fixed_point for answer in answers]),
        {"long_name": "couplings where Z, c and the levels were read"},
    )
    for name, missing in (("dimension", np.nan), ("multiplicity", 0), ("irrep", "")):
        table = [[level[name] for level in answer.levels] for answer in answers]
        data[f"level_{name}"] = (("model", "level"), _padded(table, missing))
    data["read_at"] = ("model", [answer.read_at or "" for answer in answers])
    data["notes"] = ("model", ["\n".join(answer.notes) for answer in answers])
    return data


def _padded(lists: list[list], missing=np.nan) -> np.ndarray:
    width = max(1, *map(len, lists)) if lists else 1
    return np.array([[*values, *[missing] * (width - len(values))] for values in lists])
