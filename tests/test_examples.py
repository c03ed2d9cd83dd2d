import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def run(name, *arguments):
    finished = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_declare_a_representation():
    printed = run("declare_a_representation.py")
    assert "a group of 12 elements" in printed
    assert "refused: the matrices break the relation" in printed
    assert "'residual_zero': True" in printed
    assert "energies, features and marginals are equivariant" in printed


def test_ising_critical_point(tmp_path):
    out = tmp_path / "demo"
    printed = run("ising_critical_point.py", "--out", str(out), "--seeds", "2", "--steps", "300")
    assert "bisection on the exact RG map          0.813920" in printed
    assert {path.name for path in (tmp_path / "demo").glob("*.png")} == {
        "monotone.png",
        "monotone_flow.png",
        "degeneracy_flow.png",
    }


def test_naive_random_walk(tmp_path):
    out = tmp_path / "walk.png"
    printed = run("naive_random_walk.py", "--out", str(out), "--walkers", "4", "--steps", "2")
    assert "fixed point J0* = 0.813920" in printed
    assert out.stat().st_size > 10_000
