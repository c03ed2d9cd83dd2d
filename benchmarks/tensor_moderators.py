"""Moderators over block tensors beside the exact tensor map: table and figures.

For legs of 2 and 4 states of the Ising model and every kind of flow, an ensemble is trained against
the exact tensor map (k = 0). The table has the critical coupling by the maximum of C and by the
crossing of Z, y_t at the learned fixed point, the regret on the axis and in the box, and the
antisymmetric share of the exact map's Jacobian there: what no gradient flow can follow.

Most teachers walk along the learned flow from the axis: of 26 couplings nearly every set is far
from any flow, and chains that explore them teach little of it.

    python benchmarks/tensor_moderators.py [--out docs/tensor] [--seeds 3] [--steps 3000]
"""

import argparse
from pathlib import Path

import numpy as np

import mlrg

SETTINGS = {
    "hidden": (64, 64),
    "high": 1.2,
    "spread": 0.25,
    "gauge": "none",
    "replicas": 1,
    "chains": 4,
    "walkers": 124,
    "walk_steps": 10,
}
# A metric has d(d + 1)/2 outputs, which longer steps of Adam drive to infinity.
RATES = {"gradient": 0.003, "metric": 0.001, "vector": 0.003}
# Points of a diagnosis that lie on the axis; the others are drawn from the box.
ON_AXIS = 8


def read(run, quantity: str) -> str:
    """Return a quantity as text, or a dash where no model has it."""
    try:
        return str(getattr(run, quantity))
    except mlrg.NoAnswerError:
        return "–"


def exact_row(student: mlrg.Tensor) -> str:
    """Return the exact map's own answers as a row."""
    found = mlrg.fixed_point(student.couplings)
    coupling = mlrg.critical(student).coupling
    cells = (
        *(student.states, student.couplings.dimension, "exact map"),
        *(f"{coupling:.4f}", "", found.exponents[0]),
    )
    return "| {} | {} | {} | {} | {} | {:.3f} | 0 | 0 | |".format(*cells)


def row(run, states: int) -> str:
    """Return what an ensemble learned as a row."""
    axis = np.mean([found.regret_bits[:ON_AXIS].mean() for found in run.diagnosis])
    box = np.mean([found.regret_bits[ON_AXIS:].mean() for found in run.diagnosis])
    shares = run.diagnosis[0].antisymmetric
    try:
        thermal = str(run.exponents[0])
    except mlrg.NoAnswerError:
        thermal = "–"
    cells = (
        states,
        run.teacher.dimension,
        run.config.flow,
        read(run, "critical_coupling"),
        read(run, "degeneracy_crossing"),
        thermal,
        f"{axis:.5f}",
        f"{box:.4f}",
        f"{shares[:ON_AXIS].mean():.2f} / {shares[ON_AXIS:].mean():.2f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Train, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/tensor"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--states", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--flows", type=str, nargs="+", default=list(RATES), choices=RATES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    model = mlrg.SpinModel("Z2:odd", "A1")
    print(
        "| states | couplings | flow | argmax C | crossing of Z | y_t | regret on axis (bit) |",
        end="",
    )
    print(" regret in box (bit) | antisymmetric share, axis / box |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for states in options.states:
        student = mlrg.Tensor(model, states, mlrg.BondWeighted(0.0))
        print(exact_row(student), flush=True)
        for flow in options.flows:
            config = mlrg.TrainingConfig(
                flow=flow, learning_rate=RATES[flow], steps=options.steps, **SETTINGS
            )
            run = mlrg.train(student, seeds=options.seeds, config=config, progress=False)
            print(row(run, states), flush=True)
            if flow == "gradient":
                name = options.out / f"monotone-{states}.png"
                run.plot.monotone().savefig(name, dpi=150)


if __name__ == "__main__":
    main()
