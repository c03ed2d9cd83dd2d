import numpy as np
import pytest
import torch

from mlrg.flow.config import TrainingConfig
from mlrg.flow.diagnostics import antisymmetric_share, diagnose, exact_answers
from mlrg.flow.flows import GradientFlow
from mlrg.flow.learned import Learned
from mlrg.flow.monotone import Monotone

CRITICAL = 0.81391968


def still(teacher, **settings):
    """A monotone without slope: its flow leaves every coupling where it is."""
    dimension = teacher.dimension
    flow = GradientFlow(Monotone([0.0] * dimension, [1.0] * dimension, (4,)))
    return Learned(flow, teacher, TrainingConfig(**settings))


def test_regret_of_a_flow_that_does_nothing(star):
    learned = still(star("A1+E"), gauge="none")
    teachers = np.array([[0.5, 0.1, 0.0, 0.1, 0.0], [0.8, 0.3, 0.2, 0.0, 0.1]])
    found = diagnose(learned, teachers)
    answers = exact_answers(learned, teachers)
    assert (found.regret_bits > 0).all()
    expected = [answer.cost / np.log(2) for answer in answers]
    assert found.best_kl_bits == pytest.approx(expected, abs=1e-12)
    copies = np.array(star("A1+E").gauge.elements)
    distances = [
        np.linalg.norm(copies @ a.couplings - t, axis=1).min()
        for a, t in zip(answers, teachers, strict=True)
    ]
    assert found.residual == pytest.approx(distances, abs=1e-9)


def test_a_fixed_point_that_stays_has_no_regret(star):
    found = diagnose(still(star("A1"), solver="euler", solver_steps=1), [[CRITICAL]])
    assert found.regret_bits[0] == pytest.approx(0, abs=1e-12)
    assert found.residual[0] == pytest.approx(0, abs=1e-6)


def test_antisymmetric_share():
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert antisymmetric_share(np.eye(2) + turn) == pytest.approx(1.0)
    assert antisymmetric_share(np.array([[2.0, 0.5], [0.5, 0.1]])) == 0.0
    assert antisymmetric_share(np.eye(3)) == 0.0
    # One step of a gradient flow, J(1) for C = ½ Jᵀ H J, has none.
    hessian = torch.tensor([[0.3, 0.2], [0.2, -0.5]], dtype=torch.float64)
    assert antisymmetric_share(torch.linalg.matrix_exp(-hessian).numpy()) < 1e-15
