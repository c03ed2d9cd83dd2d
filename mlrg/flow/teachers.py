"""Teachers of one training step: where in coupling space the moderator is asked to be right.

Three sources are mixed: the sampler, which gathers at the flow's slow points (Eq. 14); the prior,
which keeps the whole region in view; and walkers, which follow the learned flow from the physical
axis J = (J0, 0, …), or a plane through it, because that is the flow whose errors a critical
coupling inherits.
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

# From shares ``(point, side)`` of the region of starts to couplings ``(point, coupling)``.
Starts = Callable[[np.ndarray], np.ndarray]


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
    starts: Starts | None = None,
) -> Teachers:
    """Return the teachers before the first step; walkers begin at different ages.

    They start on the axis of the first coupling unless told otherwise.
    """
    sampler = proposals.start_chains(prior, config.replicas, config.chains, generator, domain)
    ages = torch.arange(config.walkers) % config.walk_steps
    return Teachers(sampler, _fresh(config, prior, generator, domain, starts), ages)


def _fresh(config, prior, generator: torch.Generator, domain, starts) -> torch.Tensor:
    """Return where walkers start anew, shape ``(walker, coupling)``."""
    sides = 2 if config.plane else 1
    shares = torch.rand(config.walkers, sides, dtype=torch.float64, generator=generator)
    if starts is None:
        starts = config.region(np.eye(len(prior.widths))[0]).at
    couplings = torch.from_numpy(starts(shares.numpy()))
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
    starts: Starts | None = None,
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
    starts : callable, optional
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
    fresh = _fresh(config, prior, generator, domain, starts)
    return replace(
        teachers,
        walkers=torch.where(stays[:, None], moved, fresh),
        ages=torch.where(stays, ages, torch.zeros_like(ages)),
    )
