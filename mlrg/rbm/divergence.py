"""Contrastive divergence: the gradient of the KL divergence from samples (Sec. II.B).

The gradient is a difference of two averages, ∇_J KL = ⟨E[φ | x]⟩_std − ⟨E[φ | x]⟩_tch with
φ_d(x, z) = Σ_i Φ_i[d, x_i, z]. Teacher samples v stand for the second average. For the first,

* CD-k starts the student's chains at v and runs them for k sweeps, which leaves a bias that falls
  with k;
* persistent CD goes on with chains of its own, which follow the couplings as these change slowly
  (`mlrg.flow.losses`).

The centre is summed exactly in both averages. All randomness comes from the generator passed in, or
from the streams that chains carry.
"""

import numpy as np

from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.samplers import sampler_of


def contrastive_divergence(
    block: Block,
    teacher,
    student,
    rng: np.random.Generator,
    samples: int = 512,
    sweeps: int = 5,
    burn_in: int = 20,
    threads: int = 1,
) -> np.ndarray:
    """Estimate the gradient of the KL divergence in the student's couplings by CD-k.

    Parameters
    ----------
    block : Block
    teacher, student : array
        Couplings, shapes ``(batch, teacher coupling)`` and ``(batch, student coupling)``.
    rng : numpy.random.Generator
        Seeds the chains.
    samples : int
        Teacher samples for each set of couplings.
    sweeps : int
        Student sweeps k.
    burn_in : int
        Teacher sweeps.
    threads : int
        The result is the same for any number.

    Returns
    -------
    numpy.ndarray
        Shape ``(batch, student coupling)``.
    """
    student = as_couplings(student, block.student.shape[0], "student")
    sampler = sampler_of(block)
    chains = sampler.start_chains(block, len(student), samples, rng)
    data = sampler.advance_teacher(block, teacher, chains, burn_in, threads)
    model = sampler.advance_student(block, student, data, sweeps, threads)
    return divergence(block, student, data.states, model.states)


def divergence(block: Block, student, data: np.ndarray, model: np.ndarray) -> np.ndarray:
    """Return ⟨E[φ | x]⟩ over `model` minus that over `data`, shape ``(batch, student coupling)``.

    Parameters
    ----------
    block : Block
    student : array
        Couplings, shape ``(batch, student coupling)``.
    data, model : numpy.ndarray
        Corner configurations, shape ``(batch, sample, 4)``, or with a component each of spins that
        are continuous.
    """
    features = sampler_of(block).conditional_features
    return features(block, student, model) - features(block, student, data)
