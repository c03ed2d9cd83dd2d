"""Do the stated errors of learned transitions hold? Intervals of many models beside what is exact.

Models of single tensors of two states are trained as in `benchmarks/refinement.py` and taken
together a few at a time, as a run of `mlrg train --seeds N` is. A run states ± over models, of the
flow and of the map (`mlrg analyze`); the first two in quadrature are its interval for the exact
map's transition, all three that for the model's. Counted is how often they hold it: a deviation of
a normal error holds 68 %.

    python benchmarks/coverage.py [--models 32] [--group 4] [--workers 2] [--out docs/tensor]
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import mlrg
from mlrg.analysis.literature import universality
from mlrg.flow.inheritance import inherited_shift

LOW, HIGH = 0.0, 1.2


def trained(models: int, workers: int, rounds: int, steps: int) -> dict:
    """Train and read the models; everything JSON-able."""
    student = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 2, mlrg.BondWeighted(0.0))
    config = mlrg.TrainingConfig(
        flow="shared",
        steps=0,
        refinements=rounds,
        refinement_steps=steps,
        hidden=(24, 24),
        low=LOW,
        high=HIGH,
        spread=0.25,
        gauge="none",
        walk_steps=12,
    )
    begin = time.perf_counter()
    run = mlrg.train(student, seeds=models, config=config, workers=workers, progress=True)
    seconds = time.perf_counter() - begin

    def transition(learned):
        return mlrg.critical(learned, LOW, HIGH, tolerance=1e-9).coupling

    found, _ = run.each(transition)
    shifts, _ = run.each(lambda learned: inherited_shift(learned, transition(learned)))
    exact, finer = (
        mlrg.critical(each, LOW, HIGH).coupling for each in (student, run.teacher.finer)
    )
    return {
        "transition": found,
        "shift": shifts,
        "exact_map": exact,
        "exact_model": universality(student.model).critical_coupling,
        "truncation": abs(finer - exact),
        "seconds": seconds,
    }


def holds(found: dict, group: int) -> dict[str, tuple[int, int]]:
    """Return how many intervals hold what they are of, and how many there are."""
    values, shifts = (np.array(found[name], dtype=float) for name in ("transition", "shift"))
    alive = np.isfinite(values) & np.isfinite(shifts)
    values, shifts = values[alive], shifts[alive]
    count = len(values) // group
    runs = values[: count * group].reshape(count, group)
    bias = np.sqrt((shifts[: count * group].reshape(count, group) ** 2).mean(axis=1))
    spread = runs.std(axis=1, ddof=1)
    ours = np.hypot(spread, bias)
    total = np.hypot(ours, found["truncation"])
    off, left = values - found["exact_map"], values + shifts - found["exact_map"]
    texts = {
        "a model, ± over models": np.abs(off) <= values.std(ddof=1),
        f"a model, ± of the flow of its run of {group}": np.abs(runs - found["exact_map"])
        <= bias[:, None],
        f"a model, ± both of its run of {group}": np.abs(runs - found["exact_map"])
        <= ours[:, None],
        f"mean of {group}, ± over models": np.abs(runs.mean(axis=1) - found["exact_map"]) <= spread,
        f"mean of {group}, ± of the flow": np.abs(runs.mean(axis=1) - found["exact_map"]) <= bias,
        f"mean of {group}, ± all three, the model's value": np.abs(
            runs.mean(axis=1) - found["exact_model"]
        )
        <= total,
    }
    print(
        f"{len(values)} models: off by {off.mean():+.1e} ± {off.std(ddof=1):.1e}, with their own "
        f"estimate by {left.mean():+.1e} ± {left.std(ddof=1):.1e}; correlation of error and "
        f"estimate {-np.corrcoef(off, shifts)[0, 1]:.2f}; {found['seconds'] / 60:.0f} minutes\n"
    )
    return {name: (int(held.sum()), held.size) for name, held in texts.items()}


def main() -> None:
    """Train unless it is kept, count, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=32, help="0: count in what is kept")
    parser.add_argument("--group", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--out", type=Path, default=Path("docs/tensor"))
    options = parser.parse_args()
    kept = options.out / "coverage.json"
    if options.models:
        options.out.mkdir(parents=True, exist_ok=True)
        found = trained(options.models, options.workers, options.rounds, options.steps)
        kept.write_text(json.dumps(found, indent=1) + "\n")
    found = json.loads(kept.read_text())
    counted = holds(found, options.group)
    print("| interval | holds | of | share |\n|---|---|---|---|")
    for name, (held, count) in counted.items():
        share = f"{held / count:.0%}" if count else "–"
        print(f"| {name} | {held} | {count} | {share} |")


if __name__ == "__main__":
    main()
