import csv
import json

import pytest
import xarray

from mlrg.analysis.literature import ISING_EXACT, UNIVERSALITY, universality
from mlrg.cli import main
from mlrg.errors import InputError, StorageError
from mlrg.model import SpinModel
from mlrg.reports.survey import Limits, declarations, probe, survey, surveys, text

QUICK = Limits(steps=2, tolerance=1e-6)


def test_what_is_asked_of_a_model(ising):
    answers = probe(ising("A1"), QUICK)
    assert answers.exact_coupling == pytest.approx(0.764285, abs=1e-6)
    # 0.074690 bit is an independent value at 0.7643, where the KL changes by 2e-6.
    assert answers.first_kl_bits[0] == pytest.approx(0.074690, abs=3e-6)
    assert answers.critical_coupling == pytest.approx(0.813920, abs=1e-5)
    assert answers.phases == [1, 2]
    assert answers.read_at == "fixed point"
    assert answers.first_dimension == pytest.approx(0.091652, abs=1e-5)
    assert answers.levels[1]["irrep"] != answers.levels[0]["irrep"]
    assert answers.exponents == pytest.approx([0.880409], abs=1e-5)
    assert answers.notes == []


def test_reasons(ising):
    plane = probe(ising("E"), QUICK)
    assert plane.critical_coupling is None
    assert any("no exact critical coupling" in note for note in plane.notes)
    assert any("no transition among them" in note for note in plane.notes)
    nothing = probe(ising("B1"), QUICK)
    assert (nothing.couplings, nothing.notes[0][:30]) == (0, "the symmetry allows no couplin")
    small = probe(ising("A1"), Limits(steps_work=1, transition_work=1))
    assert [note.partition(":")[0] for note in small.notes] == ["first steps", "transition"]
    assert small.first_kl_bits == []
    passing = probe(ising("A1+E"), Limits(steps=1, tolerance=1e-4))
    assert passing.read_at is None
    assert any("passes no fixed point" in note for note in passing.notes)


@pytest.mark.slow
def test_a_survey_is_resumable(tmp_path, monkeypatch):
    models = declarations(["Z2:odd"], ["A1", "B1"], ["paper"], ["bilinear", "pair"])
    assert len(models) == 4
    survey(models[:2], tmp_path, QUICK, workers=1, progress=False)
    with pytest.raises(StorageError, match="add --resume"):
        survey(models, tmp_path, QUICK)
    with pytest.raises(StorageError, match="resume it with its own"):
        survey(models, tmp_path, Limits(), resume=True)
    asked = []
    monkeypatch.setattr(
        surveys,
        "_probe_into",
        lambda *job, do=surveys._probe_into: asked.append(do(*job)),
    )
    rows = survey(models, tmp_path, QUICK, resume=True, workers=1, progress=False)
    assert len(asked) == 2
    # A twist: A1 and B1 are one model in the paper's frame.
    first, third = rows[0][1], rows[2][1]
    assert first.fixed_point == pytest.approx(third.fixed_point, abs=1e-9)
    with (tmp_path / "survey.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["family"] for line in lines] == ["bilinear", "pair"] * 2
    assert float(lines[0]["critical_coupling"]) == pytest.approx(0.813920, abs=1e-5)
    with xarray.open_dataset(tmp_path / "survey.nc", engine="h5netcdf") as data:
        assert data["point"].values.tolist() == ["A1", "A1", "B1", "B1"]
        assert data["first_kl_bits"].shape == (4, 2)
        assert float(data["central_charge"][0]) == pytest.approx(0.55275, abs=1e-5)
    assert text(rows).count("0.81392") == 4
    (tmp_path / "models" / models[0].file_name).write_text("{}")
    with pytest.raises(StorageError, match="delete it and resume"):
        survey(models, tmp_path, QUICK, resume=True, workers=1, progress=False)


def test_the_command(tmp_path, capsys):
    arguments = ["survey", "--internal", "Z2:odd", "--points", "A1", "--out", str(tmp_path / "s")]
    assert main([*arguments, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["internal"] == "Z2:odd"
    assert row["critical_coupling"] == pytest.approx(0.813920, abs=1e-6)
    assert main([*arguments, "--resume"]) == 0
    assert "| Z2:odd | A1 |" in capsys.readouterr().out
    assert main(arguments) == 2
    assert main([*arguments[:4], "no such", *arguments[5:]]) == 2
    assert main([*arguments, "--resume", "--transition-work", "-1"]) == 2
    assert "give a positive number" in capsys.readouterr().err


def test_declarations_are_checked_first():
    with pytest.raises(InputError):
        declarations(["Z2:odd"], ["A1", "nonsense"])
    with pytest.raises(InputError, match="no model"):
        declarations(["Z2:odd"], [])
    points = [model.point for model in declarations(["Z2:odd"], ["all", "A1"], states=2)]
    assert points == ["A1", "B1"]


def model(internal, point="A1", frame="rotating"):
    return SpinModel(internal, point, frame)


def test_where_an_exact_coupling_is_known():
    assert UNIVERSALITY["S3:standard"].critical_coupling == pytest.approx(1.147909, abs=1e-6)
    assert universality(model("Z2:odd", "2A1+E")).critical_coupling == ISING_EXACT
    assert universality(model("Z2:odd", "B1", "paper")) is not None
    assert universality(model("Z2:odd", "B1+B2")) is not None
    # A plane's coupling changes with direction; a Potts spin and its negative have other values.
    assert universality(model("Z2:odd", "E")) is None
    assert universality(model("S3:standard", "A2")) is None
    assert universality(model("Q8:quaternion")) is None
