"""Compiled kernels of exact enumeration, for one set of couplings at a time.

Teacher, Eq. (5): summing each edge spin leaves a product over the four edges,

    log w_tch(x) = Σ_i log W(r⁻ⁱ x_i, r⁻ⁱ x_{i+1}),   W(x, x') = Σ_z exp(f_0(z, x) + f_2(z, x')).

Student, Eq. (6): one sum over the centre, w_std(x) = Σ_z Π_i exp f_i(x_i, z). The products of two
bonds, A[x0 x1; z] and B[x2 x3; z], are tabulated, so that a configuration costs one dot product of
two rows. A row of A serves the run of configurations that share (x0, x1).

Everything is in nats and safe against overflow: every edge sum is a log-sum-exp, rows of A and B
are scaled by their largest entry, and a dot product that underflows is redone in logarithms. Inner
loops run over the centre's states, padded to a multiple of four, with four partial sums: that is
what the compiler can turn into vector instructions without reordering any sum behind our back.

All kernels stand in this file: numba's cache does not notice edits in files that a kernel imports.
"""

import numba
import numpy as np

_TINY = 1e-200
LANES = 4


@numba.njit(cache=True, nogil=True)
def _bond_table(couplings, features):
    """f_0[s, t] = Σ_d J_d Φ[d, s, t]."""
    dimension, sources, targets = features.shape
    table = np.zeros((sources, targets))
    for d in range(dimension):
        for s in range(sources):
            for t in range(targets):
                table[s, t] += couplings[d] * features[d, s, t]
    return table


@numba.njit(cache=True, nogil=True)
def edge_table(couplings, features, turns):
    """log W[x, x'] of the edge whose bonds point in directions 0 and 2."""
    bond = _bond_table(couplings, features)
    sources, states = bond.shape
    # One row for each x, so that the inner loop runs over neighbouring cells.
    near, far = np.empty((states, sources)), np.empty((states, sources))
    for x in range(states):
        for z in range(sources):
            near[x, z] = bond[z, x]
            far[x, z] = bond[turns[2, z], turns[2, x]]
    edge = np.empty((states, states))
    for x in range(states):
        for y in range(states):
            top = -np.inf
            for z in range(sources):
                top = max(top, near[x, z] + far[y, z])
            total = 0.0
            for z in range(sources):
                total += np.exp(near[x, z] + far[y, z] - top)
            edge[x, y] = top + np.log(total)
    return edge


@numba.njit(cache=True, nogil=True)
def fill_teacher(edge, turns, configurations, out):
    """log w_tch of every configuration."""
    for m in range(configurations.shape[0]):
        total = 0.0
        for i in range(4):
            x, y = configurations[m, i], configurations[m, (i + 1) % 4]
            total += edge[turns[i, x], turns[i, y]]
        out[m] = total


@numba.njit(cache=True, nogil=True)
def _pair_table(bond, visible_turns, hidden_turns, first):
    """exp(f_i(x, z) + f_{i+1}(y, z) − top) with i = `first`, its logarithm + top, and top."""
    visible, hidden = bond.shape
    padded = (hidden + LANES - 1) // LANES * LANES
    near, far = np.empty((visible, hidden)), np.empty((visible, hidden))
    for x in range(visible):
        for z in range(hidden):
            near[x, z] = bond[visible_turns[first, x], hidden_turns[first, z]]
            far[x, z] = bond[visible_turns[first + 1, x], hidden_turns[first + 1, z]]
    logs = np.empty((visible * visible, hidden))
    table = np.zeros((visible * visible, padded))
    top = np.empty(visible * visible)
    for x in range(visible):
        for y in range(visible):
            row = x * visible + y
            largest = -np.inf
            for z in range(hidden):
                logs[row, z] = near[x, z] + far[y, z]
                largest = max(largest, logs[row, z])
            top[row] = largest
            for z in range(hidden):
                table[row, z] = np.exp(logs[row, z] - largest)
    return table, logs, top


@numba.njit(cache=True, nogil=True)
def student_tables(couplings, features, visible_turns, hidden_turns):
    """Tables A and B of the student, their logarithms, and the scales of their rows."""
    bond = _bond_table(couplings, features)
    a, logs_a, top_a = _pair_table(bond, visible_turns, hidden_turns, 0)
    b, logs_b, top_b = _pair_table(bond, visible_turns, hidden_turns, 2)
    return a, b, logs_a, logs_b, top_a, top_b


@numba.njit(cache=True, nogil=True)
def _log_sum(logs_a, logs_b, row_a, row_b):
    top = -np.inf
    for z in range(logs_a.shape[1]):
        top = max(top, logs_a[row_a, z] + logs_b[row_b, z])
    total = 0.0
    for z in range(logs_a.shape[1]):
        total += np.exp(logs_a[row_a, z] + logs_b[row_b, z] - top)
    return top + np.log(total)


@numba.njit(cache=True, nogil=True)
def fill_student(tables, rows, dots, out):
    """log w_std of every configuration, and its scaled dot product A·B."""
    a, b, logs_a, logs_b, top_a, top_b = tables
    for m in range(rows.shape[0]):
        left, right = a[rows[m, 0]], b[rows[m, 1]]
        t0, t1, t2, t3 = 0.0, 0.0, 0.0, 0.0
        for z in range(0, a.shape[1], LANES):
            t0 += left[z] * right[z]
            t1 += left[z + 1] * right[z + 1]
            t2 += left[z + 2] * right[z + 2]
            t3 += left[z + 3] * right[z + 3]
        total = (t0 + t1) + (t2 + t3)
        dots[m] = total
        if total > _TINY:
            out[m] = top_a[rows[m, 0]] + top_b[rows[m, 1]] + np.log(total)
        else:
            out[m] = _log_sum(logs_a, logs_b, rows[m, 0], rows[m, 1])


@numba.njit(cache=True, nogil=True)
def normalise(logs, multiplicities, out):
    """Subtract the log partition sum in place and return it; `out` gets the probabilities.

    The largest term goes first: subtracting the whole sum at once would lose digits of logs that
    are large and close together.
    """
    top = -np.inf
    for m in range(logs.size):
        top = max(top, logs[m])
    total = 0.0
    for m in range(logs.size):
        logs[m] -= top
        out[m] = np.exp(logs[m])
        total += multiplicities[m] * out[m]
    rest = np.log(total)
    for m in range(logs.size):
        logs[m] -= rest
        out[m] /= total
    return top + rest


@numba.njit(cache=True, nogil=True)
def _relative_term(p, q, log_p, log_q):
    """The term p·log(p/q) − p + q of a KL divergence, never negative."""
    r = log_q - log_p
    if abs(r) < 1e-2:
        series = 1.0 + r / 3.0 * (1.0 + r / 4.0 * (1.0 + r / 5.0 * (1.0 + r / 6.0)))
        return p * r * r * 0.5 * series
    if p == 0.0:
        return q
    return max(q - p - p * r, 0.0)


@numba.njit(cache=True, nogil=True)
def _spread(tables, rows, dots, weights, grid_a, grid_b):
    """Fill pair cells with weights[m]·p(z | x_m), summed over the configurations of each cell.

    Sums of weight·B and weight·A come first and are multiplied by A and B at the end; weights of
    configurations whose dot product underflowed are added one by one.
    """
    a, b, logs_a, logs_b, _, _ = tables
    sum_a, sum_b = np.zeros_like(a), np.zeros_like(b)
    for m in range(rows.shape[0]):
        if dots[m] > _TINY:
            scale = weights[m] / dots[m]
            left, right = a[rows[m, 0]], b[rows[m, 1]]
            into_a, into_b = sum_a[rows[m, 0]], sum_b[rows[m, 1]]
            for z in range(a.shape[1]):
                into_a[z] += scale * right[z]
            for z in range(a.shape[1]):
                into_b[z] += scale * left[z]
    for row in range(grid_a.shape[0]):
        for z in range(grid_a.shape[1]):
            grid_a[row, z] = sum_a[row, z] * a[row, z]
            grid_b[row, z] = sum_b[row, z] * b[row, z]
    for m in range(rows.shape[0]):
        if dots[m] <= _TINY:
            row_a, row_b = rows[m, 0], rows[m, 1]
            norm = _log_sum(logs_a, logs_b, row_a, row_b)
            for z in range(grid_a.shape[1]):
                share = weights[m] * np.exp(logs_a[row_a, z] + logs_b[row_b, z] - norm)
                grid_a[row_a, z] += share
                grid_b[row_b, z] += share


@numba.njit(cache=True, nogil=True)
def _contract(grid_a, grid_b, features, visible_turns, hidden_turns, out):
    """Turn pair-cell weights into out[d] = Σ weight·Σ_i Φ_i[d, x_i, z]."""
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
        out[d] = 0.0
        for x in range(visible):
            for z in range(hidden):
                out[d] += features[d, x, z] * cells[x, z]


@numba.njit(cache=True, nogil=True)
def kl_batch(
    teacher_couplings,
    student_couplings,
    teacher_features,
    student_features,
    visible_turns,
    hidden_turns,
    configurations,
    rows,
    multiplicities,
    want_gradient,
    kl,
    gradient,
):
    """KL divergence and its gradient for a batch; every row depends on its couplings alone."""
    orbits = configurations.shape[0]
    visible, hidden = student_features.shape[1], student_features.shape[2]
    log_p, log_q = np.empty(orbits), np.empty(orbits)
    p, q, dots = np.empty(orbits), np.empty(orbits), np.empty(orbits)
    grid_a = np.empty((visible * visible, hidden))
    grid_b = np.empty((visible * visible, hidden))
    for n in range(teacher_couplings.shape[0]):
        edge = edge_table(teacher_couplings[n], teacher_features, visible_turns)
        fill_teacher(edge, visible_turns, configurations, log_p)
        tables = student_tables(student_couplings[n], student_features, visible_turns, hidden_turns)
        fill_student(tables, rows, dots, log_q)
        normalise(log_p, multiplicities, p)
        normalise(log_q, multiplicities, q)
        kl[n] = 0.0
        for m in range(orbits):
            kl[n] += multiplicities[m] * _relative_term(p[m], q[m], log_p[m], log_q[m])
        if want_gradient:
            for m in range(orbits):
                p[m] = multiplicities[m] * (q[m] - p[m])
            _spread(tables, rows, dots, p, grid_a, grid_b)
            _contract(grid_a, grid_b, student_features, visible_turns, hidden_turns, gradient[n])


@numba.njit(cache=True, nogil=True)
def log_weights_batch(
    couplings, features, visible_turns, hidden_turns, configurations, rows, is_teacher, out
):
    """Log of the unnormalised weights of one side for a batch."""
    dots = np.empty(configurations.shape[0])
    for n in range(couplings.shape[0]):
        if is_teacher:
            edge = edge_table(couplings[n], features, visible_turns)
            fill_teacher(edge, visible_turns, configurations, out[n])
        else:
            tables = student_tables(couplings[n], features, visible_turns, hidden_turns)
            fill_student(tables, rows, dots, out[n])


@numba.njit(cache=True, nogil=True)
def pair_features(features, visible_turns, hidden_turns, first):
    """Φ_i[d, x, z] + Φ_{i+1}[d, y, z] with i = `first`, as [x·N + y, z, d], d padded with zeros."""
    dimension, visible, hidden = features.shape
    padded = (dimension + LANES - 1) // LANES * LANES
    out = np.zeros((visible * visible, hidden, padded))
    for x in range(visible):
        for y in range(visible):
            for z in range(hidden):
                near = hidden_turns[first, z]
                far = hidden_turns[first + 1, z]
                for d in range(dimension):
                    out[x * visible + y, z, d] = (
                        features[d, visible_turns[first, x], near]
                        + features[d, visible_turns[first + 1, y], far]
                    )
    return out


@numba.njit(cache=True, nogil=True)
def _weighted(table, pairs):
    """table[row, z]·pairs[row, z, d]."""
    out = np.empty_like(pairs)
    for row in range(pairs.shape[0]):
        for z in range(pairs.shape[1]):
            for d in range(pairs.shape[2]):
                out[row, z, d] = table[row, z] * pairs[row, z, d]
    return out


@numba.njit(cache=True, nogil=True)
def _own_second_moment(grid, pairs, out):
    """Add Σ_cells grid·φφᵀ of one half of the student, for d ≤ e."""
    for row in range(pairs.shape[0]):
        for z in range(pairs.shape[1]):
            share, phi = grid[row, z], pairs[row, z]
            for d in range(out.shape[0]):
                left = share * phi[d]
                for e in range(out.shape[0]):
                    out[d, e] += left * phi[e]


@numba.njit(cache=True, nogil=True)
def _direct_means(tables, pairs_a, pairs_b, row_a, row_b, mean):
    """E[φ | x] of one configuration in logarithms."""
    logs_a, logs_b = tables[2], tables[3]
    norm = _log_sum(logs_a, logs_b, row_a, row_b)
    mean[:] = 0.0
    for z in range(logs_a.shape[1]):
        share = np.exp(logs_a[row_a, z] + logs_b[row_b, z] - norm)
        for d in range(mean.size):
            mean[d] += share * (pairs_a[row_a, z, d] + pairs_b[row_b, z, d])


@numba.njit(cache=True, nogil=True)
def _cross_second_moment(tables, weighted_a, weighted_b, pairs, rows, dots, weights, out):
    """Add Σ_m weights[m] Σ_z p(z | x_m) (φ_A φ_Bᵀ + φ_B φ_Aᵀ), a run of one row of A at a time."""
    hidden, dimension = weighted_a.shape[1], weighted_a.shape[2]
    pairs_a, pairs_b = pairs
    logs_a, logs_b = tables[2], tables[3]
    cross = np.zeros((dimension, dimension))
    run = np.zeros((hidden, dimension))
    for m in range(rows.shape[0]):
        row_a, row_b = rows[m, 0], rows[m, 1]
        if dots[m] > _TINY:
            scale = weights[m] / dots[m]
            for z in range(hidden):
                into, source = run[z], weighted_b[row_b, z]
                for e in range(dimension):
                    into[e] += scale * source[e]
        else:
            norm = _log_sum(logs_a, logs_b, row_a, row_b)
            for z in range(hidden):
                share = weights[m] * np.exp(logs_a[row_a, z] + logs_b[row_b, z] - norm)
                for d in range(dimension):
                    for e in range(dimension):
                        cross[d, e] += share * pairs_a[row_a, z, d] * pairs_b[row_b, z, e]
        if m + 1 == rows.shape[0] or rows[m + 1, 0] != row_a:
            for z in range(hidden):
                for d in range(dimension):
                    left = weighted_a[row_a, z, d]
                    for e in range(dimension):
                        cross[d, e] += left * run[z, e]
            run[:] = 0.0
    for d in range(dimension):
        for e in range(dimension):
            out[d, e] += cross[d, e] + cross[e, d]


@numba.njit(cache=True, nogil=True)
def derivatives(
    log_p,
    couplings,
    features,
    pairs,
    visible_turns,
    hidden_turns,
    rows,
    multiplicities,
    gradient,
    hessian,
    means,
):
    """KL, gradient, Hessian in the student's couplings, and E_std[φ | x] of every configuration.

    `log_p` is the normalised log probability of one configuration of each orbit, `pairs` the pair
    features of both halves. Arrays of couplings are padded as in `pair_features`.
    """
    orbits = rows.shape[0]
    hidden, padded = pairs[0].shape[1], pairs[0].shape[2]
    tables = student_tables(couplings, features, visible_turns, hidden_turns)
    a, b = tables[0], tables[1]
    log_q, q, dots = np.empty(orbits), np.empty(orbits), np.empty(orbits)
    fill_student(tables, rows, dots, log_q)
    normalise(log_q, multiplicities, q)
    weighted_a, weighted_b = _weighted(a, pairs[0]), _weighted(b, pairs[1])
    kl = 0.0
    weights = np.empty(orbits)
    average = np.zeros(padded)
    between = np.zeros((padded, padded))
    gradient[:] = 0.0
    for m in range(orbits):
        p = np.exp(log_p[m])
        kl += multiplicities[m] * _relative_term(p, q[m], log_p[m], log_q[m])
        weights[m] = multiplicities[m] * (q[m] - p)
        mean = means[m]
        row_a, row_b = rows[m, 0], rows[m, 1]
        if dots[m] > _TINY:
            mean[:] = 0.0
            for z in range(hidden):
                left, right = a[row_a, z], b[row_b, z]
                first, second = weighted_a[row_a, z], weighted_b[row_b, z]
                for d in range(padded):
                    mean[d] += right * first[d] + left * second[d]
            for d in range(padded):
                mean[d] /= dots[m]
        else:
            _direct_means(tables, pairs[0], pairs[1], row_a, row_b, mean)
        of_student, of_teacher = multiplicities[m] * q[m], multiplicities[m] * p
        for d in range(padded):
            average[d] += of_student * mean[d]
            gradient[d] += weights[m] * mean[d]
            left = of_teacher * mean[d]
            for e in range(padded):
                between[d, e] += left * mean[e]
    grid_a, grid_b = np.empty((a.shape[0], hidden)), np.empty((b.shape[0], hidden))
    _spread(tables, rows, dots, weights, grid_a, grid_b)
    for d in range(padded):
        for e in range(padded):
            hessian[d, e] = between[d, e] - average[d] * average[e]
    _own_second_moment(grid_a, pairs[0], hessian)
    _own_second_moment(grid_b, pairs[1], hessian)
    _cross_second_moment(tables, weighted_a, weighted_b, pairs, rows, dots, weights, hessian)
    return kl
