import numpy as np
import pytest

from mlrg.errors import BudgetError
from mlrg.symmetry import orthogonal_irreps as module
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.symmetry.permutations import compose

GROUPS = (
    *("Z2:odd", "Z5:1", "S3:standard", "S4:standard", "D4:E", "Q8:quaternion"),
    "S2:two-sided",
)


@pytest.mark.parametrize("name", GROUPS)
def test_matrices_are_orthogonal_representations(name):
    group = parse_internal(name).group
    irreps = irreps_of(group)
    for irrep in irreps.all:
        d = irrep.dimension
        for g, one in zip(group.elements, irrep.matrices, strict=True):
            assert one @ one.T == pytest.approx(np.eye(d), abs=1e-13)
            for h, two in zip(group.elements, irrep.matrices, strict=True):
                product = irrep.matrices[group.position[compose(g, h)]]
                assert one @ two == pytest.approx(product, abs=1e-13)
        # The norm of a real character is the dimension of the commutant.
        characters = np.einsum("gaa->g", irrep.matrices)
        assert np.mean(characters**2) == pytest.approx(irrep.commutant)
    assert sum(i.dimension**2 / i.commutant for i in irreps.all) == pytest.approx(group.order)


@pytest.mark.parametrize("name", GROUPS)
def test_couplings_transform_as_their_irrep(name):
    irreps = irreps_of(parse_internal(name).group)
    count = 0
    for first, one in enumerate(irreps.all):
        for second, two in enumerate(irreps.all):
            states = 0
            for product, irrep in enumerate(irreps.all):
                coupled = irreps.coupling(first, second, product)
                for g in range(len(one.matrices)):
                    moved = np.einsum("ab,cd,tibd->tiac", one.matrices[g], two.matrices[g], coupled)
                    expected = np.einsum("ji,tjab->tiab", irrep.matrices[g], coupled)
                    assert moved == pytest.approx(expected, abs=1e-12)
                rows = coupled[:, 0].reshape(len(coupled), one.dimension * two.dimension)
                assert rows @ rows.T == pytest.approx(np.eye(len(rows)), abs=1e-12)
                states += len(coupled) * irrep.dimension // irrep.commutant
            assert states == one.dimension * two.dimension
            count += 1
    assert count == len(irreps) ** 2


# Elementary abelian 2-subgroups that no larger one contains; of Z5 only the identity.
DIAGONAL = {"Z2:odd": 2, "Z5:1": 1, "S3:standard": 2, "S4:standard": 4, "D4:E": 4, "A5:standard": 4}


@pytest.mark.parametrize("name", [*DIAGONAL, "Q8:quaternion"])
def test_commuting_involutions_are_diagonal(name):
    irreps = irreps_of(parse_internal(name).group)
    assert len(irreps.diagonal) == DIAGONAL.get(name, 2)
    for irrep in irreps.all:
        found = irrep.matrices[irreps.diagonal]
        signs = np.rint(np.diagonal(found, axis1=1, axis2=2))
        assert found == pytest.approx(signs[:, :, None] * np.eye(irrep.dimension), abs=1e-13)


def test_a_group_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(module, "GROUP_LIMIT", 5)
    with pytest.raises(BudgetError, match="6 elements"):
        Irreps(parse_internal("S3:standard").group)
