"""One battery over every kind of map: what an analysis may rely on."""

import numpy as np
import pytest
import reference
import torch

import mlrg
from mlrg.analysis.fixed_points import critical_fixed_point
from mlrg.analysis.readings import degeneracy, spectrum
from mlrg.analysis.trajectory import follow_to_phase
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow import run_file

_FOUND = {}


def axis(case, coupling):
    return case.rgmap.start(coupling * case.rgmap.model.couplings.axis)


def transition(case):
    key = id(case.rgmap)
    if key not in _FOUND:
        _FOUND[key] = mlrg.critical(case.rgmap, *case.range, tolerance=case.tolerance)
    return _FOUND[key]


def fixed_point(case):
    if not case.has_fixed_point:
        with pytest.raises(NoAnswerError):
            critical_fixed_point(transition(case))
        return None
    return critical_fixed_point(transition(case))


def test_flows_end_in_their_phases(case):
    for coupling, states in ((0.0, 1), (0.15, 1), case.ordered):
        flow = follow_to_phase(case.rgmap, axis(case, coupling))
        assert flow.phase == states
        assert degeneracy(case.rgmap, flow.points[-1]) == pytest.approx(states, abs=0.05)


def test_the_one_driver_finds_the_critical_coupling(case):
    found = transition(case)
    expected, bound = case.critical
    assert found.coupling == pytest.approx(expected, abs=bound)
    assert found.bracket[0] < found.coupling < found.bracket[1]
    assert found.phases[0] == 1 and found.error < 1e-6
    for end, phase in zip(found.bracket, found.phases, strict=True):
        assert follow_to_phase(case.rgmap, axis(case, end)).phase == phase


def test_rings_of_the_teacher_equal_a_sum_over_two_blocks(case):
    # The dense reference lists every configuration of a block; two of them are joined by hand. A
    # space of tensors begins some steps after the teacher.
    if getattr(case.rgmap, "approach", 0):
        return
    model = case.rgmap.model
    couplings = 0.6 * model.couplings.axis
    logs = reference.teacher_log_weights(mlrg.Star(model).block, torch.tensor(couplings[None]))
    tensor = logs[0].exp().numpy()
    states = len(tensor)
    ring = np.einsum("adbc,ecfd->aebf", tensor, tensor).reshape(states**2, states**2)
    expected = np.sort(np.abs(np.linalg.eigvals(ring)))[::-1]
    point = case.rgmap.start(couplings)
    scale = 2 * getattr(point, "log_scale", 0.0)
    found = case.rgmap.ring(point, 2).sizes(6) + scale
    shared = min(len(found), 6)
    assert np.exp(found[:shared]) == pytest.approx(expected[:shared], rel=1e-9)
    with pytest.raises(InputError):
        case.rgmap.ring(point, 0)


def test_the_linearised_map_is_that_of_differences(case):
    rgmap = case.rgmap
    if hasattr(rgmap, "gauge"):
        point, step = axis(case, 0.7) + 0.05, 1e-5
        if not case.has_fixed_point or rgmap.model.point.name == "A1+E":
            point = mlrg.follow(rgmap, axis(case, 0.7), 1).points[-1]
        (sector,) = rgmap.linearised(point).values()
        centre = rgmap.step(point, (point,)).point
        for d, unit in enumerate(np.eye(len(point))):
            up, down = (rgmap.step(point + sign * step * unit, (centre,)).point for sign in (1, -1))
            assert sector.operator[:, d] == pytest.approx((up - down) / (2 * step), abs=2e-5)
        return
    # Points with a gauge of their own: deviations of Z grow by the largest eigenvalue.
    fixed, found = fixed_point(case), transition(case)
    if fixed is None:
        return
    ends = []
    for shift in (-1e-6, 1e-6):
        flow = mlrg.follow(rgmap, axis(case, found.coupling + shift), 25)
        ends.append([degeneracy(rgmap, point) for point in flow.points])
    gaps = np.abs(np.subtract(*ends))
    growth = np.log(gaps[24] / gaps[20]) / (4 * np.log(rgmap.scale))
    assert growth == pytest.approx(fixed.exponents[0], abs=0.02)


def test_critical_and_fixed_point_read_the_same_of_one_point(case):
    fixed = fixed_point(case)
    if fixed is None:
        return
    assert fixed.residual < 1e-9
    flow = mlrg.follow(case.rgmap, fixed.point, 25, near=(fixed.point,))
    reading = flow.reading(0)
    assert reading.central_charge == pytest.approx(fixed.central_charge, abs=1e-6)
    assert reading.scaling_dimensions == pytest.approx(fixed.scaling_dimensions, abs=1e-6)
    assert reading.degeneracy == fixed.degeneracy
    assert fixed.kind == "critical"
    assert all(np.isfinite(step.cost) for step in flow.steps)


def test_every_step_keeps_the_symmetry(case):
    # Sectors are read off projections. They hold every eigenvalue of the whole matrix, as often as
    # their multiplets say, only if the matrix commutes with the symmetry.
    rgmap = case.rgmap
    for point in mlrg.follow(rgmap, axis(case, 0.8 * case.critical[0]), 4).points:
        columns, height = rgmap.columns(point), rgmap.aspect(point)
        ring = rgmap.ring(point, columns)
        matrix = ring.matrix if hasattr(ring, "matrix") else ring.dense[0]
        whole = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
        whole = whole[whole > 1e-8 * whole[0]]
        levels = spectrum(rgmap, point, columns, count=len(matrix))
        counted = np.repeat(
            [np.exp(-2 * np.pi * level.dimension * height / columns) for level in levels],
            [level.multiplicity for level in levels],
        )[: len(whole)]
        assert counted == pytest.approx(whole / whole[0], abs=1e-10)


def test_a_declared_map_is_the_same_when_it_is_read(case, tmp_path):
    rgmap = case.rgmap
    if rgmap.name == "learned":
        run = mlrg.train(
            rgmap.teacher, config=rgmap.config, out=tmp_path, workers=1, progress=False
        )
        again = mlrg.load_run(tmp_path).maps[0]
        point = axis(case, 0.6)
        assert np.array_equal(again.step(point).point, run.maps[0].step(point).point)
        assert np.array_equal(again.step(point).point, rgmap.step(point).point)
        return
    again = run_file.declared_map(tmp_path, run_file.declaration(rgmap))
    assert (again.name, again.options, again.model) == (rgmap.name, rgmap.options, rgmap.model)
    point = again.start(0.6 * again.model.couplings.axis)
    flows = [mlrg.follow(one, point, 3) for one in (again, getattr(rgmap, "tensor", rgmap))]
    numbers = [[degeneracy(flow.rgmap, point) for point in flow.points] for flow in flows]
    assert numbers[0] == numbers[1]


def test_what_a_map_lacks_is_said(case):
    rgmap = case.rgmap
    if not hasattr(rgmap, "gauge"):
        with pytest.raises(InputError, match="need a map over couplings"):
            mlrg.fixed_points(rgmap, np.zeros((1, 1)))
        return
    starts = np.array([axis(case, 0.05)])
    found = mlrg.fixed_points(rgmap, starts)
    assert len(found.points) + found.failures == 1


@pytest.mark.parametrize("bad", [0.5j, np.nan, [0.5, 0.5, 0.5]])
def test_couplings_that_are_none_are_refused_with_a_sentence(case, bad):
    size = case.rgmap.model.couplings.dimension
    with pytest.raises(InputError):
        case.rgmap.start([bad] * size if np.ndim(bad) == 0 else bad * size)
    with pytest.raises(InputError):
        mlrg.critical(case.rgmap, along=[bad] * size if np.ndim(bad) == 0 else bad * size)
