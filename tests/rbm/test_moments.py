import numpy as np
import pytest

from mlrg.errors import CouplingError
from mlrg.rbm import exact, moments
from mlrg.rbm.block import block_of


@pytest.fixture(params=[("A1", "A1+E"), ("A1+E", "A1+E")])
def case(ising, request):
    visible, hidden = request.param
    block = block_of(ising(visible), ising(hidden))
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


def derivatives(block, teachers, students):
    """KL, gradient and Hessian of a batch, one by one."""
    found = [
        moments.kl_derivatives(block, moments.teacher_distribution(block, teacher), student)
        for teacher, student in zip(teachers, students, strict=True)
    ]
    return [np.array(values) for values in list(zip(*found, strict=True))[:3]]


def test_derivatives_are_those_of_the_kernels(case):
    block, teacher, student = case
    rng = np.random.default_rng(1)
    teachers = teacher + 0.2 * rng.normal(size=(5, len(teacher)))
    students = student + 0.2 * rng.normal(size=(5, len(student)))
    kl, gradient = exact.kl_and_gradient(block, teachers, students)
    ours = derivatives(block, teachers, students)
    assert ours[0] == pytest.approx(kl, abs=1e-13)
    assert ours[1] == pytest.approx(gradient, abs=1e-13)


def test_strong_couplings_have_finite_derivatives(ising):
    block = block_of(ising("A1+E"))
    rng = np.random.default_rng(2)
    for size in (30.0, 300.0, 1000.0):
        teachers, students = size * rng.normal(size=(2, 6, 5))
        kl, gradient, hessian = derivatives(block, teachers, students)
        expected = exact.kl_and_gradient(block, teachers, students)
        assert kl == pytest.approx(expected[0], rel=1e-12, abs=1e-9)
        assert gradient == pytest.approx(expected[1], rel=1e-9, abs=1e-9)
        assert np.isfinite(hessian).all()


def test_teachers_and_students_come_in_pairs(case):
    block, teacher, student = case
    with pytest.raises(CouplingError, match="2 sets of teacher couplings were given with 1"):
        exact.kl_and_gradient(block, [teacher, teacher], [student])
