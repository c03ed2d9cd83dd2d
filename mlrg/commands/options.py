"""What the commands share: options that declare a model, numbers as text and as JSON."""

import json
import math

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v

# Students of one RG step.
STUDENTS = ("star", "tensor")


def model_of(options) -> SpinModel:
    """Return the declared model."""
    return SpinModel(
        parse_internal(options.internal),
        C4v(options.point),
        options.frame,
        getattr(options, "family", "bilinear"),
    )


def require_student(options, of_tensors: tuple[str, ...]) -> None:
    """Refuse an unknown student, and a star with options of tensors."""
    if options.student not in STUDENTS:
        raise InputError(
            f"student {options.student!r} does not exist: choose {' or '.join(STUDENTS)}"
        )
    for option in of_tensors:
        if options.student != "tensor" and getattr(options, option) not in (None, False):
            raise InputError(
                f"--{option} belongs to tensor students: give --student tensor with it"
            )


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


def finite(values) -> list:
    """Return numbers as JSON has them: null for −∞."""
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
