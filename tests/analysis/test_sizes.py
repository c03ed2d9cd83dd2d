import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import mlrg
from mlrg.analysis.flow_table import flow_table
from mlrg.analysis.literature import ISING_EXACT
from mlrg.analysis.sizes import Limit, limit, limits, order_of

TABLE = Path(__file__).parents[2] / "docs" / "tensor" / "tensor.csv"
ISING = mlrg.SpinModel("Z2:odd", "A1")


def test_the_error_of_a_limit_covers_the_next_size():
    series = defaultdict(list)
    with open(TABLE, newline="") as file:
        for row in csv.DictReader(file):
            key = row["internal"], row["method"], row["power"]
            series[key].append((int(row["kept"]), float(row["coupling"])))
    covered = asked = 0
    for found in series.values():
        sizes, couplings = zip(*sorted(dict(found).items()), strict=True)
        for count in range(2, len(sizes)):
            value, error = limit(sizes[:count], couplings[:count])
            assert value == couplings[count - 1]
            asked += 1
            covered += abs(couplings[count] - value) <= error
    assert asked > 20
    assert covered >= 0.85 * asked


def test_a_limit_of_several_readings():
    found = limit([4, 8], [[1.0, 2.0], [1.1, 1.9]])
    assert found.value.tolist() == [1.1, 1.9]
    assert found.error == pytest.approx([0.1, 0.1])
    later = limit([2, 4, 8], [[1.9], [1.0], [0.99]])
    assert later.error == pytest.approx([0.91 / 16])
    for sizes in ([4], [4, 4]):
        with pytest.raises(mlrg.InputError, match="no limit: give numbers that keep"):
            limit(sizes, np.ones(len(sizes)))


@pytest.fixture(scope="module")
def found():
    return [
        mlrg.critical(mlrg.Tensor(ISING, states), 0.74, 0.78, tolerance=1e-7) for states in (4, 6)
    ]


def test_limits_of_transitions(found):
    answers = limits(found)
    value, error = answers["critical_coupling"]
    assert value == found[1].coupling
    assert abs(value - ISING_EXACT) < error
    assert answers["scaling_dimensions"].value == pytest.approx(found[1].scaling_dimensions)
    assert abs(answers["central_charge"].value - 0.5) < answers["central_charge"].error + 1e-3


def test_the_table_of_a_flow_has_what_is_read_there(found):
    transition = found[1]
    data = flow_table(transition.flow, 5)
    here = data.isel(step=transition.steps)
    assert dict(data.sizes) == {"step": len(transition.flow.points), "level": 5}
    assert float(here.degeneracy) == transition.degeneracy
    assert float(here.central_charge) == pytest.approx(transition.central_charge, abs=1e-12)
    assert here.scaling_dimensions.values == pytest.approx(transition.scaling_dimensions[:5])
    assert str(here.leg.values) == str(transition.point.leg)
    assert np.isnan(data.cost[0]) and data.cost.attrs["unit"] == "infidelity"
    # Of what the next step sheds, a block has half, and half of the free energy of the next one.
    shares = (data.log_scale[1:].values + data.free_energy[1:].values) / 2
    assert data.free_energy[:-1].values == pytest.approx(shares, abs=1e-12)


def test_sizes_that_disagree_leave_the_order_open(found):
    class Says:
        order = "first"

    class Silent:
        order = None

    assert order_of(found, {}) == "continuous"
    assert order_of([found[0], Says()], {}) is None
    heat = {"latent_heat": Limit(np.float64(0.1), np.float64(0.2))}
    assert order_of([Says(), Says()], heat) is None
    heat = {"latent_heat": Limit(np.float64(0.3), np.float64(0.2))}
    assert order_of([Says(), Says(), Silent()], heat) == "first"
    assert order_of([Says(), Silent()], {}) is None
    assert order_of([Silent(), Silent()], {}) is None
