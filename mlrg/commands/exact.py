"""Commands that ask the symmetry and the exact RG map: one function a command."""

import math
import sys

from mlrg.commands.options import (
    coupling_of,
    finite,
    joined,
    model_of,
    print_json,
    print_rows,
    require_student,
)
from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v

# States of a tensor student's legs unless given.
_STATES, _OPTIMISED_STATES = 8, 4


def couplings(options) -> None:
    """Print every coupling that a symmetry allows."""
    space = model_of(options).couplings
    if options.json:
        matrix = None
        if space.family == "bilinear":
            matrix = [[str(entry) for entry in row] for row in space.matrix.tolist()]
        print_json(
            {"dimension": space.dimension, "matrix": matrix, "spin_states": len(space.source)}
        )
    elif options.latex:
        if space.family != "bilinear":
            raise InputError("--latex has no form for --family pair: use --family bilinear")
        print(space.latex)
    else:
        print(f"{space.dimension} couplings, {len(space.source)} spin states, {space.frame} frame")
        print(space.text)


def student(options) -> None:
    """Print KL-optimal students of one RG step (Fig. 4)."""
    from mlrg.flow.blocks import rg_block
    from mlrg.flow.rays import on_axis
    from mlrg.rbm.student import optimal_student

    internal = parse_internal(options.internal)
    visible = SpinModel(internal, C4v(options.visible))
    block = rg_block(visible, SpinModel(internal, C4v(options.hidden)))
    rows = []
    for coupling in map(coupling_of, options.at):
        student = optimal_student(block, on_axis(block, coupling))
        rows.append(
            {
                "teacher": coupling,
                "kl_bits": student.kl_bits,
                "student": student.couplings.tolist(),
                "starts": student.starts,
                "agreeing": student.agreeing,
            }
        )
    if options.json:
        print_json(rows)
        return
    print(f"{'teacher':>10}  {'KL (bit)':>10}  student couplings")
    for row in rows:
        values = "  ".join(f"{value:9.6f}" for value in row["student"])
        note = (
            ""
            if row["agreeing"] == row["starts"]
            else (f"   ({row['agreeing']} of {row['starts']} starts agree)")
        )
        print(f"{row['teacher']:10.6g}  {row['kl_bits']:10.6f}  {values}{note}")


def fixed_point(options) -> None:
    """Print the unstable fixed point of the exact RG map, of star or tensor students."""
    require_student(options, ("states", "power", "optimised"))
    if options.student == "tensor":
        _tensor_fixed_point(options)
        return
    from mlrg.flow import fixed_points

    found = fixed_points.fixed_point(model_of(options), options.low, options.high)
    if found.best_kl_bits < found.kl_bits - 1e-6:
        print(
            f"mlrg: note: a student with smaller KL exists at this point ({found.best_kl_bits:.6f} "
            "bit): the fixed point belongs to a local minimum",
            file=sys.stderr,
        )
    if options.json:
        print_json(_fixed_point_record(found))
        return
    print_rows(
        (
            ("couplings J*", found.couplings),
            ("KL of the step (bit)", [found.kl_bits]),
            ("degeneracy Z", [found.degeneracy]),
            ("scaling dimensions", found.scaling_dimensions),
            ("central charge", [found.central_charge]),
            ("exponents y", found.exponents),
        )
    )


def _tensor_fixed_point(options) -> None:
    """Print a fixed point of block tensors with the exponents of every irrep of G."""
    found = _newton_on_tensors(options)
    leg = found.tensor.leg
    spectra = {irrep.name: found.exponents(k) for k, irrep in enumerate(leg.irreps.all)}
    levels = found.levels()
    dimensions = [level.dimension for level in levels for _ in range(level.multiplicity)]
    if options.json:
        record = {
            "leg": str(leg),
            "residual": found.residual,
            "degeneracy": found.degeneracy,
            "scaling_dimensions": dimensions,
            "central_charge": found.central_charge,
            "exponents": {name: finite(values) for name, values in spectra.items()},
        }
        print_json(record)
        return
    print(f"{'leg':21s} {leg}")
    print(f"{'residual':21s} {found.residual:.1e}")
    print_rows(
        (
            ("degeneracy Z", [found.degeneracy]),
            ("scaling dimensions", dimensions),
            ("central charge", [found.central_charge]),
            *((f"exponents y, {name}", values) for name, values in spectra.items()),
        )
    )


def _newton_on_tensors(options):
    states = _leg_states(options)
    model = model_of(options)
    if options.optimised:
        from mlrg.tensor.loop_fixed_points import loop_fixed_point

        if options.power not in (None, 0.0):
            raise InputError(
                f"--power {options.power:g}: fixed points of optimised students are those of "
                "k = 0; leave it out"
            )
        return loop_fixed_point(model, states, options.low, options.high)
    from mlrg.tensor.fixed_points import fixed_point as plain_fixed_point
    from mlrg.tensor.step import BOND_WEIGHTED

    power = BOND_WEIGHTED if options.power is None else options.power
    return plain_fixed_point(model, states, options.low, options.high, power)


def _leg_states(options) -> int:
    if options.states is not None:
        return options.states
    return _OPTIMISED_STATES if options.optimised else _STATES


def _fixed_point_record(point) -> dict:
    return {
        "couplings": point.couplings.tolist(),
        "kl_bits": point.kl_bits,
        "degeneracy": point.degeneracy,
        "scaling_dimensions": point.scaling_dimensions.tolist(),
        "central_charge": point.central_charge,
        "exponents": finite(point.exponents),
    }


def fixed_points(options) -> None:
    """Print every fixed point of the exact RG map that random starts lead to, modulo gauge."""
    import numpy as np

    from mlrg.flow.blocks import rg_block
    from mlrg.flow.search import exact_fixed_points, kind, random_starts

    if options.starts < 1 or not 0 < options.box < math.inf or options.seed < 0:
        raise InputError(
            f"--starts {options.starts} --box {options.box:g} --seed {options.seed}: give at least "
            "one start, a positive box and a seed from 0 on"
        )
    model = model_of(options)
    high = np.full(model.couplings.dimension, options.box)
    starts = random_starts(-high, high, options.starts, np.random.default_rng(options.seed))
    search = exact_fixed_points(rg_block(model), starts, model.gauge.elements)
    points = sorted(search.points, key=lambda point: point.degeneracy)
    if search.failures:
        print(
            f"mlrg: note: Newton's method did not converge from {search.failures} of "
            f"{options.starts} starts",
            file=sys.stderr,
        )
    if options.json:
        print_json(
            [{"kind": kind(point.exponents), **_fixed_point_record(point)} for point in points]
        )
        return
    for point in points:
        print(
            f"{kind(point.exponents):13s} Z = {point.degeneracy:.4f}  "
            f"c = {point.central_charge:.4f}  y = {joined(point.exponents, 4)}  "
            f"J = {joined(point.couplings, 5)}"
        )


def critical(options) -> None:
    """Print the transition of the exact RG map, of star or tensor students."""
    from mlrg.flow.rays import Ray

    require_student(options, ("states", "power", "optimised"))
    model = model_of(options)
    ray = None
    if options.along is not None:
        direction = tuple(coupling_of(text, "--along") for text in options.along)
        if len(direction) != model.couplings.dimension:
            raise InputError(
                f"--along has {len(direction)} numbers: this model needs "
                f"{model.couplings.dimension}, one a coupling"
            )
        ray = Ray((0.0,) * len(direction), direction)
    found = _transition(options, model, ray)
    if found.undecided:
        low, high = found.bracket
        print(
            f"mlrg: note: no phase is known above the bracket [{low:.9g}, {high:.9g}]: "
            f"{found.undecided}",
            file=sys.stderr,
        )
    if options.json:
        print_json(
            {
                "critical_coupling": found.critical_coupling,
                "degeneracy": found.degeneracy,
                "scaling_dimensions": found.scaling_dimensions.tolist(),
                "central_charge": found.central_charge,
                "steps": found.steps,
            }
        )
        return
    print_rows(
        (
            ("critical coupling", [found.critical_coupling]),
            ("degeneracy Z", [found.degeneracy]),
            ("scaling dimensions", found.scaling_dimensions),
            ("central charge", [found.central_charge]),
        )
    )
    if options.student == "star":
        print_rows([("couplings there", found.couplings)])
    else:
        print(f"{'leg there':21s} {found.tensor.leg}")
        for level in found.levels:
            print(f"    {level}")
    below, above = found.phases
    print(f"phases of degeneracy {below} below and {above} above; read after {found.steps} steps")


def _transition(options, model: SpinModel, ray):
    """Bisect the map of the kind of student that was asked for."""
    if options.student == "tensor":
        from mlrg.tensor.critical import critical_coupling

        return critical_coupling(
            model,
            _leg_states(options),
            options.low,
            options.high,
            ray,
            options.power,
            optimised=options.optimised,
        )
    from mlrg.flow.critical import critical_coupling

    return critical_coupling(model, options.low, options.high, ray)


def survey(options) -> None:
    """Print and write a table over many models."""
    from dataclasses import asdict

    from mlrg.flow.survey import Limits, declarations, text
    from mlrg.flow.survey import survey as probe_all

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
