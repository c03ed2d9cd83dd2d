"""First order in numbers: Blume–Capel spins at low temperature, where the expansion is exact."""

import numpy as np
import pytest

import mlrg
from mlrg.errors import NoAnswerError


def blume_capel(price):
    """The transition along J of spins −1, 0, 1 whose bonds weigh exp(J s s' − d (s² + s'²)/2)."""
    model = mlrg.SpinModel("Z2:odd", "A1", family="pair", states=((-1,), (0,), (1,)))
    ray = mlrg.Ray((1, 0, -1, 0, 0), (-price, -price / 2, -price, -price / 2, 0))
    return mlrg.critical(mlrg.Tensor(model, 4), 0.9 * price, 1.1 * price, ray, tolerance=1e-9)


def test_latent_heat_beside_the_expansion_at_low_temperature():
    # ln Z of a block is 8 (J − d) + 4 e^{d − 2J} ordered and 8 e^{−d} empty, up to e^{−2d}: they
    # are equal at J = d + e^{−d}/2.
    price, small = 12.0, np.exp(-12.0)
    found = blume_capel(price)
    assert (found.order, found.phases) == ("first", (1, 2))
    assert found.coupling == pytest.approx(price + small / 2, abs=1e-8)
    heat = mlrg.latent_heat(found)
    assert heat.value == pytest.approx(8 * (1 - small), abs=1e-7)
    assert heat.error < 1e-8
    assert mlrg.distance_exponent(found) == pytest.approx(2.0, abs=1e-9)


@pytest.mark.slow
def test_potts_spins_of_seven_states_come_closer_to_baxter():
    model = mlrg.SpinModel("Z7:1", "A1", family="pair")
    direction = (model.couplings.features[:, 0, 0] != 0).astype(float)
    exact = np.log(1 + np.sqrt(7))
    # 2 (1 + q^(−1/2)) tanh(θ/2) Π tanh²(nθ), 2 cosh θ = √q, for each of a block's two spins.
    theta = np.arccosh(np.sqrt(7) / 2)
    product = np.prod(np.tanh(np.arange(1, 200) * theta) ** 2)
    baxter = 4 * (1 + 7**-0.5) * np.tanh(theta / 2) * product
    off = []
    for states in (14, 21):
        student = mlrg.Tensor(model, states, lattice="square")
        found = mlrg.critical(student, 0.97 * exact, 1.03 * exact, direction, tolerance=1e-8)
        assert (found.order, found.phases) == ("first", (1, 7))
        assert mlrg.distance_exponent(found) == pytest.approx(2.0, abs=0.01)
        off.append(mlrg.latent_heat(found).value / baxter - 1)
    assert 0 < off[1] < 0.5 * off[0]


def test_a_continuous_transition_has_none():
    found = mlrg.critical(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")), 0.7, 0.9, tolerance=1e-6)
    for question in (mlrg.latent_heat, mlrg.distance_exponent):
        with pytest.raises(NoAnswerError, match="is continuous"):
            question(found)
