"""The training loss: exact values and gradients, or samples of the gradient.

``exact`` is what the map itself says that a student misses (`Trainable.loss`), with its gradient:
the KL divergence of Eq. (7) for the star. ``cd`` and ``pcd`` have an estimate of that gradient
alone: a sampled loss has no value of its own. The teacher's couplings are always detached.
"""

from typing import NamedTuple

import numpy as np
import torch

from mlrg.flow.config import TrainingConfig
from mlrg.rbm.block import Block
from mlrg.rbm.chains import Chains
from mlrg.rbm.divergence import divergence
from mlrg.rbm.samplers import sampler_of


class Loss(NamedTuple):
    """Loss of every set of couplings, ``(batch,)``: a value in nats, or None, and ∂KL/∂J_std."""

    value: np.ndarray | None
    gradient: np.ndarray


def start_persistent(block: Block, config: TrainingConfig, rng: np.random.Generator) -> Chains:
    """Return student chains for every place in the batch."""
    return sampler_of(block).start_chains(block, config.batch, config.cd_samples, rng)


def persistent_loss(
    block: Block,
    teacher: np.ndarray,
    student: np.ndarray,
    config: TrainingConfig,
    rng: np.random.Generator,
    chains: Chains,
) -> tuple[Loss, Chains]:
    """Return the persistent-CD estimate and the student chains for the next step.

    Teacher samples are drawn anew, because teachers move as they like; the student's chains stay
    with their place in the batch, where couplings move little from step to step.
    """
    sampler = sampler_of(block)
    data = sampler.start_chains(block, len(teacher), config.cd_samples, rng)
    data = sampler.advance_teacher(block, teacher, data, config.cd_burn_in)
    chains = sampler.advance_student(block, student, chains, config.cd_sweeps)
    return Loss(None, divergence(block, student, data.states, chains.states)), chains


def back_propagate(loss: Loss, student: torch.Tensor) -> None:
    """Add the gradient of the batch's mean loss to every parameter that J(ℓ=1) came from.

    Parameters
    ----------
    loss : Loss
    student : torch.Tensor
        J(ℓ=1), shape ``(batch, coupling)``.
    """
    student.backward(torch.from_numpy(loss.gradient) / len(loss.gradient))
