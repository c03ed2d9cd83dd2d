import subprocess
import sys
from pathlib import Path

import pytest

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


def test_declare_a_representation(tmp_path):
    printed = run("declare_a_representation.py", "--out", str(tmp_path), "--grid", "3")
    assert "a group of 12 elements" in printed
    assert "refused: the matrices break the relation" in printed
    assert "'residual_zero': True" in printed
    assert "energies, features and marginals are equivariant" in printed
    assert "phases by degeneracy Z: [1, 2, 3, 6]" in printed
    assert (tmp_path / "prism.png").stat().st_size > 10_000


@pytest.mark.slow
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


def slow(*case):
    return pytest.param(*case, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("name", "options", "line", "figure"),
    [
        ("potts", ["--states", "3"], " 3   1.2385 (1.1479)    0.9072 (0.8000)", "potts-3"),
        slow(
            "clock", ["--states", "12"], " 4   1.62784   3.4387  0.09165   1.1055  1.0", "clock-4"
        ),
        slow("xy", ["--states", "15"], "star: J* = 1.81630 (Lieb lattice), c = 1.0080", "xy"),
        slow(
            "heisenberg",
            ["--states", "16"],
            "no transition of O3 is seen from 0 to 1: turns of a sphere are broken at no finite",
            "heisenberg",
        ),
        slow(
            "ashkin_teller",
            ["--grid", "4", "--starts", "30"],
            "J0 = 2 J1  J0 = 1.01253, exact 0.93313",
            "ashkin-teller",
        ),
        slow(
            "group_valued",
            ["--grid", "3"],
            "Jc = 0.81392, exact 0.76429; Z = 1 → 2",
            "group-valued",
        ),
        slow(
            "random_tensor_network",
            ["--replicas", "2", "--grid", "2", "--steps", "150"],
            "n = 2, square 6 and 8 states: D_c = 2.4147, ± 0.0014",
            "replica-phases",
        ),
        slow(
            "quaternion", [], "4-state Potts  Jc = 2.02507, exact 1.86626; Z = 1 → 4", "quaternion"
        ),
    ],
)
def test_symmetries_one_by_one(name, options, line, figure, tmp_path):
    printed = run(f"{name}.py", "--out", str(tmp_path), *options)
    assert line in printed
    assert (tmp_path / f"{figure}.png").stat().st_size > 10_000


def test_icosahedral():
    printed = run("icosahedral.py")
    assert "12 corners: 1 bilinear coupling" in printed
    assert "4 couplings of pairs" in printed
    assert "2T: 24 elements, spinor of 4 real dimensions" in printed
    assert "nearest to diag(1, 1, 1, 3): [1.5 0.  0.  0. ]" in printed


@pytest.mark.slow
def test_blume_capel(tmp_path):
    printed = run("blume_capel.py", "--out", str(tmp_path), "--fields", "0.5", "3")
    assert "0.5  1.152130  continuous  1 → 2     1.7753  0.12344" in printed
    assert "3.0  3.034985  first       1 → 2" in printed
    assert (tmp_path / "blume-capel.png").stat().st_size > 10_000


@pytest.mark.slow
def test_learned_flow(tmp_path):
    printed = run("learned_flow.py", "--out", str(tmp_path), "--rounds", "2", "--steps", "200")
    assert "3 couplings of block tensors with legs (0, A1) + (odd, A1)" in printed
    assert "transition of the exact map      0.7066527" in printed
    learned = float(printed.split("learned flow   ")[1].split()[0])
    assert abs(learned - 0.7066527) < 2e-3
    assert (tmp_path / "learned-flow.png").stat().st_size > 10_000


@pytest.mark.slow
def test_ashkin_teller_flow(tmp_path):
    options = ("--rounds", "2", "--steps", "100", "--flows", "24")
    printed = run("ashkin_teller_flow.py", "--out", str(tmp_path), *options)
    # The critical line of the exact map, and its Ising transitions beyond the Potts point.
    for line in ("0.0  1.413305", "0.8  0.724660", "1.0  0.713265"):
        assert f"  {line}  " in printed
    assert "ferromagnet                    0.000" in printed
    assert (tmp_path / "ashkin-teller-flow.png").stat().st_size > 10_000
    # What is trained is kept, and read when it is asked for again.
    again = run("ashkin_teller_flow.py", "--out", str(tmp_path), *options)
    assert again == printed
