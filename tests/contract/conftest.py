"""Every kind of map, declared once, with what the battery has to find."""

from dataclasses import dataclass

import numpy as np
import pytest

import mlrg
from mlrg.registry import STUDENTS, Family, student
from mlrg.rgmap import RGMap, Sector, Step
from mlrg.tensor.tensor import matched, single


@dataclass(frozen=True)
class Case:
    """A map, its critical coupling on the axis, and a coupling deep in the phase above."""

    rgmap: RGMap
    critical: tuple[float, float]
    range: tuple[float, float]
    ordered: tuple[float, int] = (2.0, 2)
    has_fixed_point: bool = True
    tolerance: float = 1e-11


class Toy(mlrg.Star):
    """Migdal and Kadanoff's recursion K' = ½ ln cosh 4K as a family of students of its own."""

    name = "toy"

    def step(self, point, near=()):
        """Return the closed form."""
        found = np.logaddexp(4 * point, -4 * point) / 2 - np.log(2) / 2
        return Step(found, lambda: self.shed(point, found), lambda: 0.0)

    def linearised(self, point):
        """Return its slope."""
        return {"0": Sector(np.diag(2 * np.tanh(4 * point)))}

    def improve(self, point, largest_step=0.5):
        """Make Newton's step."""
        residual = self.step(point).point - point
        slope = 2 * np.tanh(4 * point) - 1
        return mlrg.rgmap.Improvement(float(abs(residual).max()), lambda: point - residual / slope)


def ising(point="A1", frame="rotating", family="bilinear"):
    return mlrg.SpinModel("Z2:odd", point, frame, family)


CASES = {
    "star A1": lambda: Case(mlrg.Star(ising()), (0.813919679, 1e-9), (0.0, 2.0)),
    "star A1+E": lambda: Case(
        *(mlrg.Star(ising("A1+E")), (0.9665, 5e-3), (0.0, 2.0), (1.6, 2), False, 1e-6)
    ),
    "star A1+E, paper's frame": lambda: Case(
        *(mlrg.Star(ising("A1+E", "paper")), (0.4014737, 1e-8), (0.3, 0.5), (0.6, 2), True, 1e-9)
    ),
    "star, pair family": lambda: Case(
        mlrg.Star(ising(family="pair")), (0.813919679, 1e-9), (0.0, 2.0)
    ),
    "tensor, k = -1/2": lambda: Case(single(ising(), 4), (0.768801075, 1e-9), (0.5, 1.0)),
    "tensor, k = 0": lambda: Case(single(ising(), 4, 0.0), (0.774703624, 1e-9), (0.5, 1.0)),
    "anisotropic tensor": lambda: Case(
        *(single(ising(), 4, anisotropy=1.0), (0.768801075, 1e-9), (0.5, 1.0), (2.0, 2), False)
    ),
    "couplings of tensors": lambda: Case(
        single(ising(), 4, 0.0).couplings, (0.774703624, 1e-9), (0.5, 1.0)
    ),
    "ring": lambda: Case(matched(ising(), 2), (0.766248765, 1e-8), (0.7, 0.8)),
    "toy": lambda: Case(student("toy", ising()), (0.304689, 1e-6), (0.0, 1.0)),
    **{
        f"learned, {flow}": lambda flow=flow: Case(
            *(learned(flow), (0.8139, 0.02), (0.5, 1.2), (1.3, 2), True, 1e-9)
        )
        for flow in ("gradient", "shared", "metric", "fisher", "vector")
    },
}


def learned(flow):
    config = mlrg.TrainingConfig(flow=flow, steps=200, solver="euler", solver_steps=1)
    return mlrg.train(mlrg.Star(ising()), config=config, progress=False).maps[0]


@pytest.fixture(scope="session", autouse=True)
def toy_family():
    """One registry line for the family above."""
    STUDENTS["toy"] = Family(Toy)
    yield
    del STUDENTS["toy"]


_BUILT = {}


@pytest.fixture(params=CASES)
def case(request, toy_family):
    if request.param not in _BUILT:
        _BUILT[request.param] = CASES[request.param]()
    return _BUILT[request.param]
