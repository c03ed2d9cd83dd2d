import numpy as np
import pytest
from matplotlib.figure import Figure

import mlrg
from mlrg.errors import NoAnswerError
from mlrg.flow.figures.planes import basin_map, flow_diagram, phase_map
from mlrg.flow.figures.spectra import estimates, spectrum_figure
from mlrg.flow.figures.style import save
from mlrg.flow.phases import PhaseDiagram, Plane
from mlrg.flow.sectors import Level

PLANE = Plane.of(2, 0, 1)
GRID = np.linspace(-1, 1, 9)


@pytest.fixture(scope="module")
def short_run(ising, tmp_path_factory):
    """A barely trained A1+E ensemble: figures must not depend on physics being there."""
    config = mlrg.TrainingConfig(steps=20, hidden=(8,), checkpoint_every=20)
    return mlrg.train(
        ising("A1+E"),
        seeds=2,
        config=config,
        out=tmp_path_factory.mktemp("run"),
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
    figure = flow_diagram(PLANE, GRID, GRID, velocity, across**2, points)
    assert legend_texts(figure) == ["critical fixed point"]
    assert figure.axes[0].get_xlabel() == "$J_{0}$" and figure.axes[0].get_ylabel() == "$J_{1}$"
    assert no_overlap(figure)


def test_basin_map_shows_the_largest_basins():
    across, up = np.meshgrid(GRID, GRID)
    basin = np.where(across < 0, 0, 1)
    basin[0, 0] = -1
    step = np.stack([-across, -up], axis=-1)
    figure = basin_map(PLANE, GRID, GRID, step, basin, [((-0.5, 0.0), "stable")])
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
    save(figure, tmp_path / name)
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert no_overlap(figure)


def test_plane_figures_on_a_coarse_grid(short_run):
    x, y = np.linspace(0, 1.6, 4), np.linspace(-0.6, 0.6, 3)
    for draw in (short_run.plot.basin_map, short_run.plot.phase_map):
        assert no_overlap(draw(x=x, y=y))


def test_one_coupling_spans_no_plane(ising, tmp_path):
    config = mlrg.TrainingConfig(steps=5, hidden=(8,), checkpoint_every=5)
    run = mlrg.train(ising("A1"), config=config, out=tmp_path, workers=1, progress=False)
    with pytest.raises(NoAnswerError, match="spans no plane"):
        run.plot.flow_diagram()
