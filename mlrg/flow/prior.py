"""Priors of the teacher's couplings: what Eq. (14) is multiplied with, so that β = 0 is proper.

A box is uniform and has walls: a drift that leaves it is folded back and its momentum reversed,
which keeps the leapfrog map reversible and volume preserving. A Gaussian has no walls; its energy
is felt at every β.
"""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class BoxPrior:
    """Uniform between two corners, shape ``(coupling,)`` each."""

    low: torch.Tensor
    high: torch.Tensor

    @property
    def widths(self) -> torch.Tensor:
        """Range of every coupling, shape ``(coupling,)``."""
        return self.high - self.low

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Return independent couplings, shape ``(count, coupling)``."""
        unit = torch.rand(count, len(self.low), dtype=torch.float64, generator=generator)
        return self.low + self.widths * unit

    def holds(self, positions: torch.Tensor) -> torch.Tensor:
        """Return whether positions lie in the box, shape ``(point,)``."""
        return ((positions >= self.low) & (positions <= self.high)).all(dim=1)

    def energy(self, positions: torch.Tensor) -> torch.Tensor:
        """Return −ln p up to a constant, zero inside, shape ``(point,)``."""
        return torch.zeros(len(positions), dtype=torch.float64)

    def force(self, positions: torch.Tensor) -> torch.Tensor:
        """Return the gradient of the energy, shape ``(point, coupling)``."""
        return torch.zeros_like(positions)

    def keep_inside(
        self, positions: torch.Tensor, momenta: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Fold positions back into the box; reverse momenta that met an odd number of walls."""
        folds = torch.floor((positions - self.low) / self.widths)
        inside = positions - self.low - folds * self.widths
        odd = torch.remainder(folds, 2) == 1
        return (
            self.low + torch.where(odd, self.widths - inside, inside),
            torch.where(odd, -momenta, momenta),
        )


@dataclass(frozen=True)
class GaussianPrior:
    """Independent normal couplings: means and standard deviations, shape ``(coupling,)`` each."""

    mean: torch.Tensor
    deviation: torch.Tensor

    @property
    def widths(self) -> torch.Tensor:
        """Two standard deviations of every coupling, shape ``(coupling,)``."""
        return 2.0 * self.deviation

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Return independent couplings, shape ``(count, coupling)``."""
        normal = torch.randn(count, len(self.mean), dtype=torch.float64, generator=generator)
        return self.mean + self.deviation * normal

    def holds(self, positions: torch.Tensor) -> torch.Tensor:
        """Return whether no coupling is more than three deviations away, shape ``(point,)``."""
        return ((positions - self.mean).abs() <= 3 * self.deviation).all(dim=1)

    def energy(self, positions: torch.Tensor) -> torch.Tensor:
        """Return −ln p up to a constant, shape ``(point,)``."""
        return 0.5 * ((positions - self.mean) / self.deviation).square().sum(dim=1)

    def force(self, positions: torch.Tensor) -> torch.Tensor:
        """Return the gradient of the energy, shape ``(point, coupling)``."""
        return (positions - self.mean) / self.deviation.square()

    def keep_inside(
        self, positions: torch.Tensor, momenta: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both as they are: a Gaussian has no walls."""
        return positions, momenta


Prior = BoxPrior | GaussianPrior
