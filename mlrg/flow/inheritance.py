"""What a critical coupling inherits of the errors of a learned flow.

A learned flow misses its exact map by r_n = J(ℓ) − R(J) at step n of a flow. With D_n the Jacobian
of step n, covectors g_n = D_nᵀ g_{n+1} are carried back from where the curve of flows is stretched
most, where g is its tangent τ = dJ/dJ0: whatever it is there, the relevant direction is what is
left of it. To first order a miss at step n is undone by a shift of J0 by −g_{n+1}·r_n / g_0·τ_0, so
that the exact map has its transition at

    J0c(exact) = J0c(learned) + Σ_n g_{n+1}·r_n / g_0·τ_0

along the critical flow: an error that can be told from a dozen exact students.
"""

import numpy as np

from mlrg.analysis.rays import Ray
from mlrg.flow.domain import nearest_copies
from mlrg.flow.learned import Learned

# Step of the differences of bare couplings.
_DIFFERENCE = 1e-5
# RG steps after which what is missed shifts a transition by less than a hundredth of itself.
_STEPS = 14


def exact_students(rgmap, rows: np.ndarray, stride: int) -> np.ndarray:
    """Return R(R(…J)) of so many steps, shape ``(point, coupling)``."""
    for _ in range(stride):
        rows = rgmap.rg_map(rows)
    return rows


def tangents_of(learned: Learned, bare: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Return by how much flows move at their start, shape ``(flow, coupling)``.

    Parameters
    ----------
    learned : Learned
    bare, directions : array
        Bare couplings where they start and what they change by, ``(flow, bare coupling)``.
    """
    ends = (learned.inside(learned.starts(bare + s * _DIFFERENCE * directions)) for s in (1, -1))
    return np.subtract(*ends) / (2 * _DIFFERENCE)


def inheritance(
    learned: Learned, first: np.ndarray, rows: np.ndarray, alive: np.ndarray
) -> np.ndarray:
    """Return by how much a miss along learned flows shifts their transition, to first order.

    Parameters
    ----------
    learned : Learned
    first : array
        By how much flows move at their start for one unit of J0, ``(flow, coupling)``.
    rows : array
        J(ℓ) at whole ℓ, ``(step, flow, coupling)``.
    alive : array
        Whether a flow has come so far, ``(step, flow)``.

    Returns
    -------
    array
        g_{n+1} / g_0·τ_0, shape ``(step, flow, coupling)``.
    """
    jacobians = np.zeros((*rows.shape, rows.shape[2]))
    jacobians[alive] = learned.jacobians(rows[alive], learned.config.refinement_stride)
    tangents = [first]
    for jacobian, here in zip(jacobians, alive, strict=True):
        moved = np.einsum("fij,fj->fi", jacobian, tangents[-1])
        tangents.append(np.where(here[:, None], moved, 0.0))
    lengths = np.linalg.norm(tangents, axis=2)
    # Beyond the greatest stretch a flow is on its way to a phase, where misses shift nothing.
    last = lengths.argmax(axis=0)
    covector, found = np.zeros_like(first), np.zeros_like(rows)
    for step in reversed(range(len(rows))):
        tangent = tangents[step + 1] / np.maximum(lengths[step + 1], 1e-300)[:, None]
        covector = np.where((last == step + 1)[:, None], tangent, covector)
        found[step] = covector
        covector = np.einsum("fij,fi->fj", jacobians[step], covector)
    reach = np.einsum("fi,fi->f", covector, first)
    # Flows that are never stretched begin too far away.
    return found / np.where(reach > 0, reach, np.inf)[:, None]


def inherited_shift(learned: Learned, transition: float, along: Ray | None = None) -> float:
    """Return J0c of the exact map minus that of a learned flow, to first order in what it misses.

    Parameters
    ----------
    learned : Learned
    transition : float
        J0c of the learned flow, as precise as can be.
    along : Ray, optional
        Line of bare couplings on which that is a position; the axis of J0 by default.

    Raises
    ------
    BudgetError
        If the exact map is too large.
    """
    stride = learned.config.refinement_stride
    ray = Ray.axis(learned) if along is None else along
    bare = ray.at([transition])
    rows = [learned.inside(learned.starts(bare))]
    for _ in range(_STEPS // stride):
        rows.append(learned.flowed(rows[-1], stride))
    rows = np.concatenate(rows[:-1])
    ours = learned.flowed(rows, stride, folded=False)
    exact = exact_students(learned.teacher, rows, stride)
    missed = ours - nearest_copies(learned.gauge, exact, ours)
    alive = np.full((len(rows), 1), True)
    first = tangents_of(learned, bare, np.array([ray.direction]))
    covectors = inheritance(learned, first, rows[:, None], alive)[:, 0]
    return float((covectors * missed).sum())
