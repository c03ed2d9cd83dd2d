"""The RG monotone C_θ(J), a feed-forward network, and its derivatives in the couplings.

With h_k = tanh(W_k h_{k−1} + b_k) and C = w·h_L the gradient is the backward recursion

    a_L = w,   a_{k−1} = W_kᵀ (a_k ∘ (1 − h_k²)),   ∇C = a_0,

written out here, because it is taken at every stage of every training step and automatic
differentiation, twice over, takes several times as long. The product of the Hessian with a vector
is the tangent of that recursion.
"""

from collections.abc import Sequence

import torch

from mlrg.flow.network import Network


class Monotone(Network):
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
        super().__init__(centre, scale, hidden, 1, generator)

    def forward(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return C(J), shape ``(batch,)``, for couplings of shape ``(batch, coupling)``."""
        return super().forward(couplings)[:, 0]

    def gradient(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇_J C, shape ``(batch, coupling)``, differentiable in J and in θ."""
        *weights, last = self.weights
        back = last
        for weight, layer in zip(
            reversed(weights), reversed(self.activations(couplings)), strict=True
        ):
            back = torch.addcmul(back, back * layer, layer, value=-1.0) @ weight
        return back / self.scale

    @torch.no_grad()
    def gradient_and_product(
        self, couplings: torch.Tensor, vector: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ∇C and (∇²C)·v, shape ``(batch, coupling)`` each; v is ∇C itself by default.

        Parameters
        ----------
        couplings, vector : torch.Tensor
            Shape ``(batch, coupling)``.
        """
        *weights, last = self.weights
        layers = self.activations(couplings)
        slopes = [torch.addcmul(torch.ones_like(h), h, h, value=-1.0) for h in layers]
        back, kept = last, []
        for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
            kept.append(back)
            back = (back * slope) @ weight
        gradient = back / self.scale
        tangent = (gradient if vector is None else vector) / self.scale
        tangents = []
        for weight, slope in zip(weights, slopes, strict=True):
            tangent = slope * (tangent @ weight.T)
            tangents.append(tangent)
        turned = torch.zeros_like(tangent)
        for weight, slope, layer, tangent, back in zip(
            reversed(weights),
            reversed(slopes),
            reversed(layers),
            reversed(tangents),
            kept,
            strict=True,
        ):
            turned = torch.addcmul(turned * slope, back * layer, tangent, value=-2.0) @ weight
        return gradient, turned / self.scale

    def hessian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇²_J C at one point, shape ``(coupling, coupling)``."""
        units = torch.eye(len(couplings), dtype=torch.float64)
        return self.gradient_and_product(couplings.expand(len(units), -1), units)[1]
