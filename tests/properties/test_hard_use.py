"""Hard use: whatever is typed, and whatever lies in a run directory, there is no traceback.

A command ends with 0, or with 2 or 3 and one line that says why; files that were there stay.
"""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlrg
from mlrg.cli import main

RELAXED = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60
)
NAMES = ["Z2:odd", "Z3:1", "S3:standard", "Q8:quaternion", "O2:1", "S2:two-sided", "Z2xZ2:1x0+0x1"]
BROKEN = [
    *("", ":", "::", "Z2", "Z2:", "Z0:0", "Z-1:1", "Z2:odd+", "Z2:oddxZ3:1", "é:ü", "Z2:odd\n"),
    *("os:system", "mlrg:nothing", "no.such:thing", "Z99999999999999999999:1", "𝔸1", "%s", "\0"),
    *("nan", "inf", "1e400", "-1e308", "--", "-", "{}", "null", "[1, 2]", "0A1", "A1+", "$HOME"),
    "99999999A1",
]
VALUES = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(BROKEN),
    st.sampled_from(["A1", "A1+E", "0.5", "1", "2", "paper", "pair", "star", "tensor"]),
    st.text(max_size=8),
    st.floats().map(repr),
    st.integers(-(10**20), 10**20).map(str),
)
# Options of commands that answer at once.
COMMANDS = {
    "couplings": ("--internal", "--point", "--frame", "--family"),
    "student": ("--internal", "--visible", "--hidden", "--at"),
    "irreps": (),
    "groups": (),
    "analyze": (),
    "plot": ("--out",),
    "free-energy": ("--internal", "--student", "--states"),
    "nonsense": ("--internal",),
}


@st.composite
def typed(draw):
    command = draw(st.sampled_from(sorted(COMMANDS)))
    words = [command]
    for option in COMMANDS[command]:
        if draw(st.integers(0, 3)):
            words += [option, draw(VALUES)]
    words += draw(st.lists(VALUES, max_size=2))
    return words + draw(st.sampled_from([[], ["--json"]]))


def said(capsys, arguments):
    """Run a command; return its exit code, having looked at what it said."""
    code = main(arguments)
    printed = capsys.readouterr()
    assert code in (0, 2, 3), (arguments, code)
    if code:
        lines = [line for line in printed.err.splitlines() if not line.startswith("mlrg: note")]
        assert lines, arguments
        assert "Traceback" not in printed.err, printed.err
    return code


@RELAXED
@given(typed())
def test_nothing_typed_ends_in_a_traceback(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    said(capsys, arguments)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("hard-use") / "run"
    config = mlrg.TrainingConfig(steps=4, checkpoint_every=2, chains=2, replicas=2, hidden=(4,))
    star = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1"))
    mlrg.train(star, config=config, out=out, internal_name="Z2:odd", workers=1, progress=False)
    return out


def flipped(data: bytes, place: int, bit: int) -> bytes:
    place %= max(1, len(data))
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :] if data else b"x"


DAMAGE = st.one_of(
    st.just(lambda data: b""),
    st.just(lambda data: None),
    st.just(lambda data: b"\x80\x04K\x01."),
    st.just(lambda data: b"null"),
    st.just(lambda data: '{"ü": 1}'.encode()),
    st.integers(0, 400).map(lambda n: lambda data: data[:n]),
    st.tuples(st.integers(0, 10**6), st.integers(0, 7)).map(
        lambda pair: lambda data: flipped(data, *pair)
    ),
)


@settings(RELAXED, max_examples=12)
@given(st.data(), DAMAGE)
def test_damaged_runs_are_told_of_and_kept(finished, tmp_path, capsys, data, damage):
    run = tmp_path / "run"
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(finished, run)
    files = sorted(path for path in run.rglob("*") if path.is_file())
    hit = data.draw(st.sampled_from([path.relative_to(run) for path in files]))
    content = damage((run / hit).read_bytes())
    if content is None:
        (run / hit).unlink()
    else:
        (run / hit).write_bytes(content)
    others = {path: path.read_bytes() for path in files if path.exists() and path != run / hit}
    question = data.draw(st.sampled_from(["analyze", "plot", "train"]))
    code = said(
        capsys,
        {
            "analyze": ["analyze", str(run)],
            "plot": ["plot", str(run), "--out", str(tmp_path / "figures")],
            "train": ["train", "--config", str(run / "config.yaml"), "--out", str(run), "--resume"]
            if (run / "config.yaml").exists()
            else ["train", "--internal", "Z2:odd", "--point", "A1", "--out", str(run), "--resume"],
        }[question],
    )
    if code:
        # What was whole before is whole still, but for results, which are made anew.
        for path, before in others.items():
            if not path.name.startswith("results.nc"):
                assert path.read_bytes() == before, path


WRONG = [
    "",
    "internal: [",
    "- 1",
    "internal: Z2:odd\npoint: A1\nout: x\nnonsense: 1",
    "internal: 3\npoint: A1\nout: x",
    "internal: Z2:odd\npoint: {a: b}\nout: x",
    "internal: Z2:odd\npoint: A1\nout: x\ntraining: 5",
    "internal: Z2:odd\npoint: A1\nout: x\ntraining:\n  steps: many",
    "internal: Z2:odd\npoint: A1\nout: x\ntraining:\n  steps: -5",
    "internal: Z2:odd\npoint: A1\nout: x\ntraining:\n  batch: 1e300",
    "internal: Z2:odd\npoint: A1\nout: x\nseeds: 0",
    "internal: !!python/object/apply:os.system [touch stolen]\npoint: A1\nout: x",
    "\ufeffinternal: Ω:odd\npoint: A1\nout: x",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_settings_are_told_of(tmp_path, capsys, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("run.yaml").write_text(text, encoding="utf-8")
    assert said(capsys, ["train", "--config", "run.yaml"]) == 2
    assert not Path("x").exists()
    assert not Path("stolen").exists()


def test_no_module_is_imported_that_a_run_names(finished, tmp_path, capsys, monkeypatch):
    """A run directory that comes from elsewhere names a module: it is not imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("planted.py").write_text("from pathlib import Path\nPath('stolen').touch()\n")
    run = tmp_path / "run"
    shutil.copytree(finished, run)
    declared = json.loads((run / "run.json").read_text())
    text = json.dumps(declared).replace('"Z2:odd"', '"planted:spin"')
    assert text != json.dumps(declared)
    (run / "run.json").write_text(text)
    assert said(capsys, ["analyze", str(run)]) == 2
    assert said(capsys, ["plot", str(run), "--out", "figures"]) == 2
    Path("run.yaml").write_text("internal: planted:spin\npoint: A1\nout: x\n")
    assert said(capsys, ["train", "--config", "run.yaml"]) == 2
    assert said(capsys, ["analyze", str(run), "--internal", "Z2:odd"]) == 2
    assert not Path("stolen").exists()
    # Typed by the user it is imported, and found to hold no representation.
    assert said(capsys, ["analyze", str(run), "--internal", "planted:spin"]) == 2
    assert Path("stolen").exists()
