"""From a declaration to couplings, for the icosahedral group and the binary tetrahedral one.

The rotations of the icosahedron are known by name (``A5:3``); here they are declared as a user
would, by two matrices with the golden ratio, and found in the character table. The spinor of 2T is
written as a textbook has it, in complex 2 × 2 matrices, and brought to its real form.
"""

import numpy as np
import sympy

import mlrg
from mlrg.symmetry import C4v, FiniteGroup, Representation, SpinSpace, character_table, real_form
from mlrg.testing import assert_certified, assert_equivariant


def icosahedral() -> None:
    """Heisenberg-like spins that point to the twelve corners of an icosahedron."""
    half, golden = sympy.Rational(1, 2), (1 + sympy.sqrt(5)) / 2
    third = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    fifth = [
        [half, -golden / 2, (golden - 1) / 2],
        [golden / 2, (golden - 1) / 2, -half],
        [(golden - 1) / 2, half, golden / 2],
    ]
    group = FiniteGroup.from_matrices([third, fifth], ["t", "f"], name="I")
    print(character_table(group))
    spin = Representation(group, [third, fifth])
    print("complex irreps in it, by their row:", spin.decomposition)

    corners = SpinSpace.orbit(spin, C4v("A1"), (0, golden, 1))
    bilinear = mlrg.SpinModel(spin, "A1", states=corners.states)
    pairs = mlrg.SpinModel(spin, "A1", family="pair", states=corners.states)
    print(f"{len(corners)} corners: {bilinear.couplings.dimension} bilinear coupling,")
    # By the angle between two corners: 0, 63°, 117° and 180°.
    print(f"{pairs.couplings.dimension} couplings of pairs")
    for model in (bilinear, pairs):
        assert_certified(model.couplings)
        print(assert_equivariant(model, np.ones(model.couplings.dimension)))
    print(f"known by name: {mlrg.SpinModel('A5:3', 'A1+E').couplings.dimension} couplings of A1+E")


def binary_tetrahedral() -> None:
    """A spinor: two complex dimensions, four real ones, four couplings."""
    i, half = sympy.I, sympy.Rational(1, 2)
    quarter = [[i, 0], [0, -i]]
    sixth = [[half * (1 + i), half * (1 + i)], [half * (-1 + i), half * (1 - i)]]
    group = FiniteGroup.from_matrices([quarter, sixth], ["i", "u"], name="2T")
    spinor = real_form(Representation(group, [quarter, sixth]))
    model = mlrg.SpinModel(spinor, "A1")
    print(f"2T: {group.order} elements, spinor of {spinor.dimension} real dimensions")
    print(model.couplings.text)
    assert_certified(model.couplings)
    allowed = model.couplings.project(np.diag([1.0, 1.0, 1.0, 3.0]))
    print("nearest to diag(1, 1, 1, 3):", allowed.couplings)
    print("what is not allowed of it:", np.diag(allowed.remainder))


if __name__ == "__main__":
    icosahedral()
    binary_tetrahedral()
