import matplotlib
import pytest
from hypothesis import settings

from mlrg.model import SpinModel
from mlrg.rbm.star import Star

matplotlib.use("Agg")
# Kernels compile on first use, which no deadline should measure; examples are the same every time.
settings.register_profile("mlrg", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("mlrg")


@pytest.fixture(scope="session")
def ising():
    """Build the Ising model with a point representation and a frame."""

    def build(point, frame="rotating", family="bilinear"):
        return SpinModel("Z2:odd", point, frame, family)

    return build


@pytest.fixture(scope="session")
def star(ising):
    """Build the star student of the Ising model; as `ising`."""
    built = {}

    def build(*declared):
        if declared not in built:
            built[declared] = Star(ising(*declared))
        return built[declared]

    return build
