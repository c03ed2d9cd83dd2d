import numpy as np
import pytest

import mlrg
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.diagnostics import antisymmetric_share
from mlrg.model import SpinModel
from mlrg.tensor.leg_tensors import LegTensors
from mlrg.tensor.matched_ring import Ring
from mlrg.tensor.tensor import Tensor, matched, single

ISING = SpinModel("Z2:odd", "A1")
SPACES = {states: single(ISING, states, 0.0).couplings for states in (2, 4)}
# Legs with multiplets of several states, and rings.
OTHERS = {
    "S3": (lambda: single(SpinModel("S3:standard", "A1"), 3, 0.0), 5),
    "D4": (lambda: single(SpinModel("D4:E", "A1"), 4, 0.0), 12),
}
SLOW = {
    "S3, six states": (lambda: single(SpinModel("S3:standard", "A1"), 6, 0.0), 41),
    "ring": (lambda: matched(ISING, 2), 4),
    "ring of four": (lambda: matched(ISING, 4), 43),
    "ring of S3": (lambda: matched(SpinModel("S3:standard", "A1"), 3), 7),
}


@pytest.mark.parametrize(("states", "couplings"), [(2, 3), (4, 26)])
def test_the_space_is_that_of_the_symmetry_layer(states, couplings):
    space = SPACES[states]
    assert space.dimension == couplings
    certificate = space.tensors.exact.certificate
    assert certificate["rank"] == certificate["dimension"] == couplings + 1
    assert certificate["residual_zero"]
    values = 0.1 * np.random.default_rng(0).normal(size=(3, couplings))
    flat = space.tensors.basis.reshape(couplings + 1, -1)
    assert flat @ flat.T == pytest.approx(np.eye(couplings + 1), abs=1e-12)
    assert space.tensors.coordinates(space.tensors.dense(values)) == pytest.approx(
        values, abs=1e-12
    )
    assert space.tensor_at(values[0]).dense == pytest.approx(
        space.tensors.dense(values)[0], abs=1e-12
    )


@pytest.mark.parametrize("states", [2, 4])
def test_the_map_is_the_step_of_the_flow(states):
    space = SPACES[states]
    couplings = space.axis(np.array([0.6, 0.75]))
    mapped = space.rg_map(couplings)
    for before, after in zip(couplings, mapped, strict=True):
        tensor = space.tensor.step(space.tensor_at(before)).point
        order = tensor.leg.places(space.leg)
        found = space.tensors.coordinates(tensor.dense[np.ix_(*[order] * 4)][None])
        assert space.tensors.canonical(found)[0] == pytest.approx(after, abs=1e-9)


@pytest.mark.parametrize(
    "name", [*OTHERS, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
def test_legs_with_multiplets_and_rings(name):
    make, couplings = (OTHERS | SLOW)[name]
    space = make().couplings
    assert space.dimension == couplings
    flat = space.tensors.basis.reshape(couplings + 1, -1)
    assert flat @ flat.T == pytest.approx(np.eye(couplings + 1), abs=1e-12)
    # The map is the student's own step, in some gauge copy.
    found = mlrg.critical(space.tensor, tolerance=1e-6)
    point = space.axis(0.9 * found.coupling)
    tensor = space.tensor.step(space.tensor_at(point)).point
    places = tensor.leg.places(space.leg)
    offsets, sizes = tensor.leg.offsets, tensor.leg.sizes
    states = np.concatenate([offsets[k] + np.arange(sizes[k]) for k in places])
    components = space.tensors.components(tensor.dense[np.ix_(*[states] * 4)][None])
    assert np.linalg.norm(components) == pytest.approx(np.linalg.norm(tensor.dense), abs=1e-9)
    expected = space.tensors.canonical(components[:, 1:] / components[:, :1])
    assert space.rg_map(point[None]) == pytest.approx(expected, abs=1e-9)
    # So is its transition, and the Jacobian is that of differences.
    ours = mlrg.critical(space, 0.95 * found.coupling, 1.05 * found.coupling, tolerance=1e-6)
    assert ours.coupling == pytest.approx(found.coupling, abs=2e-6)
    jacobian, change = space.jacobian(point), np.random.default_rng(0).normal(size=couplings)
    moved = [space.rg_map((point + sign * 1e-5 * change)[None])[0] for sign in (1, -1)]
    assert jacobian @ change == pytest.approx((moved[0] - moved[1]) / 2e-5, abs=1e-4)


def test_the_tensors_of_a_rectangle_are_counted_by_characters():
    space = LegTensors(SPACES[4].leg, True)
    certificate = space.exact.certificate
    assert certificate["rank"] == certificate["dimension"] == len(space.basis)
    assert certificate["residual_zero"]
    assert np.allclose(space.basis.transpose(0, 3, 4, 1, 2), space.basis)
    assert not np.allclose(space.basis.transpose(0, 2, 3, 4, 1), space.basis)


@pytest.mark.parametrize("states", [2, 4])
def test_the_jacobian_is_that_of_differences(states):
    space = SPACES[states]
    point, step = space.axis(0.7), 1e-6
    moved = [space.rg_map(point + sign * step * np.eye(space.dimension)) for sign in (1, -1)]
    assert space.jacobian(point) == pytest.approx((moved[0] - moved[1]).T / (2 * step), abs=1e-8)


def test_divergence_and_its_gradient():
    space = SPACES[4]
    rng = np.random.default_rng(1)
    exact, given = 0.3 * rng.normal(size=(2, 5, space.dimension))
    value, slope = space.tensors.divergence(exact, given)
    assert (value > 0).all()
    copies = space.tensors.signs[1] * exact
    assert space.tensors.divergence(exact, copies)[0] == pytest.approx(np.zeros(5), abs=1e-12)
    for place in (0, 7, 20):
        shift = 1e-6 * np.eye(space.dimension)[place]
        above, below = (space.tensors.divergence(exact, given + s)[0] for s in (shift, -shift))
        assert slope[:, place] == pytest.approx((above - below) / 2e-6, abs=1e-6)


@pytest.mark.parametrize("states", [2, 4])
def test_the_trained_box_holds_the_flow_and_its_gauge_copies(states):
    space = SPACES[states]
    config = TrainingConfig(high=1.0, spread=0.1, walk_steps=3)
    low, high = (np.array(side) for side in space.box(config))
    couplings = space.axis(np.random.default_rng(0).uniform(0, 1, 20))
    for _ in range(3):
        for signs in space.tensors.signs:
            assert (low < signs * couplings).all() and (signs * couplings < high).all()
        couplings = space.rg_map(couplings)
    narrow = space.reach(np.linspace(0, 1, 65)[:, None] * space.model.couplings.axis, 3)
    assert high - low == pytest.approx(1.2 * (narrow[1] - narrow[0]), abs=1e-12)


def test_a_gradient_flow_fits_better_in_the_norm_of_the_fidelity():
    # What is antisymmetric of a Jacobian depends on how couplings are measured.
    space = SPACES[2]
    jacobian = space.jacobian(space.axis(0.7))
    lengths = np.sqrt(np.count_nonzero(space.tensors.basis.reshape(4, -1), axis=1))[1:]
    entries = jacobian / lengths[:, None] * lengths
    assert antisymmetric_share(jacobian) == pytest.approx(0.11, abs=0.01)
    assert antisymmetric_share(entries) == pytest.approx(0.25, abs=0.01)


def test_a_moderator_is_trained_and_read(tmp_path):
    rgmap = single(ISING, 2, 0.0)
    config = TrainingConfig(steps=20, high=1.2, checkpoint_every=10)
    run = mlrg.train(rgmap, config=config, out=tmp_path / "run", progress=False)
    again = mlrg.load_run(tmp_path / "run")
    assert again.teacher.tensor == rgmap
    for name in ("degeneracy", "monotone"):
        assert np.array_equal(run.results[name], again.results[name])
    assert run.diagnosis[0].best_students == pytest.approx(
        run.teacher.rg_map(run.diagnosis[0].teachers), abs=1e-12
    )
    assert (run.diagnosis[0].best_kl_bits == 0).all()
    curve = run.results.sel(scale=0.0).isel(seed=0)
    slope = np.gradient(curve["monotone"], curve["start"], edge_order=2)
    expected = pytest.approx(-slope, abs=2e-3 * np.abs(slope).max())
    assert curve["beta_function"].values == expected
    for figure in (run.plot.monotone, run.plot.degeneracy_flow, run.plot.flow_diagram):
        assert figure().axes


def test_couplings_of_no_spin_model_have_no_degeneracy():
    space = SPACES[2]
    values = np.zeros(3)
    values[2] = -3.0
    with pytest.raises(NoAnswerError, match="no positive weights"):
        mlrg.degeneracy(space, values)


def test_what_cannot_be_trained_is_said():
    with pytest.raises(InputError, match="real type"):
        _ = single(SpinModel("Z3:1", "A1"), 3, 0.0).couplings
    for rgmap in (Tensor(ISING, 2), Tensor(ISING, 2, Ring(-0.5))):
        with pytest.raises(InputError, match="tensors of power k = 0"):
            mlrg.train(rgmap)
    rgmap = single(ISING, 2, 0.0)
    with pytest.raises(InputError, match="samples spins"):
        mlrg.train(rgmap, config=TrainingConfig(loss="cd"))
    with pytest.raises(InputError, match="fisher"):
        mlrg.train(rgmap, config=TrainingConfig(flow="fisher"), progress=False)
