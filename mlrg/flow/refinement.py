"""The second-order phase of a training: a flow fitted to pairs (J, R(J)) of its exact map.

An exact map has no noise, so the last digits of its learned flow are a matter of fitting. Rounds
follow each other. Flows of the learned RG equation start on the axis, a few anywhere and most close
to the learned transition, at distances spread evenly in their logarithm; the exact students of all
that they pass, and of points beside, are the pairs of a round. L-BFGS then lowers

    Σ w |r|² / Σ w + κ ⟨ρ²⟩,    r = J(ℓ=1) − R(J),

over the pairs of this round and the one before. ρ is what a critical coupling inherits of r, the
shift of the transition that undoes it (`inheritance`): no flow of an autonomous equation has the
negative and complex eigenvalues that exact maps have among their irrelevant ones, so that part of r
is there to stay, and it should be the part that no transition sees. w is one next to the transition
and a tenth elsewhere. Nothing of the exact map's transition enters: where it is, the learned flow
says.

Flows of many couplings that have learned little lead to where no flow of the exact map goes. With
``refinement_pairs = "exact"`` pairs are gathered along flows of the exact map, about its own
transition.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import torch
from scipy.optimize import minimize
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from mlrg.analysis.critical import critical
from mlrg.errors import NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import nearest_copies
from mlrg.flow.flows import Flow
from mlrg.flow.inheritance import exact_students, inheritance
from mlrg.flow.learned import Learned
from mlrg.flow.ode import advance
from mlrg.rgmap import RGMap

# Share of the flows of a round that start anywhere on the axis, and what their pairs weigh.
_ANYWHERE, _ELSEWHERE = 0.25, 0.1
# Distances from the transition at which the others start, in units of the trained range.
_DISTANCES = (1e-4, 0.1)
# Largest distance of the points beside, in units of the longest side of the box.
_BESIDE = 0.03
# Width of the bracket of the learned transition, far below the smallest distance.
_BRACKET = 1e-6
# What the square of an inherited shift counts, where that of a miss counts one.
_INHERITED = 10.0
# Differences that L-BFGS remembers.
_MEMORY = 50
# What the rounds of a training record.
ROUND_CURVES = ("residual", "held_residual", "transition")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Couplings with their exact students, and what a miss counts.

    Attributes
    ----------
    teachers, students : numpy.ndarray
        Shape ``(pair, coupling)``.
    weights : numpy.ndarray
        Of |r|², r = J(ℓ=1) − R(J), shape ``(pair,)``.
    inherited : numpy.ndarray
        By how much r shifts the transition of the flow that a pair lies on, to first order, as a
        covector, shape ``(pair, coupling)``; zero where that is not known.
    """

    teachers: np.ndarray
    students: np.ndarray
    weights: np.ndarray
    inherited: np.ndarray

    def __add__(self, other: "Pairs") -> "Pairs":
        names = [field.name for field in fields(Pairs)]
        return Pairs(*(np.concatenate([getattr(p, n) for p in (self, other)]) for n in names))


def transition_of(rgmap: RGMap, config: TrainingConfig) -> float | None:
    """Return the transition of a map on the trained axis, None where it has none."""
    try:
        return critical(rgmap, config.low, config.high, tolerance=_BRACKET).coupling
    except NoAnswerError:
        return None


def gather(
    learned: Learned,
    transition: float | None,
    rng: np.random.Generator,
    follow_exact: bool,
    trained: bool,
) -> Pairs:
    """Return the pairs of one round.

    Parameters
    ----------
    learned : Learned
    transition : float or None
        Of the flows that are followed; without one they all start anywhere.
    rng : numpy.random.Generator
    follow_exact : bool
        Whether flows are those of the exact map.
    trained : bool
        Whether the learned flow has learned something: the gauge copies of students that it is
        closest to are those meant, and what a transition inherits is known.

    Raises
    ------
    NoAnswerError
        If nothing of the axis lies in the trained box, or a flow runs to infinity.
    """
    config, rgmap = learned.config, learned.teacher
    stride = config.refinement_stride
    count = config.refinement_flows
    anywhere = count if transition is None else max(1, round(_ANYWHERE * count))
    length = config.high - config.low
    starts = [rng.uniform(config.low, config.high, anywhere)]
    if transition is not None:
        sizes = np.exp(rng.uniform(*np.log(_DISTANCES), count - anywhere)) * length
        starts.append(transition + sizes * rng.choice([-1.0, 1.0], len(sizes)))
    positions = np.clip(np.concatenate(starts), config.low, config.high)
    weights = np.where(np.arange(count) < anywhere, 1.0 if transition is None else _ELSEWHERE, 1.0)
    low, high = rgmap.box(config)
    rows, alive, found = learned.inside(learned.axis(positions)), np.full(count, True), []
    for _ in range(config.walk_steps // stride):
        alive = alive & ((rows >= low) & (rows <= high)).all(axis=1)
        if not alive.any():
            break
        students = np.zeros_like(rows)
        students[alive] = exact_students(rgmap, rows[alive], stride)
        found.append((rows, students, alive))
        moved = np.zeros_like(rows)
        moved[alive] = learned.inside(
            students[alive] if follow_exact else learned.flowed(rows[alive], stride)
        )
        rows = moved
    if not found:
        raise NoAnswerError(
            f"no coupling from {config.low:g} to {config.high:g} lies in the trained box: choose "
            "another range or a wider spread"
        )
    rows, students, alive = (np.array(part) for part in zip(*found, strict=True))
    inherited = np.zeros_like(rows)
    if transition is not None and trained:
        inherited[:, anywhere:] = inheritance(
            learned, positions[anywhere:], rows[:, anywhere:], alive[:, anywhere:]
        )
    weights = np.broadcast_to(weights, alive.shape)
    teachers, students, weights, inherited = (
        part[alive] for part in (rows, students, weights, inherited)
    )
    beside = _beside(teachers[rng.random(len(teachers)) < 0.5], (high - low).max(), rng)
    beside = learned.inside(beside[((beside >= low) & (beside <= high)).all(axis=1)])
    teachers = np.concatenate([teachers, beside])
    students = np.concatenate([students, exact_students(rgmap, beside, stride)])
    # Of the gauge copies of a student that which the flow is closest to; at first, the teacher.
    near = learned.flowed(teachers, stride, folded=False) if trained else teachers
    return Pairs(
        teachers,
        nearest_copies(rgmap.gauge, students, near),
        np.concatenate([weights, np.full(len(beside), _ELSEWHERE)]),
        np.concatenate([inherited, np.zeros_like(beside)]),
    )


def _beside(rows: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Return points next to others, in any direction."""
    steps = rng.normal(size=rows.shape)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return rows + _BESIDE * side * rng.random((len(rows), 1)) * steps


def residual(learned: Learned, pairs: Pairs) -> float:
    """Return the root of the weighted mean of |J(ℓ=1) − R(J)|²."""
    stride = learned.config.refinement_stride
    missed = learned.flowed(pairs.teachers, stride, folded=False) - pairs.students
    return float(np.sqrt(np.average(np.sum(missed**2, axis=1), weights=pairs.weights)))


def fit(flow: Flow, config, pairs: Pairs, progress: Callable[[int], None] | None = None) -> None:
    """Lower the weighted mean of |J(ℓ=1) − R(J)|² by L-BFGS, in place.

    Parameters
    ----------
    flow : Flow
    config : TrainingConfig
    pairs : Pairs
    progress : callable, optional
        Called with the number of steps so far.
    """
    teachers, students = torch.from_numpy(pairs.teachers), torch.from_numpy(pairs.students)
    shares = torch.from_numpy(pairs.weights / pairs.weights.sum())[:, None]
    inherited = torch.from_numpy(pairs.inherited)
    known = max(1, int((pairs.inherited != 0).any(axis=1).sum()))
    parameters = list(flow.parameters())

    def value_and_slope(vector):
        with torch.no_grad():
            vector_to_parameters(torch.from_numpy(vector), parameters)
        missed = (
            advance(
                flow, teachers, float(config.refinement_stride), config.solver, config.solver_steps
            )
            - students
        )
        value = (shares * missed.square()).sum()
        value = value + _INHERITED / known * (inherited * missed).sum(dim=1).square().sum()
        slopes = torch.autograd.grad(value, parameters, allow_unused=True)
        flat = [
            torch.zeros_like(p).reshape(-1) if s is None else s.reshape(-1)
            for p, s in zip(parameters, slopes, strict=True)
        ]
        # A line search steps back from where a flow ran to infinity.
        number, slope = float(value.detach()), torch.cat(flat).numpy()
        if not (np.isfinite(number) and np.isfinite(slope).all()):
            return np.inf, np.zeros_like(slope)
        return number, slope

    done = 0

    def step(_):
        nonlocal done
        done += 1
        if progress is not None:
            progress(done)

    start = parameters_to_vector(parameters).detach().numpy().copy()
    found = minimize(
        value_and_slope,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=step,
        options={
            "maxiter": config.refinement_steps,
            "maxfun": 2 * config.refinement_steps,
            "maxcor": _MEMORY,
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )
    with torch.no_grad():
        vector_to_parameters(torch.from_numpy(found.x.copy()), parameters)
