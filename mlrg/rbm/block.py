"""The arrays of one RG step: all that the kernels need to know of a model.

A block holds the bond features of teacher and student, the permutations that C4 makes of the
spin states, and the visible configurations reduced by the symmetries that both sides share.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.errors import BudgetError, CouplingError, InputError
from mlrg.geometry import CORNERS, EDGE_BONDS, CornerSymmetry, inverse_turns
from mlrg.model import SpinModel
from mlrg.rbm import kernels
from mlrg.rbm.orbits import count_orbits, generate, reduce_configurations

# Bytes that the enumeration of one block may hold.
MEMORY_LIMIT = 4 * 2**30


@dataclass(frozen=True)
class Block:
    """One RG step in arrays.

    Attributes
    ----------
    teacher : numpy.ndarray
        Features Φ[d, z, x] of the teacher's bonds, shape ``(teacher coupling, visible, visible)``:
        edge spins are of the same kind as corner spins.
    student : numpy.ndarray
        Features Φ[d, x, z] of the student's bonds, shape ``(student coupling, visible, hidden)``.
    visible_turns, hidden_turns : numpy.ndarray
        r⁻ᵏ on the states of corner and centre spins, shapes ``(4, visible)`` and ``(4, hidden)``.
    symmetries : frozenset of corner symmetries
        The group common to teacher and student.
    measures : pair of numpy.ndarray, optional
        Weight of each state of a corner or edge spin ``(visible,)`` and of the centre's
        ``(hidden,)``, as points of a quadrature have; 1 each by default. Symmetries keep them.
    """

    teacher: np.ndarray
    student: np.ndarray
    visible_turns: np.ndarray
    hidden_turns: np.ndarray
    symmetries: frozenset[CornerSymmetry]
    measures: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def visible_measure(self) -> np.ndarray:
        """Weight of each state of a corner or edge spin, ``(visible,)``."""
        return np.ones(self.states) if self.measures is None else self.measures[0]

    @property
    def hidden_measure(self) -> np.ndarray:
        """Weight of each state of the centre, ``(hidden,)``."""
        return np.ones(self.student.shape[2]) if self.measures is None else self.measures[1]

    @cached_property
    def teacher_measure(self) -> np.ndarray:
        """ln of an edge spin's weight, half for each of its bonds, ``(visible, visible)``."""
        share = np.log(self.visible_measure)[:, None] / EDGE_BONDS
        return np.ascontiguousarray(np.broadcast_to(share, self.teacher.shape[1:]))

    @cached_property
    def student_measure(self) -> np.ndarray:
        """ln of the centre's weight, a quarter for each of its bonds, ``(visible, hidden)``."""
        share = np.log(self.hidden_measure)[None, :] / CORNERS
        return np.ascontiguousarray(np.broadcast_to(share, self.student.shape[1:]))

    @property
    def states(self) -> int:
        """Number of states of a corner spin."""
        return self.teacher.shape[2]

    @cached_property
    def constant(self) -> np.ndarray | None:
        """Direction of the student's couplings that adds one energy to every pair of states.

        A unit vector ``(student coupling,)``, or None. No distribution depends on it.
        """
        features = self.student.reshape(len(self.student), -1)
        direction = np.linalg.lstsq(features.T, np.ones(features.shape[1]), rcond=None)[0]
        if np.abs(direction @ features - 1.0).max() > 1e-9:
            return None
        return direction / np.linalg.norm(direction)

    @cached_property
    def orbit_count(self) -> int:
        """Number of orbit representatives, by Burnside's formula."""
        return count_orbits(self.states, self.symmetries)

    @property
    def memory(self) -> int:
        """Bytes that exact enumeration holds on one thread.

        For each orbit eight words of configuration, pair rows and multiplicity and five of logs,
        probabilities and dot products; for each pair of corners the student's tables, weights and
        scales, 5 H + 5 words.
        """
        hidden = self.student.shape[2]
        return 8 * (13 * self.orbit_count + 5 * self.states**2 * (hidden + 1))

    def require_memory(self) -> None:
        """Refuse a block whose enumeration does not fit in `MEMORY_LIMIT`.

        Raises
        ------
        BudgetError
            With the number of configurations and what to do.
        """
        if self.memory > MEMORY_LIMIT:
            raise BudgetError(
                f"a spin with {self.states} states has {self.states**CORNERS} corner "
                f"configurations; the {self.orbit_count} that symmetry leaves would take "
                f"{self.memory / 2**30:.3g} GiB, more than {MEMORY_LIMIT / 2**30:g}: choose a "
                "smaller representation, or train with --loss cd, which samples"
            )

    @cached_property
    def _reduced(self) -> tuple[np.ndarray, np.ndarray]:
        self.require_memory()
        return reduce_configurations(self.states, self.symmetries)

    @property
    def configurations(self) -> np.ndarray:
        """Orbit representatives of the corner configurations, shape ``(orbit, 4)``.

        Raises
        ------
        BudgetError
            If they would not fit in `MEMORY_LIMIT`.
        """
        return self._reduced[0]

    @property
    def multiplicities(self) -> np.ndarray:
        """Number of configurations in each orbit, shape ``(orbit,)``; they sum to N⁴."""
        return self._reduced[1]

    @cached_property
    def weights(self) -> np.ndarray:
        """The multiplicities as floats, each times the weights of its spins."""
        return self.multiplicities * np.prod(self.visible_measure[self.configurations], axis=1)

    @cached_property
    def pair_rows(self) -> np.ndarray:
        """Numbers of the pairs (x0, x1) and (x2, x3) of every representative, ``(orbit, 2)``.

        The first does not fall from one representative to the next.
        """
        x = self.configurations
        return np.stack([x[:, 0] * self.states + x[:, 1], x[:, 2] * self.states + x[:, 3]], axis=1)

    @cached_property
    def pair_features(self) -> tuple[np.ndarray, np.ndarray]:
        """The student's features summed over the corners 0, 1 and over 2, 3.

        Shape ``(visible², hidden, coupling)`` each.
        """
        return tuple(
            kernels.pair_features(self.student, self.visible_turns, self.hidden_turns, first)
            for first in (0, 2)
        )


def build_block(
    teacher: np.ndarray,
    student: np.ndarray,
    visible_rotation: Iterable[int],
    hidden_rotation: Iterable[int],
    teacher_symmetries: Iterable[CornerSymmetry],
    student_symmetries: Iterable[CornerSymmetry],
) -> Block:
    """Assemble a block from features, state permutations and generators of corner symmetries."""
    states = teacher.shape[2]
    shared = generate(teacher_symmetries, states) & generate(student_symmetries, states)
    return Block(
        np.ascontiguousarray(teacher, dtype=float),
        np.ascontiguousarray(student, dtype=float),
        inverse_turns(np.array(list(visible_rotation))),
        inverse_turns(np.array(list(hidden_rotation))),
        frozenset(shared),
    )


def block_of(model: SpinModel, hidden: SpinModel | None = None) -> Block:
    """Return the block whose teacher is `model` and whose student has `model` on its corners.

    Parameters
    ----------
    model : SpinModel
        What the visible spins carry, on the square graph and on the corners of the cross.
    hidden : SpinModel, optional
        What the student's centre carries; `model` itself by default, as an RG flow needs.

    Raises
    ------
    InputError
        If the symmetry allows no coupling at all.
    """
    hidden = hidden or model
    require_couplings(model, hidden)
    return build_block(
        model.couplings.features,
        model.couplings_to(hidden).features,
        model.spins.rotation,
        hidden.spins.rotation,
        model.teacher_symmetries,
        model.student_symmetries,
    )


def require_couplings(model: SpinModel, hidden: SpinModel) -> None:
    """Refuse a block without couplings.

    Raises
    ------
    InputError
        If the symmetry allows none between corners and edges, or between corners and the centre.
    """
    for couplings in (model.couplings, model.couplings_to(hidden)):
        if couplings.dimension == 0:
            raise InputError(
                f"the symmetry allows no coupling between a source spin carrying "
                f"{couplings.source.point.name} and a target spin carrying "
                f"{couplings.target.point.name} in the {model.frame} frame: "
                "add an irrep, A1 for instance"
            )


def as_couplings(values, dimension: int, what: str) -> np.ndarray:
    """Return couplings as a float array of shape ``(batch, dimension)``.

    Raises
    ------
    CouplingError
        If the last axis has another length or a value is not finite.
    """
    if np.iscomplexobj(values):
        raise CouplingError(
            f"a {what} coupling is complex ({np.ravel(values)[0]}): couplings are real; give the "
            "real part"
        )
    array = np.atleast_2d(np.asarray(values, dtype=float))
    if array.ndim != 2 or array.shape[1] != dimension:
        raise CouplingError(
            f"{what} couplings of shape {np.shape(values)} were given: "
            f"this model needs {dimension} values a row"
        )
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)][0]
        raise CouplingError(f"a {what} coupling is {bad}: give finite numbers")
    return np.ascontiguousarray(array)


def as_pairs(block: Block, teacher, student) -> tuple[np.ndarray, np.ndarray]:
    """Return teacher and student couplings of one batch, as `as_couplings` does.

    Raises
    ------
    CouplingError
        Also if there are more sets of one than of the other.
    """
    teacher = as_couplings(teacher, block.teacher.shape[0], "teacher")
    student = as_couplings(student, block.student.shape[0], "student")
    if len(teacher) != len(student):
        raise CouplingError(
            f"{len(teacher)} sets of teacher couplings were given with {len(student)} of the "
            "student: give one for one"
        )
    return teacher, student
