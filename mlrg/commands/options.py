"""What the commands share: options that declare a model and a student, numbers as text and JSON."""

import json
import math
import sys

import numpy as np

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.registry import STUDENTS, student
from mlrg.rgmap import RGMap
from mlrg.symmetry.catalogue import attribute_of
from mlrg.symmetry.permutations import cycles


def model_of(options) -> SpinModel:
    """Return the declared model."""
    family = getattr(options, "family", "bilinear")
    return SpinModel(options.internal, options.point, options.frame, family)


def map_of(options, **defaults) -> RGMap:
    """Return the declared map.

    Parameters
    ----------
    options
        With `student` and what its family takes.
    defaults
        Options that are taken where the command has none.
    """
    name = options.student
    if getattr(options, "optimised", False):
        note("--optimised is called --student ring and will go with the next version")
        name = "ring" if name == "tensor" else name
        if name != "ring":
            raise InputError("--optimised belongs to tensor students: give --student ring")
    family = STUDENTS.get(name)
    names = ("states", "power", "nuclear", "start", "anisotropy")
    given = {key: getattr(options, key, None) for key in names}
    if family is not None:
        given |= {key: value for key, value in defaults.items() if key in family.options}
    return student(name, model_of(options), **given)


def require_columns(rgmap: RGMap, columns: int | None) -> None:
    """Refuse a ring that a map does not make before anything is searched for."""
    if columns is not None:
        rgmap.ring(rgmap.start(np.zeros(len(rgmap.model.couplings.axis))), columns)


def coupling_of(text: str, option: str = "--at") -> float:
    """Return a coupling from its text."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"coupling {text!r} of {option} is not a finite number: give one such as 0.7643"
        )
    return value


def direction_of(options, model: SpinModel) -> tuple[float, ...] | None:
    """Return the direction of --along, one number a coupling, or of --weight, a class function."""
    if options.weight is not None:
        if options.along is not None:
            raise InputError("--weight and --along both give a direction: choose one")
        return model.class_couplings(_class_function(options.weight))
    if options.along is None:
        return None
    return tuple(coupling_of(text, "--along") for text in options.along)


def _class_function(name: str):
    if name == "cycles":
        return cycles
    found = attribute_of(name, "give cycles, or package.module:function for your own")
    if not callable(found):
        raise InputError(
            f"--weight {name} is a {type(found).__name__}: give a function of a permutation"
        )
    return found


def note(text: str) -> None:
    """Print a note on what a result is worth on standard error."""
    print(f"mlrg: note: {text}", file=sys.stderr)


def finite(values) -> list:
    """Return numbers as JSON has them: null for what is not finite."""
    return [float(v) if math.isfinite(v) else None for v in values]


def joined(values, digits: int) -> str:
    """Return numbers as text."""
    return " ".join(f"{value:.{digits}f}" for value in values)


def print_rows(rows) -> None:
    """Print labels and numbers."""
    for label, values in rows:
        print(f"{label:21s} {'  '.join(f'{value:.6f}' for value in values)}")


def print_json(content) -> None:
    """Print content as one line of JSON."""
    print(json.dumps(content, allow_nan=False))
