"""Phase diagram of a plane of couplings, labelled by the degeneracy Z that its flow ends in.

Nobody names the phases: a point belongs to the phase whose number of ordered states |G/H| its flow
settles on, and a critical line is where neighbouring points settle on different ones. A flow that
settles on no whole number, or runs to infinity before, leaves its point without a label.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlrg.analysis.rays import Plane
from mlrg.analysis.trajectory import STEP_LIMIT, follow_to_phase
from mlrg.display import Result
from mlrg.errors import NoAnswerError
from mlrg.rgmap import RGMap, require_map

# Label of a point whose flow reached no phase.
NO_PHASE = 0

# From couplings (point, coupling) to the degeneracy of the phase of each, NO_PHASE for none.
PhaseOf = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class PhaseDiagram(Result):
    """Phases on a grid of a plane and the critical points between them.

    Attributes
    ----------
    plane : Plane
    x, y : numpy.ndarray
        Grid of positions, shapes ``(x,)`` and ``(y,)``.
    phases : numpy.ndarray of int
        Degeneracy of the phase, `NO_PHASE` where there is none, shape ``(y, x)``.
    boundary : numpy.ndarray
        Positions between two phases, each on a grid line, shape ``(point, 2)``.
    """

    plane: Plane
    x: np.ndarray
    y: np.ndarray
    phases: np.ndarray
    boundary: np.ndarray

    more = ("plot()", "phases", "boundary")

    @property
    def title(self) -> str:
        """How large the grid is."""
        return f"Phases on a grid of {len(self.x)} × {len(self.y)} points"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The share of the grid that each phase has."""
        found = []
        for states in np.unique(self.phases):
            name = "no phase" if states == NO_PHASE else f"Z = {states}"
            found.append((name, f"{np.mean(self.phases == states):.0%}"))
        return [*found, ("boundary", f"{len(self.boundary)} critical points")]

    def plot(self, points=()):
        """Return the figure of the diagram; `points` are ((x, y), kind) of fixed points."""
        from mlrg.figures.planes import phase_map

        return phase_map(self, points)


def phase_labels(rgmap: RGMap, couplings, limit: int = STEP_LIMIT) -> np.ndarray:
    """Return the degeneracy of the phase that each set of couplings flows to.

    Parameters
    ----------
    rgmap : RGMap
    couplings : array
        Bare couplings ``(point, coupling)``; of a map whose points are couplings, those.
    limit : int
        RG steps after which a point that has not settled gets no label.

    Returns
    -------
    numpy.ndarray of int
        Shape ``(point,)``, `NO_PHASE` where the flow reaches none.
    """
    require_map(rgmap)
    start = np.asarray if hasattr(rgmap, "gauge") else rgmap.start
    found = np.full(len(couplings), NO_PHASE)
    for number, row in enumerate(couplings):
        try:
            found[number] = follow_to_phase(rgmap, start(row), limit=limit).phase
        except NoAnswerError:
            continue
    return found


def phases(
    rgmap: RGMap, plane: Plane, x=None, y=None, halvings: int = 6, limit: int = STEP_LIMIT
) -> PhaseDiagram:
    """Return the phases of a plane of couplings, and the critical points between them.

    Parameters
    ----------
    rgmap : RGMap
    plane : Plane
    x, y : array, optional
        Positions of the grid lines, shapes ``(x,)`` and ``(y,)``; 0 to 2 and −1 to 1 by default.
    halvings : int
        Bisections of each bracket; the error is that of the grid over 2^(halvings + 1).
    limit : int
        RG steps after which a point that has not settled gets no label.
    """
    x = np.linspace(0.0, 2.0, 17) if x is None else x
    y = np.linspace(-1.0, 1.0, 17) if y is None else y
    return phase_diagram(lambda rows: phase_labels(rgmap, rows, limit), plane, x, y, halvings)


def phase_diagram(phase_of: PhaseOf, plane: Plane, x, y, halvings: int = 6) -> PhaseDiagram:
    """Label a grid of a plane and halve the bracket of every change of phase along grid lines.

    Parameters
    ----------
    phase_of : callable
        See `PhaseOf`.
    plane, x, y, halvings
        As of `phases`.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    across, up = np.meshgrid(x, y)
    labels = phase_of(plane.grid(x, y)).reshape(across.shape)
    corners = np.stack([across, up], axis=-1)
    lows, highs, belows = [], [], []
    for before, after in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1, :], np.s_[1:, :]),
    ):
        first, second = labels[before], labels[after]
        changes = (first != second) & (first != NO_PHASE) & (second != NO_PHASE)
        lows.append(corners[before][changes])
        highs.append(corners[after][changes])
        belows.append(first[changes])
    low, high, below = map(np.concatenate, (lows, highs, belows))
    for _ in range(halvings if len(low) else 0):
        middle = 0.5 * (low + high)
        same = (phase_of(plane.at(middle[:, 0], middle[:, 1])) == below)[:, None]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return PhaseDiagram(plane, x, y, labels, 0.5 * (low + high))
