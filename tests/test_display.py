"""What a prompt and a notebook show: a few lines, whatever is asked for."""

import numpy as np
import pytest
from joblib import Parallel, delayed

import mlrg
from mlrg.progress import Board
from mlrg.symmetry import character_table, cyclic, symmetric

ISING = mlrg.SpinModel("Z2:odd", "A1")


@pytest.fixture(scope="module")
def shown():
    star, tensor = mlrg.Star(ISING), mlrg.Tensor(ISING, 4)
    ashkin_teller = mlrg.Star(mlrg.SpinModel("D4:E+B1", "A1"))
    grid = np.linspace(0, 1.6, 3)
    return {
        "star": star,
        "tensor": mlrg.Tensor(ISING, 4, mlrg.Ring(power=-0.5), lattice="square"),
        "transition": mlrg.critical(tensor),
        "fixed point": mlrg.fixed_point(star),
        "fixed points": mlrg.fixed_points(star, np.array([[0.1], [0.8], [0.9]])),
        "flow": mlrg.follow(tensor, tensor.start([0.7]), 3),
        "step": mlrg.follow(tensor, tensor.start([0.7]), 1).steps[0],
        "point": tensor.start([0.7]),
        "reading": mlrg.follow(tensor, tensor.start([0.7]), 3).reading(2),
        "free energy": mlrg.free_energy(tensor, 0.5),
        "phases": mlrg.phases(
            ashkin_teller, mlrg.Plane(ashkin_teller, 0, 1), grid, grid, halvings=1
        ),
        "couplings": ISING.couplings,
        "characters": character_table(symmetric(3)),
    }


def test_nothing_floods_a_prompt(shown):
    for name, value in shown.items():
        for text in (repr(value), str(value)):
            lines = text.splitlines()
            assert 0 < len(lines) < 15, name
            assert max(map(len, lines)) < 130, (name, text)


def test_what_more_there_is_exists(shown):
    for name, value in shown.items():
        for attribute in getattr(value, "more", ()):
            word = attribute.partition("(")[0]
            assert word in dir(value) or hasattr(type(value), word), (name, attribute)


def test_notebooks_show_tables(shown):
    found = shown["fixed point"]._repr_html_()
    assert found.count("<tr>") == found.count("</tr>") > 2
    assert "0.81392" in found
    table = character_table(cyclic(3))._repr_html_()
    assert table.count("<tr>") == 4
    assert "ε = exp(2πi/3)" in table
    assert shown["couplings"]._repr_latex_().startswith("$")


def test_values_evaluate_back():
    names = {**vars(mlrg.symmetry), **{name: getattr(mlrg, name) for name in mlrg.__all__}}
    for value in (
        mlrg.Star(ISING),
        mlrg.Tensor(ISING),
        mlrg.Tensor(ISING, 6, mlrg.BondWeighted(0.0), lattice="square"),
        mlrg.Tensor(ISING, 2, mlrg.Ring(nuclear=1e-7)),
    ):
        assert eval(repr(value), names) == value


def test_other_points_than_tensors_meet_a_sentence():
    tensor = mlrg.Tensor(ISING, 4)
    for question in (mlrg.spectrum, mlrg.degeneracy, mlrg.scaling_dimensions):
        with pytest.raises(mlrg.InputError, match="block tensor"):
            question(tensor, [0.7])
    with pytest.raises(mlrg.InputError, match="block tensor"):
        mlrg.follow(tensor, [0.7], 2)


def test_processes_count_on_one_board(tmp_path):
    board = Board(tmp_path / "counts", 3)
    assert board.total() == 0
    Parallel(n_jobs=2)(delayed(board.put)(place, 10 * place) for place in range(3))
    assert board.total() == 30
    board.put(2, 5)
    assert board.total() == 15
