"""The RG monotone C_θ(J), a feed-forward network, and its derivatives in the couplings.

With h_k = tanh(W_k h_{k−1} + b_k) and C = w·h_L the gradient is the backward recursion

    a_L = w,   a_{k−1} = W_kᵀ (a_k ∘ (1 − h_k²)),   ∇C = a_0,

written out here with its own derivatives, because it is taken at every stage of every training
step, where automatic differentiation twice over takes several times as long. The derivative of
u·∇C is that of the tangent t of C along u, carried through the layers as

    t_0 = u,   t_k = (1 − h_k²) ∘ (W_k t_{k−1}),   u·∇C = w·t_L,

and the product of the Hessian with u is its gradient in J.
"""

import torch

from mlrg.flow.network import Network, hidden_layers


def _backward_recursion(layers, weights) -> tuple[list, list, list]:
    """Return 1 − h_k² for k ≥ 1, a_k for k ≥ 0, and a_k ∘ (1 − h_k²) for k ≥ 1, as three lists.

    `weights` are those of every layer, the last one being w.
    """
    one = torch.ones((), dtype=layers[0].dtype)
    slopes = [torch.addcmul(one, h, h, value=-1.0) for h in layers]
    backs, products = [weights[-1]], []
    for weight, slope in zip(reversed(weights[:-1]), reversed(slopes), strict=True):
        products.append(backs[-1] * slope)
        backs.append(products[-1] @ weight)
    return slopes, backs[::-1], products[::-1]


class _Gradient(torch.autograd.Function):
    """∇C of a network, from couplings, centre, scale and (weight, bias) of every layer."""

    @staticmethod
    def forward(ctx, couplings, centre, scale, *parameters):
        weights, biases = parameters[::2], parameters[1::2]
        ctx.scaled = (couplings - centre) / scale
        layers = hidden_layers(ctx.scaled, weights[:-1], biases[:-1])
        slopes, backs, products = _backward_recursion(layers, weights)
        ctx.scale, ctx.layers, ctx.slopes = scale, layers, slopes
        ctx.backs, ctx.products = backs[1:], products
        ctx.save_for_backward(*weights)
        return backs[0] / scale

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, outer):
        weights = ctx.saved_tensors
        depth = len(ctx.layers)
        tangent = outer / ctx.scale
        weight_slopes, bias_slopes, layer_slopes = [], [], []
        for k in range(depth):
            weight_slopes.append(ctx.products[k].T @ tangent)
            turned = tangent @ weights[k].T
            tangent = turned * ctx.slopes[k]
            layer_slopes.append(-2.0 * ctx.layers[k] * turned * ctx.backs[k])
        last = tangent.sum(dim=0, keepdim=True)
        below = None
        for k in reversed(range(depth)):
            total = (
                layer_slopes[k] if below is None else layer_slopes[k].addmm_(below, weights[k + 1])
            )
            below = total * ctx.slopes[k]
            weight_slopes[k].addmm_(below.T, ctx.layers[k - 1] if k else ctx.scaled)
            bias_slopes.append(below.sum(dim=0))
        slopes = [
            part for pair in zip(weight_slopes, reversed(bias_slopes), strict=True) for part in pair
        ]
        # C itself has an offset that no gradient depends on.
        return (below @ weights[0]) / ctx.scale, None, None, *slopes, last, None


class Monotone(Network):
    """A smooth scalar function of the couplings: a `Network` with one output."""

    def forward(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return C(J), shape ``(batch,)``, for couplings of shape ``(batch, coupling)``."""
        return super().forward(couplings)[:, 0]

    def gradient(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇_J C, shape ``(batch, coupling)``, differentiable once in J and in θ."""
        return _Gradient.apply(couplings, self.centre, self.scale, *self._parameters.values())

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
        weights = self.weights[:-1]
        layers = self.activations(couplings)
        slopes, backs, _ = _backward_recursion(layers, self.weights)
        gradient = backs[0] / self.scale
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
            reversed(backs[1:]),
            strict=True,
        ):
            turned = torch.addcmul(turned * slope, back * layer, tangent, value=-2.0) @ weight
        return gradient, turned / self.scale

    def hessian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇²_J C at one point, shape ``(coupling, coupling)``."""
        units = torch.eye(len(couplings), dtype=torch.float64)
        return self.gradient_and_product(couplings.expand(len(units), -1), units)[1]
