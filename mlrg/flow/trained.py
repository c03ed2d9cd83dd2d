"""What training an ensemble gives: one learned flow a seed, and what its training recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.display import Result
from mlrg.errors import NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.diagnostics import Diagnosis, diagnose, exact_answers, held_points
from mlrg.flow.learned import Learned
from mlrg.rgmap import Trainable


@dataclass(frozen=True, eq=False, repr=False)
class Trained(Result):
    """Flows of one map, trained with one config from several seeds.

    Attributes
    ----------
    teacher : Trainable
        The map whose flow was learned.
    config : TrainingConfig
    seeds : tuple of int
    maps : tuple of Learned
        One trained flow a seed.
    curves : tuple of dict
        What each seed's training recorded: name → values ``(step,)`` or ``(step, replica)``, as
        `mlrg.flow.moderator.CURVES` lists them.
    """

    teacher: Trainable
    config: TrainingConfig
    seeds: tuple[int, ...]
    maps: tuple[Learned, ...]
    curves: tuple[dict[str, np.ndarray], ...]

    more = (
        *("critical_coupling", "degeneracy_crossing", "estimate(analysis)", "maps", "plot"),
        *("results", "curves"),
    )

    @property
    def title(self) -> str:
        """What was trained."""
        count = len(self.seeds)
        return f"Run of {count} moderator{'s' if count > 1 else ''} of {self.teacher!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """How it was trained."""
        return [
            ("seeds", ", ".join(map(str, self.seeds))),
            ("flow", f"{self.config.flow}, {self.config.gauge} gauge"),
            ("steps", f"{self.config.steps}, {self.config.refinements} refinements"),
        ]

    @property
    def model(self):
        """The declared spin model."""
        return self.teacher.model

    def each(self, quantity: Callable[[Learned], object]) -> tuple[list, list[str]]:
        """Return a quantity of every flow, None where it has none, and the reasons.

        Parameters
        ----------
        quantity : callable
            Of one flow; raises NoAnswerError where there is no answer.
        """
        found, reasons = [], []
        for seed, learned in zip(self.seeds, self.maps, strict=True):
            try:
                found.append(quantity(learned))
            except NoAnswerError as error:
                found.append(None)
                reasons.append(f"seed {seed}: {error}")
        return found, reasons

    @cached_property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """Each flow beside the exact RG map, on the axis and at random points of the box."""
        teachers = held_points(self.maps[0])
        answers = exact_answers(self.maps[0], teachers)
        return tuple(diagnose(learned, teachers, answers) for learned in self.maps)
