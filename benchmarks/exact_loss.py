"""Exact loss with gradient against the dense torch reference and against contrastive divergence.

Prints, for 64 couplings on one core, the median time of one evaluation and its ratio to

* the dense reference (every configuration, autograd);
* a CD step written in the common torch style, one-hot tensors and Categorical;
* the same CD step by our Gibbs kernels;

with the noise of the CD gradient beside them: its root-mean-square error in units of the exact
gradient, over all couplings. All are timed in turn in one process, so the ratios hold on a noisy
machine.
"""

import statistics
import time

import numpy as np
import torch
from torch.distributions import Categorical

from mlrg import SpinModel, rg_block
from mlrg.rbm import reference
from mlrg.rbm.clusters import CROSS, SQUARE
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rbm.exact import kl_and_gradient
from mlrg.symmetry import C4v, cyclic

BATCH = 64
BURN_IN, SWEEPS = 10, 1
ROUNDS = 7


class OneHotDivergence:
    """CD-k with every spin a one-hot tensor and every draw a Categorical."""

    def __init__(self, block, samples):
        self.samples = samples
        self.visible, self.hidden = block.states, block.student.shape[2]
        turns, hidden_turns = block.visible_turns, block.hidden_turns
        self.teacher = [
            torch.tensor(block.teacher[:, turns[b.direction]][:, :, turns[b.direction]])
            for b in SQUARE
        ]
        self.student = [
            torch.tensor(block.student[:, turns[b.direction]][:, :, hidden_turns[b.direction]])
            for b in CROSS
        ]

    def _draw(self, logits):
        states = logits.shape[-1]
        return torch.nn.functional.one_hot(Categorical(logits=logits).sample(), states).double()

    def _bonds(self, couplings, features):
        return [torch.einsum("nd,dst->nst", couplings, f) for f in features]

    def teacher_samples(self, couplings):
        bonds = self._bonds(couplings, self.teacher)
        shape = (len(couplings), self.samples, self.visible)
        x = [self._draw(torch.zeros(shape)) for _ in range(4)]
        for _ in range(BURN_IN):
            z = []
            for site in range(4):
                logits = sum(
                    torch.einsum("nst,nmt->nms", k, x[b.target])
                    for k, b in zip(bonds, SQUARE, strict=True)
                    if b.source == site
                )
                z.append(self._draw(logits))
            for site in range(4):
                logits = sum(
                    torch.einsum("nst,nms->nmt", k, z[b.source])
                    for k, b in zip(bonds, SQUARE, strict=True)
                    if b.target == site
                )
                x[site] = self._draw(logits)
        return x

    def _centre_logits(self, bonds, x):
        return sum(torch.einsum("nst,nms->nmt", k, v) for k, v in zip(bonds, x, strict=True))

    def _statistics(self, bonds, x):
        centre = torch.softmax(self._centre_logits(bonds, x), dim=-1)
        return (
            sum(
                torch.einsum("dst,nms,nmt->nd", f, v, centre)
                for f, v in zip(self.student, x, strict=True)
            )
            / self.samples
        )

    def gradient(self, teacher, student):
        data = self.teacher_samples(teacher)
        bonds = self._bonds(student, self.student)
        x = data
        for _ in range(SWEEPS):
            z = self._draw(self._centre_logits(bonds, x))
            x = [self._draw(torch.einsum("nst,nmt->nms", k, z)) for k in bonds]
        return self._statistics(bonds, x) - self._statistics(bonds, data)


def medians(*functions):
    """Return the median seconds of each function, called in turn."""
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(ROUNDS):
        for record, function in zip(times, functions, strict=True):
            begin = time.perf_counter()
            function()
            record.append(time.perf_counter() - begin)
    return [statistics.median(record) for record in times]


def noise(estimate, gradient):
    return np.linalg.norm(estimate - gradient) / np.linalg.norm(gradient)


def measure(point, samples):
    model = SpinModel(cyclic(2).irrep("odd"), C4v(point))
    block = rg_block(model)
    rng = np.random.default_rng(0)
    teacher, student = 0.5 * rng.normal(size=(2, BATCH, len(block.teacher)))
    torch_teacher, torch_student = torch.tensor(teacher), torch.tensor(student)
    one_hot = OneHotDivergence(block, samples)

    def exact():
        return kl_and_gradient(block, teacher, student)[1]

    def dense():
        variable = torch_student.clone().requires_grad_()
        reference.kl_divergence(block, torch_teacher, variable).sum().backward()
        return variable.grad.numpy()

    def torch_cd():
        return one_hot.gradient(torch_teacher, torch_student).numpy()

    def gibbs_cd():
        return contrastive_divergence(block, teacher, student, rng, samples, SWEEPS, BURN_IN)

    assert np.allclose(exact(), dense(), rtol=1e-10, atol=1e-12)
    times = medians(exact, dense, torch_cd, gibbs_cd)
    ratios = [t / times[0] for t in times]
    return (
        f"| {point} | {samples} | {1e3 * times[0]:.2f} ms | {ratios[1]:.0f} × "
        f"| {ratios[2]:.0f} × | {ratios[3]:.0f} × "
        f"| {noise(torch_cd(), exact()):.0%} | {noise(gibbs_cd(), exact()):.0%} |"
    )


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(f"{BATCH} couplings, one core, CD-{SWEEPS} after {BURN_IN} teacher sweeps; medians")
    print(
        "| spins | CD samples a coupling | exact loss and gradient | dense torch "
        "| one-hot torch CD | our CD | noise of torch CD | noise of our CD |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for point in ("A1", "A1+E"):
        for samples in (8, 512):
            print(measure(point, samples), flush=True)


if __name__ == "__main__":
    main()
