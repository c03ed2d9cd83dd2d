"""Exact enumeration of one block: marginals, KL divergence and gradient, batched over couplings.

Sums run over the orbit representatives of `orbits`; the equations and their compiled form are in
`kernels`. Everything is in nats and safe against overflow for couplings of any finite size. Memory
does not grow with the batch, and results do not depend on the number of threads.
"""

import numpy as np

from mlrg.rbm import kernels
from mlrg.rbm.block import Block, as_couplings, as_pairs
from mlrg.threads import share_out


def log_weights(block: Block, couplings, side: str) -> np.ndarray:
    """Return the log of the unnormalised visible weights of ``teacher`` or ``student``, in nats.

    Parameters
    ----------
    block : Block
    couplings : array
        Shape ``(batch, coupling)``.
    side : {"teacher", "student"}

    Returns
    -------
    numpy.ndarray
        Shape ``(batch, orbit)``, at the representatives ``block.configurations``.
    """
    is_teacher = side == "teacher"
    features = block.teacher if is_teacher else block.student
    measure = block.teacher_measure if is_teacher else block.student_measure
    couplings = as_couplings(couplings, features.shape[0], side)
    out = np.empty((len(couplings), len(block.configurations)))
    kernels.log_weights_batch(
        couplings,
        features,
        measure,
        block.visible_turns,
        block.hidden_turns,
        block.configurations,
        block.pair_rows,
        is_teacher,
        out,
    )
    return out


def edge_tables(block: Block, couplings) -> np.ndarray:
    """Return log W of the four edges (x_i, x_{i+1}) of the teacher, shape ``(4, N, N)``.

    The Boltzmann tensor of Eq. (22) is their product, log T = Σ_i log W_i[x_i, x_{i+1}].
    """
    row = as_couplings(couplings, block.teacher.shape[0], "teacher")[0]
    edge = kernels.edge_table(row, block.teacher, block.teacher_measure, block.visible_turns)
    return np.array([edge[np.ix_(turn, turn)] for turn in block.visible_turns])


def log_partition(block: Block, couplings, side: str) -> np.ndarray:
    """Return ln Σ_x w(x) of ``teacher`` or ``student`` in nats, shape ``(batch,)``."""
    logs = log_weights(block, couplings, side)
    return np.array([kernels.normalise(row, block.weights, np.empty_like(row)) for row in logs])


def log_marginals(block: Block, couplings, side: str) -> np.ndarray:
    """Return the log probability of each orbit representative in nats, shape ``(batch, orbit)``."""
    logs = log_weights(block, couplings, side)
    for row in logs:
        kernels.normalise(row, block.weights, np.empty_like(row))
    return logs


def kl_and_gradient(
    block: Block, teacher, student, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return the KL divergence in nats and its gradient in the student's couplings.

    Parameters
    ----------
    block : Block
    teacher, student : array
        Couplings, shapes ``(batch, teacher coupling)`` and ``(batch, student coupling)``.
    threads : int
        Threads among which the batch is shared; the results are the same for any number.

    Returns
    -------
    kl : numpy.ndarray
        Shape ``(batch,)``.
    gradient : numpy.ndarray
        Shape ``(batch, student coupling)``.

    Raises
    ------
    CouplingError
        If a value is not finite or an array has the wrong shape.
    BudgetError
        If the block has more configurations than fit in memory.
    """
    teacher, student = as_pairs(block, teacher, student)
    kl, gradient = np.empty(len(teacher)), np.zeros_like(student)
    shared = (
        block.teacher,
        block.student,
        block.teacher_measure,
        block.student_measure,
        block.visible_turns,
        block.hidden_turns,
        block.configurations,
        block.pair_rows,
        block.weights,
    )

    def work(part: slice) -> None:
        kernels.kl_batch(teacher[part], student[part], *shared, kl[part], gradient[part])

    share_out(work, len(teacher), threads)
    return kl, gradient
