"""A learned flow seen over a plane of couplings: its fixed points, Newton's steps, its phases."""

import numpy as np
import torch

from mlrg.errors import ConvergenceError
from mlrg.flow.blocks import domain_of
from mlrg.flow.fields import Flow
from mlrg.flow.ode import one_step
from mlrg.flow.phases import PhaseDiagram, Plane, flow_phases, phase_diagram
from mlrg.flow.run import DEFAULT_SCALE, Run
from mlrg.flow.search import Search, find_all, kind

# Newton steps no longer than this, in any coupling, follow Newton's flow and keep basins whole.
_SMOOTH = 0.1
# Fixed points further from a plane than this, in any coupling, are not drawn in it.
_NEAR_PLANE = 0.5


def relevant_plane(run: Run, flow: Flow) -> Plane:
    """Return the plane of J0 and the direction in which the flow leaves the axis (Fig. 6).

    The direction is that of J1, J2, … where the flow from the learned critical coupling stands
    at ℓ = 3; from the middle of the box if the flow has no critical coupling.

    Raises
    ------
    ConvergenceError
        If there is only one coupling, or the flow never leaves the axis.
    """
    if len(run.axis.direction) == 1:
        raise ConvergenceError("one coupling spans no plane: draw plot.monotone instead")
    try:
        start = run.degeneracy_crossing_of(flow)
    except ConvergenceError:
        start = 0.5 * (run.config.low + run.config.high)
    others = run.ray_flow(flow, np.array([start]), DEFAULT_SCALE)[0]
    others[0] = 0.0
    length = np.linalg.norm(others)
    if length < 1e-6:
        raise ConvergenceError(
            "the flow stays on the axis, so that no direction is chosen: name a Plane"
        )
    labels = ("$J_0$", r"$J_{1,2,\ldots}$ along the critical flow")
    return Plane((0.0,) * len(others), run.axis.direction, tuple(others / length), labels)


def newton_steps(run: Run, flow: Flow, couplings: np.ndarray) -> np.ndarray:
    """Return Newton's step −(∂v/∂J)⁻¹ v (Eq. 24) at couplings ``(point, coupling)``."""
    jacobians = np.array(
        [flow.jacobian(torch.from_numpy(row)).detach().numpy() for row in couplings]
    )
    return -(np.linalg.pinv(jacobians) @ run.velocity(flow, couplings)[:, :, None])[:, :, 0]


def find_fixed_points(
    run: Run, flow: Flow, starts: np.ndarray, largest_step: float = 0.5
) -> Search:
    """Return every fixed point that Newton's method finds on one flow, modulo gauge (Fig. 11).

    Parameters
    ----------
    flow : Flow
    starts : numpy.ndarray
        Shape ``(start, coupling)``.
    largest_step : float
        Bound on a Newton step in any coupling.

    Returns
    -------
    Search
        Its `points` are couplings ``(coupling,)``.
    """

    def solve(start: np.ndarray) -> np.ndarray:
        return run.newton(flow, start, largest_step)

    return find_all(solve, lambda point: point, starts, run.model.gauge.elements)


def newton_basins(run: Run, flow: Flow, plane: Plane, x, y) -> tuple[np.ndarray, Search]:
    """Return Newton's steps in a plane, ``(y, x, 2)``, and where they lead from its grid points.

    Parameters
    ----------
    flow : Flow
    plane : Plane
    x, y : array
        Grid positions; `basin` of the search lists its points with x fastest.
    """
    couplings = plane.grid(x, y)
    steps = plane.components(newton_steps(run, flow, couplings))
    search = find_fixed_points(run, flow, couplings, largest_step=_SMOOTH)
    return steps.reshape(len(y), len(x), 2), search


def beside_plane(run: Run, flow: Flow, plane: Plane, points) -> list:
    """Return the fixed points close to a plane as ((x, y), kind), projected onto it."""
    marked = []
    for point in points:
        offset = point - np.array(plane.origin)
        place = plane.components(offset)
        beside = offset - place @ np.array([plane.first, plane.second])
        if np.abs(beside).max() < _NEAR_PLANE:
            marked.append((tuple(place), kind(run.exponents_at(flow, point))))
    return marked


def learned_phases(run: Run, flow: Flow, plane: Plane, x, y, steps: int = 40) -> PhaseDiagram:
    """Return the phases of a plane of couplings by the Z that one flow settles on.

    Parameters
    ----------
    flow : Flow
    plane : Plane
    x, y : array
        Grid positions.
    steps : int
        RG steps followed at most.
    """
    domain = domain_of(run.model, run.config)

    def step(couplings: np.ndarray) -> np.ndarray:
        moved = torch.from_numpy(np.ascontiguousarray(couplings))
        with torch.no_grad():
            moved = one_step(flow, moved, run.config.solver, run.config.solver_steps)
        return (moved if domain is None else domain.inside(moved)).numpy()

    return phase_diagram(flow_phases(run.block, step, steps), plane, x, y)
