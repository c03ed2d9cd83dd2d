import numpy as np
import pytest

import mlrg
from mlrg.symmetry import C4v, symmetric


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
    names = {"SpinModel": mlrg.SpinModel, **vars(mlrg.symmetry)}
    assert eval(repr(ising("A1+E")), names) == ising("A1+E")


def test_names_stand_for_representations():
    assert mlrg.SpinModel("S3:standard", "2A1+E") == mlrg.SpinModel(
        symmetric(3).irrep("standard"), C4v("2A1+E")
    )
    with pytest.raises(mlrg.InputError, match="no irrep called 'even'"):
        mlrg.SpinModel("Z2:even", "A1")


def test_four_state_clock_is_two_ising_copies(star):
    one = mlrg.fixed_point(star("A1"))
    for internal in ("Z4:1", "D4:E"):
        two = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel(internal, "A1")))
        assert two.couplings[0] == pytest.approx(2 * one.couplings[0], abs=1e-9)
        assert two.central_charge == pytest.approx(2 * one.central_charge, abs=1e-9)
        assert two.degeneracy == pytest.approx(one.degeneracy**2, abs=1e-9)
        assert two.exponents[0] == pytest.approx(one.exponents[0], abs=1e-9)
        sums = sorted(np.add.outer(one.scaling_dimensions, one.scaling_dimensions).ravel())
        assert two.scaling_dimensions == pytest.approx(sums, abs=1e-9)


def test_three_state_clock_is_three_state_potts():
    clock = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("Z3:1", "A1")))
    potts = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("S3:standard", "A1")))
    assert clock.couplings == pytest.approx([potts.couplings[0], 0], abs=1e-9)
    assert clock.scaling_dimensions == pytest.approx(potts.scaling_dimensions, abs=1e-9)
    # The σ doublet of S3 is one multiplet.
    assert potts.scaling_dimensions[1] == pytest.approx(potts.scaling_dimensions[2], abs=1e-10)
