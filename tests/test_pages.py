"""Every block of code in the README and on the site is run, and every link leads somewhere."""

import contextlib
import doctest
import io
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import matplotlib
import pytest

import mlrg
from mlrg import interop, symmetry, testing
from mlrg.cli import main

HOUSE = Path(__file__).parents[1]
PAGES = sorted([*HOUSE.glob("*.md"), *(HOUSE / "docs").rglob("*.md")])
PAGES = [page for page in PAGES if "_build" not in page.parts and "generated" not in page.parts]
# What a page shows with packages that the tests do not install, by what stands in the code.
OPTIONAL = {"import netket": "netket", "quimb_tensor": "quimb", "symmray_array": "symmray"}
# What takes longer than a moment, by the beginning of its first line.
SLOW = {
    "README.md",
    "docs/tutorial.md",
    "docs/howto/training.md",
    "docs/howto/tensors.md",
    "docs/continuous.md",
    "docs/random-tensor-networks.md",
}
SLOW_COMMANDS = ("train", "fixed-points", "critical", "fixed-point", "free-energy")

matplotlib.use("Agg")


def blocks(page, *kinds):
    """Code of the page's blocks of these kinds, in order, directives of cells left out."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\{[\w-]+\}|[\w-]*)[^\n]*\n(.*?)^```$", text, re.S | re.M)
    return [code for kind, code in found if kind in kinds]


def named(page):
    return str(page.relative_to(HOUSE))


def marked(page):
    marks = [pytest.mark.slow] if named(page) in SLOW else []
    return pytest.param(page, id=named(page), marks=marks)


WITH_PYTHON = [page for page in PAGES if blocks(page, "{code-cell}", "python")]


@pytest.mark.parametrize("page", [marked(page) for page in WITH_PYTHON])
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {"__name__": "page"}
    for code in blocks(page, "{code-cell}", "python"):
        if all(find_spec(package) for sign, package in OPTIONAL.items() if sign in code):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, named(page), "exec"), space)


def public_names():
    for module in (mlrg, symmetry, testing, interop):
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                yield f"{module.__name__}.{name}", value


def test_examples_of_docstrings_are_right():
    finder, count = doctest.DocTestFinder(recurse=False), 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    for name, value in public_names():
        for test in finder.find(value, name, module=False, globs={}):
            count += bool(test.examples)
            failures = io.StringIO()
            assert not runner.run(test, out=failures.write).failed, failures.getvalue()
    assert count > 10


def commands():
    for page in PAGES:
        for block in blocks(page, "console"):
            yield from (line.split("#")[0].strip() for line in block.splitlines() if line)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    return tmp_path_factory.mktemp("commands")


def test_quick_commands_run(shared, monkeypatch, capsys):
    monkeypatch.chdir(shared)
    for line in commands():
        program, *arguments = shlex.split(line)
        assert program == "mlrg", line
        if arguments[0] not in (*SLOW_COMMANDS, "analyze", "plot"):
            assert main(arguments) == 0, line
            assert capsys.readouterr().out, line


@pytest.mark.slow
def test_other_commands_run(shared, monkeypatch, capsys):
    monkeypatch.chdir(shared)
    for line in commands():
        _, *arguments = shlex.split(line)
        if arguments[0] in (*SLOW_COMMANDS, "analyze", "plot"):
            assert main(arguments) == 0, line
            assert capsys.readouterr().out, line


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head).strip().lower().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), f"{named(page)}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{named(page)}: {target}"
