"""A trained ensemble, and what is read off all of its flows together.

Every flow is an RG map (`mlrg.flow.learned`); `Run.estimate` asks one question of all of them and
gives the answer with its spread over seeds. `Run.results` has the answers that every reader wants,
computed once (`mlrg.flow.results`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray

from mlrg.analysis.estimate import Estimate
from mlrg.errors import NoAnswerError
from mlrg.flow.learned import Learned
from mlrg.flow.results import dataset
from mlrg.flow.trained import Trained


@dataclass(frozen=True, eq=False, repr=False)
class Run(Trained):
    """A trained ensemble of moderators.

    Attributes
    ----------
    stored : xarray.Dataset, optional
        Results that were read from a file.
    """

    stored: xarray.Dataset | None = None

    def estimate(self, analysis: Callable[[Learned], object]):
        """Return an answer with its spread over the flows that have one.

        Parameters
        ----------
        analysis : callable
            Of an RG map, such as `mlrg.critical`, `mlrg.fixed_point` or any function to a number
            or an array.

        Returns
        -------
        Estimate or list of Estimate
            Of the coupling of a transition, the couplings of a fixed point, or the value itself.

        Raises
        ------
        NoAnswerError
            If no flow has an answer; it says why.
        """
        found, reasons = self.each(analysis)
        values = [_number(answer) for answer in found if answer is not None]
        if not values:
            raise NoAnswerError("; ".join(reasons))
        if np.ndim(values[0]) == 0:
            return Estimate.of(values, tuple(reasons))
        return [Estimate.of(column, tuple(reasons)) for column in zip(*values, strict=False)]

    @cached_property
    def results(self) -> xarray.Dataset:
        """What every reader wants of a run, as `mlrg.flow.results.dataset` describes it."""
        return dataset(self) if self.stored is None else self.stored

    def _stored(self, name: str, unless: str = "refinements = 0") -> np.ndarray:
        missing = self.results.attrs.get(f"no {name}")
        if missing:
            raise NoAnswerError("; ".join(missing.splitlines()))
        if name not in self.results:
            raise NoAnswerError(f"the run has no {name.replace('_', ' ')}: {unless}")
        return self.results[name].values

    @property
    def critical_coupling(self) -> Estimate:
        """J0* from the maximum of the monotone at ℓ = 3."""
        return Estimate.of(self._stored("critical_coupling"))

    @property
    def degeneracy_crossing(self) -> Estimate:
        """J0* from the crossing of Z(J(J0, ℓ)) at ℓ = 2 and 3."""
        return Estimate.of(self._stored("degeneracy_crossing"))

    @property
    def transition(self) -> Estimate:
        """J0 where the phase of the learned flow changes; of refined runs."""
        return Estimate.of(self._stored("transition"))

    @property
    def transition_shift(self) -> Estimate:
        """J0c of the exact map minus that of the flow, to first order (`inherited_shift`)."""
        return Estimate.of(self._stored("transition_shift"))

    @property
    def handed_over(self) -> Estimate:
        """J0 where the exact map's phase changes after some learned steps; of refined runs.

        Where pairs lie along exact flows, or a flow has no transition of its own
        (`mlrg.flow.handed_over`).
        """
        return Estimate.of(self._stored("handed_over", _NOT_TOLD))

    @property
    def handed_over_shift(self) -> Estimate:
        """J0c of the exact map minus that, to first order (`inherited_shift`)."""
        return Estimate.of(self._stored("handed_over_shift", _NOT_TOLD))

    @property
    def transition_truncation(self) -> float | None:
        """How far the next map's transition is from the exact map's; None if there is no next."""
        self._stored("transition")
        data = self.results
        return float(data["transition_truncation"]) if "transition_truncation" in data else None

    @property
    def fixed_points(self) -> np.ndarray:
        """Critical fixed point of every flow, shape ``(seed, coupling)``."""
        return self._stored("fixed_point")

    @property
    def scaling_dimensions(self) -> list[Estimate]:
        """Δ_k at the fixed points, Δ_0 = 0 first; as many as every model has."""
        return _columns(self._stored("scaling_dimensions"))

    @property
    def exponents(self) -> list[Estimate]:
        """y_k of one step at the fixed points, largest first."""
        return _columns(self._stored("exponents"))

    @cached_property
    def regret_bits(self) -> Estimate:
        """Mean KL of the learned students above the best ones, in bits."""
        return Estimate.of(self._stored("regret_bits").mean(axis=1))

    @property
    def converged(self) -> bool:
        """Whether every model's mean regret, or the shift of its transition, is small.

        Below `CONVERGED_REGRET` bits, or `CONVERGED_SHIFT` for a refined run (`mlrg.flow.results`).
        """
        self._stored("regret_bits")
        return bool(self.results.attrs["converged"])

    @property
    def plot(self):
        """Figures of this run, as `mlrg.flow.run_figures.RunFigures`."""
        # Matplotlib is loaded when a figure is asked for.
        from mlrg.flow.run_figures import RunFigures

        return RunFigures(self.results, self.maps)


# Why a run has no transition that the exact map tells.
_NOT_TOLD = "refinements = 0, or every flow has a transition of its own"


def _number(answer):
    for name in ("coupling", "couplings"):
        if hasattr(answer, name):
            return getattr(answer, name)
    return answer


def _columns(values: np.ndarray) -> list[Estimate]:
    return [Estimate.of(column) for column in values.T if np.isfinite(column).all()]
