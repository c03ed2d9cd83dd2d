"""What each command of `mlrg` does with its parsed options: one function a command.

Results go to standard output, as JSON where asked for; notes on what a result is worth go to
standard error. Heavy modules are imported by the command that needs them.
"""

import json
import math
import sys
from pathlib import Path

from mlrg.errors import InputError
from mlrg.flow.config import TrainingConfig
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v

# Students of one RG step that `mlrg critical` can follow.
STUDENTS = ("star", "tensor")
# States of a tensor student's legs unless given.
_STATES, _OPTIMISED_STATES = 8, 4


def _model(options) -> SpinModel:
    return SpinModel(
        parse_internal(options.internal),
        C4v(options.point),
        options.frame,
        getattr(options, "family", "bilinear"),
    )


def _print_json(content) -> None:
    print(json.dumps(content, allow_nan=False))


def _finite(values) -> list:
    """Return numbers as JSON has them: null for −∞."""
    return [float(v) if math.isfinite(v) else None for v in values]


def _coupling(text: str, option: str = "--at") -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"coupling {text!r} of {option} is not a finite number: give one such as 0.7643"
        )
    return value


def couplings(options) -> None:
    """Print every coupling that a symmetry allows."""
    space = _model(options).couplings
    if options.json:
        matrix = None
        if space.family == "bilinear":
            matrix = [[str(entry) for entry in row] for row in space.matrix.tolist()]
        _print_json(
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
    for coupling in map(_coupling, options.at):
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
        _print_json(rows)
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
    """Print the unstable fixed point of the exact RG map."""
    from mlrg.flow import fixed_points

    found = fixed_points.fixed_point(_model(options), options.low, options.high)
    if found.best_kl_bits < found.kl_bits - 1e-6:
        print(
            f"mlrg: note: a student with smaller KL exists at this point ({found.best_kl_bits:.6f} "
            "bit): the fixed point belongs to a local minimum",
            file=sys.stderr,
        )
    if options.json:
        _print_json(_fixed_point_record(found))
        return
    _print_rows(
        (
            ("couplings J*", found.couplings),
            ("KL of the step (bit)", [found.kl_bits]),
            ("degeneracy Z", [found.degeneracy]),
            ("scaling dimensions", found.scaling_dimensions),
            ("central charge", [found.central_charge]),
            ("exponents y", found.exponents),
        )
    )


def _fixed_point_record(point) -> dict:
    return {
        "couplings": point.couplings.tolist(),
        "kl_bits": point.kl_bits,
        "degeneracy": point.degeneracy,
        "scaling_dimensions": point.scaling_dimensions.tolist(),
        "central_charge": point.central_charge,
        "exponents": _finite(point.exponents),
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
    model = _model(options)
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
        _print_json(
            [{"kind": kind(point.exponents), **_fixed_point_record(point)} for point in points]
        )
        return
    for point in points:
        print(
            f"{kind(point.exponents):13s} Z = {point.degeneracy:.4f}  "
            f"c = {point.central_charge:.4f}  y = {_joined(point.exponents, 4)}  "
            f"J = {_joined(point.couplings, 5)}"
        )


def _joined(values, digits: int) -> str:
    return " ".join(f"{value:.{digits}f}" for value in values)


def critical(options) -> None:
    """Print the transition of the exact RG map, of star or tensor students."""
    from mlrg.flow.rays import Ray

    _require_student(options, ("states", "power", "optimised"))
    model = _model(options)
    ray = None
    if options.along is not None:
        direction = tuple(_coupling(text, "--along") for text in options.along)
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
        _print_json(
            {
                "critical_coupling": found.critical_coupling,
                "degeneracy": found.degeneracy,
                "scaling_dimensions": found.scaling_dimensions.tolist(),
                "central_charge": found.central_charge,
                "steps": found.steps,
            }
        )
        return
    _print_rows(
        (
            ("critical coupling", [found.critical_coupling]),
            ("degeneracy Z", [found.degeneracy]),
            ("scaling dimensions", found.scaling_dimensions),
            ("central charge", [found.central_charge]),
        )
    )
    if options.student == "star":
        _print_rows([("couplings there", found.couplings)])
    else:
        print(f"{'leg there':21s} {found.tensor.leg}")
        for level in found.levels:
            print(f"    {level}")
    below, above = found.phases
    print(f"phases of degeneracy {below} below and {above} above; read after {found.steps} steps")


def _require_student(options, of_tensors: tuple[str, ...]) -> None:
    """Refuse an unknown student, and a star with options of tensors."""
    if options.student not in STUDENTS:
        raise InputError(
            f"student {options.student!r} does not exist: choose {' or '.join(STUDENTS)}"
        )
    for option in of_tensors:
        if options.student != "tensor" and getattr(options, option) not in (None, False):
            raise InputError(
                f"--{option} belongs to tensor students: give --student tensor with it"
            )


def _transition(options, model: SpinModel, ray):
    """Bisect the map of the kind of student that was asked for."""
    if options.student == "tensor":
        from mlrg.tensor.critical import critical_coupling

        states = options.states
        if states is None:
            states = _OPTIMISED_STATES if options.optimised else _STATES
        return critical_coupling(
            model,
            states,
            options.low,
            options.high,
            ray,
            options.power,
            optimised=options.optimised,
        )
    from mlrg.flow.critical import critical_coupling

    return critical_coupling(model, options.low, options.high, ray)


def _print_rows(rows) -> None:
    for label, values in rows:
        print(f"{label:21s} {'  '.join(f'{value:.6f}' for value in values)}")


def train(options) -> None:
    """Train an ensemble of moderators, over the couplings of spins or of block tensors."""
    from mlrg.flow import ensemble

    config = TrainingConfig.from_dict({**options.training.as_dict(), "loss": options.loss})
    _require_student(options, ("states",))
    model = _model(options)
    if options.student == "tensor":
        from mlrg.tensor.model import TensorModel

        model = TensorModel(model, 2 if options.states is None else options.states)
    run = ensemble.train(
        model,
        seeds=options.seeds,
        first_seed=options.seed,
        config=config,
        out=options.out,
        resume=options.resume,
        workers=options.workers,
        internal_name=options.internal,
        scheduler=options.scheduler,
    )
    print(f"{len(run.seeds)} models trained in {options.out}; read them with mlrg analyze")


def analyze(options) -> None:
    """Print the physics of a finished run."""
    from mlrg.flow.ensemble import load_run
    from mlrg.flow.spectra import scaling_dimensions
    from mlrg.tensor.model import saved_model

    run = load_run(options.directory, saved_model(options.directory))
    gradient = run.config.flow != "vector"
    maxima, no_maxima = run.each(run.maximum)
    crossings, no_crossings = run.each(run.degeneracy_crossing_of)
    pairs, no_points = run.each(lambda flow: (flow, run.fixed_point_of(flow)))
    spectra = [scaling_dimensions(run.block, couplings) for _, couplings in pairs]
    results = {
        "critical_coupling": _spread(maxima),
        "degeneracy_crossing": _spread(crossings),
        "fixed_point": _spreads([couplings for _, couplings in pairs]),
        "scaling_dimensions": _spreads(spectra),
        "exponents": _spreads([run.exponents_at(*pair) for pair in pairs]),
    }
    missing = [
        ("critical coupling", no_maxima if gradient else no_maxima[:1]),
        ("crossing of Z", no_crossings),
        ("fixed point", no_points),
    ]
    for name, reasons in missing:
        for reason in reasons:
            print(f"mlrg: note: no {name} of {reason}", file=sys.stderr)
    regret = _regret(run)
    if options.json:
        _print_json(results)
        return
    print(f"{len(run.seeds)} models of {run.model.point.name}, loss {run.config.loss}")
    # The JSON keys are a contract; people are told the regret as well.
    for name, value in {**results, "regret_bits": regret}.items():
        entries = value if isinstance(value, list) else [value]
        texts = ["none" if v is None else f"{v['mean']:.4f} ± {v['std']:.4f}" for v in entries]
        models = 0 if entries[0] is None else len(entries[0]["seeds"])
        few = f"   ({models} of {len(run.seeds)} models)" if 0 < models < len(run.seeds) else ""
        print(f"{name.replace('_', ' '):21s} {'   '.join(texts)}{few}")


def _regret(run) -> dict | None:
    """Return the regret of a run, and say on standard error if it has not converged."""
    from mlrg.errors import BudgetError

    try:
        regret = run.regret_bits
    except BudgetError as error:
        print(f"mlrg: note: no regret: {error}", file=sys.stderr)
        return None
    if not run.converged:
        print(
            f"mlrg: note: the flow has not converged: its students' KL lies {regret.mean:.4f} bit "
            f"above the optimum on average; {_remedy(run)}, and trust no critical coupling before",
            file=sys.stderr,
        )
    return regret.as_dict()


def _remedy(run) -> str:
    """Return what to do about a flow that has not converged."""
    share = run.diagnosis[0].antisymmetric.mean()
    if run.config.flow != "gradient" or share < 0.1:
        return "train longer or with wider layers"
    return (
        f"{100 * share:.0f} % of the exact map's Jacobian is antisymmetric, which no gradient flow "
        "follows: compare --training.flow metric and vector, or train longer"
    )


def _spread(values) -> dict | None:
    """Return mean, deviation and values; None if no model has one."""
    from mlrg.flow.estimate import Estimate

    return Estimate.of(values).as_dict() if len(values) else None


def _spreads(rows) -> list[dict] | None:
    """Return the spread of each component over the models, of as many as all of them have."""
    return [_spread(values) for values in zip(*rows, strict=False)] or None


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
        _print_json([{**asdict(model), **asdict(answers)} for model, answers in rows])
    else:
        print(text(rows))


def reproduce(options) -> None:
    """Make figures and tables of the paper."""
    from mlrg.flow import reproduce as paper

    paper.reproduce(options.figures, Path(options.out), options.seeds, options.quick)
