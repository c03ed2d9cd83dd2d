"""Numbers with their spread over independently trained models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """Values of one quantity over seeds.

    Attributes
    ----------
    seeds : tuple of float
        One value a model.
    reasons : tuple of str
        Why other models have none.
    """

    seeds: tuple[float, ...]
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Sequence[float], reasons: tuple[str, ...] = ()) -> "Estimate":
        """Return the estimate of a sequence of values."""
        return cls(tuple(float(v) for v in values), reasons)

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.seeds))

    @property
    def std(self) -> float:
        """Standard deviation over seeds (of one model, not of the mean); 0 for a single seed."""
        return float(np.std(self.seeds, ddof=1)) if len(self.seeds) > 1 else 0.0

    def as_dict(self) -> dict:
        """Return mean, std and the values as JSON-able numbers."""
        return {"mean": self.mean, "std": self.std, "seeds": list(self.seeds)}

    def __str__(self):
        return f"{self.mean:.4f} ± {self.std:.4f}"


def spread(values, models: int) -> str:
    """Return mean ± deviation, and how many models have a value where not all do."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return f"none of {models}"
    text = f"{values.mean():.4f}"
    if values.size > 1:
        text += f" ± {values.std(ddof=1):.4f}"
    return text if values.size == models else f"{text} ({values.size} of {models})"
