"""Following a map: the points of successive RG steps, the free energy they shed, where they end.

Every step makes one block of b² ones, b the factor by which it rescales lengths, so that ln Z for
each block is, with two blocks in one,

    f = s₁/2 + s₂/4 + s₃/8 + …

with s_k what step k sheds; what is left after the last step is closed into a long strip. A flow has
reached a phase when Z stays near a whole number, the number of its ordered states, does not move
away from it for some steps, and so many states of the transfer matrix are degenerate, with a gap to
the others: in a critical phase Z slides through whole numbers.

Where two phases coexist Z stays near the sum of theirs until the flow decides between them. There G
leaves more than one state of the transfer matrix's largest eigenvalue invariant, one for each
phase, while the ordered states of one phase, which G turns into each other, have one. A symmetry
that was not declared can make more of them, too; so such a flow is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.analysis import readings
from mlrg.display import Result, numbers
from mlrg.errors import BudgetError, NoAnswerError
from mlrg.rgmap import Point, RGMap, Step
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.threads import one_blas_thread

STEP_LIMIT = 200
# Readings in a row that have to lie near the whole number, and how far each may move away from it,
# as a share of how near they have to lie.
_PATIENCE, _SLACK = 3, 1e-3
# The same where phases may coexist: a distance from coexistence doubles with every step.
_COEXISTING = 40
# Largest Δ of a state that counts as one of the largest eigenvalue.
_DEGENERATE = 0.1
# Largest Δ of an ordered state of a phase, and least of any other.
ORDERED, _GAP = 0.05, 0.3


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory(Result):
    """The steps of a flow from a point.

    Attributes
    ----------
    rgmap : RGMap
    begin : Point
    steps : tuple of Step
    phase : int or None
        Number of ordered states that the flow ends in, if it was followed to a phase.
    """

    rgmap: RGMap
    begin: Point
    steps: tuple[Step, ...]
    phase: int | None = None

    more = ("points", "steps", "degeneracies", "free_energy(step)", "reading(step)")

    @property
    def title(self) -> str:
        """Whose flow it is."""
        return f"Flow of {len(self.steps)} steps of {self.rgmap!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Where it begins and ends."""
        ends = [("from", self.begin), *([("to", self.steps[-1].point)] if self.steps else [])]
        found = [
            (name, numbers(point) if hasattr(self.rgmap, "gauge") else repr(point))
            for name, point in ends
        ]
        return found if self.phase is None else [*found, ("phase", f"Z = {self.phase}")]

    @property
    def points(self) -> list[Point]:
        """The first point, and where each step led."""
        return [self.begin, *(step.point for step in self.steps)]

    @property
    def columns(self) -> int:
        """Columns of the rings that Δ and c are read from, the same along the flow."""
        return min(self.rgmap.columns(point) for point in self.points)

    @cached_property
    def degeneracies(self) -> np.ndarray:
        """Z of every point, shape ``(point,)``."""
        return np.array([readings.degeneracy(self.rgmap, point) for point in self.points])

    def free_energy(self, step: int = 0) -> float:
        """Return ln Z for each block after `step` steps, the scale of its point left out, in nats.

        Thirty further steps leave an error of 1e-9; a flow that has reached a phase may be shorter.
        """
        later = np.array([each.log_scale for each in self.steps[step:]])
        joined = round(self.rgmap.scale**2)
        shares = joined ** -np.arange(1.0, len(later) + 1)
        columns = self.rgmap.smallest_ring
        closed = self.rgmap.ring(self.points[-1], columns).sizes(1)[0] / columns
        return float(shares @ later + closed * joined ** -float(len(later)))

    def reading(self, step: int, columns: int | None = None) -> readings.Reading:
        """Return what is read after `step` steps: Z, Δ by sector, c."""
        return readings.Reading(self.rgmap, self.points[step], self.free_energy(step), columns)


def follow(rgmap: RGMap, point: Point, steps: int, near: Sequence[Point] = ()) -> Trajectory:
    """Return the flow of so many RG steps from a point.

    Parameters
    ----------
    rgmap : RGMap
    point : Point
        From `rgmap.start`, or any other.
    steps : int
    near : sequence of points, optional
        Where the first student is looked for; later ones continue from their teachers.

    Raises
    ------
    NoAnswerError
        If the flow cannot go on.

    Examples
    --------
    >>> import mlrg
    >>> star = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1"))
    >>> [float(point[0].round(3)) for point in mlrg.follow(star, star.start([0.7]), 3).points]
    [0.7, 0.667, 0.628, 0.582]
    """
    found: list[Step] = []
    with one_blas_thread(rgmap.small):
        for _ in range(steps):
            found.append(_next(rgmap, point, found, near))
    return Trajectory(rgmap, point, tuple(found))


def follow_to_phase(
    rgmap: RGMap, point: Point, near: Sequence[Point] = (), limit: int = STEP_LIMIT
) -> Trajectory:
    """Return the flow from a point to a phase; as `follow`.

    Raises
    ------
    NoAnswerError
        If Z has not settled near a whole number after `limit` steps, or the flow cannot go on.
    """
    with one_blas_thread(rgmap.small):
        return _to_phase(rgmap, point, near, limit)


def _to_phase(rgmap: RGMap, point: Point, near: Sequence[Point], limit: int) -> Trajectory:
    found: list[Step] = []
    waited, before, patience = 0, np.inf, _PATIENCE
    for _ in range(limit):
        here = found[-1].point if found else point
        now = readings.degeneracy(rgmap, here)
        distance = abs(now - round(now))
        waited = waited + 1 if distance < min(rgmap.settled, before + _SLACK * rgmap.settled) else 0
        if waited == _PATIENCE and not _is_phase(rgmap, here, round(now)):
            waited = 0
        if waited == _PATIENCE:
            patience = _PATIENCE if phases_at(rgmap, here) == 1 else _COEXISTING
        if waited >= patience:
            return Trajectory(rgmap, point, tuple(found), round(now))
        before = distance
        try:
            found.append(_next(rgmap, point, found, near))
        except NoAnswerError:
            # Couplings of ordered phases grow until a step cannot be made.
            if waited < _PATIENCE:
                raise
            return Trajectory(rgmap, point, tuple(found), round(now))
    raise NoAnswerError(
        f"the flow reached no phase in {limit} steps (degeneracy {now:.4f}): start further from "
        "the critical surface"
    )


def _is_phase(rgmap: RGMap, point: Point, states: int) -> bool:
    """Return whether so many states are degenerate, and all others apart from them."""
    found = readings.scaling_dimensions(rgmap, point, states + 1, rgmap.smallest_ring)
    return bool((found[:states] < ORDERED).all() and (found[states:] > _GAP).all())


def phases_at(rgmap: RGMap, point: Point) -> int | None:
    """Return how many states of the largest eigenvalue G leaves invariant, one for each phase.

    None where the group is too large for its sectors to be told apart.
    """
    try:
        return sum(size < _DEGENERATE for size in invariant_states(rgmap, point))
    except BudgetError:
        return None


def invariant_states(rgmap: RGMap, point: Point) -> list[float]:
    """Return Δ of the states that G leaves invariant, rising, among those that may be degenerate.

    Where students break the degeneracy, the lowest of all may not be one of them.

    Raises
    ------
    BudgetError
        If the group is too large for its sectors to be told apart.
    """
    trivial = irreps_of(rgmap.model.internal.group)[0].name
    count = round(readings.degeneracy(rgmap, point)) + 1
    levels = readings.spectrum(rgmap, point, rgmap.smallest_ring, count)
    return [level.dimension for level in levels if level.irrep == trivial]


def _next(rgmap: RGMap, point: Point, found: list[Step], near: Sequence[Point]) -> Step:
    """Return the next step of a flow; students after the first continue from their teachers."""
    if not found:
        return rgmap.step(point, near)
    return rgmap.step(found[-1].point, (found[-1].point,))
