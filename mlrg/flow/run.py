"""A trained ensemble, and the physics that is read off its monotones.

Every quantity is computed for each model of the ensemble and reported with its spread over seeds.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from mlrg.flow.blocks import domain_of, rg_block
from mlrg.flow.config import TrainingConfig
from mlrg.flow.critical import crossing, interior_maximum, on_axis
from mlrg.flow.diagnostics import Diagnosis, diagnose, exact_answers
from mlrg.flow.estimate import Estimate
from mlrg.flow.fixed_points import exponents, saddle_point
from mlrg.flow.monotone import Monotone
from mlrg.flow.ode import flow_lines
from mlrg.flow.spectra import degeneracy, scaling_dimensions
from mlrg.model import SpinModel

# RG scale at which C and Z are read off by default; physics is insensitive to it near J0*.
DEFAULT_SCALE = 3.0
# RG scales at which the paper's Figs. 7 and 10 draw their curves.
FIGURE_SCALES = (0.0, 1.0, 2.0, 3.0)
_GRID_POINTS = 81
# Axis points, and as many in the box, at which a run is held against the exact RG map.
_DIAGNOSED = 9
# Mean KL above the optimum, in bits, up to which a run counts as converged: a tenth of the KL that
# the best A1 student leaves at the Ising transition.
CONVERGED_REGRET = 0.0075


@dataclass(frozen=True)
class Run:
    """A trained ensemble of moderators.

    Attributes
    ----------
    model : SpinModel
    config : TrainingConfig
    seeds : tuple of int
    monotones : tuple of Monotone
        One trained C_θ a seed.
    histories : tuple of list
        The training log of each seed.
    """

    model: SpinModel
    config: TrainingConfig
    seeds: tuple[int, ...]
    monotones: tuple[Monotone, ...]
    histories: tuple[list[dict], ...]

    @property
    def block(self):
        """The arrays of the model's RG step."""
        return rg_block(self.model)

    @cached_property
    def grid(self) -> np.ndarray:
        """Axis couplings J0 across the trained box."""
        return np.linspace(self.config.low, self.config.high, _GRID_POINTS)

    def axis_flow(self, monotone: Monotone, points: np.ndarray, scale: float) -> np.ndarray:
        """Return J(J0, ℓ) for axis couplings `points`, shape ``(point, coupling)``.

        A run trained on one gauge copy of each coupling is taken back to it after every RG step.
        """
        couplings = np.array([on_axis(self.block, x) for x in points])
        domain = domain_of(self.model, self.config)
        if domain is None:
            return flow_lines(monotone, couplings, [scale])[0]
        whole = int(scale)
        for step in [1.0] * whole + [scale - whole] * (scale > whole):
            couplings = flow_lines(monotone, couplings, [step])[0]
            couplings = domain.inside(torch.from_numpy(couplings)).numpy()
        return couplings

    def monotone_curve(self, monotone: Monotone, points: np.ndarray, scale: float) -> np.ndarray:
        """Return C(J(J0, ℓ)) − C(0), shape ``(point,)``, as in Fig. 7."""
        flowed = torch.from_numpy(self.axis_flow(monotone, points, scale))
        with torch.no_grad():
            return (monotone(flowed) - monotone(torch.zeros_like(flowed[:1]))).numpy()

    def degeneracy_curve(self, monotone: Monotone, points: np.ndarray, scale: float) -> np.ndarray:
        """Return Z(J(J0, ℓ)), shape ``(point,)``, as in Fig. 10."""
        flowed = self.axis_flow(monotone, points, scale)
        return np.array([degeneracy(self.block, couplings) for couplings in flowed])

    def flow_curves(self, curve) -> dict[float, np.ndarray]:
        """Return ℓ → values ``(seed, point)`` of one of the two curve methods on the grid."""
        return {
            scale: np.array([curve(m, self.grid, scale) for m in self.monotones])
            for scale in FIGURE_SCALES
        }

    @cached_property
    def axis_curves(self) -> dict[str, np.ndarray]:
        """C(J0) − C(0) and −∂C/∂J0 on the axis: ``points`` and two arrays ``(seed, point)``."""
        starts = torch.from_numpy(np.array([on_axis(self.block, x) for x in self.grid]))
        curves = [self.monotone_curve(m, self.grid, 0.0) for m in self.monotones]
        slopes = [-m.gradient(starts).numpy()[:, 0] for m in self.monotones]
        return {"points": self.grid, "monotone": np.array(curves), "beta": np.array(slopes)}

    def critical_coupling_at(self, scale: float) -> Estimate:
        """Return J0* = argmax C(J(J0, ℓ)) (Eq. 21) at RG scale ℓ.

        Raises
        ------
        ConvergenceError
            If the curve of a model has no maximum inside the trained box.
        """
        return Estimate.of(
            [
                interior_maximum(lambda x, m=m: self.monotone_curve(m, x, scale), self.grid)
                for m in self.monotones
            ]
        )

    @cached_property
    def critical_coupling(self) -> Estimate:
        """J0* from the maximum of the monotone at ℓ = 3."""
        return self.critical_coupling_at(DEFAULT_SCALE)

    @cached_property
    def degeneracy_crossing(self) -> Estimate:
        """J0* from the crossing of Z(J(J0, ℓ)) at ℓ = 2 and 3."""
        return Estimate.of(
            [
                crossing(
                    lambda x, m=m: self.degeneracy_curve(m, x, DEFAULT_SCALE - 1),
                    lambda x, m=m: self.degeneracy_curve(m, x, DEFAULT_SCALE),
                    self.grid,
                )
                for m in self.monotones
            ]
        )

    @cached_property
    def fixed_points(self) -> np.ndarray:
        """Saddle of each monotone near the critical flow (Eq. 24), shape ``(seed, coupling)``."""
        found = []
        for monotone, start in zip(self.monotones, self.critical_coupling.seeds, strict=True):
            begin = self.axis_flow(monotone, np.array([start]), DEFAULT_SCALE)[0]
            found.append(
                saddle_point(
                    lambda j, m=monotone: m.gradient(torch.from_numpy(j)[None]).numpy()[0],
                    lambda j, m=monotone: m.hessian(torch.from_numpy(j)).numpy(),
                    begin,
                )
            )
        return np.array(found)

    @cached_property
    def scaling_dimensions(self) -> list[Estimate]:
        """Δ_k at the fixed points, Δ_0 = 0 first; as many as every model has."""
        spectra = [scaling_dimensions(self.block, j) for j in self.fixed_points]
        return [Estimate.of(values) for values in zip(*spectra, strict=False)]

    @cached_property
    def exponents(self) -> list[Estimate]:
        """y_k of one step exp(−∇²C) at the fixed points, largest first."""
        rows = []
        for monotone, couplings in zip(self.monotones, self.fixed_points, strict=True):
            hessian = monotone.hessian(torch.from_numpy(couplings)).numpy()
            values, vectors = np.linalg.eigh(hessian)
            rows.append(exponents((vectors * np.exp(-values)) @ vectors.T))
        return [Estimate.of(values) for values in zip(*rows, strict=True)]

    @cached_property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """Each model beside the exact RG map, on the axis and at random points of the trained box.

        The points are the same for every model and every call.
        """
        low, high = (np.array(side) for side in self.config.box(self.block.teacher.shape[0]))
        axis = [on_axis(self.block, x) for x in np.linspace(low[0], high[0], _DIAGNOSED)[1:]]
        box = low + (high - low) * np.random.default_rng(0).random((_DIAGNOSED, len(low)))
        teachers = np.concatenate([axis, box])
        domain = domain_of(self.model, self.config)
        if domain is not None:
            teachers = domain.inside(torch.from_numpy(teachers)).numpy()
        answers = exact_answers(self.block, teachers)
        solver = self.config.solver, self.config.solver_steps
        gauge = self.model.gauge.elements
        return tuple(
            diagnose(self.block, monotone, teachers, *solver, gauge, answers)
            for monotone in self.monotones
        )

    @cached_property
    def regret_bits(self) -> Estimate:
        """Mean KL of the learned students above the KL-optimal ones, in bits."""
        return Estimate.of([found.regret_bits.mean() for found in self.diagnosis])

    @property
    def converged(self) -> bool:
        """Whether every model's mean regret is below `CONVERGED_REGRET` bits."""
        return max(self.regret_bits.seeds) < CONVERGED_REGRET

    @property
    def plot(self):
        """Figures of this run."""
        from mlrg.flow.figures import RunFigures

        return RunFigures(self)
