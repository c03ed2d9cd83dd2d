"""Critical couplings of tensor students against their number of states: table and figure.

Every row is `mlrg critical --student tensor` for one model, method and size. Rows go to
``tensor.csv`` in the directory given as they are computed, and those that stand there are not
computed again; the table is printed and the figure drawn from the file. The star students are read
from the survey.

    python benchmarks/tensor.py [--out docs/tensor] [--quick]
"""

import argparse
import csv
import time
from pathlib import Path

import mlrg

SURVEY = Path("docs/survey/survey.csv")
FIELDS = (
    "internal",
    "method",
    "power",
    "states",
    "kept",
    "coupling",
    "exact",
    "first",
    "second",
    "central_charge",
    "degeneracy",
    "steps",
    "leg",
    "seconds",
)
SINGLE, MATCHED = "tensor", "ring"
# Rows of the rings of version 0.1, which stand in the file as they were computed.
NOT_FILTERED = "ring not filtered"
SPLITS = {SINGLE: mlrg.BondWeighted, MATCHED: mlrg.Ring}
SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32)
# (internal, method, k, sizes), quick ones first.
RUNS = (
    ("Z2:odd", SINGLE, -0.5, SIZES[:7]),
    ("Z2:odd", SINGLE, 0.0, (2, 4, 8, 16)),
    ("Z2:odd", MATCHED, 0.0, (2, 3, 4, 6, 8)),
    ("Z2:odd", MATCHED, -0.5, (2, 4, 8)),
    ("S3:standard", SINGLE, -0.5, (3, 4, 6, 8, 11, 16)),
    ("S3:standard", MATCHED, 0.0, (3, 6)),
    ("Z3:1", SINGLE, -0.5, (8,)),
    ("S4:standard", SINGLE, -0.5, (4, 9, 16)),
    ("Z4:1", SINGLE, -0.5, (4, 9, 16)),
    ("D4:E+B1", SINGLE, -0.5, (4, 9, 16)),
    ("Z5:1", SINGLE, -0.5, (5, 11, 17)),
    ("Z6:1", SINGLE, -0.5, (6, 12, 18)),
    ("Z2:odd", SINGLE, -0.5, SIZES[7:]),
    ("S3:standard", MATCHED, 0.0, (9,)),
    ("Z2:odd", MATCHED, 0.0, (12, 16)),
)
QUICK = 7


def row_of(internal: str, method: str, power: float, states: int) -> dict:
    """Compute one row."""
    student = mlrg.Tensor(mlrg.SpinModel(internal, "A1"), states, SPLITS[method](power))
    known = mlrg.literature.UNIVERSALITY.get(internal)
    exact = known.critical_coupling if known else None
    low, high = (0.93 * exact, 1.07 * exact) if exact and states > 2 else (None, None)
    begin = time.perf_counter()
    found = mlrg.critical(student, low, high, tolerance=1e-9)
    seconds = time.perf_counter() - begin
    levels = [*(level.dimension for level in found.levels[1:3]), None, None][:2]
    return {
        "internal": internal,
        "method": method,
        "power": power,
        "states": states,
        "kept": found.point.leg.dimension,
        "coupling": f"{found.coupling:.10g}",
        "exact": "" if exact is None else f"{exact:.10g}",
        "first": levels[0],
        "second": levels[1],
        "central_charge": found.central_charge,
        "degeneracy": found.degeneracy,
        "steps": found.steps,
        "leg": str(found.point.leg),
        "seconds": f"{seconds:.1f}",
    }


def read(path: Path) -> list[dict]:
    """Return the rows that stand in a file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key(row: dict) -> tuple:
    """Return what tells one row from another."""
    return row["internal"], row["method"], float(row["power"]), int(row["states"])


def compute(path: Path, runs) -> list[dict]:
    """Compute the rows that a file lacks, one by one, and return all."""
    rows = read(path)
    known = {key(row) for row in rows}
    for internal, method, power, sizes in runs:
        for states in sizes:
            if (internal, method, power, states) in known:
                continue
            row = {
                name: str(value) for name, value in row_of(internal, method, power, states).items()
            }
            rows.append(row)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, FIELDS)
                writer.writeheader()
                writer.writerows(rows)
            print(
                f"{internal} {method} k = {power:g}, {states} states: {row['coupling']}", flush=True
            )
    return rows


def table(rows: list[dict]) -> str:
    """Return the rows as a table."""
    lines = [
        "| model | student | k | states | J0c | error | relative | Δ1 | Δ2 | c | Z | s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=key):
        coupling, exact = float(row["coupling"]), row["exact"]
        error = ["–", "–"]
        if exact:
            error = [f"{coupling - float(exact):+.1e}", f"{coupling / float(exact) - 1:+.1e}"]
        numbers = [
            f"{float(row[name]):.5f}" if row[name] != "None" else "–"
            for name in ("first", "second", "central_charge", "degeneracy")
        ]
        asked, kept = row["states"], row["kept"]
        cells = [
            row["internal"],
            row["method"],
            f"{float(row['power']):g}",
            asked if kept == asked else f"{asked} ({kept} kept)",
            f"{coupling:.7f}",
            *error,
            *numbers,
            row["seconds"],
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ising_errors(rows: list[dict]) -> dict[str, list[tuple[int, float]]]:
    """Return the errors of the Ising coupling by method, star students from the survey."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for name, family in (("star, bilinear", "bilinear"), ("star, pair", "pair")):
        curves[name] = [
            (int(row["states"]), float(row["critical_coupling"]) - float(row["exact_coupling"]))
            for row in read(SURVEY)
            if row["internal"] == "Z2:odd"
            and row["point"] in ("A1", "2A1", "3A1")
            and row["frame"] == "paper"
            and row["family"] == family
            and row["critical_coupling"]
        ]
    names = {
        (SINGLE, 0.0): "tensor, k = 0",
        (SINGLE, -0.5): "tensor, k = −1/2",
        (MATCHED, 0.0): "ring, k = 0",
        (NOT_FILTERED, 0.0): "ring, k = 0, loops not filtered",
    }
    for row in sorted(rows, key=key):
        name = names.get((row["method"], float(row["power"])))
        if row["internal"] == "Z2:odd" and name:
            error = float(row["coupling"]) - float(row["exact"])
            curves.setdefault(name, []).append((int(row["kept"]), error))
    return curves


def main() -> None:
    """Compute, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/tensor"))
    parser.add_argument("--quick", action="store_true", help="only the runs of a few minutes")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows = compute(options.out / "tensor.csv", RUNS[:QUICK] if options.quick else RUNS)
    print(table(rows))
    figure = mlrg.figures.convergence_figure(
        ising_errors(rows), "Ising model: one RG step of √2, three students"
    )
    figure.savefig(options.out / "convergence.png", dpi=150)


if __name__ == "__main__":
    main()
