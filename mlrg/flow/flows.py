"""RG flows dJ/dℓ = v(J) that a training can choose from, with one interface.

* ``gradient``: v = −∇C, the paper's Eq. (13).
* ``shared``: v = −G ∇C with one G = L Lᵀ for all couplings, L lower triangular: the gradient in
  other coordinates, those in which the map is closest to a gradient. At a fixed point with real
  eigenvalues there is a G that leaves nothing to be missed.
* ``metric``: v = −G(J) ∇C with G = L Lᵀ, L a lower triangular matrix that a second network gives.
* ``fisher``: v = −(∇² ln Z(J) + δ)⁻¹ ∇C, the metric of the teacher's joint distribution of corner
  and edge spins: the covariance of its bond features, in which distances count distinguishable
  models. It is a lattice form of Zamolodchikov's metric, the two-point function of the
  perturbations.
* ``vector``: v is any vector field; there is no C.

The first four let C fall along every flow line, dC/dℓ = −∇C·G∇C ≤ 0; what ``vector`` gains over
them is the price of assuming a monotone, and what ``shared`` and ``metric`` gain over ``gradient``
that of assuming that couplings are measured in Euclidean distance.
"""

import numpy as np
import torch
from torch import nn

from mlrg.errors import InputError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import gauge_elements
from mlrg.flow.invariant import InvariantMonotone
from mlrg.flow.monotone import Monotone
from mlrg.flow.network import Network
from mlrg.geometry import CORNERS, EDGE_BONDS
from mlrg.rbm.block import Block
from mlrg.rgmap import Trainable

# Added to the Fisher metric, which vanishes exponentially deep in an ordered phase.
FISHER_DAMPING = 0.1


class Flow(nn.Module):
    """A vector field v(J) on the space of couplings.

    Attributes
    ----------
    monotone : Monotone, InvariantMonotone or None
        The function C that falls along the flow, if there is one.
    """

    monotone: Monotone | InvariantMonotone | None

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return dJ/dℓ, shape ``(batch, coupling)``, differentiable in J and in θ."""
        raise NotImplementedError

    def potential(self, couplings: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ‖∇C‖² of Eq. (14), or ‖v‖² without a C, and its gradient in J.

        Shapes ``(batch,)`` and ``(batch, coupling)``. Both vanish at the fixed points of the flow.
        """
        if self.monotone is not None:
            slope, product = self.monotone.gradient_and_product(couplings)
            return slope.square().sum(dim=1), 2.0 * product
        with torch.enable_grad():
            couplings = couplings.detach().requires_grad_()
            value = self.velocity(couplings).square().sum(dim=1)
            force = torch.autograd.grad(value.sum(), couplings)[0]
        return value.detach(), force

    def adapt(self, moves: torch.Tensor) -> None:
        """Take up what is known of the map's moves ``(move, coupling)`` before it is learned."""

    def jacobian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return ∂v/∂J at one point, shape ``(coupling, coupling)``; rows are components of v."""
        return torch.autograd.functional.jacobian(lambda j: self.velocity(j[None])[0], couplings)


class GradientFlow(Flow):
    """v = −∇C, for a `Monotone` C."""

    def __init__(self, monotone: Monotone | InvariantMonotone):
        super().__init__()
        self.monotone = monotone

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return −∇C, shape ``(batch, coupling)``."""
        return -self.monotone.gradient(couplings)

    def jacobian(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return −∇²C at one point."""
        return -self.monotone.hessian(couplings)


class SharedMetricFlow(Flow):
    """v = −G ∇C with one G = L Lᵀ, L of shape ``(coupling, coupling)``, the identity at first."""

    def __init__(self, monotone: Monotone | InvariantMonotone):
        super().__init__()
        self.monotone = monotone
        self.lower = nn.Parameter(torch.eye(len(monotone.centre), dtype=torch.float64))

    def adapt(self, moves: torch.Tensor) -> None:
        """Begin with second moments of moves, in units of the largest, and a tenth of the identity.

        Couplings that a step leaves small are then flat directions of the flow, not of C.
        """
        moments = moves.T @ moves
        largest = torch.linalg.matrix_norm(moments, 2)
        if largest > 0:
            one = torch.eye(len(moments), dtype=moments.dtype)
            with torch.no_grad():
                self.lower.copy_(torch.linalg.cholesky(moments / largest + 0.1 * one))

    @property
    def metric(self) -> torch.Tensor:
        """L Lᵀ, averaged over the gauge group of an invariant C."""
        lower = torch.tril(self.lower)
        metric = lower @ lower.T
        elements = getattr(self.monotone, "elements", None)
        if elements is None:
            return metric
        return (elements @ metric @ elements.transpose(1, 2)).mean(dim=0)

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return −G ∇C, shape ``(batch, coupling)``."""
        return -self.monotone.gradient(couplings) @ self.metric


class MetricFlow(Flow):
    """v = −L Lᵀ ∇C, for a `Monotone` C and a network with the entries of L."""

    def __init__(self, monotone: Monotone, factor: Network):
        super().__init__()
        self.monotone, self.factor = monotone, factor
        dimension = len(monotone.centre)
        rows, columns = torch.tril_indices(dimension, dimension)
        self.places = rows * dimension + columns

    def _lower(self, couplings: torch.Tensor) -> torch.Tensor:
        """L, the identity where the network is zero, shape ``(batch, d, d)``."""
        batch, dimension = couplings.shape
        entries = torch.zeros(batch, dimension * dimension, dtype=couplings.dtype)
        entries = entries.index_copy(1, self.places, self.factor(couplings))
        return entries.reshape(batch, dimension, dimension) + torch.eye(
            dimension, dtype=couplings.dtype
        )

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return −L Lᵀ ∇C, shape ``(batch, coupling)``."""
        lower = self._lower(couplings)
        slope = self.monotone.gradient(couplings)[:, :, None]
        return -(lower @ (lower.transpose(1, 2) @ slope))[:, :, 0]


class FisherFlow(Flow):
    """v = −(∇² ln Z + δ)⁻¹ ∇C, with the joint Fisher metric of a block's teacher.

    C4 turns one edge of the square into the next: in the frame of its own edge every corner sees
    the same table E[x, y] = Σ_z exp(f(z, x) + f'(z, y)), and the next corner turned by the
    permutation r that C4 makes of the states. So Z = Tr R⁴ with R[x, y] = E[x, r y], and

        ∂_d∂_e Z = 4 Tr(R_de R³) + 4 Tr(R_d R_e R²) + 4 Tr(R_d R R_e R) + 4 Tr(R_d R² R_e),

    indices standing for derivatives in the couplings. Weights are scaled by their largest, which
    serves couplings up to some tens.
    """

    def __init__(self, monotone: Monotone, block: Block):
        super().__init__()
        self.monotone = monotone
        opposite, rotation = block.visible_turns[CORNERS // 2], np.argsort(block.visible_turns[1])
        corner = torch.from_numpy(block.teacher)
        # A corner's weight is shared by the two edges that meet there.
        shares = block.teacher_measure + np.log(block.visible_measure) / EDGE_BONDS
        self._measure = torch.from_numpy(shares)
        self._corner = corner
        self._next = corner[:, opposite, :][:, :, opposite][:, :, rotation].contiguous()

    def metric(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return the Fisher metric ∇² ln Z, undamped, shape ``(batch, coupling, coupling)``."""
        first, second = self._weights(couplings, self._corner), self._weights(couplings, self._next)
        # Derivatives of the weights, to second order.
        first_1, second_1 = first[:, None] * self._corner, second[:, None] * self._next
        first_2 = first_1[:, :, None] * self._corner
        second_2 = second_1[:, :, None] * self._next

        def edges(left, right):
            return left.transpose(-1, -2) @ right

        ring = edges(first, second)
        ring_1 = edges(first_1, second[:, None]) + edges(first[:, None], second_1)
        mixed = edges(first_1[:, :, None], second_1[:, None])
        ring_2 = (
            edges(first_2, second[:, None, None])
            + edges(first[:, None, None], second_2)
            + mixed
            + mixed.transpose(1, 2)
        )
        square = ring @ ring
        cube = square @ ring
        total = torch.einsum("nab,nba->n", square, square)
        slope = CORNERS * torch.einsum("ndab,nba->nd", ring_1, cube) / total[:, None]
        once = ring_1 @ ring[:, None]
        twice = torch.einsum("ndab,neba->nde", ring_1 @ square[:, None], ring_1)
        curvature = (
            torch.einsum("ndeab,nba->nde", ring_2, cube)
            + twice
            + twice.transpose(1, 2)
            + torch.einsum("ndab,neba->nde", once, once)
        )
        return CORNERS * curvature / total[:, None, None] - slope[:, :, None] * slope[:, None, :]

    def _weights(self, couplings: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
        """exp of −ε, scaled to one at its largest, which the metric does not see."""
        logs = torch.einsum("nd,dzx->nzx", couplings, features) + self._measure
        return torch.exp(logs - logs.detach().amax(dim=(1, 2), keepdim=True))

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return −(∇² ln Z + δ)⁻¹ ∇C, shape ``(batch, coupling)``."""
        damping = FISHER_DAMPING * torch.eye(couplings.shape[1], dtype=couplings.dtype)
        return -torch.linalg.solve(
            self.metric(couplings) + damping, self.monotone.gradient(couplings)
        )


class VectorField(Flow):
    """v is the output of a network with one component a coupling."""

    def __init__(self, network: Network):
        super().__init__()
        self.monotone, self.network = None, network

    def velocity(self, couplings: torch.Tensor) -> torch.Tensor:
        """Return v, shape ``(batch, coupling)``."""
        return self.network(couplings)


def require_width(rgmap: Trainable, config: TrainingConfig) -> None:
    """Refuse a C that is flat along some directions, whatever its weights.

    ∇C lies in what the rows of the first weight matrix span. Where those are fewer than the
    couplings, the others rest.

    Raises
    ------
    InputError
        If the first layer has fewer units than the map has couplings.
    """
    first, couplings = config.hidden[0], rgmap.dimension
    if config.flow in ("gradient", "shared") and config.gauge != "invariant" and first < couplings:
        raise InputError(
            f"hidden = {list(config.hidden)}: C is flat along {couplings - first} of {couplings} "
            f"directions if its first layer has {first} units, and nothing would flow there: make "
            f"that layer {couplings} units wide or wider"
        )


def build_flow(rgmap: Trainable, config: TrainingConfig, generator=None) -> Flow:
    """Return the flow that `config` names, its inputs scaled to the prior.

    Parameters
    ----------
    rgmap : Trainable
    config : TrainingConfig
    generator : torch.Generator, optional
        Source of the initial weights; zeros without one, to be loaded.

    Raises
    ------
    InputError
        If the map has not what the flow needs.
    """
    dimension = rgmap.dimension
    # No loss sees what a constant energy becomes: C is not to depend on it.
    resolved = torch.from_numpy(rgmap.resolved)
    low, high = rgmap.box(config)
    shape = ((low + high) / 2, (high - low) / 2, config.hidden)
    if config.flow == "vector":
        if config.gauge == "invariant":
            raise InputError(
                "flow = 'vector' has no C to be invariant: choose gauge = none or domain"
            )
        return VectorField(Network(*shape, generator, dimension))
    if config.gauge == "invariant":
        if config.flow == "metric":
            raise InputError(
                "gauge = 'invariant' makes C equal on gauge copies, which a metric of every point "
                "is not: choose flow = shared, gradient or fisher"
            )
        elements = gauge_elements(rgmap.gauge) @ resolved
        monotone = InvariantMonotone(elements, shape[1], config.hidden, generator)
    elif len(rgmap.redundant):
        monotone = InvariantMonotone(resolved[None], shape[1], config.hidden, generator)
    else:
        monotone = Monotone(*shape, generator)
    if config.flow == "shared":
        return SharedMetricFlow(monotone)
    if config.flow == "metric":
        entries = dimension * (dimension + 1) // 2
        return MetricFlow(monotone, Network(*shape, generator, entries))
    if config.flow == "fisher":
        block = getattr(rgmap, "block", None)
        if block is None:
            raise InputError(
                f"flow = 'fisher' measures distances between spin models, and {rgmap!r} is none: "
                "choose gradient, metric or vector"
            )
        return FisherFlow(monotone, block)
    return GradientFlow(monotone)
