from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import given

from mlrg.errors import UnknownNameError
from mlrg.model import SpinModel
from mlrg.symmetry import C4v, cyclic, invariant_dimension, invariant_forms
from mlrg.testing import assert_certified, models

J = sympy.symbols("J0:10")

# Eqs. (16)-(18) of the paper, entry for entry.
PAPER = {
    "A1": [[J[0]]],
    "A1+E": [[J[0], J[1], 0], [J[2], J[3], 0], [0, 0, J[4]]],
    "2A1+E": [
        [J[0], J[1], J[2], 0],
        [J[3], J[4], J[5], 0],
        [J[6], J[7], J[8], 0],
        [0, 0, 0, J[9]],
    ],
}


@pytest.mark.parametrize("point", PAPER)
def test_equations_16_to_18(ising, point):
    couplings = ising(point, frame="paper").couplings
    assert couplings.matrix == sympy.Matrix(PAPER[point])
    assert couplings.dimension == {"A1": 1, "A1+E": 5, "2A1+E": 10}[point]


def test_rotating_frame_of_a1_e(ising):
    couplings = ising("A1+E", frame="rotating").couplings
    assert couplings.matrix == sympy.Matrix(
        [[J[0], J[1], 0], [J[2], J[3], J[4]], [J[2], J[3], -J[4]]]
    )


def test_text_and_latex_have_lines_between_irreps(ising):
    couplings = ising("A1+E", frame="paper").couplings
    assert couplings.text.splitlines() == [
        "[ J0 │ J1   0 ]",
        "[ ───┼─────── ]",
        "[ J2 │ J3   0 ]",
        "[  0 │  0  J4 ]",
    ]
    assert couplings.latex == (
        r"\left[\begin{array}{c|cc} J_{0} & J_{1} & 0 \\ \hline J_{2} & J_{3} & 0 \\ "
        r"0 & 0 & J_{4} \end{array}\right]"
    )


@pytest.mark.parametrize("point", ["A1+A2", "B1+B2", "2A1+B1+B2+2E", "A2+E"])
def test_dimension_is_the_character_formula(ising, point):
    for frame in ("paper", "rotating"):
        model = ising(point, frame)
        target = model.point.mirror
        source = target if frame == "paper" else model.point.rotation * target
        formula = (target.rows**2 + source.trace() * target.trace()) // 2
        assert model.couplings.dimension == formula


def test_known_count_of_the_paper_frame(ising):
    assert len(ising("2A1+B1+B2+E", frame="paper").couplings.basis) == 4**2 + 2**2


def test_basis_is_invariant_in_numbers(ising):
    model = ising("A1+B1+E")
    source = np.array((model.point.rotation * model.point.mirror).tolist(), dtype=float)
    target = np.array(model.point.mirror.tolist(), dtype=float)
    for matrix in model.couplings.basis:
        numbers = np.array(matrix.tolist(), dtype=float)
        assert np.array_equal(source.T @ numbers @ target, numbers)


def test_internal_invariants_of_a_rotation():
    rotation = cyclic(3).irrep(1)
    basis = invariant_forms(rotation, rotation)
    assert basis.certificate == {"rank": 2, "dimension": 2, "residual_zero": True}
    assert invariant_dimension(rotation, cyclic(3).irrep("trivial")) == 0
    model = SpinModel(rotation, C4v("A1"))
    assert model.couplings.matrix == sympy.Matrix([[J[0], J[1]], [-J[1], J[0]]])


def test_pair_family_contains_the_bilinear_one(ising):
    bilinear = ising("A1+E").couplings
    pair = ising("A1+E", family="pair").couplings
    assert pair.features.sum(axis=0).tolist() == np.ones((8, 8)).tolist()
    for feature in bilinear.features:
        for orbit in range(pair.dimension):
            assert np.ptp(feature[pair.orbit == orbit]) == 0


@given(models(families=["pair"]))
def test_both_families_have_one_axis(model):
    bilinear = replace(model, family="bilinear").couplings
    if bilinear.dimension == 0:
        assert model.couplings.axis.tolist() == np.eye(model.couplings.dimension)[0].tolist()
        return
    energies = np.tensordot(model.couplings.axis, model.couplings.features, axes=1)
    assert energies == pytest.approx(
        np.tensordot(bilinear.axis, bilinear.features, axes=1), abs=1e-12
    )


def test_number_of_pair_orbits_is_burnside(ising):
    # Group of order 4: the identity and the spin flip, alone and with the mirror; only the identity
    # and the mirror fix pairs.
    spins = ising("A1+E").spins
    turned = [spins.rotation[m] for m in spins.mirror]
    fixed_sources = sum(turned[s] == s for s in range(8))
    fixed_targets = sum(spins.mirror[s] == s for s in range(8))
    flip = spins.internal_actions[0]
    flipped_sources = sum(flip[turned[s]] == s for s in range(8))
    flipped_targets = sum(flip[spins.mirror[s]] == s for s in range(8))
    burnside = (64 + fixed_sources * fixed_targets + flipped_sources * flipped_targets) // 4
    assert ising("A1+E", family="pair").couplings.dimension == burnside


@given(models(families=["pair"]))
def test_pair_orbits_are_certified(model):
    assert_certified(model.couplings)


def test_merged_pair_orbits_fail_their_certificate(ising):
    couplings = replace(ising("A1+E", family="pair")).couplings
    couplings.orbit = np.minimum(couplings.orbit, couplings.dimension - 2)
    with pytest.raises(AssertionError, match="not complete"):
        assert_certified(couplings)


def test_unknown_frame_and_family(ising):
    with pytest.raises(UnknownNameError, match="frame 'still' does not exist"):
        ising("A1", frame="still")
    with pytest.raises(UnknownNameError, match="choose bilinear or pair"):
        ising("A1", family="cubic")
