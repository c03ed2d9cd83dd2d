"""A learned flow seen over a plane of couplings: its lines, its fixed points, Newton's steps."""

import numpy as np
import xarray

from mlrg.analysis.rays import Plane
from mlrg.analysis.search import Search, fixed_points
from mlrg.errors import NoAnswerError
from mlrg.flow.axis_curves import DEFAULT_SCALE, z_crossing
from mlrg.flow.learned import Learned

# Newton steps no longer than this, in any coupling, follow Newton's flow and keep basins whole.
_SMOOTH = 0.1
# Fixed points further from a plane than this, in any coupling, are not drawn in it.
_NEAR_PLANE = 0.5
# Grid lines of a plane, and starts of Newton's method among its points.
_COLUMNS, _ROWS, _STARTS = 33, 25, 16


def relevant_plane(learned: Learned) -> Plane:
    """Return the plane of J0 and the direction in which the flow leaves the axis (Fig. 6).

    The direction is that of J1, J2, … where the flow from the learned critical coupling stands
    at ℓ = 3; from the middle of the box if the flow has no critical coupling.

    Raises
    ------
    NoAnswerError
        If there is only one coupling, or the flow never leaves the axis.
    """
    if learned.dimension == 1:
        raise NoAnswerError("one coupling spans no plane: draw plot.monotone instead")
    try:
        begin = z_crossing(learned)
    except NoAnswerError:
        begin = 0.5 * (learned.config.low + learned.config.high)
    others = learned.flowed(learned.axis(np.array([begin])), DEFAULT_SCALE)[0]
    # Of a curve of couplings that of the first.
    bare = learned.model.couplings.axis
    direction = bare if len(bare) == learned.dimension else np.eye(learned.dimension)[0]
    others[0] = 0.0
    length = np.linalg.norm(others)
    if length < 1e-6:
        raise NoAnswerError(
            "the flow stays on the axis, so that no direction is chosen: name a Plane"
        )
    labels = ("$J_0$", r"$J_{1,2,\ldots}$ along the critical flow")
    return Plane(learned, direction, others / length, labels=labels)


def plane_grid(learned: Learned, x=None, y=None) -> tuple[np.ndarray, np.ndarray]:
    """Return grid lines of a plane, by default across the trained box."""
    config = learned.config
    x = np.linspace(config.low, config.high, _COLUMNS) if x is None else np.asarray(x, dtype=float)
    y = np.linspace(-config.spread, config.spread, _ROWS) if y is None else np.asarray(y)
    return x, y


def plane_of_flow(learned: Learned, plane: Plane | None = None, x=None, y=None) -> xarray.Dataset:
    """Return the velocity and C over a plane with the fixed points beside it, labelled.

    Parameters
    ----------
    learned : Learned
    plane : Plane, optional
        By default the bare coupling J0 and the direction that the critical flow takes from the
        axis, the paper's "most relevant direction".
    x, y : array, optional
        Evenly spaced positions; the trained box by default.
    """
    plane = relevant_plane(learned) if plane is None else plane
    x, y = plane_grid(learned, x, y)
    couplings = plane.grid(x, y)
    shape = len(y), len(x)
    place = ("plane_y", "plane_x")
    velocity = plane.components(learned.velocity(couplings)).reshape(*shape, 2)
    search = fixed_points(learned, couplings[:: max(1, len(couplings) // _STARTS)])
    marked = beside_plane(plane, search)
    data = xarray.Dataset(
        {
            "plane_velocity": ((*place, "axis"), velocity),
            "plane_directions": (("axis", "coupling"), np.array([plane.first, plane.second])),
            "plane_points": (
                ("marked", "axis"),
                np.array([at for at, _ in marked]).reshape(-1, 2),
            ),
            "plane_kinds": ("marked", [name for _, name in marked] or np.empty(0, dtype=str)),
        },
        {"plane_x": x, "plane_y": y},
        {"plane_label_x": plane.labels[0], "plane_label_y": plane.labels[1]},
    )
    if learned.flow.monotone is not None:
        data["plane_monotone"] = (place, learned.monotone(couplings).reshape(shape))
    return data


def newton_basins(learned: Learned, plane: Plane, x, y) -> tuple[np.ndarray, Search]:
    """Return Newton's steps in a plane, ``(y, x, 2)``, and where they lead from its grid points.

    Parameters
    ----------
    learned : Learned
    plane : Plane
    x, y : array
        Grid positions; `basin` of the search lists its points with x fastest.
    """
    couplings = plane.grid(x, y)
    steps = plane.components(learned.newton_steps(couplings))
    search = fixed_points(learned, couplings, largest_step=_SMOOTH)
    return steps.reshape(len(y), len(x), 2), search


def beside_plane(plane: Plane, search: Search) -> list:
    """Return the fixed points close to a plane as ((x, y), kind), projected onto it."""
    marked = []
    for point in search.points:
        offset = point.couplings - np.array(plane.origin)
        place = plane.components(offset)
        beside = offset - place @ np.array([plane.first, plane.second])
        if np.abs(beside).max() < _NEAR_PLANE:
            marked.append((tuple(place), point.kind))
    return marked
