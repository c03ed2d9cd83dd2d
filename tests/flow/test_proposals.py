import numpy as np
import pytest
import torch
from scipy.integrate import quad

from mlrg.flow import proposals

LOW, HIGH = torch.tensor([-1.0, 0.0]).double(), torch.tensor([2.0, 1.0]).double()


def double_well(couplings):
    couplings = couplings.detach().requires_grad_()
    value = (couplings[:, 0] ** 2 - 1) ** 2 + 2 * couplings[:, 1] ** 2
    return value.detach(), torch.autograd.grad(value.sum(), couplings)[0]


def draw(beta, updates, replicas=4, chains=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    state = proposals.uniform_start(LOW, HIGH, replicas, chains, generator)
    kept, infos = [], []
    for update in range(updates):
        state, info = proposals.sample(double_well, state, beta, LOW, HIGH, generator)
        if update >= updates // 4:
            kept.append(state.positions[-1])
            infos.append(info)
    return torch.stack(kept).numpy(), infos


def exact_moment(beta, power):
    def weight(x):
        return np.exp(-beta * (x**2 - 1) ** 2)

    norm = quad(weight, -1, 2)[0]
    return quad(lambda x: x**power * weight(x), -1, 2)[0] / norm


def test_moments_of_a_double_well_between_walls():
    beta = 4.0
    samples, infos = draw(beta, 800)
    # One mean a chain; chains are independent but for exchanges, which mix replicas, not chains.
    for power in (1, 2):
        means = (samples[..., 0] ** power).mean(axis=0)
        error = means.std(ddof=1) / np.sqrt(len(means))
        assert abs(means.mean() - exact_moment(beta, power)) < 4 * error
        assert error < 0.05
    expected = (
        quad(lambda y: y * np.exp(-8 * y * y), 0, 1)[0]
        / quad(lambda y: np.exp(-8 * y * y), 0, 1)[0]
    )
    means = samples[..., 1].mean(axis=0)
    assert abs(means.mean() - expected) < 4 * means.std(ddof=1) / np.sqrt(len(means))
    assert 0.5 < float(infos[-1].acceptance[-1]) <= 1
    assert infos[-1].exchange > 0.2


def test_zero_beta_samples_the_prior():
    samples, _ = draw(0.0, 200, replicas=1)
    means = samples[..., 0].mean(axis=0)
    assert abs(means.mean() - 0.5) < 4 * means.std(ddof=1) / np.sqrt(len(means))
    assert samples[..., 0].min() > -1 and samples[..., 0].max() < 2


def test_reflection_is_a_billiard():
    position = torch.tensor([[2.3, 0.5], [-1.2, 1.25], [5.3, -2.1]]).double()
    momentum = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]).double()
    moved, kick = proposals.reflect(position, momentum, LOW, HIGH)
    assert moved.numpy() == pytest.approx(np.array([[1.7, 0.5], [-0.8, 0.75], [-0.7, 0.1]]))
    # 5.3 meets two walls of [−1, 2] and −2.1 three of [0, 1].
    assert kick.tolist() == [[-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]


def test_trajectory_is_reversible():
    generator = torch.Generator().manual_seed(3)
    position = LOW + (HIGH - LOW) * torch.rand(50, 2, generator=generator).double()
    momentum = torch.randn(50, 2, generator=generator).double()

    def leap(q, p, steps=20, size=0.07):
        width = HIGH - LOW
        force = double_well(q)[1]
        for _ in range(steps):
            p = p - 0.5 * size * 3.0 * force * width
            q, p = proposals.reflect(q + size * p * width, p, LOW, HIGH)
            force = double_well(q)[1]
            p = p - 0.5 * size * 3.0 * force * width
        return q, p

    there = leap(position, momentum)
    back, _ = leap(there[0], -there[1])
    assert back.numpy() == pytest.approx(position.numpy(), abs=1e-9)
