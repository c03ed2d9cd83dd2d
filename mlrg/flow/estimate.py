"""Numbers with their spread over independently trained models, and over the RG scale ℓ."""

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


@dataclass(frozen=True)
class ScaledEstimate:
    """One critical coupling, read at several RG scales in every model.

    Attributes
    ----------
    scales : tuple of float
        ℓ.
    values : numpy.ndarray
        Shape ``(scale, seed)``; NaN where a model gave none.
    reasons : tuple of str
        Why, each reason once.
    """

    scales: tuple[float, ...]
    values: np.ndarray
    reasons: tuple[str, ...]

    def at(self, scale: float) -> Estimate:
        """Return the estimate at one ℓ over the models that have one."""
        row = self.values[self.scales.index(scale)]
        return Estimate.of(row[np.isfinite(row)])

    @property
    def missing(self) -> int:
        """Number of models without a value at one ℓ or more."""
        return int((~np.isfinite(self.values)).any(axis=0).sum())

    @property
    def drift(self) -> float:
        """Largest change with ℓ of a model that has a value at every ℓ; NaN if none has."""
        whole = self.values[:, np.isfinite(self.values).all(axis=0)]
        return float(np.ptp(whole, axis=0).max()) if whole.size else float("nan")


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
