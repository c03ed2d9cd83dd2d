import pytest
import sympy
from hypothesis import given

from mlrg.symmetry import (
    C4v,
    alternating,
    character_table,
    cyclic,
    quaternion,
    regular_representation,
    symmetric,
)
from mlrg.testing import groups


def test_character_table_of_c4v_is_table_i_and_more():
    table = character_table(C4v)
    values = {irrep.values for irrep in table.irreps}
    for name in ("A1", "A2", "B1", "B2", "E"):
        assert C4v.irrep(name).character in values
    assert [irrep.kind for irrep in table.irreps] == ["real"] * 5


def test_textbook_values_of_s5():
    table = character_table(symmetric(5))
    assert sorted(irrep.dimension for irrep in table.irreps) == [1, 1, 4, 4, 5, 5, 6]
    for element, values in (
        ((1, 0, 2, 3, 4), [-2, -1, -1, 0, 1, 1, 2]),
        ((1, 2, 3, 4, 0), [-1, -1, 0, 0, 1, 1, 1]),
        ((1, 2, 0, 4, 3), [-1, -1, 0, 1, 1, -1, 1]),
    ):
        place = table.group.class_of[table.group.position[element]]
        assert sorted(irrep.values[place] for irrep in table.irreps) == sorted(values)


def test_golden_ratio_in_a5():
    table = character_table(alternating(5))
    assert [irrep.dimension for irrep in table.irreps] == [1, 3, 3, 4, 5]
    golden = (1 + sympy.sqrt(5)) / 2
    threes = [irrep for irrep in table.irreps if irrep.dimension == 3]
    for irrep in threes:
        assert any(sympy.simplify(value - golden) == 0 for value in irrep.values)


def test_types_of_real_irreps():
    kinds = [(r.dimension, r.kind) for r in character_table(quaternion()).real_irreps]
    assert kinds == [(1, "real")] * 4 + [(4, "quaternionic")]
    kinds = [(r.dimension, r.kind) for r in character_table(cyclic(5)).real_irreps]
    assert kinds == [(1, "real"), (2, "complex"), (2, "complex")]
    assert character_table(quaternion()).real_irreps[-1].commutant_dimension == 4


def test_table_as_text():
    lines = str(character_table(C4v)).splitlines()
    assert lines[0].startswith("C4v │ E")
    assert "2" in lines[-1] and lines[-1].endswith("real")
    assert [line.split()[0] for line in lines[2:]] == ["A1", "A2", "B1", "B2", "E"]
    assert "C4²" in lines[0]
    assert character_table(cyclic(5)).labels == ("0", "1", "2", "2*", "1*")
    assert "ε⁴" in str(character_table(cyclic(5)))
    # The exponent of A4 is six, but its values are made of cube roots.
    assert str(character_table(alternating(4))).endswith("ε = exp(2πi/3)")
    assert str(character_table(cyclic(5))).endswith("ε = exp(2πi/5)")


@given(groups())
def test_orthogonality_exactly(group):
    table = character_table(group)
    sizes = table.class_sizes
    exponent = group.exponent
    # The product of two characters summed over the group, as a polynomial in ζ: reduced modulo the
    # cyclotomic polynomial it must be |G| or 0.
    x = sympy.Symbol("x")
    modulus = sympy.Poly(sympy.cyclotomic_poly(exponent, x), x)
    for a, one in enumerate(table.irreps):
        for b, two in enumerate(table.irreps):
            counts = [0] * exponent
            for size, m, n in zip(sizes, one.multiplicities, two.conjugate, strict=True):
                for j, u in m:
                    for k, v in n:
                        counts[(j + k) % exponent] += size * u * v
            total = sympy.Poly(counts[::-1], x).rem(modulus)
            assert total == sympy.Poly(group.order if a == b else 0, x)
    assert sum(irrep.dimension**2 for irrep in table.irreps) == group.order
    assert len(table.irreps) == len(group.classes)


@given(groups(largest_degree=3))
def test_regular_representation_holds_every_irrep_by_its_degree(group):
    table = character_table(group)
    found = regular_representation(group).decomposition
    assert found == {k: irrep.dimension for k, irrep in enumerate(table.irreps)}


@pytest.mark.parametrize("shape", [(4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)])
def test_young_forms_are_irreducible(shape):
    assert list(symmetric(4).irrep(shape).decomposition.values()) == [1]
