"""What an assertion compared, and how well it held."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Report:
    """Errors of all comparisons of one assertion, relative to the largest number compared.

    Attributes
    ----------
    largest, mean : float
    element : str
        What was compared where the largest error is, and under which element.
    count : int
        Number of numbers compared.
    """

    largest: float = 0.0
    mean: float = 0.0
    element: str = "nothing"
    count: int = 0

    def __str__(self):
        return (
            f"{self.element}: largest error {self.largest:.3g}, mean {self.mean:.3g} over "
            f"{self.count} numbers, relative to the largest"
        )


class Comparison:
    """Gathers comparisons and fails on the first set that differs by more than a tolerance.

    Parameters
    ----------
    tolerance : float
        Largest error allowed, relative to the largest number compared.
    """

    def __init__(self, tolerance: float):
        self.tolerance = tolerance
        self.report = Report()

    def add(self, element: str, moved, still, scale: float | None = None) -> None:
        """Compare two arrays of one shape; `scale` stands for the largest number where given.

        Raises
        ------
        AssertionError
            If they differ by more than the tolerance, or a number is not finite.
        """
        moved, still = np.asarray(moved), np.asarray(still)
        assert moved.shape == still.shape, f"{element}: shape {moved.shape} becomes {still.shape}"
        if still.size == 0:
            return
        if scale is None:
            scale = max(np.abs(moved).max(), np.abs(still).max())
        errors = np.abs(moved - still) / (scale or 1.0)
        assert np.isfinite(errors).all(), f"{element}: a number is not finite"
        before = self.report
        count = before.count + errors.size
        largest = float(errors.max())
        self.report = Report(
            max(before.largest, largest),
            (before.mean * before.count + float(errors.sum())) / count,
            element if largest > before.largest or not before.count else before.element,
            count,
        )
        here = Report(largest, float(errors.mean()), element, errors.size)
        assert largest <= self.tolerance, f"{here}: more than {self.tolerance:g}"
