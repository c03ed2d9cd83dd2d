"""Tensors without the turn of the lattice, held against sums, exact values and isotropic maps."""

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.optimize import brentq

import mlrg
from mlrg.analysis.trajectory import follow
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.own_tensor import on_legs
from mlrg.tensor.tensor import single
from mlrg.tensor.two_leg_rings import modular_parameter, ring_along_row
from mlrg.tensor.two_leg_step import step_by_45, step_of_two
from mlrg.tensor.two_leg_tensor import TwoLegTensor

ISING = mlrg.SpinModel("Z2:odd", "A1")


def critical_row(ratio):
    """K of a row where sinh 2K sinh 2rK = 1 (Onsager 1944)."""
    return brentq(lambda K: np.sinh(2 * K) * np.sinh(2 * ratio * K) - 1, 1e-3, 2, xtol=1e-14)


def random_tensor(group, along, up, seed=0):
    """An invariant tensor of two legs with given irreps, positive weights on their bonds."""
    irreps = irreps_of(parse_internal(group).group)
    legs = tuple(Leg(irreps, tuple(Multiplet(n, 1, 1) for n in names)) for names in (along, up))
    rng = np.random.default_rng(seed)
    sizes = [leg.dimension for leg in legs] * 2
    raw = rng.normal(size=sizes)
    images = [on_legs(raw, (a, b) * 2) for a, b in zip(*(leg.actions for leg in legs), strict=True)]
    weights = tuple(rng.uniform(0.5, 1.5, size=len(leg.multiplets)) for leg in legs)
    return TwoLegTensor(legs, weights, np.mean(images, axis=0), 0.3)


GROUPS = [
    ("Z2:odd", (0, 1), (0, 1, 1)),
    ("Z3:1", (0, 1), (1,)),
    ("S3:standard", (0, 2), (1, 2)),
    ("Q8:quaternion", (0, 1), (4,)),
    ("Z1:0", (0, 0, 0), (0, 0)),
]


def around(tensor):
    """Σ over two blocks on the torus of periods p_1 + p_2 and p_2 − p_1."""
    along, up = tensor.bonds
    first = tensor.dense * along[:, None, None, None] * up[:, None, None]
    second = tensor.dense * along[:, None, None, None] * up[:, None, None]
    return np.einsum("abcd,cdab->", first, second)


@pytest.mark.parametrize(("group", "along", "up"), GROUPS)
@pytest.mark.parametrize("power", [-0.5, 0.0])
def test_a_step_that_leaves_nothing_out_keeps_the_sum(group, along, up, power):
    fine = random_tensor(group, along, up)
    np.testing.assert_allclose(fine.invariant.dense, fine.dense, atol=1e-12)
    coarse, infidelity = step_by_45(fine, 64, power)
    assert infidelity < 1e-12
    alone = np.einsum("abab,a,b->", coarse.dense, *coarse.bonds)
    assert alone == pytest.approx(around(fine), rel=1e-9)


@pytest.mark.parametrize(("group", "along", "up"), GROUPS)
def test_steps_keep_the_group_exactly(group, along, up):
    tensor = random_tensor(group, along, up)
    for _ in range(3):
        tensor, _ = step_of_two(tensor, 6, -0.5)
        actions = zip(*(leg.actions for leg in tensor.legs), strict=True)
        images = [on_legs(tensor.dense, (a, b) * 2) for a, b in actions]
        assert max(np.abs(image - tensor.dense).max() for image in images) < 1e-13


def test_scales_add_up_to_the_sum_of_a_torus():
    # Four columns by four rows of blocks in two ways: as they are, and as one block of 2 × 2 steps.
    start = single(ISING, 16, anisotropy=2.0, start="square").start([0.35])
    ring = ring_along_row(start, 2)
    four = ring.log_trace(2) + 4 * start.log_scale
    coarse, infidelity = step_of_two(start, 16, -0.5)
    assert infidelity < 1e-12
    one = ring_along_row(coarse, 1).log_trace(1) + coarse.log_scale + 4 * start.log_scale
    assert one == pytest.approx(four, abs=1e-10)


@pytest.mark.parametrize("options", [{"states": 4}, {"states": 4, "power": 0.0, "start": "square"}])
def test_without_anisotropy_it_is_the_isotropic_map(options):
    plain, found = (
        mlrg.critical(single(ISING, **options, **more), 0.4, 0.9)
        for more in ({}, {"anisotropy": 1.0})
    )
    assert found.coupling == pytest.approx(plain.coupling, abs=1e-11)
    isotropic = follow(plain.rgmap, plain.rgmap.start([0.7]), 4)
    steps = follow(found.rgmap, found.rgmap.start([0.7]), 2)
    np.testing.assert_allclose(steps.degeneracies, isotropic.degeneracies[::2], rtol=1e-10)
    for step in range(3):
        one, two = steps.reading(step), isotropic.reading(2 * step)
        np.testing.assert_allclose(
            one.scaling_dimensions[:3], two.scaling_dimensions[:3], rtol=1e-8
        )
    energies = [mlrg.free_energy(each.rgmap, 0.7).per_block for each in (found, plain)]
    assert energies[0] == pytest.approx(energies[1], abs=1e-9)
    assert found.rgmap.modular_parameter(found.point) == pytest.approx(1j, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [2.0, 0.5])
def test_onsagers_rows_and_columns(ratio):
    found = mlrg.critical(single(ISING, 12, start="square", anisotropy=ratio), 0.2, 0.9)
    exact = critical_row(ratio)
    assert found.coupling == pytest.approx(exact, rel=5e-5)
    # Isoradial embedding: the height of a row is sinh 2K_row widths of a column.
    tau = found.rgmap.modular_parameter(found.point)
    assert tau == pytest.approx(1j * np.sinh(2 * exact), rel=2e-3, abs=1e-9)
    np.testing.assert_allclose(found.scaling_dimensions[1:3], [0.125, 1.0], rtol=3e-3)
    assert found.central_charge == pytest.approx(0.5, abs=3e-3)


@pytest.mark.slow
def test_the_lieb_lattice_is_a_decorated_square_one():
    found = mlrg.critical(single(ISING, 12, anisotropy=2.0), 0.4, 0.7)
    rows, columns = (0.5 * np.log(np.cosh(2 * r * found.coupling)) for r in (1.0, 2.0))
    assert np.sinh(2 * rows) * np.sinh(2 * columns) == pytest.approx(1.0, abs=3e-4)


def test_the_free_energy_is_onsagers():
    row, column = 0.3, 0.6
    area = dblquad(
        lambda a, b: np.log(
            np.cosh(2 * row) * np.cosh(2 * column)
            - np.sinh(2 * row) * np.cos(a)
            - np.sinh(2 * column) * np.cos(b)
        ),
        *(0, np.pi, 0, np.pi),
    )[0]
    found = mlrg.free_energy(single(ISING, 16, start="square", anisotropy=2.0), row)
    assert found.per_spin == pytest.approx(np.log(2) + area / (2 * np.pi**2), abs=1e-6)


def test_the_magnetisation_is_yangs():
    rgmap = single(ISING, 16, start="square", anisotropy=2.0)
    exact = (1 - (np.sinh(0.7) * np.sinh(1.4)) ** -2.0) ** 0.125
    assert mlrg.magnetisation(rgmap, 0.35).value == pytest.approx(exact, abs=1e-4)


def honeycomb(coupling):
    """Two sites of the honeycomb as one tensor: its cells form a triangular lattice."""
    even, odd = np.sqrt(np.cosh(coupling)), np.sqrt(np.sinh(coupling))
    site = np.einsum("xa,xb,xc->abc", *[np.array([[even, odd], [even, -odd]])] * 3)
    return np.einsum("abz,cdz->abcd", site, site)


def test_the_honeycomb_leans_by_sixty_degrees():
    rgmap = mlrg.AnisotropicTensor.from_array(honeycomb, "Z2:0+odd", states=12)
    found = mlrg.critical(rgmap, 0.65, 0.67, tolerance=1e-9)
    assert found.coupling == pytest.approx(0.5 * np.log(2 + np.sqrt(3)), rel=5e-5)
    tau = rgmap.modular_parameter(found.point)
    assert tau == pytest.approx(np.exp(1j * np.pi / 3), abs=2e-3)
    np.testing.assert_allclose(found.scaling_dimensions[1:3], [0.125, 1.0], rtol=3e-3)
    mirrored = found.point.turned
    assert modular_parameter(mirrored) == pytest.approx(-1 / tau, abs=1e-9)


def test_legs_of_two_kinds():
    def uneven(coupling):
        # A column's bond with a state more, which no block uses.
        found = np.zeros((2, 3, 2, 3))
        found[:, :2, :, :2] = honeycomb(coupling)
        return found

    one = mlrg.AnisotropicTensor.from_array(uneven, ("Z2:0+odd", "Z2:0+odd+odd"), states=4)
    two = mlrg.AnisotropicTensor.from_array(honeycomb, "Z2:0+odd", states=4)
    at = [mlrg.critical(rgmap, 0.6, 0.7, tolerance=1e-8).coupling for rgmap in (one, two)]
    assert at[0] == pytest.approx(at[1], abs=1e-8)


def test_what_does_not_fit_is_refused():
    ask = mlrg.AnisotropicTensor
    refused = [
        ("anisotropy", lambda: ask(ISING, 0.0)),
        ("anisotropy", lambda: ask(ISING, 100.0)),
        ("at least one state", lambda: ask(ISING, 2.0, 0)),
        ("up to 40", lambda: ask(ISING, 2.0, 41)),
        ("continuous", lambda: ask(mlrg.SpinModel("O2:1", "A1"), 2.0)),
        ("carry A1", lambda: ask(mlrg.SpinModel("Z2:odd", "A1+E"), 2.0).start([0.4, 0, 0])),
        ("choose lieb or square", lambda: ask(ISING, 2.0, lattice="cubic")),
        ("power", lambda: ask(ISING, 2.0, power=np.nan)),
        ("two groups", lambda: ask.from_array(honeycomb, ("Z2:0+odd", "Z3:1"))),
        ("3 representations", lambda: ask.from_array(honeycomb, ("Z2:odd",) * 3)),
        ("shape", lambda: ask.from_array(honeycomb, "Z2:0+0+odd").start([0.3])),
        ("generator", lambda: ask.from_array(np.ones((2, 2, 2, 2)), "Z2:0+odd").start([])),
        ("rows and columns", lambda: mlrg.correlation_length(ask(ISING, 2.0), 0.3)),
        ("one or two", lambda: mlrg.spectrum(ask(ISING, 2.0), ask(ISING, 2.0).start([0.5]), 3)),
        ("two kinds of legs", lambda: ask(ISING, 2.0).step(mlrg.Tensor(ISING).start([0.3]))),
    ]
    for words, question in refused:
        with pytest.raises(mlrg.InputError, match=words):
            question()


def test_fixed_points_are_not_searched_for():
    with pytest.raises(mlrg.NoAnswerError, match="reads its flow"):
        mlrg.fixed_point(mlrg.AnisotropicTensor(ISING, 2.0))


def test_a_phase_has_no_modular_parameter():
    rgmap = single(ISING, 4, anisotropy=2.0)
    end = mlrg.follow(rgmap, rgmap.start([0.2]), 12).points[-1]
    assert np.isnan(rgmap.modular_parameter(end)) and rgmap.aspect(end) == 1.0
    assert rgmap.report(end)["modular_parameter"] is None
