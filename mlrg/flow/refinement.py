"""The second-order phase of a training: a flow fitted to pairs (J, R(J)) of its exact map.

An exact map has no noise, so the last digits of its learned flow are a matter of fitting. Rounds
follow each other; in each pairs are gathered (`followed`, `exact_pairs`), and L-BFGS lowers

    Σ w |r|² / Σ w + κ (⟨ρ²⟩ + η ⟨σ²⟩),    r = J(ℓ=1) − R(J),

over the pairs of this round and the one before. ρ is what a critical coupling inherits of r, the
shift of the transition that undoes it (`inheritance`): no flow of an autonomous equation has the
negative and complex eigenvalues that exact maps have among their irrelevant ones, so that part of r
is there to stay, and it should be the part that no transition sees. σ is what an exponent inherits:
by how much, relative to itself, a step stretches the distance of two flows from either side of the
transition too much; that is told of flows of the exact map alone, and η = 0 unless
``refinement_exponents`` gives it. κ is 10.

By default pairs lie along learned flows, and nothing of the exact map's transition enters: where it
is, the learned flow says. Flows of many couplings that have learned little lead to where no flow of
the exact map goes. With ``refinement_pairs = "exact"`` pairs are gathered along flows of the exact
map, about its own transitions, and about the phases where these end; with ``"both"`` half of the
flows are learned ones, in place of phases.

With either the last third of the rounds is another, since flows then lead where they will lead.
Half of the flows are learned ones: a flow is told what it passes where it leaves the exact one. κ
is 1000. And there is a third term, the mean square of the error of the flow's transitions, whole
(`critical_surface`), which counts 1e5: single misses tell it to first order only, and to second
order those count that are there to stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import minimize
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from mlrg.flow.config import TrainingConfig
from mlrg.flow.critical_surface import CriticalSurface
from mlrg.flow.exact_pairs import Pairs, gather
from mlrg.flow.followed import Critical, criticals_of, phases_of
from mlrg.flow.learned import Learned
from mlrg.flow.ode import advance
from mlrg.flow.region import Region
from mlrg.rgmap import Trainable

# Share of the flows that pairs are gathered along which are those of the exact map.
_EXACT_SHARES = {"learned": 0.0, "exact": 1.0, "both": 0.5}
# The same in the last rounds: what a flow passes that leaves the exact one is told as well.
_EXACT_AT_LAST = 0.5
# What the square of an inherited shift counts, where that of a miss counts one; and in the last
# rounds where the exact map has told its transition.
_INHERITED, _INHERITED_AT_LAST = 10.0, 1000.0
# What the square of the error of a transition counts, where that of a miss counts one.
_SURFACE = 1e5
# Differences that L-BFGS remembers.
_MEMORY = 50
# What the rounds of a training record.
ROUND_CURVES = ("residual", "held_residual", "transition")


class Round(NamedTuple):
    """What one round fits a flow to.

    Attributes
    ----------
    pairs : Pairs
    surface : CriticalSurface or None
        Where critical flows are to lie.
    inherited_weight : float
        κ, what the square of an inherited shift counts.
    transition : float
        J0 of the transition on the axis that pairs are about; NaN for none and in a plane.
    """

    pairs: Pairs
    surface: CriticalSurface | None
    inherited_weight: float
    transition: float


@dataclass(frozen=True, eq=False)
class Refinement:
    """What the rounds of a second-order phase are about.

    Attributes
    ----------
    rgmap : Trainable
        The exact map.
    config : TrainingConfig
    """

    rgmap: Trainable
    config: TrainingConfig

    @cached_property
    def region(self) -> Region:
        """Bare couplings that flows start from."""
        return self.config.region(self.rgmap.model.couplings.axis)

    @cached_property
    def _on_axis(self) -> list[Critical]:
        # The axis is one chord, whatever the numbers.
        return criticals_of(self.rgmap, self.region, np.random.default_rng(0))

    @cached_property
    def _phases(self) -> np.ndarray:
        """Where flows are to come to rest, if only those of the exact map are followed."""
        if self.config.refinement_pairs != "exact":
            return np.empty((0, self.rgmap.dimension))
        return phases_of(self.rgmap, self.region)

    def _criticals(
        self, learned: Learned, rng: np.random.Generator, trained: bool
    ) -> list[Critical]:
        """Return the transitions that a round is about."""
        if self.config.refinement_pairs == "learned":
            return criticals_of(learned, self.region, rng) if trained else []
        if self.region.sides == 1:
            return self._on_axis
        return criticals_of(self.rgmap, self.region, rng)

    def round(
        self, learned: Learned, rng: np.random.Generator, number: int, trained: bool
    ) -> Round:
        """Return what a round fits a flow to.

        Parameters
        ----------
        learned : Learned
        rng : numpy.random.Generator
        number : int
            Of the round, from 0.
        trained : bool
            Whether the flow has learned something. If not, pairs lie along exact flows.
        """
        criticals = self._criticals(learned, rng, trained)
        last = trained and self._is_last(number)
        share = _EXACT_SHARES[self.config.refinement_pairs] if trained else 1.0
        if last:
            share = min(share, _EXACT_AT_LAST)
        pairs = gather(learned, criticals, rng, share, trained, self._phases)
        surface = CriticalSurface(learned, criticals) if last else None
        on_axis = self.region.sides == 1 and criticals
        transition = criticals[0].position if on_axis else float("nan")
        weight = _INHERITED_AT_LAST if last else _INHERITED
        return Round(pairs, surface, weight, transition)

    def _is_last(self, number: int) -> bool:
        """Return whether flows lead where they will lead, and the exact map tells where to."""
        rounds = self.config.refinements
        return self.config.refinement_pairs != "learned" and number >= rounds - rounds // 3


def residual(learned: Learned, pairs: Pairs) -> float:
    """Return the root of the weighted mean of |J(ℓ=1) − R(J)|²."""
    stride = learned.config.refinement_stride
    missed = learned.flowed(pairs.teachers, stride, folded=False) - pairs.students
    return float(np.sqrt(np.average(np.sum(missed**2, axis=1), weights=pairs.weights)))


def fit(
    learned: Learned,
    pairs: Pairs,
    inherited_weight: float,
    surface: CriticalSurface | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Lower the weighted mean of |J(ℓ=1) − R(J)|² by L-BFGS, in place.

    Parameters
    ----------
    learned : Learned
    pairs : Pairs
    inherited_weight : float
        κ, what the square of an inherited shift counts.
    surface : CriticalSurface, optional
        Where critical flows are to lie.
    progress : callable, optional
        Called with the number of steps so far.
    """
    teachers, students = torch.from_numpy(pairs.teachers), torch.from_numpy(pairs.students)
    shares = torch.from_numpy(pairs.weights / pairs.weights.sum())[:, None]
    inherited = torch.from_numpy(pairs.inherited)
    known = max(1, int((pairs.inherited != 0).any(axis=1).sum()))
    below, above = torch.from_numpy(pairs.twins).T
    stretched = (inherited[below] + inherited[above]) / torch.from_numpy(2 * pairs.apart)[:, None]
    flow, config = learned.flow, learned.config
    parameters = list(flow.parameters())

    def value_and_slope(vector):
        with torch.no_grad():
            vector_to_parameters(torch.from_numpy(vector), parameters)
        missed = (
            advance(
                flow, teachers, float(config.refinement_stride), config.solver, config.solver_steps
            )
            - students
        )
        value = (shares * missed.square()).sum()
        shifts = (inherited * missed).sum(dim=1)
        value = value + inherited_weight / known * shifts.square().sum()
        if len(stretched):
            stretches = (stretched * (missed[above] - missed[below])).sum(dim=1)
            weight = config.refinement_exponents * inherited_weight
            value = value + weight * stretches.square().mean()
        if surface is not None:
            errors = surface.errors(learned)
            value = value + _SURFACE * errors.square().sum() / max(1, len(errors))
        slopes = torch.autograd.grad(value, parameters, allow_unused=True)
        flat = [
            torch.zeros_like(p).reshape(-1) if s is None else s.reshape(-1)
            for p, s in zip(parameters, slopes, strict=True)
        ]
        # A line search steps back from where a flow ran to infinity.
        number, slope = float(value.detach()), torch.cat(flat).numpy()
        if not (np.isfinite(number) and np.isfinite(slope).all()):
            return np.inf, np.zeros_like(slope)
        return number, slope

    done = 0

    def step(_):
        nonlocal done
        done += 1
        if progress is not None:
            progress(done)

    start = parameters_to_vector(parameters).detach().numpy().copy()
    found = minimize(
        value_and_slope,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=step,
        options={
            "maxiter": config.refinement_steps,
            "maxfun": 2 * config.refinement_steps,
            "maxcor": _MEMORY,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    with torch.no_grad():
        vector_to_parameters(torch.from_numpy(found.x.copy()), parameters)
