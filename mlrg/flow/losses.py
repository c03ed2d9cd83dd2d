"""The training loss as autograd functions over the numeric kernels.

Both losses are the KL divergence of Eq. (7), one value for each set of couplings. ``exact`` has its
exact value and gradient; ``cd`` has a contrastive-divergence estimate of the gradient, and, because
CD has no value of its own, the exact KL is not computed and zeros are returned in its place.
The teacher's couplings are always detached.
"""

import numpy as np
import torch

from mlrg.rbm.block import Block
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rbm.exact import kl_and_gradient


class _WithGradient(torch.autograd.Function):
    """Values whose gradient in the first argument is already known."""

    @staticmethod
    def forward(ctx, student, value, gradient):
        ctx.save_for_backward(gradient)
        return value.clone()

    @staticmethod
    def backward(ctx, outer):
        (gradient,) = ctx.saved_tensors
        return outer[:, None] * gradient, None, None


def exact_loss(block: Block, teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """Return the exact KL divergence in nats, shape ``(batch,)``, differentiable in `student`."""
    kl, gradient = kl_and_gradient(block, teacher.detach().numpy(), student.detach().numpy())
    return _WithGradient.apply(student, torch.from_numpy(kl), torch.from_numpy(gradient))


def cd_loss(
    block: Block,
    teacher: torch.Tensor,
    student: torch.Tensor,
    rng: np.random.Generator,
    samples: int,
    sweeps: int,
    burn_in: int,
) -> torch.Tensor:
    """Return zeros, shape ``(batch,)``, whose gradient in `student` is the CD-k estimate."""
    gradient = contrastive_divergence(
        block, teacher.detach().numpy(), student.detach().numpy(), rng, samples, sweeps, burn_in
    )
    value = torch.zeros(len(gradient), dtype=torch.float64)
    return _WithGradient.apply(student, value, torch.from_numpy(gradient))
