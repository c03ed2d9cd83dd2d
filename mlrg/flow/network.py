"""A smooth feed-forward network of the couplings, scaled to the region that it is trained on."""

from collections.abc import Sequence

import torch
from torch import nn

# First-layer features resolve half of the box; the last layer starts small, so that training
# begins near the identity map J(1) = J, where the RG equation is not stiff.
_FIRST_GAIN = 2.0
_LAST_GAIN = 0.1


def hidden_layers(scaled: torch.Tensor, weights, biases) -> list[torch.Tensor]:
    """Return h_k = tanh(W_k h_{k−1} + b_k) of every layer, h_0 given, ``(batch, width)`` each."""
    layer, layers = scaled, []
    for weight, bias in zip(weights, biases, strict=True):
        layer = torch.tanh(torch.addmm(bias, layer, weight.T))
        layers.append(layer)
    return layers


class Network(nn.Module):
    """Hidden layers of tanh units and a linear last layer.

    Parameters
    ----------
    centre, scale : sequence of float
        Couplings enter as (J − centre)/scale, one value a coupling.
    hidden : sequence of int
        Widths of the hidden layers.
    generator : torch.Generator, optional
        Source of the initial weights; zeros without one, to be loaded.
    outputs : int
    """

    def __init__(
        self,
        centre: Sequence[float],
        scale: Sequence[float],
        hidden: Sequence[int],
        generator: torch.Generator | None = None,
        outputs: int = 1,
    ):
        super().__init__()
        self.register_buffer("centre", torch.tensor(list(centre), dtype=torch.float64))
        self.register_buffer("scale", torch.tensor(list(scale), dtype=torch.float64))
        widths = [len(self.centre), *hidden, outputs]
        gains = [_FIRST_GAIN, *[1.0] * (len(hidden) - 1), _LAST_GAIN]
        for layer, gain in enumerate(gains):
            fan_in, fan_out = widths[layer], widths[layer + 1]
            weight = torch.zeros(fan_out, fan_in, dtype=torch.float64)
            bias = torch.zeros(fan_out, dtype=torch.float64)
            if generator is not None:
                weight.normal_(generator=generator).mul_(gain / fan_in**0.5)
                bias.uniform_(-gain, gain, generator=generator)
            self.register_parameter(f"weight{layer}", nn.Parameter(weight))
            self.register_parameter(f"bias{layer}", nn.Parameter(bias))

    @property
    def weights(self) -> list[nn.Parameter]:
        """Weights of every layer, the first one first, shape ``(output, input)`` each."""
        return list(self._parameters.values())[::2]

    @property
    def biases(self) -> list[nn.Parameter]:
        """Biases of every layer."""
        return list(self._parameters.values())[1::2]

    def activations(self, couplings: torch.Tensor) -> list[torch.Tensor]:
        """Return the values of the hidden layers, shape ``(batch, width)`` each."""
        scaled = (couplings - self.centre) / self.scale
        return hidden_layers(scaled, self.weights[:-1], self.biases[:-1])

    def forward(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return the outputs, shape ``(batch, output)``, at couplings ``(batch, coupling)``."""
        return torch.addmm(self.biases[-1], self.activations(couplings)[-1], self.weights[-1].T)
