"""What a critical coupling inherits of the errors of a learned flow.

A learned flow misses its exact map by r_n = J(ℓ) − R(J) at step n of a flow. With D_n the Jacobian
of step n, covectors g_n = D_nᵀ g_{n+1} are carried back from where the curve of flows is stretched
most, where g is its tangent τ = dJ/dJ0: whatever it is there, the relevant direction is what is
left of it. To first order a miss at step n is undone by a shift of J0 by −g_{n+1}·r_n / g_0·τ_0, so
that the exact map has its transition at

    J0c(exact) = J0c(learned) + Σ_n g_{n+1}·r_n / g_0·τ_0

along the critical flow: an error that can be told from a dozen exact students, if D_n are those of
the exact map. In training, where flows are many, D_n are those of the learned flow, close enough to
say which misses count.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise

import numpy as np

from mlrg.analysis.rays import Ray
from mlrg.errors import NoAnswerError
from mlrg.flow.learned import Learned
from mlrg.rgmap import Trainable

# Step of the differences of bare couplings.
_DIFFERENCE = 1e-5
# RG steps after which what is missed shifts a transition by less than a hundredth of itself.
_STEPS = 14
# Exact steps that follow where learned ones end; what they leave of a tangent is the relevant
# direction.
EXACT_STEPS = 6


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
    return _covectors(jacobians, first, alive)


def _covectors(jacobians: np.ndarray, first: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """Return g_{n+1} / g_0·τ_0 of flows with Jacobians ``(step, flow, coupling, coupling)``."""
    tangents = [first]
    for jacobian, here in zip(jacobians, alive, strict=True):
        moved = np.einsum("fij,fj->fi", jacobian, tangents[-1])
        tangents.append(np.where(here[:, None], moved, 0.0))
    lengths = np.linalg.norm(tangents, axis=2)
    # Beyond the greatest stretch a flow is on its way to a phase, where misses shift nothing.
    last = lengths.argmax(axis=0)
    covector, found = np.zeros_like(first), np.zeros(jacobians.shape[:3])
    for step in reversed(range(len(jacobians))):
        tangent = tangents[step + 1] / np.maximum(lengths[step + 1], 1e-300)[:, None]
        covector = np.where((last == step + 1)[:, None], tangent, covector)
        found[step] = covector
        covector = np.einsum("fij,fi->fj", jacobians[step], covector)
    reach = np.einsum("fi,fi->f", covector, first)
    # Flows that are never stretched begin too far away.
    return found / np.where(reach > 0, reach, np.inf)[:, None]


def inherited_shift(
    learned: Learned, transition: float, along: Ray | None = None, handed_over: int | None = None
) -> float:
    """Return J0c of the exact map minus that of a learned flow, to first order in what it misses.

    Covectors are carried back by derivatives of the exact map, so that what is left is of second
    order also where the learned flow has other irrelevant directions.

    Parameters
    ----------
    learned : Learned
    transition : float
        J0c of the learned flow, as precise as can be.
    along : Ray, optional
        Line of bare couplings on which that is a position; the axis of J0 by default.
    handed_over : int, optional
        The transition is that of so many learned RG steps with exact ones after them
        (`mlrg.flow.handed_over`). By default all are learned.

    Raises
    ------
    BudgetError
        If the exact map is too large.
    NoAnswerError
        If the flow runs to infinity, the exact map has no derivative on the way, or nothing is
        stretched along it.
    """
    stride = learned.config.refinement_stride
    ray = Ray.axis(learned) if along is None else along
    bare = ray.at([transition])
    rows = [learned.inside(learned.starts(bare))[0]]
    whole, rest = divmod(_STEPS if handed_over is None else handed_over, stride)
    strides = [stride] * whole + [rest] * (rest > 0)
    for each in strides:
        rows.append(learned.flowed(rows[-1], each)[0])
    answers = [
        exact_answer(learned.teacher, *ends, each)
        for ends, each in zip(pairwise(rows), strides, strict=True)
    ]
    jacobians = [jacobian for _, jacobian in answers]
    if handed_over is not None:
        jacobians += exact_steps(learned.teacher, rows[-1], EXACT_STEPS)[1]
    first = tangents_of(learned, bare, np.array([ray.direction]))
    alive = np.full((len(jacobians), 1), True)
    covectors = _covectors(np.array(jacobians)[:, None], first, alive)[: len(answers), 0]
    if not covectors.any():
        raise NoAnswerError("flows from next to it are not stretched on the way")
    missed = np.array(rows[1:]) - [student for student, _ in answers]
    return float((covectors * missed).sum())


def exact_answer(
    rgmap: Trainable, row: np.ndarray, near: np.ndarray, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return R(R(…J)) of so many steps and its derivative in J, the gauge copy nearest to a point.

    Parameters
    ----------
    rgmap : Trainable
    row, near : array
        J and that point, ``(coupling,)`` each.
    stride : int

    Returns
    -------
    tuple of array
        Without what changes no distribution, ``(coupling,)`` and ``(new, old)``.
    """
    row, jacobians = exact_steps(rgmap, row, stride)
    copies = rgmap.resolved @ np.array(rgmap.gauge.elements)
    turn = copies[np.linalg.norm(copies @ row - near, axis=1).argmin()]
    return turn @ row, turn @ chained(jacobians)


def exact_steps(
    rgmap: Trainable, point: np.ndarray, steps: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return where exact steps lead, ``(coupling,)``, and ∂R/∂J of each, ``(new, old)``."""
    jacobians = []
    for _ in range(steps):
        answer = rgmap.exact(point)
        jacobians.append(answer.jacobian)
        point = answer.couplings
    return point, jacobians


def chained(jacobians: Sequence[np.ndarray]) -> np.ndarray:
    """Return the derivative of steps one after another, the first one first, ``(new, old)``."""
    return reduce(lambda total, step: step @ total, jacobians)
