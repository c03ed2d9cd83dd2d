import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from mlrg.flow import proposals
from mlrg.flow.prior import BoxPrior, GaussianPrior

LOW, HIGH = torch.tensor([-1.0, 0.0]).double(), torch.tensor([2.0, 1.0]).double()
BOX = BoxPrior(LOW, HIGH)
GAUSSIAN = GaussianPrior(torch.tensor([0.4, 0.5]).double(), torch.tensor([0.8, 0.3]).double())
BETA = 4.0


def double_well(couplings):
    couplings = couplings.detach().requires_grad_()
    value = (couplings[:, 0] ** 2 - 1) ** 2 + 2 * couplings[:, 1] ** 2
    return value.detach(), torch.autograd.grad(value.sum(), couplings)[0]


def draw(prior, beta, updates, replicas=4, chains=64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    state = proposals.start_chains(prior, replicas, chains, generator)
    kept, infos = [], []
    for update in range(updates):
        state, info = proposals.sample(double_well, state, beta, prior, generator)
        if update >= updates // 4:
            kept.append(state.positions[-1])
            infos.append(info)
    return torch.stack(kept).numpy(), infos


def exact_moment(prior, beta, axis, power):
    if isinstance(prior, BoxPrior):
        limits, density = (float(prior.low[axis]), float(prior.high[axis])), lambda x: 1.0
    else:
        mean, deviation = float(prior.mean[axis]), float(prior.deviation[axis])
        limits, density = (-8.0, 8.0), lambda x: norm.pdf(x, mean, deviation)

    def weight(x):
        return np.exp(-beta * ((x**2 - 1) ** 2 if axis == 0 else 2 * x**2)) * density(x)

    return quad(lambda x: x**power * weight(x), *limits)[0] / quad(weight, *limits)[0]


@pytest.mark.slow
@pytest.mark.parametrize("prior", [BOX, GAUSSIAN], ids=["box", "gaussian"])
def test_moments_of_a_double_well(prior):
    samples, infos = draw(prior, BETA, 800)
    # One mean a chain; chains are independent but for exchanges, which mix replicas, not chains.
    for axis, power in ((0, 1), (0, 2), (1, 1), (1, 2)):
        means = (samples[..., axis] ** power).mean(axis=0)
        error = means.std(ddof=1) / np.sqrt(len(means))
        assert abs(means.mean() - exact_moment(prior, BETA, axis, power)) < 4 * error
        assert error < 0.05
    assert infos[-1].exchange > 0.2


@pytest.mark.parametrize("prior", [BOX, GAUSSIAN], ids=["box", "gaussian"])
def test_zero_beta_samples_the_prior(prior):
    samples, _ = draw(prior, 0.0, 200, replicas=1)
    for axis in (0, 1):
        for power in (1, 2):
            means = (samples[..., axis] ** power).mean(axis=0)
            error = means.std(ddof=1) / np.sqrt(len(means))
            assert abs(means.mean() - exact_moment(prior, 0.0, axis, power)) < 4 * error
    if prior is BOX:
        assert samples[..., 0].min() > -1 and samples[..., 0].max() < 2


@pytest.mark.slow
def test_dual_averaging_reaches_the_acceptance_asked_for():
    for target in (0.65, 0.9):
        generator = torch.Generator().manual_seed(1)
        state = proposals.start_chains(GAUSSIAN, 3, 64, generator)
        for _ in range(600):
            state, _ = proposals.sample(
                double_well, state, BETA, GAUSSIAN, generator, target_acceptance=target
            )
        rates = []
        for _ in range(100):
            state, info = proposals.sample(
                double_well, state, BETA, GAUSSIAN, generator, adapt=False
            )
            rates.append(info.acceptance)
        assert torch.stack(rates).mean(dim=0).numpy() == pytest.approx(target, abs=0.04)
        assert info.steps[2] < info.steps[1] < info.steps[0]


def exact_states(prior, ladder, count, generator):
    """Independent draws from every replica's density, by rejection from the prior."""
    rows = []
    for beta in ladder:
        drawn = prior.draw(40 * count, generator)
        keep = torch.rand(len(drawn), generator=generator).double() < torch.exp(
            -beta * double_well(drawn)[0]
        )
        assert keep.sum() >= count
        rows.append(drawn[keep][:count])
    state = proposals.start_chains(prior, len(ladder), count, generator)
    state.positions = torch.stack(rows)
    # A coarse step, so that a good part of the proposals is refused.
    state.log_means[:] = np.log(0.09 if prior is BOX else 0.16)
    return state


def imbalance(potential, prior, seed=5):
    """Largest z-score of N(a → b) − N(b → a) over pairs of cells, from exact draws."""
    generator = torch.Generator().manual_seed(seed)
    state = exact_states(prior, [BETA], 100_000, generator)
    moved, info = proposals.sample(potential, state, BETA, prior, generator, adapt=False)

    def cell(positions):
        x, y = positions[0].T.contiguous()
        return (torch.bucketize(x, torch.tensor([-0.8, 0.0, 0.8]).double()) * 2 + (y > 0.3)).numpy()

    counts = np.zeros((8, 8))
    np.add.at(counts, (cell(state.positions), cell(moved.positions)), 1)
    total = counts + counts.T
    upper = np.triu(total >= 50, k=1)
    assert upper.sum() >= 6
    return (np.abs(counts - counts.T)[upper] / np.sqrt(total[upper])).max(), float(info.acceptance)


@pytest.mark.parametrize("prior", [BOX, GAUSSIAN], ids=["box", "gaussian"])
def test_detailed_balance(prior):
    score, acceptance = imbalance(double_well, prior)
    assert 0.4 < acceptance < 0.8
    assert score < 4

    def hides_its_value(couplings):
        value, force = double_well(couplings)
        return torch.zeros_like(value), force

    # The same count finds a kernel that accepts by the wrong energy.
    assert imbalance(hides_its_value, prior)[0] > 8


def test_exchanges_and_updates_leave_every_replica_its_density():
    generator = torch.Generator().manual_seed(7)
    ladder = BETA * np.linspace(0, 1, 4) ** 2
    count = 20_000
    state = exact_states(BOX, ladder, count, generator)
    for _ in range(5):
        state, info = proposals.sample(double_well, state, BETA, BOX, generator, adapt=False)
    assert info.exchange > 0.3
    for beta, positions in zip(ladder, state.positions.numpy(), strict=True):
        for axis, power in ((0, 1), (0, 2), (1, 1)):
            values = positions[:, axis] ** power
            error = values.std() / np.sqrt(count)
            assert abs(values.mean() - exact_moment(BOX, beta, axis, power)) < 4 * error


def test_reflection_is_a_billiard():
    position = torch.tensor([[2.3, 0.5], [-1.2, 1.25], [5.3, -2.1]]).double()
    momentum = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]).double()
    moved, kick = BOX.keep_inside(position, momentum)
    assert moved.numpy() == pytest.approx(np.array([[1.7, 0.5], [-0.8, 0.75], [-0.7, 0.1]]))
    # 5.3 meets two walls of [−1, 2] and −2.1 three of [0, 1].
    assert kick.tolist() == [[-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]


def test_priors_hold_what_they_draw():
    generator = torch.Generator().manual_seed(0)
    assert BOX.holds(BOX.draw(1000, generator)).all()
    assert GAUSSIAN.holds(GAUSSIAN.draw(1000, generator)).double().mean() > 0.98
    far = torch.tensor([[9.0, 0.5], [float("nan"), 0.5]]).double()
    assert not BOX.holds(far).any() and not GAUSSIAN.holds(far).any()


def test_a_trajectory_that_overflows_is_refused():
    generator = torch.Generator().manual_seed(0)

    def cliff(couplings):
        return couplings[:, 0].square(), torch.full_like(couplings, 1e300) * couplings

    state = proposals.start_chains(GAUSSIAN, 1, 8, generator)
    after, info = proposals.sample(cliff, state, 1e9, GAUSSIAN, generator)
    assert torch.equal(after.positions, state.positions)
    assert info.acceptance.item() == 0
