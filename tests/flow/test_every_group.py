"""The whole chain for every symmetry that the library names, and for a user's own."""

import json

import numpy as np
import pytest

import mlrg
from mlrg.cli import main
from mlrg.rbm.student import optimal_student


def slow(*case):
    return pytest.param(*case, marks=pytest.mark.slow)


# One-spin models with A1: couplings of the bilinear family and states of a spin.
MODELS = [
    ("S3:standard", 1, 3),
    slow("S4:standard", 1, 4),
    slow("S5:standard", 1, 5),
    ("Z3:1", 2, 3),
    slow("Z4:1", 2, 4),
    slow("Z5:1", 2, 5),
    slow("Z6:1", 2, 6),
    ("Z2xZ2:1x0+0x1+1x1", 3, 4),
    slow("D4:E", 1, 4),
    ("D4:E+B1", 2, 4),
    ("S2:two-sided", 2, 2),
    slow("S3:two-sided", 3, 6),
    slow("Q8:quaternion", 4, 8),
    ("cube_for_test:spin", 1, 6),
]

# Rotations of the cube: a spin points to one of its six faces.
OWN_FILE = """
from mlrg.symmetry import FiniteGroup, Representation

turn = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
diagonal = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
spin = Representation(FiniteGroup.from_matrices([turn, diagonal]), [turn, diagonal])
"""
SHORT = (
    "--training.steps=20",
    "--training.chains=4",
    "--training.replicas=2",
    "--training.walkers=4",
    "--training.hidden=[4, 4]",
    "--workers=1",
)


def run(capsys, *arguments):
    assert main(list(map(str, arguments))) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("internal", "couplings", "states"), MODELS)
def test_chain(internal, couplings, states, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cube_for_test.py").write_text(OWN_FILE)
    model = ("--internal", internal, "--point", "A1")
    found = run(capsys, "couplings", *model, "--json")
    assert (found["dimension"], found["spin_states"]) == (couplings, states)

    fixed = run(capsys, "fixed-point", *model, "--json")
    assert len(fixed["couplings"]) == couplings
    assert fixed["exponents"][0] > 0
    # One step from the fixed point leads back to it.
    block = mlrg.Star(mlrg.SpinModel(internal, "A1")).block
    student = optimal_student(block, fixed["couplings"], start=fixed["couplings"])
    assert student.couplings == pytest.approx(fixed["couplings"], abs=1e-8)

    assert main(["train", *model, "--out", "run", *SHORT]) == 0
    capsys.readouterr()
    read = run(capsys, "analyze", "run", "--internal", internal, "--json")
    assert read.keys() >= {"critical_coupling", "fixed_point", "scaling_dimensions"}
    trained = mlrg.load_run("run", trusted=internal)
    assert np.isfinite(trained.regret_bits.mean)
    assert trained.plot.monotone_flow().axes


@pytest.mark.parametrize(
    ("internal", "point", "frame", "family"),
    [
        slow("S3:standard", "B1", "paper", "bilinear"),
        slow("S3:standard", "A2", "rotating", "pair"),
        ("Z2:odd", "A1+B1", "rotating", "pair"),
        slow("S3:two-sided", "A1", "rotating", "pair"),
    ],
)
def test_frames_and_families(internal, point, frame, family, tmp_path, capsys):
    model = ("--internal", internal, "--point", point, "--frame", frame, "--family", family)
    found = run(capsys, "critical", *model, "--json")
    assert found["critical_coupling"] > 0
    out = tmp_path / "run"
    assert main(["train", *model, "--out", str(out), *SHORT]) == 0
    capsys.readouterr()
    run(capsys, "analyze", out, "--json")
    trained = mlrg.load_run(out)
    assert trained.model.family == family
    assert np.isfinite(trained.regret_bits.mean)
