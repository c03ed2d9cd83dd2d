import numpy as np
import pytest
import torch

import mlrg
from mlrg.errors import BudgetError, InputError
from mlrg.flow import domain as domain_module
from mlrg.flow import proposals
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain
from mlrg.flow.prior import BoxPrior


@pytest.fixture(params=["A1+E", "2A1+E"])
def model(ising, request):
    return ising(request.param)


def test_folded_couplings_are_the_canonical_copies(model):
    domain = FundamentalDomain.of(model.gauge)
    couplings = np.random.default_rng(0).normal(size=(30, model.couplings.dimension))
    folded, _ = domain.fold(torch.from_numpy(couplings), torch.zeros(couplings.shape).double())
    expected = [model.gauge.canonical(row) for row in couplings]
    assert np.array_equal(folded.numpy(), expected)
    again, _ = domain.fold(folded, torch.zeros_like(folded))
    assert torch.equal(again, folded)


def test_folding_keeps_the_kinetic_energy_and_is_undone_by_its_inverse(model):
    domain = FundamentalDomain.of(model.gauge)
    generator = torch.Generator().manual_seed(1)
    position, momentum = (
        torch.randn(40, model.couplings.dimension, generator=generator).double() for _ in range(2)
    )
    turned = domain.fold(position, momentum)[1]
    assert turned.square().sum(dim=1).numpy() == pytest.approx(momentum.square().sum(dim=1).numpy())
    turn = domain.folding(position)
    back = torch.einsum("nji,nj->ni", turn, turned)
    assert torch.equal(back, momentum)
    # Couplings that trade places have one mass, or folding would change the energy.
    widths = torch.linspace(1.0, 2.0, model.couplings.dimension, dtype=torch.float64)
    masses = domain.mass_widths(widths)
    for element in domain.elements:
        assert torch.equal(element.abs() @ masses, masses)


def test_axis_stays_where_it_is(model):
    axis = torch.zeros(3, model.couplings.dimension).double()
    axis[:, 0] = torch.tensor([0.0, 0.5, 1.2])
    folded, _ = FundamentalDomain.of(model.gauge).fold(axis, axis)
    assert torch.equal(folded, axis)


def test_samples_on_the_domain_are_folded_samples_of_all_copies(ising):
    # exp(−β U) on a box, U not symmetric: the chains see U on the domain alone, where its moments
    # are known by folding draws from rejection sampling of the domain.
    gauge = ising("A1+E").gauge
    domain = FundamentalDomain.of(gauge)
    low, high = torch.tensor([-1.0] * 5).double(), torch.tensor([1.0] * 5).double()
    centre = torch.tensor([0.6, -0.2, 0.3, 0.1, -0.4]).double()

    def potential(couplings):
        return (couplings - centre).square().sum(dim=1), 2 * (couplings - centre)

    beta = 2.0
    generator = torch.Generator().manual_seed(0)
    prior = BoxPrior(low, high)
    state = proposals.start_chains(prior, 4, 128, generator, domain)
    kept = []
    for update in range(300):
        state, _ = proposals.sample(potential, state, beta, prior, generator, domain)
        if update >= 100:
            kept.append(state.positions[-1])
    samples = torch.stack(kept)
    flat = samples.reshape(-1, 5)
    assert torch.equal(domain.fold(flat, flat)[0], flat)

    draws = low + (high - low) * torch.rand(400_000, 5, generator=generator).double()
    inside = (domain.fold(draws, draws)[0] == draws).all(dim=1)
    draws = draws[inside]
    weights = torch.exp(-beta * potential(draws)[0])
    expected = (weights[:, None] * draws).sum(dim=0) / weights.sum()
    # One mean a chain: chains are independent.
    means = samples.mean(dim=0)
    error = means.std(dim=0) / np.sqrt(means.shape[0])
    assert ((means.mean(dim=0) - expected).abs() < 4 * error + 0.005).all()


def test_groups_that_do_more_than_permute_keep_everything():
    # Relabellings of quaternion spins turn couplings into each other's combinations, or permute.
    model = mlrg.SpinModel("Q8:quaternion", "A1")
    domain = FundamentalDomain.of(model.gauge)
    assert len(domain.elements) in (1, model.gauge.order)
    clock = mlrg.SpinModel("Z5:1", "A1")
    assert not clock.gauge.is_signed_permutation()
    assert len(FundamentalDomain.of(clock.gauge).elements) == 1


def test_too_many_copies(ising, monkeypatch):
    monkeypatch.setattr(domain_module, "ELEMENT_LIMIT", 4)
    with pytest.raises(BudgetError, match="gauge copies, too many"):
        FundamentalDomain.of(ising("A1+E").gauge)


def test_box_must_hold_the_domain():
    with pytest.raises(InputError, match="raise high, or set gauge to none"):
        TrainingConfig(spread=3.0)
    assert TrainingConfig(spread=3.0, gauge="none").spread == 3.0
    with pytest.raises(InputError, match="choose one of domain, invariant, none"):
        TrainingConfig(gauge="axis")
