"""Flows learned to the precision of their maps: ten seeds beside the exact map.

Moderators with a metric that all couplings share are fitted to exact maps of block tensors
(`mlrg.flow.refinement`), without a step of proposals. For every seed the transition of the learned
flow, the maximum of C, the crossing of Z at ℓ = 6 and y_t at its fixed point stand beside those of
the exact map; the shift is the flow's own estimate of its error. C is read at ℓ = 6 and at 8, where
less is left of the irrelevant part of the velocity, which moves its maximum. *Told by the map* is
the transition of eight learned steps after which the exact map says what phase they lead to. Where
a learned flow has no fixed point of its own, its y is that of the steps that lead to ℓ = 6. Rings
alternate from step to step, so that pairs of them are two steps apart. Minutes are those of the
last call where `--runs` has kept some of the training.

    python benchmarks/refinement.py [--maps ring-2 …] [--seeds 10] [--workers 2] [--out docs/tensor]
"""

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

import mlrg
from mlrg.analysis.estimate import Estimate
from mlrg.analysis.literature import universality
from mlrg.flow.axis_curves import maximum, z_crossing

# RG scale at which C and Z are read: corrections of the first steps are gone by then.
SCALE, LATE = 6.0, 8.0
ISING, POTTS = ("Z2:odd", 0.0, 1.2), ("S3:standard", 0.4, 1.7)
# Spins with the trained range of J0, students, steps between the couplings of a pair.
MAPS = {
    "ring-2": (ISING, lambda spins: mlrg.Tensor(spins, 2, mlrg.Ring()), 2),
    "ring-4": (ISING, lambda spins: mlrg.Tensor(spins, 4, mlrg.Ring()), 2),
    "tensor-2": (ISING, lambda spins: mlrg.Tensor(spins, 2, mlrg.BondWeighted(0.0)), 1),
    "tensor-4": (ISING, lambda spins: mlrg.Tensor(spins, 4, mlrg.BondWeighted(0.0)), 1),
    "potts-3": (POTTS, lambda spins: mlrg.Tensor(spins, 3, mlrg.Ring()), 2),
    "ashkin-teller": (
        ("D4:E", 0.5, 2.0),
        lambda spins: mlrg.Tensor(spins, 4, mlrg.BondWeighted(0.0)),
        1,
    ),
    "potts-4": (
        ("S4:standard", 0.5, 2.0),
        lambda spins: mlrg.Tensor(spins, 4, mlrg.BondWeighted(0.0)),
        1,
    ),
}
# Transitions by name, in the order of the tables.
READINGS = {
    "transition": "transition of the flow",
    "handed_over": "told by the map",
    "maximum": "argmax C, ℓ = 6",
    "late_maximum": "ℓ = 8",
    "crossing": "crossing of Z",
}
SETTINGS = {
    "flow": "shared",
    "steps": 0,
    "refinements": 6,
    "spread": 0.25,
    "gauge": "none",
    "walk_steps": 12,
}
# Settings of maps whose exact flows give pairs.
OURS = {
    "ring-4": {
        "refinement_pairs": "exact",
        "refinement_exponents": 0.01,
        "walk_steps": 16,
        "solver_steps": 1,
    },
    "potts-3": {"refinement_pairs": "both", "walk_steps": 20},
    "ashkin-teller": {"refinement_pairs": "exact", "refinement_exponents": 0.01, "walk_steps": 16},
    "potts-4": {"refinement_pairs": "exact", "refinement_exponents": 0.01, "walk_steps": 16},
}
# Layers as wide as the maps have couplings, 26 and 43, or wider.
HIDDEN = (24, 24)
WIDE = {"ring-4": (64, 64)} | dict.fromkeys(
    ("tensor-4", "potts-3", "ashkin-teller", "potts-4"), (32, 32)
)


def answers(run, question) -> list[float]:
    """Return an answer of every seed, NaN for none."""
    found, _ = run.each(question)
    return [np.nan if value is None else float(value) for value in found]


def entry(name: str, seeds: int, workers: int, settings: dict, runs: Path | None = None) -> dict:
    """Train and read one map, from what is there of it under `runs`; everything JSON-able."""
    (internal, low, high), make, stride = MAPS[name]
    student = make(mlrg.SpinModel(internal, "A1"))
    exact = mlrg.critical(student, tolerance=1e-9)
    ours = {"low": low, "high": high, "refinement_stride": stride, **OURS.get(name, {})}
    hidden = {"hidden": WIDE.get(name, HIDDEN)}
    config = mlrg.TrainingConfig(**{**SETTINGS, **ours, **hidden, **settings})
    begin = time.perf_counter()
    out = None if runs is None else runs / name
    resume = out is not None and out.exists()
    run = mlrg.train(
        student, seeds=seeds, config=config, out=out, resume=resume, workers=workers, progress=True
    )
    seconds = time.perf_counter() - begin

    def stored(name: str) -> np.ndarray:
        nothing = np.full(len(run.seeds), np.nan)
        return run.results[name].values if name in run.results else nothing

    own, told = stored("transition"), stored("handed_over")
    places = dict(zip(run.maps, np.where(np.isnan(told), own, told), strict=True))

    def late_growth(learned):
        return np.nan if np.isnan(places[learned]) else growth(learned, places[learned])

    exponents = run.results.get("exponents")
    known = universality(student.model)
    return {
        "map": name,
        "couplings": run.teacher.dimension,
        "seeds": list(run.seeds),
        "seconds": seconds,
        "exact_map": exact.coupling,
        "exact_model": None if known is None else known.critical_coupling,
        "exact_y": float(np.log(_slope(run.teacher, exact.coupling)) / _LOG_SCALE),
        "exact_growth": _exact_growth(run.teacher, exact.coupling, stride),
        "answer": run.results.attrs["answer"],
        "transition": own.tolist(),
        "handed_over": told.tolist(),
        "shift": stored(f"{run.results.attrs['answer']}_shift").tolist(),
        "maximum": answers(run, lambda learned: maximum(learned, SCALE)),
        "late_maximum": answers(run, lambda learned: maximum(learned, LATE)),
        "crossing": answers(run, lambda learned: z_crossing(learned, SCALE)),
        "y": [np.nan] * len(own) if exponents is None else exponents.values[:, 0].tolist(),
        "growth": answers(run, late_growth),
        "residual": [float(curves["round_residual"][-1]) for curves in run.curves],
        "settings": config.as_dict(),
    }


_LOG_SCALE = 0.5 * np.log(2.0)


def growth(learned, coupling: float) -> float:
    """Return y of the learned flow from the last pair of its critical flow before `SCALE`."""
    stride = learned.config.refinement_stride
    rows = learned.axis([coupling])
    rows = learned.flowed(rows, SCALE - stride)
    return _exponent(learned.jacobians(rows, stride)[0], stride)


def _exact_growth(space, coupling: float, stride: int) -> float:
    """Return the same of the exact map."""
    row, jacobian = space.axis(coupling), np.eye(space.dimension)
    for step in range(int(SCALE)):
        if step >= SCALE - stride:
            jacobian = space.jacobian(row) @ jacobian
        row = space.rg_map(row[None])[0]
    return _exponent(jacobian, stride)


def _exponent(jacobian: np.ndarray, steps: int) -> float:
    return float(np.log(np.abs(np.linalg.eigvals(jacobian)).max()) / (steps * _LOG_SCALE))


def _slope(space, coupling: float) -> float:
    """Return the largest eigenvalue of the exact map where its critical flow is slowest."""
    flow = [space.axis(coupling)]
    for _ in range(12):
        flow.append(space.rg_map(flow[-1][None])[0])
    moves = [np.linalg.norm(after - before) for before, after in pairwise(flow)]
    slowest = flow[int(np.argmin(moves)) + 1]
    return float(np.abs(np.linalg.eigvals(space.jacobian(slowest))).max())


def line(found: dict) -> str:
    """Return a row of the table: errors against the exact map."""

    def error(name: str) -> str:
        if name not in found:
            return "–"
        values = np.array(found[name]) - found["exact_map"]
        values = values[np.isfinite(values)]
        if not len(values):
            return "–"
        few = f" ({len(values)} of {len(found[name])})" if len(values) < len(found[name]) else ""
        return f"{values.mean():+.1e} ± {values.std(ddof=1) if len(values) > 1 else 0:.1e}{few}"

    values = [y for y in found["y"] if np.isfinite(y)]
    thermal = str(Estimate.of(values)) if values else "–"
    left = (
        np.array(found[found.get("answer", "transition")])
        + np.array(found["shift"])
        - found["exact_map"]
    )
    left = left[np.isfinite(left)]
    model = found["exact_model"]
    cells = (
        *(found["map"], found["couplings"], len(found["seeds"]), f"{found['exact_map']:.7f}"),
        "–" if model is None else f"{found['exact_map'] - model:+.1e}",
        *(error(name) for name in READINGS),
        f"{np.abs(left).max():.1e}" if len(left) else "–",
        *(f"{found['exact_y']:.4f}", thermal, f"{found['exact_growth']:.4f}"),
        str(Estimate.of([y for y in found["growth"] if np.isfinite(y)])),
        *(f"{np.mean(found['residual']):.1e}", f"{found['seconds'] / 60:.0f}"),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def seed_lines(found: dict) -> list[str]:
    """Return rows of a table of every seed: errors against the exact map's transition, and y."""
    nothing = [np.nan] * len(found["seeds"])
    errors = [
        [
            "–" if np.isnan(value) else f"{value - found['exact_map']:+.1e}"
            for value in found.get(name, nothing)
        ]
        for name in READINGS
    ]
    rows = zip(found["seeds"], *errors, found["growth"], strict=True)
    return [f"| {' | '.join(map(str, cells))} | {y:.4f} |" for *cells, y in rows]


def main() -> None:
    """Train, keep what was found, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maps", nargs="*", default=["ring-2"], help="none: print what is kept")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=SETTINGS["refinements"])
    parser.add_argument("--hidden", type=int, nargs="+", help="widths of the layers")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument(
        "--pairs", choices=("learned", "exact", "both"), help="whose flows give pairs"
    )
    parser.add_argument("--runs", type=Path, help="keep what is trained here, and go on from it")
    parser.add_argument("--out", type=Path, default=Path("docs/tensor"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / "learned.json"
    table = json.loads(kept.read_text()) if kept.exists() else {}
    settings = {
        "refinements": options.rounds,
        "refinement_steps": options.steps,
    }
    if options.pairs:
        settings["refinement_pairs"] = options.pairs
    if options.hidden:
        settings["hidden"] = options.hidden
    for name in options.maps:
        if name not in MAPS:
            parser.error(f"map {name!r} does not exist: choose from {', '.join(MAPS)}")
        table[name] = entry(name, options.seeds, options.workers, settings, options.runs)
        kept.write_text(json.dumps(table, indent=1) + "\n")
    texts = " | ".join(READINGS.values())
    print(f"| map | couplings | seeds | J0c of the map | its error | {texts} |", end="")
    print(" left by the flow's own estimate |", end="")
    print(" y of the map | y of the flow | y at ℓ = 6, map | flow | residual | minutes |")
    print("|" + "---|" * (12 + len(READINGS)))
    for name in MAPS:
        if name in table:
            print(line(table[name]))
    for name in options.maps or table:
        y = table[name]["exact_growth"]
        print(f"\n{name}, every seed; y at ℓ = 6 of the map {y:.4f}:\n")
        print(f"| seed | {texts} | y at ℓ = 6 |\n|" + "---|" * (2 + len(READINGS)))
        print("\n".join(seed_lines(table[name])))


if __name__ == "__main__":
    main()
