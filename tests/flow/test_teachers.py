from dataclasses import replace

import numpy as np
import torch

from mlrg.flow import teachers
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import domain_of
from mlrg.flow.flows import build_flow
from mlrg.flow.ode import one_step

CONFIG = TrainingConfig(
    replicas=2, chains=3, prior_points=5, walkers=6, walk_steps=3, high=1.2, spread=0.4
)


def setting(star, config=CONFIG):
    rgmap = star("A1+E")
    generator = torch.Generator().manual_seed(2)
    flow = build_flow(rgmap, config, generator)
    prior = teachers.build_prior(rgmap, config)
    domain = domain_of(rgmap, config)
    state = teachers.start(config, prior, generator, domain)
    return flow, prior, domain, state, generator


def test_a_batch_lists_sampler_prior_and_walkers(star):
    flow, prior, domain, state, generator = setting(star)
    after, batch, info = teachers.propose(flow, CONFIG, prior, state, 1.0, generator, domain)
    assert batch.shape == (CONFIG.batch, 5) == (17, 5)
    assert torch.equal(batch[:6], after.sampler.positions.reshape(6, 5))
    assert torch.equal(batch[-6:], state.walkers)
    assert info.acceptance.shape == (2,)
    assert torch.equal(domain.inside(batch), batch)
    assert prior.holds(batch).all()


def test_walkers_follow_the_flow_from_the_axis_and_start_anew(star):
    flow, prior, domain, state, generator = setting(star)
    assert torch.equal(state.ages, torch.tensor([0, 1, 2, 0, 1, 2]))
    assert (state.walkers[:, 1:] == 0).all()
    for _ in range(4):
        batch = teachers.propose(flow, CONFIG, prior, state, 1.0, generator, domain)[1]
        students = one_step(flow, batch, "rk4", 2).detach()
        after = teachers.walk(CONFIG, prior, state, students, generator, domain)
        for n in range(6):
            if after.ages[n] == 0:
                assert (after.walkers[n, 1:] == 0).all()
                assert CONFIG.low <= after.walkers[n, 0] <= CONFIG.high
            else:
                assert after.ages[n] == state.ages[n] + 1 < CONFIG.walk_steps
                assert torch.equal(after.walkers[n], domain.inside(students[-6:])[n])
        state = after


def test_walkers_beyond_the_prior_start_anew(star):
    _, prior, domain, state, generator = setting(star)
    students = torch.zeros(CONFIG.batch, 5).double()
    students[-6:, 0] = torch.tensor([0.5, 7.0, np.nan, np.inf, 0.6, 0.7])
    young = replace(state, ages=torch.zeros(6, dtype=torch.long))
    after = teachers.walk(CONFIG, prior, young, students, generator, domain)
    assert after.ages.tolist() == [1, 0, 0, 0, 1, 1]
    assert after.walkers.isfinite().all()


def test_gaussian_prior_is_centred_on_the_box(star):
    config = replace(CONFIG, prior="gaussian", low=0.2, high=1.0)
    prior = teachers.build_prior(star("A1+E"), config)
    drawn = prior.draw(4000, torch.Generator().manual_seed(0)).numpy()
    assert np.abs(drawn.mean(axis=0) - [0.6, 0, 0, 0, 0]).max() < 0.03
    assert np.abs(drawn.std(axis=0) - [0.4] * 5).max() < 0.02
