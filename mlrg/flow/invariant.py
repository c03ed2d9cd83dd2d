"""A monotone that is equal on gauge copies, and continuous where they meet.

Its inputs are the invariants

    φ_i(J) = max_g w_i · gJ

of templates w_i (max filtering, Cahill, Iverson, Mixon and Packer 2022): they tell all orbits
apart, and grow with a finite slope from a set that the gauge group fixes. A flow that begins on
such a set, as that of A1+E does on the axis, is driven off it, where every smooth invariant has no
slope; and C does not jump where a fundamental domain ends. Of the copies of a template that are
largest the first counts, so that a flow leaves the set towards one of the copies.
"""

from collections.abc import Sequence

import torch
from torch import nn

from mlrg.flow.monotone import Monotone


class InvariantMonotone(nn.Module):
    """C as a `Monotone` of the invariants of a gauge group.

    Parameters
    ----------
    elements : torch.Tensor
        Gauge transformations, shape ``(element, coupling, coupling)``.
    scale : sequence of float
        Range of every coupling.
    hidden : sequence of int
        Widths of the hidden layers; there are as many templates as the first has units.
    generator : torch.Generator, optional
        Source of the initial weights; zeros without one, to be loaded.
    """

    def __init__(
        self,
        elements: torch.Tensor,
        scale: Sequence[float],
        hidden: Sequence[int],
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        count, dimension = hidden[0], elements.shape[1]
        self.register_buffer("elements", elements)
        self.register_buffer("centre", torch.zeros(dimension, dtype=torch.float64))
        templates = torch.zeros(count, dimension, dtype=torch.float64)
        if generator is not None:
            templates.normal_(generator=generator)
            templates /= torch.as_tensor(scale, dtype=torch.float64) * dimension**0.5
        self.templates = nn.Parameter(templates)
        self.inner = Monotone([0.0] * count, [1.0] * count, hidden, generator)

    def _chosen(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∂φ/∂J, the copies of the templates that count, ``(batch, template, coupling)``."""
        copies = torch.einsum("mi,gij->gmj", self.templates, self.elements)
        with torch.no_grad():
            best = torch.einsum("gmj,nj->gnm", copies, couplings).argmax(dim=0)
        return copies[best, torch.arange(len(self.templates))]

    def forward(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return C(J), shape ``(batch,)``, for couplings of shape ``(batch, coupling)``."""
        return self.inner(self._features(self._chosen(couplings), couplings))

    @staticmethod
    def _features(chosen: torch.Tensor, couplings: torch.Tensor) -> torch.Tensor:
        return torch.einsum("nmj,nj->nm", chosen, couplings)

    def gradient(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇_J C, shape ``(batch, coupling)``, differentiable once in J and in θ."""
        chosen = self._chosen(couplings)
        slope = self.inner.gradient(self._features(chosen, couplings))
        return torch.einsum("nmj,nm->nj", chosen, slope)

    @torch.no_grad()
    def gradient_and_product(
        self, couplings: torch.Tensor, vector: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ∇C and (∇²C)·v, as `Monotone.gradient_and_product` does."""
        chosen = self._chosen(couplings)
        features = self._features(chosen, couplings)
        slope = torch.einsum("nmj,nm->nj", chosen, self.inner.gradient(features))
        moved = self._features(chosen, slope if vector is None else vector)
        product = self.inner.gradient_and_product(features, moved)[1]
        return slope, torch.einsum("nmj,nm->nj", chosen, product)

    def hessian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∇²_J C at one point, shape ``(coupling, coupling)``."""
        units = torch.eye(len(couplings), dtype=torch.float64)
        return self.gradient_and_product(couplings.expand(len(units), -1), units)[1]
