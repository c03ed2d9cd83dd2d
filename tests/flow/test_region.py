"""Where flows of a training start: pieces of an axis, and planes through it."""

import numpy as np
import pytest

import mlrg
from mlrg.analysis.trajectory import follow_to_phase
from mlrg.cli import main
from mlrg.errors import InputError
from mlrg.flow.exact_pairs import gather
from mlrg.flow.followed import criticals_of, phases_of
from mlrg.flow.learned import Learned
from mlrg.flow.moderator import Moderator
from mlrg.flow.region import Region

AXIS, FOUR_SPIN = (1.0, 0.0, -1.0), (1.0, -1.0, 1.0)
PLANE = Region.of(AXIS, (0.0, 2.2), FOUR_SPIN, (-0.2, 1.0))


def test_the_axis_is_one_chord():
    region = Region.of(AXIS, (0.5, 2.0))
    assert region.sides == 1 and region.size == 1.5
    assert region.at([[0.0], [1.0]]) == pytest.approx(np.array([[0.5, 0, -0.5], [2, 0, -2]]))
    ray, low, high = region.chord(np.random.default_rng(0))
    assert ray.at([low, high]) == pytest.approx(region.grid(2))


def test_chords_of_a_plane_lie_in_it():
    rng = np.random.default_rng(1)
    for _ in range(20):
        ray, low, high = PLANE.chord(rng)
        ends = np.linalg.lstsq(PLANE.directions.T, ray.at([low, high]).T, rcond=None)
        places = ends[0].T
        assert ends[1] == pytest.approx(0, abs=1e-24)
        assert (places >= PLANE.low - 1e-12).all() and (places <= PLANE.high + 1e-12).all()
        # Positions count in the two numbers that span the plane.
        assert np.linalg.norm(places[1] - places[0]) == pytest.approx(high - low)


def test_a_grid_has_its_corners():
    grid = PLANE.grid(3)
    assert grid.shape == (9, 3)
    assert grid[0] == pytest.approx(-0.2 * np.array(FOUR_SPIN))
    assert grid[-1] == pytest.approx(2.2 * np.array(AXIS) + np.array(FOUR_SPIN))


@pytest.mark.parametrize("plane", [(1.0, 2.0), (2.0, 0.0, -2.0), (0.0, 0.0, 0.0)])
def test_what_is_no_plane_is_refused(plane):
    with pytest.raises(InputError, match="plane"):
        Region.of(AXIS, (0.0, 1.0), plane)


def test_settings_of_a_plane_are_checked():
    with pytest.raises(InputError, match="plane_high"):
        mlrg.TrainingConfig(plane=FOUR_SPIN, plane_low=1.0, plane_high=1.0)
    with pytest.raises(InputError, match="finite"):
        mlrg.TrainingConfig(plane=(1.0, np.nan))
    config = mlrg.TrainingConfig(plane=[1, -1, 1])
    assert mlrg.TrainingConfig.from_dict(config.as_dict()) == config
    assert hash(config) == hash(mlrg.TrainingConfig(plane=(1, -1, 1)))


def test_a_plane_with_too_few_couplings_ends_with_a_sentence(tmp_path, capsys):
    command = ["train", "--internal", "Z2:odd", "--point", "A1", "--out", str(tmp_path / "run")]
    assert main([*command, "--training.plane=[1, 2]"]) == 2
    assert "one number for each of the 1 bare couplings" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_pairs_of_a_plane_are_about_its_transitions_and_phases():
    # Ashkin-Teller spins: paramagnet, Baxter order and ferromagnet in one plane.
    model = mlrg.SpinModel("D4:E", "A1", family="pair")
    config = mlrg.TrainingConfig(
        flow="shared",
        steps=0,
        refinements=1,
        refinement_flows=16,
        refinement_pairs="both",
        hidden=(12, 12),
        high=2.2,
        plane=FOUR_SPIN,
        plane_low=-0.2,
        spread=0.25,
        gauge="none",
        walk_steps=3,
    )
    rgmap = mlrg.Tensor(model, 4, mlrg.BondWeighted(0.0)).couplings
    moderator = Moderator.of(rgmap, config)
    region = config.region(model.couplings.axis)
    criticals = criticals_of(rgmap, region, np.random.default_rng(0))
    assert len(criticals) == 8
    for (ray, _, _), position in criticals[:3]:
        ends = rgmap.starts(ray.at([position - 1e-4, position + 1e-4]))
        below, above = (follow_to_phase(rgmap, point).phase for point in ends)
        assert below != above
    phases = phases_of(rgmap, region)
    assert len(phases) == 3
    assert rgmap.rg_map(phases) == pytest.approx(phases, abs=1e-3)
    learned = Learned(moderator.start(0).flow, rgmap, config)
    pairs = gather(learned, criticals, np.random.default_rng(0), 0.5, True, phases)
    # Up to signs of the gauge.
    exact = rgmap.rg_map(pairs.teachers)
    assert np.abs(pairs.students) == pytest.approx(np.abs(exact), abs=1e-9)
    rests = [(np.abs(pairs.teachers - phase).max(axis=1) < 1e-12).sum() for phase in phases]
    assert rests == [1, 1, 1]
