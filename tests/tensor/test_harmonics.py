"""Block tensors of continuous spins, held against sums over clocks, integrals and finite groups."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import block_diag
from scipy.special import i0, spherical_in

import mlrg
from mlrg.analysis.readings import spectrum
from mlrg.errors import BudgetError, InputError
from mlrg.symmetry.circle import circle_of


def tensor(internal, states=15, lattice="square", **options):
    return mlrg.Tensor(mlrg.SpinModel(internal, "A1", **options), states, lattice=lattice)


def closed(rgmap, couplings, columns=1, rows=1):
    """ln Z of a torus of blocks, nothing left out."""
    start = rgmap.start(couplings)
    return rgmap.ring(start, columns).log_trace(rows) + rows * columns * start.log_scale


@pytest.mark.parametrize(("lattice", "spins"), [("square", 2), ("lieb", 6)])
@pytest.mark.parametrize("columns", [1, 2])
def test_a_circle_is_a_clock_of_many_states(lattice, spins, columns):
    # Sums over 24 angles are exact up to the 24th harmonic.
    count = spins * columns * np.log(24)
    clock = closed(tensor("D24:E1", lattice=lattice), [0.8], columns) - count
    assert closed(tensor("O2:1", lattice=lattice), [0.8], columns) == pytest.approx(
        clock, abs=1e-10
    )


def integral(function):
    return quad(function, -1, 1, epsabs=1e-13, epsrel=1e-13)[0] / 2


@pytest.mark.parametrize("internal", ["O3:1", "SO3:1"])
def test_blocks_of_spheres_are_integrals(internal):
    coupling = 0.4
    # Two spins joined by four bonds.
    expected = np.log(np.sinh(4 * coupling) / (4 * coupling))
    assert closed(tensor(internal), [coupling]) == pytest.approx(expected, abs=1e-10)
    # Two blocks: a ring of four spins joined by two bonds each.
    spins = np.arange(30)
    expected = np.log(np.sum((2 * spins + 1) * spherical_in(spins, 2 * coupling) ** 4))
    assert closed(tensor(internal), [coupling], rows=2) == pytest.approx(expected, abs=1e-10)


def test_bonds_of_the_lieb_lattice_are_summed_out():
    def sphere(t):
        field = 0.6 * np.sqrt(2 + 2 * t)
        return (np.sinh(field) / field) ** 4

    found = closed(tensor("O3:1", lattice="lieb"), [0.6])
    assert found == pytest.approx(np.log(integral(sphere)), abs=1e-10)

    def circle(angle):
        return i0(0.9 * np.sqrt(2 + 2 * np.cos(angle))) ** 4

    expected = np.log(quad(circle, 0, np.pi, epsabs=1e-13)[0] / np.pi)
    found = closed(tensor("O2:1", lattice="lieb"), [0.9])
    assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.slow
def test_axes_have_even_harmonics_alone():
    # (3t² − 1)/2 between axes.
    expected = np.log(integral(lambda t: np.exp(4 * 0.3 * (1.5 * t * t - 0.5))))
    rgmap = tensor("O3:2")
    assert closed(rgmap, [0.3]) == pytest.approx(expected, abs=1e-10)
    assert {m.irrep for m in rgmap.start([0.3]).leg.multiplets} <= set(range(0, 40, 4))


def test_sines_turn_the_angle():
    twisted = closed(tensor("SO2:1", lattice="lieb"), [0.6, 0.8])
    assert twisted == pytest.approx(closed(tensor("O2:1", lattice="lieb"), [1.0]), abs=1e-10)
    with pytest.raises(InputError, match="two ends of a bond apart"):
        tensor("SO2:1").start([0.6, 0.8])


@pytest.mark.slow
def test_harmonics_are_couplings():
    plain = tensor("O2:1").start([0.7])
    pairs = tensor("O2:1", family="pair").start([0.0, 0.7, *[0.0] * 7])
    assert pairs.dense == pytest.approx(plain.dense, abs=1e-12)
    both = tensor("O2:1+2").start([0.7, 0.2])
    pairs = tensor("O2:1", family="pair").start([0.0, 0.7, 0.2, *[0.0] * 6])
    assert pairs.dense == pytest.approx(both.dense, abs=1e-12)


def test_steps_are_those_of_a_large_finite_group():
    # With M > 4 m no product of charges is taken for another. The finite group's irreps, couplings
    # and sectors come from its own elements.
    circle, clock = tensor("O2:1"), tensor("D24:E1")
    one = mlrg.follow(circle, circle.start([1.05]), 4)
    two = mlrg.follow(clock, clock.start([1.05]), 4)
    for here, there in zip(one.points[1:], two.points[1:], strict=True):
        ours, theirs = (
            [level.dimension for level in spectrum(rgmap, point, columns, 6)]
            for rgmap, point in ((circle, here), (clock, there))
            for columns in (1,)
        )
        assert ours == pytest.approx(theirs, abs=1e-8)
    for ours, theirs in zip(one.steps, two.steps, strict=True):
        assert ours.cost == pytest.approx(theirs.cost, rel=1e-6, abs=1e-12)


@pytest.mark.slow
def test_sectors_of_spheres_take_whole_multiplets():
    rgmap = tensor("O3:1", 25)
    flow = mlrg.follow(rgmap, rgmap.start([1.0]), 3)
    for point in flow.points[1:]:
        sizes = [point.leg.irreps[m.irrep].dimension for m in point.leg.multiplets]
        assert sum(sizes) == point.leg.dimension <= 25
    levels = spectrum(rgmap, flow.points[-1], 1, 4)
    assert [level.irrep for level in levels[:2]] == ["0", "1"]
    assert levels[1].multiplicity == 3


def test_a_half_turn_takes_the_energy_out_of_one_block():
    # w(a, c) w(a, −c) = 1, so that the closed column is one number whatever the coupling.
    rgmap = tensor("O2:1")
    circle = circle_of(rgmap.model.internal)
    for coupling in (0.4, 1.3):
        start = rgmap.start([coupling])
        found = rgmap.twisted(start, lambda number: circle.turn(number, Fraction(1, 2)))
        assert found + start.log_scale == pytest.approx(0.0, abs=1e-10)


@given(share=st.fractions(0, 1), coupling=st.floats(-1.5, 1.5))
@settings(max_examples=20, deadline=None)
def test_block_tensors_do_not_change_under_random_turns(share, coupling):
    rgmap = tensor("O2:1")
    start = rgmap.start([coupling])
    circle = circle_of(rgmap.model.internal)
    turn = block_diag(*(circle.turn(m.irrep, share) for m in start.leg.multiplets))
    moved = start.dense
    for _ in range(4):
        moved = np.tensordot(moved, turn, axes=(0, 1))
    assert moved == pytest.approx(start.dense, abs=1e-10)


def test_couplings_that_are_not_resolved_are_refused():
    with pytest.raises(BudgetError, match="leave out"):
        tensor("O3:1").start([9.0])
    ring = mlrg.Tensor(mlrg.SpinModel("O2:1", "A1"), 8, mlrg.Ring())
    with pytest.raises(InputError, match="finite subgroup"):
        ring.step(ring.start([0.5]))
