import numpy as np
import pytest
from scipy.linalg import block_diag

from mlrg.model import SpinModel
from mlrg.symmetry import C4v, cyclic, symmetric
from mlrg.symmetry.point_group import TABLE_I
from mlrg.symmetry.twists import point_representations

ODD, STANDARD = cyclic(2).irrep("odd"), symmetric(3).irrep("standard")


def names(*arguments):
    return [point.name for point in point_representations(*arguments)]


def test_representations_up_to_a_size():
    assert names(ODD, 4, "paper") == ["A1", "2A1", "A1+A2", "A1+B1", "A1+B2", "E"]
    assert {"B1", "2B1", "B1+B2"} < set(names(ODD, 4, "rotating"))
    # Components that change sign have six states, a plane has thirty-six.
    assert names(STANDARD, 32) == [
        "A1", "A2", "B1", "B2", "2A1", "A1+A2", "A1+B1", "A1+B2", "3A1"
    ]  # fmt: skip
    assert names(ODD, 1) == []


# What a twist does to the plane E, whose product with a character is E in another basis P:
# P C4 P⁻¹ = χ(C4) C4 and P σ P⁻¹ = χ(σ) σ.
C4, SIGMA = np.array([[0, -1], [1, 0]]), np.diag([1, -1])
PLANE = {"A2": C4, "B1": SIGMA, "B2": C4 @ SIGMA}


@pytest.mark.parametrize("frame", ["paper", "rotating"])
@pytest.mark.parametrize("family", ["bilinear", "pair"])
def test_a_twist_changes_nothing(frame, family):
    """Twisted spins have the same energies in every direction, so that one stands for all."""

    def energies(point, order):
        """Features on bonds of all directions, with the spin states in this order."""
        model = SpinModel(ODD, point, frame, family)
        found, turn = [], np.array(order)
        for _ in range(4):
            found.append(model.couplings.features[:, turn][:, :, turn])
            turn = np.array(model.spins.rotation)[turn]
        return np.stack(found, axis=1).reshape(model.couplings.dimension, 4 * len(model.spins) ** 2)

    listed = point_representations(ODD, 8, frame)
    for point in listed:
        values = SpinModel(ODD, point).spins.values
        for twist in ["A2", "B1", "B2"] if frame == "paper" else ["A2"]:
            twisted = C4v("+".join(_product(twist, name) for name in point.irreps))
            basis = block_diag(*(PLANE[twist] if name == "E" else 1 for name in point.irreps))
            moved = values @ basis.T
            same = SpinModel(ODD, twisted).spins.values
            order = [int(np.flatnonzero((same == row).all(axis=1))[0]) for row in moved]
            ours, theirs = energies(point, range(len(values))), energies(twisted, order)
            assert len(ours) == len(theirs)
            if len(ours):
                assert np.linalg.matrix_rank(np.vstack([ours, theirs])) == len(ours)
            sorted_name = "+".join(sorted(twisted.irreps, key=list(TABLE_I).index))
            assert C4v(sorted_name) not in listed or sorted_name == "+".join(point.irreps)


def _product(character, name):
    if name == "E":
        return "E"
    signs = {key: (rotation[0][0], mirror[0][0]) for key, (rotation, mirror) in TABLE_I.items()}
    product = tuple(a * b for a, b in zip(signs[character], signs[name], strict=True))
    return next(key for key, value in signs.items() if value == product and key != "E")
