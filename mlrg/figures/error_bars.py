"""A figure of one number with its error in parts: over models, of the flow, of the map."""

import numpy as np

from mlrg.errors import NoAnswerError
from mlrg.figures.style import Figure, mark_critical, new_axes


def transition_bars(
    transitions: np.ndarray,
    shifts: np.ndarray,
    truncation: float | None,
    exact: float | None = None,
) -> Figure:
    """Draw the transitions of learned flows, what each says of its error, and the three bars.

    Parameters
    ----------
    transitions, shifts : numpy.ndarray
        J0c of every model and the exact map's minus it by the model's own estimate, shape
        ``(seed,)``; NaN for none.
    truncation : float or None
        Error of the exact map, from one of more states.
    exact : float or None
        Of the model, to mark.

    Raises
    ------
    NoAnswerError
        If no model has a transition.
    """
    found = np.flatnonzero(np.isfinite(transitions))
    if not len(found):
        raise NoAnswerError("no model has a transition: train it longer or in a wider range")
    values, shifts = transitions[found], shifts[found]
    mean = float(values.mean())
    figure, (axis,) = new_axes()
    axis.plot(values, found, "o", color="black", markersize=4, label="learned flow")
    axis.plot(
        values + shifts, found, "x", color="gray", markersize=5, label="its estimate of the map"
    )
    bars = {
        "over models": float(values.std(ddof=1)) if len(values) > 1 else None,
        "of the flow": float(np.sqrt(np.nanmean(shifts**2))) if np.isfinite(shifts).any() else None,
        "of the map": truncation,
    }
    rows, names = list(found), [f"model {seed}" for seed in found]
    for name, size in bars.items():
        if size is None:
            continue
        rows.append(max(rows) + 1)
        names.append(f"± {size:.1e} {name}")
        axis.errorbar(mean, rows[-1], xerr=size, fmt="s", color="black", markersize=3, capsize=3)
    axis.axhline(found[-1] + 0.5, color="gray", linewidth=0.5)
    mark_critical(axis, None, exact)
    axis.set_yticks(rows, names, fontsize=8)
    axis.set_ylim(max(rows) + 0.7, min(rows) - 0.7)
    axis.set_xlabel(r"transition $J_{0c}$")
    figure.legend(fontsize=8, ncols=3, loc="outside upper center")
    return figure
