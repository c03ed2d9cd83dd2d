import matplotlib
import pytest
from hypothesis import settings

from mlrg.model import SpinModel
from mlrg.symmetry import C4v, cyclic

matplotlib.use("Agg")
# Kernels compile on first use, which no deadline should measure; examples are the same every time.
settings.register_profile("mlrg", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("mlrg")


@pytest.fixture(scope="session")
def ising():
    """Build the Ising model with a point representation and a frame."""

    def build(point, frame="rotating", family="bilinear"):
        return SpinModel(cyclic(2).irrep("odd"), C4v(point), frame, family)

    return build
