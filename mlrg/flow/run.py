"""A trained ensemble, and the physics that is read off its flows.

Every quantity is computed for each model of the ensemble and reported with its spread over seeds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.linalg import expm

from mlrg.errors import ConvergenceError
from mlrg.flow.blocks import domain_of, rg_block, trained_box
from mlrg.flow.config import TrainingConfig
from mlrg.flow.curves import crossing, interior_maximum
from mlrg.flow.diagnostics import Diagnosis, diagnose, exact_answers
from mlrg.flow.estimate import Estimate, ScaledEstimate
from mlrg.flow.fields import Flow
from mlrg.flow.fixed_points import exponents, stationary_point
from mlrg.flow.ode import advance
from mlrg.flow.rays import Axis, Ray
from mlrg.flow.spectra import degeneracy, scaling_dimensions
from mlrg.model import SpinModel

# RG scale at which C and Z are read off by default; physics is insensitive to it near J0*.
DEFAULT_SCALE = 3.0
# RG scales at which the paper's Figs. 7 and 10 draw their curves.
FIGURE_SCALES = (0.0, 1.0, 2.0, 3.0)
# RG scales over which the drift of a critical coupling is reported.
CRITICAL_SCALES = (2.0, 3.0, 4.0)
_GRID_POINTS = 81
# Nearer to a whole number than this, the degeneracy of a fixed point says that it is a phase.
_IN_PHASE = 1e-2
# Axis points, and as many in the box, at which a run is held against the exact RG map.
_DIAGNOSED = 9
# Mean KL above the optimum, in bits, up to which a run counts as converged. Near the Ising
# transition of A1 it stands for a student that is off by 0.04 in its coupling.
CONVERGED_REGRET = 0.001


@dataclass(frozen=True)
class Run:
    """A trained ensemble of moderators.

    Attributes
    ----------
    model : SpinModel
    config : TrainingConfig
    seeds : tuple of int
    flows : tuple of Flow
        One trained flow a seed; its `monotone` is C_θ, if it has one.
    curves : tuple of dict
        What each seed's training recorded: name → values ``(step,)`` or ``(step, replica)``, as
        `mlrg.flow.moderator.CURVES` lists them.
    """

    model: SpinModel
    config: TrainingConfig
    seeds: tuple[int, ...]
    flows: tuple[Flow, ...]
    curves: tuple[dict[str, np.ndarray], ...]

    @property
    def block(self):
        """The arrays of the model's RG step."""
        return rg_block(self.model)

    @cached_property
    def grid(self) -> np.ndarray:
        """Axis couplings J0 across the trained box."""
        return np.linspace(self.config.low, self.config.high, _GRID_POINTS)

    def flow_from(self, flow: Flow, couplings, scale: float, folded: bool = True) -> np.ndarray:
        """Return J(ℓ) from couplings ``(point, coupling)``, of the same shape.

        The RG equation is solved as in training; a run trained on one gauge copy of each coupling
        starts from it and is taken back to it after every RG step, unless `folded` is false.
        """
        domain = domain_of(self.model, self.config)
        moved = torch.tensor(np.atleast_2d(couplings), dtype=torch.float64)
        if domain is not None:
            moved = domain.inside(moved)
            domain = domain if folded else None
        whole = int(scale)
        for step in [1.0] * whole + [scale - whole] * (scale > whole):
            with torch.no_grad():
                moved = advance(flow, moved, step, self.config.solver, self.config.solver_steps)
            if not moved.isfinite().all():
                raise ConvergenceError(
                    f"the flow runs to infinity before ℓ = {scale:g}: train it longer, or shorten "
                    "the flow"
                )
            if domain is not None:
                moved = domain.inside(moved)
        return moved.numpy()

    @property
    def axis(self) -> Axis:
        """The couplings of the bare coupling J0, Eq. (20)."""
        return Axis(self.block)

    def ray_flow(
        self, flow: Flow, points: np.ndarray, scale: float, ray: Ray | None = None
    ) -> np.ndarray:
        """Return J(ℓ) from positions on a ray, the axis by default, shape ``(point, coupling)``."""
        return self.flow_from(flow, (ray or self.axis).at(points), scale)

    def monotone_curve(
        self, flow: Flow, points: np.ndarray, scale: float, ray: Ray | None = None
    ) -> np.ndarray:
        """Return C(J(ℓ)) − C(0) from positions on a ray, shape ``(point,)``, as in Fig. 7.

        C takes different values on gauge copies and would jump where the flow is folded back, so it
        is read along the unfolded flow.

        Raises
        ------
        ConvergenceError
            If the flow has no monotone, or runs to infinity.
        """
        if flow.monotone is None:
            raise ConvergenceError(
                f"a flow of kind {self.config.flow!r} has no monotone C: read its critical "
                "coupling off the degeneracy"
            )
        starts = (ray or self.axis).at(points)
        return self.monotone(flow, self.flow_from(flow, starts, scale, folded=False))

    def degeneracy_curve(
        self, flow: Flow, points: np.ndarray, scale: float, ray: Ray | None = None
    ) -> np.ndarray:
        """Return Z(J(ℓ)) from positions on a ray, shape ``(point,)``, as in Fig. 10."""
        flowed = self.ray_flow(flow, points, scale, ray)
        return np.array([degeneracy(self.block, couplings) for couplings in flowed])

    def flow_curves(self, curve) -> dict[float, np.ndarray]:
        """Return ℓ → values ``(seed, point)`` of one of the two curve methods on the grid.

        Models whose flow runs to infinity before ℓ have NaN.

        Raises
        ------
        ConvergenceError
            If no model has the curve.
        """
        found, reason = {}, None
        for scale in FIGURE_SCALES:
            found[scale] = np.full((len(self.flows), len(self.grid)), np.nan)
            for number, flow in enumerate(self.flows):
                try:
                    found[scale][number] = curve(flow, self.grid, scale)
                except ConvergenceError as error:
                    reason = error
            if np.isnan(found[scale]).all():
                raise reason
        return found

    @cached_property
    def monotone_curves(self) -> dict[float, np.ndarray]:
        """C(J(J0, ℓ)) − C(0) of every model, as `flow_curves` (Fig. 7)."""
        return self.flow_curves(self.monotone_curve)

    @cached_property
    def degeneracy_curves(self) -> dict[float, np.ndarray]:
        """Z(J(J0, ℓ)) of every model, as `flow_curves` (Fig. 10)."""
        return self.flow_curves(self.degeneracy_curve)

    def velocity(self, flow: Flow, couplings: np.ndarray) -> np.ndarray:
        """Return dJ/dℓ at couplings ``(point, coupling)``, of the same shape."""
        with torch.no_grad():
            return flow.velocity(torch.from_numpy(np.atleast_2d(couplings))).numpy()

    def monotone(self, flow: Flow, couplings: np.ndarray) -> np.ndarray:
        """Return C(J) − C(0), shape ``(point,)``, of a flow that has a monotone."""
        points = torch.from_numpy(np.atleast_2d(couplings))
        with torch.no_grad():
            return (flow.monotone(points) - flow.monotone(torch.zeros_like(points[:1]))).numpy()

    @cached_property
    def axis_curves(self) -> dict[str, np.ndarray]:
        """C(J0) − C(0) and v·∂J/∂J0 on the axis: ``points`` and two arrays ``(seed, point)``.

        The second is −∂C/∂J0 of a gradient flow.
        """
        starts, tangents = self.axis.at(self.grid), self.axis.tangents(self.grid)
        curves = [self.monotone_curve(flow, self.grid, 0.0) for flow in self.flows]
        beta = [(self.velocity(flow, starts) * tangents).sum(axis=1) for flow in self.flows]
        return {"points": self.grid, "monotone": np.array(curves), "beta": np.array(beta)}

    def critical_coupling_at(self, scale: float) -> Estimate:
        """Return J0* = argmax C(J(J0, ℓ)) (Eq. 21) at RG scale ℓ.

        Raises
        ------
        ConvergenceError
            If the curve of a model has no maximum inside the trained box.
        """
        return Estimate.of([self.maximum(flow, scale) for flow in self.flows])

    def maximum(self, flow: Flow, scale: float = DEFAULT_SCALE, ray: Ray | None = None) -> float:
        """Return one model's argmax C(J(J0, ℓ)); raises as `critical_coupling_at`."""
        return interior_maximum(lambda x: self.monotone_curve(flow, x, scale, ray), self.grid)

    def degeneracy_crossing_of(
        self, flow: Flow, scale: float = DEFAULT_SCALE, ray: Ray | None = None
    ) -> float:
        """Return where one model's Z at ℓ − 1 and ℓ cross; raises ConvergenceError if it does not.

        Positions are searched between the ends of the trained box.
        """
        return crossing(
            lambda x: self.degeneracy_curve(flow, x, scale - 1, ray),
            lambda x: self.degeneracy_curve(flow, x, scale, ray),
            self.grid,
        )

    def each(self, quantity: Callable[[Flow], object]) -> tuple[list, list[str]]:
        """Return a quantity of every flow that has it, and why the others have none.

        Parameters
        ----------
        quantity : callable
            Of one flow; raises ConvergenceError where there is no answer.
        """
        found, reasons = [], []
        for seed, flow in zip(self.seeds, self.flows, strict=True):
            try:
                found.append(quantity(flow))
            except ConvergenceError as error:
                reasons.append(f"seed {seed}: {error}")
        return found, reasons

    def critical_estimates(
        self, ray: Ray | None = None, scales: Sequence[float] = CRITICAL_SCALES
    ) -> dict[str, ScaledEstimate]:
        """Return the learned critical couplings on a ray at several ℓ, with what is missing.

        Parameters
        ----------
        ray : Ray, optional
            The axis of J0 by default; positions on it are searched in the range of `grid`.
        scales : sequence of float
            RG scales ℓ ≥ 1.

        Returns
        -------
        dict
            ``maximum``, argmax of C (Eq. 21), and ``crossing``, where Z at ℓ − 1 and ℓ cross. The
            third method, `mlrg.critical_coupling`, needs no training.
        """
        found = {}
        for method, quantity in (
            ("maximum", self.maximum),
            ("crossing", self.degeneracy_crossing_of),
        ):
            values = np.full((len(scales), len(self.flows)), np.nan)
            reasons = {}
            for place in np.ndindex(*values.shape):
                try:
                    values[place] = quantity(self.flows[place[1]], scales[place[0]], ray)
                except ConvergenceError as error:
                    reasons[str(error)] = True
            found[method] = ScaledEstimate(tuple(scales), values, tuple(reasons))
        return found

    @cached_property
    def critical_coupling(self) -> Estimate:
        """J0* from the maximum of the monotone at ℓ = 3."""
        return self.critical_coupling_at(DEFAULT_SCALE)

    @cached_property
    def degeneracy_crossing(self) -> Estimate:
        """J0* from the crossing of Z(J(J0, ℓ)) at ℓ = 2 and 3."""
        return Estimate.of([self.degeneracy_crossing_of(flow) for flow in self.flows])

    @cached_property
    def fixed_points(self) -> np.ndarray:
        """Critical fixed point of every flow, shape ``(seed, coupling)``; as `fixed_point_of`."""
        return np.array([self.fixed_point_of(flow) for flow in self.flows])

    def fixed_point_of(self, flow: Flow) -> np.ndarray:
        """Return the zero of one velocity near its critical flow (Eq. 24), shape ``(coupling,)``.

        Raises
        ------
        ConvergenceError
            If the flow has no critical coupling, Newton's method does not converge, or it ends in a
            phase or outside the trained box, where a network means nothing.
        """
        gradient = self.config.flow != "vector"
        start = self.maximum(flow) if gradient else self.degeneracy_crossing_of(flow)
        begin = self.ray_flow(flow, np.array([start]), DEFAULT_SCALE)[0]
        found = self.newton(flow, begin)
        low, high = (np.array(side) for side in trained_box(self.block, self.config))
        margin = 0.1 * (high - low)
        if (found < low - margin).any() or (found > high + margin).any():
            raise ConvergenceError(
                f"Newton's method from the critical flow at J0 = {start:.4f} left the trained box "
                f"({np.array2string(found, precision=3)}): train longer or in a wider box"
            )
        states = degeneracy(self.block, found)
        if abs(states - round(states)) < _IN_PHASE:
            raise ConvergenceError(
                f"Newton's method from the critical flow at J0 = {start:.4f} ended in the phase of "
                f"degeneracy {round(states)}: the model has no critical fixed point there"
            )
        return found

    def newton(self, flow: Flow, start: np.ndarray, largest_step: float = 0.5) -> np.ndarray:
        """Return the zero of a velocity that Newton's method finds from a start (Eq. 24).

        Raises
        ------
        ConvergenceError
            If it finds none.
        """
        return stationary_point(
            lambda j: self.velocity(flow, j)[0],
            lambda j: flow.jacobian(torch.from_numpy(j)).detach().numpy(),
            start,
            steps=round(25 / largest_step),
            largest_step=largest_step,
        )

    def exponents_at(self, flow: Flow, couplings: np.ndarray) -> np.ndarray:
        """Return y_k of one step exp(∂v/∂J) of a flow at a fixed point, largest first."""
        jacobian = flow.jacobian(torch.from_numpy(couplings)).detach().numpy()
        return exponents(expm(jacobian))

    @cached_property
    def scaling_dimensions(self) -> list[Estimate]:
        """Δ_k at the fixed points, Δ_0 = 0 first; as many as every model has."""
        spectra = [scaling_dimensions(self.block, j) for j in self.fixed_points]
        return [Estimate.of(values) for values in zip(*spectra, strict=False)]

    @cached_property
    def exponents(self) -> list[Estimate]:
        """y_k of one step exp(∂v/∂J) at the fixed points, largest first."""
        rows = [
            self.exponents_at(flow, couplings)
            for flow, couplings in zip(self.flows, self.fixed_points, strict=True)
        ]
        return [Estimate.of(values) for values in zip(*rows, strict=True)]

    def critical_path(self, flow: Flow, coupling: float, steps: int = 4) -> Diagnosis:
        """Return one model beside the exact RG map at J(ℓ = 0, 1, …, steps) from the axis.

        Parameters
        ----------
        flow : Flow
        coupling : float
            J0 at ℓ = 0.
        steps : int
        """
        path = [self.flow_from(flow, self.axis.at(coupling), 0.0)[0]]
        for _ in range(steps):
            path.append(self.flow_from(flow, path[-1], 1.0)[0])
        return self._diagnose(flow, np.array(path))

    def _diagnose(self, flow: Flow, teachers: np.ndarray, answers=None) -> Diagnosis:
        solver = self.config.solver, self.config.solver_steps
        gauge = self.model.gauge.elements
        return diagnose(self.block, flow, teachers, *solver, gauge, answers)

    @cached_property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """Each model beside the exact RG map, on the axis and at random points of the trained box.

        The points are the same for every model and every call.
        """
        low, high = (np.array(side) for side in trained_box(self.block, self.config))
        axis = self.axis.at(np.linspace(self.config.low, self.config.high, _DIAGNOSED)[1:])
        box = low + (high - low) * np.random.default_rng(0).random((_DIAGNOSED, len(low)))
        teachers = np.concatenate([axis, box])
        domain = domain_of(self.model, self.config)
        if domain is not None:
            teachers = domain.inside(torch.from_numpy(teachers)).numpy()
        answers = exact_answers(self.block, teachers)
        return tuple(self._diagnose(flow, teachers, answers) for flow in self.flows)

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
        from mlrg.flow.figures.run_figures import RunFigures

        return RunFigures(self)
