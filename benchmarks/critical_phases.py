"""Ends of critical phases against the states of a leg, beside what other methods find.

Prints the tables of docs/continuous.md: temperatures on the square lattice, their own errors, how
many of them they are off, and the time of one search; then c of the XY model within its critical
phase, where two steps (the lattice turns with each) first change it least, and in the disordered
phase, after as many steps as the flow needs to arrive.
"""

import argparse
import time

import numpy as np

import mlrg
from mlrg.analysis.literature import CLOCK_TEMPERATURES, XY_TEMPERATURE

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--states", type=int, nargs="+", default=[21, 31, 41, 51])
parser.add_argument("--clock-states", type=int, nargs="+", default=[24, 36, 48])
parser.add_argument("--central-states", type=int, nargs="+", default=[41, 61, 81])
parser.add_argument("--parts", nargs="+", choices=("ends", "central"), default=["ends", "central"])
options = parser.parse_args()

CRITICAL, DISORDERED = 1.22, 1.02
# Steps that c is read over, and further ones for its free energy.
READ, LATER = 24, 15


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


def ends():
    """Print the table of temperatures."""
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


def central(states):
    """Print c of the XY model at two couplings."""
    rgmap = mlrg.Tensor(mlrg.SpinModel("O2:1", "A1"), states=states, lattice="square")
    begin = time.perf_counter()
    found = []
    for coupling in (CRITICAL, DISORDERED):
        flow = mlrg.follow(rgmap, rgmap.start([coupling]), READ + LATER)
        found.append(np.array([flow.reading(k).central_charge for k in range(READ)]))
    # The first steps see the lattice; later ones drift ever slower with what truncation did.
    moved = np.abs(found[0][2:] - found[0][:-2])[3:]
    step = 3 + int(np.argmax(np.diff(moved) > 0))
    value = 0.5 * (found[0][step] + found[0][step + 2])
    seconds = time.perf_counter() - begin
    print(
        f"| {states} | {value:.4f} | {step}, {step + 2} | {found[1][-1]:+.4f} | {seconds:.0f} |",
        flush=True,
    )


if "ends" in options.parts:
    ends()
if "central" in options.parts:
    print(f"\n| states | c at J = {CRITICAL} | steps | c at J = {DISORDERED} | s |")
    print("|---|---|---|---|---|")
    for count in options.central_states:
        central(count)
