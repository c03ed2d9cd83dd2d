"""The figures of a trained ensemble, drawn from the dataset of its results.

A figure is one function of the dataset (`mlrg.flow.results`) and one line of `FIGURES`; each takes
an exact critical coupling to mark, which some have no place for.
"""

from collections.abc import Callable

import numpy as np
import xarray

from mlrg.errors import NoAnswerError
from mlrg.figures.curves import (
    curves_along_flow,
    learning_curves,
    monotone_and_beta,
    rounds_of_refinement,
)
from mlrg.figures.error_bars import transition_bars
from mlrg.figures.planes import flow_diagram
from mlrg.figures.style import Figure


def _required(data: xarray.Dataset, name: str) -> np.ndarray:
    """Return a variable, or say why the run has none."""
    if name not in data:
        reason = data.attrs.get(f"no {name}", "the results do not hold it")
        raise NoAnswerError("; ".join(reason.splitlines()))
    return data[name].values


def _mean(data: xarray.Dataset, name: str) -> float | None:
    values = data[name].values[np.isfinite(data[name].values)]
    return float(values.mean()) if values.size else None


def learning(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """KL of the batch and the sampler's rates against training steps; of none, the rounds."""
    if data.sizes.get("step", 0) == 0:
        return rounds_of_refinement(
            _required(data, "round_residual"), _required(data, "round_held_residual")
        )
    names = ("kl_bits", "exchange", "acceptance")
    return learning_curves(
        [{n: data[n].values[k] for n in names} for k in range(data.sizes["seed"])]
    )


def monotone(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """C and the beta function along the axis J0 (Fig. 5)."""
    curves = _required(data, "monotone")[:, 0]
    estimate = _mean(data, "critical_coupling")
    return monotone_and_beta(
        data["start"].values, curves, data["beta_function"].values, estimate, exact
    )


def monotone_flow(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """C(J(J0, ℓ)) − C(0) for ℓ = 0, 1, 2, 3 (Fig. 7), cut where it falls far below zero."""
    curves = _along(data, "monotone")
    peak = max(np.nanmax(np.nanmean(values, axis=0)) for values in curves.values())
    limits = (-peak, 1.4 * peak) if peak > 0 else None
    label, estimate = r"$C(J(J_0, \ell)) - C(0)$", _mean(data, "critical_coupling")
    return curves_along_flow(data["start"].values, curves, label, estimate, exact, limits=limits)


def degeneracy_flow(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """Z(J(J0, ℓ)) for ℓ = 0, 1, 2, 3 (Fig. 10)."""
    label, estimate = r"degeneracy $Z(J(J_0, \ell))$", _mean(data, "degeneracy_crossing")
    curves = _along(data, "degeneracy")
    return curves_along_flow(data["start"].values, curves, label, estimate, exact)


def _along(data: xarray.Dataset, name: str) -> dict[float, np.ndarray]:
    values = _required(data, name)
    return {float(scale): values[:, k] for k, scale in enumerate(data["scale"].values)}


def transition(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """The transition of a refined run: every model, and its error in three parts.

    With pairs along exact flows it is the one that the map tells, where the exact map's phase
    changes after some learned steps: it does not depend on how flows behave deep in a phase.
    """
    answer = data.attrs.get("answer", "transition")
    return transition_bars(
        _required(data, answer),
        _required(data, f"{answer}_shift"),
        float(data["transition_truncation"]) if "transition_truncation" in data else None,
        exact,
    )


def flow_of_plane(data: xarray.Dataset, exact: float | None = None) -> Figure:
    """Flow lines over C in a plane of couplings, of the first model (Fig. 6)."""
    if "plane_velocity" not in data:
        raise NoAnswerError(data.attrs.get("no plane", "the results hold no plane"))
    labels = data.attrs["plane_label_x"], data.attrs["plane_label_y"]
    marked = list(zip(map(tuple, data["plane_points"].values), data["plane_kinds"].values,
                      strict=True))  # fmt: skip
    return flow_diagram(
        *(labels, data["plane_x"].values, data["plane_y"].values, data["plane_velocity"].values),
        data["plane_monotone"].values if "plane_monotone" in data else None,
        marked,
    )


FIGURES = {
    "learning_curves": learning,
    "monotone": monotone,
    "monotone_flow": monotone_flow,
    "degeneracy_flow": degeneracy_flow,
    "transition": transition,
    "flow_diagram": flow_of_plane,
}


def figures_of(data: xarray.Dataset) -> dict[str, Callable[..., Figure]]:
    """Return the figures that a run can have; only a refined one tells its error in parts."""
    refined = data.sizes.get("round", 0) > 0
    return {name: draw for name, draw in FIGURES.items() if refined or name != "transition"}
