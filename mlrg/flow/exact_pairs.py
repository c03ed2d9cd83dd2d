"""Pairs (J, R(J)) for the second-order phase of a training, gathered along flows.

Flows start where the config says, a few anywhere and most close to transitions, at distances spread
evenly in their logarithm. The exact students of all that they pass, and of points beside, are the
pairs of a round. w is one next to a transition, and on the way from anywhere in a plane; a tenth
elsewhere.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
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
# Distances from the transition at which the others start, in units of the trained range.
_DISTANCES = (1e-4, 0.1)
# Points on each side of a region whose flows are followed to phases, pairs around each phase, and
# what the phase itself weighs.
_PHASE_GRID, _AROUND, _AT_REST = 3, 32, 30.0
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
    """

    teachers: np.ndarray
    students: np.ndarray
    weights: np.ndarray
    inherited: np.ndarray

    def __add__(self, other: "Pairs") -> "Pairs":
        names = [field.name for field in fields(Pairs)]
        return Pairs(*(np.concatenate([getattr(p, n) for p in (self, other)]) for n in names))


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
    stride, count = config.refinement_stride, config.refinement_flows
    region = config.region(rgmap.model.couplings.axis)
    bare, directions = _starts(region, criticals, count, rng)
    near = directions.any(axis=1)
    follow_exact = np.arange(count) % 2 < 2 * exact_share
    # Who asks for a plane wants to see all of it.
    weights = np.where(near | (not criticals) | (region.sides > 1), 1.0, _ELSEWHERE)
    box = rgmap.box(config)
    rows, alive, found = learned.inside(learned.starts(bare)), np.full(count, True), []
    for _ in range(config.walk_steps // stride):
        alive = alive & _within(box, rows)
        if not alive.any():
            break
        students = np.zeros_like(rows)
        students[alive] = exact_students(rgmap, rows[alive], stride)
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
    inherited = np.zeros_like(rows)
    if near.any() and trained:
        first = tangents_of(learned, bare[near], directions[near])
        inherited[:, near] = inheritance(learned, first, rows[:, near], alive[:, near])
    weights = np.broadcast_to(weights, alive.shape)
    teachers, students, weights, inherited = (
        part[alive] for part in (rows, students, weights, inherited)
    )
    # Couplings of stars grow without end in an ordered phase.
    phases = learned.inside(phases)
    phases = phases[_within(box, phases)]
    side = np.subtract(*reversed(box)).max()
    beside = _beside(teachers[rng.random(len(teachers)) < 0.5], side, rng)
    around = _beside(np.repeat(phases, _AROUND, axis=0), side, rng)
    beside, around = (learned.inside(rows[_within(box, rows)]) for rows in (beside, around))
    more = np.concatenate([beside, around, phases])
    teachers = np.concatenate([teachers, more])
    students = np.concatenate([students, exact_students(rgmap, more, stride)])
    # Of the gauge copies of a student that which the flow is closest to; at first, the teacher.
    meant = learned.flowed(teachers, stride, folded=False) if trained else teachers
    return Pairs(
        teachers,
        nearest_copies(rgmap.gauge, students, meant),
        np.concatenate(
            [
                weights,
                np.full(len(beside), _ELSEWHERE),
                np.ones(len(around)),
                np.full(len(phases), _AT_REST),
            ]
        ),
        np.concatenate([inherited, np.zeros_like(more)]),
    )


def _starts(
    region: Region, criticals: Sequence[Critical], count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return where flows start, and along what their transition is; zero for those anywhere.

    Shape ``(flow, bare coupling)`` each.
    """
    anywhere = max(1, round(_ANYWHERE * count)) if criticals else count
    bare = region.at(rng.random((anywhere, region.sides)))
    if not criticals:
        return bare, np.zeros_like(bare)
    number = count - anywhere
    sizes = np.exp(rng.uniform(*np.log(_DISTANCES), number)) * region.size
    sizes *= rng.choice([-1.0, 1.0], number)
    chosen = [criticals[k * len(criticals) // number] for k in range(number)]
    close = [
        ray.at(np.clip(position + size, low, high))
        for ((ray, low, high), position), size in zip(chosen, sizes, strict=True)
    ]
    directions = [critical.chord.ray.direction for critical in chosen]
    return np.concatenate([bare, close]), np.concatenate([np.zeros_like(bare), directions])


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
