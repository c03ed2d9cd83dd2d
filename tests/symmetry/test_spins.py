import pytest
import sympy

from mlrg.errors import BudgetError, SpinSpaceError
from mlrg.symmetry import C4v, SpinSpace, cyclic

ODD = cyclic(2).irrep("odd")


def test_ising_spins_take_every_sign():
    spins = SpinSpace(ODD, C4v("A1+E"))
    assert len(spins) == 8
    assert spins.states[0] == (1, 1, 1)
    assert set(spins.states) == {(a, b, c) for a in (1, -1) for b in (1, -1) for c in (1, -1)}


def test_actions_permute_the_vectors():
    spins = SpinSpace(ODD, C4v("A1+E"))
    for k, state in enumerate(spins.states):
        assert spins.states[spins.rotation[k]] == (state[0], -state[2], state[1])
        assert spins.states[spins.mirror[k]] == (state[0], state[1], -state[2])
        assert spins.states[spins.internal_actions[0][k]] == tuple(-x for x in state)


def test_components_that_change_sign_hold_both_orbits():
    three = cyclic(3).irrep(1)
    assert len(SpinSpace(three, C4v("A1"))) == 3
    assert len(SpinSpace(three, C4v("B1"))) == 6


def test_open_set_names_vector_and_element():
    with pytest.raises(SpinSpaceError, match=r"C4 takes \(1, 1\) out of it"):
        SpinSpace(ODD, C4v("E"), [(1, 1), (-1, -1)])


def test_declared_states_of_three_clock_with_b1_are_open():
    three = cyclic(3).irrep(1)
    orbit = SpinSpace(three, C4v("A1")).states
    with pytest.raises(SpinSpaceError, match="C4 takes"):
        SpinSpace(three, C4v("B1"), orbit)
    half = sympy.sqrt(3) / 2
    assert (sympy.Rational(-1, 2), half) in orbit


@pytest.mark.parametrize(
    ("states", "complaint"),
    [([], "empty"), ([(1,), (1,)], "given twice"), ([(1, 1)], "needs 1")],
)
def test_bad_states(states, complaint):
    with pytest.raises(SpinSpaceError, match=complaint):
        SpinSpace(ODD, C4v("A1"), states)


def test_too_many_states():
    with pytest.raises(BudgetError, match="65536 states"):
        SpinSpace(ODD, C4v("8E"))


def test_repr_evaluates_back():
    for spins in (SpinSpace(ODD, C4v("A1+E")), SpinSpace(ODD, C4v("A1"), [(2,), (-2,)])):
        assert eval(repr(spins)) == spins
