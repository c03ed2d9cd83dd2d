"""What a run leaves for readers without this library: a text log and one netCDF file.

``log.jsonl`` has one line a checkpoint interval with the means over it. ``results.nc`` is an xarray
dataset: the learning curves of every seed, C and Z along the flow from the axis, and the flow
beside the exact RG map. Units and meanings are attributes of the variables; what could not be
computed is left out, with the reason among the attributes of the dataset.
"""

import json
from pathlib import Path

import numpy as np
import xarray

from mlrg.errors import BudgetError, ConvergenceError
from mlrg.flow import moderator
from mlrg.flow.config import TrainingConfig
from mlrg.flow.run import FIGURE_SCALES, Run
from mlrg.storage import write_bytes

_CURVES = {
    "kl_bits": ("bit", "mean KL divergence of the batch; NaN for sampled losses"),
    "gradient_norm": ("nat", "norm of the loss gradient in θ before clipping"),
    "beta": ("1", "inverse temperature of the coldest replica"),
    "exchange": ("1", "share of replica exchanges accepted"),
    "acceptance": ("1", "mean Metropolis acceptance of a replica"),
    "leapfrog_step": ("1", "leapfrog step in units of the prior's widths"),
}


def write_log(path: Path, config: TrainingConfig, state: moderator.TrainingState) -> None:
    """Write the progress of one seed, a line of means for each checkpoint interval."""
    lines = []
    for begin in range(0, state.step, config.checkpoint_every):
        end = min(begin + config.checkpoint_every, state.step)
        line = {"step": end, "learning_rate": moderator.learning_rate(config, end - 1)}
        for name in moderator.CURVES:
            mean = np.mean(state.curves[name][begin:end], axis=0)
            # JSON has no NaN.
            line[name] = np.round(mean, 6).tolist() if np.isfinite(mean).all() else None
        lines.append(json.dumps(line, allow_nan=False) + "\n")
    write_bytes(path, "".join(lines).encode())


def dataset(run: Run) -> xarray.Dataset:
    """Return the learning curves and what is read off a run, labelled.

    Dimensions: ``seed``, ``step``, ``replica``, ``scale`` (ℓ), ``start`` (J0 on the axis),
    ``coupling``, and ``teacher``, the sets of couplings at which the flow is held against the exact
    RG map.
    """
    data = xarray.Dataset(
        coords={
            "seed": list(run.seeds),
            "scale": ("scale", list(FIGURE_SCALES), {"long_name": "RG scale ℓ"}),
            "start": ("start", run.grid, {"long_name": "J0 at ℓ = 0"}),
            "coupling": [f"J{d}" for d in range(run.block.dimension)],
        },
        attrs={
            "model": repr(run.model),
            "training": json.dumps(run.config.as_dict()),
        },
    )
    for name, (unit, meaning) in _CURVES.items():
        values = np.array([curves[name] for curves in run.curves])
        dimensions = ("seed", "step", "replica")[: values.ndim]
        data[name] = (dimensions, values, {"units": unit, "long_name": meaning})
    _add(data, "monotone", "C(J(J0, ℓ)) − C(0)", lambda: _along(run, run.monotone_curve))
    _add(data, "degeneracy", "Z(J(J0, ℓ))", lambda: _along(run, run.degeneracy_curve))
    _add(data, "flow", "J(J0, ℓ)", lambda: _along(run, run.ray_flow))
    for name, meaning, quantity in (
        ("critical_coupling", "J0* = argmax C at ℓ = 3", lambda: run.critical_coupling),
        ("degeneracy_crossing", "J0* where Z crosses", lambda: run.degeneracy_crossing),
    ):
        _add(data, name, meaning, lambda q=quantity: (("seed",), list(q().seeds)))
    _add_diagnosis(data, run)
    return data


def _along(run: Run, curve) -> tuple:
    values = np.array(
        [[curve(flow, run.grid, scale) for scale in FIGURE_SCALES] for flow in run.flows]
    )
    return ("seed", "scale", "start", "coupling")[: values.ndim], values


def _add(data: xarray.Dataset, name: str, meaning: str, quantity) -> None:
    try:
        dimensions, values = quantity()
    except (ConvergenceError, BudgetError) as error:
        data.attrs[f"no {name}"] = str(error)
        return
    data[name] = (dimensions, values, {"long_name": meaning})


def _add_diagnosis(data: xarray.Dataset, run: Run) -> None:
    try:
        found = run.diagnosis
    except BudgetError as error:
        data.attrs["no regret"] = str(error)
        return
    data["teacher_couplings"] = (("teacher", "coupling"), found[0].teachers)
    for name, unit, meaning in (
        ("regret_bits", "bit", "KL of J(ℓ=1) above that of the KL-optimal student"),
        ("residual", "1", "‖R(J) − J(ℓ=1)‖ to the nearest gauge copy"),
    ):
        values = np.array([getattr(diagnosis, name) for diagnosis in found])
        data[name] = (("seed", "teacher"), values, {"units": unit, "long_name": meaning})
    for name, unit, meaning in (
        ("best_kl_bits", "bit", "KL of the KL-optimal student"),
        (
            "antisymmetric",
            "1",
            "antisymmetric share of ∂R/∂J − 1",
        ),
    ):
        values = getattr(found[0], name)
        data[name] = (("teacher",), values, {"units": unit, "long_name": meaning})
    data.attrs["converged"] = int(run.converged)
