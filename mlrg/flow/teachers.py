"""Teachers of one training step: where in coupling space the moderator is asked to be right.

Three sources are mixed: the sampler, which gathers at the flow's slow points (Eq. 14); the prior,
which keeps the whole region in view; and walkers, which follow the learned flow from the physical
axis J = (J0, 0, …), because that is the flow whose errors a critical coupling inherits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from mlrg.flow import proposals
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain
from mlrg.flow.flows import Flow
from mlrg.flow.prior import BoxPrior, GaussianPrior, Prior
from mlrg.rgmap import Trainable

# From bare couplings J0 ``(point,)`` to couplings ``(point, coupling)``.
OnAxis = Callable[[np.ndarray], np.ndarray]


@dataclass
class Teachers:
    """Where all teachers stand.

    Attributes
    ----------
    sampler : SamplerState
    walkers : torch.Tensor
        Couplings of the walkers, shape ``(walker, coupling)``.
    ages : torch.Tensor
        RG steps since each walker was on the axis, whole numbers, shape ``(walker,)``.
    """

    sampler: proposals.SamplerState
    walkers: torch.Tensor
    ages: torch.Tensor


def build_prior(rgmap: Trainable, config: TrainingConfig) -> Prior:
    """Return the prior that a config declares for the couplings of a map."""
    low, high = (torch.tensor(side, dtype=torch.float64) for side in rgmap.box(config))
    if config.prior == "gaussian":
        return GaussianPrior((low + high) / 2, (high - low) / 2)
    return BoxPrior(low, high)


def start(
    config: TrainingConfig,
    prior: Prior,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
    on_axis: OnAxis | None = None,
) -> Teachers:
    """Return the teachers before the first step; walkers begin at different ages.

    The axis is that of the first coupling unless given.
    """
    sampler = proposals.start_chains(prior, config.replicas, config.chains, generator, domain)
    ages = torch.arange(config.walkers) % config.walk_steps
    return Teachers(sampler, _draw_on_axis(config, prior, generator, domain, on_axis), ages)


def _draw_on_axis(config, prior, generator: torch.Generator, domain, on_axis) -> torch.Tensor:
    unit = torch.rand(config.walkers, dtype=torch.float64, generator=generator)
    positions = config.low + (config.high - config.low) * unit
    if on_axis is None:
        couplings = positions[:, None] * torch.eye(len(prior.widths), dtype=torch.float64)[0]
    else:
        couplings = torch.from_numpy(on_axis(positions.numpy()))
    return couplings if domain is None else domain.inside(couplings)


def propose(
    flow: Flow,
    config: TrainingConfig,
    prior: Prior,
    teachers: Teachers,
    beta: float,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
) -> tuple[Teachers, torch.Tensor, proposals.SamplerInfo]:
    """Return the teachers' new state, the batch ``(batch, coupling)`` and the sampler's rates.

    The batch lists the sampler's couplings, then the prior's, then the walkers'.
    """
    sampler, info = proposals.sample(
        flow.potential, teachers.sampler, beta, prior, generator, domain
    )
    parts = [sampler.positions.flatten(0, 1)]
    if config.prior_points:
        drawn = prior.draw(config.prior_points, generator)
        parts.append(drawn if domain is None else domain.inside(drawn))
    parts.append(teachers.walkers)
    return replace(teachers, sampler=sampler), torch.cat(parts), info


def walk(
    config: TrainingConfig,
    prior: Prior,
    teachers: Teachers,
    students: torch.Tensor,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
    on_axis: OnAxis | None = None,
) -> Teachers:
    """Take every walker to its student; old ones and those that left the prior start anew.

    Parameters
    ----------
    config : TrainingConfig
    prior : Prior
    teachers : Teachers
    students : torch.Tensor
        J(ℓ=1) of the whole batch, shape ``(batch, coupling)``.
    generator : torch.Generator
    domain : FundamentalDomain, optional
    on_axis : callable, optional
        As of `start`.
    """
    if not config.walkers:
        return teachers
    moved = students.detach()[-config.walkers :]
    if domain is not None:
        moved = domain.inside(moved)
    ages = teachers.ages + 1
    # What is not a number is not within the prior either.
    stays = (ages < config.walk_steps) & prior.holds(moved)
    fresh = _draw_on_axis(config, prior, generator, domain, on_axis)
    return replace(
        teachers,
        walkers=torch.where(stays[:, None], moved, fresh),
        ages=torch.where(stays, ages, torch.zeros_like(ages)),
    )
