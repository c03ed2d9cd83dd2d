"""Figures of numbers beside their exact values: spectra, and estimates by representation."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlrg.figures.style import MARKERS, Figure, new_axes


def spectrum_figure(levels: Sequence, exact: Sequence[float] = ()) -> Figure:
    """Draw scaling dimensions, one column for each sector, with conformal values as lines.

    Parameters
    ----------
    levels : sequence of Level
        From `mlrg.analysis.readings.spectrum`.
    exact : sequence of float
        Scaling dimensions of the conformal field theory.
    """
    figure, (axis,) = new_axes()
    sectors = list(dict.fromkeys((level.irrep, level.momentum, level.parity) for level in levels))
    for value in exact:
        axis.axhline(value, color="black", linewidth=0.8, linestyle="--")
    for column, sector in enumerate(sectors):
        chosen = [
            level for level in levels if (level.irrep, level.momentum, level.parity) == sector
        ]
        for level in chosen:
            axis.plot(
                [column - 0.3, column + 0.3], [level.dimension] * 2, color="tab:blue", linewidth=2
            )
            axis.annotate(
                f"×{level.multiplicity}",
                (column + 0.32, level.dimension),
                fontsize=7,
                va="center",
            )
    signs = {1: "even", -1: "odd", 0: ""}
    axis.set_xticks(
        range(len(sectors)),
        [f"{irrep}\n$k$ = {momentum}\n{signs[parity]}" for irrep, momentum, parity in sectors],
        fontsize=8,
    )
    axis.set_xlim(-0.6, len(sectors) - 0.3)
    axis.set_ylabel(r"scaling dimension $\Delta$")
    if exact:
        axis.plot([], [], "k--", linewidth=0.8, label="conformal field theory")
        figure.legend(fontsize=8, loc="outside upper center")
    return figure


def estimates(
    names: Sequence[str],
    values: Mapping[str, Sequence[tuple[float, float] | None]],
    label: str,
    exact: float,
    exact_label: str,
) -> Figure:
    """Figs. 8 and 12: an estimate for each representation by several methods.

    Parameters
    ----------
    names : sequence of str
        Representations.
    values : mapping
        Method → (mean, deviation) for each representation, None where there is none.
    label : str
        What is estimated.
    exact : float
    exact_label : str
    """
    figure, (axis,) = new_axes()
    offsets = np.linspace(-0.2, 0.2, len(values)) if len(values) > 1 else [0.0]
    for k, (method, row) in enumerate(values.items()):
        present = [number for number, value in enumerate(row) if value is not None]
        axis.errorbar(
            [number + offsets[k] for number in present],
            [row[number][0] for number in present],
            [row[number][1] for number in present],
            fmt=MARKERS[k % len(MARKERS)],
            markersize=5,
            capsize=3,
            label=method if present else f"{method}: none",
        )
    axis.axhline(exact, color="black", linewidth=1, linestyle="--", label=exact_label)
    axis.set_xticks(range(len(names)), [name.replace("+", "⊕") for name in names])
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_xlabel("point representation of a spin")
    axis.set_ylabel(label)
    figure.legend(fontsize=8, ncols=2, loc="outside upper center")
    return figure
