"""Figures: one function each, matplotlib only here. They draw what they are given and return it."""

from mlrg.figures.convergence import convergence_figure
from mlrg.figures.curves import curves_along_flow, smallest_kl
from mlrg.figures.planes import basin_map, flow_diagram, phase_map
from mlrg.figures.spectra import spectrum_figure
from mlrg.figures.style import Figure, drawn_on, new_axes

__all__ = [
    "Figure",
    "basin_map",
    "convergence_figure",
    "curves_along_flow",
    "drawn_on",
    "flow_diagram",
    "new_axes",
    "phase_map",
    "smallest_kl",
    "spectrum_figure",
]
