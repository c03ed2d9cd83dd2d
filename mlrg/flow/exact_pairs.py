"""Pairs (J, R(J)) for the second-order phase of a training, gathered along flows.

Flows start where the config says, a few anywhere and most close to transitions, at distances spread
evenly in their logarithm; where exponents are weighed, two and two from either side, so that what
they pass tells by how much a step stretches their distance. The exact students of all that they
pass, and of points beside, are the pairs of a round. w is one next to a transition, and on the way
from anywhere in a plane; a tenth elsewhere.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np

from mlrg.analysis.critical import critical
from mlrg.analysis.trajectory import follow, follow_to_phase
from mlrg.errors import NoAnswerError
from mlrg.flow.domain import nearest_copies
from mlrg.flow.inheritance import exact_students, inheritance, tangents_of
from mlrg.flow.learned import Learned
from mlrg.flow.region import Chord, Region
from mlrg.rgmap import RGMap, Trainable

# Share of the flows of a round that start anywhere, and what their pairs weigh.
_ANYWHERE, _ELSEWHERE = 0.25, 0.1
# Distances from the transition at which the others start, in units of the trained range, and those
# below which they are proportional to it until they have come to the fixed point.
_DISTANCES, _LINEAR = (1e-4, 0.1), 0.01
# Points on each side of a region whose flows are followed to phases, pairs around each phase, and
# what these and the phase itself weigh.
_PHASE_GRID, _AROUND, _NEXT_TO_REST, _AT_REST = 3, 32, 1.0, 30.0
# Steps from where a phase is told to where a flow rests.
_RESTING = 30
# Chords of a plane with a transition that a round is about, and how many are tried for them.
_CHORDS, _TRIES = 8, 40
# Largest distance of the points beside, in units of the longest side of the box.
_BESIDE = 0.03
# Width of the bracket of a transition, far below the smallest distance.
_BRACKET = 1e-6


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
    twins : numpy.ndarray
        Pairs as far along exact flows from either side of a transition, shape ``(twin, 2)``.
    apart : numpy.ndarray
        How far apart these flows start, in units of what is inherited, shape ``(twin,)``.
    """

    teachers: np.ndarray
    students: np.ndarray
    weights: np.ndarray
    inherited: np.ndarray
    twins: np.ndarray
    apart: np.ndarray

    def __add__(self, other: "Pairs") -> "Pairs":
        later = replace(other, twins=other.twins + len(self.teachers))
        names = [field.name for field in fields(Pairs)]
        return Pairs(*(np.concatenate([getattr(p, n) for p in (self, later)]) for n in names))


class Critical(NamedTuple):
    """Where a chord of bare couplings crosses a transition, as a position on its ray."""

    chord: Chord
    position: float


def criticals_of(rgmap: RGMap, region: Region, rng: np.random.Generator) -> list[Critical]:
    """Return transitions of a map on chords of a region: one of the axis, several of a plane."""
    wanted, tries = (1, 1) if region.sides == 1 else (_CHORDS, _TRIES)
    found: list[Critical] = []
    for _ in range(tries):
        chord = region.chord(rng)
        with contextlib.suppress(NoAnswerError):
            ends = chord.low, chord.high
            there = critical(rgmap, *ends, tolerance=_BRACKET, along=chord.ray).coupling
            found.append(Critical(chord, there))
        if len(found) == wanted:
            break
    return found


def phases_of(rgmap: Trainable, region: Region) -> np.ndarray:
    """Return where flows of a map come to rest, one for each number of ordered states.

    Shape ``(phase, coupling)``.
    """
    found: dict[int | None, np.ndarray] = {}
    for point in rgmap.starts(region.grid(_PHASE_GRID)):
        with contextlib.suppress(NoAnswerError):
            flow = follow_to_phase(rgmap, point)
            if flow.phase not in found:
                found[flow.phase] = follow(rgmap, flow.points[-1], _RESTING).points[-1]
    return np.array(list(found.values())).reshape(-1, rgmap.dimension)


def gather(
    learned: Learned,
    criticals: Sequence[Critical],
    rng: np.random.Generator,
    exact_share: float,
    trained: bool,
    phases: np.ndarray,
) -> Pairs:
    """Return the pairs of one round.

    Parameters
    ----------
    learned : Learned
    criticals : sequence of Critical
        Transitions that flows start close to; without any they all start anywhere.
    rng : numpy.random.Generator
    exact_share : float
        Share of the flows that are those of the exact map: none, half or all.
    trained : bool
        Whether the learned flow has learned something: the gauge copies of students that it is
        closest to are those meant, and what a transition inherits is known.
    phases : array
        Couplings at which flows are to come to rest, ``(phase, coupling)``.

    Raises
    ------
    NoAnswerError
        If nothing of where flows start lies in the trained box.
    """
    config, rgmap = learned.config, learned.teacher
    region = config.region(rgmap.model.couplings.axis)
    paired = config.refinement_exponents > 0
    starts = _starts(region, criticals, config.refinement_flows, paired, rng)
    near = starts.directions.any(axis=1)
    box = rgmap.box(config)
    rows, students, alive = _walk(learned, starts.bare, box, exact_share)
    # Who asks for a plane wants to see all of it.
    weights = np.where(near | (not criticals) | (region.sides > 1), 1.0, _ELSEWHERE)
    weights = np.broadcast_to(weights, alive.shape)[alive]
    inherited = np.zeros_like(rows)
    if near.any() and trained:
        first = tangents_of(learned, starts.bare[near], starts.directions[near])
        inherited[:, near] = inheritance(learned, first, rows[:, near], alive[:, near])
    twins, apart = np.empty((0, 2), dtype=int), np.empty(0)
    if paired:
        largest = 2 * _LINEAR * region.size
        twins, apart = _twins(np.flatnonzero(near), starts.positions[near], alive, largest)
    teachers, students, inherited = (part[alive] for part in (rows, students, inherited))
    # Couplings of stars grow without end in an ordered phase.
    phases = learned.inside(phases)
    phases = phases[_within(box, phases)]
    side = np.subtract(*reversed(box)).max()
    beside = _beside(teachers[rng.random(len(teachers)) < 0.5], side, rng)
    around = _beside(np.repeat(phases, _AROUND, axis=0), side, rng)
    beside, around = (learned.inside(rows[_within(box, rows)]) for rows in (beside, around))
    more = np.concatenate([beside, around, phases])
    counts = len(beside), len(around), len(phases)
    teachers = np.concatenate([teachers, more])
    students = np.concatenate([students, exact_students(rgmap, more, config.refinement_stride)])
    # Of the gauge copies of a student that which the flow is closest to; at first, the teacher.
    meant = teachers
    if trained:
        meant = learned.flowed(teachers, config.refinement_stride, folded=False)
    return Pairs(
        teachers,
        nearest_copies(rgmap.gauge, students, meant),
        np.concatenate([weights, np.repeat([_ELSEWHERE, _NEXT_TO_REST, _AT_REST], counts)]),
        np.concatenate([inherited, np.zeros_like(more)]),
        twins,
        apart,
    )


class _Starts(NamedTuple):
    """Where flows start: bare couplings and along what their transition is, ``(flow, bare)`` each.

    Those next to a transition come last, at `positions` from it, ``(flow,)``. For those anywhere
    directions and positions are zero.
    """

    bare: np.ndarray
    directions: np.ndarray
    positions: np.ndarray


def _starts(
    region: Region,
    criticals: Sequence[Critical],
    count: int,
    paired: bool,
    rng: np.random.Generator,
) -> _Starts:
    """Return where flows start; if `paired`, two and two from either side of a transition."""
    copies = 2 if paired else 1
    groups = (count - max(1, round(_ANYWHERE * count))) // copies if criticals else 0
    number = copies * groups
    bare = region.at(rng.random((count - number, region.sides)))
    if not number:
        return _Starts(bare, np.zeros_like(bare), np.zeros(count))
    sizes = np.exp(rng.uniform(*np.log(_DISTANCES), groups)) * region.size
    if paired:
        sizes = np.outer(sizes, [-1.0, 1.0]).ravel()
    else:
        sizes *= rng.choice([-1.0, 1.0], number)
    chosen = [criticals[k // copies * len(criticals) // groups] for k in range(number)]
    ends = [
        np.clip(position + size, low, high)
        for ((_, low, high), position), size in zip(chosen, sizes, strict=True)
    ]
    close = [critical.chord.ray.at(end) for critical, end in zip(chosen, ends, strict=True)]
    directions = [critical.chord.ray.direction for critical in chosen]
    positions = np.array(ends) - [critical.position for critical in chosen]
    return _Starts(
        np.concatenate([bare, close]),
        np.concatenate([np.zeros_like(bare), directions]),
        np.concatenate([np.zeros(len(bare)), positions]),
    )


def _twins(
    flows: np.ndarray, positions: np.ndarray, alive: np.ndarray, largest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return which pairs lie as far along two flows from either side, and how far these start.

    Shapes ``(twin, 2)`` and ``(twin,)``, for `flows` two and two at `positions` from a transition,
    no further apart than `largest`; pairs are numbered as `alive`, ``(step, flow)``, has them.
    """
    number = np.cumsum(alive).reshape(alive.shape) - 1
    below, above = flows.reshape(-1, 2).T
    apart = np.diff(positions.reshape(-1, 2), axis=1)[:, 0]
    close = apart <= largest
    below, above, apart = below[close], above[close], apart[close]
    both = alive[:, below] & alive[:, above]
    apart = np.broadcast_to(apart, both.shape)[both]
    return np.stack([number[:, below][both], number[:, above][both]], axis=1), apart


def _walk(
    learned: Learned, bare: np.ndarray, box: tuple[np.ndarray, np.ndarray], exact_share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return couplings along flows, their exact students, and which lie in the box.

    Shapes ``(step, flow, coupling)`` twice and ``(step, flow)``.
    """
    config, stride = learned.config, learned.config.refinement_stride
    follow_exact = np.arange(len(bare)) % 2 < 2 * exact_share
    rows, alive, found = learned.inside(learned.starts(bare)), np.full(len(bare), True), []
    for _ in range(config.walk_steps // stride):
        alive = alive & _within(box, rows)
        if not alive.any():
            break
        students = np.zeros_like(rows)
        students[alive] = exact_students(learned.teacher, rows[alive], stride)
        found.append((rows, students, alive))
        moved = students.copy()
        ours = alive & ~follow_exact
        if ours.any():
            moved[ours] = _flowed(learned, rows[ours], stride)
        moved[alive] = learned.inside(moved[alive])
        rows = moved
    if not found:
        raise NoAnswerError(
            f"no coupling from {config.low:g} to {config.high:g} lies in the trained box: choose "
            "another range or a wider spread"
        )
    rows, students, alive = (np.array(part) for part in zip(*found, strict=True))
    return rows, students, alive


def _within(box: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return whether points lie between the corners of a box, ``(point,)``; NaN does not."""
    low, high = box
    return ((rows >= low) & (rows <= high)).all(axis=1)


def _flowed(learned: Learned, rows: np.ndarray, stride: int) -> np.ndarray:
    """Return where learned flows lead, NaN for those that run to infinity."""
    try:
        return learned.flowed(rows, stride)
    except NoAnswerError:
        if len(rows) == 1:
            return np.full_like(rows, np.nan)
        return np.concatenate([_flowed(learned, row[None], stride) for row in rows])


def _beside(rows: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Return points next to others, in any direction."""
    steps = rng.normal(size=rows.shape)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return rows + _BESIDE * side * rng.random((len(rows), 1)) * steps
