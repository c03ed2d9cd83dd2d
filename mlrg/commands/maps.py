"""Commands that ask the RG maps of students: one function a command."""

import math
from pathlib import Path

from mlrg.commands.options import (
    coupling_of,
    direction_of,
    joined,
    map_of,
    note,
    print_json,
    require_columns,
)
from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.storage import make_directory, write_netcdf
from mlrg.symmetry.catalogue import parse_internal

# How a transition of each order is called. A correlation length beyond the lengths that a flow has
# seen looks continuous.
_ORDERS = {
    None: "",
    "first": ", first-order transition",
    "continuous": ", continuous transition of the map as far as {length:.3g} blocks",
}


def student(options) -> None:
    """Print KL-optimal students of one RG step (Fig. 4)."""
    from mlrg.rbm.blocks import best_student, blocks_of

    internal = parse_internal(options.internal)
    visible = SpinModel(internal, options.visible)
    blocks = blocks_of(visible, SpinModel(internal, options.hidden))
    rows = []
    for coupling in map(coupling_of, options.at):
        found = best_student(blocks, coupling * visible.couplings.axis)
        rows.append(
            {
                "teacher": coupling,
                "kl_bits": found.kl_bits,
                "student": found.couplings.tolist(),
                "starts": found.starts,
                "agreeing": found.agreeing,
            }
        )
    if options.json:
        print_json(rows)
        return
    print(f"{'teacher':>10}  {'KL (bit)':>10}  student couplings")
    for row in rows:
        values = "  ".join(f"{value:9.6f}" for value in row["student"])
        alike = row["agreeing"] == row["starts"]
        few = "" if alike else f"   ({row['agreeing']} of {row['starts']} starts agree)"
        print(f"{row['teacher']:10.6g}  {row['kl_bits']:10.6f}  {values}{few}")


def fixed_point(options) -> None:
    """Print the unstable fixed point that the critical flow of a map passes."""
    from mlrg.analysis.fixed_points import fixed_point as find
    from mlrg.commands.record import of_fixed_point, print_record

    rgmap = map_of(options)
    require_columns(rgmap, options.columns)
    found = find(rgmap, options.low, options.high, direction_of(options, rgmap.model))
    if rgmap.cost_name == "kl_bits" and found.best_cost < found.cost - 1e-6:
        note(
            f"a student with smaller KL exists at this point ({found.best_cost:.6f} bit): the "
            "fixed point belongs to a local minimum"
        )
    content = of_fixed_point(found, options.columns)
    if options.json:
        print_json(content)
    else:
        print_record(content)


def fixed_points(options) -> None:
    """Print every fixed point that random starts of Newton's method lead to, modulo gauge."""
    import numpy as np

    from mlrg.analysis.search import fixed_points as find_all
    from mlrg.analysis.search import random_starts
    from mlrg.commands.record import of_fixed_point

    if options.starts < 1 or not 0 < options.box < math.inf or options.seed < 0:
        raise InputError(
            f"--starts {options.starts} --box {options.box:g} --seed {options.seed}: give at least "
            "one start, a positive box and a seed from 0 on"
        )
    rgmap = map_of(options)
    high = np.full(rgmap.model.couplings.dimension, options.box)
    starts = random_starts(-high, high, options.starts, np.random.default_rng(options.seed))
    search = find_all(rgmap, starts)
    points = sorted(search.points, key=lambda point: point.degeneracy)
    if search.failures:
        note(f"Newton's method did not converge from {search.failures} of {options.starts} starts")
    if options.json:
        print_json([{"kind": point.kind, **of_fixed_point(point)} for point in points])
        return
    for point in points:
        print(
            f"{point.kind:13s} Z = {point.degeneracy:.4f}  "
            f"c = {point.central_charge:.4f}  y = {joined(point.exponents, 4)}  "
            f"J = {joined(point.couplings, 5)}"
        )


def critical(options) -> None:
    """Print the transition of a map on a ray of couplings, for several sizes one after the other.

    With several sizes JSON has `records`, one a size, their `limit`, and the `order` they agree on.
    """
    from mlrg.analysis.critical import critical as find
    from mlrg.commands.record import of_transition

    sizes = options.states or [None]
    if options.flow:
        make_directory(Path(options.flow).parent)

    def transition(size):
        options.states = size
        rgmap = map_of(options)
        require_columns(rgmap, options.columns)
        return find(rgmap, options.low, options.high, direction_of(options, rgmap.model))

    if len(sizes) == 1:
        found = transition(sizes[0])
        _write_flow(found, options.flow)
        content = of_transition(found, options.columns)
        _note_what_is_missing(found)
        if options.json:
            print_json(content)
        else:
            _print_transition(found, content, options.columns)
            _print_bond_dimension(options, found.coupling, found.error)
        return
    if options.flow or len(set(sizes)) < len(sizes):
        raise InputError(
            f"--states {joined(sizes, 0)}: give different ones, and --flow with one alone"
        )
    transitions = []
    for size in sizes:
        found = transition(size)
        transitions.append(found)
        _note_what_is_missing(found)
        if not options.json:
            print(f"{size} states")
            _print_transition(found, of_transition(found, options.columns), options.columns)
            _print_bond_dimension(options, found.coupling, found.error)
    _print_limits(transitions, options)


def _write_flow(found, file: str | None) -> None:
    """Write the readings of the flow from the lower end of the bracket."""
    if file is None:
        return
    from mlrg.analysis.flow_table import flow_table

    write_netcdf(Path(file), flow_table(found.flow))


def _note_what_is_missing(found) -> None:
    if found.undecided:
        low, high = found.bracket
        note(f"no phase is known above the bracket [{low:.9g}, {high:.9g}]: {found.undecided}")
    if found.unread:
        # A transition without a fixed point is still one; what is missing is said.
        note(found.unread)


def _print_transition(found, content: dict, columns: int | None) -> None:
    from mlrg.commands.record import print_record

    levels = []
    if content["levels"] and content["leg"]:
        levels = found.reading.of(columns).levels
    print_record(content, levels)
    below, above = (("none" if phase is None else phase) for phase in found.phases)
    read = "" if content["steps"] is None else f"; read after {content['steps']} steps"
    if found.order == "critical phase":
        sides = [
            f" {where} a phase of degeneracy {phase}"
            for where, phase in zip(("above", "below"), found.phases, strict=True)
            if phase is not None
        ]
        print(f"critical phase{' and'.join(sides)}{read}")
        return
    order = _ORDERS[found.order].format(length=found.rgmap.scale ** (content["steps"] or 0))
    print(f"phases of degeneracy {below} below and {above} above{order}{read}")


def _print_limits(transitions, options) -> None:
    """Print what later sizes may change of the readings at the largest."""
    from mlrg.analysis.sizes import limits, order_of
    from mlrg.commands.record import of_transition

    found = limits(transitions, options.columns)
    order = order_of(transitions, found)
    if options.json:
        sizes = {
            name: {"value": each.value.tolist(), "error": each.error.tolist()}
            for name, each in found.items()
        }
        records = [of_transition(one, options.columns) for one in transitions]
        print_json({"records": records, "limit": sizes, "order": order})
        return
    print("limit, from the largest size, and what later ones may change of it")
    for name, each in found.items():
        pairs = zip(each.value.reshape(-1), each.error.reshape(-1), strict=True)
        texts = [f"{value:.9g} ± {error:.1e}" for value, error in pairs]
        print(f"{name.replace('_', ' '):21s} {'  '.join(texts[:4])}")
    print(f"{'order':21s} {order or 'not resolved by these sizes'}")
    coupling = found["critical_coupling"]
    _print_bond_dimension(options, float(coupling.value), float(coupling.error))


def _print_bond_dimension(options, coupling: float, error: float) -> None:
    """Print D = e^x where positions are those of random tensor networks, x = ln D."""
    if options.weight == "cycles":
        value = math.exp(coupling)
        print(f"{'bond dimension D':21s} {value:.9g} ± {value * error:.1e}")


def free_energy(options) -> None:
    """Print ln Z of the infinite lattice at positions on a ray."""
    from mlrg.analysis.critical import ray_of
    from mlrg.analysis.free_energy import free_energy as find

    rgmap = map_of(options)
    ray = ray_of(rgmap, direction_of(options, rgmap.model))
    positions = [coupling_of(text) for text in options.at]
    found = [find(rgmap, position, ray) for position in positions]
    ordered = _magnetisations(rgmap, positions, ray) if options.magnetisation else None
    if options.json:
        rows = [
            {
                "position": at.position,
                "log_z_per_block": at.per_block,
                "log_z_per_spin": at.per_spin,
                "slope_per_block": at.slope,
                "slope_per_bond": at.per_bond,
            }
            for at in found
        ]
        if ordered:
            for row, here in zip(rows, ordered, strict=True):
                row |= {"magnetisation_per_spin": here.value, "magnetisation_error": here.error}
        print_json(rows)
        return
    print(f"a block: {rgmap.contents}; ln Z in nats, slope by J")
    last = f"  {'m, spin':>21}" if ordered else ""
    print(f"{'J':>10}  {'ln Z, block':>14}  {'ln Z, spin':>14}  {'slope, bond':>12}{last}")
    for k, at in enumerate(found):
        last = f"  {ordered[k].value:11.8f} ± {ordered[k].error:.1e}" if ordered else ""
        print(
            f"{at.position:10.6g}  {at.per_block:14.9f}  {at.per_spin:14.9f}  {at.per_bond:12.7f}"
            f"{last}"
        )


def _magnetisations(rgmap, positions, ray) -> list:
    from mlrg.analysis.magnetisation import magnetisation

    return [magnetisation(rgmap, position, ray) for position in positions]


def survey(options) -> None:
    """Print and write a table over many models."""
    from dataclasses import asdict

    from mlrg.reports.survey import Limits, declarations, text
    from mlrg.reports.survey import survey as probe_all

    models = declarations(
        options.internal, options.points, options.frames, options.families, options.states
    )
    limits = Limits(steps_work=options.steps_work, transition_work=options.transition_work)
    rows = probe_all(
        models, options.out, limits, options.resume, options.workers, options.scheduler
    )
    if options.json:
        print_json([{**asdict(model), **asdict(answers)} for model, answers in rows])
    else:
        print(text(rows))
