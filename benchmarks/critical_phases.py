"""Ends of critical phases against the states of a leg, beside what other methods find.

Prints the table of docs/continuous.md: temperatures on the square lattice, their own errors, how
many of them they are off, and the time of one search.
"""

import argparse
import time

import mlrg
from mlrg.analysis.literature import CLOCK_TEMPERATURES, XY_TEMPERATURE

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--states", type=int, nargs="+", default=[21, 31, 41, 51])
parser.add_argument("--clock-states", type=int, nargs="+", default=[24, 36, 48])
options = parser.parse_args()


def search(internal, states):
    rgmap = mlrg.Tensor(mlrg.SpinModel(internal, "A1"), states=states, lattice="square")
    begin = time.perf_counter()
    found = mlrg.critical(rgmap)
    return found, time.perf_counter() - begin


def row(name, states, end, known, seconds):
    value, error = 1 / end.coupling, end.error / end.coupling**2
    off = value - known
    print(
        f"| {name} | {states} | {value:.4f} ± {error:.4f} | {off:+.4f} | {abs(off) / error:.1f} | "
        f"{end.step} | {seconds:.0f} |",
        flush=True,
    )


print("| end | states | T | off | in errors | step | s |")
print("|---|---|---|---|---|---|---|")
for states in options.states:
    found, seconds = search("O2:1", states)
    row("XY", states, found.ends[0], XY_TEMPERATURE, seconds)
for order, known in CLOCK_TEMPERATURES.items():
    for states in options.clock_states:
        found, seconds = search(f"D{order}:E1", states)
        for side, end, value in zip(("disorder", "order"), found.ends, known, strict=True):
            row(f"Z{order}, {side}", states, end, value, seconds)
