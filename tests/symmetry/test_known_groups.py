"""Groups with what is known of them: `tests/data/groups.jsonl`, 138 groups up to order 40320.

Each line has the order, generators as images of 0…, the classes as (size, order of an element) and
the irreps as (degree, Frobenius–Schur indicator), as GAP 4.12 computes them.
"""

import json
from pathlib import Path

import pytest

from mlrg.symmetry import FiniteGroup, character_table

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "groups.jsonl").read_text().splitlines()
]
# The irreps of most groups are built in no time; of these the test is one of the slow ones.
_QUICK_ORDER = 60


def declared(row):
    degree = len(row["generators"][0]) if row["generators"] else 1
    return FiniteGroup([tuple(g) for g in row["generators"]], name=row["name"], degree=degree)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_order_classes_degrees_and_indicators(row):
    group = declared(row)
    assert group.order == row["order"]
    classes = [[len(members), group.element_order(members[0])] for members in group.classes]
    assert sorted(classes) in (
        sorted(map(list, row["classes"])),
        sorted([order, size] for order, size in row["classes"]),
    )
    irreps = [[irrep.dimension, irrep.indicator] for irrep in character_table(group).irreps]
    assert sorted(irreps) == sorted(map(list, row["irreps"]))


def build_all(group):
    """Every irrep, complex and real: building one verifies the relations and the character."""
    table = character_table(group)
    for irrep, character in zip(group.irreps, table.irreps, strict=True):
        assert irrep.dimension == character.dimension
        assert irrep.is_real == (character.kind == "real")
    for irrep, real in zip(group.real_irreps, table.real_irreps, strict=True):
        assert irrep.is_real and irrep.dimension == real.dimension


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["order"] <= _QUICK_ORDER], ids=lambda row: row["name"]
)
def test_irreps_are_built(row):
    build_all(declared(row))


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if _QUICK_ORDER < row["order"] <= 2000],
    ids=lambda row: row["name"],
)
def test_irreps_of_larger_groups_are_built(row):
    build_all(declared(row))


@pytest.mark.slow
def test_irreps_of_m11_up_to_sixteen_dimensions():
    group = declared(next(row for row in ROWS if row["name"] == "M11"))
    table = character_table(group)
    built = [k for k, irrep in enumerate(table.irreps) if irrep.dimension <= 16]
    assert [group.irreps[k].dimension for k in built] == [1, 10, 10, 10, 11, 16, 16]
