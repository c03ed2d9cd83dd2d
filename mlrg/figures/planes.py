"""Figures of a plane of couplings: flow lines over C, Newton's basins, phases."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from mlrg.figures.style import Figure, new_figure

# Label of points whose flow reached no phase.
_NO_PHASE = 0
# A fixed point: its position in the plane and its kind, as `FixedPoint.kind` names it.
Marked = tuple[tuple[float, float], str]

# Face colours as in the paper: stable black, critical red; shapes tell them apart in grey.
_KINDS = {
    "stable": ("o", "black"),
    "critical": ("s", "red"),
    "multicritical": ("D", "white"),
}

# Tints of the largest basins, light enough for the lines above them.
_BASINS = tuple(matplotlib.colormaps["Pastel2"](np.arange(6)))


def _plane_axes(labels, x: np.ndarray, y: np.ndarray) -> tuple[Figure, Axes]:
    figure = new_figure(4.0, 5.6)
    axis = figure.subplots()
    axis.set_xlim(x[0], x[-1])
    axis.set_ylim(y[0], y[-1])
    axis.set_xlabel(labels[0])
    axis.set_ylabel(labels[1])
    return figure, axis


def _mark(axis: Axes, points: Sequence[Marked]) -> None:
    for name, (shape, colour) in _KINDS.items():
        places = [place for place, kind in points if kind == name and _within(axis, place)]
        if places:
            axis.plot(
                *np.transpose(places),
                shape,
                markerfacecolor=colour,
                markeredgecolor="black",
                markersize=7,
                linestyle="none",
                label=f"{name} fixed point",
                zorder=5,
                clip_on=False,
            )


def _shade(axis: Axes, x: np.ndarray, y: np.ndarray, numbers: np.ndarray, shades: list) -> None:
    """Fill the cells of a grid with the shade of their number."""
    edges = BoundaryNorm(np.arange(len(shades) + 1) - 0.5, len(shades))
    axis.pcolormesh(x, y, numbers, cmap=ListedColormap(shades), norm=edges, shading="nearest")


def _within(axis: Axes, place: tuple[float, float]) -> bool:
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    return left <= place[0] <= right and bottom <= place[1] <= top


def _legend_above(figure: Figure, axis: Axes, more: Sequence = ()) -> None:
    handles = [*more, *axis.get_legend_handles_labels()[0]]
    if handles:
        figure.legend(handles=handles, fontsize=8, ncols=3, loc="outside upper center")


def flow_diagram(
    labels: tuple[str, str],
    x: np.ndarray,
    y: np.ndarray,
    velocity: np.ndarray,
    monotone: np.ndarray | None = None,
    points: Sequence[Marked] = (),
) -> Figure:
    """Fig. 6: flow lines in a plane over the monotone, with the fixed points.

    Parameters
    ----------
    labels : tuple of str
        Names of the two axes.
    x, y : numpy.ndarray
        Evenly spaced positions, shapes ``(x,)`` and ``(y,)``.
    velocity : numpy.ndarray
        dJ/dℓ along the two axes of the plane, shape ``(y, x, 2)``.
    monotone : numpy.ndarray, optional
        C − C(0), shape ``(y, x)``.
    points : sequence of ((x, y), kind)
        Fixed points to mark.
    """
    figure, axis = _plane_axes(labels, x, y)
    if monotone is not None:
        shades = axis.contourf(x, y, monotone, levels=14, cmap="Greys", alpha=0.55)
        figure.colorbar(shades, ax=axis, label=r"$C(J) - C(0)$")
    axis.streamplot(
        x, y, velocity[..., 0], velocity[..., 1], density=1.1, linewidth=0.8, color="tab:blue"
    )
    _mark(axis, points)
    _legend_above(figure, axis)
    return figure


def basin_map(
    labels: tuple[str, str],
    x: np.ndarray,
    y: np.ndarray,
    step: np.ndarray,
    basin: np.ndarray,
    points: Sequence[Marked] = (),
) -> Figure:
    """Fig. 11: Newton's step in a plane, the basins of the fixed points and their borders.

    Parameters
    ----------
    labels : tuple of str
        Names of the two axes.
    x, y : numpy.ndarray
        Evenly spaced positions, shapes ``(x,)`` and ``(y,)``.
    step : numpy.ndarray
        −(∂v/∂J)⁻¹ v along the two axes of the plane, shape ``(y, x, 2)``.
    basin : numpy.ndarray of int
        Number of the fixed point that a start leads to, −1 for none, shape ``(y, x)``.
    points : sequence of ((x, y), kind)
    """
    figure, axis = _plane_axes(labels, x, y)
    # Small basins share a grey: many fixed points of a learned flow lie far from the plane.
    names, sizes = np.unique(basin[basin >= 0], return_counts=True)
    drawn = names[np.argsort(-sizes)][: len(_BASINS)]
    shown = np.where(basin >= 0, len(drawn) + 1, 0)
    for number, name in enumerate(drawn, start=1):
        shown[basin == name] = number
    shades = ["white", *_BASINS[: len(drawn)], "0.85"]
    _shade(axis, x, y, shown, shades)
    for number in range(1, len(drawn) + 1):
        border = (shown == number).astype(float)
        axis.contour(x, y, border, levels=[0.5], colors="black", linestyles="--", linewidths=0.7)
    axis.streamplot(x, y, step[..., 0], step[..., 1], density=0.9, linewidth=0.6, color="gray")
    _mark(axis, points)
    patches = []
    if (shown == 0).any():
        patches.append(Patch(facecolor="white", edgecolor="black", label="no convergence"))
    if (shown > len(drawn)).any():
        patches.append(Patch(facecolor="0.85", edgecolor="black", label="other fixed points"))
    _legend_above(figure, axis, patches)
    return figure


def phase_map(diagram, points: Sequence[Marked] = ()) -> Figure:
    """Phases of a plane by their degeneracy Z, and the critical points between them.

    Parameters
    ----------
    diagram : PhaseDiagram
    points : sequence of ((x, y), kind)
    """
    figure, axis = _plane_axes(diagram.plane.labels, diagram.x, diagram.y)
    names = np.unique(diagram.phases)
    # A phase has the same grey in every figure.
    shades = [
        (1, 0.9, 0.6) if name == _NO_PHASE else (max(0.35, 1.05 - 0.13 * name),) * 3
        for name in names
    ]
    _shade(axis, diagram.x, diagram.y, np.searchsorted(names, diagram.phases), shades)
    if len(diagram.boundary):
        axis.plot(*diagram.boundary.T, "k.", markersize=3, label="critical")
    _mark(axis, points)
    patches = [
        Patch(
            facecolor=shade,
            edgecolor="black",
            label="no phase reached" if name == _NO_PHASE else f"Z = {name}",
        )
        for name, shade in zip(names, shades, strict=True)
    ]
    _legend_above(figure, axis, patches)
    return figure
