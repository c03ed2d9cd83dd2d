"""The flows that a round of refinement follows: where they start, and what they pass.

Flows start where the config says, a few anywhere and most close to transitions, at distances spread
evenly in their logarithm; where exponents are weighed, two and two from either side.
"""

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mlrg.analysis.critical import critical
from mlrg.analysis.trajectory import follow, follow_to_phase
from mlrg.errors import NoAnswerError
from mlrg.flow.inheritance import exact_students
from mlrg.flow.learned import Learned
from mlrg.flow.region import Chord, Region
from mlrg.rgmap import RGMap, Trainable

# Share of the flows of a round that start anywhere.
_ANYWHERE = 0.25
# Distances from the transition at which the others start, in units of the trained range.
_DISTANCES = (1e-4, 0.1)
# Points on each side of a region whose flows are followed to phases, and steps from where a phase
# is told to where a flow rests.
_PHASE_GRID, _RESTING = 3, 30
# Chords of a plane with a transition that a round is about, and how many are tried for them.
_CHORDS, _TRIES = 8, 40
# Width of the bracket of a transition, far below the smallest distance.
_BRACKET = 1e-6


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


class Starts(NamedTuple):
    """Where flows start, and whose they are.

    Attributes
    ----------
    bare, directions : numpy.ndarray
        Bare couplings and along what their transition is, shape ``(flow, bare coupling)``. Those
        next to a transition come last; for those anywhere directions and positions are zero.
    positions : numpy.ndarray
        Distances from the transition, shape ``(flow,)``.
    exact : numpy.ndarray
        Whether it is a flow of the exact map, not the learned one, shape ``(flow,)``.
    """

    bare: np.ndarray
    directions: np.ndarray
    positions: np.ndarray
    exact: np.ndarray


def starts_of(
    region: Region,
    criticals: Sequence[Critical],
    count: int,
    exact_share: float,
    paired: bool,
    rng: np.random.Generator,
) -> Starts:
    """Return where flows start; if `paired`, two and two from either side of a transition.

    A share of them, none, half or all, are those of the exact map.
    """
    copies = 2 if paired else 1
    groups = (count - max(1, round(_ANYWHERE * count))) // copies if criticals else 0
    number = copies * groups
    bare = region.at(rng.random((count - number, region.sides)))
    # Two from either side are of one kind.
    exact = (np.arange(count) - (count - number)) // copies % 2 < 2 * exact_share
    if not number:
        return Starts(bare, np.zeros_like(bare), np.zeros(count), exact)
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
    return Starts(
        np.concatenate([bare, close]),
        np.concatenate([np.zeros_like(bare), directions]),
        np.concatenate([np.zeros(len(bare)), positions]),
        exact,
    )


def walk(
    learned: Learned, starts: Starts, box: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return couplings along flows, their exact students, and which lie in the box.

    Shapes ``(step, flow, coupling)`` twice and ``(step, flow)``.
    """
    config, stride = learned.config, learned.config.refinement_stride
    rows = learned.inside(learned.starts(starts.bare))
    alive, found = np.full(len(rows), True), []
    for _ in range(config.walk_steps // stride):
        alive = alive & within(box, rows)
        if not alive.any():
            break
        students = np.zeros_like(rows)
        students[alive] = exact_students(learned.teacher, rows[alive], stride)
        found.append((rows, students, alive))
        moved = students.copy()
        ours = alive & ~starts.exact
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


def within(box: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> np.ndarray:
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
