"""The figures of a trained ensemble, drawn from what `Run` reads off it."""

import numpy as np
from matplotlib.figure import Figure

from mlrg.flow.figures.curves import curves_along_flow, learning_curves, monotone_and_beta
from mlrg.flow.figures.planes import basin_map, flow_diagram, phase_map
from mlrg.flow.figures.spectra import spectrum_figure
from mlrg.flow.landscape import (
    beside_plane,
    find_fixed_points,
    learned_phases,
    newton_basins,
    relevant_plane,
)
from mlrg.flow.phases import Plane
from mlrg.flow.sectors import spectrum


class RunFigures:
    """The figures of a trained ensemble, as ``run.plot.…()``; each returns a matplotlib Figure."""

    def __init__(self, run):
        self._run = run

    def learning_curves(self) -> Figure:
        """KL of the batch and the sampler's rates against training steps."""
        return learning_curves(self._run.curves)

    def monotone(self, exact: float | None = None) -> Figure:
        """C and the beta function along the axis J0 (Fig. 5)."""
        data = self._run.axis_curves
        return monotone_and_beta(
            data["points"], data["monotone"], data["beta"], self._estimate("maximum"), exact
        )

    def monotone_flow(self, exact: float | None = None) -> Figure:
        """C(J(J0, ℓ)) − C(0) for ℓ = 0, 1, 2, 3 (Fig. 7), cut where it falls far below zero."""
        run = self._run
        curves = run.monotone_curves
        label = r"$C(J(J_0, \ell)) - C(0)$"
        peak = max(np.nanmax(np.nanmean(values, axis=0)) for values in curves.values())
        limits = (-peak, 1.4 * peak) if peak > 0 else None
        return curves_along_flow(
            run.grid, curves, label, self._estimate("maximum"), exact, limits=limits
        )

    def degeneracy_flow(self, exact: float | None = None) -> Figure:
        """Z(J(J0, ℓ)) for ℓ = 0, 1, 2, 3 (Fig. 10)."""
        run = self._run
        curves = run.degeneracy_curves
        label = r"degeneracy $Z(J(J_0, \ell))$"
        return curves_along_flow(run.grid, curves, label, self._estimate("crossing"), exact)

    def _estimate(self, method: str) -> float | None:
        """Mean critical coupling over the models that have one; None if none has."""
        quantity = self._run.maximum if method == "maximum" else self._run.degeneracy_crossing_of
        found, _ = self._run.each(quantity)
        return float(np.mean(found)) if found else None

    def flow_diagram(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Flow lines over C in a plane of couplings, of one model (Fig. 6).

        Parameters
        ----------
        seed : int
            Number of the model in the ensemble.
        plane : Plane, optional
            By default the bare coupling J0 and the direction that the critical flow takes from the
            axis, the paper's "most relevant direction" (`relevant_plane`).
        x, y : array, optional
            Evenly spaced positions; the trained box by default.
        """
        run = self._run
        flow, plane, x, y = self._plane(seed, plane, x, y)
        couplings = plane.grid(x, y)
        shape = len(y), len(x)
        velocity = plane.components(run.velocity(flow, couplings)).reshape(*shape, 2)
        monotone = None
        if flow.monotone is not None:
            monotone = run.monotone(flow, couplings).reshape(shape)
        search = find_fixed_points(run, flow, couplings[:: len(couplings) // 16])
        points = beside_plane(run, flow, plane, search.points)
        return flow_diagram(plane, x, y, velocity, monotone, points)

    def basin_map(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Newton's steps and the basins of the fixed points in a plane, of one model (Fig. 11)."""
        run = self._run
        flow, plane, x, y = self._plane(seed, plane, x, y)
        steps, search = newton_basins(run, flow, plane, x, y)
        points = beside_plane(run, flow, plane, search.points)
        return basin_map(plane, x, y, steps, search.basin.reshape(len(y), len(x)), points)

    def phase_map(self, seed: int = 0, plane: Plane | None = None, x=None, y=None) -> Figure:
        """Phases of a plane by the degeneracy that the flow of one model settles on."""
        flow, plane, x, y = self._plane(seed, plane, x, y)
        return phase_map(learned_phases(self._run, flow, plane, x, y))

    def spectrum(self, exact=(), columns: int = 1, count: int = 8) -> Figure:
        """Scaling dimensions by sector at the first model's fixed point, with conformal values."""
        run = self._run
        return spectrum_figure(spectrum(run.model, run.fixed_points[0], columns, count), exact)

    def _plane(self, seed, plane, x, y):
        run = self._run
        flow = run.flows[seed]
        plane = plane or relevant_plane(run, flow)
        config = run.config
        x = np.linspace(config.low, config.high, 33) if x is None else np.asarray(x, dtype=float)
        y = np.linspace(-config.spread, config.spread, 25) if y is None else np.asarray(y)
        return flow, plane, x, y
