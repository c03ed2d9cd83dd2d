"""Figs. 5–8 and 10–12: what trained ensembles say, beside the paper and the exact RG map."""

import numpy as np
import xarray

from mlrg.analysis.critical import critical
from mlrg.analysis.estimate import spread
from mlrg.analysis.literature import ISING_DIMENSIONS, ISING_EXACT, PAPER_CRITICAL_COUPLING
from mlrg.analysis.phases import phases
from mlrg.analysis.readings import scaling_dimensions
from mlrg.errors import NoAnswerError
from mlrg.figures.planes import basin_map
from mlrg.figures.spectra import estimates
from mlrg.flow.axis_curves import CRITICAL_SCALES, DEFAULT_SCALE
from mlrg.flow.landscape import beside_plane, newton_basins, plane_grid, relevant_plane
from mlrg.flow.run import Run
from mlrg.rbm.star import Star
from mlrg.reports.paper.item import POINTS, Item, Row, Session

_EXACT = f"{ISING_EXACT:.4f}"
# RG steps within which the flow of a point of a plane has to settle.
_PHASE_STEPS = 40
_PAPER = f"{PAPER_CRITICAL_COUPLING[0]} ± {PAPER_CRITICAL_COUPLING[1]}"


def _note_convergence(item: Item, run: Run, point: str) -> None:
    regret = run.regret_bits.mean
    state = "converged" if run.converged else "NOT converged; trust no critical coupling of it"
    item.notes.append(
        f"{point}: {len(run.seeds)} models, seeds {run.seeds[0]}–{run.seeds[-1]}, "
        f"{run.config.steps} steps; KL above the optimum {regret:.5f} bit on average: {state}."
    )


def _draw(item: Item, session: Session, draw, suffix: str = "") -> None:
    """Keep a picture, or say why there is none."""
    try:
        session.keep(item, draw(), suffix)
    except NoAnswerError as error:
        item.notes.append(f"No picture {item.name}{suffix}: {error}.")


def figure_5(session: Session) -> Item:
    """Return the monotone and the beta function of A1."""
    item = Item("fig5", "Fig. 5: RG monotone and beta function of A1")
    run = session.run("A1")
    item.rows.append(
        Row(
            "J0*, maximum of C",
            spread(run.results["critical_coupling"].values, len(run.maps)),
            _PAPER,
            _EXACT,
        )
    )
    _note_convergence(item, run, "A1")
    _draw(item, session, lambda: run.plot.monotone(ISING_EXACT))
    session.write(item, run.results[["monotone", "beta_function"]].sel(scale=0.0))
    return item


def figure_6(session: Session) -> Item:
    """Return the flow diagram of A1+E."""
    item = Item("fig6", "Fig. 6: flow diagram of A1⊕E, one model")
    run = session.run("A1+E")
    _note_convergence(item, run, "A1+E")
    _draw(item, session, lambda: run.plot.flow_diagram())
    kept = [name for name in run.results if name.startswith("plane_")]
    session.write(item, run.results[kept])
    item.notes.append(
        "Fixed points within 0.5 of the plane are drawn, projected; their kind counts the relevant "
        "directions among all five couplings."
    )
    return item


def figure_7(session: Session) -> Item:
    """Return the monotone along the flow, panels (a) to (c)."""
    item = Item("fig7", "Fig. 7: the monotone along the flow")
    return _along(item, session, "maxima", "monotone")


def figure_10(session: Session) -> Item:
    """Return the degeneracy along the flow, panels (a) to (c)."""
    item = Item("fig10", "Fig. 10: the degeneracy along the flow")
    item.notes.append("Z is (T_abab)²/(T_acbc T_bdad); the paper's Eq. (23) prints the inverse.")
    return _along(item, session, "crossings", "degeneracy")


def _along(item: Item, session: Session, method: str, curve: str) -> Item:
    data = {}
    for letter, point in zip("abc", POINTS, strict=True):
        run = session.run(point)
        found = run.results[method]
        for scale in found["reading"].values:
            item.rows.append(
                Row(
                    f"({letter}) {point}, {method} at ℓ = {scale:g}",
                    spread(found.sel(reading=scale).values, len(run.maps)),
                    _PAPER if point == "A1" and scale == DEFAULT_SCALE else "",
                    _EXACT,
                )
            )
        _note_convergence(item, run, point)
        for name, reasons in run.results.attrs.items():
            if name.startswith(f"no {method}"):
                item.notes += [f"{point}, {name}: {reason}." for reason in reasons.splitlines()]
        plot = getattr(run.plot, f"{curve}_flow")
        _draw(item, session, lambda p=plot: p(ISING_EXACT), letter)
        if curve in run.results:
            data[point] = run.results[curve].rename(seed=f"seed {point}")
    session.write(item, xarray.Dataset(data))
    return item


def figure_8(session: Session) -> Item:
    """Return the critical coupling by three methods for each representation."""
    item = Item("fig8", "Fig. 8: critical coupling by representation")
    methods = {"maximum of C": [], "crossing of Z": [], "bisection, exact map": []}
    for point in POINTS:
        run = session.run(point)
        for label, method in (("maximum of C", "maxima"), ("crossing of Z", "crossings")):
            found = run.results[method]
            values = found.sel(reading=DEFAULT_SCALE).values
            methods[label].append(_mean_and_deviation(values))
            whole = found.values[:, np.isfinite(found.values).all(axis=0)]
            drift = np.ptp(whole, axis=0).max() if whole.size else np.nan
            item.rows.append(
                Row(
                    f"{point}, {label}",
                    spread(values, len(run.maps)),
                    _PAPER if point == "A1" else "closer to the exact value (figure only)",
                    _EXACT,
                    f"drift over ℓ = {CRITICAL_SCALES[0]:g}–{CRITICAL_SCALES[-1]:g}: {drift:.4f}",
                )
            )
        for frame in ("rotating", "paper")[: 1 if point == "A1" else 2]:
            value, text = _bisected(session, point, frame)
            if frame == "rotating":
                methods["bisection, exact map"].append(value)
            item.rows.append(Row(f"{point}, bisection on the exact map, {frame} frame", text))
        _note_convergence(item, run, point)
    item.notes.append(
        "Bisection finds one change of phase on the axis. For A1⊕E and 2A1⊕E the exact map has "
        "more: flows of neighbouring couplings end in different phases or run to infinity."
    )
    item.notes.append(
        "A larger representation does not bring the exact map's transition closer, so that what "
        "the moderators find for it is no sign of convergence either."
    )
    session.keep(
        item,
        estimates(POINTS, methods, r"critical coupling $J_{0*}$", ISING_EXACT, f"exact, {_EXACT}"),
    )
    _write_estimates(item, session, methods)
    return item


def _mean_and_deviation(values) -> tuple[float, float] | None:
    """Return both over the models that have a value; None if none has."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    return values.mean(), values.std(ddof=1) if values.size > 1 else 0.0


def _bisected(session: Session, point: str, frame: str):
    try:
        found = critical(Star(session.model(point, frame)), 0.0, 2.0, tolerance=1e-6)
    except NoAnswerError as error:
        return None, f"none: {error}"
    low, high = found.phases
    above = "an unknown one" if high is None else high
    return (found.coupling, 0.0), f"{found.coupling:.5f}, between degeneracy {low} and {above}"


def _write_estimates(item: Item, session: Session, methods: dict) -> None:
    nothing = (np.nan, np.nan)
    values = np.array([[value or nothing for value in row] for row in methods.values()])
    session.write(
        item,
        xarray.Dataset(
            {
                "mean": (("method", "point"), values[..., 0]),
                "deviation": (("method", "point"), values[..., 1]),
            },
            {"method": list(methods), "point": list(POINTS)},
        ),
    )


def figure_11(session: Session) -> Item:
    """Return the basins of Newton's method in the plane of Fig. 6."""
    item = Item("fig11", "Fig. 11: Newton's method on A1⊕E, one model")
    run = session.run("A1+E")
    _note_convergence(item, run, "A1+E")
    columns, rows = (13, 9) if session.quick else (33, 25)
    learned = run.maps[0]
    x, y = (np.linspace(line[0], line[-1], n)
            for line, n in zip(plane_grid(learned), (columns, rows), strict=True))  # fmt: skip
    try:
        plane = relevant_plane(learned)
    except NoAnswerError as error:
        item.notes.append(f"No picture: {error}.")
        return item
    steps, search = newton_basins(learned, plane, x, y)
    basin = search.basin.reshape(rows, columns)
    diagram = phases(learned, plane, x, y, limit=_PHASE_STEPS)
    marked = beside_plane(plane, search)
    session.keep(item, basin_map(plane.labels, x, y, steps, basin, marked))
    session.keep(item, diagram.plot(), "-phases")
    place = ("y", "x")
    session.write(
        item,
        xarray.Dataset(
            {
                "newton_step": ((*place, "axis"), steps),
                "basin": (place, basin, {"long_name": "fixed point number, −1 for none"}),
                "fixed_points": (
                    ("fixed_point", "component"),
                    np.array([point.couplings for point in search.points]).reshape(
                        -1, len(plane.origin)
                    ),
                ),
                "phases": (place, diagram.phases, {"long_name": "degeneracy, 0 for none"}),
                "boundary": (("critical_point", "axis"), diagram.boundary),
                "plane": (("axis", "component"), np.array([plane.first, plane.second])),
            },
            {"x": x, "y": y},
        ),
    )
    item.notes.append(
        "Newton's method runs in all five couplings from starts in the plane, with steps of at "
        "most 0.1. The second picture labels the same plane by the degeneracy that the learned "
        "flow settles on."
    )
    return item


def figure_12(session: Session) -> Item:
    """Return Δ1 at the learned fixed points for each representation."""
    item = Item("fig12", "Fig. 12: scaling dimension Δ1 by representation")
    values = {"learned fixed point": [], "critical coupling on the axis": []}
    for point in POINTS:
        run = session.run(point)
        levels = run.results.get("scaling_dimensions")
        learned = [] if levels is None else levels.values[:, 1]
        begin = run.results["degeneracy_crossing"].values
        on_axis = [
            scaling_dimensions(run.teacher, run.teacher.axis(coupling))[1]
            for coupling in begin[np.isfinite(begin)]
        ]
        for label, found in zip(values, (learned, on_axis), strict=True):
            values[label].append(_mean_and_deviation(found))
            item.rows.append(
                Row(
                    f"{point}, Δ1 at the {label}",
                    spread(found, len(run.maps)),
                    "approaches 1/8 (figure only)",
                    "0.1250",
                )
            )
        _note_convergence(item, run, point)
        reasons = run.results.attrs.get("no fixed_point", "").splitlines()
        item.notes += [f"{point}, no fixed point of {reason}." for reason in reasons]
    session.keep(
        item,
        estimates(
            POINTS, values, r"scaling dimension $\Delta_1$", ISING_DIMENSIONS[1], "exact, 1/8"
        ),
    )
    _write_estimates(item, session, values)
    return item
