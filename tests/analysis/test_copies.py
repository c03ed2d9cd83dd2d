"""One model written in several symmetries: what is a product of Ising copies, and what is not."""

import itertools

import numpy as np
import pytest

import mlrg


def build(internal, point="A1", **options):
    return mlrg.Star(mlrg.SpinModel(internal, point, **options))


@pytest.fixture(scope="module")
def ising():
    return mlrg.fixed_point(build("Z2:odd"))


@pytest.fixture(scope="module")
def potts():
    return mlrg.fixed_point(build("S4:standard"))


def copies_of(dimensions, copies):
    """Scaling dimensions of independent copies: every sum of one from each."""
    return np.sort([sum(terms) for terms in itertools.product(dimensions, repeat=copies)])


# The clock's couplings are a rotation-invariant scalar product and an antisymmetric one; the
# Ashkin–Teller model's are σσ' + ττ' (twice the scalar product of the plane) and σσ'ττ'; those of
# Z2 × Z2 are σσ', ττ' and σσ'ττ'.
TWO_COPIES = [
    ("Z4:1", "bilinear", lambda j: [2 * j, 0]),
    ("D4:E", "bilinear", lambda j: [2 * j]),
    ("D4:E+B1", "bilinear", lambda j: [2 * j, 0]),
    ("Z2xZ2:1x0+0x1+1x1", "bilinear", lambda j: [j, j, 0]),
    ("D4:E", "pair", lambda j: [2 * j, 0, -2 * j]),
]


@pytest.mark.parametrize(("internal", "family", "couplings"), TWO_COPIES)
def test_two_ising_copies(ising, internal, family, couplings):
    star = build(internal, family=family)
    expected = np.array(couplings(ising.couplings[0]))
    found = mlrg.newton(star, expected + 1e-3)
    assert found.couplings == pytest.approx(expected, abs=1e-8)
    assert found.degeneracy == pytest.approx(ising.degeneracy**2, abs=1e-8)
    assert found.central_charge == pytest.approx(2 * ising.central_charge, abs=1e-8)
    assert found.cost == pytest.approx(2 * ising.cost, abs=1e-9)
    assert found.exponents[0] == pytest.approx(ising.exponents[0], abs=1e-6)
    assert found.scaling_dimensions == pytest.approx(
        copies_of(ising.scaling_dimensions, 2), abs=1e-8
    )


def test_the_whole_search_finds_the_copies(ising):
    found = mlrg.fixed_point(build("D4:E+B1"))
    assert found.couplings == pytest.approx([2 * ising.couplings[0], 0], abs=1e-8)


def test_the_torus_of_a_clock_is_the_square(ising):
    coupling = 0.7
    one, two = build("Z2:odd"), build("Z4:1")
    assert mlrg.degeneracy(two, [2 * coupling, 0], 2) == pytest.approx(
        mlrg.degeneracy(one, [coupling], 2) ** 2, abs=1e-9
    )


# J s·t of four corners of a simplex is (J/3)(σσ' + ττ' + σσ'ττ').
POTTS_4 = [
    ("D4:E+B1", lambda j: [2 * j / 3, j / 3]),
    ("Z2xZ2:1x0+0x1+1x1", lambda j: [j / 3, j / 3, j / 3]),
]


@pytest.mark.parametrize(("internal", "couplings"), POTTS_4)
def test_the_potts_point_of_ashkin_teller(potts, internal, couplings):
    expected = np.array(couplings(potts.couplings[0]))
    found = mlrg.newton(build(internal), expected + 1e-3)
    assert found.couplings == pytest.approx(expected, abs=1e-8)
    assert found.degeneracy == pytest.approx(potts.degeneracy, abs=1e-8)
    assert found.central_charge == pytest.approx(potts.central_charge, abs=1e-8)
    assert found.scaling_dimensions == pytest.approx(potts.scaling_dimensions, abs=1e-8)
    assert np.isclose(found.exponents, potts.exponents[0], atol=1e-6).any()


@pytest.mark.slow
def test_spins_with_values_in_a_group():
    # Z2 elements are Ising spins; six elements coupled only where equal are a 6-state Potts spin.
    two = mlrg.fixed_point(build("S2:two-sided"))
    one = mlrg.fixed_point(build("Z2:odd"))
    assert two.couplings == pytest.approx([one.couplings[0], -one.couplings[0]], abs=1e-8)
    six = mlrg.fixed_point(build("S3:two-sided"))
    potts = mlrg.fixed_point(build("S6:standard"))
    # s·t = 1 or −1/5, up to a constant.
    equal = potts.couplings[0] * np.array([1, -1 / 5, -1 / 5])
    assert np.diff(six.couplings) == pytest.approx(np.diff(equal), abs=1e-7)
    assert six.central_charge == pytest.approx(potts.central_charge, abs=1e-8)
    assert six.degeneracy == pytest.approx(potts.degeneracy, abs=1e-8)


def test_families_share_the_axis():
    one = mlrg.fixed_point(build("S4:standard"))
    pair = mlrg.fixed_point(build("S4:standard", family="pair"))
    assert pair.central_charge == pytest.approx(one.central_charge, abs=1e-8)
    # J s·t with s·t = 1 or −1/3, less its constant part.
    assert pair.couplings == pytest.approx(one.couplings * np.array([2, -2]) / 3, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("states", "split"), [(8, mlrg.BondWeighted()), (8, mlrg.BondWeighted(0.0)), (4, mlrg.Ring())]
)
def test_tensors_read_the_same_when_more_symmetry_is_declared(states, split):
    # The four-state Potts model in three symmetries.
    found = []
    for internal, direction in (
        ("S4:standard", [1]),
        ("D4:E+B1", [2 / 3, 1 / 3]),
        ("Z2xZ2:1x0+0x1+1x1", [1 / 3, 1 / 3, 1 / 3]),
    ):
        student = mlrg.Tensor(mlrg.SpinModel(internal, "A1"), states, split)
        here = mlrg.critical(student, 1.3, 1.5, along=direction, tolerance=1e-10)
        found.append(
            [
                here.coupling,
                here.steps,
                here.central_charge,
                here.degeneracy,
                *here.reading.scaling_dimensions[:9],
            ]
        )
        assert (here.phases, here.order) == ((1, 4), "continuous")
    assert found[1] == pytest.approx(found[0], abs=1e-7)
    assert found[2] == pytest.approx(found[0], abs=1e-7)
