"""Phase diagram of a plane of couplings, labelled by the degeneracy Z that its flow ends in.

Nobody names the phases: a point belongs to the phase whose number of ordered states |G/H| its flow
settles on, and a critical line is where neighbouring points settle on different ones. A flow that
settles on no whole number, or runs to infinity before, leaves its point without a label.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mlrg.errors import ConvergenceError, CouplingError
from mlrg.flow.critical import exact_phase
from mlrg.flow.spectra import degeneracy
from mlrg.rbm.block import Block

# Distance to a whole number, and change in a step, at which a learned flow's Z has settled.
_SETTLED = 1e-2
# Couplings beyond which a learned flow means nothing.
_FAR = 1e3
# Label of a point whose flow reached no phase.
NO_PHASE = 0

# From couplings (point, coupling) to the degeneracy of the phase of each, NO_PHASE for none.
PhaseOf = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Plane:
    """A plane of couplings, J(x, y) = origin + x·first + y·second.

    Attributes
    ----------
    origin, first, second : tuple of float
        One value a coupling.
    labels : tuple of str
        Names of the two axes.
    """

    origin: tuple[float, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    labels: tuple[str, str] = ("x", "y")

    @classmethod
    def of(cls, dimension: int, first: int, second: int) -> "Plane":
        """Return the plane of two couplings, the others zero.

        Raises
        ------
        CouplingError
            If there are no such two couplings.
        """
        if first == second or not {first, second} <= set(range(dimension)):
            raise CouplingError(
                f"couplings J{first} and J{second} span no plane of {dimension} couplings: "
                "choose two different ones that exist"
            )
        unit = np.eye(dimension)
        names = (f"$J_{{{first}}}$", f"$J_{{{second}}}$")
        return cls((0.0,) * dimension, tuple(unit[first]), tuple(unit[second]), names)

    def at(self, x, y) -> np.ndarray:
        """Return couplings at positions of equal shape, ``(…, coupling)``."""
        x, y = np.asarray(x, dtype=float)[..., None], np.asarray(y, dtype=float)[..., None]
        return np.array(self.origin) + x * np.array(self.first) + y * np.array(self.second)

    def grid(self, x, y) -> np.ndarray:
        """Return the couplings of a grid, x fastest, shape ``(len(y) * len(x), coupling)``."""
        across, up = np.meshgrid(x, y)
        return self.at(across.ravel(), up.ravel())

    def components(self, vectors) -> np.ndarray:
        """Return the least-squares components of vectors ``(…, coupling)``, shape ``(…, 2)``."""
        return np.asarray(vectors) @ np.linalg.pinv(np.array([self.first, self.second]))


@dataclass(frozen=True)
class PhaseDiagram:
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


def exact_phases(block: Block) -> PhaseOf:
    """Return the labelling by the exact RG map."""

    def label(couplings: np.ndarray) -> np.ndarray:
        found = np.full(len(couplings), NO_PHASE)
        for number, row in enumerate(couplings):
            try:
                found[number] = exact_phase(block, row)[0]
            except ConvergenceError:
                continue
        return found

    return label


def flow_phases(block: Block, step: Callable[[np.ndarray], np.ndarray], steps: int) -> PhaseOf:
    """Return the labelling by a learned flow.

    Parameters
    ----------
    block : Block
    step : callable
        One RG step of couplings ``(point, coupling)``; a point that runs far away before
        its degeneracy settles gets no label.
    steps : int
        RG steps after which a point that has not settled gets no label.
    """

    def label(couplings: np.ndarray) -> np.ndarray:
        found = np.full(len(couplings), NO_PHASE)
        going, here, before = np.arange(len(couplings)), couplings, np.full(len(couplings), np.inf)
        for _ in range(steps + 1):
            now = np.array([degeneracy(block, row) for row in here])
            settled = (np.abs(now - now.round()) < _SETTLED) & (np.abs(now - before) < _SETTLED)
            found[going[settled]] = now[settled].round().astype(int)
            going, here, before = going[~settled], here[~settled], now[~settled]
            if not going.size:
                break
            here = step(here)
            inside = np.isfinite(here).all(axis=1) & (np.abs(here).max(axis=1) < _FAR)
            going, here, before = going[inside], here[inside], before[inside]
        return found

    return label


def phase_diagram(phase_of: PhaseOf, plane: Plane, x, y, halvings: int = 6) -> PhaseDiagram:
    """Label a grid of a plane and halve the bracket of every change of phase along grid lines.

    Parameters
    ----------
    phase_of : callable
        Such as `exact_phases(block)`.
    plane : Plane
    x, y : array
        Positions of the grid lines.
    halvings : int
        Bisections of each bracket; the error is that of the grid over 2^(halvings + 1).
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    across, up = np.meshgrid(x, y)
    phases = phase_of(plane.grid(x, y)).reshape(across.shape)
    corners = np.stack([across, up], axis=-1)
    low, high, below = [], [], []
    for before, after in (
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:-1, :], np.s_[1:, :]),
    ):
        first, second = phases[before], phases[after]
        changes = (first != second) & (first != NO_PHASE) & (second != NO_PHASE)
        low.append(corners[before][changes])
        high.append(corners[after][changes])
        below.append(first[changes])
    low, high, below = np.concatenate(low), np.concatenate(high), np.concatenate(below)
    for _ in range(halvings if len(low) else 0):
        middle = 0.5 * (low + high)
        same = (phase_of(plane.at(middle[:, 0], middle[:, 1])) == below)[:, None]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return PhaseDiagram(plane, x, y, phases, 0.5 * (low + high))
