import itertools

import numpy as np
import pytest
import sympy

from mlrg.errors import (
    BudgetError,
    EmptySpinSpaceError,
    OpenSpinSpaceError,
    SpinSpaceError,
    ZeroSeedError,
)
from mlrg.symmetry import (
    C4v,
    SpinSpace,
    cyclic,
    dihedral,
    symmetric,
    two_sided_representation,
)
from mlrg.symmetry.couplings import PairCouplings
from mlrg.symmetry.permutations import compose, inverse

ODD = cyclic(2).irrep("odd")


def test_ising_spins_take_every_sign():
    spins = SpinSpace(ODD, C4v("A1+E"))
    assert len(spins) == 8
    assert spins.states[0] == (1, 1, 1)
    assert set(spins.states) == set(itertools.product((1, -1), repeat=3))


def test_actions_permute_the_vectors():
    spins = SpinSpace(ODD, C4v("A1+E"))
    for k, state in enumerate(spins.states):
        assert spins.states[spins.rotation[k]] == (state[0], -state[2], state[1])
        assert spins.states[spins.mirror[k]] == (state[0], state[1], -state[2])
        assert spins.states[spins.internal_actions[0][k]] == tuple(-x for x in state)


@pytest.mark.parametrize("n", [3, 5, 7, 11])
def test_clock_states_are_hashed_exactly(n):
    spins = SpinSpace(cyclic(n).irrep(1), C4v("A1"))
    assert len(spins) == n
    (action,) = spins.internal_actions
    angles = np.angle(spins.values @ [1, 1j])
    turned = np.angle(np.exp(1j * (angles + 2 * np.pi / n - angles[list(action)])))
    assert np.abs(turned).max() < 1e-12


def test_potts_states_are_a_simplex():
    spins = SpinSpace(symmetric(4).irrep("standard"), C4v("A1"))
    overlaps = spins.values @ spins.values.T
    assert overlaps == pytest.approx(np.where(np.eye(4), 1, -1 / 3), abs=1e-15)


@pytest.mark.parametrize("irrep", ["B1", "B2", "A2", "E"])
def test_sign_trap_of_three_state_potts(irrep):
    # physics: −1 takes a corner of the simplex out of the set, so B1, B2, A2 and E need O ∪ −O.
    potts = symmetric(3).irrep("standard")
    corners = SpinSpace(potts, C4v("A1")).states
    point = C4v(irrep)
    naive = [sum(pair, ()) for pair in itertools.product(corners, repeat=point.dimension)]
    element = "σ" if irrep == "A2" else "C4"
    with pytest.raises(OpenSpinSpaceError, match=f"{element} takes .* out of it"):
        SpinSpace(potts, point, naive)
    closed = SpinSpace(potts, point)
    assert len(closed) == 6**point.dimension
    assert {tuple(-x for x in state) for state in closed.states} == set(closed.states)


def test_a_sum_takes_the_orbit_of_all_its_components():
    # (σ, τ) and στ as E + B1 of D4: four states, and the product is a component.
    plane, product = dihedral(4).irrep("E"), dihedral(4).irrep("B1")
    spins = SpinSpace(plane + product, C4v("A1"))
    assert set(spins.states) == {(1, 0, 1), (-1, 0, 1), (0, 1, -1), (0, -1, -1)}
    assert len(SpinSpace(plane + product, C4v("B1"))) == 8


def test_orbit_of_a_seed():
    potts = symmetric(3).irrep("standard")
    spins = SpinSpace.orbit(potts, C4v("E"), (1, 0, 0, 0))
    # Six signed corners along x or along y.
    assert len(spins) == 12
    assert all(
        sum(x != 0 for x in state[:2]) * sum(x != 0 for x in state[2:]) == 0
        for state in spins.states
    )
    clock = SpinSpace.orbit(cyclic(4).irrep(1), C4v("A1"), (1, 1), (2, 0))
    assert len(clock) == 8


def test_union():
    short = SpinSpace(ODD, C4v("A1"))
    long = SpinSpace(ODD, C4v("A1"), [(2,), (-2,)])
    both = short | long
    assert set(both.states) == {(1,), (-1,), (2,), (-2,)}
    assert len(short | short) == 2
    with pytest.raises(SpinSpaceError, match="cannot be united"):
        short | SpinSpace(ODD, C4v("B1"))


def test_one_number_written_in_two_ways_is_one_state():
    half = sympy.sqrt(3) / 2
    three = cyclic(3).irrep(1)
    vectors = [(1, 0), (sympy.Rational(-1, 2), half), (sympy.Rational(-1, 2), -half)]
    same = [(1, 0), (sympy.Rational(-1, 2), 3 / (2 * sympy.sqrt(3)))]
    assert len(SpinSpace(three, C4v("A1"), vectors)) == 3
    with pytest.raises(SpinSpaceError, match="given twice"):
        SpinSpace(three, C4v("A1"), [*vectors, same[1]])


def test_group_valued_spins_have_one_coupling_a_class():
    # G × G acting on X = G from both sides: pairs are classed by the conjugacy class of s⁻¹t.
    for group in (symmetric(2), symmetric(3), symmetric(4)):
        spins = SpinSpace(two_sided_representation(group), C4v("A1"))
        assert len(spins) == group.order
        pairs = PairCouplings(spins, spins)
        # State number of each group element: the states are listed as the orbit meets them.
        state = spins.values.argmax(axis=0)
        assert pairs.dimension == len(group.classes)
        for s, t in itertools.product(range(group.order), repeat=2):
            quotient = compose(inverse(group.elements[s]), group.elements[t])
            place = group.class_of[group.position[quotient]]
            reference = pairs.orbit[state[0], state[group.classes[place][0]]]
            assert pairs.orbit[state[s], state[t]] == reference


@pytest.mark.parametrize(
    ("states", "error", "complaint"),
    [
        ([], EmptySpinSpaceError, "empty"),
        ([(1,), (1,)], SpinSpaceError, "given twice"),
        ([(1, 1)], SpinSpaceError, "needs 1"),
        ([(1,)], OpenSpinSpaceError, r"internal a takes \(1,\)"),
    ],
)
def test_bad_states(states, error, complaint):
    with pytest.raises(error, match=complaint):
        SpinSpace(ODD, C4v("A1"), states)


def test_bad_seeds():
    with pytest.raises(ZeroSeedError, match="zero vector"):
        SpinSpace.orbit(ODD, C4v("A1+E"), (0, 0, 0))
    with pytest.raises(EmptySpinSpaceError):
        SpinSpace.orbit(ODD, C4v("A1"))


def test_open_set_names_vector_and_element():
    with pytest.raises(OpenSpinSpaceError, match=r"C4 takes \(1, 1\) out of it"):
        SpinSpace(ODD, C4v("E"), [(1, 1), (-1, -1)])


def test_too_many_states():
    spins = SpinSpace(ODD, C4v("8E"))
    assert len(spins) == 65536
    with pytest.raises(BudgetError, match="65536 states"):
        _ = spins.states


def test_repr_evaluates_back():
    for spins in (
        SpinSpace(ODD, C4v("A1+E")),
        SpinSpace(ODD, C4v("A1"), [(2,), (-2,)]),
        SpinSpace.orbit(symmetric(3).irrep("standard"), C4v("A1"), (1, 0)),
    ):
        assert eval(repr(spins), globals()) == spins
