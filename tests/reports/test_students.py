import pytest
import xarray

from mlrg.reports.paper import reproduce, students


@pytest.mark.slow
def test_critical_couplings_against_the_states_of_a_student(tmp_path, monkeypatch):
    monkeypatch.setattr(students, "_QUICK_STARS", 1)
    (item,) = reproduce(["students"], tmp_path, quick=True)
    data = xarray.open_dataset(tmp_path / "students.nc")
    errors = dict(
        zip(
            zip(data.student.values, data.states.values, strict=True),
            data.error.values,
            strict=True,
        )
    )
    assert errors["star, exact map", 2] > 0.04
    assert abs(errors["tensor, k = −1/2", 8]) < 1.5e-4
    assert abs(errors["ring, k = 0", 2]) < 2.5e-3
    assert len(item.rows) == data.sizes["student"] == 9
    report = (tmp_path / "report.md").read_text()
    assert "| J0c, tensor, k = −1/2, 8 states | 0.7643980 |" in report
    assert "![students](students.png)" in report and (tmp_path / "students.png").exists()
