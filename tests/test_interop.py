"""What leaves the library and comes back, and what other packages make of it."""

import json
import subprocess
from shutil import which

import numpy as np
import pytest
import sympy

import mlrg
from mlrg import interop
from mlrg.symmetry import alternating, character_table, cyclic, quaternion


@pytest.fixture(params=["bilinear", "pair"])
def model(request):
    return mlrg.SpinModel("Z2:odd", "A1+E", family=request.param)


def test_couplings_go_through_json(model):
    data = json.loads(json.dumps(interop.coupling_data(model)))
    assert np.array_equal(interop.features(data), model.couplings.features)
    assert np.allclose(data["states"], model.spins.values)
    if model.family == "bilinear":
        assert interop.coupling_matrix(data) == model.couplings.matrix.subs(
            {x: sympy.Symbol(x.name, real=True) for x in model.couplings.matrix.free_symbols}
        )
    else:
        with pytest.raises(mlrg.InputError, match="no matrix"):
            interop.coupling_matrix(data)


def test_other_data_are_refused(model):
    data = interop.coupling_data(model)
    for wrong in (None, {}, [1], {**data, "format": "2"}):
        with pytest.raises(mlrg.InputError, match="not couplings of this library"):
            interop.features(wrong)
    with pytest.raises(mlrg.InputError, match="features of shape"):
        interop.features({**data, "features": [[1.0]]})
    with pytest.raises(mlrg.InputError, match="continuum"):
        interop.coupling_data(mlrg.SpinModel("O2:1", "A1"))


def test_pair_energies_turn_with_the_lattice():
    """E spins: s·K·t along x is the same with both spins turned by 90° along y."""
    model = mlrg.SpinModel("Z2:odd", "E", frame="paper")
    energies = interop.pair_energies(model, [0.3, 0.7])
    values, matrix = model.spins.values, np.diag([0.3, 0.7])
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert np.allclose(energies["x"], -values @ matrix @ values.T)
    assert np.allclose(energies["y"], -values @ turn @ matrix @ turn.T @ values.T)


@pytest.mark.parametrize("power", [-0.5, 0.0])
def test_arrays_of_blocks_have_the_readings_of_the_library(power):
    from mlrg.tensor.bond_weighted import BondWeighted

    tensor = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 6, BondWeighted(power))
    flow = mlrg.follow(tensor, tensor.start([0.7]), 4)
    for point in flow.points:
        array = interop.block_array(tensor, point)
        row = np.einsum("acbc->ab", array)
        ratio = np.trace(row) ** 2 / np.trace(row @ row)
        assert ratio == pytest.approx(mlrg.degeneracy(tensor, point), rel=1e-9)
    # ln Z of the torus of one block, from the array and from configurations of spins.
    start = interop.block_array(tensor, flow.begin)
    weights = 0.0
    # On the torus of one block its two corner spins are joined by four edge spins.
    for first in (1, -1):
        for second in (1, -1):
            weights += (2 * np.cosh(0.7 * (first + second))) ** 4
    assert np.einsum("abab->", start) == pytest.approx(weights, rel=1e-12)


def test_points_of_other_students_are_no_arrays():
    star = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1"))
    with pytest.raises(mlrg.InputError, match="no block tensor"):
        interop.block_array(star, np.array([0.5]))
    ring = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 2, mlrg.Ring())
    with pytest.raises(mlrg.InputError, match="no block tensor"):
        interop.block_array(ring, ring.start([0.5]))


@pytest.mark.parametrize("group", [cyclic(5), alternating(4), quaternion()])
def test_characters_in_sympy_are_orthogonal(group):
    table = character_table(group)
    found = interop.sympy_characters(table)
    sizes = sympy.diag(*table.class_sizes)
    gram = (found.conjugate() * sizes * found.T).applyfunc(lambda x: complex(x.evalf()))
    assert np.allclose(np.array(gram).astype(complex), group.order * np.eye(len(table.irreps)))


@pytest.mark.skipif(which("gap") is None, reason="GAP is not installed")
def test_characters_in_gap_are_those_of_gap():
    text = interop.gap_characters(character_table(alternating(4)))
    program = (
        f"ours := {text};; theirs := List(Irr(AlternatingGroup(4)), ValuesOfClassFunction);;\n"
        "as_set := rows -> SortedList(List(rows, SortedList));;\n"
        'Print(as_set(ours) = as_set(theirs), " ", Length(Set(ours)), "\\n");\nQUIT;\n'
    )
    printed = subprocess.run(
        ["gap", "-q"], input=program, capture_output=True, text=True, check=True
    ).stdout
    assert printed.split() == ["true", "4"]


def test_quimb_contracts_the_torus():
    pytest.importorskip("quimb")
    from quimb.tensor import TensorNetwork

    tensor = mlrg.Tensor(mlrg.SpinModel("S3:standard", "A1"), 6)
    point = mlrg.follow(tensor, tensor.start([1.0]), 2).points[-1]
    # A torus of two blocks side by side: each one's up and down legs are joined to themselves.
    left = interop.quimb_tensor(tensor, point, ("m", "v", "n", "v"))
    right = interop.quimb_tensor(tensor, point, ("n", "w", "m", "w"))
    array = interop.block_array(tensor, point)
    row = np.einsum("acbc->ab", array)
    torus = TensorNetwork([left, right]).contract(output_inds=())
    assert torus == pytest.approx(np.trace(row @ row), rel=1e-10)


@pytest.mark.parametrize("internal", ["Z2:odd", "Z2xZ2:1x0+0x1"])
def test_symmray_contracts_the_torus(internal):
    symmray = pytest.importorskip("symmray")
    model = mlrg.SpinModel(internal, "A1")
    tensor = mlrg.Tensor(model, 6)
    point = mlrg.follow(tensor, tensor.start([0.8] * model.couplings.dimension), 2).points[-1]
    blocks, array = interop.symmray_array(tensor, point), interop.block_array(tensor, point)
    assert blocks.num_blocks < np.prod([index.num_charges for index in blocks.indices])
    assert blocks.to_dense().sum() == pytest.approx(array.sum(), rel=1e-12)
    # Rows of one block, then two rows side by side.
    row = symmray.einsum("acbc->ab", blocks)
    torus = symmray.tensordot(row, row, axes=[(0, 1), (1, 0)])
    dense = np.einsum("acbc->ab", array)
    assert float(torus) == pytest.approx(np.trace(dense @ dense), rel=1e-10)


def test_symmray_refuses_what_has_no_charges():
    pytest.importorskip("symmray")
    tensor = mlrg.Tensor(mlrg.SpinModel("S3:standard", "A1"), 6)
    with pytest.raises(mlrg.InputError, match="S3 has no charges"):
        interop.symmray_array(tensor, tensor.start([1.0]))


def test_netket_has_the_energies_of_every_configuration():
    netket = pytest.importorskip("netket")
    model = mlrg.SpinModel("Z2:odd", "A1")
    graph = netket.graph.Grid([2, 3], pbc=False, color_edges=True)
    hilbert = netket.hilbert.Qubit(graph.n_nodes)
    operator = interop.netket_operator(graph, hilbert, model, [0.4])
    dense = np.diag(operator.to_dense())
    values = model.spins.values[:, 0]
    for number, states in enumerate(hilbert.all_states()):
        spins = values[np.asarray(states, dtype=int)]
        energy = -0.4 * sum(spins[a] * spins[b] for a, b in graph.edges())
        assert dense[number] == pytest.approx(energy)
