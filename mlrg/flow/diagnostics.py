"""How good a learned flow is: regret, residual, and what any gradient flow must miss.

* Regret: KL divergence of the moderator's student above that of the KL-optimal one. Nothing but the
  flow is to blame for it; the optimal KL is the price of the representation.
* Residual: distance of J(ℓ=1) from R(J), to the nearest gauge copy.
* Antisymmetric share: a displacement R(J) − J that is a gradient has a symmetric Jacobian
  B = ∂R/∂J − 1. At a fixed point of a gradient flow B = exp(−∇²C) − 1 is symmetric exactly, so what
  is antisymmetric there cannot be learned by any monotone.
"""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import torch

from mlrg.flow.fields import Flow
from mlrg.flow.ode import one_step
from mlrg.rbm.block import Block
from mlrg.rbm.exact import kl_divergence
from mlrg.rbm.student import Student, optimal_student

_LN2 = np.log(2.0)


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
        KL divergence of J(ℓ=1) and of the KL-optimal student, shape ``(point,)``.
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
        """KL above the optimum in bits, shape ``(point,)``."""
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


@singledispatch
def exact_answers(block: Block, teachers) -> list[Student]:
    """Return the KL-optimal student of every teacher, each from several starts."""
    return [optimal_student(block, row) for row in np.atleast_2d(teachers)]


@singledispatch
def divergence_bits(block: Block, teachers, students) -> np.ndarray:
    """Return the loss of students ``(point, coupling)`` in bits, shape ``(point,)``."""
    return kl_divergence(block, teachers, students) / _LN2


def diagnose(
    block: Block,
    flow: Flow,
    teachers,
    solver: str,
    solver_steps: int,
    gauge: list[np.ndarray] | None = None,
    answers: list[Student] | None = None,
) -> Diagnosis:
    """Compare one step of a learned flow with the exact RG map.

    Parameters
    ----------
    block : Block
    flow : Flow
    teachers : array
        Shape ``(point, coupling)``.
    solver, solver_steps : str, int
        How J(ℓ=1) is solved for; the settings of the training.
    gauge : list of numpy.ndarray, optional
        Gauge transformations as matrices on J; the identity alone by default.
    answers : list of Student, optional
        From `exact_answers`, to be shared by several flows.
    """
    teachers = np.atleast_2d(np.asarray(teachers, dtype=float))
    answers = answers if answers is not None else exact_answers(block, teachers)
    copies = gauge if gauge is not None else [np.eye(teachers.shape[1])]
    flowed = one_step(flow, torch.from_numpy(teachers), solver, solver_steps).detach().numpy()
    return Diagnosis(
        teachers=teachers,
        students=flowed,
        best_students=np.array(
            [
                min(
                    (copy @ answer.couplings for copy in copies),
                    key=lambda ours, end=end: np.linalg.norm(ours - end),
                )
                for answer, end in zip(answers, flowed, strict=True)
            ]
        ),
        kl_bits=divergence_bits(block, teachers, flowed),
        best_kl_bits=np.array([answer.kl_bits for answer in answers]),
        antisymmetric=np.array([antisymmetric_share(answer.jacobian) for answer in answers]),
    )
