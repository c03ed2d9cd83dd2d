"""Times of the compiled kernels beside plain torch, and beside what this machine could do.

Five tables, all measured in one process on one core; every time is a median.

1. The machine: multiplications and additions a second of a matrix product (its peak), bytes a
   second of a triad, the time of one exponential.
2. Exact loss with gradient for 64 couplings, beside the dense torch reference; the fraction of the
   peak that its multiplications and additions reach, and of the bound that one gets by adding the
   time of its exponentials at the machine's own speed. Predicted is what `mlrg.rbm.cost` says.
3. The exact RG map: from a cold start (nine starts) and along a flow.
4. Gibbs updates a second, beside one-hot torch.
5. Contrastive divergence beside the exact gradient.

`make benchmark` starts it with one thread for every library.
"""

import statistics
import sys
import time
from pathlib import Path

import numba
import numpy as np
import torch
from one_hot import OneHotDivergence

from mlrg.analysis.trajectory import follow
from mlrg.model import SpinModel
from mlrg.rbm.block import block_of
from mlrg.rbm.cost import exact_cost
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rbm.exact import kl_and_gradient
from mlrg.rbm.gibbs import advance_student, advance_teacher, start_chains
from mlrg.rbm.star import Star
from mlrg.rbm.student import optimal_student
from mlrg.symmetry import C4v, cyclic, symmetric

# The oracle of the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
import reference

BATCH = 64
BURN_IN, SWEEPS = 10, 1
ISING, POTTS = cyclic(2).irrep("odd"), symmetric(3).irrep("standard")
# Spins, and the time in milliseconds that 64 losses should stay under.
LOSSES = [
    ("A1", ISING, "A1", 0.3),
    ("A1+E", ISING, "A1+E", 3.0),
    ("2A1+E", ISING, "2A1+E", 40.0),
    ("2A1+B1+E", ISING, "2A1+B1+E", 1500.0),
    ("3-state Potts A1", POTTS, "A1", 0.5),
]


def medians(*functions, rounds=7):
    """Return the median seconds of each function, called in turn."""
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for record, function in zip(times, functions, strict=True):
            begin = time.perf_counter()
            function()
            record.append(time.perf_counter() - begin)
    return [statistics.median(record) for record in times]


@numba.njit
def exponentials(x):
    total = 0.0
    for value in x:
        total += np.exp(value)
    return total


@numba.njit
def triad(a, b, c):
    for k in range(a.size):
        a[k] = b[k] + 3.0 * c[k]


def machine():
    """Return the peak in operations a second and the seconds of one exponential; print both."""
    size = 768
    left, right = np.random.default_rng(0).normal(size=(2, size, size))
    x = np.linspace(-1.0, 0.0, 4096)
    a, b, c = np.zeros((3, 8_000_000))
    product, small, stream = medians(
        lambda: left @ right, lambda: exponentials(x), lambda: triad(a, b, c)
    )
    peak, exponential = 2 * size**3 / product, small / x.size
    print("| this machine, one core | |")
    print("|---|---|")
    print(f"| matrix product | {peak / 1e9:.1f} GFLOP/s |")
    print(f"| triad | {24 * a.size / stream / 1e9:.1f} GB/s |")
    print(f"| exponential | {1e9 * exponential:.1f} ns |\n")
    return peak, exponential


def couplings(block, batch=BATCH):
    return 0.5 * np.random.default_rng(0).normal(size=(2, batch, len(block.teacher)))


def losses(peak, exponential):
    print(
        f"| exact loss, {BATCH} couplings | states | configurations ÷ orbits | group | time "
        "| target | dense torch | of peak | of bound | predicted |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for label, internal, point, target in LOSSES:
        block = block_of(SpinModel(internal, C4v(point)))
        teacher, student = couplings(block)
        # The reference lists every configuration of every set of couplings at once.
        part = max(1, min(BATCH, 2**24 // block.states**5))

        def dense(block=block, teacher=teacher, student=student, part=part):
            variable = torch.tensor(student[:part], requires_grad=True)
            fixed = torch.tensor(teacher[:part])
            reference.kl_divergence(block, fixed, variable).sum().backward()
            return variable.grad.numpy()

        def ours(block=block, teacher=teacher, student=student):
            return kl_and_gradient(block, teacher, student)[1]

        assert np.allclose(ours()[:part], dense(), rtol=1e-9, atol=1e-11)
        seconds, slow = medians(ours, dense, rounds=7 if block.states < 32 else 3)
        orbits, hidden = len(block.configurations), block.student.shape[2]
        # One sum over the centre and two scaled additions of rows for every orbit.
        operations = BATCH * 6 * hidden * orbits
        special = BATCH * (3 * block.states**2 + 4 * block.states * hidden + orbits)
        bound = operations / peak + special * exponential
        predicted = BATCH * exact_cost(block).seconds
        print(
            f"| {label} | {block.states} | {block.states**4 / orbits:.2f} | "
            f"{len(block.symmetries)} | {1e3 * seconds:.2f} ms | {target:g} ms | "
            f"{slow * BATCH / part / seconds:.0f} × | {operations / seconds / peak:.1%} | "
            f"{bound / seconds:.0%} | {1e3 * predicted:.2f} ms |",
            flush=True,
        )
    print()


def students():
    print("| exact RG map | couplings | cold, nine starts | along a flow | starts that agree |")
    print("|---|---|---|---|---|")
    for point in ("A1", "A1+E", "2A1+E"):
        star = Star(SpinModel(ISING, C4v(point)))
        block = star.block
        teacher = couplings(block)[0][0]
        answer = optimal_student(block, teacher)

        def cold(block=block, teacher=teacher):
            optimal_student(block, teacher)

        def flow(star=star, answer=answer):
            follow(star, answer.couplings, 4, near=(answer.couplings,))

        slow, fast = medians(cold, flow)
        print(
            f"| {point} | {len(teacher)} | {1e3 * slow:.0f} ms | {1e3 * fast / 4:.1f} ms a step "
            f"| {answer.agreeing} of {answer.starts} |",
            flush=True,
        )
    print()


def gibbs():
    print("| Gibbs sampling, 512 chains of 16 couplings | our updates | one-hot torch | ratio |")
    print("|---|---|---|---|")
    for point in ("A1", "A1+E", "2A1+E"):
        block = block_of(SpinModel(ISING, C4v(point)))
        teacher, student = couplings(block, 16)
        one_hot = OneHotDivergence(block, 512, burn_in=5)
        chains = start_chains(block, 16, 512, np.random.default_rng(0))
        bonds = one_hot.student_bonds(torch.tensor(student))
        begin = one_hot.teacher_samples(torch.tensor(teacher))
        for side, updates, ours, theirs in (
            (
                "teacher",
                8,
                lambda b=block, t=teacher, c=chains: advance_teacher(b, t, c, 5),
                lambda o=one_hot, t=teacher: o.teacher_samples(torch.tensor(t)),
            ),
            (
                "student",
                5,
                lambda b=block, s=student, c=chains: advance_student(b, s, c, 5),
                lambda o=one_hot, b=bonds, x=begin: o.student_samples(b, x, 5),
            ),
        ):
            fast, slow = medians(ours, theirs, rounds=5)
            count = 16 * 512 * 5 * updates
            print(
                f"| {point}, {side} | {count / fast / 1e6:.0f} million/s "
                f"| {count / slow / 1e6:.1f} million/s | {slow / fast:.0f} × |",
                flush=True,
            )
    print()


def noise(estimate, gradient):
    return np.linalg.norm(estimate - gradient) / np.linalg.norm(gradient)


def divergences():
    print(
        f"| CD-{SWEEPS} after {BURN_IN} teacher sweeps, {BATCH} couplings | samples | exact loss "
        "| one-hot torch CD | our CD | noise of torch CD | noise of our CD |"
    )
    print("|---|---|---|---|---|---|---|")
    for point in ("A1", "A1+E", "2A1+E"):
        block = block_of(SpinModel(ISING, C4v(point)))
        teacher, student = couplings(block)
        rng = np.random.default_rng(0)
        for samples in (8, 512) if point != "2A1+E" else (512,):
            one_hot = OneHotDivergence(block, samples, BURN_IN, SWEEPS)

            def exact(block=block, teacher=teacher, student=student):
                return kl_and_gradient(block, teacher, student)[1]

            def torch_cd(one_hot=one_hot, teacher=teacher, student=student):
                return one_hot.gradient(torch.tensor(teacher), torch.tensor(student)).numpy()

            def our_cd(block=block, teacher=teacher, student=student, samples=samples, rng=rng):
                return contrastive_divergence(
                    block, teacher, student, rng, samples, SWEEPS, BURN_IN
                )

            times = medians(exact, torch_cd, our_cd, rounds=5)
            print(
                f"| {point} | {samples} | {1e3 * times[0]:.2f} ms | {times[1] / times[0]:.0f} × "
                f"| {times[2] / times[0]:.1f} × | {noise(torch_cd(), exact()):.0%} "
                f"| {noise(our_cd(), exact()):.0%} |",
                flush=True,
            )
    print()


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    losses(*machine())
    students()
    gibbs()
    divergences()


if __name__ == "__main__":
    main()
