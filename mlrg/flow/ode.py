"""The RG equation dJ/dℓ = v(J), Eq. (13) with v = −∇_J C_θ(J), solved as a neural ODE.

One RG step is ℓ = 1 (scale factor √2). Training uses a fixed number of solver steps and lets the
gradient pass through all of them; flow lines for analysis use tight adaptive tolerances.
"""

import numpy as np
import torch
from torchdiffeq import odeint

from mlrg.errors import ConvergenceError
from mlrg.flow.fields import Flow


def advance(
    flow: Flow, couplings: torch.Tensor, scale: float, method: str, steps: int
) -> torch.Tensor:
    """Return J(ℓ), shape ``(batch, coupling)``, differentiable in the weights of the flow.

    Parameters
    ----------
    flow : Flow
    couplings : torch.Tensor
        J(ℓ=0), shape ``(batch, coupling)``; no gradient goes through it.
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
        couplings.detach(),
        times,
        method=method,
        options={"step_size": 1.0 / steps},
    )[1]


def one_step(flow: Flow, couplings: torch.Tensor, method: str, steps: int) -> torch.Tensor:
    """Return J(ℓ=1), the student's couplings, as `advance` does."""
    return advance(flow, couplings, 1.0, method, steps)


def flow_lines(flow: Flow, couplings, scales, tolerance: float = 1e-10) -> np.ndarray:
    """Return J(ℓ) along flow lines.

    Parameters
    ----------
    flow : Flow
    couplings : array
        J(ℓ=0), shape ``(batch, coupling)``.
    scales : array
        Increasing values of ℓ ≥ 0, shape ``(scale,)``.
    tolerance : float
        Relative and absolute tolerance of the adaptive solver, whose steps the batch shares.

    Returns
    -------
    numpy.ndarray
        Shape ``(scale, batch, coupling)``.

    Raises
    ------
    ConvergenceError
        If the equation is too stiff for the solver.
    """
    begin = torch.tensor(np.atleast_2d(couplings), dtype=torch.float64)
    scales = np.asarray(scales, dtype=float)
    times = torch.from_numpy(np.unique(np.concatenate([[0.0], scales])))
    if len(times) == 1:
        return np.repeat(begin.numpy()[None], len(scales), axis=0)
    try:
        with torch.no_grad():
            lines = odeint(
                lambda _, j: flow.velocity(j),
                begin,
                times,
                rtol=tolerance,
                atol=tolerance,
                method="dopri5",
            )
    except AssertionError as error:
        raise ConvergenceError(
            f"the RG equation is too stiff up to ℓ = {scales[-1]:g}: shorten the flow or train the "
            "flow longer"
        ) from error
    return lines.numpy()[np.searchsorted(times.numpy(), scales)]
