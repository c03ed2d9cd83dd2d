import numpy as np
import pytest

from mlrg.errors import CouplingError
from mlrg.flow.blocks import rg_block
from mlrg.flow.phases import NO_PHASE, Plane, exact_phases, flow_phases, phase_diagram


def test_plane():
    plane = Plane.of(3, 0, 2)
    assert plane.at([1.0, 2.0], [3.0, 4.0]).tolist() == [[1, 0, 3], [2, 0, 4]]
    assert plane.labels == ("$J_{0}$", "$J_{2}$")
    with pytest.raises(CouplingError, match="span no plane"):
        Plane.of(3, 1, 3)


def test_boundary_of_a_known_map():
    # Phase 2 outside the unit circle, phase 1 inside, none beyond x = 1.5.
    def phase_of(points):
        radius = np.linalg.norm(points, axis=1)
        return np.where(points[:, 0] > 1.5, NO_PHASE, np.where(radius > 1, 2, 1))

    grid = np.linspace(-2, 2, 10)
    found = phase_diagram(phase_of, Plane.of(2, 0, 1), grid, grid, halvings=12)
    assert set(np.unique(found.phases)) == {0, 1, 2}
    assert len(found.boundary) > 8
    assert np.linalg.norm(found.boundary, axis=1) == pytest.approx(1, abs=1e-3)


def test_phases_of_the_exact_map(ising):
    block = rg_block(ising("A1"))
    labels = exact_phases(block)(np.array([[0.3], [1.2], [-1.2]]))
    # The antiferromagnet has two ordered states as well.
    assert labels.tolist() == [1, 2, 2]


def test_learned_phases_have_no_label_where_the_flow_does_not_settle(ising):
    block = rg_block(ising("A1"))

    def away(couplings):
        return np.where(couplings > 1, np.inf, np.where(couplings > 0.5, couplings, 0.0))

    labels = flow_phases(block, away, 5)(np.array([[0.3], [0.7], [1.1], [5.0]]))
    # Falls to zero; stands still outside a phase (twice the same Z, far from a whole number);
    # runs away before it settles; runs away as well, although its own Z is nearly 2.
    assert labels.tolist() == [1, 0, 0, 0]
