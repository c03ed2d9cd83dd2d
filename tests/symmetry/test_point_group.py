import pytest
import sympy

from mlrg.errors import UnknownNameError
from mlrg.symmetry import C4v


def test_table_one():
    expected = {"A1": (1, 1), "A2": (1, -1), "B1": (-1, 1), "B2": (-1, -1)}
    for name, (rotation, mirror) in expected.items():
        assert C4v(name).rotation == sympy.Matrix([[rotation]])
        assert C4v(name).mirror == sympy.Matrix([[mirror]])
    assert C4v("E").rotation == sympy.Matrix([[0, -1], [1, 0]])
    assert C4v("E").mirror == sympy.diag(1, -1)


def test_parsing():
    assert C4v("2A1+E").irreps == ("A1", "A1", "E")
    assert C4v("A1 ⊕ A1 ⊕ E") == C4v("2A1+E")
    assert C4v("2A1+B1+2E").dimension == 7
    assert C4v("A1") + C4v("E") == C4v("A1+E")


@pytest.mark.parametrize("text", ["", "A3", "A1+", "0E", "2", "A1,E", "1000E"])
def test_bad_names(text):
    with pytest.raises(UnknownNameError, match="write a sum of A1, A2, B1, B2 and E"):
        C4v(text)


def test_turn_exchanges_b1_and_b2():
    assert C4v("B1").turned.images == C4v("B2").images
    assert C4v("B2").turned.images == C4v("B1").images
    assert C4v("A2").turned.images == C4v("A2").images
    assert C4v("E").turned.images[1] == sympy.Matrix([[0, 1], [1, 0]])
