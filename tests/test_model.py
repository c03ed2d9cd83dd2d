import numpy as np
import pytest

import mlrg
from mlrg.symmetry import C4v, cyclic, dihedral, symmetric


def test_summary(ising):
    text = ising("A1+E", frame="paper").summary()
    assert "states     8 a spin, 4096 corner configurations (at least 256 orbits)" in text
    assert "couplings  5, bilinear" in text
    assert "gauge      8 copies" in text
    assert "[ J2 │ J3   0 ]" in text


def test_models_are_values(ising):
    assert ising("A1") == ising("A1")
    assert hash(ising("A1+E")) == hash(ising("A1+E"))
    assert ising("A1") != ising("A1", frame="paper")
    assert eval(repr(ising("A1+E")), {**vars(mlrg), **globals(), "SpinModel": mlrg.SpinModel}) == (
        ising("A1+E")
    )


def test_four_state_clock_is_two_ising_copies(ising):
    one = mlrg.fixed_point(ising("A1"))
    for internal in (cyclic(4).irrep(1), dihedral(4).irrep("E")):
        two = mlrg.fixed_point(mlrg.SpinModel(internal, C4v("A1")))
        assert two.couplings[0] == pytest.approx(2 * one.couplings[0], abs=1e-9)
        assert two.central_charge == pytest.approx(2 * one.central_charge, abs=1e-9)
        assert two.degeneracy == pytest.approx(one.degeneracy**2, abs=1e-9)
        assert two.exponents[0] == pytest.approx(one.exponents[0], abs=1e-9)
        sums = sorted(np.add.outer(one.scaling_dimensions, one.scaling_dimensions).ravel())
        assert two.scaling_dimensions == pytest.approx(sums, abs=1e-9)


def test_three_state_clock_is_three_state_potts():
    clock = mlrg.fixed_point(mlrg.SpinModel(cyclic(3).irrep(1), C4v("A1")))
    potts = mlrg.fixed_point(mlrg.SpinModel(symmetric(3).irrep("standard"), C4v("A1")))
    assert clock.couplings == pytest.approx([potts.couplings[0], 0], abs=1e-9)
    assert clock.scaling_dimensions == pytest.approx(potts.scaling_dimensions, abs=1e-9)
    # The σ doublet of S3 is one multiplet.
    assert potts.scaling_dimensions[1] == pytest.approx(potts.scaling_dimensions[2], abs=1e-10)
