"""A number with its spread over independently trained models."""

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
    """

    seeds: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> "Estimate":
        """Return the estimate of a sequence of values."""
        return cls(tuple(float(v) for v in values))

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
