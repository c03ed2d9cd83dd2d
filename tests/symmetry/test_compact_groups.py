"""Continuous groups: their matrices, invariants and products, held against the Lie algebra."""

from itertools import product

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag, expm

import mlrg
from mlrg.errors import InfiniteGroupError, InputError, SpinSpaceError, UnknownNameError
from mlrg.symmetry import C4v, ContinuousSpins, compact_group, coupling_space, invariant_forms
from mlrg.symmetry.catalogue import name_of, parse_group, parse_internal
from mlrg.symmetry.circle import circle_of
from mlrg.symmetry.compact_irreps import compact_irreps

NAMES = {
    "SO2": ("0", "1", "2", "5"),
    "O2": ("0", "0'", "1", "3"),
    "SO3": ("0", "1", "2", "3"),
    "O3": ("0", "0'", "1", "1'", "2"),
    "SU2": ("0", "1/2", "1", "3/2", "2"),
}


def weights(group, name):
    """Charges of the states of an irrep under turns about z."""
    label = sympy.Rational(name.rstrip("'"))
    if group.endswith("O2"):
        return [label, -label] if label else [label]
    return [label - k for k in range(int(2 * label) + 1)]


def multiplicity(group, first, second):
    """Number of invariant forms, from the characters: no matrix is looked at."""
    pairs = [a + b for a, b in product(weights(group, first), weights(group, second))]
    if group == "SO2":
        return pairs.count(0)
    primes = first.endswith("'"), second.endswith("'")
    if group == "O2":
        if first[0] != second[0]:
            return 0
        return int(first[0] != "0" or primes[0] == primes[1])
    # Spins: as many of total spin zero as states of weight zero more than of weight one.
    same = primes[0] == primes[1] if group == "O3" else True
    return (pairs.count(0) - pairs.count(1)) * same


@pytest.mark.parametrize("group", NAMES)
def test_invariants_are_as_many_as_characters_say(group):
    irreps = [compact_group(group).irrep(name) for name in NAMES[group]]
    for one, two in product(irreps, repeat=2):
        basis = invariant_forms(one, two)
        assert len(basis) == multiplicity(group, one.name, two.name)
        proof = basis.certificate
        assert proof["residual_zero"]
        assert proof["rank"] == proof["dimension"] == len(basis)


def spin_algebra(spin):
    """Generators of turns about z and y on real harmonics, by derivative of the monomials.

    Independent of Wigner's formula: harmonics are written as polynomials.
    """
    x, y, z = sympy.symbols("x y z")
    harmonics = {
        1: [z, x, y],
        2: [
            (2 * z**2 - x**2 - y**2) / 2,
            sympy.sqrt(3) * x * z,
            sympy.sqrt(3) * y * z,
            sympy.sqrt(3) * (x**2 - y**2) / 2,
            sympy.sqrt(3) * x * y,
        ],
    }[spin]

    def matrix(turned):
        columns = []
        unknown = sympy.symbols(f"c:{len(harmonics)}")
        for function in harmonics:
            rest = sympy.Poly(
                sympy.expand(turned(function) - sum(map(sympy.Mul, unknown, harmonics))), x, y, z
            )
            solution = sympy.solve(rest.coeffs(), unknown, dict=True)[0]
            columns.append([solution[c] for c in unknown])
        return sympy.Matrix(columns).T

    # (g f)(r) = f(g⁻¹ r): of a turn about z by α, x → x cos α + y sin α.
    about_z = matrix(lambda f: y * sympy.diff(f, x) - x * sympy.diff(f, y))
    about_y = matrix(lambda f: x * sympy.diff(f, z) - z * sympy.diff(f, x))
    return about_z, about_y


ALGEBRA = {spin: spin_algebra(spin) for spin in (1, 2)}
coupling_values = st.lists(st.floats(-2, 2), min_size=10, max_size=10)


@pytest.mark.parametrize("spin", [1, 2])
def test_turns_are_exponentials_of_the_lie_algebra(spin):
    angle = 2 * np.arctan2(4, 3)
    irrep = compact_group("SO3").irrep(str(spin))
    for matrix, generator in zip(irrep.matrices, ALGEBRA[spin], strict=True):
        expected = expm(angle * np.array(generator, dtype=float))
        assert matrix.floats == pytest.approx(expected, abs=1e-12)


@given(turns=st.lists(st.floats(-4, 4), min_size=3, max_size=3), couplings=coupling_values)
@settings(max_examples=25, deadline=None)
def test_energies_do_not_change_under_random_turns(turns, couplings):
    space = mlrg.SpinModel("SO3:1+2", "A1+E").couplings
    parts = []
    for spin in (1, 2):
        about_z, about_y = (np.array(x, dtype=float) for x in ALGEBRA[spin])
        parts.append(expm(turns[0] * about_z) @ expm(turns[1] * about_y) @ expm(turns[2] * about_z))
    turn = np.kron(np.eye(3), block_diag(*parts))
    matrix = np.tensordot(couplings[: space.dimension], space.arrays, axes=1)
    assert turn.T @ matrix @ turn == pytest.approx(matrix, abs=1e-10)


def test_the_algebra_leaves_the_forms_invariant():
    form = sympy.Matrix(invariant_forms(*[compact_group("SO3").irrep("2")] * 2).matrices[0])
    for generator in ALGEBRA[2]:
        assert sympy.simplify(generator.T * form + form * generator) == sympy.zeros(5)


@pytest.mark.parametrize("group", ["O2", "SO2", "SO3", "O3"])
def test_couplings_of_irreps_transform_as_they_should(group):
    irreps, owner = compact_irreps(compact_group(group)), compact_group(group)
    for first, second in product(range(4), repeat=2):
        one, two = (owner.irrep(irreps[k].name) for k in (first, second))
        states = 0
        for number in irreps.within([first, second]):
            coupled = irreps.coupling(first, second, number)
            states += len(coupled) * irreps[number].dimension // irreps[number].commutant
            if not len(coupled) or (group.endswith("O3") and irreps[number].dimension > 9):
                # The matrices of such spins are not written down.
                continue
            target = owner.irrep(irreps[number].name)
            for a, b, c in zip(one.matrices, two.matrices, target.matrices, strict=True):
                moved = np.einsum("ai,bj,tkij->tkab", a.floats, b.floats, coupled)
                expected = np.einsum("lk,tlab->tkab", c.floats, coupled)
                assert moved == pytest.approx(expected, abs=1e-12)
            rows = coupled[:, 0].reshape(len(coupled), -1)
            assert rows @ rows.T == pytest.approx(np.eye(len(rows)), abs=1e-12)
            if first == second:
                signs = np.einsum("tij,tji->t", coupled[:, 0], coupled[:, 0])
                assert np.abs(signs) == pytest.approx(np.ones(len(coupled)), abs=1e-12)
        assert states == one.dimension * two.dimension


@pytest.mark.parametrize(
    ("internal", "point", "dimension"),
    [
        ("O2:1", "A1", 1),
        ("SO2:1", "A1", 2),
        ("O(2):1", "A1+E", 5),
        ("O3:1", "2A1+E", 10),
        ("SU2:1/2", "A1", 4),
        ("O2:1+2", "A1", 2),
        ("O2xZ2:1xodd", "A1", 1),
        ("Z3:1 x SO2:1", "A1", 4),
    ],
)
@pytest.mark.filterwarnings("ignore::mlrg.model.RealFormWarning")
def test_couplings_are_those_of_large_finite_subgroups(internal, point, dimension):
    assert mlrg.SpinModel(internal, point).couplings.dimension == dimension


@pytest.mark.parametrize(("continuous", "finite"), [("O2:1", "D12:E1"), ("SO3:1", "A5:3")])
def test_the_coupling_matrix_is_that_of_a_subgroup(continuous, finite):
    ours, theirs = (mlrg.SpinModel(name, "A1+E").couplings.matrix for name in (continuous, finite))
    assert ours == theirs


def test_names_are_read_and_written():
    assert parse_internal("O(3):1'").name == "1'"
    assert parse_internal("U1:2") == parse_internal("SO2:2")
    assert parse_group("O2xZ2").factors == (compact_group("O2"), parse_group("Z2"))
    for name in ("O2:1", "O3:1'", "SU2:3/2", "SO2:1+2"):
        assert name_of(parse_internal(name)) == name
    irrep = compact_group("O3").irrep("2")
    assert eval(repr(irrep), {"compact_group": compact_group}) == irrep


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SO3:1/2", "half"),
        ("SO2:0'", "determinant"),
        ("O2:x", "charges"),
        ("SO3:9", "not written down"),
        ("SU3:1", "not known"),
    ],
)
def test_what_is_no_irrep_is_refused(name, why):
    with pytest.raises(UnknownNameError, match=why):
        parse_internal(name)


def test_what_lists_elements_is_refused():
    group = compact_group("O2")
    with pytest.raises(InfiniteGroupError, match="continuous"):
        _ = group.elements
    with pytest.raises(InfiniteGroupError, match="finite subgroup"):
        _ = group.irrep("1").character
    with pytest.raises(InfiniteGroupError):
        parse_internal("O2:two-sided")
    assert not hasattr(group, "no_such_thing")


def test_spin_values_that_are_asked_for_are_refused():
    model = mlrg.SpinModel("O2:1", "A1")
    for ask in (
        lambda: len(model.spins),
        lambda: model.couplings.features,
        lambda: model.spins.values,
    ):
        with pytest.raises(SpinSpaceError, match="continuum"):
            ask()
    with pytest.raises(SpinSpaceError, match="no finite set"):
        mlrg.SpinModel("O2:1", "A1", states=((1, 0), (-1, 0)))
    with pytest.raises(SpinSpaceError, match="no circle and no sphere"):
        mlrg.SpinModel("O2:1", "A1+E", family="pair").couplings  # noqa: B018
    assert "a continuum" in model.summary()


@pytest.mark.parametrize(
    ("internal", "energy"),
    [
        ("O2:1", np.cos),
        ("O2:3", lambda u: np.cos(3 * u)),
        ("SO3:1", np.cos),
        ("O3:2", lambda u: 1.5 * np.cos(u) ** 2 - 0.5),
    ],
)
def test_the_energy_is_that_of_the_angle(internal, energy):
    model = mlrg.SpinModel(internal, "A1")
    angles = np.linspace(0, 2 * np.pi, 13)
    assert model.couplings.profile(angles)[0] == pytest.approx(energy(angles), abs=1e-12)
    pairs = mlrg.SpinModel(internal, "A1", family="pair").couplings
    assert pairs.axis @ pairs.profile(angles) == pytest.approx(energy(angles), abs=1e-12)


def test_values_on_a_great_circle_are_turned_by_the_group():
    for name in ("1", "2", "3"):
        representation = compact_group("SO3").irrep(name)
        spins = ContinuousSpins(representation, C4v("A1"))
        angle = 2 * np.arctan2(4, 3)
        turned = representation.matrices[1].floats @ spins.pole
        assert spins.along([angle])[0] == pytest.approx(turned, abs=1e-12)
        assert spins.along([2 * angle])[0] == pytest.approx(
            representation.matrices[1].floats @ turned, abs=1e-12
        )


def test_harmonics_refuse_what_they_do_not_make_up():
    space = coupling_space(*[ContinuousSpins(parse_internal("O2:1"), C4v("A1"))] * 2, family="pair")
    assert space.dimension == 9
    with pytest.raises(InputError, match="harmonics leave"):
        space.coordinates(np.abs)
    assert space.coordinates(lambda u: np.cos(2 * u) - 3)[[0, 2]] == pytest.approx([-3, 1])


@pytest.mark.parametrize(
    ("internal", "order", "charges"),
    [
        ("Z5:1", 5, [0, 1, 2]),
        ("Z5:2", 5, [0, 2, 1]),
        ("D6:E1", 6, [0, 0, 3, 3, 1, 2]),
        ("S3:standard", 3, [0, 0, 1]),
        ("O2:2", None, [0, 0, 0, 1, 1, 2]),
    ],
)
def test_turns_and_charges(internal, order, charges):
    circle = circle_of(parse_internal(internal))
    assert circle.order == order
    assert [circle.charge(k) for k in range(len(charges))] == charges
    assert [circle.charge_named(circle.irreps[k].name) for k in range(len(charges))] == charges


@pytest.mark.parametrize("internal", ["Z2:odd", "S4:standard", "A5:3", "O3:1", "Q8:quaternion"])
def test_groups_without_turns_have_none(internal):
    assert circle_of(parse_internal(internal)) is None
