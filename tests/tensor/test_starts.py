"""Starts beside the teacher, held against sums over all configurations of small tori."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

import mlrg
from mlrg.tensor.tensor import single

SQUARE_CRITICAL = 0.5 * float(np.log(1 + np.sqrt(2)))


def log_sum(weight, sites, bonds):
    """ln Σ Π w over bonds, each a pair of sites."""
    total = 0.0
    for spins in product(range(len(weight)), repeat=sites):
        total += np.prod([weight[spins[a], spins[b]] for a, b in bonds])
    return np.log(total)


def plaquettes():
    """Bonds of the square lattice around the four black plaquettes of a torus of eight spins."""
    across = {(i, j): 2 * (2 * j + i) for i, j in product(range(2), repeat=2)}
    bonds = []
    for i, j in across:
        right, left = across[i, j], across[(i - 1) % 2, j]
        up, down = across[i, j] + 1, across[i, (j - 1) % 2] + 1
        bonds += [(right, up), (up, left), (left, down), (down, right)]
    return bonds


@pytest.mark.parametrize(
    ("internal", "couplings"),
    [("Z2:odd", [0.37]), ("S3:standard", [0.6]), ("Z3:1", [0.5, 0.0]), ("Z2xZ2:1x0+0x1", None)],
)
def test_the_square_lattice_is_summed(internal, couplings):
    model = mlrg.SpinModel(internal, "A1", family="pair" if couplings is None else "bilinear")
    if couplings is None:
        couplings = [0.3, -0.2, 0.5, 0.1][: model.couplings.dimension]
    rgmap = mlrg.Tensor(model, lattice="square")
    start = rgmap.start(couplings)
    found = rgmap.ring(start, 2).log_trace(2) + 4 * start.log_scale
    weight = np.exp(np.tensordot(couplings, model.couplings.features, axes=1))
    if len(weight) < 4:
        assert found == pytest.approx(log_sum(weight, 8, plaquettes()), abs=1e-10)
    # One block closed upon itself: two spins, joined by all four bonds.
    alone = rgmap.ring(start, 1).log_trace(1) + start.log_scale
    assert alone == pytest.approx(np.log((weight**4).sum()), abs=1e-10)


def vertex(coupling):
    """Tensor of a vertex of the square lattice, its legs even and odd."""
    even, odd = np.sqrt(np.cosh(coupling)), np.sqrt(np.sinh(coupling))
    states = np.array([[even, odd], [even, -odd]])
    return np.einsum("xa,xb,xc,xd->abcd", *[states] * 4)


def test_a_tensor_of_ones_own_is_summed():
    rgmap = mlrg.Tensor.from_array(vertex, "Z2:0+odd", states=4)
    start = rgmap.start([0.4])
    found = rgmap.ring(start, 2).log_trace(2) + 4 * start.log_scale
    # A torus of four spins has every bond twice.
    bonds = [(0, 1), (2, 3), (0, 2), (1, 3)] * 2
    weight = np.exp(0.4 * np.outer([1, -1], [1, -1]))
    assert found == pytest.approx(log_sum(weight, 4, bonds), abs=1e-12)
    assert str(start.leg) == "(0, A1) + (odd, A1)"


def test_one_lattice_from_two_starts():
    square = single(mlrg.SpinModel("Z2:odd", "A1"), 8, start="square")
    own = mlrg.Tensor.from_array(vertex, "Z2:0+odd")
    for rgmap in (square, own):
        found = mlrg.critical(rgmap, 0.42, 0.46, tolerance=1e-6)
        assert found.phases == (1, 2)
        assert abs(found.coupling - SQUARE_CRITICAL) < 2e-4
    critical = mlrg.free_energy(replace(square, states=16), SQUARE_CRITICAL)
    assert critical.per_spin == pytest.approx(0.929695398, abs=1e-6)
    assert critical.per_bond == pytest.approx(np.sqrt(0.5), abs=2e-4)
    alone = mlrg.free_energy(replace(own, states=16), SQUARE_CRITICAL)
    assert alone.per_block == pytest.approx(critical.per_spin, abs=1e-6)
    assert alone.per_spin is None


def test_a_basis_and_a_mirror_of_ones_own():
    # Spins up and down as they are, and a leg whose second state a mirror turns over.
    turned = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    plain = np.einsum("abcd,xa,yb,zc,wd->xyzw", vertex(0.3), *[turned] * 4)
    swap = mlrg.symmetry.Representation(mlrg.symmetry.cyclic(2), [[[0, 1], [1, 0]]])
    here = mlrg.Tensor.from_array(plain, swap)
    expected = mlrg.Tensor.from_array(vertex(0.3), "Z2:0+odd")
    for columns in (1, 2):
        sizes = [
            rgmap.ring(rgmap.start([]), columns).sizes(4) + columns * rgmap.start([]).log_scale
            for rgmap in (here, expected)
        ]
        assert sizes[0] == pytest.approx(sizes[1], abs=1e-12)
    mirrored = mlrg.Tensor.from_array(vertex(0.3), "Z2:0+odd", mirror=np.diag([1, -1]))
    assert str(mirrored.start([]).leg) == "(0, A1) + (odd, A2)"


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda own: own(vertex, "S3:standard").start([0.4]), "generator s1 of S3"),
        (lambda own: own(vertex, "Z2:odd").start([0.4]), "legs carry 1 states"),
        (lambda own: own(vertex, "Z2:0+odd").start([0.4, 0.1]), "2 couplings were given"),
        (lambda own: own(lambda J: 0 * vertex(1), "Z2:0+odd").start([1]), "largest entry is 0"),
        (lambda own: own(lambda J: np.nan * vertex(1), "Z2:0+odd").start([1]), "entry is nan"),
        (lambda own: own([["x"]], "Z2:0+odd").start([]), "no array of real numbers"),
        (lambda own: mlrg.critical(own(vertex(0.4), "Z2:0+odd")), "has no axis"),
        (lambda own: own(vertex, "Z2:0+odd", mirror=[[1]]), "mirror of shape"),
        (lambda own: own(vertex, "Z2:0+odd", mirror=[[0, 1], [1, 0]]), "commutes with G"),
        (lambda own: own(vertex, "Z2:0+odd", couplings=0), "0 couplings"),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(ask, sentence):
    with pytest.raises(mlrg.InputError, match=sentence):
        ask(mlrg.Tensor.from_array)


def test_what_breaks_the_lattice_is_refused():
    broken = vertex(0.4)
    broken[0, 1, 0, 1] *= 1.1
    with pytest.raises(mlrg.InputError, match="the turn of the lattice changes"):
        mlrg.Tensor.from_array(broken, "Z2:0+odd").start([])
    handed = np.ones((3,) * 4)
    for turn in range(4):
        handed[tuple(np.roll([0, 0, 1, 2], turn))] = 2
    with pytest.raises(mlrg.InputError, match="the mirror changes"):
        mlrg.Tensor.from_array(handed, "Z1:0+0+0").start([])


@pytest.mark.parametrize(
    ("model", "couplings", "sentence"),
    [
        (("Z2:odd", "A1+E"), [0.1] * 5, "it takes A1"),
        (("Z3:1", "A1"), [0.1, 0.2], "two ends of a bond"),
    ],
)
def test_the_square_lattice_refuses_bonds_with_a_direction(model, couplings, sentence):
    with pytest.raises(mlrg.InputError, match=sentence):
        mlrg.Tensor(mlrg.SpinModel(*model), lattice="square").start(couplings)


def test_a_lattice_is_named():
    with pytest.raises(mlrg.InputError, match="lattice 'cubic' does not exist"):
        mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), lattice="cubic")
