"""Block tensors of spins with values in a group, held against sums over the group."""

import numpy as np
import pytest

import mlrg
from mlrg.errors import BudgetError
from mlrg.symmetry.permutations import compose, cycles, inverse
from mlrg.symmetry.young import partitions
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.group_valued import GroupTensor
from mlrg.tensor.tensor import start_of


def group_tensor(internal, lattice):
    return GroupTensor(mlrg.SpinModel(internal, "A1"), lattice)


@pytest.mark.parametrize("lattice", ["square", "lieb"])
def test_blocks_are_products_of_weights(lattice):
    found = group_tensor("S3:two-sided", lattice)
    base = found.model.internal.group.base
    values = np.random.default_rng(0).normal(size=3)
    classes = [base.class_of[base.position[x]] for x in base.elements]
    couplings = found.model.class_couplings(lambda x: values[classes[base.position[x]]])
    tensor = found(couplings)
    # On the states of a spin, where sums count: functions of measure one by √|G|.
    functions = found.functions / np.sqrt(base.order)
    one = np.einsum("abcd,aw,bx->wxcd", tensor.dense, functions, functions)
    one = np.einsum("wxcd,cy,dz->wxyz", one, functions, functions) * np.exp(tensor.log_scale)
    weight = np.array(
        [
            [np.exp(values[classes[base.position[compose(inverse(x), y)]]]) for y in base.elements]
            for x in base.elements
        ]
    )
    edge = weight @ weight if lattice == "lieb" else weight
    assert one == pytest.approx(np.einsum("wx,xy,yz,zw->wxyz", edge, edge, edge, edge))


@pytest.mark.parametrize(
    "internal",
    ["S2:two-sided", "D4:two-sided", pytest.param("S4:two-sided", marks=pytest.mark.slow)],
)
def test_sectors_are_those_of_the_tensor_that_is_written_down(internal):
    for lattice in ("lieb", "square"):
        found = group_tensor(internal, lattice)
        listed = BoltzmannTensor.of(found.model, lattice)
        assert sorted(found.leg.labels) == sorted(listed.leg.labels)
        couplings = np.random.default_rng(1).normal(size=found.model.couplings.dimension)
        values = []
        for tensor in (found(couplings), listed(couplings)):
            scale = np.exp(tensor.log_scale)
            sectors = zip(tensor.sectors, tensor.blocks, strict=True)
            values.append({(s.irrep, s.parity): np.linalg.eigvalsh(b) * scale for s, b in sectors})
        largest = max(np.abs(row).max() for row in values[1].values())
        assert values[0].keys() == values[1].keys()
        for key, row in values[0].items():
            assert row == pytest.approx(values[1][key], abs=1e-12 * largest)


@pytest.mark.parametrize("n", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("bond_dimension", [1.0, 2.0, 2.7])
def test_cycles_weigh_an_irrep_by_the_contents_of_its_boxes(n, bond_dimension):
    found = group_tensor(f"S{n}:two-sided", "square")
    couplings = np.log(bond_dimension) * np.array(found.model.class_couplings(cycles))
    weights, scale = found.edge(couplings)
    base = found.model.internal.group.base
    # w in place of the average over G, of functions of measure one.
    weights = weights * base.order * np.exp(scale) / np.sqrt(base.order)
    for shape in partitions(n):
        (number,) = base.irrep(shape).decomposition
        contents = [column - row for row, part in enumerate(shape) for column in range(part)]
        expected = np.prod(bond_dimension + np.array(contents))
        assert weights[number] == pytest.approx(expected, abs=1e-9)


def test_which_models_are_taken():
    assert isinstance(start_of(mlrg.SpinModel("S3:two-sided", "A1"), "lieb"), GroupTensor)
    for internal, point in (("S2:two-sided", "A1+A2"), ("Z3:two-sided", "A1")):
        assert isinstance(start_of(mlrg.SpinModel(internal, point), "lieb"), BoltzmannTensor)
    with pytest.raises(BudgetError, match="a spin with 120 values"):
        group_tensor("S5:two-sided", "square")


@pytest.mark.parametrize("lattice", ["square", "lieb"])
def test_two_replicas_are_ising(lattice):
    model = mlrg.SpinModel("S2:two-sided", "A1")
    tensor = mlrg.Tensor(model, 8, lattice=lattice)
    exact = {"square": np.log(1 + np.sqrt(2)), "lieb": np.arccosh(1 + np.sqrt(2))}[lattice]
    found = mlrg.critical(tensor, 0.9 * exact, 1.1 * exact, model.class_couplings(cycles), 1e-6)
    assert found.coupling == pytest.approx(exact, abs=5e-4)
    assert found.scaling_dimensions[1:3] == pytest.approx([1 / 8, 1], abs=2e-2)
