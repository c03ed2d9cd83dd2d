import mpmath
import numpy as np
import pytest
import reference
import torch
from scipy.optimize import minimize

from mlrg.analysis.trajectory import follow
from mlrg.model import SpinModel
from mlrg.rbm.block import block_of
from mlrg.rbm.moments import kl_derivatives, teacher_distribution
from mlrg.rbm.star import Star
from mlrg.rbm.student import optimal_student
from mlrg.symmetry import C4v, cyclic, symmetric
from mlrg.symmetry.catalogue import parse_internal

# Smallest KL in bits for visible A1: independent double-precision values.
TABLE = {
    "A1": (0.005763, 0.028259, 0.074690, 0.102065),
    "A1+E": (0.000145, 0.005022, 0.044114, 0.087539),
    "A1+A1": (0.005723, 0.026933, 0.062271, 0.076100),
    "A1+A1+E": (0.000037, 0.001427, 0.016693, 0.043853),
}


@pytest.mark.parametrize("hidden", TABLE)
def test_smallest_kl_table(ising, hidden):
    block = block_of(ising("A1"), ising(hidden))
    found = [optimal_student(block, [j]).kl_bits for j in (0.3, 0.5, 0.7643, 1.0)]
    assert found == pytest.approx(TABLE[hidden], abs=1e-6)


def test_b1_adds_nothing_to_a1(ising):
    block = block_of(ising("A1"), ising("A1+B1"))
    assert optimal_student(block, [0.7643]).kl_bits == pytest.approx(0.074690, abs=1e-6)


@pytest.mark.parametrize(("frame", "second"), [("paper", 1.127), ("rotating", 0.316)])
def test_second_step_in_both_frames(ising, frame, second):
    block = block_of(ising("A1+E", frame))
    first = optimal_student(block, [0.7643, 0, 0, 0, 0])
    assert first.kl_bits == pytest.approx(0.044114, abs=1e-6)
    assert abs(first.couplings[1]) == pytest.approx(0.68, abs=5e-3)
    assert optimal_student(block, first.couplings).kl_bits == pytest.approx(second, abs=5e-4)


def build(internal, point, frame="rotating", family="bilinear"):
    return block_of(SpinModel(internal, C4v(point), frame, family))


@pytest.mark.parametrize(
    "block",
    [
        build(cyclic(2).irrep("odd"), "A1+E"),
        build(cyclic(2).irrep("odd"), "2A1+E"),
        build(cyclic(2).irrep("odd"), "A1+E", frame="paper"),
        build(symmetric(3).irrep("standard"), "A1+B1"),
        build(cyclic(4).irrep(1), "A1", family="pair"),
    ],
    ids=["A1+E", "2A1+E", "A1+E paper", "Potts A1+B1", "clock pairs"],
)
def test_agrees_with_lbfgs_on_the_dense_reference(block):
    rng = np.random.default_rng(3)
    teacher = 0.4 * rng.normal(size=block.teacher.shape[0])
    ours = optimal_student(block, teacher)
    fixed = torch.tensor(teacher[None])

    def objective(couplings):
        student = torch.tensor(couplings[None], requires_grad=True)
        value = reference.kl_divergence(block, fixed, student).sum()
        value.backward()
        return value.item(), student.grad.numpy()[0]

    begin = ours.couplings + 0.03 * rng.normal(size=len(ours.couplings))
    theirs = minimize(
        objective,
        begin,
        jac=True,
        method="L-BFGS-B",
        options={"ftol": 0.0, "gtol": 1e-11, "maxiter": 2000, "maxfun": 4000, "maxcor": 30},
    )
    assert ours.kl == pytest.approx(theirs.fun, abs=1e-9)
    # Up to the rounding of a sum over 10⁵ configurations.
    assert ours.kl <= theirs.fun + 1e-11
    assert ours.converged
    # Directions that change no probability (the constant energy of the pair family) are free.
    log_teacher = teacher_distribution(block, teacher)
    sizes, vectors = np.linalg.eigh(kl_derivatives(block, log_teacher, ours.couplings).hessian)
    stiff = vectors[:, sizes > 1e-4 * sizes.max()]
    assert stiff.T @ (theirs.x - ours.couplings) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("point", ["A1", "A1+E"])
def test_strong_teachers_have_finite_students(ising, point):
    block = block_of(ising(point))
    for size in (30.0, 1000.0):
        teacher = np.zeros(block.teacher.shape[0])
        teacher[0] = size
        found = optimal_student(block, teacher)
        assert np.isfinite(found.couplings).all()
        assert np.isfinite(found.jacobian).all()
        assert 0 <= found.kl < 1e-3


def test_flow_continues_from_its_teacher(ising):
    star = Star(ising("A1+E"))
    flow = follow(star, star.axis(0.7643), 3)
    assert flow.steps[0].cost == pytest.approx(0.044114, abs=1e-6)
    assert flow.steps[1].cost == pytest.approx(0.316, abs=5e-4)
    first, second = (step.point for step in flow.steps[:2])
    assert np.array_equal(optimal_student(star.block, first, start=first).couplings, second)


def mp_student(j, guess):
    """Return the A1 student of a teacher J from Eq. (10) alone, in the digits at work."""
    spins = [[1 - 2 * ((n >> i) & 1) for i in range(4)] for n in range(16)]

    def normalised(weights):
        total = mpmath.fsum(weights)
        return [w / total for w in weights]

    teacher = normalised(
        [
            mpmath.fprod(2 * mpmath.cosh(j * (x[i] + x[(i + 1) % 4])) for i in range(4))
            for x in spins
        ]
    )

    def slope(k):
        model = normalised([mpmath.cosh(k * sum(x)) for x in spins])
        return mpmath.fsum(
            (q - p) * sum(x) * mpmath.tanh(k * sum(x))
            for p, q, x in zip(teacher, model, spins, strict=True)
        )

    return mpmath.findroot(slope, guess)


def mp_slope():
    """Slope of the exact A1 map at its fixed point in 30 digits."""
    with mpmath.workdps(30):
        fixed = mpmath.findroot(lambda j: mp_student(j, j) - j, mpmath.mpf("0.8139"))
        step = mpmath.mpf("1e-8")
        values = [mp_student(fixed + sign * step, fixed) for sign in (1, -1)]
        return float(fixed), float((values[0] - values[1]) / (2 * step))


@pytest.mark.parametrize(
    ("teacher", "limit", "slope"),
    [
        *((j, 2 * j - np.log(8) / 2, 2.0) for j in (8, 20)),
        *((j, np.sqrt(2 / 3) * j, np.sqrt(2 / 3)) for j in (1e-2, 1e-3, 1e-4)),
    ],
)
def test_students_of_both_ends_of_the_axis(ising, teacher, limit, slope):
    # Of 8 and more only rounding is left of the KL; below 1e-2 the KL itself is rounding.
    with mpmath.workdps(100):
        right = float(mp_student(mpmath.mpf(teacher), mpmath.mpf(limit)))
    assert right == pytest.approx(limit, rel=1e-4)
    student = optimal_student(block_of(ising("A1")), [teacher])
    assert abs(student.couplings[0]) == pytest.approx(right, rel=1e-6)
    assert abs(student.jacobian[0, 0]) == pytest.approx(slope, rel=1e-3)


def test_a_free_teacher_has_a_free_student(ising):
    student = optimal_student(block_of(ising("A1")), [0.0])
    assert abs(student.couplings[0]) < 1e-4
    # The KL is flat to second order there, and its derivatives say nothing.
    assert optimal_student(block_of(ising("A1")), [0.0], start=[0.0]).flat == 1


def test_jacobian_of_the_a1_map_in_thirty_digits(ising):
    fixed, slope = mp_slope()
    assert fixed == pytest.approx(0.813920, abs=1e-6)
    found = optimal_student(block_of(ising("A1")), [fixed])
    # J and −J have the same distributions, and the map's slope changes sign with its value.
    assert abs(found.couplings[0]) == pytest.approx(fixed, abs=1e-12)
    assert abs(found.jacobian[0, 0]) == pytest.approx(slope, abs=1e-10)


def test_jacobian_equals_finite_differences(ising):
    block = block_of(ising("A1+E"))
    teacher = np.array([0.7, -0.4, 0.2, 0.15, 0.1])
    found = optimal_student(block, teacher)
    step = 1e-5
    for d, unit in enumerate(np.eye(5)):
        up, down = (
            optimal_student(block, teacher + sign * step * unit, start=found.couplings).couplings
            for sign in (1, -1)
        )
        assert found.jacobian[:, d] == pytest.approx((up - down) / (2 * step), abs=1e-6)


def test_same_generator_same_answer(ising):
    block = block_of(ising("A1+E"))
    first, second = (
        optimal_student(block, [0.5, 0.1, 0, 0, 0], rng=np.random.default_rng(11)) for _ in range(2)
    )
    assert np.array_equal(first.couplings, second.couplings)


def test_a_student_has_no_constant_energy():
    # Both pair orbits together are a constant: where the search starts along it does not matter.
    block = block_of(SpinModel(symmetric(3).irrep("standard"), C4v("A1"), family="pair"))
    assert block.constant == pytest.approx(np.ones(2) / np.sqrt(2), abs=1e-12)
    teacher = np.array([1.2, -0.6])
    students = [optimal_student(block, teacher + c, start=teacher + c) for c in (0.0, 5.0)]
    assert students[0].couplings.sum() == pytest.approx(0, abs=1e-12)
    assert students[1].couplings == pytest.approx(students[0].couplings, abs=1e-9)
    assert students[0].flat == 0


def test_free_spins_have_no_curvature():
    # σ is coupled, τ and στ are free: the KL is of fourth order in their couplings.
    model = SpinModel(parse_internal("Z2xZ2:1x0+0x1+1x1"), C4v("A1"))
    couplings = np.array([0.7, 0.0, 0.0])
    student = optimal_student(block_of(model), couplings, start=couplings)
    assert student.flat == 2
    one = optimal_student(block_of(SpinModel(cyclic(2).irrep("odd"), C4v("A1"))), [0.7])
    assert one.flat == 0
    assert student.kl == pytest.approx(one.kl, abs=1e-10)
