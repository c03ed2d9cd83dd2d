import pytest
import reference
import torch

import mlrg
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.flows import build_flow
from mlrg.flow.ode import advance

KINDS = ("gradient", "shared", "metric", "fisher", "vector")


def build(rgmap, kind, seed=0):
    config = TrainingConfig(flow=kind, hidden=(12, 12), low=0.0, high=1.5, spread=0.5)
    flow = build_flow(rgmap, config, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        # Training starts from small outputs; tests want a flow that moves.
        for network in (flow.monotone, getattr(flow, "factor", None), getattr(flow, "network", 0)):
            if network:
                network.weights[-1].mul_(8.0)
        if kind == "shared":
            flow.lower += torch.linspace(-0.4, 0.5, 25).double().reshape(5, 5)
    return flow


@pytest.fixture
def block(star):
    return star("A1+E")


@pytest.fixture
def points():
    unit = torch.rand(4, 5, generator=torch.Generator().manual_seed(1)).double()
    return unit - torch.tensor([0.0, 0.5, 0.5, 0.5, 0.5]).double()


@pytest.mark.parametrize("kind", KINDS)
def test_jacobian_and_potential_equal_finite_differences(block, points, kind):
    flow = build(block, kind)
    step = 1e-5
    value, force = flow.potential(points)
    speed = flow.velocity(points) if kind == "vector" else flow.monotone.gradient(points)
    assert value.numpy() == pytest.approx(speed.detach().square().sum(dim=1).numpy())
    jacobian = flow.jacobian(points[0])
    for d, unit in enumerate(torch.eye(5).double()):
        up, down = points + step * unit, points - step * unit
        rise = (flow.velocity(up) - flow.velocity(down))[0].detach() / (2 * step)
        assert jacobian[:, d].numpy() == pytest.approx(rise.numpy(), abs=1e-7)
        slope = (flow.potential(up)[0] - flow.potential(down)[0]) / (2 * step)
        assert force[:, d].numpy() == pytest.approx(slope.numpy(), abs=1e-7)


@pytest.mark.parametrize("kind", KINDS[:4])
def test_the_monotone_falls_along_the_flow(block, points, kind):
    flow = build(block, kind)
    with torch.no_grad():
        lines = [advance(flow, points, ell, "rk4", 20) for ell in (0.25, 0.5, 0.75, 1.0)]
        values = torch.stack([flow.monotone(line) for line in (points, *lines)])
    assert (values.diff(dim=0) < 0).all()
    if kind != "gradient":
        velocity, slope = flow.velocity(points).detach(), flow.monotone.gradient(points).detach()
        cosine = torch.nn.functional.cosine_similarity(velocity, -slope)
        assert (cosine > 0).all() and (cosine < 0.999).any()


@pytest.mark.parametrize("kind", KINDS)
def test_only_gradient_flows_have_symmetric_jacobians(block, points, kind):
    jacobian = build(block, kind).jacobian(points[0]).detach()
    twist = (jacobian - jacobian.T).norm() / jacobian.norm()
    assert twist < 1e-12 if kind == "gradient" else twist > 1e-2


@pytest.mark.parametrize(
    "model",
    [
        mlrg.SpinModel("Z2:odd", "A1+E"),
        mlrg.SpinModel("Z2:odd", "E", frame="paper"),
        mlrg.SpinModel("S3:standard", "A1"),
    ],
    ids=["A1+E", "E in the paper's frame", "3-state Potts"],
)
def test_fisher_metric_is_the_curvature_of_the_dense_partition_function(model):
    star = mlrg.Star(model)
    block, flow = star.block, build(star, "fisher")
    generator = torch.Generator().manual_seed(3)
    couplings = torch.randn(3, block.teacher.shape[0], generator=generator).double()

    def log_partition(row):
        return torch.logsumexp(reference.teacher_log_weights(block, row[None]).flatten(), dim=0)

    metric = flow.metric(couplings).detach()
    for row, ours in zip(couplings, metric, strict=True):
        theirs = torch.autograd.functional.hessian(log_partition, row)
        assert ours.numpy() == pytest.approx(theirs.numpy(), abs=1e-10)
    assert (torch.linalg.eigvalsh(metric) > 0).all()
    # Deep in a phase J0 no longer matters, and damping leaves a flow that is finite.
    deep = torch.zeros_like(couplings[:1])
    deep[:, 0] = 20.0
    assert flow.metric(deep)[0, 0].abs().max() < 1e-9
    assert torch.linalg.eigvalsh(flow.metric(deep)).min() > -1e-9
    assert flow.velocity(deep).isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS[1:])
def test_beyond_the_paper_flows_train_to_the_same_fixed_point(star, kind):
    config = TrainingConfig(flow=kind, steps=400, solver="euler", solver_steps=1)
    run = mlrg.train(star("A1"), config=config, progress=False)
    assert run.degeneracy_crossing.mean == pytest.approx(0.8139, abs=0.01)
    assert run.fixed_points[0, 0] == pytest.approx(0.8139, abs=0.01)
    assert run.exponents[0].mean == pytest.approx(0.88, abs=0.25)
    if kind == "vector":
        with pytest.raises(NoAnswerError, match="'vector' has no monotone C"):
            _ = run.critical_coupling
    else:
        assert run.critical_coupling.mean == pytest.approx(0.8139, abs=0.01)


@pytest.mark.parametrize("kind", ["gradient", "shared"])
def test_a_first_layer_narrower_than_the_couplings_is_refused(star, kind):
    config = TrainingConfig(flow=kind, hidden=(4, 16), steps=1)
    with pytest.raises(InputError, match="flat along 1 of 5 directions"):
        mlrg.train(star("A1+E"), config=config, progress=False)
