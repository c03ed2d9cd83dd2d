"""The rooms of the house: data flows one way, and a name means one thing."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mlrg

HOUSE = Path(mlrg.__file__).parent
# From the lowest room to the highest; a file imports from its own room and from lower ones.
ROOMS = [
    *("errors", "names", "display", "geometry", "eigenvalues", "storage", "threads", "workers"),
    *("progress", "symmetry", "model"),
    *(
        "rgmap",
        "registry",
        "rbm",
        "figures",
        "analysis",
        "tensor",
        "flow",
        "reports",
        "testing",
        "interop",
        "commands",
        "cli",
    ),
]


def files():
    return [path for path in HOUSE.rglob("*.py") if path.parent != HOUSE or path.stem in ROOMS]


def room(path):
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports(path):
    """Modules of the house that a file imports, and others, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_every_file_has_a_room():
    assert {room(path) for path in files()} == set(ROOMS)


def test_imports_point_down():
    for path in files():
        for module in imports(path):
            if module.startswith("mlrg."):
                other = module.split(".")[1]
                assert ROOMS.index(other) <= ROOMS.index(room(path)), f"{path}: {module}"


def test_no_circle_within_a_room():
    arrows = {}
    for path in files():
        name = ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts)
        arrows[name] = {module for module in imports(path) if module.startswith("mlrg.")}

    done = set()

    def walk(name, seen):
        assert name not in seen, f"a circle: {' → '.join([*seen, name])}"
        for other in arrows.get(name, set()) - done:
            walk(other, [*seen, name])
        done.add(name)

    for name in arrows:
        walk(name, [])


def test_exact_questions_wait_for_no_torch():
    for path in files():
        if room(path) in ("symmetry", "analysis", "rgmap", "model", "figures", "storage"):
            assert not any(module.split(".")[0] == "torch" for module in imports(path)), path
    for path in (HOUSE / "analysis").glob("*.py"):
        rooms = {module.split(".")[1] for module in imports(path) if module.startswith("mlrg.")}
        assert not rooms & {"rbm", "tensor", "flow"}, path


def loaded(arguments):
    """Packages that a command has loaded when it ends."""
    code = (
        "import sys, mlrg.cli\n"
        "try:\n"
        "    mlrg.cli.main(sys.argv[1:])\n"
        "finally:\n"
        "    print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    return set(done.stderr.splitlines()[-1].split())


def test_commands_load_what_they_need():
    assert not loaded(["--help"]) & {"sympy", "scipy", "numba", "torch"}
    couplings = loaded(["couplings", "--internal", "S3:standard", "--point", "A1+E"])
    assert "sympy" in couplings
    assert not couplings & {"scipy", "numba", "torch", "matplotlib", "xarray"}


def test_one_basename_one_meaning():
    names = Counter(path.name for path in files() if path.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_no_type_is_asked_where_the_protocol_answers():
    for path in files():
        text = path.read_text(encoding="utf-8")
        assert "singledispatch" not in text, path


def test_the_lattice_counts_to_four_alone():
    # Rooms that handle legs and corners take the number from `geometry`; hand-written kernels,
    # whose loops it would slow, and docstrings do not.
    for path in files():
        if room(path) in ("geometry",) or path.stem in ("kernels", "gibbs", "orbits", "von_mises"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            four = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "range"
            if four and [getattr(a, "value", 0) for a in node.args] == [4]:
                raise AssertionError(f"{path}:{node.lineno}: range(4)")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.Mult):
                left = isinstance(node.left, ast.Tuple)
                if getattr(node.right, "value", 0) == 4 and (left or isinstance(node.op, ast.Pow)):
                    raise AssertionError(f"{path}:{node.lineno}: four of something")
