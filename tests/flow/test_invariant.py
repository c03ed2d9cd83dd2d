"""C as a function of gauge invariants: equal on copies, continuous, with a slope off the axis."""

import pytest
import torch

import mlrg
from mlrg.errors import InputError
from mlrg.flow.flows import build_flow
from mlrg.flow.ode import advance


def build(rgmap, flow="gradient", seed=0):
    config = mlrg.TrainingConfig(flow=flow, gauge="invariant", hidden=(12, 12))
    found = build_flow(rgmap, config, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        found.monotone.inner.weights[-1].mul_(8.0)
        if flow == "shared":
            found.lower += torch.linspace(-0.4, 0.5, 25).double().reshape(5, 5)
    return found


def points(count, seed=1):
    return torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("flow", ["gradient", "shared", "fisher"])
def test_flows_of_gauge_copies_are_gauge_copies(star, flow):
    found, rows = build(star("A1+E"), flow), 0.5 * points(6)
    student = advance(found, rows, 1.0, "rk4", 4).detach()
    for element in found.monotone.elements:
        moved = rows @ element.T
        assert torch.allclose(found.monotone(moved), found.monotone(rows), atol=1e-12)
        assert torch.allclose(advance(found, moved, 1.0, "rk4", 4), student @ element.T, atol=1e-9)


def test_c_is_continuous_and_its_gradient_that_of_differences(star):
    found = build(star("A1+E")).monotone
    ends = points(2, 3)
    line = ends[0] + torch.linspace(0, 1, 4001).double()[:, None] * (ends[1] - ends[0])
    values = found(line).detach()
    steepest = found.gradient(line).norm(dim=1).max() * (ends[1] - ends[0]).norm() / 4000
    assert values.diff().abs().max() < 1.01 * steepest.item()
    rows, step = points(5), 1e-6
    slope, product = found.gradient_and_product(rows)
    assert torch.allclose(found.gradient(rows), slope, atol=1e-14)
    for d, unit in enumerate(step * torch.eye(5).double()):
        rise = (found(rows + unit) - found(rows - unit)) / (2 * step)
        assert torch.allclose(rise, slope[:, d], atol=1e-8)
    ahead, behind = (found.gradient(rows + sign * step * slope) for sign in (1, -1))
    assert torch.allclose((ahead - behind) / (2 * step), product, atol=1e-7)
    hessian = found.hessian(rows[0])
    assert torch.allclose(hessian, hessian.T, atol=1e-14)


def test_the_axis_does_not_hold_a_flow(star):
    found = build(star("A1+E"))
    # The gauge changes the sign of J1: a smooth invariant has no slope in it on the axis.
    axis = torch.tensor([[0.8, 0.0, 0.0, 0.0, 0.0]]).double()
    assert found.velocity(axis)[0, 1:].abs().max() > 1e-2


def test_what_is_not_invariant_is_refused(star):
    for flow in ("metric", "vector"):
        with pytest.raises(InputError, match="invariant"):
            build(star("A1+E"), flow)
