"""Block Gibbs sampling of one RG step of continuous spins, as `mlrg.rbm.gibbs` does of finite ones.

Given its neighbours a spin feels a field: the first harmonics of its bonds add up to one vector H,
and exp(H·s) is the distribution of von Mises on a circle (drawn by the rejection of Best and
Fisher 1979) and of von Mises and Fisher on a sphere (drawn by inverting its distribution function).
Higher harmonics are taken in by rejection, below the sum of their largest values, so that chains
are exact for any couplings. No point of a rule is used, but for the average over the centre. As in
`mlrg.rbm.gibbs`, loops over the four corners are written for this block.
"""

import numba
import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.geometry import CORNERS
from mlrg.rbm.block import as_couplings
from mlrg.rbm.chains import Chains, advanced, seeded, uniform
from mlrg.rbm.quadrature import QuadratureBlock

# Fields below this are none; rejections beyond which a distribution is given up.
_WEAK, _TRIES = 1e-9, 100_000


@numba.njit(cache=True, nogil=True)
def _circle_field(series, sign, spins, fields):
    """G_k of Σ_i f(±(s − t_i)) = Σ_k Re(G_k* e^{iks}), real and imaginary parts ``(k, 2)``."""
    fields[:] = 0.0
    for i in range(spins.shape[0]):
        real, imaginary = 1.0, 0.0
        for k in range(series.shape[0]):
            even, odd = series[k, 0], sign * series[k, 1]
            fields[k, 0] += even * real - odd * imaginary
            fields[k, 1] += even * imaginary + odd * real
            real, imaginary = (
                real * spins[i, 0] - imaginary * spins[i, 1],
                real * spins[i, 1] + imaginary * spins[i, 0],
            )


@numba.njit(cache=True, nogil=True)
def _angle(strength, stream):
    """Draw an angle of density exp(κ cos a)."""
    if strength < _WEAK:
        return np.pi * (2 * uniform(stream) - 1)
    tau = 1 + np.sqrt(1 + 4 * strength * strength)
    # The difference of two numbers near 2 loses its digits for weak fields.
    shape = strength if strength < 1e-4 else (tau - np.sqrt(2 * tau)) / (2 * strength)
    bound = (1 + shape * shape) / (2 * shape)
    while True:
        height = np.cos(np.pi * uniform(stream))
        cosine = (1 + bound * height) / (bound + height)
        gap = strength * (bound - cosine)
        level = 1 - uniform(stream)
        if gap * (2 - gap) > level or np.log(gap / level) + 1 >= gap:
            angle = np.arccos(min(1.0, max(-1.0, cosine)))
            return angle if uniform(stream) < 0.5 else -angle


@numba.njit(cache=True, nogil=True)
def _draw_on_circle(series, sign, spins, fields, out, stream):
    _circle_field(series, sign, spins, fields)
    strength = np.hypot(fields[1, 0], fields[1, 1]) if fields.shape[0] > 1 else 0.0
    centre = np.arctan2(fields[1, 1], fields[1, 0]) if strength > 0 else 0.0
    highest = 0.0
    for k in range(2, fields.shape[0]):
        highest += np.hypot(fields[k, 0], fields[k, 1])
    for _ in range(_TRIES):
        angle = centre + _angle(strength, stream)
        rest = -highest
        for k in range(2, fields.shape[0]):
            rest += fields[k, 0] * np.cos(k * angle) + fields[k, 1] * np.sin(k * angle)
        if highest == 0.0 or uniform(stream) < np.exp(rest):
            out[0], out[1] = np.cos(angle), np.sin(angle)
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _towards(axis, cosine, angle, out):
    """Write the unit vector at an angle from an axis and another about it."""
    # The coordinate axis that is furthest from it spans a plane with it.
    far = 0
    for k in range(1, 3):
        if abs(axis[k]) < abs(axis[far]):
            far = k
    first = np.zeros(3)
    first[far] = 1.0
    along = axis[far]
    size = np.sqrt(1 - along * along)
    for k in range(3):
        first[k] = (first[k] - along * axis[k]) / size
    sine = np.sqrt(max(0.0, 1 - cosine * cosine))
    x, y = sine * np.cos(angle), sine * np.sin(angle)
    for k in range(3):
        second = axis[(k + 1) % 3] * first[(k + 2) % 3] - axis[(k + 2) % 3] * first[(k + 1) % 3]
        out[k] = cosine * axis[k] + x * first[k] + y * second


@numba.njit(cache=True, nogil=True)
def _draw_on_sphere(series, spins, out, stream):
    field = np.zeros(3)
    highest = 0.0
    for k in range(2, series.shape[0]):
        highest += spins.shape[0] * abs(series[k, 0])
    if series.shape[0] > 1:
        for i in range(spins.shape[0]):
            for k in range(3):
                field[k] += series[1, 0] * spins[i, k]
    strength = np.sqrt(field[0] ** 2 + field[1] ** 2 + field[2] ** 2)
    if strength < _WEAK:
        field[:] = np.array([0.0, 0.0, 1.0])
    else:
        field /= strength
    for _ in range(_TRIES):
        share = 1 - uniform(stream)
        if strength < _WEAK:
            cosine = 2 * share - 1
        else:
            cosine = 1 + np.log(share + (1 - share) * np.exp(-2 * strength)) / strength
        cosine = min(1.0, max(-1.0, cosine))
        _towards(field, cosine, 2 * np.pi * uniform(stream), out)
        rest = -highest
        for i in range(spins.shape[0]):
            near = out[0] * spins[i, 0] + out[1] * spins[i, 1] + out[2] * spins[i, 2]
            last, here = 1.0, near
            for k in range(2, series.shape[0]):
                last, here = here, ((2 * k - 1) * near * here - (k - 1) * last) / k
                rest += series[k, 0] * here
        if highest == 0.0 or uniform(stream) < np.exp(rest):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _draw(series, sign, spins, fields, out, stream):
    """Draw a spin given those at its bonds; it is their source for sign 1, their target for −1."""
    if out.size == 2:
        return _draw_on_circle(series, sign, spins, fields, out, stream)
    return _draw_on_sphere(series, spins, out, stream)


@numba.njit(cache=True, nogil=True)
def _teacher_chains(series, states, streams, sweeps):
    """Advance chains in place; return whether all spins were drawn."""
    components = states.shape[3]
    z, pair = np.empty((4, components)), np.empty((2, components))
    fields = np.empty((series.shape[1], 2))
    drawn = True
    for n in range(series.shape[0]):
        for m in range(states.shape[1]):
            x, stream = states[n, m], streams[n, m]
            for _ in range(sweeps):
                # z_i, the source of its bonds, is between x_i and x_{i+1}.
                for i in range(4):
                    pair[0], pair[1] = x[i], x[(i + 1) % 4]
                    drawn &= _draw(series[n], 1.0, pair, fields, z[i], stream)
                for i in range(4):
                    pair[0], pair[1] = z[i], z[(i + 3) % 4]
                    drawn &= _draw(series[n], -1.0, pair, fields, x[i], stream)
    return drawn


@numba.njit(cache=True, nogil=True)
def _student_chains(series, states, streams, sweeps):
    """Advance chains in place; return whether all spins were drawn."""
    centre = np.empty((1, states.shape[3]))
    fields = np.empty((series.shape[1], 2))
    drawn = True
    for n in range(series.shape[0]):
        for m in range(states.shape[1]):
            x, stream = states[n, m], streams[n, m]
            for _ in range(sweeps):
                drawn &= _draw(series[n], -1.0, x, fields, centre[0], stream)
                for i in range(4):
                    drawn &= _draw(series[n], 1.0, centre, fields, x[i], stream)
    return drawn


@numba.njit(cache=True, nogil=True)
def _harmonics(source, target, out):
    """cos ku and sin ku, or P_k and nothing, of the angle of a source from a target."""
    near = 0.0
    for k in range(source.size):
        near += source[k] * target[k]
    out[0, 0], out[0, 1] = 1.0, 0.0
    if source.size == 2:
        far = source[1] * target[0] - source[0] * target[1]
        for k in range(1, out.shape[0]):
            out[k, 0] = out[k - 1, 0] * near - out[k - 1, 1] * far
            out[k, 1] = out[k - 1, 0] * far + out[k - 1, 1] * near
        return
    for k in range(1, out.shape[0]):
        out[k, 1] = 0.0
        before = out[k - 2, 0] if k > 1 else 0.0
        out[k, 0] = ((2 * k - 1) * near * out[k - 1, 0] - (k - 1) * before) / k


@numba.njit(cache=True, nogil=True)
def _centre_averages(series, points, log_weights, states, out):
    """Average over chains of the harmonics of the four bonds, the centre summed over points."""
    count, harmonics = states.shape[1], series.shape[1]
    sums = np.empty((points.shape[0], harmonics, 2))
    logs, bond = np.empty(points.shape[0]), np.empty((harmonics, 2))
    out[:] = 0.0
    # Loops, since every array operation on so few harmonics would allocate.
    for n in range(series.shape[0]):
        for m in range(count):
            largest = -np.inf
            for q in range(points.shape[0]):
                sums[q] = 0.0
                for i in range(4):
                    _harmonics(states[n, m, i], points[q], bond)
                    for k in range(harmonics):
                        sums[q, k, 0] += bond[k, 0]
                        sums[q, k, 1] += bond[k, 1]
                logs[q] = log_weights[q]
                for k in range(harmonics):
                    logs[q] += series[n, k, 0] * sums[q, k, 0] + series[n, k, 1] * sums[q, k, 1]
                largest = max(largest, logs[q])
            total = 0.0
            for q in range(points.shape[0]):
                logs[q] = np.exp(logs[q] - largest)
                total += logs[q]
            for q in range(points.shape[0]):
                share = logs[q] / (total * count)
                for k in range(harmonics):
                    out[n, k, 0] += share * sums[q, k, 0]
                    out[n, k, 1] += share * sums[q, k, 1]


def start_chains(
    block: QuadratureBlock, batch: int, chains: int, rng: np.random.Generator
) -> Chains:
    """Return chains at random configurations, as `mlrg.rbm.gibbs.start_chains`."""
    streams = seeded(batch, chains, rng)
    states = rng.normal(size=(batch, chains, CORNERS, block.points.shape[1]))
    return Chains(states / np.linalg.norm(states, axis=-1, keepdims=True), streams)


def _series(couplings, table: np.ndarray, side: str) -> np.ndarray:
    """Harmonics of the energy of a bond of each set of couplings, ``(batch, harmonic, 2)``."""
    return np.tensordot(as_couplings(couplings, len(table), side), table, axes=1)


def _run(kernel, series: np.ndarray, chains: Chains, sweeps: int, threads: int) -> Chains:
    def work(part, states, streams):
        if not kernel(series[part], states, streams, sweeps):
            raise NoAnswerError(
                f"a spin was refused {_TRIES} times: harmonics beyond the first outweigh it, which "
                "the sampler of von Mises cannot follow; train with --loss exact"
            )

    return advanced(chains, threads, work)


def advance_teacher(
    block: QuadratureBlock, couplings, chains: Chains, sweeps: int, threads: int = 1
) -> Chains:
    """Continue chains of the teacher's corners, as `mlrg.rbm.gibbs.advance_teacher`.

    Raises
    ------
    NoAnswerError
        If higher harmonics are too strong for a rejection.
    """
    series = _series(couplings, block.teacher_series, "teacher")
    return _run(_teacher_chains, series, chains, sweeps, threads)


def advance_student(
    block: QuadratureBlock, couplings, chains: Chains, sweeps: int, threads: int = 1
) -> Chains:
    """Continue chains of the student's corners; see `advance_teacher`."""
    series = _series(couplings, block.student_series, "student")
    return _run(_student_chains, series, chains, sweeps, threads)


def conditional_features(block: QuadratureBlock, couplings, states: np.ndarray) -> np.ndarray:
    """Return E_std[φ | x] averaged over sampled corners, as `mlrg.rbm.gibbs`.

    The centre is summed over the points of the block's rule.
    """
    series = _series(couplings, block.student_series, "student")
    averages = np.empty_like(series)
    _centre_averages(series, block.points, np.log(block.hidden_measure), states, averages)
    return np.tensordot(averages, block.student_series, axes=([1, 2], [1, 2]))
