import numpy as np
import pytest

from mlrg.analysis.trajectory import follow
from mlrg.rbm.naive import naive_flow
from mlrg.rbm.star import Star
from mlrg.rbm.student import optimal_student

CRITICAL = 0.81391968
SHORT = {"walkers": 48, "updates": 40, "learning_rate": 0.05, "samples": 64, "burn_in": 10}


def test_walkers_scatter_around_the_exact_map(ising):
    star = Star(ising("A1"))
    path = naive_flow(star, [0.6], 1, np.random.default_rng(0), **SHORT)
    assert path.shape == (2, 48, 1)
    assert (path[0] == 0.6).all()
    exact = optimal_student(star.block, [0.6], start=[0.6]).couplings[0]
    spread = path[1].std(ddof=1)
    assert abs(path[1].mean() - exact) < 4 * spread / np.sqrt(48) + 0.01
    assert 0.01 < spread < 0.1


def test_noise_grows_by_the_unstable_eigenvalue(ising):
    # The variance after n steps is that of one step times 1 + e² + … + e^{2(n−1)}.
    star = Star(ising("A1"))
    eigenvalue = abs(optimal_student(star.block, [CRITICAL], start=[CRITICAL]).jacobian[0, 0])
    path = naive_flow(star, [CRITICAL], 3, np.random.default_rng(1), **{**SHORT, "walkers": 200})[
        :, :, 0
    ]
    expected = np.sqrt(1 + eigenvalue**2 + eigenvalue**4)
    assert path[3].std() / path[1].std() == pytest.approx(expected, rel=0.15)
    quiet = follow(star, np.array([CRITICAL]), 3, near=[[CRITICAL]])
    assert quiet.points[-1][0] == pytest.approx(CRITICAL, abs=1e-7)


def test_same_seed_same_walk_on_any_number_of_threads(ising):
    star = Star(ising("A1+E"))
    start = [0.5, 0.1, 0.1, 0, 0]
    few = {**SHORT, "walkers": 3, "updates": 3}
    first, second = (
        naive_flow(star, start, 2, np.random.default_rng(5), threads=n, **few) for n in (1, 2)
    )
    assert np.array_equal(first, second)
