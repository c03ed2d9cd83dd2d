"""The teacher–student iteration of Sec. II.B without a moderator, with its sampling noise.

Each RG step trains a student by stochastic gradient descent on contrastive divergence, and the
student becomes the teacher of the next step. Its couplings fluctuate around the optimum R(J), so
that the flow is a random walk that the unstable direction of a fixed point blows up: with an
eigenvalue e of the step and noise of variance s² in each, the variance after n steps is

    s² (1 + e² + … + e^{2(n−1)}).

That noise is the reason for a moderator. `mlrg.analysis.trajectory.follow` iterates without it.
"""

import numpy as np

from mlrg.rbm.block import as_couplings
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rbm.star import Star


def naive_flow(
    star: Star,
    couplings,
    steps: int,
    rng: np.random.Generator,
    walkers: int = 16,
    updates: int = 100,
    learning_rate: float = 0.05,
    samples: int = 128,
    sweeps: int = 1,
    burn_in: int = 20,
    threads: int = 1,
) -> np.ndarray:
    """Iterate teacher and student with contrastive divergence, many walkers at once.

    Every student starts from its teacher's couplings.

    Parameters
    ----------
    star : Star
    couplings : array
        Where all walkers start, shape ``(coupling,)``.
    steps : int
        RG steps.
    rng : numpy.random.Generator
    walkers : int
        Independent repetitions.
    updates : int
        Gradient steps that train one student.
    learning_rate : float
        Of the gradient steps.
    samples, sweeps, burn_in : int
        Of each contrastive divergence.
    threads : int
        The result is the same for any number.

    Returns
    -------
    numpy.ndarray
        Shape ``(steps + 1, walker, coupling)``, the start first.
    """
    dimension = star.dimension
    start = as_couplings(couplings, dimension, "teacher")[:1]
    path = [np.repeat(start, walkers, axis=0)]
    for _ in range(steps):
        teacher = path[-1]
        student = teacher.copy()
        for _ in range(updates):
            student -= learning_rate * contrastive_divergence(
                star.block, teacher, student, rng, samples, sweeps, burn_in, threads
            )
        path.append(student)
    return np.array(path)
