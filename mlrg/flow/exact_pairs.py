"""Pairs (J, R(J)) for the second-order phase of a training, made of what flows pass.

The exact students of all that the flows of a round pass (`followed`), and of points beside, are its
pairs; where flows start two and two from either side of a transition, pairs as far along both are
twins, which tell by how much a step stretches their distance. w is one next to a transition, and on
the way from anywhere in a plane; a tenth elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from mlrg.flow.domain import nearest_copies
from mlrg.flow.followed import Critical, starts_of, walk, within
from mlrg.flow.inheritance import exact_students, inheritance, tangents_of
from mlrg.flow.learned import Learned

# What pairs of flows from anywhere weigh, and those beside.
_ELSEWHERE = 0.1
# Distance from the transition, in units of the trained range, below which flows move in proportion
# to it until they have come to the fixed point.
_LINEAR = 0.01
# Pairs around each phase, and what these and the phase itself weigh.
_AROUND, _NEXT_TO_REST, _AT_REST = 48, 1.0, 30.0
# Largest distance of the points beside, in units of the longest side of the box.
_BESIDE = 0.03


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
    starts = starts_of(region, criticals, config.refinement_flows, exact_share, paired, rng)
    near = starts.directions.any(axis=1)
    box = rgmap.box(config)
    rows, students, alive = walk(learned, starts, box)
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
        # Of learned flows a stretch is their own, and none to be told.
        told = near & starts.exact
        twins, apart = _twins(np.flatnonzero(told), starts.positions[told], alive, largest)
    teachers, students, inherited = (part[alive] for part in (rows, students, inherited))
    # Couplings of stars grow without end in an ordered phase.
    phases = learned.inside(phases)
    phases = phases[within(box, phases)]
    side = np.subtract(*reversed(box)).max()
    beside = _beside(teachers[rng.random(len(teachers)) < 0.5], side, rng)
    around = _beside(np.repeat(phases, _AROUND, axis=0), side, rng)
    beside, around = (learned.inside(rows[within(box, rows)]) for rows in (beside, around))
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


def _beside(rows: np.ndarray, side: float, rng: np.random.Generator) -> np.ndarray:
    """Return points next to others, in any direction."""
    steps = rng.normal(size=rows.shape)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return rows + _BESIDE * side * rng.random((len(rows), 1)) * steps
