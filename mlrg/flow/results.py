"""What a run leaves for readers: a text log of every seed and one netCDF file, computed once.

``log.jsonl`` has one line a checkpoint interval with the means over it. ``results.nc`` is an xarray
dataset, from which `mlrg analyze` prints and `mlrg plot` draws: the learning curves of every seed,
C and Z along the flow from the axis, critical couplings, fixed points with exponents, the flow in a
plane, and the flow beside the exact RG map. Units and meanings are attributes of the variables.
Where a seed has no answer there is NaN, and the reason stands among the attributes of the dataset.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray

from mlrg.analysis.critical import critical
from mlrg.analysis.readings import scaling_dimensions
from mlrg.errors import BudgetError, NoAnswerError
from mlrg.flow import moderator
from mlrg.flow.axis_curves import (
    CRITICAL_SCALES,
    DEFAULT_SCALE,
    FIGURE_SCALES,
    degeneracy_curve,
    grid,
    learned_fixed_point,
    maximum,
    monotone_curve,
    starts,
    z_crossing,
)
from mlrg.flow.config import TrainingConfig
from mlrg.flow.handed_over import STEPS, handed_over_transition
from mlrg.flow.inheritance import inherited_shift
from mlrg.flow.landscape import plane_of_flow
from mlrg.flow.trained import Trained
from mlrg.storage import write_bytes

# Mean KL above the optimum, in bits, up to which a run counts as converged. Near the Ising
# transition of A1 it stands for a student that is off by 0.04 in its coupling.
CONVERGED_REGRET = 0.001
# Shift of the transition, as a flow tells it of itself, up to which a refined run has converged.
CONVERGED_SHIFT = 0.001
# Raised with every change of what the dataset holds; a file of another version is computed anew.
VERSION = 3
# Width of the bracket of a learned transition.
_TRANSITION = 1e-9
# Step of the differences along a curve of couplings.
_DIFFERENCE = 1e-5
_CURVES = {
    "kl_bits": ("bit", "mean KL divergence of the batch; NaN for sampled losses"),
    "gradient_norm": ("nat", "norm of the loss gradient in θ before clipping"),
    "beta": ("1", "inverse temperature of the coldest replica"),
    "exchange": ("1", "share of replica exchanges accepted"),
    "acceptance": ("1", "mean Metropolis acceptance of a replica"),
    "leapfrog_step": ("1", "leapfrog step in units of the prior's widths"),
}
_ROUNDS = {
    "round_residual": ("1", "root mean square of J(ℓ=1) − R(J) over the pairs of a round"),
    "round_held_residual": ("1", "the same before the round was fitted"),
    "round_transition": ("1", "J0 of the transition that the round is about; NaN for none"),
}


def write_log(path: Path, config: TrainingConfig, state: moderator.TrainingState) -> None:
    """Write the progress of one seed: means of each checkpoint interval, and every round."""
    lines = []
    for begin in range(0, state.step, config.checkpoint_every):
        end = min(begin + config.checkpoint_every, state.step)
        line = {"step": end, "learning_rate": moderator.learning_rate(config, end - 1)}
        for name in moderator.CURVES:
            mean = np.mean(state.curves[name][begin:end], axis=0)
            # JSON has no NaN.
            line[name] = np.round(mean, 6).tolist() if np.isfinite(mean).all() else None
        lines.append(json.dumps(line, allow_nan=False) + "\n")
    for number in range(state.round):
        line = {"round": number + 1}
        for name, values in state.round_curves.items():
            line[name] = values[number] if np.isfinite(values[number]) else None
        lines.append(json.dumps(line, allow_nan=False) + "\n")
    write_bytes(path, "".join(lines).encode())


def dataset(run: Trained) -> xarray.Dataset:
    """Return the learning curves and what is read off a run, labelled.

    Dimensions: ``seed``, ``step``, ``replica``, ``scale`` (ℓ), ``start`` (J0 on the axis),
    ``coupling``, ``reading`` (ℓ of critical couplings), ``level``, ``direction``, ``teacher``, the
    sets of couplings at which the flow is held against the exact RG map, and those of the plane.
    """
    data = xarray.Dataset(
        coords={
            "seed": list(run.seeds),
            "scale": ("scale", list(FIGURE_SCALES), {"long_name": "RG scale ℓ"}),
            "reading": ("reading", list(CRITICAL_SCALES), {"long_name": "RG scale ℓ"}),
            "start": ("start", grid(run.config), {"long_name": "J0 at ℓ = 0"}),
            "coupling": [f"J{d}" for d in range(run.teacher.dimension)],
        },
        attrs={
            "version": VERSION,
            "model": repr(run.model),
            "training": json.dumps(run.config.as_dict()),
        },
    )
    for name, (unit, meaning) in _CURVES.items():
        values = np.array([curves[name] for curves in run.curves])
        dimensions = ("seed", "step", "replica")[: values.ndim]
        data[name] = (dimensions, values, {"units": unit, "long_name": meaning})
    for name, (unit, meaning) in _ROUNDS.items():
        values = [curves[name] for curves in run.curves if len(curves.get(name, ()))]
        if values:
            data[name] = (
                ("seed", "round"),
                np.array(values),
                {"units": unit, "long_name": meaning},
            )
    _add_curves(data, run)
    _add_critical_couplings(data, run)
    if run.config.refinements:
        _add_transitions(data, run)
    _add_fixed_points(data, run)
    _add_diagnosis(data, run)
    try:
        plane = plane_of_flow(run.maps[0])
    except NoAnswerError as error:
        data.attrs["no plane"] = str(error)
        return data
    return data.merge(plane, combine_attrs="no_conflicts")


def _add(
    data: xarray.Dataset,
    run: Trained,
    name: str,
    meaning: str,
    quantity: Callable,
    *dimensions: str,
) -> None:
    """Add a quantity of every flow, NaN where it has none, and keep the reasons."""
    found, reasons = run.each(lambda learned: np.asarray(quantity(learned), dtype=float))
    if reasons:
        data.attrs[f"no {name}"] = "\n".join(reasons)
    known = [value.shape for value in found if value is not None]
    if not known:
        return
    # As many levels or directions as every flow has that has any.
    shape = tuple(map(min, zip(*known, strict=True)))
    values = [
        np.full(shape, np.nan) if value is None else value[tuple(map(slice, shape))]
        for value in found
    ]
    data[name] = (("seed", *dimensions), np.array(values), {"long_name": meaning})


def _add_curves(data: xarray.Dataset, run: Trained) -> None:
    points = grid(run.config)

    def along(curve):
        return lambda learned: [curve(learned, points, scale) for scale in FIGURE_SCALES]

    def flow(learned, positions, scale):
        return learned.flowed(starts(learned, positions), scale)

    place = ("scale", "start")
    _add(data, run, "monotone", "C(J(J0, ℓ)) − C(0)", along(monotone_curve), *place)
    _add(data, run, "degeneracy", "Z(J(J0, ℓ))", along(degeneracy_curve), *place)
    _add(data, run, "flow", "J(J0, ℓ)", along(flow), *place, "coupling")

    def beta(learned):
        # To second order, and upwards: below J0 = 0 a curve of tensors may go on in another copy.
        here, near, far = (learned.axis(points + k * _DIFFERENCE) for k in range(3))
        tangents = (4 * near - 3 * here - far) / (2 * _DIFFERENCE)
        return (learned.velocity(here) * tangents).sum(axis=1)

    _add(
        data,
        run,
        "beta_function",
        "v · ∂J/∂J0 on the axis, −∂C/∂J0 of a gradient flow",
        beta,
        "start",
    )


def _add_critical_couplings(data: xarray.Dataset, run: Trained) -> None:
    for name, method, meaning, find in (
        ("critical_coupling", "maxima", "J0* = argmax C", maximum),
        ("degeneracy_crossing", "crossings", "J0* where Z at ℓ − 1 and ℓ cross", z_crossing),
    ):
        for scale in CRITICAL_SCALES:

            def at_scale(learned, find=find, scale=scale):
                return find(learned, scale)

            _add(data, run, f"{method} {scale:g}", meaning, at_scale)
        kept = [f"{method} {scale:g}" for scale in CRITICAL_SCALES]
        nothing = np.full(len(run.seeds), np.nan)
        values = [data[each].values if each in data else nothing for each in kept]
        data[method] = (("reading", "seed"), np.array(values), {"long_name": meaning})
        at = f"{method} {DEFAULT_SCALE:g}"
        data[name] = ("seed", data[method].sel(reading=DEFAULT_SCALE).values)
        data[name].attrs["long_name"] = f"{meaning} at ℓ = {DEFAULT_SCALE:g}"
        if f"no {at}" in data.attrs:
            data.attrs[f"no {name}"] = data.attrs[f"no {at}"]
        for each in kept:
            if each in data:
                del data[each]


def _add_transitions(data: xarray.Dataset, run: Trained) -> None:
    low, high = run.config.low, run.config.high

    def transition(learned):
        return critical(learned, low, high, tolerance=_TRANSITION).coupling

    _add(data, run, "transition", "J0 where the phase of the learned flow changes", transition)
    _add_shift(data, run, "transition", None)
    told_by_map = run.config.refinement_pairs != "learned"
    own = data["transition"].values if "transition" in data else [np.nan]
    if told_by_map or not np.isfinite(own).all():
        # What the exact map says of flows that come to no rest, or to rest in the wrong phase.
        meaning = f"J0 where the exact map's phase changes after {STEPS} learned steps"
        _add(data, run, "handed_over", meaning, handed_over_transition)
        _add_shift(data, run, "handed_over", STEPS)
    data.attrs["answer"] = "handed_over" if told_by_map else "transition"
    finer = run.teacher.finer
    if finer is None:
        return
    ends = [critical(rgmap, low, high).coupling for rgmap in (run.teacher, finer)]
    labels = {"long_name": "distance of the exact map's transition from that of the next map"}
    data["transition_truncation"] = ((), abs(ends[1] - ends[0]), labels)


def _add_shift(data: xarray.Dataset, run: Trained, name: str, handed_over: int | None) -> None:
    """Add what every flow says of the error of its transition."""
    nothing = np.full(len(run.maps), np.nan)
    values = data[name].values if name in data else nothing
    places = dict(zip(run.maps, values.tolist(), strict=True))

    def shift(learned):
        if math.isnan(places[learned]):
            raise NoAnswerError("it has no such transition")
        return inherited_shift(learned, places[learned], handed_over=handed_over)

    meaning = "that of the exact map minus it, to first order"
    _add(data, run, f"{name}_shift", meaning, shift)


def _add_fixed_points(data: xarray.Dataset, run: Trained) -> None:
    points: dict[int, object] = {}

    def fixed(learned):
        points[id(learned)] = learned_fixed_point(learned)
        return points[id(learned)].couplings

    def there(question):
        def quantity(learned):
            if id(learned) not in points:
                raise NoAnswerError("it has no fixed point")
            return question(points[id(learned)])

        return quantity

    _add(data, run, "fixed_point", "J*, near the critical flow", fixed, "coupling")
    _add(
        *(data, run, "scaling_dimensions", "Δ at J*, Δ_0 = 0 first"),
        *(there(lambda point: scaling_dimensions(point.rgmap, point.point)), "level"),
    )
    meaning = "y of one step at J*, largest first"
    _add(data, run, "exponents", meaning, there(lambda point: point.exponents), "direction")


def _add_diagnosis(data: xarray.Dataset, run: Trained) -> None:
    try:
        found = run.diagnosis
    except (BudgetError, NoAnswerError) as error:
        data.attrs["no regret_bits"] = str(error)
        return
    regret = max(diagnosis.regret_bits.mean() for diagnosis in found)
    converged = regret < CONVERGED_REGRET
    if run.config.refinements:
        # Of the flow's own transition: one that the map tells may have been put in. Where phases
        # are wrong the two are elsewhere, whatever a first order says.
        off = [data["transition_shift"].values if "transition_shift" in data else [np.nan]]
        if "transition" in data and "handed_over" in data:
            off.append(data["handed_over"].values - data["transition"].values)
        converged = np.abs(np.concatenate(off)).max() < CONVERGED_SHIFT
    data.attrs["converged"] = int(converged)
    data["teacher_couplings"] = (("teacher", "coupling"), found[0].teachers)
    for name, unit, meaning in (
        ("regret_bits", "bit", "KL of J(ℓ=1) above that of the best student"),
        ("residual", "1", "‖R(J) − J(ℓ=1)‖ to the nearest gauge copy"),
    ):
        values = np.array([getattr(diagnosis, name) for diagnosis in found])
        data[name] = (("seed", "teacher"), values, {"units": unit, "long_name": meaning})
    for name, unit, meaning in (
        ("best_kl_bits", "bit", "KL of the best student"),
        ("antisymmetric", "1", "antisymmetric share of ∂R/∂J − 1"),
    ):
        values = getattr(found[0], name)
        data[name] = (("teacher",), values, {"units": unit, "long_name": meaning})
