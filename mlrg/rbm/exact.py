"""Exact enumeration of one block: marginals, KL divergence and gradient, batched over couplings.

Teacher, Eq. (5): summing each edge spin leaves a product over the four edges,

    log w_tch(x) = Σ_i log W(r⁻ⁱ x_i, r⁻ⁱ x_{i+1}),   W(x, x') = Σ_z exp(f_0(z, x) + f_2(z, x')).

Student, Eq. (6): one sum over the centre, w_std(x) = Σ_z Π_i exp f_i(x_i, z). The products of two
bonds, A(x0, x1; z) and B(x2, x3; z), are tabulated, so that a configuration costs one dot product.

Everything is in nats and safe against overflow: every edge sum is a log-sum-exp, and a student dot
product that underflows is redone in logarithms. Sums run over orbit representatives.
"""

import numba
import numpy as np

from mlrg.rbm.block import Block, as_couplings

_TINY = 1e-200


@numba.njit(cache=True)
def _bond_table(couplings, features):
    """f_0[s, t] = Σ_d J_d Φ[d, s, t]."""
    dimension, sources, targets = features.shape
    table = np.zeros((sources, targets))
    for d in range(dimension):
        for s in range(sources):
            for t in range(targets):
                table[s, t] += couplings[d] * features[d, s, t]
    return table


@numba.njit(cache=True)
def _edge_table(bond, turns):
    """log W[x, x'] of the edge whose bonds point in directions 0 and 2."""
    states = bond.shape[1]
    sources = bond.shape[0]
    edge = np.empty((states, states))
    for x in range(states):
        for y in range(states):
            turned_y = turns[2, y]
            top = -np.inf
            for z in range(sources):
                top = max(top, bond[z, x] + bond[turns[2, z], turned_y])
            total = 0.0
            for z in range(sources):
                total += np.exp(bond[z, x] + bond[turns[2, z], turned_y] - top)
            edge[x, y] = top + np.log(total)
    return edge


@numba.njit(cache=True)
def _fill_teacher(edge, turns, configurations, out):
    for m in range(configurations.shape[0]):
        total = 0.0
        for i in range(4):
            x, y = configurations[m, i], configurations[m, (i + 1) % 4]
            total += edge[turns[i, x], turns[i, y]]
        out[m] = total


@numba.njit(cache=True)
def _pair_logs(bond, visible_turns, hidden_turns, first):
    """Log weight f_i(x, z) + f_{i+1}(y, z) with i = `first`, shape (visible², hidden)."""
    visible, hidden = bond.shape
    logs = np.empty((visible * visible, hidden))
    for x in range(visible):
        for y in range(visible):
            for z in range(hidden):
                logs[x * visible + y, z] = (
                    bond[visible_turns[first, x], hidden_turns[first, z]]
                    + bond[visible_turns[first + 1, y], hidden_turns[first + 1, z]]
                )
    return logs


@numba.njit(cache=True)
def _scaled_exponential(logs, table, top):
    for row in range(logs.shape[0]):
        largest = -np.inf
        for z in range(logs.shape[1]):
            largest = max(largest, logs[row, z])
        top[row] = largest
        for z in range(logs.shape[1]):
            table[row, z] = np.exp(logs[row, z] - largest)


@numba.njit(cache=True)
def _log_sum(logs_a, logs_b, row_a, row_b):
    top = -np.inf
    for z in range(logs_a.shape[1]):
        top = max(top, logs_a[row_a, z] + logs_b[row_b, z])
    total = 0.0
    for z in range(logs_a.shape[1]):
        total += np.exp(logs_a[row_a, z] + logs_b[row_b, z] - top)
    return top + np.log(total)


@numba.njit(cache=True)
def _fill_student(tables, rows, dots, out):
    logs_a, logs_b, a, b, top_a, top_b = tables
    hidden = a.shape[1]
    for m in range(rows.shape[0]):
        row_a, row_b = rows[m, 0], rows[m, 1]
        total = 0.0
        for z in range(hidden):
            total += a[row_a, z] * b[row_b, z]
        dots[m] = total
        if total > _TINY:
            out[m] = top_a[row_a] + top_b[row_b] + np.log(total)
        else:
            out[m] = _log_sum(logs_a, logs_b, row_a, row_b)


@numba.njit(cache=True)
def _student_tables(couplings, features, visible_turns, hidden_turns):
    bond = _bond_table(couplings, features)
    logs_a = _pair_logs(bond, visible_turns, hidden_turns, 0)
    logs_b = _pair_logs(bond, visible_turns, hidden_turns, 2)
    a, b = np.empty_like(logs_a), np.empty_like(logs_b)
    top_a, top_b = np.empty(logs_a.shape[0]), np.empty(logs_b.shape[0])
    _scaled_exponential(logs_a, a, top_a)
    _scaled_exponential(logs_b, b, top_b)
    return logs_a, logs_b, a, b, top_a, top_b


@numba.njit(cache=True)
def _pair_rows(configurations, states):
    rows = np.empty((configurations.shape[0], 2), dtype=np.int64)
    for m in range(configurations.shape[0]):
        rows[m, 0] = configurations[m, 0] * states + configurations[m, 1]
        rows[m, 1] = configurations[m, 2] * states + configurations[m, 3]
    return rows


@numba.njit(cache=True)
def _normalise(logs, multiplicities):
    """Subtract the log partition sum in place and return it.

    The largest term goes first: subtracting the whole sum at once would lose digits of logs that
    are large and close together.
    """
    top = -np.inf
    for m in range(logs.size):
        top = max(top, logs[m])
    total = 0.0
    for m in range(logs.size):
        logs[m] -= top
        total += multiplicities[m] * np.exp(logs[m])
    rest = np.log(total)
    for m in range(logs.size):
        logs[m] -= rest
    return top + rest


@numba.njit(cache=True)
def _relative_term(log_p, log_q):
    """The term p·log(p/q) − p + q of a KL divergence, never negative."""
    p = np.exp(log_p)
    r = log_q - log_p
    if p == 0.0 or r > 700.0:
        return np.exp(log_q)
    if abs(r) < 1e-2:
        series = 1.0 + r / 3.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0)))
        return p * r * r * 0.5 * series
    return p * (np.expm1(r) - r)


@numba.njit(cache=True)
def _accumulate(tables, rows, dots, weights, grid_a, grid_b):
    """Add weights[m]·p(z | x_m) to the pair cells of every configuration."""
    logs_a, logs_b, a, b = tables[0], tables[1], tables[2], tables[3]
    hidden = a.shape[1]
    for m in range(rows.shape[0]):
        row_a, row_b = rows[m, 0], rows[m, 1]
        if dots[m] > _TINY:
            scale = weights[m] / dots[m]
            for z in range(hidden):
                share = scale * a[row_a, z] * b[row_b, z]
                grid_a[row_a, z] += share
                grid_b[row_b, z] += share
        else:
            norm = _log_sum(logs_a, logs_b, row_a, row_b)
            for z in range(hidden):
                share = weights[m] * np.exp(logs_a[row_a, z] + logs_b[row_b, z] - norm)
                grid_a[row_a, z] += share
                grid_b[row_b, z] += share


@numba.njit(cache=True)
def _contract(grid_a, grid_b, features, visible_turns, hidden_turns, sign, out):
    """Turn pair-cell weights into Σ weight·Σ_i Φ_i[d, x_i, z], added to `out` with a sign."""
    dimension, visible, hidden = features.shape
    cells = np.zeros((visible, hidden))
    for x in range(visible):
        for y in range(visible):
            for z in range(hidden):
                share = grid_a[x * visible + y, z]
                cells[visible_turns[0, x], hidden_turns[0, z]] += share
                cells[visible_turns[1, y], hidden_turns[1, z]] += share
                share = grid_b[x * visible + y, z]
                cells[visible_turns[2, x], hidden_turns[2, z]] += share
                cells[visible_turns[3, y], hidden_turns[3, z]] += share
    for d in range(dimension):
        total = 0.0
        for x in range(visible):
            for z in range(hidden):
                total += features[d, x, z] * cells[x, z]
        out[d] += sign * total


@numba.njit(cache=True)
def _kl_batch(
    teacher_couplings,
    student_couplings,
    teacher_features,
    student_features,
    visible_turns,
    hidden_turns,
    configurations,
    multiplicities,
    want_gradient,
):
    batch = teacher_couplings.shape[0]
    orbits = configurations.shape[0]
    visible, hidden = student_features.shape[1], student_features.shape[2]
    rows = _pair_rows(configurations, visible)
    log_p, log_q = np.empty(orbits), np.empty(orbits)
    dots, weights = np.empty(orbits), np.empty(orbits)
    grid_a = np.empty((visible * visible, hidden))
    grid_b = np.empty((visible * visible, hidden))
    kl = np.zeros(batch)
    gradient = np.zeros((batch, student_couplings.shape[1]))
    for n in range(batch):
        bond = _bond_table(teacher_couplings[n], teacher_features)
        _fill_teacher(_edge_table(bond, visible_turns), visible_turns, configurations, log_p)
        tables = _student_tables(
            student_couplings[n], student_features, visible_turns, hidden_turns
        )
        _fill_student(tables, rows, dots, log_q)
        _normalise(log_p, multiplicities)
        _normalise(log_q, multiplicities)
        for m in range(orbits):
            kl[n] += multiplicities[m] * _relative_term(log_p[m], log_q[m])
        if want_gradient:
            for m in range(orbits):
                weights[m] = multiplicities[m] * (np.exp(log_p[m]) - np.exp(log_q[m]))
            grid_a[:] = 0.0
            grid_b[:] = 0.0
            _accumulate(tables, rows, dots, weights, grid_a, grid_b)
            _contract(
                grid_a, grid_b, student_features, visible_turns, hidden_turns, -1.0, gradient[n]
            )
    return kl, gradient


@numba.njit(cache=True)
def _log_weights_batch(
    couplings, features, visible_turns, hidden_turns, configurations, is_teacher
):
    out = np.empty((couplings.shape[0], configurations.shape[0]))
    rows = _pair_rows(configurations, visible_turns.shape[1])
    dots = np.empty(configurations.shape[0])
    for n in range(couplings.shape[0]):
        if is_teacher:
            bond = _bond_table(couplings[n], features)
            _fill_teacher(_edge_table(bond, visible_turns), visible_turns, configurations, out[n])
        else:
            tables = _student_tables(couplings[n], features, visible_turns, hidden_turns)
            _fill_student(tables, rows, dots, out[n])
    return out


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
    return _log_weights_batch(
        as_couplings(couplings, features.shape[0], side),
        features,
        block.visible_turns,
        block.hidden_turns,
        block.configurations,
        is_teacher,
    )


def edge_tables(block: Block, couplings) -> np.ndarray:
    """Return log W of the four edges (x_i, x_{i+1}) of the teacher, shape ``(4, N, N)``.

    The Boltzmann tensor of Eq. (22) is their product, log T = Σ_i log W_i[x_i, x_{i+1}].
    """
    row = as_couplings(couplings, block.teacher.shape[0], "teacher")[0]
    edge = _edge_table(_bond_table(row, block.teacher), block.visible_turns)
    return np.array([edge[np.ix_(turn, turn)] for turn in block.visible_turns])


def log_partition(block: Block, couplings, side: str) -> np.ndarray:
    """Return ln Σ_x w(x) of ``teacher`` or ``student`` in nats, shape ``(batch,)``."""
    logs = log_weights(block, couplings, side)
    weights = block.multiplicities.astype(float)
    return np.array([_normalise(row, weights) for row in logs])


def marginals(block: Block, couplings, side: str) -> np.ndarray:
    """Return the probability of each orbit representative (one configuration, not the orbit).

    Shape ``(batch, orbit)``; ``marginals @ block.multiplicities`` is one (Eq. 8).
    """
    logs = log_weights(block, couplings, side)
    weights = block.multiplicities.astype(float)
    for row in logs:
        _normalise(row, weights)
    return np.exp(logs)


def kl_divergence(block: Block, teacher, student) -> np.ndarray:
    """Return D_KL(p_tch ‖ p_std) in nats (Eq. 7), shape ``(batch,)``."""
    return _kl(block, teacher, student, False)[0]


def kl_and_gradient(block: Block, teacher, student) -> tuple[np.ndarray, np.ndarray]:
    """Return the KL divergence in nats and its gradient in the student's couplings.

    Parameters
    ----------
    block : Block
    teacher, student : array
        Couplings, shapes ``(batch, teacher coupling)`` and ``(batch, student coupling)``.

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
    """
    return _kl(block, teacher, student, True)


def _kl(block: Block, teacher, student, want_gradient: bool):
    return _kl_batch(
        as_couplings(teacher, block.teacher.shape[0], "teacher"),
        as_couplings(student, block.student.shape[0], "student"),
        block.teacher,
        block.student,
        block.visible_turns,
        block.hidden_turns,
        block.configurations,
        block.multiplicities.astype(float),
        want_gradient,
    )
