import numpy as np
import pytest
from levels import states_of

from mlrg.analysis.readings import degeneracy, scaling_dimensions, spectrum
from mlrg.analysis.trajectory import follow
from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.rbm.exact import edge_tables
from mlrg.rbm.star import Star
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.bond_weighted import LEVIN_NAVE, BondWeighted
from mlrg.tensor.legs import spin_leg
from mlrg.tensor.tensor import Tensor

MODELS = [
    ("Z2:odd", "A1"),
    ("Z2:odd", "A1+B1"),
    ("Z2:odd", "E"),
    ("Z2:odd", "A1+E"),
    ("S3:standard", "A1"),
    ("Z3:1", "A1"),
    ("Z5:1", "A1"),
    ("D4:E", "A1"),
    ("Q8:quaternion", "A1"),
]


def model_of(internal, point):
    return SpinModel(internal, point)


def step(tensor, states, power=-0.5):
    return BondWeighted(power).step(tensor, states)[0]


def log_largest(tensor, columns):
    return BondWeighted().ring(tensor, columns).sizes(1)[0]


def generic(model, seed=0):
    return 0.4 * np.random.default_rng(seed).normal(size=model.couplings.dimension)


def assert_invariant(tensor):
    leg, dense = tensor.leg, tensor.dense
    assert dense.transpose(1, 2, 3, 0) == pytest.approx(dense, abs=1e-12)
    m = leg.mirrors
    mirrored = np.einsum("abcd,a,b,c,d->adcb", dense, m, m, m, m)
    assert mirrored == pytest.approx(dense, abs=1e-12)
    for g in range(leg.irreps.group.order):
        action = np.zeros((leg.dimension,) * 2)
        for label, start in zip(leg.multiplets, leg.offsets, strict=True):
            block = leg.irreps[label.irrep].matrices[g]
            action[start : start + len(block), start : start + len(block)] = block
        moved = np.einsum("abcd,ea,fb,gc,hd->efgh", dense, *[action] * 4, optimize=True)
        assert moved == pytest.approx(dense, abs=1e-12)


@pytest.mark.parametrize(("internal", "point"), MODELS)
def test_the_teacher_is_its_boltzmann_tensor(internal, point):
    model = model_of(internal, point)
    couplings = generic(model)
    tensor = BoltzmannTensor.of(model)(couplings)
    leg, states = spin_leg(model)
    assert states.T @ states == pytest.approx(np.eye(leg.dimension), abs=1e-12)
    # Entry by entry: back from the states of the legs to spins, and from the legs' frames.
    turn = np.array(model.spins.rotation)
    turns = [np.arange(len(turn))]
    for _ in range(3):
        turns.append(turn[turns[-1]])
    edges = edge_tables(Star(model).block, couplings)
    logs = (
        edges[0][:, :, None, None]
        + edges[1][None, :, :, None]
        + edges[2][None, None]
        + edges[3].T[:, None, None, :]
    )
    local = np.einsum("abcd,xa,yb,zc,wd->xyzw", tensor.dense, *[states] * 4, optimize=True)
    expected = np.exp(logs - tensor.log_scale)[np.ix_(*turns)]
    assert local == pytest.approx(expected, abs=1e-11)
    assert_invariant(tensor)


@pytest.mark.parametrize(("internal", "point"), MODELS)
def test_spectra_agree_with_those_of_the_teacher(internal, point):
    model = model_of(internal, point)
    couplings = generic(model, 1)
    star, student = Star(model), Tensor(model)
    tensor = student.start(couplings)
    assert degeneracy(student, tensor) == pytest.approx(degeneracy(star, couplings))
    for columns in (1, 2):
        if len(model.spins) ** columns > 80:
            continue
        top = star.ring(couplings, columns).sizes(1)[0]
        assert log_largest(tensor, columns) + columns * tensor.log_scale == pytest.approx(top)
        expected = states_of(spectrum(star, couplings, columns, 12))
        assert_same_start(states_of(spectrum(student, tensor, columns, 12)), expected)


def assert_same_start(found, expected):
    shared = min(len(found), len(expected))
    assert shared > 1
    # A multiplet that either list cuts off is left out.
    last = min(found[-1][0], expected[-1][0])
    kept = [[state for state in states if state[0] < last - 1e-5] for states in (found, expected)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("power", [-0.5, LEVIN_NAVE, 0.3])
@pytest.mark.parametrize(
    ("internal", "point"), [m for m in MODELS if m[1] == "A1" and m[0] != "Q8:quaternion"]
)
def test_steps_without_truncation_are_exact(internal, point, power):
    # Two steps turn a ring of two columns into one of a single column.
    model = model_of(internal, point)
    start = BoltzmannTensor.of(model)(generic(model, 2))
    n = start.leg.dimension
    if n**4 > 300:
        after = step(start, n * n, power)
    else:
        once = step(start, n * n, power)
        after = step(once, n**4, power)
        student = Tensor(model)
        found = scaling_dimensions(student, after, columns=1)
        expected = scaling_dimensions(student, start, columns=2)
        # Rounding decides how many vanishing eigenvalues are left.
        shared = min(len(found), len(expected))
        assert found[:shared] == pytest.approx(expected[:shared], abs=1e-6)
        # Four blocks in two rows of two; every step took its own scale out.
        top = log_largest(after, 1) + after.log_scale + 2 * once.log_scale
        assert top == pytest.approx(2 * log_largest(start, 2))
    if after.leg.dimension <= 16:
        assert_invariant(after)


@pytest.mark.parametrize(
    ("internal", "point", "states"),
    [("Z2:odd", "A1", 7), ("Z2:odd", "A1+E", 7), ("S3:standard", "A1", 9), ("Z3:1", "A1", 9)],
)
def test_truncated_steps_stay_invariant(internal, point, states):
    model = model_of(internal, point)
    student = Tensor(model, states)
    for tensor in follow(student, student.start(generic(model, 3)), 6).points[1:]:
        assert tensor.leg.dimension <= states
        assert_invariant(tensor)


def test_a_flow_deep_in_the_ordered_phase_stays_symmetric():
    model = model_of("Z2:odd", "A1")
    student = Tensor(model, 8)
    flow = follow(student, student.start([1.2]), 100).points
    for tensor in flow[20:]:
        assert degeneracy(student, tensor) == pytest.approx(2.0, abs=1e-6)
    last = flow[-1]
    odd = np.array([m.irrep for m in last.leg.multiplets])
    parity = (odd[:, None, None, None] + odd[:, None, None] + odd[:, None] + odd) % 2
    assert np.all(last.dense[parity == 1] == 0.0)


def test_multiplets_are_never_split():
    model = model_of("S3:standard", "A1")
    start = BoltzmannTensor.of(model)([1.1])
    for states in range(3, 12):
        tensor = follow(Tensor(model, states), start, 5).points[-1]
        assert states - 2 <= tensor.leg.dimension <= states
    # Degenerate eigenvalues of a symmetry that was not declared are one multiplet, too.
    doubled = model_of("Z2xZ2:1x0+0x1", "A1")
    couplings = 0.7 * np.ones(doubled.couplings.dimension)
    sizes = [
        step(BoltzmannTensor.of(doubled)(couplings), states).leg.dimension for states in (1, 2, 3)
    ]
    assert sizes == [1, 1, 3]
    with pytest.raises(InputError, match="do not hold the first multiplet"):
        step(start, 0)
