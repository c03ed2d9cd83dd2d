import matplotlib.figure
import numpy as np
import pytest

import mlrg
from mlrg.analysis.phases import PhaseDiagram
from mlrg.analysis.readings import Level
from mlrg.cli import main
from mlrg.errors import NoAnswerError, StorageError
from mlrg.figures import (
    Figure,
    basin_map,
    drawn_on,
    flow_diagram,
    new_axes,
    phase_map,
    smallest_kl,
    spectrum_figure,
)
from mlrg.figures.error_bars import transition_bars
from mlrg.figures.of_run import FIGURES
from mlrg.figures.spectra import estimates

PLANE = mlrg.Plane(mlrg.Star(mlrg.SpinModel("D4:E+B1", "A1")), 0, 1)
GRID = np.linspace(-1, 1, 9)


@pytest.fixture(scope="module")
def short_run(star, tmp_path_factory):
    """A barely trained A1+E ensemble: figures must not depend on physics being there."""
    config = mlrg.TrainingConfig(steps=20, hidden=(8,), checkpoint_every=20)
    return mlrg.train(
        star("A1+E"),
        seeds=2,
        config=config,
        out=tmp_path_factory.getbasetemp() / "short-run",
        workers=1,
        progress=False,
    )


def legend_texts(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def no_overlap(figure: Figure) -> bool:
    """Whether no legend of the figure covers an axis."""
    figure.draw_without_rendering()
    return not any(
        legend.get_window_extent().overlaps(axis.get_window_extent())
        for legend in figure.legends
        for axis in figure.axes
    )


def test_flow_diagram_marks_the_fixed_points_inside():
    across, up = np.meshgrid(GRID, GRID)
    velocity = np.stack([across, -up], axis=-1)
    points = [((0.0, 0.0), "critical"), ((5.0, 0.0), "stable")]
    figure = flow_diagram(PLANE.labels, GRID, GRID, velocity, across**2, points)
    assert legend_texts(figure) == ["critical fixed point"]
    assert figure.axes[0].get_xlabel() == "$J_{0}$" and figure.axes[0].get_ylabel() == "$J_{1}$"
    assert no_overlap(figure)


def test_basin_map_shows_the_largest_basins():
    across, up = np.meshgrid(GRID, GRID)
    basin = np.where(across < 0, 0, 1)
    basin[0, 0] = -1
    step = np.stack([-across, -up], axis=-1)
    figure = basin_map(PLANE.labels, GRID, GRID, step, basin, [((-0.5, 0.0), "stable")])
    assert legend_texts(figure) == ["no convergence", "stable fixed point"]
    assert no_overlap(figure)


def test_phase_map_names_phases_by_their_degeneracy():
    phases = np.where(np.meshgrid(GRID, GRID)[0] < 0.1, 1, 2)
    phases[:, -1] = 0
    figure = phase_map(PhaseDiagram(PLANE, GRID, GRID, phases, np.array([[0.1, 0.0]])))
    assert legend_texts(figure) == ["no phase reached", "Z = 1", "Z = 2", "critical"]
    assert no_overlap(figure)


def test_spectrum_has_a_column_a_sector():
    levels = [Level(0.0, "0", 0, 1, 1), Level(0.125, "odd", 0, 1, 1), Level(1.125, "odd", 1, 0, 2)]
    figure = spectrum_figure(levels, (0.0, 0.125))
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["0\n$k$ = 0\neven", "odd\n$k$ = 0\neven", "odd\n$k$ = 1\n"]
    assert no_overlap(figure)


def test_estimates_say_which_method_has_none():
    values = {"maximum": [(0.8, 0.1), None], "bisection": [None, None]}
    figure = estimates(("A1", "A1+E"), values, "J", 0.76, "exact")
    assert "bisection: none" in legend_texts(figure)
    assert no_overlap(figure)


@pytest.mark.parametrize("name", ["monotone_flow", "degeneracy_flow", "flow_diagram"])
def test_figures_of_a_run(short_run, name, tmp_path):
    figure = getattr(short_run.plot, name)()
    figure.save(tmp_path / name)
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert no_overlap(figure)


def test_an_error_in_three_parts():
    transitions, shifts = np.array([0.7, np.nan, 0.704]), np.array([3e-3, np.nan, -1e-3])
    figure = transition_bars(transitions, shifts, 0.01, 0.7067)
    (axis,) = figure.axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    bars = ["± 2.8e-03 over models", "± 2.2e-03 of the flow", "± 1.0e-02 of the map"]
    assert names == ["model 0", "model 2", *bars]
    widths = [np.ptp(bar.get_segments()[0][:, 0]) for bar in axis.collections]
    assert widths == pytest.approx([2 * 2.0e-3 * 2**0.5, 2 * 5e-6**0.5, 0.02])
    assert no_overlap(figure)
    alone = transition_bars(transitions[:1], shifts[1:2], None)
    assert [label.get_text() for label in alone.axes[0].get_yticklabels()] == ["model 0"]
    with pytest.raises(NoAnswerError, match="no model has a transition"):
        transition_bars(shifts[1:2], shifts[1:2], None)


def test_plane_figures_on_a_coarse_grid(short_run):
    x, y = np.linspace(0, 1.6, 4), np.linspace(-0.6, 0.6, 3)
    for draw in (short_run.plot.basin_map, short_run.plot.phase_map):
        assert no_overlap(draw(x=x, y=y))


def test_one_coupling_spans_no_plane(star):
    config = mlrg.TrainingConfig(steps=5, hidden=(8,), checkpoint_every=5)
    run = mlrg.train(star("A1"), config=config, workers=1, progress=False)
    with pytest.raises(NoAnswerError, match="spans no plane"):
        run.plot.flow_diagram()
    with pytest.raises(AttributeError, match="no figure 'potential'"):
        run.plot.potential()
    assert set(FIGURES) <= set(dir(run.plot))


def test_the_command_draws_what_a_run_has(short_run, tmp_path, capsys):
    run = tmp_path.parents[0] / "short-run"
    assert main(["plot", str(run), "--out", str(tmp_path / "figures")]) == 0
    printed = capsys.readouterr()
    drawn = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert drawn == set(FIGURES) - {"transition"} and all(name in printed.out for name in drawn)
    assert main(["plot", "/nowhere", "--out", str(tmp_path)]) == 2


def test_where_figures_are_written(tmp_path):
    figure, _ = new_axes()
    figure.save(tmp_path / "new" / "one.svg")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.svg"]
    with pytest.raises(StorageError, match="cannot write figure"):
        figure.save(tmp_path / "two.nonsense")


def test_figures_show_themselves_and_go_into_others():
    made = smallest_kl(np.linspace(0.1, 1, 4), {"A1": np.linspace(0.1, 0.2, 4)})
    assert made._repr_png_().startswith(b"\x89PNG")
    whole = matplotlib.figure.Figure(layout="constrained")
    left, right = whole.subfigures(1, 2)
    with drawn_on(left):
        inner = smallest_kl(np.linspace(0.1, 1, 4), {"A1": np.linspace(0.1, 0.2, 4)})
    assert inner is left
    assert len(left.axes) == 1
    assert not right.axes
    again = smallest_kl(np.linspace(0.1, 1, 4), {"A1": np.linspace(0.1, 0.2, 4)})
    assert isinstance(again, Figure)
