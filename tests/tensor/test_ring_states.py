"""States of rings and OPE coefficients, held against whole matrices and exact values."""

import numpy as np
import pytest

import mlrg
from mlrg.errors import InputError, NoAnswerError

ISING = mlrg.SpinModel("Z2:odd", "A1")
POTTS = mlrg.SpinModel("S3:standard", "A1")
CRITICAL = {
    model: mlrg.literature.UNIVERSALITY[name].critical_coupling
    for model, name in ((ISING, "Z2:odd"), (POTTS, "S3:standard"))
}


def point_of(student, steps):
    start = student.start([CRITICAL[student.model]])
    return mlrg.follow(student, start, steps).points[-1]


@pytest.mark.parametrize("model", [ISING, POTTS], ids=["Ising", "Potts"])
@pytest.mark.parametrize("split", [mlrg.BondWeighted(), mlrg.BondWeighted(0.0), mlrg.Ring()])
def test_multiplets_are_those_of_the_whole_matrix(model, split):
    student = mlrg.Tensor(model, 4, split)
    point = point_of(student, 3)
    matrix, n = student.ring(point, 2).matrix, point.leg.dimension
    states = student.ring_states(point, 2)
    found = states.multiplets(2)
    values = np.linalg.eigvals(matrix)
    for level in found:
        size = np.exp(level.log_size)
        assert matrix @ level.right == pytest.approx(size * level.right, abs=1e-10)
        assert level.left @ matrix == pytest.approx(size * level.left, abs=1e-8)
        assert level.left @ level.right == pytest.approx(np.eye(level.right.shape[1]), abs=1e-8)
        # Of momentum zero: the shift of M changes nothing, K has it in the sign of λ.
        if not isinstance(split, mlrg.Ring):
            turned = level.right.reshape(n, n, -1).transpose(1, 0, 2).reshape(level.right.shape)
            assert turned == pytest.approx(level.right, abs=1e-8)
        assert np.sum(np.abs(values - size) < 1e-8) >= level.right.shape[1]
    field = found[1].irrep
    # The products of matrix elements from spectral projectors of the whole matrix.
    sizes = [np.exp(level.log_size) for level in found]
    sizes_right, right = np.linalg.eig(matrix)
    left = np.linalg.inv(right)
    projectors = [
        np.einsum("rk,kc->rc", right[:, here], left[here])
        for here in (np.abs(sizes_right - size) < 1e-8 for size in sizes)
    ]
    operators = [np.kron(o, np.eye(n)) for o in states.operators(field)]
    products = [
        sum(np.trace(projectors[a] @ o @ projectors[b] @ o) for o in operators).real
        for a, b in ((0, 1), (1, 2))
    ]
    coefficients = mlrg.ope_coefficients(student, point, field, 2)
    expected = np.sqrt(abs(products[1] / products[0]))
    first, second = (
        (level.irrep, (found[0].log_size - level.log_size) / np.pi) for level in found[1:3]
    )
    (here,) = [
        c
        for c in coefficients
        if c.first == pytest.approx(first, abs=1e-9) and c.second == pytest.approx(second, abs=1e-9)
    ]
    assert abs(here.value) == pytest.approx(expected, abs=1e-7)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "steps", "columns", "accuracy"),
    [(mlrg.BondWeighted(), 5, (2, 3, 4), 2e-3), (mlrg.Ring(), 8, (2, 4), 1e-2)],
)
def test_spin_spin_energy_of_ising(split, steps, columns, accuracy):
    student = mlrg.Tensor(ISING, 8, split)
    found = mlrg.ope_coefficients(student, point_of(student, steps), "odd", columns)
    values = {(c.first[0], c.second[0], round(c.second[1])): c.value for c in found}
    assert values["0", "odd", 0] == pytest.approx(1.0)
    assert values["odd", "0", 1] == pytest.approx(0.5, abs=accuracy)


def test_what_has_no_coefficients():
    student = mlrg.Tensor(ISING, 4)
    point = point_of(student, 3)
    with pytest.raises(InputError, match="give an irrep other than the trivial one, odd"):
        mlrg.ope_coefficients(student, point, "0")
    with pytest.raises(InputError, match="different"):
        mlrg.ope_coefficients(student, point, "odd", (2, 2))
    with pytest.raises(InputError, match="two or more"):
        mlrg.ope_coefficients(student, point, "odd", 1)
    star = mlrg.Star(ISING)
    with pytest.raises(InputError, match="ask tensors or rings"):
        mlrg.ope_coefficients(star, star.start([0.8]), "odd")
    disordered = mlrg.follow(student, student.start([0.1]), 30).points[-1]
    with pytest.raises(NoAnswerError, match="choose a critical point"):
        mlrg.ope_coefficients(student, disordered, "odd")
