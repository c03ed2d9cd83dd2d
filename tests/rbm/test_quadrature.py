"""Blocks of continuous spins, held against product rules and sums of Bessel functions."""

import numpy as np
import pytest
from scipy.special import eval_legendre, iv, spherical_in
from scipy.stats import chisquare

import mlrg
from mlrg.errors import NoAnswerError, SpinSpaceError
from mlrg.rbm import von_mises
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rbm.exact import kl_and_gradient
from mlrg.rbm.expansion import Harmonics
from mlrg.rbm.quadrature import Quadratures

TEACHER, STUDENT = 0.9, 0.7


def quadratures(internal):
    model = mlrg.SpinModel(internal, "A1")
    return Quadratures(model, model)


def sphere_kl(teacher, student, rings=14):
    """KL with one corner at the pole and the next on a meridian; hidden spins are sinh κ/κ."""
    nodes, weights = np.polynomial.legendre.leggauss(rings)
    turns = np.pi * np.arange(2 * rings) / rings
    sines = np.sqrt(1 - nodes**2)
    points = np.stack(
        [
            np.outer(sines, np.cos(turns)),
            np.outer(sines, np.sin(turns)),
            np.outer(nodes, np.ones(len(turns))),
        ],
        axis=-1,
    ).reshape(-1, 3)
    measure = np.repeat(weights, len(turns))
    corners = [
        np.array([0.0, 0.0, 1.0])[None, None, None],
        np.stack([sines, 0 * nodes, nodes], axis=-1)[:, None, None],
        points[None, :, None],
        points[None, None, :],
    ]

    def log_weight(coupling, *spins):
        field = coupling * np.linalg.norm(sum(spins), axis=-1)
        return np.log(np.sinh(field + 1e-9) / (field + 1e-9))

    ours = sum(log_weight(teacher, corners[i], corners[i - 1]) for i in range(4))
    theirs = log_weight(student, *corners)
    measures = weights[:, None, None] * measure[None, :, None] * measure[None, None, :]
    ours, theirs = (x - np.log((measures * np.exp(x)).sum()) for x in (ours, theirs))
    return float((measures * np.exp(ours) * (ours - theirs)).sum())


def test_the_kl_of_a_sphere_is_that_of_a_product_rule():
    star = mlrg.Star(mlrg.SpinModel("O3:1", "A1"))
    found, slope = star.loss(np.array([[TEACHER]]), np.array([[STUDENT]]))
    assert found[0] == pytest.approx(sphere_kl(TEACHER, STUDENT), abs=1e-9)
    step = 1e-3
    ends = [sphere_kl(TEACHER, STUDENT + shift) for shift in (step, -step)]
    assert slope[0, 0] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-6)


def test_a_circle_is_its_clock():
    model = mlrg.SpinModel("O2:1", "A1")
    circle, clock = mlrg.Star(model), mlrg.Star(model.clock(24))
    point = np.array([TEACHER])
    found, other = circle.step(point), clock.step(point)
    assert found.point == pytest.approx(other.point, abs=1e-9)
    assert found.cost == pytest.approx(other.cost, abs=1e-10)
    levels, others = circle.ring(point).levels(4), clock.ring(point).levels(4)
    # The measure of a circle is one, that of a clock the number of its angles.
    shift = others[0].log_size - levels[0].log_size
    for level, same, irrep in zip(levels, others, "0123", strict=True):
        assert level.irrep == irrep and level.multiplicity == same.multiplicity
        assert level.log_size + shift == pytest.approx(same.log_size, abs=1e-9)
    degeneracies = [
        2 * ring.log_trace(1) - ring.log_trace(2)
        for ring in (circle.ring(point), clock.ring(point))
    ]
    assert degeneracies[0] == pytest.approx(degeneracies[1], abs=1e-10)


@pytest.mark.parametrize("internal", ["O2:1+2", "O3:1", "O3:2"])
def test_what_is_left_out_bounds_the_error(internal):
    blocks = quadratures(internal)
    size = blocks.model.couplings.dimension
    teacher = np.full((1, size), 1.5 / size)
    student = 0.8 * teacher
    few, more = blocks.degrees[:2]
    answers = [
        np.append(*kl_and_gradient(blocks.block(degree), teacher, student))
        for degree in (few, more)
    ]
    left = blocks.truncation(teacher, student, few)
    missed = np.abs(answers[0] - answers[1]).max() / np.abs(answers[1]).max()
    assert 1e-9 < missed < left


def test_points_that_do_not_serve_are_refused():
    for internal in ("O2:1", "O3:1"):
        star = mlrg.Star(mlrg.SpinModel(internal, "A1"))
        with pytest.raises(NoAnswerError, match="points that stand for a"):
            star.step(np.array([60.0]))
    with pytest.raises(NoAnswerError, match="rings of one"):
        star.ring(np.array([1.0]), 2)
    with pytest.raises(SpinSpaceError, match="no circle and no sphere"):
        _ = mlrg.Star(mlrg.SpinModel("O2:1", "A1+E")).block


def test_opposites_are_a_gauge():
    star = mlrg.Star(mlrg.SpinModel("O3:1+2", "A1"))
    copies = star.model.gauge.elements
    assert [np.diag(copy).tolist() for copy in copies] == [[1, 1], [-1, 1]]
    couplings = np.array([[0.2, 0.05]])
    turned = couplings @ copies[1]
    assert star.loss(couplings, couplings)[0] == pytest.approx(star.loss(turned, couplings)[0])


def neighbours(shape, coupling, cosines):
    """Density of the angle between two corners of a teacher that share an edge, unnormalised."""
    if shape == "circle":
        edge = iv(np.arange(30), coupling) ** 2
        rows = np.cos(np.arange(30)[:, None] * np.arccos(cosines)) * np.where(
            np.arange(30)[:, None] > 0, 2, 1
        )
    else:
        edge = np.array([spherical_in(spin, coupling) for spin in range(30)]) ** 2
        rows = np.array([(2 * spin + 1) * eval_legendre(spin, cosines) for spin in range(30)])
    return (edge @ rows) * (edge**3 @ rows)


def significance(shape, coupling, cosines, bins=24):
    """p-value of a sample of cosines; bins are of equal angle, or of equal height."""
    if shape == "circle":
        found = np.histogram(np.arccos(np.clip(cosines, -1, 1)), bins=bins, range=(0, np.pi))[0]
        middles = np.cos(np.pi * (np.arange(64 * bins) + 0.5) / (64 * bins))
    else:
        found = np.histogram(cosines, bins=bins, range=(-1, 1))[0]
        middles = -1 + 2 * (np.arange(64 * bins) + 0.5) / (64 * bins)
    density = neighbours(shape, coupling, middles).reshape(bins, 64).sum(axis=1)
    return chisquare(found, len(cosines) * density / density.sum()).pvalue


@pytest.mark.parametrize(("internal", "shape"), [("O2:1", "circle"), ("O3:1", "sphere")])
def test_histograms_equal_exact_marginals(internal, shape):
    block = quadratures(internal).largest
    chains = von_mises.start_chains(block, 1, 10_000, np.random.default_rng(3))
    drawn = von_mises.advance_teacher(block, [[TEACHER]], chains, 12).states[0]
    cosines = (drawn[:, 0] * drawn[:, 1]).sum(axis=1)
    assert significance(shape, TEACHER, cosines) > 0.01
    # The test can fail: a coupling that is half as large again is seen.
    assert significance(shape, 1.5 * TEACHER, cosines) < 1e-6


@pytest.mark.parametrize("shape", ["circle", "sphere"])
def test_series_end_at_the_last_harmonic(shape):
    harmonics = Harmonics(shape, 1)
    near = np.cos(harmonics.angles)
    # P_2 of a sphere, cos 2u of a circle up to a constant.
    found = harmonics.series(np.array([near, 1.5 * near**2 - 0.5]))
    assert found.shape == (2, 3, 2)
    assert found[0, 1, 0] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("internal", ["SO2:1", "O2:1+2", "O3:1+2"])
def test_sampled_gradients_are_the_exact_ones(internal):
    """Also with sines and with harmonics beyond the first, which are taken in by rejection."""
    blocks = quadratures(internal)
    teacher, student = np.array([[0.8, 0.5]]), np.array([[0.4, -0.3]])
    exact = kl_and_gradient(blocks.at(teacher, student), teacher, student)[1]
    parts = [
        contrastive_divergence(
            blocks.largest, teacher, student, np.random.default_rng(seed), 2000, 20, 20
        )
        for seed in range(8)
    ]
    error = np.std(parts, axis=0, ddof=1) / np.sqrt(len(parts))
    assert (np.abs(np.mean(parts, axis=0) - exact) < 4 * error).all()
    assert np.abs(exact).max() > 8 * error.max()


def test_chains_do_not_depend_on_threads():
    block = quadratures("O3:1").largest
    chains = von_mises.start_chains(block, 1, 40, np.random.default_rng(4))
    alone = von_mises.advance_student(block, [[STUDENT]], chains, 6)
    shared = von_mises.advance_student(block, [[STUDENT]], chains, 6, threads=3)
    halfway = von_mises.advance_student(block, [[STUDENT]], chains, 2)
    further = von_mises.advance_student(block, [[STUDENT]], halfway, 4)
    for other in (shared, further):
        assert np.array_equal(alone.states, other.states)
        assert np.array_equal(alone.streams, other.streams)
