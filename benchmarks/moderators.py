"""Moderators at the paper's scale: representation × loss × frame × kind of flow.

Trains every ensemble of the table, or goes on where it was interrupted, and prints the table in
Markdown: critical couplings with their spread over seeds, KL and regret along the flow from the
exact critical coupling, the time. ``--write FILE`` puts it into a file, with a figure beside it.
Everything takes about an hour on two cores; ``--only`` picks rows by the text of their name.
"""

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import mlrg
from mlrg.analysis.estimate import spread
from mlrg.analysis.literature import ISING_EXACT
from mlrg.flow.axis_curves import maximum, z_crossing
from mlrg.flow.diagnostics import along_flow
from mlrg.storage import make_directory, read_json, write_bytes, write_json

# How rows say which gauge copies they were trained on.
GAUGES = {"domain": "", "none": ", all gauge copies", "invariant": ", invariant C"}
LARGE = {"steps": 4000, "hidden": (64, 64), "learning_rate": 0.003}
SAMPLED = {**LARGE, "steps": 1000, "cd_samples": 64, "cd_burn_in": 20}
STEPS = 4


@dataclass(frozen=True)
class Row:
    """One ensemble."""

    point: str
    frame: str = "rotating"
    seeds: int = 10
    settings: dict = field(default_factory=dict)

    @property
    def config(self) -> mlrg.TrainingConfig:
        return mlrg.TrainingConfig(**self.settings)

    @property
    def name(self) -> str:
        gauge = {"domain": "", "none": " all copies", "invariant": " invariant C"}[
            self.config.gauge
        ]
        return f"{self.point} {self.frame} {self.config.flow} {self.config.loss}{gauge}"

    @property
    def model(self) -> mlrg.SpinModel:
        return mlrg.SpinModel("Z2:odd", self.point, frame=self.frame)


def rows() -> list[Row]:
    """Return every ensemble; the frames of A1 coincide."""
    table = [Row("A1"), *(Row("A1", "rotating", 4, {"loss": loss}) for loss in ("cd", "pcd"))]
    for point, frame, seeds in (
        ("A1+E", "rotating", 10),
        ("A1+E", "paper", 10),
        ("2A1+E", "rotating", 10),
        ("2A1+E", "paper", 2),
    ):
        table.append(Row(point, frame, seeds, LARGE))
    table.append(Row("A1+E", "rotating", 4, {**LARGE, "gauge": "none"}))
    for frame in ("rotating", "paper"):
        table.append(Row("A1+E", frame, 4, {**LARGE, "gauge": "invariant"}))
    for point, frame, seeds in (
        ("A1+E", "rotating", 4),
        ("A1+E", "paper", 2),
    ):
        table += [
            Row(point, frame, seeds, {**LARGE, "flow": kind}) for kind in ("metric", "vector")
        ]
    for frame in ("rotating", "paper"):
        table += [Row("A1+E", frame, 2, {**SAMPLED, "loss": loss}) for loss in ("cd", "pcd")]
    table += [Row("2A1+E", "rotating", 2, {**LARGE, "flow": kind}) for kind in ("vector", "metric")]
    fisher = {**LARGE, "flow": "fisher", "solver_steps": 1, "steps": 2000}
    table.append(Row("A1+E", "rotating", 2, fisher))
    return table


def directory_of(row: Row, out: Path) -> Path:
    """Return where a row is kept."""
    return out / row.name.replace(" ", "-").replace("+", "_")


def train(row: Row, out: Path) -> tuple[mlrg.Run, float]:
    """Train a row or read it; return it with the seconds that it took in all."""
    directory = directory_of(row, out)
    clock = directory / "seconds.json"
    spent = read_json(clock) if clock.exists() else 0.0
    if (directory / "results.nc").exists():
        return mlrg.load_run(directory), spent
    begin = time.perf_counter()
    run = mlrg.train(
        mlrg.Star(row.model),
        seeds=row.seeds,
        config=row.config,
        out=directory,
        resume=True,
        progress=False,
    )
    write_json(clock, spent + time.perf_counter() - begin)
    return run, spent + time.perf_counter() - begin


def answers(run: mlrg.Run, question) -> list:
    """Return the answers of the flows that have one."""
    return [found for found in run.each(question)[0] if found is not None]


def summary(row: Row, run: mlrg.Run, seconds: float) -> dict:
    """Return what the table and the figure show of one ensemble."""
    along = answers(run, lambda learned: along_flow(learned, ISING_EXACT, STEPS))
    steps = slice(0, STEPS)
    return {
        "row": row,
        "kl": np.mean([path.kl_bits[steps] for path in along], axis=0),
        "regrets": np.mean([path.regret_bits[steps] for path in along], axis=0),
        "maxima": answers(run, maximum),
        "crossings": answers(run, z_crossing),
        "paths": along,
        "regret": run.regret_bits,
        "seconds": seconds,
    }


def table(entries: list[dict]) -> list[str]:
    """Return the table of critical couplings, KL and regret."""
    lines = [
        "| representation | frame | flow | loss | models | J0*, maximum of C | J0*, crossing of Z "
        "| KL at ℓ = 0, 1, 2, 3 (bit) | regret there (bit) | mean regret, axis and box | minutes |",
        "|" + "---|" * 11,
    ]
    for entry in entries:
        row = entry["row"]
        cells = [
            row.point,
            "either" if row.point == "A1" else row.frame,
            row.config.flow + GAUGES[row.config.gauge],
            row.config.loss,
            str(row.seeds),
            spread(entry["maxima"], row.seeds) if row.config.flow != "vector" else "no C",
            spread(entry["crossings"], row.seeds),
            " ".join(f"{value:.3f}" for value in entry["kl"]),
            " ".join(f"{value:.3f}" for value in entry["regrets"]),
            f"{entry['regret'].mean:.4f}",
            f"{entry['seconds'] / 60:.1f}" if entry["seconds"] else "not timed",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def errors(entry: dict) -> list[str]:
    """Return where the error of one ensemble enters: RG step by step, component by component."""
    along = entry["paths"]
    names = [f"J{d}" for d in range(along[0].teachers.shape[1])]
    lines = [
        f"{entry['row'].name.replace(' exact', '')}, from J0 = {ISING_EXACT:.6f}:",
        "",
        "| ℓ | KL | smallest KL | "
        + " | ".join(f"{name}: J(ℓ), J(ℓ+1) − R(J(ℓ))" for name in names)
        + " |",
        "|" + "---|" * (3 + len(names)),
    ]
    for step in range(STEPS):
        teacher = np.mean([path.teachers[step] for path in along], axis=0)
        error = [path.students[step] - path.best_students[step] for path in along]
        size = np.sqrt(np.mean(np.square(error), axis=0))
        cells = [f"{a:.2f}, {b:.2f}" for a, b in zip(teacher, size, strict=True)]
        kl = np.mean([path.kl_bits[step] for path in along])
        best = np.mean([path.best_kl_bits[step] for path in along])
        lines.append(f"| {step} | {kl:.3f} | {best:.3f} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def draw(entries: list[dict], path: Path) -> None:
    """Draw critical couplings of every model and regret along the flow."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4.6), layout="constrained")
    names = []
    for place, entry in enumerate(entries):
        row = entry["row"]
        frame = "" if row.point == "A1" else f", {row.frame}"
        gauge = ", all copies" if row.config.gauge == "none" else ""
        names.append(f"{row.point}{frame}, {row.config.flow}, {row.config.loss}{gauge}")
        for values, marker, label in (
            (entry["maxima"], "o", "maximum of C"),
            (entry["crossings"], "x", "crossing of Z"),
        ):
            left.plot(
                values,
                np.full(len(values), place) + (0.15 if marker == "x" else -0.15),
                marker,
                color="black" if marker == "x" else "tab:blue",
                markersize=4,
                linestyle="",
                label=label if place == 0 else None,
            )
        for step, value in enumerate(entry["regrets"]):
            right.plot(
                max(value, 1e-6),
                place,
                "osD^"[step],
                color=f"{0.15 * step}",
                markersize=5,
                markerfacecolor="none",
                label=f"ℓ = {step}" if place == 0 else None,
            )
    left.axvline(ISING_EXACT, linestyle="--", color="gray", label="exact, 0.7643")
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.invert_yaxis()
    left.set_xlabel(r"critical coupling $J_0^*$")
    left.set_xlim(0.0, 1.6)
    right.set_yticks(range(len(names)), [])
    right.invert_yaxis()
    right.set_xscale("log")
    right.set_xlabel("regret (bit)")
    for axis in (left, right):
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=4)
    figure.savefig(path, dpi=150)


def exact_lines(points: list[tuple[str, str]]) -> list[str]:
    """Return the critical couplings of the exact RG map, which no training enters."""
    lines = [
        "| representation | frame | J0c of the exact map | KL along its critical flow (bit) |",
        "|---|---|---|---|",
    ]
    for point, frame in points:
        try:
            found = mlrg.critical(mlrg.Star(Row(point, frame).model), 0.2, 1.4, tolerance=1e-4)
            coupling = f"{found.coupling:.4f}"
            kl = " ".join(f"{step.cost:.3f}" for step in found.flow.steps[:8])
        except mlrg.NoAnswerError as error:
            coupling, kl = "none", str(error)
        frame = "either" if point == "A1" else frame
        lines.append(f"| {point} | {frame} | {coupling} | {kl} |")
    return [*lines, ""]


def report(entries: list[dict]) -> str:
    """Return the whole text."""
    detailed = [
        entry
        for entry in entries
        if entry["row"].config.loss == "exact" and entry["row"].config.flow == "gradient"
    ]
    where = [line for entry in detailed for line in errors(entry)]
    points = dict.fromkeys((entry["row"].point, entry["row"].frame) for entry in entries)
    return "\n".join([*table(entries), "", *exact_lines(list(points)), *where])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=Path("runs/moderators"))
    options.add_argument("--only", default="", help="text that the name of a row must contain")
    options.add_argument("--finished", action="store_true", help="rows that are trained already")
    options.add_argument("--write", type=Path, help="Markdown file for the table")
    options = options.parse_args()
    make_directory(options.out)
    entries = []
    for row in rows():
        trained = (directory_of(row, options.out) / "results.nc").exists()
        if options.only not in row.name or (options.finished and not trained):
            continue
        entries.append(summary(row, *train(row, options.out)))
        print("\n".join(table(entries[-1:])[2:]), flush=True)
    print()
    text = report(entries)
    print(text)
    if options.write:
        before = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
        head = before.split("<!-- table -->")[0]
        write_bytes(options.write, f"{head}<!-- table -->\n\n{text}".encode())
        draw(entries, options.write.with_suffix(".png"))


if __name__ == "__main__":
    sys.exit(main())
