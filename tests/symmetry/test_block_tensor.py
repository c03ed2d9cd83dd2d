import numpy as np
import pytest

from mlrg.errors import BudgetError
from mlrg.symmetry import BlockTensorSpace, C4v, cyclic, quaternion, symmetric
from mlrg.symmetry.block_tensor import corner_permutations
from mlrg.testing import assert_certified

CASES = [
    (cyclic(2).irrep("odd"), "A1"),
    (cyclic(2).irrep("odd"), "E"),
    (cyclic(2).irrep("odd"), "A1+B1+E"),
    (cyclic(3).irrep(1), "A1"),
    (cyclic(3).irrep(1), "B2"),
    (symmetric(3).irrep("standard"), "A1"),
    (symmetric(4).irrep("standard"), "B1"),
    (quaternion().irrep("quaternion"), "A2"),
]


@pytest.mark.parametrize(("internal", "point"), CASES, ids=str)
def test_basis_is_invariant_and_complete(internal, point):
    space = BlockTensorSpace(internal, C4v(point))
    assert len(space.basis) == space.dimension
    assert_certified(space)
    legs = [
        np.kron(np.array(m.tolist(), float), np.eye(internal.dimension)) for m in C4v(point).images
    ]
    corners = [corner_permutations()[C4v.position[g]] for g in C4v.generators]
    inner = [
        np.kron(np.eye(C4v(point).dimension), np.array(m.tolist(), float)) for m in internal.images
    ]
    for tensor in space.basis:
        dense = np.array(tensor.tolist(), dtype=float)
        for matrix, move in (
            *zip(legs, corners, strict=True),
            *((m, (0, 1, 2, 3)) for m in inner),
        ):
            acted = np.einsum("abcd,ea,fb,gc,hd->efgh", dense, matrix, matrix, matrix, matrix)
            assert np.allclose(acted.transpose(np.argsort(move)), dense, atol=1e-9)


def test_false_tensors_fail_their_certificate():
    space = BlockTensorSpace(cyclic(2).irrep("odd"), C4v("E"))
    field, forms = space._forms
    spoiled = BlockTensorSpace(cyclic(2).irrep("odd"), C4v("E"))
    spoiled.__dict__["_forms"] = field, [{0: field.rational(1)}, *forms[1:]]
    with pytest.raises(AssertionError, match="not invariant"):
        assert_certified(spoiled)
    spoiled = BlockTensorSpace(cyclic(2).irrep("odd"), C4v("E"))
    spoiled.__dict__["_forms"] = field, forms[1:]
    with pytest.raises(AssertionError, match="not complete"):
        assert_certified(spoiled)


def test_too_large_a_tensor():
    with pytest.raises(BudgetError, match="20736 entries"):
        _ = BlockTensorSpace(cyclic(2).irrep("odd"), C4v("12A1")).basis
