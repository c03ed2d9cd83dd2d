"""Proposals of teacher couplings: Hamiltonian Monte Carlo with replica exchange.

The target is p(J) ∝ exp(−β U(J))·prior(J), Eq. (14) with U = `Flow.potential`. Replica r feels
β_r = β·(r/(R−1))², so the first of several always samples the prior and the last one, or the only
one, the full target. A trajectory that leaves the fundamental domain of the gauge group is folded
back into it, as walls of the prior do.

Step sizes follow Nesterov's dual averaging (Hoffman & Gelman 2014, Eq. 6) towards a given
acceptance. The target itself moves while C is trained, so the memory of the averages is bounded:
after `_MEMORY` updates old acceptances are forgotten at a constant rate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from mlrg.flow.domain import FundamentalDomain
from mlrg.flow.prior import Prior

# Couplings ``(point, coupling)`` to U ``(point,)`` and its gradient.
Potential = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

_FIRST_STEP = 0.2
# Hoffman & Gelman's γ, t0 and κ.
_SHRINKAGE, _DELAY, _DECAY = 0.05, 10.0, 0.75
_MEMORY = 200
_LIMITS = math.log(1e-4), math.log(1.0)


@dataclass
class SamplerState:
    """Where the chains stand.

    Attributes
    ----------
    positions : torch.Tensor
        Couplings, shape ``(replica, chain, coupling)``.
    log_steps : torch.Tensor
        Log of each replica's leapfrog step in units of the prior's widths, ``(replica,)``.
    log_means : torch.Tensor
        Their running means, to be used once adaptation stops, shape ``(replica,)``.
    shortfalls : torch.Tensor
        Running means of target minus acceptance, shape ``(replica,)``.
    updates : int
        Number of updates done.
    """

    positions: torch.Tensor
    log_steps: torch.Tensor
    log_means: torch.Tensor
    shortfalls: torch.Tensor
    updates: int = 0


@dataclass(frozen=True)
class SamplerInfo:
    """Acceptance rate and leapfrog step of each replica ``(replica,)``, exchange rate of
    neighbours."""

    acceptance: torch.Tensor
    steps: torch.Tensor
    exchange: float


def start_chains(
    prior: Prior,
    replicas: int,
    chains: int,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
) -> SamplerState:
    """Return chains drawn from the prior, folded into a fundamental domain."""
    positions = prior.draw(replicas * chains, generator)
    if domain is not None:
        positions = domain.inside(positions)
    first = torch.full((replicas,), math.log(_FIRST_STEP), dtype=torch.float64)
    return SamplerState(
        positions.reshape(replicas, chains, -1), first, first.clone(), torch.zeros_like(first)
    )


def sample(
    potential: Potential,
    state: SamplerState,
    beta: float,
    prior: Prior,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
    leapfrog_steps: int = 3,
    target_acceptance: float = 0.8,
    adapt: bool = True,
) -> tuple[SamplerState, SamplerInfo]:
    """Make one HMC update of every chain and one sweep of replica exchanges.

    Parameters
    ----------
    potential : callable
        Couplings ``(point, coupling)`` to the value ``(point,)`` and gradient of U.
    state : SamplerState
    beta : float
        Inverse temperature of the coldest replica.
    prior : Prior
    generator : torch.Generator
    domain : FundamentalDomain, optional
        Trajectories are folded into it; `state` must lie inside.
    leapfrog_steps : int
    target_acceptance : float
        What dual averaging drives the acceptance to.
    adapt : bool
        Without it the steps stay at their running means, and the target is sampled exactly.
    """
    replicas, chains, dimension = state.positions.shape
    ladder = beta * _rungs(replicas)
    cold = ladder.repeat_interleave(chains)
    # Momenta have the mass of the prior, so that one step size suits couplings of any range.
    widths = prior.widths if domain is None else domain.mass_widths(prior.widths)
    steps = torch.exp(state.log_steps if adapt else state.log_means)
    size = steps.repeat_interleave(chains)[:, None]

    def energy_and_kick(positions):
        value, slope = potential(positions)
        pull = (cold[:, None] * slope + prior.force(positions)) * widths
        return value, cold * value + prior.energy(positions), 0.5 * size * pull

    start = state.positions.reshape(-1, dimension)
    momenta = torch.randn(start.shape, dtype=torch.float64, generator=generator)
    value, energy, kick = energy_and_kick(start)
    energy = energy + 0.5 * momenta.square().sum(dim=1)
    moved, momentum, new_value = start, momenta, value
    for _ in range(leapfrog_steps):
        momentum = momentum - kick
        moved, momentum = prior.keep_inside(moved + size * momentum * widths, momentum)
        if domain is not None:
            moved, momentum = domain.fold(moved, momentum)
        new_value, new_energy, kick = energy_and_kick(moved)
        momentum = momentum - kick
    new_energy = new_energy + 0.5 * momentum.square().sum(dim=1)
    # A trajectory that overflowed is one that is refused.
    rise = torch.nan_to_num(new_energy - energy, nan=math.inf)
    chance = torch.exp(torch.clamp(-rise, max=0.0))
    uniform = torch.rand(chance.shape, dtype=torch.float64, generator=generator)
    accepted = uniform < chance
    positions = torch.where(accepted[:, None], moved, start).reshape(state.positions.shape)
    values = torch.where(accepted, new_value, value).reshape(replicas, chains)

    exchange = _exchange(positions, values, ladder, generator)
    acceptance = chance.reshape(replicas, chains).mean(dim=1)
    after = replace(state, positions=positions)
    if adapt:
        after = _dual_average(after, target_acceptance - acceptance)
    return after, SamplerInfo(acceptance, steps, exchange)


def _rungs(replicas: int) -> torch.Tensor:
    """Return β_r/β of every replica."""
    if replicas == 1:
        return torch.ones(1, dtype=torch.float64)
    return torch.linspace(0, 1, replicas, dtype=torch.float64) ** 2


def _dual_average(state: SamplerState, shortfall: torch.Tensor) -> SamplerState:
    """Move the step sizes against the running mean of target minus acceptance."""
    count = min(state.updates + 1, _MEMORY)
    shortfalls = torch.lerp(state.shortfalls, shortfall, 1.0 / (count + _DELAY))
    # Hoffman & Gelman shrink towards ten times the first step.
    centre = math.log(10.0 * _FIRST_STEP)
    log_steps = (centre - math.sqrt(count) / _SHRINKAGE * shortfalls).clamp(*_LIMITS)
    log_means = torch.lerp(state.log_means, log_steps, count**-_DECAY)
    return replace(
        state,
        log_steps=log_steps,
        log_means=log_means,
        shortfalls=shortfalls,
        updates=state.updates + 1,
    )


def _exchange(
    positions: torch.Tensor, values: torch.Tensor, ladder: torch.Tensor, generator: torch.Generator
) -> float:
    """Offer every neighbouring pair of replicas a swap, chain by chain, in place."""
    replicas, chains = values.shape
    if replicas == 1:
        return 0.0
    uniform = torch.rand(replicas - 1, chains, dtype=torch.float64, generator=generator)
    swaps = 0
    for r in range(replicas - 1):
        log_chance = (ladder[r + 1] - ladder[r]) * (values[r + 1] - values[r])
        swap = uniform[r] < torch.exp(torch.clamp(log_chance, max=0.0))
        for tensor in (positions, values):
            lower, upper = tensor[r], tensor[r + 1]
            chosen = swap if tensor.dim() == 2 else swap[:, None]
            tensor[r], tensor[r + 1] = (
                torch.where(chosen, upper, lower),
                torch.where(chosen, lower, upper),
            )
        swaps += int(swap.sum())
    return swaps / ((replicas - 1) * chains)
