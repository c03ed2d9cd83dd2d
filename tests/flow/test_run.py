"""Analysis of flows that are known in closed form: what is read off, and what is refused."""

import numpy as np
import pytest
import torch

import mlrg
from mlrg.errors import NoAnswerError
from mlrg.flow.fields import Flow
from mlrg.flow.landscape import find_fixed_points
from mlrg.flow.rays import Ray
from mlrg.flow.run import Run

RATE = 0.3


class KnownFlow(Flow):
    """A flow of one coupling with a given velocity."""

    def __init__(self, velocity):
        super().__init__()
        self.monotone = None
        self._velocity = velocity

    def velocity(self, couplings):
        return self._velocity(couplings)


@pytest.fixture
def run_of(ising):
    def build(*velocities, point="A1"):
        flows = tuple(KnownFlow(velocity) for velocity in velocities)
        config = mlrg.TrainingConfig(flow="vector")
        seeds = tuple(range(len(flows)))
        return Run(ising(point), config, seeds, flows, ({},) * len(flows))

    return build


def repelled(centre):
    """Flow from J = centre to 0 and infinity; close by, a step multiplies distances by e^RATE.

    The antiferromagnet is a gauge copy: J = 0 must stay where it is.
    """
    return lambda j: RATE * (j - centre) * torch.tanh(10 * j)


def test_critical_flow_in_closed_form(run_of):
    run = run_of(repelled(0.8), repelled(0.7))
    assert run.degeneracy_crossing.seeds == pytest.approx([0.8, 0.7], abs=1e-6)
    assert run.fixed_points[:, 0] == pytest.approx([0.8, 0.7], abs=1e-9)
    # tanh(7) is 1.7e-6 below one.
    expected = RATE / np.log(np.sqrt(2))
    assert run.exponents[0].seeds == pytest.approx([expected] * 2, rel=1e-5)


def test_estimates_over_scales_and_along_a_ray(run_of):
    run = run_of(repelled(0.8), lambda j: -j)
    found = run.critical_estimates(scales=(2.0, 3.0))["crossing"]
    assert found.values[:, 0] == pytest.approx([0.8, 0.8], abs=1e-6)
    assert found.missing == 1 and np.isnan(found.values[:, 1]).all()
    assert found.drift == pytest.approx(0, abs=1e-6)
    assert found.at(3.0).seeds == pytest.approx([0.8], abs=1e-6)
    assert all("do not cross" in reason for reason in found.reasons)
    # Twice as fast along the same axis.
    ray = Ray((0.0,), (2.0,))
    assert run.degeneracy_crossing_of(run.flows[0], ray=ray) == pytest.approx(0.4, abs=1e-6)


def test_no_critical_point_is_said_and_not_made_up(run_of):
    run = run_of(lambda j: -j, repelled(0.8))
    values, reasons = run.each(run.degeneracy_crossing_of)
    assert values == pytest.approx([0.8], abs=1e-6)
    assert len(reasons) == 1 and reasons[0].startswith("seed 0: the degeneracy curves do not cross")
    with pytest.raises(NoAnswerError, match="no monotone"):
        run.maximum(run.flows[0])


def test_a_flow_that_diverges(run_of):
    run = run_of(lambda j: 50 * j**3 + 1)
    _, reasons = run.each(run.degeneracy_crossing_of)
    assert "runs to infinity" in reasons[0]
    with pytest.raises(NoAnswerError, match="runs to infinity"):
        run.flow_curves(run.degeneracy_curve)


def test_a_fixed_point_outside_the_box_or_in_a_phase_is_refused(run_of, monkeypatch):
    run = run_of(repelled(0.8))
    for answer, message in ((5.0, "left the trained box"), (0.0, "phase of degeneracy 1")):
        monkeypatch.setattr(Run, "newton", lambda self, flow, start, j=answer: np.array([j]))
        with pytest.raises(NoAnswerError, match=message):
            run.fixed_point_of(run.flows[0])


def test_phases_of_a_known_flow(run_of):
    run = run_of(lambda j: RATE * j * (j**2 - 0.64))
    search = find_fixed_points(run, run.flows[0], np.array([[0.1], [0.7], [0.9], [-0.7]]))
    # ±0.8 are gauge copies.
    assert sorted(abs(float(point[0])) for point in search.points) == pytest.approx([0, 0.8])
    assert search.failures == 0
