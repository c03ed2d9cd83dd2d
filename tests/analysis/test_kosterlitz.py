"""Critical phases: their ends beside what is known, and Kosterlitz and Thouless' equations."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import mlrg
from mlrg.analysis.kosterlitz import critical_phase
from mlrg.analysis.level_spectroscopy import differences
from mlrg.analysis.rays import Ray
from mlrg.analysis.trajectory import follow_to_phase
from mlrg.errors import InputError, NoAnswerError
from mlrg.symmetry.circle import circle_of

# Komura and Okabe 2012; Ueda and Oshikawa 2021.
BKT = 0.8929


def tensor(internal, states, lattice="square"):
    return mlrg.Tensor(mlrg.SpinModel(internal, "A1"), states, lattice=lattice)


def levels_of(start, order, steps=10):
    """Levels of the flow dδ/dl = −y², dy/dl = −δ y, to first order in δ and y."""
    lengths = 0.5 * np.log(2) * np.arange(steps + 1)
    found = solve_ivp(
        lambda _, z: [-(z[1] ** 2), -z[0] * z[1]],
        (0, lengths[-1]),
        start,
        t_eval=lengths,
        rtol=1e-10,
        atol=1e-12,
    )
    excess, amplitude = found.y
    charge = 0.25 / (2 + excess)
    pair = 0.5 * (1 - excess / 2)
    # The half turn, lowered by half of y in these units and raised by the stiffness.
    half_turn = 0.5 * (1 + excess / 2 - amplitude)
    return np.stack([charge, pair, 0 * pair, half_turn, 0 * pair], axis=1)


def test_levels_cross_on_the_separatrix():
    for shift, sign in ((0.05, -1), (0.0, 0), (-0.05, 1)):
        levels = levels_of([0.3 + shift, 0.3], None)
        found = differences(levels, None)[0]
        if sign == 0:
            assert np.abs(found).max() < 1e-6
        else:
            assert (np.sign(found) == sign).all()


def test_the_second_loop_is_that_of_the_separatrix():
    # 1/δ + ½ ln δ = l, solved for δ, is the separatrix of odd clocks.
    lengths = 0.5 * np.log(2) * np.arange(12) + 3.0
    excess = np.array([np.exp(-_log_of_solution(length)) for length in lengths])
    charge = 0.25 / (2 + excess)
    levels = np.stack([charge, *[0 * charge] * 4], axis=1)
    towards_disorder = differences(levels, 5)[0]
    assert np.nanmax(np.abs(towards_disorder)) < 1e-10
    assert np.nanmin(np.abs(differences(levels, 5, False)[0])) > 1e-4


def _log_of_solution(length):
    """Return x = −ln δ with e^x − x/2 = length, by Newton's method."""
    x = np.log(length)
    for _ in range(50):
        x -= (np.exp(x) - x / 2 - length) / (np.exp(x) - 0.5)
    return x


def test_circles_have_a_critical_phase():
    found = mlrg.critical(tensor("O2:1", 15))
    assert found.order == "critical phase" and found.phases == (1, None)
    assert found.ends[1] is None and found.unread is None
    # Few states: the end is right to a percent.
    assert 1 / found.coupling == pytest.approx(BKT, abs=0.01)
    assert found.scaling_dimensions[1] == pytest.approx(1 / 8, abs=0.02)
    assert found.central_charge == pytest.approx(1.0, abs=0.06)
    assert found.bracket[0] < found.coupling < found.bracket[1]


@pytest.mark.slow
def test_the_transition_of_the_xy_model():
    found = mlrg.critical(tensor("O2:1", 41))
    assert 1 / found.coupling == pytest.approx(BKT, abs=1e-3)
    # Angles of a group that is not told of mirrors.
    alike = mlrg.critical(tensor("SO2:1", 21))
    assert alike.coupling == pytest.approx(mlrg.critical(tensor("O2:1", 21)).coupling, abs=1e-6)


@pytest.mark.slow
def test_the_low_temperature_phase_of_the_xy_model():
    rgmap = tensor("O2:1", 40)
    flow = mlrg.follow(rgmap, rgmap.start([1.22]), 30)
    assert flow.reading(4, 1).central_charge == pytest.approx(1.0, abs=6e-3)
    levels = flow.reading(6, 2).levels
    first = {level.irrep: level.dimension for level in reversed(levels)}
    assert first["2"] / first["1"] == pytest.approx(4.0, rel=0.02)
    assert first["3"] / first["1"] == pytest.approx(9.0, rel=0.02)
    cold = mlrg.follow(rgmap, rgmap.start([1.02]), 45)
    assert cold.reading(18, 1).central_charge == pytest.approx(0.0, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("internal", "states", "largest"), [("D6:E1", 30, 0.007), ("D5:E1", 31, 0.013)]
)
def test_clocks_of_five_and_six_states_have_two_ends(internal, states, largest):
    # Clocks of odd order have no levels that cross, and larger errors.
    found = mlrg.critical(tensor(internal, states))
    order = int(internal[1])
    assert found.order == "critical phase" and found.phases == (1, order)
    for end, known in zip(found.ends, mlrg.literature.CLOCK_TEMPERATURES[order], strict=True):
        error = end.error / end.coupling**2
        assert error < largest
        assert abs(1 / end.coupling - known) < 2 * error


@pytest.mark.parametrize("internal", ["Z2:odd", "Z3:1", "Z4:1", "S3:standard"])
def test_other_groups_have_none(internal):
    rgmap = tensor(internal, 6, "lieb")
    assert critical_phase(rgmap, Ray.axis(rgmap)) is None


@pytest.mark.slow
def test_a_range_may_begin_or_end_within_the_phase():
    rgmap = tensor("D6:E1", 18)
    below, above = mlrg.critical(rgmap, 0.8, 1.25), mlrg.critical(rgmap, 1.25, 1.9)
    assert below.ends[1] is None and below.phases == (1, None)
    assert above.ends[0] is None and above.phases == (None, 6)
    assert below.coupling < above.coupling == above.ends[1].coupling


@pytest.mark.slow
def test_a_potts_model_of_five_states_is_no_clock():
    # The same group of turns, all values but the same alike: no line of fixed points.
    model = mlrg.SpinModel("D5:E1", "A1", family="pair")
    found = mlrg.critical(mlrg.Tensor(model, 16), along=(1.0, 0.0, 0.0))
    assert found.order != "critical phase" and found.phases[0] == 1


def test_ranges_hold_one_end_or_none():
    rgmap = tensor("O2:1", 9)
    with pytest.raises(NoAnswerError, match="correlation length stays finite"):
        mlrg.critical(rgmap, 0.0, 0.6)
    with pytest.raises(InputError, match="no room"):
        mlrg.critical(rgmap, 2.0, 1.0)


@pytest.mark.slow
def test_spheres_have_no_transition():
    with pytest.raises(NoAnswerError, match=r"no transition of O3.*stays finite; it is"):
        mlrg.critical(tensor("O3:1", 16), 0.0, 0.9)


def test_z_that_slides_through_whole_numbers_is_no_phase():
    rgmap = tensor("Z6:1", 18, "lieb")
    with pytest.raises(NoAnswerError):
        follow_to_phase(rgmap, rgmap.start([2.3, 0.0]), limit=25)
    assert follow_to_phase(rgmap, rgmap.start([1.0, 0.0])).phase == 1
    assert follow_to_phase(rgmap, rgmap.start([3.5, 0.0])).phase == 6


def test_the_disorder_operator_of_ising():
    # A column closed with the spin flip: μ, whose dimension is that of σ by duality.
    rgmap = tensor("Z2:odd", 16)
    flow = mlrg.follow(rgmap, rgmap.start([0.5 * np.log(1 + np.sqrt(2))]), 6)
    point = flow.points[-1]
    flipped = rgmap.twisted(point, lambda number: np.array([[1.0, -1.0][number]]).reshape(1, 1))
    largest = rgmap.ring(point, 1).sizes(1)[0]
    assert (largest - flipped) / (2 * np.pi) == pytest.approx(1 / 8, abs=2e-3)


def test_turns_that_a_group_lacks_are_refused():
    circle = circle_of(mlrg.SpinModel("Z5:1", "A1").internal)
    with pytest.raises(InputError, match="none of the 5 turns"):
        circle.turn(1, Fraction(1, 2))
    assert circle.turn(1, Fraction(5, 5)) == pytest.approx(np.eye(2))


@pytest.mark.parametrize("coupling", [0.30, 0.38])
def test_the_correlation_length_of_ising(coupling):
    rgmap = tensor("Z2:odd", 16)
    found = mlrg.correlation_length(rgmap, coupling)
    # Along an axis of the lattice (Onsager), and along the diagonal: steps alternate.
    axis = 1 / (np.log(1 / np.tanh(coupling)) - 2 * coupling)
    diagonal = np.sqrt(0.5) / -np.log(np.sinh(2 * coupling))
    assert found.irrep != "trivial" and found.error < 0.2 * found.value
    low, high = sorted((axis, diagonal))
    assert low * 0.98 < found.value < high * 1.02


def test_order_has_no_finite_correlation_length():
    with pytest.raises(NoAnswerError, match="no finite correlation length"):
        mlrg.correlation_length(tensor("Z2:odd", 8), 0.6)
