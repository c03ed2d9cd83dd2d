import numpy as np
import pytest

from mlrg.analysis.critical import critical
from mlrg.analysis.literature import ISING_EXACT
from mlrg.analysis.readings import degeneracy, scaling_dimensions, spectrum
from mlrg.errors import BudgetError, InputError
from mlrg.model import SpinModel
from mlrg.symmetry.orthogonal_irreps import image
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.bond_weighted import BondWeighted
from mlrg.tensor.fidelity import RingMatch
from mlrg.tensor.legs import Leg, Multiplet, split_multiplets
from mlrg.tensor.matched_ring import Ring, matched_halves
from mlrg.tensor.points import RectangularTensor
from mlrg.tensor.tensor import Tensor, matched


def tensor_of(internal, coupling=0.6):
    model = SpinModel(internal, "A1")
    return BoltzmannTensor.of(model)(coupling * model.couplings.axis)


def ring_step(tensor, states, power=0.0, steps=1000):
    return Ring(power, search_steps=steps).step(tensor, states)[0]


@pytest.mark.parametrize("internal", ["Z2:odd", "S3:standard", "Z3:1"])
def test_steps_without_truncation_are_exact(internal):
    start = tensor_of(internal)
    states = start.leg.dimension**2
    model = SpinModel(internal, "A1")
    single, ring = Tensor(model, states), Tensor(model, states, Ring(-0.5))
    turned = RectangularTensor.of(start)
    after = ring.step(turned).point
    shared = scaling_dimensions(single, start, 4)
    assert scaling_dimensions(ring, turned, 4) == pytest.approx(shared, abs=1e-9)
    plain = BondWeighted().step(start, states)[0]
    assert scaling_dimensions(ring, after, 4) == pytest.approx(scaling_dimensions(single, plain, 4))
    dense = after.dense
    assert dense.transpose(2, 3, 0, 1) == pytest.approx(dense, abs=1e-12)
    assert dense.transpose(1, 0, 3, 2) == pytest.approx(dense, abs=1e-12)


def match_of(internal, states):
    """Return a match of three states and components near its start."""
    first = ring_step(RectangularTensor.of(tensor_of(internal, 0.9)), states, steps=0)
    tensor = ring_step(first, states, steps=0)
    halves = matched_halves(tensor, 3, steps=0)
    match = RingMatch(tensor, halves.leg, nuclear=1e-3)
    start = match.scaled(halves.scaled(0.0))
    noise = np.random.default_rng(0).normal(size=len(start))
    return match, start + 0.05 * noise * np.abs(start).max()


def ring_of_four(unit, bond):
    """Return the tensor of a ring of four T_iabj, outer legs in order."""
    ends = unit * bond
    half = np.tensordot(ends, ends, axes=(3, 0))
    return np.einsum("iabcdk,kefghi->abcdefgh", half, half, optimize=True)


@pytest.mark.parametrize(
    "internal", ["Z2:odd", "Z2:odd x Z2:odd", "S3:standard", "Z3:1", "D4:E", "S4:standard"]
)
def test_the_slope_of_the_mismatch_is_that_of_differences(internal):
    match, start = match_of(internal, 5)
    slope = match.mismatch(start)[1]
    for place in range(0, len(start), max(1, len(start) // 7)):
        shift = 1e-6 * np.eye(len(start))[place]
        numeric = (match.mismatch(start + shift)[0] - match.mismatch(start - shift)[0]) / 2e-6
        assert slope[place] == pytest.approx(numeric, abs=1e-7)


@pytest.mark.parametrize("internal", ["Z2:odd", "Z2:odd x Z2:odd"])
def test_the_mismatch_is_the_distance_of_two_rings(internal):
    tensor = RectangularTensor.of(tensor_of(internal, 0.9))
    halves = matched_halves(tensor, 2, steps=0)
    match, mirrors = RingMatch(tensor, halves.leg), tensor.mirrors
    scaled, signs = halves.scaled(0.0), halves.leg.spread(halves.leg.inversions)
    joined = np.einsum(
        "z,zia,zjb->iabj", signs, scaled, scaled * mirrors[:, None] * mirrors, optimize=True
    )
    whole = ring_of_four(tensor.dense, tensor.bond)
    length = np.linalg.norm(whole)
    distance = np.sum((whole - ring_of_four(joined, tensor.bond)) ** 2) / length**2
    start = match.scaled(scaled)
    assert match.norm == pytest.approx(length**2)
    assert match.mismatch(start)[0] == pytest.approx(distance, rel=1e-9)


def corner_double_lines(internal, corner):
    """Return a tensor of four corners, each a matrix that G leaves invariant on the spin's leg.

    A leg is a pair of lines, which its mirror and its inversion exchange.
    """
    spin = BoltzmannTensor.of(SpinModel(internal, "A1")).leg
    n, actions = spin.dimension, spin.actions
    pairs = np.array([np.kron(action, action) for action in actions])
    swap = np.eye(n * n).reshape(n, n, n, n).swapaxes(0, 1).reshape(n * n, n * n)
    columns, labels = [], []
    for number, irrep in enumerate(spin.irreps.all):
        partners = irrep.partners(pairs)
        for sign in (1, -1):
            rows = image(0.5 * partners[0] @ (np.eye(n * n) + sign * swap))
            for states in split_multiplets(rows, partners):
                columns.append(states)
                labels.append(Multiplet(number, sign, sign))
    leg = Leg(spin.irreps, tuple(labels))
    states = np.concatenate(columns, axis=1).T.reshape(-1, n, n)
    invariant = np.einsum("gai,ij,gbj->ab", actions, corner @ corner.T, actions) / len(actions)
    # A positive corner, with the singlet above the others.
    invariant = np.eye(1, n).T @ np.eye(1, n) + 0.3 * invariant / np.linalg.norm(invariant)
    corners = np.einsum("bzw,yz->byw", states, invariant)
    turned = np.einsum("dsu,ux->dsx", corners, invariant)
    dense = np.einsum("axy,byw,cws,dsx->abcd", states, corners, corners, turned, optimize=True)
    return RectangularTensor(leg, leg.inversions, dense / np.linalg.norm(dense), leg.mirrors)


@pytest.mark.parametrize(
    "internal",
    ["Z2:odd", "Z2:odd x Z2:odd", "Z3:1", "Z4:1", "S3:standard", "S4:standard", "D4:E"],
)
def test_corner_double_lines_become_the_trivial_tensor_in_one_step(internal):
    size = BoltzmannTensor.of(SpinModel(internal, "A1")).leg.dimension
    for seed in range(3):
        corner = np.random.default_rng(seed).normal(size=(size, size))
        after, infidelity = Ring().step(corner_double_lines(internal, corner), 4)
        assert [m.irrep for m in after.leg.multiplets] == [0]
        assert infidelity == 0.0


@pytest.mark.slow
def test_matched_halves_are_closer_than_split_ones():
    found = critical(matched(SpinModel("Z2:odd", "A1"), 2), 0.7, 0.8, tolerance=1e-6)
    # Loop-TNR with two states is off by +0.0020; splitting alone by -0.0576.
    assert abs(found.coupling - ISING_EXACT) < 2.1e-3
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=4e-3)
    assert found.central_charge == pytest.approx(0.5, abs=5e-3)
    assert 0 < found.cost < 0.01


@pytest.mark.parametrize(
    ("states", "nuclear", "steps"), [(8, 0.0, 1000), (14, 0.0, 60), (14, 1e-5, 1000)]
)
def test_long_searches_end_where_none_comes_to_rest(states, nuclear, steps):
    tensor = RectangularTensor.of(tensor_of("Z2:odd", ISING_EXACT))
    for _ in range(3):
        tensor = Ring().step(tensor, states)[0]
    found, expected = (
        Ring(nuclear=nuclear, search_steps=given).step(tensor, states)[0].dense
        for given in (None, steps)
    )
    assert np.array_equal(found, expected)


@pytest.mark.slow
def test_eight_states_know_the_ising_coupling_to_seven_digits():
    low, high = ISING_EXACT - 1e-3, ISING_EXACT + 1e-3
    found = critical(matched(SpinModel("Z2:odd", "A1"), 8), low, high, tolerance=1e-9)
    assert abs(found.coupling - ISING_EXACT) < 2e-7
    # Loop-TNR with 8 states: 0.12518, 1.00314 and 0.50035 (Yang, Gu, Wen 2017).
    assert found.scaling_dimensions[1] == pytest.approx(0.125, abs=5e-5)
    assert found.scaling_dimensions[2] == pytest.approx(1.0, abs=2e-3)
    assert found.central_charge == pytest.approx(0.5, abs=1e-4)


@pytest.mark.slow
def test_a_price_of_the_nuclear_norm_brings_a_critical_flow_to_rest():
    moves, costs = {}, {}
    for nuclear in (0.0, 1e-6):
        rgmap = matched(SpinModel("Z2:odd", "A1"), 12, nuclear=nuclear)
        tensor = rgmap.start([ISING_EXACT])
        for _ in range(13):
            step = rgmap.step(tensor)
            before, tensor = tensor, step.point
        moves[nuclear] = np.abs(tensor.dense - before.dense).max()
        costs[nuclear] = step.cost
    assert moves[1e-6] < 1e-3 < moves[0.0]
    assert costs[1e-6] < costs[0.0]
    assert scaling_dimensions(rgmap, tensor, 3)[1:] == pytest.approx([0.125, 1.0], abs=3e-4)


def test_a_phase_without_small_eigenvalues_is_a_fixed_point():
    # Deep in a phase the matrices have exact zeros, which no search may touch.
    rgmap = Tensor(SpinModel("Z2:odd", "A1"), 4, Ring(-0.5))
    tensor = rgmap.start([3.0])
    for _ in range(30):
        tensor = rgmap.step(tensor).point
    assert degeneracy(rgmap, tensor) == pytest.approx(2.0, abs=1e-6)
    assert np.isfinite(tensor.dense).all()


def test_what_cannot_be_matched_is_said():
    model = SpinModel("Z2:odd", "A1")
    with pytest.raises(InputError, match="price -1 does not serve"):
        matched(model, 4, nuclear=-1.0)
    large = matched(model, 25)
    with pytest.raises(BudgetError, match="25 states are not matched"):
        large.step(large.start([0.6]))
    rgmap = matched(model, 2)
    with pytest.raises(InputError, match="have an even number"):
        spectrum(rgmap, rgmap.step(rgmap.start([0.6])).point, 1)
