import numpy as np
import pytest
import torch

from mlrg.flow.blocks import rg_block
from mlrg.flow.diagnostics import antisymmetric_share, diagnose, exact_answers
from mlrg.flow.fields import GradientFlow
from mlrg.flow.monotone import Monotone
from mlrg.rbm.student import optimal_student

CRITICAL = 0.81391968


@pytest.fixture
def still(ising):
    """A monotone without slope: its flow leaves every coupling where it is."""
    return GradientFlow(Monotone([0.0] * 5, [1.0] * 5, (4,)))


def test_regret_of_a_flow_that_does_nothing(ising, still):
    block = rg_block(ising("A1+E"))
    teachers = np.array([[0.5, 0.1, 0.0, 0.1, 0.0], [0.8, 0.3, 0.2, 0.0, 0.1]])
    found = diagnose(block, still, teachers, "rk4", 2)
    answers = exact_answers(block, teachers)
    assert (found.regret_bits > 0).all()
    assert found.best_kl_bits == pytest.approx([a.kl_bits for a in answers], abs=1e-12)
    assert found.residual == pytest.approx(
        [np.linalg.norm(a.couplings - t) for a, t in zip(answers, teachers, strict=True)], abs=1e-9
    )


def test_residual_is_to_the_nearest_gauge_copy(ising, still):
    model = ising("A1+E")
    block = rg_block(model)
    teacher = np.array([0.5, -0.1, 0.1, 0.1, 0.0])
    answer = optimal_student(block, teacher)
    gauge = model.gauge.elements
    near = diagnose(block, still, teacher, "rk4", 2, gauge, [answer]).residual[0]
    for copy in gauge:
        assert near <= np.linalg.norm(copy @ answer.couplings - teacher) + 1e-12
    assert near < diagnose(block, still, teacher, "rk4", 2, None, [answer]).residual[0] + 1e-12


def test_a_fixed_point_that_stays_has_no_regret(ising):
    block = rg_block(ising("A1"))
    flow = GradientFlow(Monotone([0.0], [1.0], (4,)))
    found = diagnose(block, flow, [[CRITICAL]], "euler", 1)
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
