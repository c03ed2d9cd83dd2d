"""Proposals of teacher couplings: Hamiltonian Monte Carlo with replica exchange.

The target is p(J) ∝ exp(−β‖∇_J C‖²) on a box with a uniform prior (Eq. 14); without the prior β = 0
would be improper. Replica r feels β_r = β·(r/(R−1))², so the first one always samples the prior and
the last one the full target. Walls reflect: a drift that leaves the box is folded back and the
momentum reversed, which keeps the leapfrog map reversible and volume preserving. A trajectory that
leaves the fundamental domain of the gauge group is folded back in the same way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from mlrg.flow.domain import FundamentalDomain

Potential = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]


@dataclass
class SamplerState:
    """Where the chains stand.

    Attributes
    ----------
    positions : torch.Tensor
        Couplings, shape ``(replica, chain, coupling)``.
    step_sizes : torch.Tensor
        Leapfrog step of each replica, in units of the box, shape ``(replica,)``.
    updates : int
        Number of updates done, which sets how fast the step sizes still adapt.
    """

    positions: torch.Tensor
    step_sizes: torch.Tensor
    updates: int = 0


@dataclass(frozen=True)
class SamplerInfo:
    """Acceptance rate of each replica ``(replica,)`` and exchange rate of neighbours."""

    acceptance: torch.Tensor
    exchange: float


def uniform_start(
    low: torch.Tensor,
    high: torch.Tensor,
    replicas: int,
    chains: int,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
) -> SamplerState:
    """Return chains drawn from the uniform prior on the box, folded into a fundamental domain."""
    unit = torch.rand(replicas, chains, len(low), dtype=torch.float64, generator=generator)
    positions = low + (high - low) * unit
    if domain is not None:
        positions = domain.inside(positions.reshape(-1, len(low))).reshape(positions.shape)
    return SamplerState(positions, torch.full((replicas,), 0.2, dtype=torch.float64))


def reflect(
    positions: torch.Tensor, momenta: torch.Tensor, low: torch.Tensor, high: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Fold positions back into the box and reverse the momenta that met an odd number of walls."""
    width = high - low
    folds = torch.floor((positions - low) / width)
    inside = positions - low - folds * width
    odd = torch.remainder(folds, 2) == 1
    return low + torch.where(odd, width - inside, inside), torch.where(odd, -momenta, momenta)


def gradient_norm_potential(monotone) -> Potential:
    """Return J ↦ (‖∇C‖², ∇‖∇C‖²) for couplings of shape ``(point, coupling)``."""

    def potential(couplings: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        couplings = couplings.detach().requires_grad_()
        slope = monotone.gradient(couplings, create_graph=True)
        value = slope.square().sum(dim=1)
        force = torch.autograd.grad(value.sum(), couplings)[0]
        return value.detach(), force

    return potential


def sample(
    potential: Potential,
    state: SamplerState,
    beta: float,
    low: torch.Tensor,
    high: torch.Tensor,
    generator: torch.Generator,
    domain: FundamentalDomain | None = None,
    leapfrog_steps: int = 5,
    target_acceptance: float = 0.8,
) -> tuple[SamplerState, SamplerInfo]:
    """Make one HMC update of every chain and one sweep of replica exchanges.

    Parameters
    ----------
    potential : callable
        Couplings ``(point, coupling)`` to the value ``(point,)`` and gradient of ‖∇C‖².
    state : SamplerState
    beta : float
        Inverse temperature of the coldest replica.
    low, high : torch.Tensor
        Corners of the box, shape ``(coupling,)``.
    generator : torch.Generator
    domain : FundamentalDomain, optional
        Trajectories are folded into it; `state` must lie inside.
    leapfrog_steps : int
    target_acceptance : float
        Step sizes drift towards this acceptance, ever more slowly.
    """
    replicas, chains, dimension = state.positions.shape
    ladder = beta * torch.linspace(0, 1, replicas, dtype=torch.float64) ** 2
    cold = ladder.repeat_interleave(chains)
    # Momenta have the mass of the box, so that one step size suits couplings of any range.
    width = high - low if domain is None else domain.mass_widths(high - low)
    step = state.step_sizes.repeat_interleave(chains)[:, None]

    start = state.positions.reshape(-1, dimension)
    momenta = torch.randn(start.shape, dtype=torch.float64, generator=generator)
    value, force = potential(start)
    energy = cold * value + 0.5 * momenta.square().sum(dim=1)
    moved, kick = start, momenta
    new_value = value
    for _ in range(leapfrog_steps):
        kick = kick - 0.5 * step * cold[:, None] * force * width
        moved, kick = reflect(moved + step * kick * width, kick, low, high)
        if domain is not None:
            moved, kick = domain.fold(moved, kick)
        new_value, force = potential(moved)
        kick = kick - 0.5 * step * cold[:, None] * force * width
    new_energy = cold * new_value + 0.5 * kick.square().sum(dim=1)
    chance = torch.exp(torch.clamp(energy - new_energy, max=0.0))
    uniform = torch.rand(chance.shape, dtype=torch.float64, generator=generator)
    accepted = uniform < chance
    positions = torch.where(accepted[:, None], moved, start).reshape(state.positions.shape)
    values = torch.where(accepted, new_value, value).reshape(replicas, chains)

    exchange = _exchange(positions, values, ladder, generator)
    acceptance = chance.reshape(replicas, chains).mean(dim=1)
    gain = 1.0 / (1.0 + state.updates) ** 0.5
    sizes = state.step_sizes * torch.exp(gain * (acceptance - target_acceptance))
    return (
        SamplerState(positions, sizes.clamp(1e-4, 1.0), state.updates + 1),
        SamplerInfo(acceptance, exchange),
    )


def _exchange(
    positions: torch.Tensor, values: torch.Tensor, ladder: torch.Tensor, generator: torch.Generator
) -> float:
    """Offer every neighbouring pair of replicas a swap, chain by chain, in place."""
    replicas, chains = values.shape
    swaps = 0
    for r in range(replicas - 1):
        log_chance = (ladder[r + 1] - ladder[r]) * (values[r + 1] - values[r])
        uniform = torch.rand(chains, dtype=torch.float64, generator=generator)
        swap = uniform < torch.exp(torch.clamp(log_chance, max=0.0))
        for tensor in (positions, values):
            lower, upper = tensor[r].clone(), tensor[r + 1].clone()
            tensor[r, swap], tensor[r + 1, swap] = upper[swap], lower[swap]
        swaps += int(swap.sum())
    return swaps / max(1, (replicas - 1) * chains)
