"""The RG equation dJ/dℓ = v(J), Eq. (13) with v = −∇_J C_θ(J), solved as a neural ODE.

One RG step is ℓ = 1 (scale factor √2). A fixed number of solver steps is used, and the gradient can
pass through all of them.
"""

import torch
from torchdiffeq import odeint

from mlrg.flow.flows import Flow


def advance(
    flow: Flow, couplings: torch.Tensor, scale: float, method: str, steps: int
) -> torch.Tensor:
    """Return J(ℓ), shape ``(batch, coupling)``, differentiable in J(ℓ=0) and in the weights.

    Parameters
    ----------
    flow : Flow
    couplings : torch.Tensor
        J(ℓ=0), shape ``(batch, coupling)``.
    scale : float
        ℓ > 0.
    method : str
        A fixed-step solver of torchdiffeq, such as ``rk4`` or ``euler``.
    steps : int
        Number of solver steps in one RG step.
    """
    times = torch.tensor([0.0, scale], dtype=torch.float64)
    return odeint(
        lambda _, j: flow.velocity(j),
        couplings,
        times,
        method=method,
        options={"step_size": 1.0 / steps},
    )[1]


def one_step(flow: Flow, couplings: torch.Tensor, method: str, steps: int) -> torch.Tensor:
    """Return J(ℓ=1), the student's couplings, as `advance` does."""
    return advance(flow, couplings, 1.0, method, steps)
