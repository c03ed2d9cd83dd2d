import numpy as np
import pytest

import mlrg
from mlrg.analysis.phases import NO_PHASE, phase_diagram, phase_labels
from mlrg.errors import CouplingError, NoAnswerError
from mlrg.rbm.star import Star
from mlrg.rgmap import Step


class Couplings:
    """What a plane asks of a map: how many couplings there are."""

    def __init__(self, dimension):
        self.dimension = dimension


def test_plane():
    plane = mlrg.Plane(Couplings(3), 0, 2)
    assert plane.at([1.0, 2.0], [3.0, 4.0]).tolist() == [[1, 0, 3], [2, 0, 4]]
    assert plane.labels == ("$J_{0}$", "$J_{2}$")
    for first, second in ((1, 3), (1, 1), ((1.0, 0.0, 0.0), (2.0, 0.0, 0.0))):
        with pytest.raises(CouplingError, match="span no plane"):
            mlrg.Plane(Couplings(3), first, second)
    tilted = mlrg.Plane(Couplings(2), (1.0, 1.0), 1, origin=(0.5, 0.0))
    assert tilted.at(1.0, 2.0).tolist() == [1.5, 3.0] and tilted.labels == ("x", "$J_{1}$")


def test_boundary_of_a_known_map():
    # Phase 2 outside the unit circle, phase 1 inside, none beyond x = 1.5.
    def phase_of(points):
        radius = np.linalg.norm(points, axis=1)
        return np.where(points[:, 0] > 1.5, NO_PHASE, np.where(radius > 1, 2, 1))

    grid = np.linspace(-2, 2, 10)
    found = phase_diagram(phase_of, mlrg.Plane(Couplings(2), 0, 1), grid, grid, halvings=12)
    assert set(np.unique(found.phases)) == {0, 1, 2}
    assert len(found.boundary) > 8
    assert np.linalg.norm(found.boundary, axis=1) == pytest.approx(1, abs=1e-3)


def test_phases_of_the_exact_map(star):
    labels = phase_labels(star("A1"), np.array([[0.3], [1.2], [-1.2]]))
    # The antiferromagnet has two ordered states as well.
    assert labels.tolist() == [1, 2, 2]


def test_a_diagram_of_two_couplings_is_drawn():
    model = mlrg.Star(mlrg.SpinModel("D4:E+B1", "A1"))
    found = mlrg.phases(model, mlrg.Plane(model, 0, 1), [0.3, 2.5], [0.0, 0.5], halvings=2)
    assert found.phases.tolist() == [[1, 4], [1, 4]]
    assert found.plot().axes


def test_points_have_no_label_where_the_flow_does_not_settle(ising):
    class Away(Star):
        """A flow known in closed form."""

        settled = 1e-2

        def step(self, point, near=()):
            if point[0] > 1:
                raise NoAnswerError("it runs to infinity")
            return Step(point if point[0] > 0.5 else 0.0 * point, lambda: 0.0, lambda: 0.0)

    labels = phase_labels(Away(ising("A1")), np.array([[0.3], [0.7], [1.1], [5.0]]), limit=6)
    # Falls to zero; stands still outside a phase (the same Z, far from a whole number); runs away
    # before it settles; runs away as well, although its own Z is nearly 2.
    assert labels.tolist() == [1, 0, 0, 0]
