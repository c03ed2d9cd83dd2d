"""What the arguments of declarations must be: one sentence for each kind that is not."""

from collections.abc import Iterable
from numbers import Integral

import numpy as np

from mlrg.errors import CouplingError, InputError


def whole_number(value, what: str, least: int, error: type[InputError]) -> int:
    """Return a whole number from `least` on; booleans are none.

    Raises
    ------
    InputError
        Of the class given.
    """
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise error(f"{what} of {value!r} does not exist: give a whole number from {least} on")
    return int(value)


def instance(value, kind: type, what: str, error: type[InputError]) -> None:
    """Refuse what is not of a class.

    Raises
    ------
    InputError
        Of the class given.
    """
    if not isinstance(value, kind):
        raise error(
            f"{value!r} is a {type(value).__name__} where {what} is needed: see mlrg.symmetry"
        )


def listed(value, what: str, error: type[InputError]) -> list:
    """Return a sequence as a list; text is none.

    Raises
    ------
    InputError
        Of the class given.
    """
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise error(f"{value!r} is no list of {what}: give them in brackets")
    return list(value)


def finite_numbers(values, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return an array of finite real numbers of a shape; `what` is a plural.

    Raises
    ------
    CouplingError
        If they are none, or of another shape.
    """
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise CouplingError(f"{what} {values!r} are no real numbers: {error}") from error
    if found.shape != shape or not np.isfinite(found).all():
        raise CouplingError(
            f"{what} of shape {found.shape} were given: finite numbers of shape {shape} are needed"
        )
    return found
