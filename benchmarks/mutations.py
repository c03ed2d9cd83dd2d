"""Mutations of signs, directions, frames and factors, and which tests catch each.

    python benchmarks/mutations.py [NUMBER …]

Each is made in a copy of the tree, and the quick tests that should see it are run until one fails.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HOUSE = Path(__file__).parents[1]


class Mutation(NamedTuple):
    """What is replaced in a file, and the tests that are asked."""

    what: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


MUTATIONS = [
    Mutation(
        "directions of the teacher's bonds",
        "geometry.py",
        "(i + CORNERS // 2) % CORNERS",
        "i",
        ("tests/rbm", "tests/properties/test_models.py"),
    ),
    Mutation(
        "directions of the student's bonds",
        "geometry.py",
        "Bond(corner, 0, corner)",
        "Bond(corner, 0, 0)",
        ("tests/rbm", "tests/properties/test_models.py"),
    ),
    Mutation(
        "turns the wrong way round",
        "geometry.py",
        "inverse = np.argsort(rotation)",
        "inverse = np.asarray(rotation)",
        ("tests/rbm", "tests/properties/test_models.py"),
    ),
    Mutation(
        "frames trade places",
        "symmetry/couplings.py",
        'bond_mirror(source.point, frame == "rotating")',
        'bond_mirror(source.point, frame == "paper")',
        ("tests/symmetry/test_couplings.py",),
    ),
    Mutation(
        "the turned mirror is the old one",
        "symmetry/point_group.py",
        "[rotation, rotation @ mirror]",
        "[rotation, mirror]",
        ("tests/symmetry/test_couplings.py", "tests/symmetry/test_point_group.py"),
    ),
    Mutation(
        "source and target trade places",
        "symmetry/couplings.py",
        '"dab,cij->dcaibj"',
        '"dba,cij->dcaibj"',
        ("tests/symmetry/test_couplings.py", "tests/properties/test_models.py"),
    ),
    Mutation(
        "Z upside down, as Eq. (23) prints it",
        "analysis/readings.py",
        "np.exp(2 * ring.log_trace(columns) - ring.log_trace(2 * columns))",
        "np.exp(ring.log_trace(2 * columns) - 2 * ring.log_trace(columns))",
        ("tests/analysis/test_readings.py", "tests/contract"),
    ),
    Mutation(
        "Δ twice as large",
        "analysis/readings.py",
        "(sizes - sizes[0]) / (2 * np.pi)",
        "(sizes - sizes[0]) / np.pi",
        ("tests/analysis/test_readings.py", "tests/contract"),
    ),
    Mutation(
        "c half as large",
        "analysis/readings.py",
        "float(6 * columns / np.pi",
        "float(3 * columns / np.pi",
        ("tests/analysis/test_readings.py", "tests/contract"),
    ),
    Mutation(
        "a step rescales lengths by 2",
        "geometry.py",
        "np.log(sizes) / math.log(SCALE)",
        "np.log(sizes) / math.log(2.0)",
        ("tests/contract", "tests/rbm"),
    ),
    Mutation(
        "one half of the gauge is lost",
        "symmetry/gauge.py",
        "((space.source, 1), (space.target, 2))",
        "((space.source, 1),)",
        ("tests/symmetry/test_gauge.py",),
    ),
    Mutation(
        "a block is shed with the wrong sign",
        "rbm/star.py",
        "BLOCKS_JOINED * float(next(parts) - next(parts))",
        "-BLOCKS_JOINED * float(next(parts) - next(parts))",
        ("tests/contract", "tests/analysis"),
    ),
    Mutation(
        "energies of pairs without their sign",
        "interop.py",
        'along_x = -np.einsum("d,dst->st"',
        'along_x = np.einsum("d,dst->st"',
        ("tests/test_interop.py",),
    ),
]


def caught(mutation: Mutation, tree: Path) -> str | None:
    """Return the test that fails on a mutated tree, None if every one passes."""
    file = tree / "mlrg" / mutation.file
    text = file.read_text(encoding="utf-8")
    assert text.count(mutation.right) == 1, f"{mutation.file}: {mutation.right}"
    file.write_text(text.replace(mutation.right, mutation.wrong), encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", *mutation.tests],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        file.write_text(text, encoding="utf-8")
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split()[1] if done.returncode == 1 and failed else None


def main() -> int:
    """Print a line for each mutation; return how many were not caught."""
    chosen = [int(word) for word in sys.argv[1:]] or range(len(MUTATIONS))
    missed = 0
    print("| mutation | file | caught by | s |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory) / "tree"
        for part in ("mlrg", "tests", "examples", "docs"):
            shutil.copytree(HOUSE / part, tree / part, ignore=shutil.ignore_patterns("_build"))
        for name in ("setup.cfg", "README.md"):
            shutil.copy(HOUSE / name, tree / name)
        for number in chosen:
            mutation, begin = MUTATIONS[number], time.perf_counter()
            found = caught(mutation, tree)
            missed += found is None
            print(
                f"| {mutation.what} | {mutation.file} | {found or 'NOBODY'} | "
                f"{time.perf_counter() - begin:.0f} |",
                flush=True,
            )
    return missed


if __name__ == "__main__":
    sys.exit(main())
