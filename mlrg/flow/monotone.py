"""The RG monotone C_θ(J), a feed-forward network whose gradient is the flow dJ/dℓ = −∇_J C."""

from collections.abc import Sequence

import torch
from torch import nn

# First-layer features resolve a third of the box; the last layer starts small, so that training
# begins near the identity map J(1) = J, where the RG equation is not stiff.
_FIRST_GAIN = 3.0
_LAST_GAIN = 0.1


class Monotone(nn.Module):
    """A smooth scalar function of the couplings.

    Parameters
    ----------
    centre, scale : sequence of float
        Couplings enter as (J − centre)/scale, one value a coupling.
    hidden : sequence of int
        Widths of the hidden layers.
    generator : torch.Generator, optional
        Source of the initial weights; zeros without one, to be loaded.
    """

    def __init__(
        self,
        centre: Sequence[float],
        scale: Sequence[float],
        hidden: Sequence[int],
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        self.register_buffer("centre", torch.tensor(list(centre), dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(list(scale), dtype=torch.float64))
        widths = [len(self.centre), *hidden, 1]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        gains = [_FIRST_GAIN, *[1.0] * (len(hidden) - 1), _LAST_GAIN]
        for gain, fan_in, fan_out in zip(gains, widths[:-1], widths[1:], strict=True):
            weight = torch.zeros(fan_out, fan_in, dtype=torch.float64)
            bias = torch.zeros(fan_out, dtype=torch.float64)
            if generator is not None:
                weight.normal_(generator=generator).mul_(gain / fan_in**0.5)
                bias.uniform_(-gain, gain, generator=generator)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(bias))

    def forward(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return C(J), shape ``(batch,)``, for couplings of shape ``(batch, coupling)``."""
        layer = (couplings - self.centre) / self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layer = torch.tanh(torch.addmm(bias, layer, weight.T))
        return torch.addmm(self.biases[-1], layer, self.weights[-1].T)[:, 0]

    def gradient(self, couplings: torch.Tensor, create_graph: bool = False) -> torch.Tensor:
        """Return ∇_J C, shape ``(batch, coupling)``.

        With `create_graph` the result can be differentiated again, in J and in θ.
        """
        with torch.enable_grad():
            if not couplings.requires_grad:
                couplings = couplings.detach().requires_grad_()
            total = self(couplings).sum()
            return torch.autograd.grad(total, couplings, create_graph=create_graph)[0]

    def hessian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇²_J C at one point, shape ``(coupling, coupling)``."""
        return torch.autograd.functional.hessian(lambda j: self(j[None])[0], couplings)
