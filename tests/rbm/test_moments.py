import numpy as np
import pytest

from mlrg.flow.blocks import rg_block
from mlrg.rbm import exact, moments


@pytest.fixture(params=[("A1", "A1+E"), ("A1+E", "A1+E")])
def case(ising, request):
    visible, hidden = request.param
    block = rg_block(ising(visible), ising(hidden))
    rng = np.random.default_rng(7)
    return block, *(0.6 * rng.normal(size=len(f)) for f in (block.teacher, block.student))


def test_kl_and_gradient_equal_the_kernels(case):
    block, teacher, student = case
    kl, gradient = exact.kl_and_gradient(block, teacher, student)
    ours = moments.kl_derivatives(block, moments.teacher_distribution(block, teacher), student)
    assert ours.kl == pytest.approx(kl[0], abs=1e-13)
    assert ours.gradient == pytest.approx(gradient[0], abs=1e-13)


def test_second_derivatives_equal_finite_differences(case):
    block, teacher, student = case
    step = 1e-5

    def gradient(t, s):
        return exact.kl_and_gradient(block, t, s)[1][0]

    log_teacher = moments.teacher_distribution(block, teacher)
    ours = moments.kl_derivatives(block, log_teacher, student)
    mixed = moments.mixed_derivative(block, log_teacher, ours.conditional_means, teacher)
    for d, unit in enumerate(np.eye(len(student))):
        up, down = (
            gradient(teacher, student + step * unit),
            gradient(teacher, student - step * unit),
        )
        assert ours.hessian[:, d] == pytest.approx((up - down) / (2 * step), abs=1e-8)
    for d, unit in enumerate(np.eye(len(teacher))):
        up, down = (
            gradient(teacher + step * unit, student),
            gradient(teacher - step * unit, student),
        )
        assert mixed[:, d] == pytest.approx((up - down) / (2 * step), abs=1e-8)
