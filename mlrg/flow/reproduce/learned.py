"""Figs. 5–8 and 10–12: what trained ensembles say, beside the paper and the exact RG map."""

import numpy as np
import xarray

from mlrg.errors import ConvergenceError
from mlrg.flow.blocks import rg_block
from mlrg.flow.critical import bisect
from mlrg.flow.estimate import spread
from mlrg.flow.figures.planes import basin_map, phase_map
from mlrg.flow.figures.spectra import estimates
from mlrg.flow.landscape import beside_plane, learned_phases, newton_basins, relevant_plane
from mlrg.flow.literature import ISING_DIMENSIONS, ISING_EXACT, PAPER_CRITICAL_COUPLING
from mlrg.flow.reproduce.item import POINTS, Item, Row, Session
from mlrg.flow.run import CRITICAL_SCALES, DEFAULT_SCALE, Run
from mlrg.flow.spectra import scaling_dimensions

_EXACT = f"{ISING_EXACT:.4f}"
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
    except ConvergenceError as error:
        item.notes.append(f"No picture {item.name}{suffix}: {error}.")


def figure_5(session: Session) -> Item:
    """Return the monotone and the beta function of A1."""
    item = Item("fig5", "Fig. 5: RG monotone and beta function of A1")
    run = session.run("A1")
    found = session.estimates("A1")["maximum"]
    item.rows.append(
        Row(
            "J0*, maximum of C",
            spread(found.at(DEFAULT_SCALE).seeds, len(run.flows)),
            _PAPER,
            _EXACT,
        )
    )
    _note_convergence(item, run, "A1")
    _draw(item, session, lambda: run.plot.monotone(ISING_EXACT))
    curves = run.axis_curves
    session.write(
        item,
        xarray.Dataset(
            {name: (("seed", "coupling"), curves[name]) for name in ("monotone", "beta")},
            {"seed": list(run.seeds), "coupling": curves["points"]},
        ),
    )
    return item


def figure_6(session: Session) -> Item:
    """Return the flow diagram of A1+E."""
    item = Item("fig6", "Fig. 6: flow diagram of A1⊕E, one model")
    run = session.run("A1+E")
    _note_convergence(item, run, "A1+E")
    _draw(item, session, lambda: run.plot.flow_diagram())
    _write_plane(item, session, run)
    item.notes.append(
        "Fixed points within 0.5 of the plane are drawn, projected; their kind counts the relevant "
        "directions among all five couplings."
    )
    return item


def _write_plane(item: Item, session: Session, run: Run) -> None:
    flow = run.flows[0]
    try:
        plane = relevant_plane(run, flow)
    except ConvergenceError as error:
        item.notes.append(f"No plane: {error}.")
        return
    x = np.linspace(run.config.low, run.config.high, 33)
    y = np.linspace(-run.config.spread, run.config.spread, 25)
    couplings = plane.grid(x, y)
    shape = (len(y), len(x), couplings.shape[1])
    place = ("y", "x", "component")
    session.write(
        item,
        xarray.Dataset(
            {
                "couplings": (place, couplings.reshape(shape)),
                "velocity": (place, run.velocity(flow, couplings).reshape(shape)),
                "monotone": (("y", "x"), run.monotone(flow, couplings).reshape(shape[:2])),
            },
            {"x": x, "y": y},
        ),
    )


def figure_7(session: Session) -> Item:
    """Return the monotone along the flow, panels (a) to (c)."""
    item = Item("fig7", "Fig. 7: the monotone along the flow")
    return _along(item, session, "maximum", lambda run: run.plot.monotone_flow)


def figure_10(session: Session) -> Item:
    """Return the degeneracy along the flow, panels (a) to (c)."""
    item = Item("fig10", "Fig. 10: the degeneracy along the flow")
    item.notes.append("Z is (T_abab)²/(T_acbc T_bdad); the paper's Eq. (23) prints the inverse.")
    return _along(item, session, "crossing", lambda run: run.plot.degeneracy_flow)


def _along(item: Item, session: Session, method: str, plot) -> Item:
    data = xarray.Dataset()
    for letter, point in zip("abc", POINTS, strict=True):
        run = session.run(point)
        found = session.estimates(point)[method]
        for scale, values in zip(found.scales, found.values, strict=True):
            item.rows.append(
                Row(
                    f"({letter}) {point}, {method}, ℓ = {scale:g}",
                    spread(values, len(run.flows)),
                    _PAPER if point == "A1" and scale == DEFAULT_SCALE else "",
                    _EXACT,
                )
            )
        _note_convergence(item, run, point)
        item.notes += [f"{point}, a model without a value: {reason}." for reason in found.reasons]
        _draw(item, session, lambda p=plot, r=run: p(r)(ISING_EXACT), letter)
        try:
            curves = run.monotone_curves if method == "maximum" else run.degeneracy_curves
        except ConvergenceError:
            continue
        data[point] = (("scale", f"seed {point}", "start"), np.array(list(curves.values())))
        data = data.assign_coords(scale=list(curves), start=run.grid)
    session.write(item, data)
    return item


def figure_8(session: Session) -> Item:
    """Return the critical coupling by three methods for each representation."""
    item = Item("fig8", "Fig. 8: critical coupling by representation")
    methods = {"maximum of C": [], "crossing of Z": [], "bisection, exact map": []}
    for point in POINTS:
        run = session.run(point)
        found = session.estimates(point)
        for label, method in (("maximum of C", "maximum"), ("crossing of Z", "crossing")):
            estimate = found[method].at(DEFAULT_SCALE)
            methods[label].append((estimate.mean, estimate.std) if estimate.seeds else None)
            drift = found[method].drift
            item.rows.append(
                Row(
                    f"{point}, {label}",
                    spread(estimate.seeds, len(run.flows)),
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


def _bisected(session: Session, point: str, frame: str):
    try:
        found = bisect(rg_block(session.model(point, frame)), 0.0, 2.0, tolerance=1e-6)
    except ConvergenceError as error:
        return None, f"none: {error}"
    low, high = found.phases
    value = found.critical_coupling
    return (value, 0.0), f"{value:.5f}, between degeneracy {low} and {high}"


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
    x = np.linspace(run.config.low, run.config.high, columns)
    y = np.linspace(-run.config.spread, run.config.spread, rows)
    flow = run.flows[0]
    try:
        plane = relevant_plane(run, flow)
    except ConvergenceError as error:
        item.notes.append(f"No picture: {error}.")
        return item
    steps, search = newton_basins(run, flow, plane, x, y)
    basin = search.basin.reshape(rows, columns)
    points = beside_plane(run, flow, plane, search.points)
    diagram = learned_phases(run, flow, plane, x, y)
    session.keep(item, basin_map(plane, x, y, steps, basin, points))
    session.keep(item, phase_map(diagram), "-phases")
    place = ("y", "x")
    session.write(
        item,
        xarray.Dataset(
            {
                "newton_step": ((*place, "axis"), steps),
                "basin": (place, basin, {"long_name": "fixed point number, −1 for none"}),
                "fixed_points": (
                    ("fixed_point", "component"),
                    np.array(search.points).reshape(-1, len(plane.origin)),
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
        fixed, reasons = run.each(run.fixed_point_of)
        spectra = [scaling_dimensions(run.block, couplings) for couplings in fixed]
        learned = [float(dimensions[1]) for dimensions in spectra if len(dimensions) > 1]
        start = session.estimates(point)["crossing"].at(DEFAULT_SCALE)
        on_axis = [
            scaling_dimensions(run.block, run.axis.at(coupling))[1] for coupling in start.seeds
        ]
        for label, found in zip(values, (learned, on_axis), strict=True):
            deviation = np.std(found, ddof=1) if len(found) > 1 else 0.0
            values[label].append((np.mean(found), deviation) if found else None)
            item.rows.append(
                Row(
                    f"{point}, Δ1 at the {label}",
                    spread(found, len(run.flows)),
                    "approaches 1/8 (figure only)",
                    "0.1250",
                )
            )
        _note_convergence(item, run, point)
        item.notes += [f"{point}, no fixed point of {reason}." for reason in reasons]
    session.keep(
        item,
        estimates(
            POINTS, values, r"scaling dimension $\Delta_1$", ISING_DIMENSIONS[1], "exact, 1/8"
        ),
    )
    _write_estimates(item, session, values)
    return item
