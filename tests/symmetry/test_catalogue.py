import pytest

from mlrg.errors import UnknownNameError
from mlrg.symmetry import Representation, cyclic
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


@pytest.mark.parametrize("text", ["Z2", ":odd", "Z2:", "", "no_such_module:x", "M11:a"])
def test_unknown(text):
    with pytest.raises(UnknownNameError):
        parse_internal(text)
