"""Block Gibbs sampling of one RG step, and contrastive divergence.

Teacher: the four edge spins given the corners, then the four corners given the edge spins. Student:
the centre given the corners, then the corners given the centre. Contrastive divergence starts the
student's chains at teacher samples v, runs them for k sweeps to v', and estimates the gradient of
the KL divergence by

    ∇_J KL ≈ ⟨E[φ | v']⟩ − ⟨E[φ | v]⟩,   φ_d(x, z) = Σ_i Φ_i[d, x_i, z],

with the centre summed exactly in both averages. All randomness comes from the generator passed in.
"""

import numba
import numpy as np

from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.exact import _bond_table


@numba.njit(cache=True)
def _cumulate(logs):
    """Turn log weights into a cumulative distribution, in place."""
    top = logs[0]
    for k in range(logs.size):
        top = max(top, logs[k])
    total = 0.0
    for k in range(logs.size):
        total += np.exp(logs[k] - top)
        logs[k] = total
    for k in range(logs.size):
        logs[k] /= total


@numba.njit(cache=True)
def _draw(cumulative, rng):
    uniform = rng.random()
    for k in range(cumulative.size - 1):
        if uniform < cumulative[k]:
            return k
    return cumulative.size - 1


@numba.njit(cache=True)
def _forward_turns(turns):
    """r^k from r⁻ᵏ."""
    forward = np.empty_like(turns)
    for k in range(4):
        for s in range(turns.shape[1]):
            forward[k, turns[k, s]] = s
    return forward


@numba.njit(cache=True)
def _teacher_conditionals(bond, turns):
    """Cumulative p(z_0 | x_0, x_1) as [x_0, x_1, z] and p(x_0 | z_0, z_3) as [z_0, z_3, x]."""
    states = bond.shape[0]
    edge = np.empty((states, states, states))
    corner = np.empty((states, states, states))
    for a in range(states):
        for b in range(states):
            for c in range(states):
                edge[a, b, c] = bond[c, a] + bond[turns[2, c], turns[2, b]]
                corner[a, b, c] = bond[a, c] + bond[turns[1, b], turns[1, c]]
            _cumulate(edge[a, b])
            _cumulate(corner[a, b])
    return edge, corner


@numba.njit(cache=True)
def _teacher_chains(couplings, features, turns, samples, sweeps, rng):
    forward = _forward_turns(turns)
    states = features.shape[2]
    out = np.empty((couplings.shape[0], samples, 4), dtype=np.int64)
    z = np.empty(4, dtype=np.int64)
    for n in range(couplings.shape[0]):
        edge, corner = _teacher_conditionals(_bond_table(couplings[n], features), turns)
        for m in range(samples):
            x = out[n, m]
            for i in range(4):
                x[i] = int(rng.random() * states)
            for _ in range(sweeps):
                for i in range(4):
                    near = edge[turns[i, x[i]], turns[i, x[(i + 1) % 4]]]
                    z[i] = forward[i, _draw(near, rng)]
                for i in range(4):
                    near = corner[turns[i, z[i]], turns[i, z[(i + 3) % 4]]]
                    x[i] = forward[i, _draw(near, rng)]
    return out


@numba.njit(cache=True)
def _centre_logs(bond, visible_turns, hidden_turns, x, out):
    for z in range(out.size):
        out[z] = 0.0
        for i in range(4):
            out[z] += bond[visible_turns[i, x[i]], hidden_turns[i, z]]


@numba.njit(cache=True)
def _corner_conditional(bond):
    """Cumulative p(x_0 | z) as [z, x]."""
    cumulative = bond.T.copy()
    for z in range(cumulative.shape[0]):
        _cumulate(cumulative[z])
    return cumulative


@numba.njit(cache=True)
def _student_sweeps(bond, corner, turns, forward, hidden_turns, x, sweeps, scratch, rng):
    for _ in range(sweeps):
        _centre_logs(bond, turns, hidden_turns, x, scratch)
        _cumulate(scratch)
        z = _draw(scratch, rng)
        for i in range(4):
            x[i] = forward[i, _draw(corner[hidden_turns[i, z]], rng)]


@numba.njit(cache=True)
def _student_chains(couplings, features, visible_turns, hidden_turns, begin, sweeps, rng):
    forward = _forward_turns(visible_turns)
    scratch = np.empty(features.shape[2])
    out = begin.copy()
    for n in range(couplings.shape[0]):
        bond = _bond_table(couplings[n], features)
        corner = _corner_conditional(bond)
        for m in range(out.shape[1]):
            _student_sweeps(
                bond, corner, visible_turns, forward, hidden_turns, out[n, m], sweeps, scratch, rng
            )
    return out


@numba.njit(cache=True)
def _add_conditional_cells(bond, visible_turns, hidden_turns, x, weight, scratch, cells):
    _centre_logs(bond, visible_turns, hidden_turns, x, scratch)
    top = scratch.max()
    total = 0.0
    for z in range(scratch.size):
        scratch[z] = np.exp(scratch[z] - top)
        total += scratch[z]
    for z in range(scratch.size):
        share = weight * scratch[z] / total
        for i in range(4):
            cells[visible_turns[i, x[i]], hidden_turns[i, z]] += share


@numba.njit(cache=True)
def _divergence_batch(couplings, features, visible_turns, hidden_turns, data, model):
    batch, samples = data.shape[0], data.shape[1]
    dimension, visible, hidden = features.shape
    gradient = np.zeros((batch, dimension))
    scratch = np.empty(hidden)
    cells = np.empty((visible, hidden))
    for n in range(batch):
        bond = _bond_table(couplings[n], features)
        cells[:] = 0.0
        for m in range(samples):
            _add_conditional_cells(
                bond, visible_turns, hidden_turns, model[n, m], 1.0 / samples, scratch, cells
            )
            _add_conditional_cells(
                bond, visible_turns, hidden_turns, data[n, m], -1.0 / samples, scratch, cells
            )
        for d in range(dimension):
            gradient[n, d] = (features[d] * cells).sum()
    return gradient


def sample_teacher(
    block: Block, couplings, samples: int, sweeps: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw corner configurations of the teacher by block Gibbs sampling.

    Parameters
    ----------
    block : Block
    couplings : array
        Shape ``(batch, teacher coupling)``.
    samples : int
        Independent chains for each set of couplings, started at random configurations.
    sweeps : int
        Sweeps of each chain; its last configuration is the sample.
    rng : numpy.random.Generator

    Returns
    -------
    numpy.ndarray
        State numbers, shape ``(batch, samples, 4)``.
    """
    couplings = as_couplings(couplings, block.teacher.shape[0], "teacher")
    return _teacher_chains(couplings, block.teacher, block.visible_turns, samples, sweeps, rng)


def sample_student(
    block: Block, couplings, begin: np.ndarray, sweeps: int, rng: np.random.Generator
) -> np.ndarray:
    """Continue the student's chains by Gibbs sweeps from `begin`, ``(batch, samples, 4)``."""
    couplings = as_couplings(couplings, block.student.shape[0], "student")
    return _student_chains(
        couplings, block.student, block.visible_turns, block.hidden_turns, begin, sweeps, rng
    )


def contrastive_divergence(
    block: Block,
    teacher,
    student,
    rng: np.random.Generator,
    samples: int = 512,
    sweeps: int = 5,
    burn_in: int = 20,
) -> np.ndarray:
    """Estimate the gradient of the KL divergence in the student's couplings by CD-k.

    Parameters
    ----------
    block : Block
    teacher, student : array
        Couplings, shapes ``(batch, teacher coupling)`` and ``(batch, student coupling)``.
    rng : numpy.random.Generator
    samples : int
        Teacher samples for each set of couplings.
    sweeps : int
        Student sweeps k.
    burn_in : int
        Teacher sweeps.

    Returns
    -------
    numpy.ndarray
        Shape ``(batch, student coupling)``.
    """
    student = as_couplings(student, block.student.shape[0], "student")
    data = sample_teacher(block, teacher, samples, burn_in, rng)
    model = sample_student(block, student, data, sweeps, rng)
    return _divergence_batch(
        student, block.student, block.visible_turns, block.hidden_turns, data, model
    )
