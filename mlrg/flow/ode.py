"""The RG equation dJ/dℓ = −∇_J C_θ(J), Eq. (13), solved as a neural ODE.

One RG step is ℓ = 1 (scale factor √2). Training uses a fixed number of solver steps and lets the
gradient pass through all of them; flow lines for analysis use tight adaptive tolerances.
"""

import numpy as np
import torch
from torchdiffeq import odeint

from mlrg.errors import ConvergenceError
from mlrg.flow.monotone import Monotone


def one_step(monotone: Monotone, couplings: torch.Tensor, method: str, steps: int) -> torch.Tensor:
    """Return J(ℓ=1), shape ``(batch, coupling)``, differentiable in the weights of C.

    Parameters
    ----------
    monotone : Monotone
    couplings : torch.Tensor
        J(ℓ=0), shape ``(batch, coupling)``.
    method : str
        A fixed-step solver of torchdiffeq, such as ``rk4`` or ``euler``.
    steps : int
        Number of solver steps.
    """

    def velocity(_, j):
        return -monotone.gradient(j, create_graph=True)

    start = couplings.detach().requires_grad_()
    times = torch.tensor([0.0, 1.0], dtype=torch.float64)
    return odeint(velocity, start, times, method=method, options={"step_size": 1.0 / steps})[1]


def flow_lines(monotone: Monotone, couplings, scales, tolerance: float = 1e-10) -> np.ndarray:
    """Return J(ℓ) along flow lines.

    Parameters
    ----------
    monotone : Monotone
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
                lambda _, j: -monotone.gradient(j),
                begin,
                times,
                rtol=tolerance,
                atol=tolerance,
                method="dopri5",
            )
    except AssertionError as error:
        raise ConvergenceError(
            f"the RG equation is too stiff up to ℓ = {scales[-1]:g}: shorten the flow or train the "
            "monotone longer"
        ) from error
    return lines.numpy()[np.searchsorted(times.numpy(), scales)]
