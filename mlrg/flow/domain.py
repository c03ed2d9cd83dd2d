"""The fundamental domain of a gauge group: one copy of every set of couplings.

Gauge copies of a teacher have gauge copies of one student as their optimum. A monotone that is
trained on all of them learns their average, which is none of them; on an axis that the gauge group
fixes it has no gradient across. Training therefore takes place on the domain of couplings that are
the lexicographically largest of their copies (`GaugeGroup.canonical`), and flows are folded back
into it after every RG step.

Folding is a map of positions and momenta that keeps the kinetic energy, so that Hamiltonian Monte
Carlo with folded trajectories samples the domain: it is the same as sampling all copies with a
potential that is equal on them.
"""

from dataclasses import dataclass

import numpy as np
import torch

from mlrg.errors import BudgetError
from mlrg.flow.config import TrainingConfig
from mlrg.rgmap import Trainable
from mlrg.symmetry.gauge import canonical_copies

ELEMENT_LIMIT = 2048


def gauge_elements(gauge) -> torch.Tensor:
    """Return all gauge transformations, shape ``(element, coupling, coupling)``.

    Raises
    ------
    BudgetError
        If there are more than can be tried for every point.
    """
    try:
        matrices = gauge.elements
    except BudgetError:
        matrices = []
    if not 0 < len(matrices) <= ELEMENT_LIMIT:
        raise BudgetError(
            f"a set of these couplings has more than {ELEMENT_LIMIT} gauge copies, too many to "
            "try for every proposal: train with --training.gauge none"
        )
    return torch.from_numpy(np.array(matrices))


@dataclass(frozen=True)
class FundamentalDomain:
    """Couplings that are the largest of their gauge copies.

    Attributes
    ----------
    elements : torch.Tensor
        Gauge transformations, signed permutations of the couplings, the identity first; shape
        ``(element, coupling, coupling)``.
    """

    elements: torch.Tensor

    @classmethod
    def of(cls, gauge) -> "FundamentalDomain":
        """Return the domain of a `GaugeGroup`.

        Of a group that does more than permute couplings and change their signs only the identity is
        kept: the domain is then everything.

        Raises
        ------
        BudgetError
            If the group has more elements than can be tried for every proposal.
        """
        if not gauge.is_signed_permutation():
            return cls(torch.eye(gauge.couplings.dimension, dtype=torch.float64)[None])
        return cls(gauge_elements(gauge))

    def mass_widths(self, widths: torch.Tensor) -> torch.Tensor:
        """Return widths that are equal for couplings which trade places: the larger of theirs."""
        connected = (self.elements != 0).any(dim=0)
        return torch.where(connected, widths, torch.zeros_like(widths)).max(dim=1).values

    def folding(self, positions: torch.Tensor) -> torch.Tensor:
        """Return the transformation of each position, ``(point, coupling)``, that takes it inside.

        Shape ``(point, coupling, coupling)``.
        """
        copies = torch.einsum("gij,nj->gni", self.elements, positions)
        return self.elements[torch.from_numpy(canonical_copies(copies.numpy()))]

    def inside(self, positions: torch.Tensor) -> torch.Tensor:
        """Return the copy of each position, ``(point, coupling)``, that lies in the domain."""
        return self.fold(positions, positions)[0]

    def fold(
        self, positions: torch.Tensor, momenta: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return positions inside the domain, and momenta turned with them."""
        if len(self.elements) == 1:
            return positions, momenta
        turn = self.folding(positions)
        return tuple(torch.einsum("nij,nj->ni", turn, part) for part in (positions, momenta))


def domain_of(rgmap: Trainable, config: TrainingConfig) -> FundamentalDomain | None:
    """Return the fundamental domain on which `config` trains a map; None for all couplings.

    Raises
    ------
    BudgetError
        If the gauge group is too large.
    """
    return FundamentalDomain.of(rgmap.gauge) if config.gauge == "domain" else None


def nearest_copies(gauge, couplings: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the gauge copies of couplings ``(point, coupling)`` that are nearest to others."""
    copies = np.einsum("gij,nj->gni", np.array(gauge.elements), couplings)
    best = np.linalg.norm(copies - near, axis=2).argmin(axis=0)
    return copies[best, np.arange(len(couplings))]
