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
from mlrg.errors import NoAnswerError
from mlrg.flow.blocks import rg_block
from mlrg.flow.config import TrainingConfig
from mlrg.flow.fixed_points import exponents
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.critical import critical_coupling
from mlrg.tensor.model import TensorModel
from mlrg.tensor.step import LEVIN_NAVE

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
# Steps of the exact map from the critical axis to its fixed point, as close as bisection allows.
STEPS = 18


def read(run, quantity: str) -> str:
    """Return a quantity as text, or a dash where no model has it."""
    try:
        return str(getattr(run, quantity))
    except NoAnswerError:
        return "–"


def exact_row(model: mlrg.SpinModel, states: int) -> str:
    """Return the exact map's own answers as a row."""
    found = critical_coupling(model, states, power=LEVIN_NAVE, tolerance=1e-13)
    space = rg_block(TensorModel(model, states))
    couplings = space.on_axis(np.array([found.critical_coupling]))
    for _ in range(STEPS):
        couplings = space.rg_map(couplings)
    thermal = exponents(space.jacobian(couplings[0]))[0]
    cells = (states, space.dimension, "exact map", f"{found.critical_coupling:.4f}", "", thermal)
    return "| {} | {} | {} | {} | {} | {:.3f} | 0 | 0 | |".format(*cells)


def row(run, states: int) -> str:
    """Return what an ensemble learned as a row."""
    axis = np.mean([found.regret_bits[:ON_AXIS].mean() for found in run.diagnosis])
    box = np.mean([found.regret_bits[ON_AXIS:].mean() for found in run.diagnosis])
    shares = run.diagnosis[0].antisymmetric
    try:
        thermal = str(run.exponents[0])
    except NoAnswerError:
        thermal = "–"
    cells = (
        states,
        run.block.dimension,
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
    model = mlrg.SpinModel(parse_internal("Z2:odd"), C4v("A1"))
    print(
        "| states | couplings | flow | argmax C | crossing of Z | y_t | regret on axis (bit) |",
        end="",
    )
    print(" regret in box (bit) | antisymmetric share, axis / box |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for states in options.states:
        print(exact_row(model, states), flush=True)
        for flow in options.flows:
            config = TrainingConfig(
                flow=flow, learning_rate=RATES[flow], steps=options.steps, **SETTINGS
            )
            run = mlrg.train(
                TensorModel(model, states), seeds=options.seeds, config=config, progress=False
            )
            print(row(run, states), flush=True)
            if flow == "gradient":
                name = options.out / f"monotone-{states}.png"
                run.plot.monotone().savefig(name, dpi=150)


if __name__ == "__main__":
    main()
