import numpy as np
import pytest
import reference
import torch
from scipy.integrate import solve_ivp

from mlrg.flow.flows import GradientFlow
from mlrg.flow.losses import Loss, back_propagate
from mlrg.flow.monotone import Monotone
from mlrg.flow.ode import advance, one_step
from mlrg.rbm.divergence import contrastive_divergence


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


def flow_line(monotone, start, scale):
    """J(ℓ) by scipy's adaptive solver."""
    return solve_ivp(
        lambda _, j: -monotone.gradient(torch.tensor(j)[None]).detach().numpy()[0],
        (0, scale),
        start,
        rtol=1e-11,
        atol=1e-12,
    ).y[:, -1]


def test_the_rg_equation_agrees_with_scipy(monotone):
    starts = torch.tensor([[0.1, 0.4], [0.9, -0.7]]).double()
    ours = advance(GradientFlow(monotone), starts, 3.0, "rk4", 60).detach().numpy()
    for start, end in zip(starts.numpy(), ours, strict=True):
        assert end == pytest.approx(flow_line(monotone, start, 3), abs=1e-8)


def test_c_never_rises_along_the_flow(monotone):
    flow, points = GradientFlow(monotone), torch.tensor([[0.2, 0.5], [0.8, -0.4]]).double()
    with torch.no_grad():
        scales = np.linspace(0.25, 2, 8)
        lines = [advance(flow, points, float(ell), "rk4", 20) for ell in scales]
        values = torch.stack([monotone(line) for line in (points, *lines)])
    assert (values.diff(dim=0) <= 1e-12).all()


def test_training_step_converges_to_the_flow_line(monotone):
    start = torch.tensor([[0.3, 0.6]]).double()
    fine = flow_line(monotone, start[0].numpy(), 1)
    errors = [
        np.abs(one_step(GradientFlow(monotone), start, "rk4", n).detach().numpy()[0] - fine).max()
        for n in (2, 4)
    ]
    assert errors[1] < errors[0] / 8
    euler = one_step(GradientFlow(monotone), start, "euler", 1).detach()
    assert euler.numpy() == pytest.approx(
        (start - monotone.gradient(start)).detach().numpy(), abs=1e-14
    )


def test_gradient_reaches_the_weights_through_the_student_only(star):
    rgmap = star("A1")
    one = Monotone([1.0], [1.0], (8,), torch.Generator().manual_seed(2))
    teacher = torch.tensor([[0.5], [0.9]]).double()
    student = one_step(GradientFlow(one), teacher, "rk4", 2)
    back_propagate(Loss(*rgmap.loss(teacher.numpy(), student.detach().numpy())), student)
    weight = one.weights[0]
    step = 1e-6
    ours = weight.grad[0, 0].item()

    def value():
        student = one_step(GradientFlow(one), teacher, "rk4", 2).detach()
        return reference.kl_divergence(rgmap.block, teacher, student).mean().item()

    with torch.no_grad():
        weight[0, 0] += step
    up = value()
    with torch.no_grad():
        weight[0, 0] -= 2 * step
    assert ours == pytest.approx((up - value()) / (2 * step), rel=1e-4, abs=1e-9)


def test_cd_gradient_points_along_the_exact_one(star):
    rgmap = star("A1")
    teacher, student = np.linspace(0.2, 1.2, 6)[:, None], np.full((6, 1), 0.6)
    rng = np.random.default_rng(0)
    sampled = contrastive_divergence(rgmap.block, teacher, student, rng, 20000)
    assert sampled == pytest.approx(rgmap.loss(teacher, student)[1], abs=0.05)
