import numpy as np
import pytest
import reference
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlrg.rbm import exact, moments
from mlrg.rbm.block import block_of
from mlrg.rbm.orbits import generate
from mlrg.testing import assert_equivariant, coupling_arrays, models

# The dense reference runs on a GPU where there is one.
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@st.composite
def models_with_couplings(draw, batch=1, count=1, size=2.0, **options):
    model = draw(models(least_couplings=1, **options))
    arrays = [draw(coupling_arrays(model.couplings.dimension, batch, size)) for _ in range(count)]
    return model, *arrays


@given(models_with_couplings())
def test_energies_and_marginals_are_invariant(case):
    model, couplings = case
    assert_equivariant(model, couplings[0])


@given(models_with_couplings())
def test_marginals_are_invariant(case):
    # Each side under its own full group, also where teacher and student do not share the mirror.
    model, couplings = case
    block = block_of(model)
    tensor = torch.tensor(couplings)
    for logs, generators in (
        (reference.teacher_log_weights(block, tensor), model.teacher_symmetries),
        (reference.student_log_weights(block, tensor), model.student_symmetries),
    ):
        marginal = torch.softmax(logs.flatten(), 0).reshape(logs.shape[1:]).numpy()
        for corners, states in generate(generators, block.states):
            moved = marginal[np.ix_(*([np.argsort(states)] * 4))].transpose(np.argsort(corners))
            assert np.allclose(moved, marginal, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("device", DEVICES)
@given(case=models_with_couplings(batch=3, count=2))
def test_kernels_equal_the_dense_reference(device, case):
    model, teacher, student = case
    block = block_of(model)
    kl, gradient = exact.kl_and_gradient(block, teacher, student)
    variable = torch.tensor(student, device=device, requires_grad=True)
    dense = reference.kl_divergence(block, torch.tensor(teacher, device=device), variable)
    dense.sum().backward()
    expected = dense.detach().cpu().numpy()
    scale = 1.0 + expected
    assert (np.abs(kl - expected) <= 1e-12 * scale).all()
    # The gradient averages sums of four features: rounding grows with their size.
    reach = 1e-12 * scale[:, None] * max(1.0, 4 * np.abs(block.student).max())
    assert (np.abs(gradient - variable.grad.cpu().numpy()) <= reach).all()
    assert (kl >= 0).all()


@given(models_with_couplings(batch=3, count=2, size=300.0, largest=8))
def test_kernels_equal_the_dense_reference_at_strong_couplings(case):
    # Sums underflow here, and every shortcut around logarithms has to be given up.
    model, teacher, student = case
    block = block_of(model)
    kl, gradient = exact.kl_and_gradient(block, teacher, student)
    variable = torch.tensor(student, requires_grad=True)
    dense = reference.kl_divergence(block, torch.tensor(teacher), variable)
    dense.sum().backward()
    expected = dense.detach().numpy()
    # Logarithms of this size carry rounding of their own.
    assert (np.abs(kl - expected) <= 1e-10 * (1.0 + expected)).all()
    assert (np.abs(gradient - variable.grad.numpy()) <= 1e-8 * (1.0 + expected[:, None])).all()


@pytest.mark.parametrize("device", DEVICES)
@given(case=models_with_couplings(batch=2, count=1, largest=8))
def test_hessians_equal_the_dense_reference(device, case):
    model, couplings = case
    block = block_of(model)
    teacher, student = couplings
    found = moments.kl_derivatives(block, moments.teacher_distribution(block, teacher), student)
    fixed = torch.tensor(teacher[None], device=device)

    def dense(point):
        return reference.kl_divergence(block, fixed, point[None]).sum()

    point = torch.tensor(student, device=device)
    hessian = torch.autograd.functional.hessian(dense, point).cpu().numpy()
    scale = 1.0 + np.abs(hessian).max()
    assert np.abs(found.hessian - hessian).max() <= 1e-11 * scale
    assert abs(found.kl - dense(point).item()) <= 1e-12 * (1.0 + found.kl)


@given(models_with_couplings(batch=5, count=2))
def test_results_are_bit_identical_on_any_number_of_threads(case):
    model, teacher, student = case
    block = block_of(model)
    kl, gradient = exact.kl_and_gradient(block, teacher, student)
    for threads in (2, 3):
        again = exact.kl_and_gradient(block, teacher, student, threads)
        assert np.array_equal(again[0], kl) and np.array_equal(again[1], gradient)
    # A set of couplings has the same loss whatever else is in the batch.
    alone = exact.kl_and_gradient(block, teacher[3], student[3])
    assert alone[0][0] == kl[3] and np.array_equal(alone[1][0], gradient[3])


@given(models_with_couplings(batch=1, count=2))
def test_gradients_equal_finite_differences(case):
    model, teacher, student = case
    block = block_of(model)
    _, gradient = exact.kl_and_gradient(block, teacher, student)
    step = 1e-5
    for d, unit in enumerate(np.eye(student.shape[1])):
        up = exact.kl_and_gradient(block, teacher, student + step * unit)[0]
        down = exact.kl_and_gradient(block, teacher, student - step * unit)[0]
        assert abs((up - down)[0] / (2 * step) - gradient[0, d]) < 1e-7


@given(models_with_couplings(batch=2, count=1, largest_dimension=2))
def test_kl_vanishes_only_between_equal_distributions(case):
    model, couplings = case
    block = block_of(model)
    p = np.exp(exact.log_marginals(block, couplings, "teacher"))
    q = np.exp(exact.log_marginals(block, couplings, "student"))
    kl = exact.kl_and_gradient(block, couplings, couplings)[0]
    distance = (np.abs(p - q) * block.multiplicities).sum(axis=1)
    # Pinsker's inequality, with room for rounding.
    assert (kl >= 0.5 * distance**2 - 1e-14).all()
