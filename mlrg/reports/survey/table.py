"""The table of a survey: Markdown for people, CSV with one line a model, a labelled dataset."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import xarray

from mlrg.reports.survey.declarations import Declaration
from mlrg.reports.survey.probe import Limits, Probe

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
    return np.array(
        [
            [missing if value is None else value for value in values]
            + [missing] * (width - len(values))
            for values in lists
        ]
    )
