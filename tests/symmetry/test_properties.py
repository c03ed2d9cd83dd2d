"""Theorems of representation theory, for random groups and representations over several fields."""

import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from mlrg.symmetry import character_table, invariant_dimension, permutation_representation
from mlrg.symmetry.elimination import _modular_forms
from mlrg.symmetry.invariants import _system, invariant_forms
from mlrg.symmetry.reductions import reductions, splitting_primes
from mlrg.symmetry.representations import one_field
from mlrg.testing import groups, representations, subgroups

# Numbers of Q, Q(√5), Q(i), Q(ζ5) and Q(ζ7) for changes of basis.
NUMBERS = st.sampled_from(
    [
        *map(sympy.Integer, (-2, -1, 1, 3)),
        *((1 + sympy.sqrt(5)) / 2, 1 + 2 * sympy.I),
        *(sympy.exp(2 * sympy.pi * sympy.I / 5), sympy.cos(2 * sympy.pi / 7)),
    ]
)


@st.composite
def moved(draw, representation):
    """The representation in a basis sheared by a number of a larger field."""
    d = representation.dimension
    if d == 1 or not draw(st.booleans()):
        return representation
    i, j = draw(st.permutations(range(d)))[:2]
    basis = sympy.eye(d)
    basis[i, j] = draw(NUMBERS)
    return representation.change_of_basis(basis)


def second_rank(left, right):
    """The number of invariants modulo the second prime that splits in their field."""
    field, ours, theirs = one_field(left, right)
    primes = splitting_primes(field)
    next(primes)
    prime = next(primes)
    system = _system(ours, theirs, field, left.dimension * right.dimension)
    return len(_modular_forms(system, reductions(field, prime)[0], prime))


@given(st.data())
def test_invariants_characters_and_ranks_agree(data):
    group = data.draw(groups())
    left, right = (data.draw(moved(data.draw(representations(group, terms=2)))) for _ in range(2))
    found = invariant_forms(left, right)
    assert len(found) == invariant_dimension(left, right) == found.certificate["rank"]
    assert found.certificate["residual_zero"]
    assert len(found) == second_rank(left, right)


@given(st.data())
def test_frobenius_reciprocity(data):
    group = data.draw(groups())
    part = data.draw(subgroups(group))
    small = permutation_representation(part)
    small = data.draw(moved(small)) if small.dimension < 4 else small
    large = data.draw(representations(group, terms=1))
    # Forms pair a representation with the dual: induction commutes with duals.
    up = invariant_dimension(small.induce(group), large)
    assert up == invariant_dimension(small, large.restrict(part))


@given(groups())
def test_irreps_fill_the_group(group):
    irreps = list(group.irreps)
    assert sum(irrep.dimension**2 for irrep in irreps) == group.order
    assert len(irreps) == len(group.classes)


@given(groups(largest_degree=4))
def test_matrix_elements_are_orthogonal(group):
    """Schur: Σ_g ρ_ij(g) σ_kl(g⁻¹) = δ_ρσ δ_il δ_jk |G|/d."""
    if group.order > 24:
        return
    elements = []
    for irrep in group.irreps:
        matrices = [irrep.exact_matrix_of(g).floats for g in group.elements]
        elements.append(np.array(matrices, dtype=complex))
    backwards = group.array.inverses
    for a, one in enumerate(elements):
        for b, two in enumerate(elements):
            total = np.einsum("gij,gkl->ijkl", one, two[backwards])
            d = one.shape[1]
            expected = np.zeros(total.shape)
            if a == b:
                expected = np.einsum("il,jk->ijkl", np.eye(d), np.eye(d)) * group.order / d
            assert np.abs(total - expected).max() < 1e-9


@given(groups())
def test_regular_characters(group):
    table = character_table(group)
    degrees = np.array([irrep.dimension for irrep in table.irreps])
    regular = degrees @ table.floats
    assert np.allclose(regular, [group.order] + [0] * (len(group.classes) - 1))
