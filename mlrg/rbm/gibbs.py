"""Block Gibbs sampling of one RG step: many independent chains of categorical spins.

Teacher: the four edge spins given the corners, then the four corners given the edge spins. Student:
the centre given the corners, then the corners given the centre. Every conditional is a product of
one factor a bond; those of two bonds are tabulated as cumulative distributions for small spins.
Chains carry their randomness with them (`mlrg.rbm.chains`).
"""

import numba
import numpy as np

from mlrg.geometry import CORNERS
from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.chains import Chains, advanced, seeded, uniform

_TINY = 1e-200
# Cumulative distributions of two bonds are tabulated up to this many numbers.
_TABLE_LIMIT = 2**20


@numba.njit(cache=True, nogil=True)
def _position(cumulative, target):
    """Return how many partial sums, the last one aside, do not exceed the target."""
    found = 0
    for k in range(cumulative.size - 1):
        found += cumulative[k] <= target
    return found


@numba.njit(cache=True, nogil=True)
def _factor(logs):
    """Rows of exp(logs), each scaled by its largest entry."""
    scaled = np.empty_like(logs)
    for row in range(logs.shape[0]):
        top = logs[row].max()
        for k in range(logs.shape[1]):
            scaled[row, k] = np.exp(logs[row, k] - top)
    return scaled


@numba.njit(cache=True, nogil=True)
def _cumulate_logs(logs):
    """Turn log weights into partial sums, in place; return the whole sum."""
    top = logs.max()
    total = 0.0
    for k in range(logs.size):
        total += np.exp(logs[k] - top)
        logs[k] = total
    return total


@numba.njit(cache=True, nogil=True)
def _cumulate_pair(first, second, first_logs, second_logs, out):
    """Partial sums of the product of one row of each factor."""
    total = 0.0
    for k in range(out.size):
        total += first[k] * second[k]
        out[k] = total
    if total <= _TINY:
        for k in range(out.size):
            out[k] = first_logs[k] + second_logs[k]
        total = _cumulate_logs(out)
    return total


@numba.njit(cache=True, nogil=True)
def _pair_cumulatives(first, second, first_logs, second_logs, limit):
    """Normalised partial sums as [a, b, k]; an empty table where it would be too large."""
    rows, size = first.shape
    if rows * rows * size > limit:
        return np.empty((0, 0, 0))
    table = np.empty((rows, rows, size))
    for a in range(rows):
        for b in range(rows):
            total = _cumulate_pair(first[a], second[b], first_logs[a], second_logs[b], table[a, b])
            for k in range(size):
                table[a, b, k] /= total
    return table


@numba.njit(cache=True, nogil=True)
def _forward_turns(turns):
    """r^k from r⁻ᵏ."""
    forward = np.empty_like(turns)
    for k in range(4):
        for s in range(turns.shape[1]):
            forward[k, turns[k, s]] = s
    return forward


@numba.njit(cache=True, nogil=True)
def _half_sweep(old, shift, new, turns, forward, conditional, table, scratch, stream):
    """Draw four spins, each given the spins i and i + shift of the other half.

    `conditional` holds both factors and their logarithms, ``(4, N, N)``; `table` its cumulative
    distributions, where there is room for them.
    """
    for i in range(4):
        a, b = turns[i, old[i]], turns[i, old[(i + shift) % 4]]
        drawn = uniform(stream)
        if table.size > 0:
            new[i] = forward[i, _position(table[a, b], drawn)]
        else:
            total = _cumulate_pair(
                conditional[0, a], conditional[1, b], conditional[2, a], conditional[3, b], scratch
            )
            new[i] = forward[i, _position(scratch, drawn * total)]


@numba.njit(cache=True, nogil=True)
def _conditional(first_logs, second_logs):
    out = np.empty((4, *first_logs.shape))
    out[0], out[1] = _factor(first_logs), _factor(second_logs)
    out[2], out[3] = first_logs, second_logs
    return out


@numba.njit(cache=True, nogil=True)
def _teacher_chains(bonds, turns, states, streams, sweeps, limit):
    forward = _forward_turns(turns)
    size = bonds.shape[1]
    z = np.empty(4, dtype=np.int64)
    scratch = np.empty(size)
    for n in range(bonds.shape[0]):
        bond = bonds[n]
        # z_0 given x_0 and x_1; x_0 given z_0 and z_3.
        edge = _conditional(bond.T.copy(), bond[turns[2]][:, turns[2]].T.copy())
        corner = _conditional(bond.copy(), bond[turns[1]][:, turns[1]].copy())
        edge_table = _pair_cumulatives(edge[0], edge[1], edge[2], edge[3], limit)
        corner_table = _pair_cumulatives(corner[0], corner[1], corner[2], corner[3], limit)
        for m in range(states.shape[1]):
            x, stream = states[n, m], streams[n, m]
            for _ in range(sweeps):
                _half_sweep(x, 1, z, turns, forward, edge, edge_table, scratch, stream)
                _half_sweep(z, 3, x, turns, forward, corner, corner_table, scratch, stream)


@numba.njit(cache=True, nogil=True)
def _directed(bond, visible_turns, hidden_turns):
    """f_i(x, z) of the four bonds of the cross, as [i, x, z]."""
    logs = np.empty((4, *bond.shape))
    for i in range(4):
        for x in range(bond.shape[0]):
            for z in range(bond.shape[1]):
                logs[i, x, z] = bond[visible_turns[i, x], hidden_turns[i, z]]
    return logs


@numba.njit(cache=True, nogil=True)
def _cumulate_centre(scaled, logs, x, out):
    """Partial sums of Π_i exp f_i(x_i, z) over the centre's states."""
    total = 0.0
    for z in range(out.size):
        total += scaled[0, x[0], z] * scaled[1, x[1], z] * scaled[2, x[2], z] * scaled[3, x[3], z]
        out[z] = total
    if total <= _TINY:
        for z in range(out.size):
            out[z] = logs[0, x[0], z] + logs[1, x[1], z] + logs[2, x[2], z] + logs[3, x[3], z]
        total = _cumulate_logs(out)
    return total


@numba.njit(cache=True, nogil=True)
def _scaled_centre(logs):
    scaled = np.empty_like(logs)
    for i in range(4):
        scaled[i] = _factor(logs[i])
    return scaled


@numba.njit(cache=True, nogil=True)
def _student_chains(bonds, visible_turns, hidden_turns, states, streams, sweeps):
    forward = _forward_turns(visible_turns)
    scratch = np.empty(bonds.shape[2])
    for n in range(bonds.shape[0]):
        logs = _directed(bonds[n], visible_turns, hidden_turns)
        scaled = _scaled_centre(logs)
        corner = bonds[n].T.copy()
        for z in range(corner.shape[0]):
            corner[z] /= _cumulate_logs(corner[z])
        for m in range(states.shape[1]):
            x, stream = states[n, m], streams[n, m]
            for _ in range(sweeps):
                total = _cumulate_centre(scaled, logs, x, scratch)
                z = _position(scratch, uniform(stream) * total)
                for i in range(4):
                    drawn = _position(corner[hidden_turns[i, z]], uniform(stream))
                    x[i] = forward[i, drawn]


@numba.njit(cache=True, nogil=True)
def _conditional_cells(bonds, visible_turns, hidden_turns, states, cells):
    """Average over chains of p(z | x), put into the cells (x_i, z) of the four bonds."""
    scratch = np.empty(bonds.shape[2])
    for n in range(bonds.shape[0]):
        logs = _directed(bonds[n], visible_turns, hidden_turns)
        scaled = _scaled_centre(logs)
        cells[n] = 0.0
        for m in range(states.shape[1]):
            x = states[n, m]
            scale = 1.0 / (_cumulate_centre(scaled, logs, x, scratch) * states.shape[1])
            for z in range(scratch.size - 1, 0, -1):
                scratch[z] -= scratch[z - 1]
            for i in range(4):
                into = cells[n, visible_turns[i, x[i]]]
                for z in range(scratch.size):
                    into[hidden_turns[i, z]] += scale * scratch[z]


def start_chains(block: Block, batch: int, chains: int, rng: np.random.Generator) -> Chains:
    """Return chains at random configurations, with streams seeded from `rng`."""
    streams = seeded(batch, chains, rng)
    return Chains(rng.integers(block.states, size=(batch, chains, CORNERS)), streams)


def advance_teacher(
    block: Block, couplings, chains: Chains, sweeps: int, threads: int = 1
) -> Chains:
    """Continue chains of the teacher's corners by block Gibbs sweeps.

    Parameters
    ----------
    block : Block
    couplings : array
        Shape ``(batch, teacher coupling)``.
    chains : Chains
        Left as they are.
    sweeps : int
    threads : int
        The result is the same for any number.
    """
    couplings = as_couplings(couplings, block.teacher.shape[0], "teacher")
    bonds = np.tensordot(couplings, block.teacher, axes=1)

    def work(part, states, streams):
        _teacher_chains(bonds[part], block.visible_turns, states, streams, sweeps, _TABLE_LIMIT)

    return advanced(chains, threads, work)


def advance_student(
    block: Block, couplings, chains: Chains, sweeps: int, threads: int = 1
) -> Chains:
    """Continue chains of the student's corners; see `advance_teacher`."""
    couplings = as_couplings(couplings, block.student.shape[0], "student")
    bonds = np.tensordot(couplings, block.student, axes=1)

    def work(part, states, streams):
        _student_chains(
            bonds[part], block.visible_turns, block.hidden_turns, states, streams, sweeps
        )

    return advanced(chains, threads, work)


def conditional_features(block: Block, couplings, states: np.ndarray) -> np.ndarray:
    """Return E_std[φ | x] averaged over sampled corners, the centre summed exactly.

    Parameters
    ----------
    block : Block
    couplings : array
        Shape ``(batch, student coupling)``.
    states : numpy.ndarray
        Shape ``(batch, chain, 4)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(batch, student coupling)``.
    """
    couplings = as_couplings(couplings, block.student.shape[0], "student")
    bonds = np.tensordot(couplings, block.student, axes=1)
    cells = np.empty_like(bonds)
    _conditional_cells(bonds, block.visible_turns, block.hidden_turns, states, cells)
    return np.tensordot(cells, block.student, axes=([1, 2], [1, 2]))
