"""How the exact loss grows with the spins, the batch and the cores, with fitted exponents.

Three panels and a table: time of one loss with gradient against the number of states N of a spin
(Ising spins with A1, B1 and E components, rotating frame); time against the number of couplings;
time against threads. Exponents are least-squares slopes of the logarithms over the larger half of
the range, beside what counting says: between N⁴, one logarithm for every orbit, and N⁵, one sum
over the centre; 1 for the batch; −1 for threads as long as there are cores.
"""

import argparse
import os
import statistics
import time
from pathlib import Path

import matplotlib
import numpy as np

from mlrg.model import SpinModel
from mlrg.rbm.block import block_of
from mlrg.rbm.cost import exact_cost
from mlrg.rbm.exact import kl_and_gradient
from mlrg.symmetry import C4v, cyclic

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ISING = cyclic(2).irrep("odd")
POINTS = ["A1", "2A1", "A1+E", "2A1+E", "2A1+B1+E", "2A1+2E"]


def losses(block, batch, threads=(1,), rounds=7):
    """Median seconds of one call for each number of threads, measured in turn."""
    teacher, student = 0.5 * np.random.default_rng(0).normal(size=(2, batch, len(block.teacher)))
    times = [[] for _ in threads]
    kl_and_gradient(block, teacher, student)
    for _ in range(rounds):
        for record, count in zip(times, threads, strict=True):
            begin = time.perf_counter()
            kl_and_gradient(block, teacher, student, count)
            record.append(time.perf_counter() - begin)
    return [statistics.median(record) for record in times]


def slope(x, y):
    """Exponent of a power law through the points."""
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def panel(axis, x, y, fitted, label, expected):
    """Points, and the power law through those that are `fitted`; return its exponent."""
    x, y = np.array(x, dtype=float), 1e3 * np.array(y)
    exponent = slope(x[fitted], y[fitted])
    middle = np.exp(np.mean(np.log(y[fitted])) - exponent * np.mean(np.log(x[fitted])))
    axis.loglog(x, y, "o", color="black", ms=4)
    axis.loglog(
        x[fitted],
        middle * x[fitted] ** exponent,
        color="0.5",
        lw=1,
        label=f"exponent {exponent:.2f}, expected {expected}",
    )
    axis.set_xticks(x, [f"{value:g}" for value in x])
    axis.minorticks_off()
    axis.set_xlabel(label)
    return exponent


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default="figures/scaling.png")
    options = parser.parse_args()

    states, seconds, predicted = [], [], []
    for point in POINTS:
        block = block_of(SpinModel(ISING, C4v(point)))
        batch = 64 if block.states < 32 else 2
        states.append(block.states)
        seconds.append(losses(block, batch, rounds=7 if block.states < 32 else 3)[0] / batch)
        predicted.append(exact_cost(block).seconds)

    block = block_of(SpinModel(ISING, C4v("2A1+E")))
    batches = [1, 2, 4, 8, 16, 32, 64, 128]
    by_batch = [losses(block, batch)[0] for batch in batches]
    cores = os.cpu_count() or 1
    threads = list(range(1, 2 * cores + 1))
    by_threads = losses(block, 64, threads, rounds=41)

    figure, axes = plt.subplots(1, 3, figsize=(9.6, 3.1), layout="constrained")
    axes[0].loglog(
        states, 1e3 * np.array(predicted), "x", color="tab:red", label="predicted before the run"
    )
    large, within = slice(len(states) // 2, None), slice(0, cores)
    rows = [
        (
            "states N, larger half",
            panel(axes[0], states, seconds, large, "states N of a spin", "4 to 5"),
            "4 to 5",
        ),
        (
            "batch",
            panel(axes[1], batches, by_batch, slice(None), "couplings in a batch (N = 16)", "1"),
            "1",
        ),
    ]
    if cores > 1:
        exponent = panel(
            axes[2], threads, by_threads, within, "threads (N = 16, 64 couplings)", "−1"
        )
        rows.append((f"threads, up to {cores} cores", exponent, "−1"))
    axes[2].axvline(cores, color="0.8", lw=1, ls="--", label=f"{cores} cores")
    top = 1e3 * max(by_threads)
    axes[2].set_ylim(top / 4, 2 * top)
    ticks = [top * factor for factor in (0.25, 0.5, 1.0, 2.0)]
    axes[2].set_yticks(ticks, [f"{tick:.3g}" for tick in ticks])
    axes[0].set_ylabel("loss and gradient (ms)")
    for axis in axes:
        axis.legend(frameon=False, fontsize=8, loc="upper left")
    print("| cost of the exact loss against | fitted exponent | expected |")
    print("|---|---|---|")
    for label, exponent, expected in rows:
        print(f"| {label} | {exponent:.2f} | {expected} |")

    path = Path(options.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    print(f"\nfigure written to {path}")


if __name__ == "__main__":
    main()
