"""``run.plot.…()``: the figures of a run, from its results, and those that follow a flow anew."""

import numpy as np
import xarray

from mlrg.analysis.phases import phases
from mlrg.analysis.rays import Plane
from mlrg.analysis.readings import spectrum
from mlrg.figures.of_run import FIGURES, flow_of_plane
from mlrg.figures.planes import basin_map
from mlrg.figures.spectra import spectrum_figure
from mlrg.figures.style import Figure
from mlrg.flow.axis_curves import learned_fixed_point
from mlrg.flow.landscape import (
    beside_plane,
    newton_basins,
    plane_grid,
    plane_of_flow,
    relevant_plane,
)
from mlrg.flow.learned import Learned

# RG steps within which the flow of a point of a plane has to settle.
_PHASE_STEPS = 40


class RunFigures:
    """The figures of a trained ensemble; each method returns a figure.

    `learning_curves`, `monotone`, `monotone_flow`, `degeneracy_flow` and `transition`, which only
    refined runs have, take an exact critical coupling to mark.
    """

    def __init__(self, results: xarray.Dataset, maps: tuple[Learned, ...]):
        self._results, self._maps = results, maps

    def __getattr__(self, name: str):
        if name not in FIGURES:
            raise AttributeError(
                f"a run has no figure {name!r}: choose from {', '.join(dir(self))}"
            )
        return lambda exact=None: FIGURES[name](self._results, exact)

    def __dir__(self):
        return sorted({*FIGURES, "basin_map", "flow_diagram", "phase_map", "spectrum"})

    def flow_diagram(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Flow lines over C in a plane of couplings, of one model (Fig. 6).

        Parameters
        ----------
        seed : int
            Number of the model in the ensemble.
        plane, x, y
            As of `mlrg.flow.landscape.plane_of_flow`.
        """
        if seed == 0 and plane is None and x is None and y is None:
            return flow_of_plane(self._results)
        return flow_of_plane(plane_of_flow(self._maps[seed], plane, x, y))

    def basin_map(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Newton's steps and the basins of the fixed points in a plane, of one model (Fig. 11)."""
        learned = self._maps[seed]
        plane = plane or relevant_plane(learned)
        x, y = plane_grid(learned, x, y)
        steps, search = newton_basins(learned, plane, x, y)
        basin = search.basin.reshape(len(y), len(x))
        return basin_map(plane.labels, x, y, steps, basin, beside_plane(plane, search))

    def phase_map(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Phases of a plane by the degeneracy that the flow of one model settles on."""
        learned = self._maps[seed]
        plane = plane or relevant_plane(learned)
        x, y = plane_grid(learned, x, y)
        return phases(learned, plane, x, y, limit=_PHASE_STEPS).plot()

    def spectrum(self, exact=(), columns: int = 1, count: int = 8) -> Figure:
        """Scaling dimensions by sector at the first model's fixed point, with conformal values."""
        point = learned_fixed_point(self._maps[0]).point
        return spectrum_figure(spectrum(self._maps[0], np.array(point), columns, count), exact)
