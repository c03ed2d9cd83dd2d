"""Analysis of flows that are known in closed form: what is read off, and what is refused."""

import numpy as np
import pytest
import torch

import mlrg
from mlrg.analysis.fixed_points import critical_point_near
from mlrg.errors import NoAnswerError
from mlrg.flow.axis_curves import degeneracy_curve, maximum, z_crossing
from mlrg.flow.flows import Flow
from mlrg.flow.learned import Learned

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
def run_of(star):
    def build(*velocities):
        config = mlrg.TrainingConfig(flow="vector")
        teacher = star("A1")
        maps = tuple(Learned(KnownFlow(velocity), teacher, config) for velocity in velocities)
        nothing = np.zeros(2)
        curves = {name: nothing for name in ("kl_bits", "gradient_norm", "beta", "exchange")} | {
            name: np.zeros((2, 1)) for name in ("acceptance", "leapfrog_step")
        }
        return mlrg.Run(teacher, config, tuple(range(len(maps))), maps, (curves,) * len(maps))

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
    # tanh(7) is 1.7e-6 below one; two steps of RK4 are off by 1e-6.
    expected = RATE / np.log(np.sqrt(2))
    assert run.exponents[0].seeds == pytest.approx([expected] * 2, rel=2e-5)


@pytest.mark.slow
def test_the_drivers_of_every_map_serve_a_learned_flow(run_of):
    run = run_of(repelled(0.8), repelled(0.7))
    found = run.estimate(mlrg.critical)
    assert found.seeds == pytest.approx([0.8, 0.7], abs=1e-9) and found.reasons == ()
    (fixed,) = run.estimate(mlrg.fixed_point)
    assert fixed.seeds == pytest.approx([0.8, 0.7], abs=1e-9)
    assert mlrg.critical(run.maps[0]).phases == (1, 2)


def test_crossings_over_scales_and_along_a_ray(run_of):
    run = run_of(repelled(0.8), lambda j: -j)
    found = run.results["crossings"]
    assert found.sel(seed=0).values == pytest.approx([0.8] * 3, abs=1e-6)
    assert np.isnan(found.sel(seed=1)).all()
    assert "do not cross" in run.results.attrs["no degeneracy_crossing"]
    # Twice as fast along the same axis.
    assert z_crossing(run.maps[0], ray=mlrg.Ray((2.0,))) == pytest.approx(0.4, abs=1e-6)


@pytest.mark.slow
def test_no_critical_point_is_said_and_not_made_up(run_of):
    run = run_of(lambda j: -j, repelled(0.8))
    values, reasons = run.each(z_crossing)
    assert values[0] is None and values[1] == pytest.approx(0.8, abs=1e-6)
    assert len(reasons) == 1 and reasons[0].startswith("seed 0: the degeneracy curves do not cross")
    with pytest.raises(NoAnswerError, match="no monotone"):
        maximum(run.maps[0])
    with pytest.raises(NoAnswerError, match="seed 0: the degeneracy curves do not cross"):
        _ = run.degeneracy_crossing
    assert run.estimate(mlrg.critical).seeds == pytest.approx([0.8], abs=1e-9)
    with pytest.raises(NoAnswerError, match="no transition among them"):
        run_of(lambda j: -j).estimate(mlrg.critical)


def test_a_flow_that_diverges(run_of):
    run = run_of(lambda j: 50 * j**3 + 1)
    with pytest.raises(NoAnswerError, match="runs to infinity"):
        degeneracy_curve(run.maps[0], np.linspace(0, 1, 5), 2.0)
    assert "runs to infinity" in run.results.attrs["no degeneracy"]
    assert "degeneracy" not in run.results
    with pytest.raises(NoAnswerError, match="runs to infinity"):
        run.plot.degeneracy_flow()


def test_a_fixed_point_outside_the_box_or_in_a_phase_is_refused(run_of):
    for centre, message in ((5.0, "left the trained box"), (1e-3, "phase of degeneracy 1")):
        learned = run_of(lambda j, c=centre: RATE * (j - c)).maps[0]
        with pytest.raises(NoAnswerError, match=message):
            critical_point_near(learned, np.array([centre + 0.01]), 0.8)


def test_phases_of_a_known_flow(run_of):
    run = run_of(lambda j: RATE * j * (j**2 - 0.64))
    starts = np.array([[0.1], [0.7], [0.9], [-0.7]])
    search = mlrg.fixed_points(run.maps[0], starts)
    # ±0.8 are gauge copies.
    found = sorted(abs(float(point.couplings[0])) for point in search.points)
    assert found == pytest.approx([0, 0.8], abs=1e-9)
    assert search.failures == 0
