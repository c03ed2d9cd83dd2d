"""The paper's figures, drawn from our own data, with the paper's value beside ours.

Each figure is one function of an output directory; it writes the picture (PNG and PDF) and its data
(JSON), and returns the lines of the comparison. Figures of a trained ensemble share one run.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from mlrg.errors import UnknownNameError
from mlrg.flow.blocks import rg_block
from mlrg.flow.ensemble import load_run, train
from mlrg.flow.figures import style
from mlrg.flow.literature import ISING_EXACT
from mlrg.flow.run import Run
from mlrg.model import SpinModel
from mlrg.rbm.student import optimal_student
from mlrg.storage import make_directory, write_json
from mlrg.symmetry.families import cyclic
from mlrg.symmetry.point_group import C4v

FIG4_STUDENTS = ("A1", "A1+B1", "A1+E", "2A1", "2A1+E")


def ising(point: str) -> SpinModel:
    """Return the Ising model (Table II) with spins that carry this point representation."""
    return SpinModel(cyclic(2).irrep("odd"), C4v(point))


def ising_ensemble(out: Path, seeds: int) -> Run:
    """Return the ensemble of A1 moderators kept in this directory, trained if need be."""
    directory = out / "runs" / f"A1-{seeds}-seeds"
    train(ising("A1"), seeds=seeds, out=directory, resume=True, internal_name="Z2:odd")
    return load_run(directory)


def figure_4(out: Path, seeds: int) -> list[str]:
    """Smallest KL divergence of students with different centres."""
    couplings = np.linspace(0.0, 2.0, 81)
    curves = {}
    for point in FIG4_STUDENTS:
        block = rg_block(ising("A1"), ising(point))
        curves[point] = np.array([optimal_student(block, [j]).kl_bits for j in couplings])
    style.save(curves.smallest_kl(couplings, curves), out / "fig4")
    write_json(
        out / "fig4.json",
        {
            "teacher": couplings.tolist(),
            "kl_bits": {point: values.tolist() for point, values in curves.items()},
        },
    )
    lines = ["largest KL over 0 ≤ J ≤ 2 (the paper prints no numbers beside its curves):"]
    for point, values in curves.items():
        lines.append(f"  {point:7s} {values.max():.6f} bit at J = {couplings[values.argmax()]:.3f}")
    return lines


def figure_5(out: Path, seeds: int) -> list[str]:
    """The RG monotone and the beta function of A1."""
    run = ising_ensemble(out, seeds)
    style.save(run.plot.monotone(ISING_EXACT), out / "fig5")
    data = {name: values.tolist() for name, values in run.axis_curves.items()}
    write_json(out / "fig5.json", {**data, "critical_coupling": run.critical_coupling.as_dict()})
    return _comparison("maximum of C", run.critical_coupling)


def figure_7(out: Path, seeds: int) -> list[str]:
    """The monotone along the flow, panel (a)."""
    run = ising_ensemble(out, seeds)
    style.save(run.plot.monotone_flow(ISING_EXACT), out / "fig7a")
    _write_flow(out / "fig7a.json", run, run.flow_curves(run.monotone_curve))
    return _comparison("maximum of C at ℓ = 3", run.critical_coupling)


def figure_10(out: Path, seeds: int) -> list[str]:
    """The ground state degeneracy along the flow, panel (a)."""
    run = ising_ensemble(out, seeds)
    style.save(run.plot.degeneracy_flow(ISING_EXACT), out / "fig10a")
    _write_flow(out / "fig10a.json", run, run.flow_curves(run.degeneracy_curve))
    return _comparison("crossing of Z at ℓ = 2, 3", run.degeneracy_crossing)


FIGURES: dict[str, Callable[[Path, int], list[str]]] = {
    "fig4": figure_4,
    "fig5": figure_5,
    "fig7": figure_7,
    "fig10": figure_10,
}


def reproduce(names: list[str], out: Path, seeds: int = 10) -> None:
    """Draw the named figures into a directory and print the comparison of each.

    Raises
    ------
    UnknownNameError
        If a figure is not one of `FIGURES`.
    StorageError
        If the directory cannot be written.
    """
    chosen = list(FIGURES) if names in ([], ["all"]) else names
    for name in chosen:
        if name not in FIGURES:
            raise UnknownNameError(
                f"figure {name!r} is not available: choose from {', '.join(FIGURES)} or all"
            )
    make_directory(out)
    for name in chosen:
        lines = FIGURES[name](out, seeds)
        print(f"{name} → {out}", *lines, sep="\n  ")


def _comparison(method: str, estimate) -> list[str]:
    return [
        f"J0* of A1 by the {method}: {estimate} over {len(estimate.seeds)} seeds",
        f"the paper: 0.82 ± 0.02; exact Lieb lattice: {ISING_EXACT:.4f}",
    ]


def _write_flow(path: Path, run: Run, curves: dict[float, np.ndarray]) -> None:
    write_json(
        path,
        {
            "points": run.grid.tolist(),
            "curves": {f"{scale:g}": values.tolist() for scale, values in curves.items()},
        },
    )
