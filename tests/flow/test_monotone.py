import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from mlrg.errors import NoAnswerError
from mlrg.flow.blocks import rg_block
from mlrg.flow.config import TrainingConfig
from mlrg.flow.fields import GradientFlow
from mlrg.flow.losses import back_propagate, cd_loss, exact_loss
from mlrg.flow.monotone import Monotone
from mlrg.flow.ode import flow_lines, one_step
from mlrg.rbm import reference


@pytest.fixture
def monotone():
    generator = torch.Generator().manual_seed(1)
    return Monotone([0.5, 0.0], [0.5, 1.0], (16, 16), generator)


def test_gradient_and_hessian_equal_finite_differences(monotone):
    point = torch.tensor([[0.3, -0.2]]).double()
    step = 1e-5
    hessian = monotone.hessian(point[0]).numpy()
    vector = torch.tensor([[0.7, -1.1]]).double()
    product = monotone.gradient_and_product(point, vector)[1][0].numpy()
    assert product == pytest.approx(hessian @ vector[0].numpy(), abs=1e-14)
    for d, unit in enumerate(torch.eye(2).double()):
        up, down = point + step * unit, point - step * unit
        with torch.no_grad():
            slope = (monotone(up) - monotone(down)).item() / (2 * step)
        assert monotone.gradient(point)[0, d].item() == pytest.approx(slope, abs=1e-9)
        rise = monotone.gradient(up) - monotone.gradient(down)
        curvature = rise[0].detach().numpy() / (2 * step)
        assert hessian[d] == pytest.approx(curvature, abs=1e-8)


@pytest.mark.parametrize("hidden", [(5,), (5, 4), (3, 4, 5)], ids=str)
def test_gradient_has_the_derivatives_of_automatic_differentiation(hidden):
    generator = torch.Generator().manual_seed(4)
    monotone = Monotone([0.5, 0.1], [0.5, 2.0], hidden, generator)
    points, outer = (torch.randn(6, 2, generator=generator).double() for _ in range(2))

    def derivatives(gradient):
        couplings = points.clone().requires_grad_()
        slope = gradient(couplings)
        inputs = [couplings, *monotone.parameters()]
        parts = torch.autograd.grad((slope * outer).sum(), inputs, allow_unused=True)
        return [slope, *parts[:-1]], parts[-1]

    def automatic(couplings):
        return torch.autograd.grad(monotone(couplings).sum(), couplings, create_graph=True)[0]

    ours, offset = derivatives(monotone.gradient)
    theirs, _ = derivatives(automatic)
    assert offset is None
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape
        assert a.detach().numpy() == pytest.approx(b.detach().numpy(), abs=1e-13)


def test_flow_lines_agree_with_scipy(monotone):
    starts = np.array([[0.1, 0.4], [0.9, -0.7]])
    ours = flow_lines(GradientFlow(monotone), starts, [0, 1, 3])
    assert ours.shape == (3, 2, 2)
    assert np.array_equal(ours[0], starts)
    for k, start in enumerate(starts):
        theirs = solve_ivp(
            lambda _, j: -monotone.gradient(torch.tensor(j)[None]).detach().numpy()[0],
            (0, 3),
            start,
            rtol=1e-11,
            atol=1e-12,
        )
        assert ours[2, k] == pytest.approx(theirs.y[:, -1], abs=1e-8)


def test_c_never_rises_along_the_flow(monotone):
    lines = flow_lines(GradientFlow(monotone), [[0.2, 0.5], [0.8, -0.4]], np.linspace(0, 2, 9))
    with torch.no_grad():
        values = monotone(torch.from_numpy(lines.reshape(-1, 2))).numpy().reshape(9, 2)
    assert (np.diff(values, axis=0) <= 1e-12).all()


def test_training_step_converges_to_the_flow_line(monotone):
    start = torch.tensor([[0.3, 0.6]]).double()
    fine = flow_lines(GradientFlow(monotone), start.numpy(), [1])[0]
    errors = [
        np.abs(one_step(GradientFlow(monotone), start, "rk4", n).detach().numpy() - fine).max()
        for n in (2, 4)
    ]
    assert errors[1] < errors[0] / 8
    euler = one_step(GradientFlow(monotone), start, "euler", 1).detach()
    assert euler.numpy() == pytest.approx(
        (start - monotone.gradient(start)).detach().numpy(), abs=1e-14
    )


def test_gradient_reaches_the_weights_through_the_student_only(ising, monotone):
    block = rg_block(ising("A1"))
    one = Monotone([1.0], [1.0], (8,), torch.Generator().manual_seed(2))
    teacher = torch.tensor([[0.5], [0.9]]).double().requires_grad_()
    student = one_step(GradientFlow(one), teacher, "rk4", 2)
    back_propagate(exact_loss(block, teacher.detach().numpy(), student.detach().numpy()), student)
    assert teacher.grad is None
    weight = one.weights[0]
    step = 1e-6
    ours = weight.grad[0, 0].item()

    def value():
        student = one_step(GradientFlow(one), teacher, "rk4", 2).detach()
        return reference.kl_divergence(block, teacher.detach(), student).mean().item()

    with torch.no_grad():
        weight[0, 0] += step
    up = value()
    with torch.no_grad():
        weight[0, 0] -= 2 * step
    assert ours == pytest.approx((up - value()) / (2 * step), rel=1e-4, abs=1e-9)


def test_cd_gradient_points_along_the_exact_one(ising):
    block = rg_block(ising("A1"))
    teacher, student = np.linspace(0.2, 1.2, 6)[:, None], np.full((6, 1), 0.6)
    config = TrainingConfig(loss="cd", cd_samples=20000)
    sampled = cd_loss(block, teacher, student, config, np.random.default_rng(0))
    exact = exact_loss(block, teacher, student)
    assert sampled.value is None
    assert sampled.gradient == pytest.approx(exact.gradient, abs=0.05)


def test_stiff_equation_meets_a_sentence():
    class Explosive:
        """C = −250 J⁴, whose flow reaches infinity before ℓ = 1."""

        @staticmethod
        def velocity(couplings):
            return 1000 * couplings**3

    with pytest.raises(NoAnswerError, match="too stiff up to ℓ = 1"):
        flow_lines(Explosive, [[0.3]], [1])
