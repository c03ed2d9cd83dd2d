"""What is read at every step of a flow, as a labelled table (an xarray dataset).

Δ and c mean something where the flow lingers, and their drift says how long it does.
"""

import numpy as np
import xarray

from mlrg.analysis import readings
from mlrg.analysis.trajectory import Trajectory

_MEANINGS = {
    "degeneracy": "Z of the smallest square torus of blocks",
    "scaling_dimensions": "Δ of a ring of blocks, every member of a multiplet",
    "central_charge": "c of the same ring, with the free energy of the flow",
    "free_energy": "ln Z of the infinite lattice for each block, its own scale left out (nats)",
    "log_scale": "what the step to this point shed, for each block (nats)",
    "cost": "what the step to this point missed",
    "couplings": "the point, where it is a set of couplings",
    "leg": "what a leg carries",
    "modular_parameter": "τ, period of the columns over that of the rows",
}


def flow_table(flow: Trajectory, count: int = readings.COUNT) -> xarray.Dataset:
    """Return the readings of every point of a flow.

    Parameters
    ----------
    flow : Trajectory
        As `Transition.flow`, or from `mlrg.follow`.
    count : int
        Number of Δ.

    Returns
    -------
    xarray.Dataset
        Dimensions ``step``, 0 for the bare couplings, and ``level``; couplings have ``coupling``,
        τ of anisotropic lattices ``part``.
        NaN where there are fewer levels, and where no step leads.
    """
    rgmap, points = flow.rgmap, flow.points
    columns = flow.columns
    rows = [flow.reading(step, columns) for step in range(len(points))]
    levels = np.full((len(rows), count), np.nan)
    for row, reading in zip(levels, rows, strict=True):
        lowest = reading.scaling_dimensions[:count]
        row[: len(lowest)] = lowest
    nowhere = [np.nan]
    data = {
        "degeneracy": ("step", flow.degeneracies),
        "scaling_dimensions": (("step", "level"), levels),
        "central_charge": ("step", [reading.central_charge for reading in rows]),
        "free_energy": ("step", [reading.free_energy for reading in rows]),
        "log_scale": ("step", nowhere + [step.log_scale for step in flow.steps]),
        "cost": ("step", nowhere + [step.cost for step in flow.steps]),
    }
    reports = [rgmap.report(point) for point in points]
    for name, dimensions in (("couplings", ("step", "coupling")), ("leg", ("step",))):
        if name in reports[0]:
            data[name] = (dimensions, np.array([report[name] for report in reports]))
    if "modular_parameter" in reports[0]:
        parts = [report["modular_parameter"] or [np.nan] * 2 for report in reports]
        data["modular_parameter"] = (("step", "part"), np.array(parts))
    found = xarray.Dataset(data, {"step": np.arange(len(rows)), "level": np.arange(count)})
    for variable in found.data_vars:
        found[variable].attrs["long_name"] = _MEANINGS[str(variable)]
    found["cost"].attrs["unit"] = rgmap.cost_name
    if "part" in found.dims:
        found = found.assign_coords(part=["real", "imaginary"])
    found.attrs.update(map=repr(rgmap), columns=columns)
    return found
