"""The arrays of one RG step: all that the kernels need to know of a model.

A block holds the bond features of teacher and student, the permutations that C4 makes of the
spin states, and the visible configurations reduced by the symmetries that both sides share.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mlrg.errors import BudgetError, CouplingError
from mlrg.rbm.clusters import inverse_turns
from mlrg.rbm.orbits import CornerSymmetry, generate, reduce_configurations

CONFIGURATION_LIMIT = 2_000_000


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
    configurations, multiplicities : numpy.ndarray
        Orbit representatives ``(orbit, 4)`` and orbit sizes ``(orbit,)``.
    """

    teacher: np.ndarray
    student: np.ndarray
    visible_turns: np.ndarray
    hidden_turns: np.ndarray
    configurations: np.ndarray
    multiplicities: np.ndarray

    @property
    def states(self) -> int:
        """Number of states of a corner spin."""
        return self.teacher.shape[2]


def build_block(
    teacher: np.ndarray,
    student: np.ndarray,
    visible_rotation: Iterable[int],
    hidden_rotation: Iterable[int],
    teacher_symmetries: Iterable[CornerSymmetry],
    student_symmetries: Iterable[CornerSymmetry],
) -> Block:
    """Assemble a block; the configurations are reduced by the symmetries common to both sides.

    Raises
    ------
    BudgetError
        If the corner spins have so many states that N⁴ exceeds `CONFIGURATION_LIMIT`.
    """
    states = teacher.shape[2]
    if states**4 > CONFIGURATION_LIMIT:
        raise BudgetError(
            f"a spin with {states} states has {states**4} corner configurations, more than the "
            f"{CONFIGURATION_LIMIT} that exact enumeration takes on: choose a smaller "
            "representation or train with --loss cd"
        )
    shared = generate(teacher_symmetries, states) & generate(student_symmetries, states)
    configurations, multiplicities = reduce_configurations(states, shared)
    return Block(
        np.ascontiguousarray(teacher, dtype=float),
        np.ascontiguousarray(student, dtype=float),
        inverse_turns(np.array(list(visible_rotation))),
        inverse_turns(np.array(list(hidden_rotation))),
        configurations,
        multiplicities,
    )


def as_couplings(values, dimension: int, what: str) -> np.ndarray:
    """Return couplings as a float array of shape ``(batch, dimension)``.

    Raises
    ------
    CouplingError
        If the last axis has another length or a value is not finite.
    """
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
