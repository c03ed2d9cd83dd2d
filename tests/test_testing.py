from dataclasses import replace

import numpy as np
import pytest

from mlrg.testing import assert_equivariant


@pytest.mark.parametrize("frame", ["paper", "rotating"])
def test_assertion_notices_a_broken_feature(ising, frame):
    model = ising("A1+E", frame=frame)
    couplings = np.array([0.3, -0.2, 0.4, 0.1, 0.5])
    assert_equivariant(model, couplings)
    broken = replace(model)
    rng = np.random.default_rng(0)
    broken.couplings.__dict__["features"] = model.couplings.features + 1e-3 * rng.normal(
        size=model.couplings.features.shape
    )
    with pytest.raises(AssertionError):
        assert_equivariant(broken, couplings)


def test_assertion_notices_the_wrong_frame(ising):
    # Features of the paper's frame are not symmetric in the rotating one.
    paper, rotating = ising("A1+E", "paper"), replace(ising("A1+E", "rotating"))
    rotating.couplings.__dict__["features"] = paper.couplings.features
    with pytest.raises(AssertionError):
        assert_equivariant(rotating, np.array([0.3, -0.2, 0.4, 0.1, 0.5]))
