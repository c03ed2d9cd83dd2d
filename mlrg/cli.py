"""The command `mlrg`: the library's main jobs, with JSON where a program may read on.

Bad input ends with exit code 2, a sound question without an answer with 3, and one line on standard
error says what was wrong and what to do. What a command does is in `mlrg.commands`, which is loaded
when one runs: help and mistakes are told at once.
"""

import os
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from jsonargparse import ArgumentParser

import mlrg
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow.config import TrainingConfig
from mlrg.names import FAMILIES, FRAMES
from mlrg.registry import STUDENTS

# Arguments that commands cannot do without and that are no options.
_POSITIONAL = ("directory", "group")
# What the parser says where a list is given as bare numbers.
_A_LIST = re.compile(r"Parser key \"(.+?)\":\s+Expected a <class 'tuple'>. Got value: (.*)")


class _Parser(ArgumentParser):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        # Argparse takes -1e-3 for an option; this is how it is told what a number is.
        self._negative_number_matcher = re.compile(r"^-(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$", re.I)

    def error(self, message, ex=None):
        head, required, names = str(message).partition("arguments are required: ")
        if required:
            # The parser's own names, such as couplings.internal, are not what a user types.
            typed = [name.rpartition(".")[2] for name in names.split(", ")]
            spelled = [name if name in _POSITIONAL else f"--{name}" for name in typed]
            message = f"{head}{required}{', '.join(spelled)}"
        listed = _A_LIST.search(str(message))
        if listed is not None:
            key, value = listed.groups()
            message = f"--{key} {value}: give a list in brackets, as --{key}='[{value}, {value}]'"
        raise InputError(f"{message} (see mlrg --help)") from ex


def _declares_model(parser: ArgumentParser, frame: bool = True, point: str | None = None) -> None:
    parser.add_argument(
        "--internal",
        type=str,
        required=True,
        help="internal representation, GROUP:IRREP such as Z2:odd, or package.module:attribute",
    )
    if frame:
        parser.add_argument(
            "--point",
            type=str,
            required=point is None,
            default=point,
            help="point representation, such as A1 or 2A1+E",
        )
        parser.add_argument(
            "--frame",
            type=str,
            default="rotating",
            help=f"mirror of a source spin: {' or '.join(FRAMES)} (Eqs. 16-18 as printed: paper)",
        )


def _reads_run(parser: ArgumentParser) -> None:
    parser.add_argument("directory", type=str, help="directory of the run")
    parser.add_argument(
        "--internal",
        type=str,
        default=None,
        help="package.module:attribute of the run, where it names a module of your own",
    )


def _declares_family(parser: ArgumentParser) -> None:
    parser.add_argument("--family", type=str, default="bilinear", help=" or ".join(FAMILIES))


def _declares_student(parser: ArgumentParser, states: str, several: bool = False) -> None:
    parser.add_argument("--student", type=str, default="star", help=" or ".join(STUDENTS))
    parser.add_argument(
        "--states",
        type=int,
        default=None,
        help=f"states of a tensor student's legs; {states}",
        **({"nargs": "+"} if several else {}),
    )


def _declares_map(parser: ArgumentParser, several: bool = False) -> None:
    _declares_model(parser, point="A1")
    _declares_family(parser)
    more = "; of several, the limit, too" if several else ""
    _declares_student(parser, f"8, of a ring 4{more}", several)
    parser.add_argument(
        "--power",
        type=float,
        default=None,
        help="k of a tensor student's bond weights; -0.5, of a ring 0",
    )
    parser.add_argument(
        "--nuclear",
        type=float,
        default=None,
        help="price of a ring's nuclear norm; 0",
    )
    parser.add_argument(
        "--start",
        type=str,
        default=None,
        help="lattice of a tensor student's spins, lieb or square; lieb",
    )
    parser.add_argument(
        "--anisotropy",
        type=float,
        default=None,
        help="couplings of the columns over those of the rows, of a tensor student; the lattice "
        "then has no turn by 90°",
    )
    parser.add_argument(
        "--optimised", action="store_true", help="old name of --student ring, for one version"
    )


def _declares_direction(parser: ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--along", type=str, nargs="+", help=f"direction of the {what}, one number a coupling"
    )
    parser.add_argument(
        "--weight",
        type=str,
        default=None,
        help="class function in the place of --along, of spins with values in a group: cycles, or "
        "package.module:function",
    )


def _declares_range(parser: ArgumentParser) -> None:
    parser.add_argument("--low", type=float, default=None, help="lower end of the search, 0")
    parser.add_argument(
        "--high", type=float, default=None, help="upper end; without it the first change of phase"
    )
    _declares_direction(parser, "search")


def _declares_columns(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--columns", type=int, default=None, help="blocks in the ring that Δ and c are read from"
    )


def _parser() -> tuple[_Parser, dict[str, str]]:
    parser = _Parser(
        prog="mlrg", description=mlrg.__doc__.splitlines()[0], version=mlrg.__version__
    )
    subcommands = parser.add_subcommands(required=True, dest="command")
    actions = {}

    def command(name, action, text):
        actions[name] = action
        sub = _Parser(description=text)
        subcommands.add_subcommand(name, sub, help=text)
        return sub

    sub = command("groups", "symmetry:groups", "groups known by name, and what they take")
    sub.add_argument("--json", action="store_true")

    sub = command("irreps", "symmetry:irreps", "character table of a group, types and names")
    sub.add_argument(
        "group", type=str, help="a name such as A5 or Z2xS3, or package.module:attribute"
    )
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--latex", action="store_true")

    sub = command("couplings", "symmetry:couplings", "print every coupling that a symmetry allows")
    _declares_model(sub)
    _declares_family(sub)
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--latex", action="store_true")

    sub = command("student", "maps:student", "KL-optimal students of one RG step (Fig. 4)")
    _declares_model(sub, frame=False)
    sub.add_argument("--visible", type=str, required=True, help="what the corner spins carry")
    sub.add_argument("--hidden", type=str, required=True, help="what the student's centre carries")
    sub.add_argument("--at", type=str, nargs="+", required=True, help="teacher couplings J0")
    sub.add_argument("--json", action="store_true")

    sub = command("fixed-point", "maps:fixed_point", "unstable fixed point of an exact RG map")
    _declares_map(sub)
    _declares_range(sub)
    _declares_columns(sub)
    sub.add_argument("--json", action="store_true")

    sub = command(
        "fixed-points", "maps:fixed_points", "fixed points that random starts of Newton lead to"
    )
    _declares_map(sub)
    sub.add_argument("--starts", type=int, default=50, help="number of starts")
    sub.add_argument("--box", type=float, default=2.0, help="starts have every |J| below this")
    sub.add_argument("--seed", type=int, default=0, help="seed of the starts")
    sub.add_argument("--json", action="store_true")

    sub = command("critical", "maps:critical", "transition of an exact RG map, by bisection")
    _declares_map(sub, several=True)
    _declares_range(sub)
    _declares_columns(sub)
    sub.add_argument(
        "--flow", type=str, default=None, help="netCDF file for the readings of every step"
    )
    sub.add_argument("--json", action="store_true")

    sub = command("free-energy", "maps:free_energy", "ln Z of the infinite lattice, and its slope")
    _declares_map(sub)
    sub.add_argument("--at", type=str, nargs="+", required=True, help="positions, J0 on the axis")
    _declares_direction(sub, "positions")
    sub.add_argument(
        "--magnetisation", action="store_true", help="of a spin along its first value, at no field"
    )
    sub.add_argument("--json", action="store_true")

    sub = command("train", "runs:train", "train an ensemble of moderators")
    _declares_model(sub)
    _declares_student(sub, "2")
    _declares_family(sub)
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

    sub = command("analyze", "runs:analyze", "read the physics off a finished run")
    _reads_run(sub)
    sub.add_argument("--json", action="store_true")

    sub = command("plot", "runs:plot", "draw the figures of a finished run")
    _reads_run(sub)
    sub.add_argument("--out", type=str, required=True, help="directory for the figures")

    sub = command(
        "survey", "maps:survey", "table of what the exact RG map says of many models, resumable"
    )
    sub.add_argument(
        "--internal", type=str, nargs="+", required=True, help="internal representations"
    )
    sub.add_argument(
        "--points",
        type=str,
        nargs="+",
        required=True,
        help="point representations; all: every one of at most --states states",
    )
    sub.add_argument("--frames", type=str, nargs="+", default=["rotating"], help=" ".join(FRAMES))
    sub.add_argument(
        "--families", type=str, nargs="+", default=["bilinear"], help=" ".join(FAMILIES)
    )
    sub.add_argument("--states", type=int, default=8, help="largest spin of --points all")
    sub.add_argument("--out", type=str, required=True, help="directory of the survey")
    sub.add_argument("--resume", action="store_true", help="continue the survey in --out")
    sub.add_argument("--workers", type=int, default=None, help="processes; one a core by default")
    sub.add_argument("--scheduler", type=str, default=None, help="dask scheduler")
    sub.add_argument(
        "--steps-work",
        type=float,
        default=5e7,
        help="largest work of a student (orbits x states x couplings) for steps from the exact J0c",
    )
    sub.add_argument(
        "--transition-work", type=float, default=5e6, help="the same for the transition's search"
    )
    sub.add_argument("--json", action="store_true")

    sub = command("reproduce", "runs:reproduce", "the paper's figures and tables from our own data")
    sub.add_argument(
        "figures",
        type=str,
        nargs="*",
        default=[],
        help="table1 table2 equations estimators landscape students fig4 … fig8, fig10 … fig12, "
        "or all",
    )
    sub.add_argument("--out", type=str, required=True, help="directory for figures and data")
    sub.add_argument("--seeds", type=int, default=None, help="models of A1: 10, or 3 with --quick")
    sub.add_argument("--quick", action="store_true", help="short training and coarse grids")
    return parser, actions


@contextmanager
def _real_forms_noted() -> Iterator[None]:
    """Print that a complex representation was brought to its real form as any other note."""
    from mlrg.commands.options import note
    from mlrg.model import RealFormWarning

    with warnings.catch_warnings():
        warnings.simplefilter("default", RealFormWarning)
        show = warnings.showwarning

        def shown(message, category, *where):
            if issubclass(category, RealFormWarning):
                note(str(message))
            else:
                show(message, category, *where)

        warnings.showwarning = shown
        yield


def _require_typed(options, arguments: list[str]) -> None:
    """Refuse a module that a file of settings names: what is imported is typed by the user."""
    chosen = options[options.command]
    internal = getattr(chosen, "internal", None)
    if getattr(chosen, "config", None) and isinstance(internal, str):
        from mlrg.symmetry.catalogue import module_named

        module = module_named(internal)
        if module is not None and not any(internal in argument for argument in arguments):
            raise InputError(
                f"the settings name {module!r}, whose module would be imported: if it is yours, "
                f"add --internal {internal} to the command"
            )


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    try:
        parser, actions = _parser()
        options = parser.parse_args(arguments)
        _require_typed(options, sys.argv[1:] if arguments is None else arguments)
        with _real_forms_noted():
            action = pkgutil.resolve_name(f"mlrg.commands.{actions[options.command]}")
            action(options[options.command])
        # A closed pipe shows itself here and not in the interpreter's last breath.
        sys.stdout.flush()
    except (InputError, NoAnswerError) as error:
        print(f"mlrg: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 3 if isinstance(error, NoAnswerError) else 2
    except KeyboardInterrupt:
        print("mlrg: interrupted: mlrg train and survey continue with --resume", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0
