"""The command `mlrg`: the library's main jobs, with JSON where a program may read on.

Bad input ends with exit code 2 and one line on standard error that says what was wrong and what to
do. Heavy modules are imported by the command that needs them.
"""

import json
import math
import os
import sys
from pathlib import Path

from jsonargparse import ArgumentParser

import mlrg
from mlrg.errors import InputError
from mlrg.flow.config import TrainingConfig
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.couplings import FAMILIES, FRAMES
from mlrg.symmetry.point_group import C4v

# Students of one RG step that `mlrg critical` can follow.
STUDENTS = ("star",)


class _Parser(ArgumentParser):
    def error(self, message, ex=None):
        raise InputError(f"{message} (see mlrg --help)") from ex


def _declares_model(parser: ArgumentParser, frame: bool = True) -> None:
    parser.add_argument(
        "--internal",
        type=str,
        required=True,
        help="internal representation, GROUP:IRREP such as Z2:odd, or package.module:attribute",
    )
    if frame:
        parser.add_argument(
            "--point", type=str, required=True, help="point representation, such as A1 or 2A1+E"
        )
        parser.add_argument(
            "--frame",
            type=str,
            default="rotating",
            help=f"mirror of a source spin: {' or '.join(FRAMES)} (Eqs. 16-18 as printed: paper)",
        )


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


def _couplings(options) -> None:
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


def _student(options) -> None:
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


def _fixed_point(options) -> None:
    from mlrg.flow.fixed_points import fixed_point

    found = fixed_point(_model(options))
    if found.best_kl_bits < found.kl_bits - 1e-6:
        print(
            f"mlrg: note: a student with smaller KL exists at this point ({found.best_kl_bits:.6f} "
            "bit): the fixed point belongs to a local minimum",
            file=sys.stderr,
        )
    if options.json:
        _print_json(
            {
                "couplings": found.couplings.tolist(),
                "kl_bits": found.kl_bits,
                "degeneracy": found.degeneracy,
                "scaling_dimensions": found.scaling_dimensions.tolist(),
                "central_charge": found.central_charge,
                "exponents": _finite(found.exponents),
            }
        )
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


def _critical(options) -> None:
    from mlrg.flow.critical import critical_coupling
    from mlrg.flow.rays import Ray

    if options.student not in STUDENTS:
        raise InputError(
            f"student {options.student!r} does not exist: choose {' or '.join(STUDENTS)}"
        )
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
    found = critical_coupling(model, options.low, options.high, ray)
    if found.undecided:
        low, high = found.bracket
        print(
            f"mlrg: note: the bracket stays [{low:.9g}, {high:.9g}]: {found.undecided}",
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
            ("couplings there", found.couplings),
        )
    )
    below, above = found.phases
    print(f"phases of degeneracy {below} below and {above} above; read after {found.steps} steps")


def _print_rows(rows) -> None:
    for label, values in rows:
        print(f"{label:21s} {'  '.join(f'{value:.6f}' for value in values)}")


def _train(options) -> None:
    from mlrg.flow.ensemble import train

    config = TrainingConfig.from_dict({**options.training.as_dict(), "loss": options.loss})
    run = train(
        _model(options),
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


def _analyze(options) -> None:
    from mlrg.flow.ensemble import load_run
    from mlrg.flow.spectra import scaling_dimensions

    run = load_run(options.directory)
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


def _reproduce(options) -> None:
    from mlrg.flow.reproduce import reproduce

    reproduce(options.figures, Path(options.out), options.seeds, options.quick)


def _parser() -> tuple[_Parser, dict]:
    parser = _Parser(
        prog="mlrg", description=mlrg.__doc__.splitlines()[0], version=mlrg.__version__
    )
    commands = parser.add_subcommands(required=True, dest="command")
    actions = {}

    def command(name, action, text):
        actions[name] = action
        sub = _Parser(description=text)
        commands.add_subcommand(name, sub, help=text)
        return sub

    sub = command("couplings", _couplings, "print every coupling that a symmetry allows")
    _declares_model(sub)
    sub.add_argument("--family", type=str, default="bilinear", help=" or ".join(FAMILIES))
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--latex", action="store_true")

    sub = command("student", _student, "KL-optimal students of one RG step (Fig. 4)")
    _declares_model(sub, frame=False)
    sub.add_argument("--visible", type=str, required=True, help="what the corner spins carry")
    sub.add_argument("--hidden", type=str, required=True, help="what the student's centre carries")
    sub.add_argument("--at", type=str, nargs="+", required=True, help="teacher couplings J0")
    sub.add_argument("--json", action="store_true")

    sub = command("fixed-point", _fixed_point, "unstable fixed point of the exact RG map")
    _declares_model(sub)
    sub.add_argument("--json", action="store_true")

    sub = command("critical", _critical, "transition of the exact RG map, by bisection")
    _declares_model(sub)
    sub.add_argument("--student", type=str, default="star", help=" or ".join(STUDENTS))
    sub.add_argument("--low", type=float, default=0.0, help="lower end of the search")
    sub.add_argument("--high", type=float, default=2.0, help="upper end of the search")
    sub.add_argument(
        "--along", type=str, nargs="+", help="direction of the search, one number a coupling"
    )
    sub.add_argument("--json", action="store_true")

    sub = command("train", _train, "train an ensemble of moderators")
    _declares_model(sub)
    sub.add_argument("--out", type=str, required=True, help="directory of the run")
    sub.add_argument("--seed", type=int, default=0, help="first seed")
    sub.add_argument("--seeds", type=int, default=1, help="number of models")
    sub.add_argument("--loss", type=str, default="exact", help="exact, cd or pcd")
    sub.add_argument("--workers", type=int, default=None, help="processes; one a core by default")
    sub.add_argument(
        "--scheduler", type=str, default=None, help="dask scheduler, such as tcp://host:8786"
    )
    sub.add_argument("--resume", action="store_true", help="continue the run in --out")
    sub.add_argument("--config", action="config", help="YAML file with any of these options")
    sub.add_class_arguments(TrainingConfig, "training", skip={"loss"})

    sub = command("analyze", _analyze, "read the physics off a finished run")
    sub.add_argument("directory", type=str, help="directory of the run")
    sub.add_argument("--json", action="store_true")

    sub = command("reproduce", _reproduce, "the paper's figures and tables from our own data")
    sub.add_argument(
        "figures",
        type=str,
        nargs="*",
        default=[],
        help="table1 table2 equations estimators fig4 … fig8, fig10 … fig12, or all",
    )
    sub.add_argument("--out", type=str, required=True, help="directory for figures and data")
    sub.add_argument("--seeds", type=int, default=None, help="models of A1: 10, or 3 with --quick")
    sub.add_argument("--quick", action="store_true", help="short training and coarse grids")
    return parser, actions


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    try:
        parser, actions = _parser()
        options = parser.parse_args(arguments)
        actions[options.command](options[options.command])
        # A closed pipe shows itself here and not in the interpreter's last breath.
        sys.stdout.flush()
    except InputError as error:
        print(f"mlrg: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("mlrg: interrupted: mlrg train continues with --resume", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
