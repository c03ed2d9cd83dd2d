"""Magnetisation beside Onsager and Yang's, and starts in a field beside sums over states."""

from itertools import product

import numpy as np
import pytest

import mlrg
from mlrg.errors import InputError, NoAnswerError

ISING = mlrg.SpinModel("Z2:odd", "A1")


def yang(coupling):
    """Magnetisation of the Ising model on the square lattice (Yang 1952)."""
    return (1 - np.sinh(2 * coupling) ** -4) ** 0.125


def on_the_lieb_lattice(coupling):
    """The mean of two vertices and four bonds; a bond's spin follows its ends."""
    vertex = yang(0.5 * np.log(np.cosh(2 * coupling)))
    return vertex * (2 + 4 * np.tanh(2 * coupling)) / 6


@pytest.mark.parametrize(
    ("lattice", "coupling", "exact"),
    [
        ("lieb", 0.5, 0.0),
        ("lieb", 1.2, on_the_lieb_lattice(1.2)),
        ("square", 0.3, 0.0),
        ("square", 0.7, yang(0.7)),
    ],
)
def test_ising_beside_yang(lattice, coupling, exact):
    found = mlrg.magnetisation(mlrg.Tensor(ISING, 8, lattice=lattice), coupling)
    assert found.value == pytest.approx(exact, abs=1e-6)
    assert found.error < 1e-8


@pytest.mark.slow
def test_ising_near_its_transition():
    for lattice, coupling, exact, accuracy in (
        ("lieb", 0.8, on_the_lieb_lattice(0.8), 5e-5),
        ("square", 0.5, yang(0.5), 1e-5),
    ):
        found = mlrg.magnetisation(mlrg.Tensor(ISING, 16, lattice=lattice), coupling)
        assert found.value == pytest.approx(exact, abs=accuracy)


def test_the_direction_of_potts_spins():
    potts = mlrg.Tensor(mlrg.SpinModel("S3:standard", "A1"), 4)
    values = potts.model.spins.values
    # Deep in the ordered phase every spin has one value; that is half against any other.
    assert mlrg.magnetisation(potts, 4.0).value == pytest.approx(1.0, abs=1e-4)
    second = -2 * values[1] / (values[1] @ values[1])
    assert mlrg.magnetisation(potts, 4.0, direction=second).value == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("lattice", ["lieb", "square"])
def test_a_start_in_a_field_is_summed(lattice):
    model = mlrg.SpinModel("S3:standard", "A1")
    rgmap = mlrg.Tensor(model, 4, lattice=lattice).in_field([0.3, -1.1])
    coupling, field = 0.4, 0.7
    start = rgmap.start([coupling, field])
    found = rgmap.ring(start, 1).log_trace(1) + rgmap.left_out(start)
    weights = np.exp(coupling * model.couplings.features[0])
    alone = np.exp(field * model.spins.values @ [0.3, -1.1])
    # One block closed upon itself: two vertices, joined by four bonds.
    total = 0.0
    for x, y in product(range(3), repeat=2):
        bond = weights[x, y] if lattice == "square" else (weights[:, x] * weights[:, y]) @ alone
        total += alone[x] * alone[y] * bond**4
    assert found == pytest.approx(np.log(total), abs=1e-10)
    assert rgmap.contents == mlrg.Tensor(model, 4, lattice=lattice).contents


def test_what_has_no_field():
    with pytest.raises(InputError, match="takes no field"):
        mlrg.magnetisation(mlrg.Star(ISING), 0.7)
    with pytest.raises(InputError, match="carry A1"):
        mlrg.magnetisation(mlrg.Tensor(mlrg.SpinModel("Z2:odd", "E"), 4), 0.7)
    with pytest.raises(InputError, match="one number for each of the 1"):
        mlrg.Tensor(ISING).in_field([1.0, 0.0])
    with pytest.raises(InputError, match="one of the function's couplings"):
        mlrg.Tensor(ISING).in_field().in_field()


@pytest.mark.slow
def test_rings_say_that_they_jump():
    with pytest.raises(NoAnswerError, match="is not resolved"):
        mlrg.magnetisation(mlrg.Tensor(ISING, 8, mlrg.Ring()), 0.9)
