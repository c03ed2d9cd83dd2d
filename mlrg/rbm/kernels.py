"""Compiled kernels of exact enumeration, for one set of couplings at a time.

Teacher, Eq. (5): summing each edge spin leaves a product over the four edges,

    log w_tch(x) = Σ_i log W(r⁻ⁱ x_i, r⁻ⁱ x_{i+1}),   W(x, x') = Σ_z exp(f_0(z, x) + f_2(z, x')).

Student, Eq. (6): one sum over the centre, w_std(x) = Σ_z Π_i exp f_i(x_i, z). The products of two
bonds, A[x0 x1; z] and B[x2 x3; z], are tabulated, so that a configuration costs one dot product of
two rows. A row of A serves the run of configurations that share (x0, x1).

Everything is in nats and safe against overflow: exponentials of single bonds are scaled by their
largest entry, products of them that underflow are redone in logarithms, and weights are multiplied
up without logarithms only while their range is small. That leaves one logarithm for each
configuration. Sums over the centre are done for all (x2, x3) that a run of one (x0, x1) spans, also
those between that have another representative: every sum keeps its order, and the compiler can
still turn the loop over neighbouring (x2, x3) into vector instructions.

All kernels stand in this file: numba's cache does not notice edits in files that a kernel imports.
"""

import numba
import numpy as np

# Sums below this are redone in logarithms; rows below the second number as well.
_TINY = 1e-200
_SMALL = 1e-100
# Weights whose logarithms span more than this are not multiplied up directly.
_NARROW = 300.0


@numba.njit(cache=True, nogil=True)
def _bond_table(couplings, features, measure):
    """f_0[s, t] = Σ_d J_d Φ[d, s, t], and each bond's share of ln of the hidden spin's measure."""
    dimension, sources, targets = features.shape
    table = measure.copy()
    for d in range(dimension):
        for s in range(sources):
            for t in range(targets):
                table[s, t] += couplings[d] * features[d, s, t]
    return table


@numba.njit(cache=True, nogil=True)
def _row_times(row, table, low, out):
    """out[k] = Σ_z row[z]·table[z, low + k], each sum in the order of z.

    Columns are sliced, not indexed from `low`: a loop from zero cannot meet negative indices.
    """
    high = low + out.size
    whole = row.size - row.size % 4
    out[:] = 0.0
    for z in range(0, whole, 4):
        f0, f1, f2, f3 = row[z], row[z + 1], row[z + 2], row[z + 3]
        t0, t1 = table[z, low:high], table[z + 1, low:high]
        t2, t3 = table[z + 2, low:high], table[z + 3, low:high]
        for k in range(out.size):
            out[k] += f0 * t0[k] + f1 * t1[k] + f2 * t2[k] + f3 * t3[k]
    for z in range(whole, row.size):
        factor, other = row[z], table[z, low:high]
        for k in range(out.size):
            out[k] += factor * other[k]


@numba.njit(cache=True, nogil=True)
def _run_end(rows, start):
    """End of the run of configurations that share the row of A of configuration `start`."""
    end = start + 1
    while end < rows.shape[0] and rows[end, 0] == rows[start, 0]:
        end += 1
    return end


@numba.njit(cache=True, nogil=True)
def _scale_rows(logs, scaled, top):
    """exp(logs − top) with the largest entry of each row in `top`."""
    for row in range(logs.shape[0]):
        largest = -np.inf
        for z in range(logs.shape[1]):
            largest = max(largest, logs[row, z])
        top[row] = largest
        for z in range(logs.shape[1]):
            scaled[row, z] = np.exp(logs[row, z] - largest)


@numba.njit(cache=True, nogil=True)
def _fill_edge(bond, turns, logs, scaled, top, edge):
    """log W[x, x'], from the two bonds of an edge as rows over its hidden spin."""
    sources, states = bond.shape
    for x in range(states):
        for z in range(sources):
            logs[0, x, z] = bond[z, x]
            logs[1, x, z] = bond[turns[2, z], turns[2, x]]
    for side in range(2):
        _scale_rows(logs[side], scaled[side], top[side])
    far = scaled[1].T.copy()
    for x in range(states):
        _row_times(scaled[0, x], far, 0, edge[x])
        for y in range(states):
            if edge[x, y] > _TINY:
                edge[x, y] = top[0, x] + top[1, y] + np.log(edge[x, y])
                continue
            largest = -np.inf
            for z in range(sources):
                largest = max(largest, logs[0, x, z] + logs[1, y, z])
            total = 0.0
            for z in range(sources):
                total += np.exp(logs[0, x, z] + logs[1, y, z] - largest)
            edge[x, y] = largest + np.log(total)


@numba.njit(cache=True, nogil=True)
def _edge_space(states):
    logs = np.empty((2, states, states))
    scaled = np.empty((2, states, states))
    return logs, scaled, np.empty((2, states)), np.empty((states, states))


@numba.njit(cache=True, nogil=True)
def edge_table(couplings, features, measure, turns):
    """log W[x, x'] of the edge whose bonds point in directions 0 and 2."""
    logs, scaled, top, edge = _edge_space(features.shape[2])
    _fill_edge(_bond_table(couplings, features, measure), turns, logs, scaled, top, edge)
    return edge


@numba.njit(cache=True, nogil=True)
def _turned(edge, turns):
    """The tables of the four edges in the corners' own states, ``(4, N, N)``."""
    out = np.empty((4, *edge.shape))
    for i in range(4):
        for x in range(edge.shape[0]):
            for y in range(edge.shape[0]):
                out[i, x, y] = edge[turns[i, x], turns[i, y]]
    return out


@numba.njit(cache=True, nogil=True)
def fill_teacher(edge, turns, configurations, out):
    """log w_tch of every configuration."""
    table = _turned(edge, turns)
    for m in range(configurations.shape[0]):
        x0, x1, x2, x3 = configurations[m]
        out[m] = (table[0, x0, x1] + table[1, x1, x2]) + (table[2, x2, x3] + table[3, x3, x0])


@numba.njit(cache=True, nogil=True)
def _teacher_weights(edge, turns, configurations, out):
    """w_tch of every configuration over the largest that edges allow.

    Returns whether `out` was filled: it is not where the range of edges is wide.
    """
    low, high = edge.min(), edge.max()
    if 4.0 * (high - low) > _NARROW:
        return False
    table = _turned(np.exp(edge - high), turns)
    for m in range(configurations.shape[0]):
        x0, x1, x2, x3 = configurations[m]
        out[m] = (table[0, x0, x1] * table[1, x1, x2]) * (table[2, x2, x3] * table[3, x3, x0])
    return True


@numba.njit(cache=True, nogil=True)
def _fill_pairs(logs, scaled, tops, table, top):
    """Rows Π of two bonds' exponentials over the centre's states, and the scale of each row."""
    states, hidden = logs.shape[1], logs.shape[2]
    for x in range(states):
        for y in range(states):
            row = x * states + y
            top[row] = tops[0, x] + tops[1, y]
            largest = 0.0
            for z in range(hidden):
                table[row, z] = scaled[0, x, z] * scaled[1, y, z]
                largest = max(largest, table[row, z])
            if largest < _SMALL:
                best = -np.inf
                for z in range(hidden):
                    best = max(best, logs[0, x, z] + logs[1, y, z])
                for z in range(hidden):
                    table[row, z] = np.exp(logs[0, x, z] + logs[1, y, z] - best)
                top[row] = best


@numba.njit(cache=True, nogil=True)
def _student_space(states, hidden):
    """Room for bonds: logs, exponentials, scales; and for A, B, B by columns, scales of rows."""
    rows = states * states
    return (
        np.empty((4, states, hidden)),
        np.empty((4, states, hidden)),
        np.empty((4, states)),
        np.empty((rows, hidden)),
        np.empty((rows, hidden)),
        np.empty((hidden, rows)),
        np.empty(rows),
        np.empty(rows),
    )


@numba.njit(cache=True, nogil=True)
def _fill_tables(bond, visible_turns, hidden_turns, space):
    logs, scaled, tops, a, b, columns, top_a, top_b = space
    for i in range(4):
        for x in range(bond.shape[0]):
            for z in range(bond.shape[1]):
                logs[i, x, z] = bond[visible_turns[i, x], hidden_turns[i, z]]
        _scale_rows(logs[i], scaled[i], tops[i])
    _fill_pairs(logs[:2], scaled[:2], tops[:2], a, top_a)
    _fill_pairs(logs[2:], scaled[2:], tops[2:], b, top_b)
    for row in range(b.shape[0]):
        for z in range(b.shape[1]):
            columns[z, row] = b[row, z]
    return a, b, columns, top_a, top_b, logs


@numba.njit(cache=True, nogil=True)
def student_tables(couplings, features, measure, visible_turns, hidden_turns):
    """Tables A, B, B by columns, the scales of rows, and the bonds' logarithms ``(4, N, H)``."""
    space = _student_space(features.shape[1], features.shape[2])
    bond = _bond_table(couplings, features, measure)
    return _fill_tables(bond, visible_turns, hidden_turns, space)


@numba.njit(cache=True, nogil=True)
def _log_terms(logs, row_a, row_b, out):
    """Logarithms of the terms of the centre's sum; return that of their sum."""
    states = logs.shape[1]
    x0, x1, x2, x3 = row_a // states, row_a % states, row_b // states, row_b % states
    top = -np.inf
    for z in range(logs.shape[2]):
        out[z] = logs[0, x0, z] + logs[1, x1, z] + logs[2, x2, z] + logs[3, x3, z]
        top = max(top, out[z])
    total = 0.0
    for z in range(logs.shape[2]):
        total += np.exp(out[z] - top)
    return top + np.log(total)


@numba.njit(cache=True, nogil=True)
def fill_student(tables, rows, dots, out):
    """log w_std of every configuration, and its scaled dot product A·B."""
    a, _, columns, top_a, top_b, logs = tables
    terms, products = np.empty(logs.shape[2]), np.empty(a.shape[0])
    start = 0
    while start < rows.shape[0]:
        end, row_a = _run_end(rows, start), rows[start, 0]
        low, high = rows[start, 1], rows[end - 1, 1] + 1
        _row_times(a[row_a], columns, low, products[: high - low])
        for m in range(start, end):
            row_b = rows[m, 1]
            dots[m] = products[row_b - low]
            if dots[m] > _TINY:
                out[m] = top_a[row_a] + top_b[row_b] + np.log(dots[m])
            else:
                out[m] = _log_terms(logs, row_a, row_b, terms)
        start = end


@numba.njit(cache=True, nogil=True)
def _student_weights(tables, rows, dots, out):
    """w_std of every configuration over the largest that rows allow, as `_teacher_weights`."""
    top_a, top_b = tables[3], tables[4]
    if top_a.max() - top_a.min() + top_b.max() - top_b.min() > _NARROW or dots.min() <= _SMALL:
        return False
    scale_a, scale_b = np.exp(top_a - top_a.max()), np.exp(top_b - top_b.max())
    for m in range(rows.shape[0]):
        out[m] = dots[m] * scale_a[rows[m, 0]] * scale_b[rows[m, 1]]
    return True


@numba.njit(cache=True, nogil=True)
def normalise(logs, multiplicities, out):
    """Subtract the log partition sum in place and return it; `out` gets the probabilities.

    The largest term goes first: subtracting the whole sum at once would lose digits of logs that
    are large and close together.
    """
    top = -np.inf
    for m in range(logs.size):
        top = max(top, logs[m])
    for m in range(logs.size):
        out[m] = np.exp(logs[m] - top)
    return _normalise_weights(logs, multiplicities, out, top)


@numba.njit(cache=True, nogil=True)
def _normalise_weights(logs, multiplicities, out, top):
    """The same with the weights exp(logs − top) at hand in `out`."""
    total = 0.0
    for m in range(logs.size):
        total += multiplicities[m] * out[m]
    rest, share = np.log(total), 1.0 / total
    for m in range(logs.size):
        logs[m] = (logs[m] - top) - rest
        out[m] *= share
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

    `grid_a` is laid out by rows and `grid_b` by columns. Sums of weight·B and weight·A come first
    and are multiplied by A and B at the end; configurations whose dot product underflowed are added
    one by one.
    """
    a, b, columns, logs = tables[0], tables[1], tables[2], tables[5]
    hidden = a.shape[1]
    grid_a[:] = 0.0
    grid_b[:] = 0.0
    scales, terms = np.zeros(a.shape[0]), np.empty(hidden)
    start = 0
    while start < rows.shape[0]:
        end, row_a = _run_end(rows, start), rows[start, 0]
        low, high = rows[start, 1], rows[end - 1, 1] + 1
        span = scales[: high - low]
        span[:] = 0.0
        for m in range(start, end):
            if dots[m] > _TINY:
                span[rows[m, 1] - low] = weights[m] / dots[m]
        _row_times(span, b[low:high], 0, grid_a[row_a])
        for z in range(hidden):
            factor, column = a[row_a, z], grid_b[z, low:high]
            for k in range(span.size):
                column[k] += factor * span[k]
        start = end
    for row in range(a.shape[0]):
        for z in range(hidden):
            grid_a[row, z] *= a[row, z]
    for z in range(hidden):
        for row in range(a.shape[0]):
            grid_b[z, row] *= columns[z, row]
    for m in range(rows.shape[0]):
        if dots[m] <= _TINY:
            norm = _log_terms(logs, rows[m, 0], rows[m, 1], terms)
            for z in range(hidden):
                share = weights[m] * np.exp(terms[z] - norm)
                grid_a[rows[m, 0], z] += share
                grid_b[z, rows[m, 1]] += share


@numba.njit(cache=True, nogil=True)
def _contract(grid_a, grid_b, features, visible_turns, hidden_turns, out):
    """Turn pair-cell weights into out[d] = Σ weight·Σ_i Φ_i[d, x_i, z]."""
    dimension, visible, hidden = features.shape
    # Weights of (x_i, z) for each corner first, then both turned back to the first bond.
    corners = np.zeros((4, visible, hidden))
    for x in range(visible):
        for y in range(visible):
            row = grid_a[x * visible + y]
            first, second = corners[0, x], corners[1, y]
            for z in range(hidden):
                first[z] += row[z]
                second[z] += row[z]
    for z in range(hidden):
        for x in range(visible):
            for y in range(visible):
                share = grid_b[z, x * visible + y]
                corners[2, x, z] += share
                corners[3, y, z] += share
    cells = np.zeros((visible, hidden))
    for i in range(4):
        for x in range(visible):
            for z in range(hidden):
                cells[visible_turns[i, x], hidden_turns[i, z]] += corners[i, x, z]
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
    teacher_measure,
    student_measure,
    visible_turns,
    hidden_turns,
    configurations,
    rows,
    multiplicities,
    kl,
    gradient,
):
    """KL divergence and its gradient for a batch; every row depends on its couplings alone."""
    orbits = configurations.shape[0]
    visible, hidden = student_features.shape[1], student_features.shape[2]
    log_p, log_q = np.empty(orbits), np.empty(orbits)
    p, q, dots = np.empty(orbits), np.empty(orbits), np.empty(orbits)
    edge_logs, edge_scaled, edge_top, edge = _edge_space(visible)
    space = _student_space(visible, hidden)
    grid_a, grid_b = np.empty((visible**2, hidden)), np.empty((hidden, visible**2))
    for n in range(teacher_couplings.shape[0]):
        bond = _bond_table(teacher_couplings[n], teacher_features, teacher_measure)
        _fill_edge(bond, visible_turns, edge_logs, edge_scaled, edge_top, edge)
        fill_teacher(edge, visible_turns, configurations, log_p)
        if _teacher_weights(edge, visible_turns, configurations, p):
            _normalise_weights(log_p, multiplicities, p, 4.0 * edge.max())
        else:
            normalise(log_p, multiplicities, p)
        bond = _bond_table(student_couplings[n], student_features, student_measure)
        tables = _fill_tables(bond, visible_turns, hidden_turns, space)
        fill_student(tables, rows, dots, log_q)
        if _student_weights(tables, rows, dots, q):
            _normalise_weights(log_q, multiplicities, q, tables[3].max() + tables[4].max())
        else:
            normalise(log_q, multiplicities, q)
        kl[n] = 0.0
        for m in range(orbits):
            kl[n] += multiplicities[m] * _relative_term(p[m], q[m], log_p[m], log_q[m])
        for m in range(orbits):
            p[m] = multiplicities[m] * (q[m] - p[m])
        _spread(tables, rows, dots, p, grid_a, grid_b)
        _contract(grid_a, grid_b, student_features, visible_turns, hidden_turns, gradient[n])


@numba.njit(cache=True, nogil=True)
def log_weights_batch(
    couplings,
    features,
    measure,
    visible_turns,
    hidden_turns,
    configurations,
    rows,
    is_teacher,
    out,
):
    """Log of the unnormalised weights of one side for a batch."""
    dots = np.empty(configurations.shape[0])
    for n in range(couplings.shape[0]):
        if is_teacher:
            edge = edge_table(couplings[n], features, measure, visible_turns)
            fill_teacher(edge, visible_turns, configurations, out[n])
        else:
            tables = student_tables(couplings[n], features, measure, visible_turns, hidden_turns)
            fill_student(tables, rows, dots, out[n])


@numba.njit(cache=True, nogil=True)
def pair_features(features, visible_turns, hidden_turns, first):
    """Φ_i[d, x, z] + Φ_{i+1}[d, y, z] with i = `first`, as [x·N + y, z, d]."""
    dimension, visible, hidden = features.shape
    out = np.empty((visible * visible, hidden, dimension))
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
    """Add Σ_cells grid·φφᵀ of one half of the student."""
    for row in range(pairs.shape[0]):
        for z in range(pairs.shape[1]):
            share, phi = grid[row, z], pairs[row, z]
            for d in range(out.shape[0]):
                left = share * phi[d]
                for e in range(out.shape[0]):
                    out[d, e] += left * phi[e]


@numba.njit(cache=True, nogil=True)
def _direct_means(logs, pairs_a, pairs_b, row_a, row_b, terms, mean):
    """E[φ | x] of one configuration in logarithms."""
    norm = _log_terms(logs, row_a, row_b, terms)
    mean[:] = 0.0
    for z in range(terms.size):
        share = np.exp(terms[z] - norm)
        for d in range(mean.size):
            mean[d] += share * (pairs_a[row_a, z, d] + pairs_b[row_b, z, d])


@numba.njit(cache=True, nogil=True)
def _cross_second_moment(tables, weighted_a, weighted_b, pairs, rows, dots, weights, out):
    """Add Σ_m weights[m] Σ_z p(z | x_m) (φ_A φ_Bᵀ + φ_B φ_Aᵀ), a run of one row of A at a time."""
    hidden, dimension = weighted_a.shape[1], weighted_a.shape[2]
    pairs_a, pairs_b = pairs
    logs = tables[5]
    terms = np.empty(hidden)
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
            norm = _log_terms(logs, row_a, row_b, terms)
            for z in range(hidden):
                share = weights[m] * np.exp(terms[z] - norm)
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
    measure,
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
    features of both halves.
    """
    orbits = rows.shape[0]
    hidden, dimension = pairs[0].shape[1], pairs[0].shape[2]
    tables = student_tables(couplings, features, measure, visible_turns, hidden_turns)
    a, b = tables[0], tables[1]
    log_q, q, dots = np.empty(orbits), np.empty(orbits), np.empty(orbits)
    fill_student(tables, rows, dots, log_q)
    normalise(log_q, multiplicities, q)
    weighted_a, weighted_b = _weighted(a, pairs[0]), _weighted(b, pairs[1])
    kl = 0.0
    weights, terms = np.empty(orbits), np.empty(hidden)
    average = np.zeros(dimension)
    between = np.zeros((dimension, dimension))
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
                for d in range(dimension):
                    mean[d] += right * first[d] + left * second[d]
            for d in range(dimension):
                mean[d] /= dots[m]
        else:
            _direct_means(tables[5], pairs[0], pairs[1], row_a, row_b, terms, mean)
        of_student, of_teacher = multiplicities[m] * q[m], multiplicities[m] * p
        for d in range(dimension):
            average[d] += of_student * mean[d]
            gradient[d] += weights[m] * mean[d]
            left = of_teacher * mean[d]
            for e in range(dimension):
                between[d, e] += left * mean[e]
    grid_a, grid_b = np.empty_like(a), np.empty_like(tables[2])
    _spread(tables, rows, dots, weights, grid_a, grid_b)
    for d in range(dimension):
        for e in range(dimension):
            hessian[d, e] = between[d, e] - average[d] * average[e]
    _own_second_moment(grid_a, pairs[0], hessian)
    _own_second_moment(grid_b.T.copy(), pairs[1], hessian)
    _cross_second_moment(tables, weighted_a, weighted_b, pairs, rows, dots, weights, hessian)
    return kl
