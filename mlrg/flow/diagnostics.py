"""How good a learned flow is: regret, residual, and what any gradient flow must miss.

* Regret: what the moderator's student misses above the best one. Nothing but the flow is to blame
  for it; the optimal KL is the price of the representation.
* Residual: distance of J(ℓ=1) from R(J), to the nearest gauge copy.
* Antisymmetric share: a displacement R(J) − J that is a gradient has a symmetric Jacobian
  B = ∂R/∂J − 1. At a fixed point of a gradient flow B = exp(−∇²C) − 1 is symmetric exactly, so what
  is antisymmetric there cannot be learned by any monotone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlrg.flow.domain import nearest_copies
from mlrg.flow.learned import Learned
from mlrg.rgmap import Answer

_LN2 = np.log(2.0)
# Points on the axis, and as many in the box, at which a flow is held against its teacher.
_POINTS = 9


@dataclass(frozen=True)
class Diagnosis:
    """A learned flow beside the exact RG map, at several teachers.

    Attributes
    ----------
    teachers : numpy.ndarray
        Shape ``(point, coupling)``.
    students, best_students : numpy.ndarray
        J(ℓ=1), and the gauge copy of R(J) nearest to it, shape ``(point, coupling)``.
    kl_bits, best_kl_bits : numpy.ndarray
        Loss of J(ℓ=1) and of the best student in bits, shape ``(point,)``.
    antisymmetric : numpy.ndarray
        Antisymmetric share of the exact displacement's Jacobian, from 0 to 1, shape ``(point,)``.
    """

    teachers: np.ndarray
    students: np.ndarray
    best_students: np.ndarray
    kl_bits: np.ndarray
    best_kl_bits: np.ndarray
    antisymmetric: np.ndarray

    @property
    def regret_bits(self) -> np.ndarray:
        """Loss above the optimum in bits, shape ``(point,)``."""
        return self.kl_bits - self.best_kl_bits

    @property
    def residual(self) -> np.ndarray:
        """‖R(J) − J(ℓ=1)‖ to the nearest gauge copy, shape ``(point,)``."""
        return np.linalg.norm(self.best_students - self.students, axis=1)


def antisymmetric_share(jacobian: np.ndarray) -> float:
    """Return ‖B − Bᵀ‖ / (2‖B‖) for B = ∂R/∂J − 1; 0 where the displacement is a gradient."""
    displacement = jacobian - np.eye(len(jacobian))
    size = np.linalg.norm(displacement)
    return float(np.linalg.norm(displacement - displacement.T) / (2 * size)) if size else 0.0


def held_points(learned: Learned) -> np.ndarray:
    """Return points of the axis and random ones of the trained box, in one gauge copy.

    They are the same for every flow of a run and every call.
    """
    low, high = learned.teacher.box(learned.config)
    ends = learned.config.low, learned.config.high
    axis = learned.axis(np.linspace(*ends, _POINTS)[1:])
    box = low + (high - low) * np.random.default_rng(0).random((_POINTS, len(low)))
    return learned.inside(np.concatenate([axis, box]))


def exact_answers(learned: Learned, teachers) -> list[Answer]:
    """Return the best student of every teacher ``(point, coupling)``."""
    return [learned.teacher.exact(row) for row in np.atleast_2d(teachers)]


def diagnose(learned: Learned, teachers, answers: Sequence[Answer] | None = None) -> Diagnosis:
    """Compare one step of a learned flow with the map that it learned from.

    Parameters
    ----------
    learned : Learned
    teachers : array
        Shape ``(point, coupling)``.
    answers : sequence of Answer, optional
        From `exact_answers`, to be shared by several flows.

    Raises
    ------
    BudgetError
        If the exact map is too large.
    NoAnswerError
        If the flow runs to infinity.
    """
    teachers = np.atleast_2d(np.asarray(teachers, dtype=float))
    answers = exact_answers(learned, teachers) if answers is None else answers
    students = learned.flowed(teachers, 1.0, folded=False)
    best = np.array([answer.couplings for answer in answers])
    return Diagnosis(
        teachers=teachers,
        students=students,
        best_students=nearest_copies(learned.gauge, best, students),
        kl_bits=learned.teacher.loss(teachers, students)[0] / _LN2,
        best_kl_bits=np.array([answer.cost for answer in answers]) / _LN2,
        antisymmetric=np.array([antisymmetric_share(answer.jacobian) for answer in answers]),
    )


def along_flow(learned: Learned, coupling: float, steps: int = 4) -> Diagnosis:
    """Return a flow beside the exact map at J(ℓ = 0, 1, …, steps) from J0 = `coupling`."""
    path = [learned.start(coupling * learned.model.couplings.axis)]
    for _ in range(steps):
        path.append(learned.flowed(path[-1], 1.0)[0])
    return diagnose(learned, np.array(path))
