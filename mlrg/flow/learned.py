"""A learned flow as an RG map: one step is the RG equation from ℓ = 0 to 1.

Its points are the couplings of the map that it learned from, whose rings and gauge it shares. A
flow trained on one gauge copy of each coupling starts from it and is taken back to it after every
step. What a step misses, and the free energy that it sheds, are the teacher's word on the learned
student.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from mlrg.errors import BudgetError, NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain, domain_of
from mlrg.flow.flows import Flow
from mlrg.flow.ode import advance, one_step
from mlrg.rgmap import Improvement, Sector, Step, Trainable, bounded_newton
from mlrg.symmetry.irreps_of import trivial_irrep

# Couplings beyond which a network means nothing.
_FAR = 1e3
# Share of the trained box beyond its walls within which a network still means something.
_MARGIN = 0.1


@dataclass(frozen=True, eq=False)
class Learned:
    """One trained flow.

    Attributes
    ----------
    flow : Flow
        Its `monotone` is C_θ, if it has one.
    teacher : Trainable
        The map that it learned from.
    config : TrainingConfig
        How it was trained.
    """

    flow: Flow
    teacher: Trainable
    config: TrainingConfig

    name = "learned"
    settled = 1e-2
    brackets = (1e-5, 1e-9)
    small = True

    def __repr__(self):
        return f"<learned {self.config.flow} flow of {self.teacher!r}>"

    def __getattr__(self, name: str):
        # What a flow does not say itself (model, gauge, axis, ring, columns, …) is its teacher's.
        if name.startswith("_") or name in ("flow", "teacher", "config"):
            raise AttributeError(name)
        return getattr(self.teacher, name)

    @cached_property
    def domain(self) -> FundamentalDomain | None:
        """Where it was trained; None for everywhere."""
        return domain_of(self.teacher, self.config)

    @cached_property
    def _resolved(self) -> np.ndarray:
        """Projector on couplings that change distributions, shape ``(coupling, coupling)``."""
        return self.teacher.resolved

    @cached_property
    def _constant(self) -> np.ndarray:
        """Projector on the others."""
        return np.eye(len(self._resolved)) - self._resolved

    def inside(self, couplings) -> np.ndarray:
        """Return the trained gauge copies of couplings ``(point, coupling)``.

        They have no part in directions that change no distribution.
        """
        rows = np.atleast_2d(np.asarray(couplings, dtype=float))
        rows = torch.from_numpy(rows @ self._resolved)
        return (rows if self.domain is None else self.domain.inside(rows)).numpy()

    def flowed(self, couplings, scale: float, folded: bool = True) -> np.ndarray:
        """Return J(ℓ) from couplings ``(point, coupling)``, of the same shape.

        The RG equation is solved as in training; couplings are folded back after every RG step,
        unless `folded` is false.

        Raises
        ------
        NoAnswerError
            If a flow runs to infinity.
        """
        with torch.no_grad():
            moved = self.carried(torch.from_numpy(self.inside(couplings)), scale, folded)
        if not moved.isfinite().all():
            raise NoAnswerError(
                f"the flow runs to infinity before ℓ = {scale:g}: train it longer, or shorten "
                "the flow"
            )
        return moved.numpy()

    def carried(self, couplings: torch.Tensor, scale: float, folded: bool = True) -> torch.Tensor:
        """Return J(ℓ) as `flowed` does, differentiable in weights; not finite at infinity."""
        moved, whole = couplings, int(scale)
        for part in [1.0] * whole + [scale - whole] * (scale > whole):
            moved = advance(self.flow, moved, part, self.config.solver, self.config.solver_steps)
            if folded and self.domain is not None and moved.isfinite().all():
                moved = self.domain.inside(moved)
        return moved

    def velocity(self, couplings) -> np.ndarray:
        """Return dJ/dℓ at couplings ``(point, coupling)``, of the same shape."""
        with torch.no_grad():
            found = self.flow.velocity(torch.from_numpy(np.atleast_2d(couplings))).numpy()
        return found @ self._resolved

    def monotone(self, couplings) -> np.ndarray:
        """Return C(J) − C(0), shape ``(point,)``.

        Raises
        ------
        NoAnswerError
            If the flow has no monotone.
        """
        if self.flow.monotone is None:
            raise NoAnswerError(
                f"a flow of kind {self.config.flow!r} has no monotone C: read its critical "
                "coupling off the degeneracy"
            )
        points = torch.from_numpy(np.atleast_2d(couplings))
        with torch.no_grad():
            found = self.flow.monotone(points)
            return (found - self.flow.monotone(torch.zeros_like(points[:1]))).numpy()

    def start(self, couplings) -> np.ndarray:
        """Return the trained copy of where bare couplings ``(coupling,)`` lead."""
        return self.inside(self.teacher.start(couplings))[0]

    def step(self, point, near: Sequence = ()) -> Step:
        """Return J(ℓ = 1)."""
        # What it misses depends on the names of the corner spins, which folding may change.
        student = self.flowed(point, 1.0, folded=False)[0]
        found = self.inside(student)[0]
        if np.abs(found).max() > _FAR:
            raise NoAnswerError(
                f"the flow runs beyond |J| = {_FAR:g}: train it longer, or in a wider box"
            )
        return Step(
            found,
            lambda: self._asked(lambda: self.teacher.shed(point, student)),
            lambda: self._asked(lambda: self._missed(point, student)),
        )

    @staticmethod
    def _asked(question) -> float:
        """Return what the teacher says; NaN where that would take an enumeration too large."""
        try:
            return question()
        except BudgetError:
            return float("nan")

    def _missed(self, point, student) -> float:
        nats = float(self.teacher.loss(np.atleast_2d(point), np.atleast_2d(student))[0][0])
        return nats / np.log(2.0) if self.cost_name == "kl_bits" else -np.expm1(-nats)

    def _jacobian(self, function, point) -> np.ndarray:
        row = torch.tensor(np.asarray(point, dtype=float))
        return torch.autograd.functional.jacobian(lambda j: function(j[None])[0], row).numpy()

    def _slope(self, point) -> np.ndarray:
        """Return ∂v/∂J of `velocity` at a point."""
        return self._resolved @ self._jacobian(self.flow.velocity, point)

    def jacobians(self, couplings, scale: float = 1.0) -> np.ndarray:
        """Return ∂J(ℓ)/∂J(0), folded, of points ``(point, coupling)``, ``(point, new, old)``."""
        rows = torch.tensor(np.atleast_2d(couplings), dtype=torch.float64, requires_grad=True)
        settings = self.config.solver, self.config.solver_steps
        moved = advance(self.flow, rows, float(scale), *settings)
        slopes = [
            torch.autograd.grad(moved[:, k].sum(), rows, retain_graph=True)[0]
            for k in range(rows.shape[1])
        ]
        found = torch.stack(slopes, dim=1)
        if self.domain is not None and len(self.domain.elements) > 1:
            found = self.domain.folding(moved.detach()) @ found
        return found.numpy()

    def linearised(self, point) -> dict[str, Sector]:
        """Return ∂J(1)/∂J(0), by automatic differentiation; couplings are invariant under G."""
        config = self.config
        jacobian = self._jacobian(
            lambda rows: one_step(self.flow, rows, config.solver, config.solver_steps), point
        )
        trivial = trivial_irrep(self.model.internal.group)
        return {trivial: Sector(self._resolved @ jacobian @ self._resolved)}

    def newton_steps(self, couplings) -> np.ndarray:
        """Return Newton's step −(∂v/∂J)⁻¹ v (Eq. 24) at couplings ``(point, coupling)``."""
        rows = np.atleast_2d(couplings)
        jacobians = np.array([self._slope(row) for row in rows])
        return -(np.linalg.pinv(jacobians) @ self.velocity(rows)[:, :, None])[:, :, 0]

    def improve(self, point, largest_step: float = 0.5) -> Improvement:
        """Make one step of Newton's method on the velocity (Eq. 24), cut in any coupling.

        What changes no distribution is taken out of a fixed point.
        """
        speed = self.velocity(point)[0] - self._constant @ point

        def better():
            slope = self._slope(point) - self._constant
            return bounded_newton(point, speed, slope, largest_step, 1e-12)

        return Improvement(float(np.abs(speed).max()), better)

    def simpler(self, point) -> None:
        """Return None: every coupling is resolved."""
        return None

    def require_meaning(self, point) -> None:
        """Refuse a point far outside the trained box, where a network means nothing."""
        low, high = self.teacher.box(self.config)
        margin = _MARGIN * (high - low)
        if (point < low - margin).any() or (point > high + margin).any():
            raise NoAnswerError(
                f"Newton's method left the trained box ({np.array2string(point, precision=3)}): "
                "train longer or in a wider box"
            )
