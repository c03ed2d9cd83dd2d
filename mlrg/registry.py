"""The families of students, by the names of the command line and of run directories.

A new family is one file that offers an `RGMap`, and one line of `STUDENTS`.
"""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlrg.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from mlrg.model import SpinModel
    from mlrg.rgmap import RGMap


@dataclass(frozen=True)
class Family:
    """A family of students: how a map is made from a model and options.

    Attributes
    ----------
    make : callable or str
        From a model and keyword options to an RGMap; ``module:attribute`` is imported when needed.
    options : tuple of str
        Names of the options that it takes.
    """

    make: "Callable[..., RGMap] | str"
    options: tuple[str, ...] = ()

    def __call__(self, model: "SpinModel", **options) -> "RGMap":
        """Return the map of a model."""
        make = pkgutil.resolve_name(self.make) if isinstance(self.make, str) else self.make
        return make(model, **options)


STUDENTS: dict[str, Family] = {
    "star": Family("mlrg.rbm.star:Star"),
    "tensor": Family("mlrg.tensor.tensor:single", ("states", "power", "start", "anisotropy")),
    "ring": Family("mlrg.tensor.tensor:matched", ("states", "power", "nuclear", "start")),
}


def student(name: str, model: "SpinModel", **options) -> "RGMap":
    """Return the map of a named family of students; options that are None are left out.

    Raises
    ------
    UnknownNameError
        If there is no such family.
    InputError
        If the family does not take an option.
    """
    if name not in STUDENTS:
        raise UnknownNameError(f"student {name!r} does not exist: choose {' or '.join(STUDENTS)}")
    given = {option: value for option, value in options.items() if value is not None}
    for option in given:
        if option not in STUDENTS[name].options:
            others = [other for other, family in STUDENTS.items() if option in family.options]
            advice = f"give --student {' or '.join(others)} with it" if others else "leave it out"
            raise InputError(f"--{option} does not belong to {name} students: {advice}")
    return STUDENTS[name](model, **given)
