import pytest

from mlrg.errors import UnknownNameError
from mlrg.symmetry import (
    Representation,
    cyclic,
    dihedral,
    symmetric,
    two_sided_representation,
)
from mlrg.symmetry.catalogue import name_of, parse_internal


def test_names_round_trip():
    odd = parse_internal("Z2:odd")
    assert odd == cyclic(2).irrep("odd")
    assert parse_internal(name_of(odd)) == odd
    assert name_of(Representation(cyclic(2), [[[0, 1], [1, 0]]])) is None


def test_a_users_own(tmp_path, monkeypatch):
    (tmp_path / "mine_for_test.py").write_text(
        "from mlrg.symmetry import Representation, cyclic\n"
        "swap = Representation(cyclic(2), [[[0, 1], [1, 0]]])\nnumber = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    assert parse_internal("mine_for_test:swap").dimension == 2
    with pytest.raises(UnknownNameError, match="is a int, not an mlrg Representation"):
        parse_internal("mine_for_test:number")
    with pytest.raises(UnknownNameError, match="check the spelling"):
        parse_internal("mine_for_test:missing")


def test_sums_and_products():
    ashkin_teller = parse_internal("D4:E+B1")
    assert ashkin_teller == dihedral(4).irrep("E") + dihedral(4).irrep("B1")
    assert parse_internal(name_of(ashkin_teller)) == ashkin_teller
    odd, even = cyclic(2).irrep("odd"), cyclic(2).irrep("trivial")
    assert parse_internal("Z2xZ2:1x0+0x1") == odd.outer(even) + even.outer(odd)
    assert parse_internal("Z2xS3:oddxstandard").group.order == 12
    assert parse_internal("S4:(2,2)").dimension == 2
    with pytest.raises(UnknownNameError, match="'1' names 1 irreps of the 2 factors of Z2xZ2"):
        parse_internal("Z2xZ2:1x0+1")


def test_spins_with_values_in_a_group():
    assert parse_internal("S3:two-sided") == two_sided_representation(symmetric(3))
    assert name_of(two_sided_representation(symmetric(3))) is None


@pytest.mark.parametrize(
    "text", ["Z2", ":odd", "Z2:", "", "no_such_module:x", "M11:a", "Z2xM11:axb", "Z2:odd+"]
)
def test_unknown(text):
    with pytest.raises(UnknownNameError):
        parse_internal(text)
