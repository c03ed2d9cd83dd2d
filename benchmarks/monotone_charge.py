"""C of a learned flow beside the central charge, where the couplings hold a tricritical point.

One moderator is fitted to the exact map of block tensors with Blume–Capel spins, from flows that
start all over the plane of J and of the price d of a spin. At large d its transition is of first
order, and between lies the tricritical Ising point, c = 7/10. C is read where critical flows have
come after eight learned steps, c of the exact map where exact flows have.

    python benchmarks/monotone_charge.py [--seeds 2] [--rounds 6] [--steps 400] [--runs DIR]
"""

import argparse
from pathlib import Path

import numpy as np

import mlrg
from mlrg.flow.handed_over import STEPS, handed_over_transition

SPINS, VACANCIES = np.array([1.0, 0.0, -1.0, 0.0, 0.0]), np.array([-1.0, -0.5, -1.0, -0.5, 0.0])
HIGHEST = 3.4
# Steps over which the free energy is summed that c is read with.
SUMMED = 40
# Prices of an Ising transition and of one of first order, and the width to which the one between
# is told; the flow from there passes the tricritical point.
ISING, FIRST_ORDER, WIDTH = 0.0, 3.0, 1e-4


def line(price: float) -> mlrg.Ray:
    """Return the line of all J at one price."""
    return mlrg.Ray(tuple(SPINS), tuple(price * VACANCIES))


def tricritical(space) -> float:
    """Return the price at which transitions of the exact map become of first order."""
    low, high = ISING, FIRST_ORDER
    while high - low > WIDTH:
        middle = (low + high) / 2
        found = mlrg.critical(space, 0.05, HIGHEST, along=line(middle), tolerance=1e-12)
        low, high = (low, middle) if found.order == "first" else (middle, high)
    return (low + high) / 2


def main() -> None:
    """Train, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--flows", type=int, default=64)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--runs", type=Path, help="keep what is trained here, and go on from it")
    options = parser.parse_args()
    states = ((-1,), (0,), (1,))
    model = mlrg.SpinModel("Z2:odd", "A1", family="pair", states=states)
    student = mlrg.Tensor(model, 4, mlrg.BondWeighted(0.0))
    space = student.couplings
    config = mlrg.TrainingConfig(
        flow="shared",
        steps=0,
        refinements=options.rounds,
        refinement_steps=options.steps,
        refinement_flows=options.flows,
        refinement_pairs="exact",
        hidden=(48, 48),
        high=HIGHEST,
        plane=tuple(VACANCIES),
        plane_high=3.2,
        spread=0.25,
        gauge="none",
        walk_steps=16,
    )
    resume = options.runs is not None and options.runs.exists()
    run = mlrg.train(
        student,
        seeds=options.seeds,
        config=config,
        out=options.runs,
        resume=resume,
        workers=options.workers,
        progress=True,
    )
    prices = {"Ising": ISING, "tricritical Ising": tricritical(space), "first order": FIRST_ORDER}
    print(f"\ntricritical point of the exact map: d = {prices['tricritical Ising']:.4f}\n")
    models = " | ".join(f"C − C(0), seed {seed}" for seed in run.seeds)
    print(f"| fixed point | J of the map | c of the map | {models} | told by the map |")
    print("|" + "---|" * (4 + len(run.seeds)))
    for name, price in prices.items():
        there = line(price)
        exact = mlrg.critical(space, 0.05, HIGHEST, along=there, tolerance=1e-12).coupling
        flow = mlrg.follow(space, space.start(there.at(exact)), SUMMED)
        charge = flow.reading(STEPS, 2).central_charge
        values, errors = [], []
        for learned in run.maps:
            try:
                told = handed_over_transition(learned, along=there, ends=(0.05, HIGHEST))
            except mlrg.NoAnswerError:
                values.append("–")
                errors.append("–")
                continue
            point = learned.flowed(learned.starts(there.at([told])), float(STEPS))[0]
            values.append(f"{learned.monotone(point)[0]:.3f}")
            errors.append(f"{told - exact:+.1e}")
        print(
            f"| {name} | {exact:.5f} | {charge:.3f} | {' | '.join(values)} | {', '.join(errors)} |"
        )
    for name, coupling in (("paramagnet", 0.0), ("ferromagnet", HIGHEST)):
        rest = mlrg.follow(space, space.start(line(ISING).at(coupling)), SUMMED).points[-1]
        values = [
            f"{learned.monotone(learned.flowed(rest, float(STEPS)))[0]:.3f}" for learned in run.maps
        ]
        print(f"| {name} |  | 0 | {' | '.join(values)} |  |")


if __name__ == "__main__":
    main()
