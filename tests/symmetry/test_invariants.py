import random
from functools import partial

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from mlrg.errors import RepresentationError
from mlrg.symmetry import (
    C4v,
    FiniteGroup,
    Representation,
    alternating,
    averaging,
    cyclic,
    invariant_dimension,
    invariant_forms,
    permutation_representation,
    quaternion,
    symmetric,
)
from mlrg.symmetry.averaging import averaged_forms
from mlrg.symmetry.couplings import bond_mirror
from mlrg.symmetry.elimination import null_space
from mlrg.symmetry.invariants import _system
from mlrg.symmetry.reductions import splitting_primes
from mlrg.testing import assert_certified, groups, representations


def as_one(representation):
    """The same representation without the knowledge of its summands."""
    return Representation(
        representation.group, representation.images, dimension=representation.dimension
    )


def eliminated(representation):
    """The invariant forms of a representation with itself by elimination, as {place: entry}."""
    matrices, d = representation.matrices, representation.dimension
    forms = null_space(_system(matrices, matrices, representation.field, d * d))
    return [{divmod(place, d): x for place, x in form.items()} for form in forms]


@pytest.mark.parametrize(
    ("representation", "count"),
    [
        *((symmetric(n).irrep("standard"), 1) for n in (3, 4, 5)),
        (quaternion().irrep("quaternion"), 4),
        (cyclic(5).irrep(1), 2),
        (cyclic(7).irrep(1), 2),
        (alternating(4).irrep("standard"), 1),
    ],
    ids=repr,
)
def test_known_counts(representation, count):
    basis = invariant_forms(representation, representation)
    assert len(basis) == count
    assert_certified(basis)


def test_mirror_invariants_of_the_large_c4v_representation():
    point = C4v("2A1+B1+B2+2E")
    assert len(invariant_forms(bond_mirror(point, False), bond_mirror(point, False))) == 34


def test_every_harmonic_of_z11():
    total = cyclic(11).irrep(1)
    for charge in range(2, 6):
        total = total + cyclic(11).irrep(charge)
    by_blocks, at_once = invariant_forms(total, total), invariant_forms(*[as_one(total)] * 2)
    assert len(by_blocks) == len(at_once) == 10
    for basis in (by_blocks, at_once):
        assert_certified(basis)


@given(st.data())
def test_block_solution_equals_the_full_one(data):
    group = data.draw(groups(largest_degree=3))
    left = data.draw(representations(group, terms=3))
    right = data.draw(representations(group, terms=2))
    by_blocks = invariant_forms(left, right)
    at_once = invariant_forms(as_one(left), as_one(right))
    assert_certified(by_blocks)
    assert_certified(at_once)
    assert len(by_blocks) == invariant_dimension(left, right)
    assert [
        sympy.simplify(a - b) for a, b in zip(by_blocks.matrices, at_once.matrices, strict=True)
    ] == [sympy.zeros(left.dimension, right.dimension)] * len(at_once)


def test_dimension_survives_large_unimodular_changes_of_basis():
    # Floating-point peers lose or invent invariants here.
    generator = random.Random(7)
    for base in (C4v("2A1+B1+2E"), symmetric(4).irrep("standard") + symmetric(4).irrep((2, 2))):
        base = as_one(base)
        expected = invariant_dimension(base, base)
        d = base.dimension
        basis = sympy.eye(d)
        for _ in range(3 * d):
            i, j = generator.sample(range(d), 2)
            basis[i, :] = basis[i, :] + generator.choice([-97, -31, 53, 89]) * basis[j, :]
        assert max(abs(entry) for entry in basis) > 10**8
        moved = base.change_of_basis(basis)
        found = invariant_forms(moved, moved)
        assert len(found) == expected
        assert_certified(found)


@pytest.mark.parametrize(
    "base",
    [
        C4v("2A1+B1+2E"),
        symmetric(4).irrep((2, 2)) + symmetric(4).irrep((3, 1)),
        permutation_representation(alternating(4)) + permutation_representation(alternating(4)),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [2, 10**6])
def test_averaging_equals_elimination(base, size):
    generator = random.Random(3)
    d = base.dimension
    basis = sympy.eye(d)
    for _ in range(2 * d):
        i, j = generator.sample(range(d), 2)
        basis[i, :] = basis[i, :] + sympy.Rational(generator.randint(-size, size), 3) * basis[j, :]
    moved = base.change_of_basis(basis)
    expected = eliminated(moved)
    found = averaged_forms(moved.group, moved.matrices, moved.matrices, len(expected))
    assert found == expected


def test_averaging_passes_over_primes_in_denominators(monkeypatch):
    monkeypatch.setattr(averaging, "splitting_primes", partial(splitting_primes, below=2**20))
    prime = sympy.prevprime(2**20)
    base = C4v("A1+B1+E")
    shear = sympy.eye(4) + sympy.Rational(1, prime) * sympy.Matrix(
        4, 4, lambda i, j: 1 if i < j else 0
    )
    moved = base.change_of_basis(shear)
    expected = eliminated(moved)
    found = averaged_forms(moved.group, moved.matrices, moved.matrices, len(expected))
    assert found == expected


def test_basis_is_echelon_with_an_orthonormal_companion():
    v = symmetric(4).irrep((3, 1))
    basis = invariant_forms(v, v)
    (form,) = basis.matrices
    assert form[0, 0] == 1
    q = cyclic(3).irrep(1) + cyclic(3).irrep(1)
    basis = invariant_forms(q, q)
    flat = basis.orthonormal.reshape(len(basis), -1)
    assert np.allclose(flat @ flat.T, np.eye(len(basis)))
    assert np.linalg.matrix_rank(np.vstack([flat, basis.arrays.reshape(len(basis), -1)])) == 8


def test_a_false_basis_fails_its_certificate():
    from dataclasses import replace

    v = symmetric(3).irrep("standard")
    basis = invariant_forms(v, v)
    field, entries = basis.forms[0]
    spoiled = replace(basis, forms=(type(basis.forms[0])(field, {(0, 0): field.rational(1)}),))
    assert not spoiled.certificate["residual_zero"]
    with pytest.raises(AssertionError, match="not invariant"):
        assert_certified(spoiled)
    with pytest.raises(AssertionError, match="not complete"):
        assert_certified(replace(basis, forms=()))
    assert len(entries) == 2


def test_groups_with_one_name_never_share_a_basis():
    images = [[[0, 1], [1, 0]]]
    counts = []
    for generators, matrices in (
        ([(1, 0)], images),
        ([(1, 0)], [[[1, 0], [0, -1]]]),
        ([(1, 2, 0)], [[[0, -1], [1, -1]]]),
    ):
        group = FiniteGroup(generators, ["g"], name="same")
        v = Representation(group, matrices, name="same")
        counts.append(invariant_forms(v, v).matrices)
    assert len({tuple(m) for m in counts}) == 3


def test_one_group_is_needed():
    with pytest.raises(RepresentationError, match="both must belong to one group"):
        invariant_forms(cyclic(2).irrep("odd"), cyclic(4).irrep("odd"))
