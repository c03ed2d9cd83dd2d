import re

import pytest
import xarray

from mlrg.analysis.estimate import spread
from mlrg.errors import UnknownNameError
from mlrg.reports.paper import ITEMS, exact_landscape, reproduce
from mlrg.reports.paper.item import Session


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    # The items that need no training; `mlrg reproduce all --quick` is the whole.
    return out, reproduce(["table1", "table2", "equations", "estimators"], out, quick=True)


def test_every_figure_and_table_of_the_paper_is_there():
    figures = {f"fig{n}" for n in (4, 5, 6, 7, 8, 10, 11, 12)}
    assert figures | {"table1", "table2", "equations"} <= set(ITEMS)


def test_symmetry_agrees_with_the_paper(report):
    items = {item.name: item for item in report[1]}
    assert [row.paper for row in items["equations"].rows] == ["identical"] * 3
    assert all(row.error == "none" for row in items["table1"].rows)
    assert [row.ours.split()[0] for row in items["table2"].rows] == ["1", "5", "10"]


def test_estimators_name_their_errors(report):
    rows = {row.quantity: row for row in report[1][-1].rows}
    fixed = rows["y_t at its fixed point"]
    assert (fixed.ours, fixed.exact) == ("0.880409", "1.000000")
    assert float(fixed.error) == pytest.approx(-0.1196, abs=1e-4)
    assert float(rows["Δσ, ring of 4, exact coupling"].ours) == pytest.approx(0.1235, abs=1e-4)


def test_report_stands_alone(report):
    out, items = report
    page = (out / "report.html").read_text()
    assert "data:image/png;base64," in page and not re.search(r'src="(?!data:)', page)
    text = (out / "report.md").read_text()
    for item in items:
        assert item.title in text and item.title in page.replace("&#x27;", "'")
        for name in item.figures:
            assert (out / f"{name}.png").exists() and (out / f"{name}.pdf").exists()
    data = xarray.open_dataset(out / "estimators.nc")
    assert data["sigma"].sel(ring=4) == pytest.approx(0.1235, abs=1e-4)


def test_quick_and_full_settings(tmp_path):
    quick, full = Session(tmp_path, 3, True), Session(tmp_path, 10, False)
    assert (quick.models("A1"), quick.models("A1+E"), full.models("2A1+E")) == (3, 2, 10)
    assert quick.settings("2A1+E")["steps"] < full.settings("2A1+E")["steps"]


def test_spread_counts_models():
    assert spread([0.8, 0.9], 2) == "0.8500 ± 0.0707"
    assert spread([0.8, float("nan")], 2) == "0.8000 (1 of 2)"
    assert spread([], 4) == "none of 4"


@pytest.mark.slow
def test_fixed_points_and_phases_of_the_exact_map(tmp_path, monkeypatch):
    monkeypatch.setattr(exact_landscape, "_HIGH", (1.6, 0.6, 0.0, 0.0, 0.0))
    monkeypatch.setattr(exact_landscape, "_LOW", (0.0, -0.6, 0.0, 0.0, 0.0))
    (item,) = reproduce(["landscape"], tmp_path, quick=True)
    rotating = [row for row in item.rows if row.quantity.startswith("rotating")]
    assert [row.quantity for row in rotating] == ["rotating frame, stable, 20 of 20 starts"]
    critical = [row.ours for row in item.rows if "paper frame, critical" in row.quantity]
    assert len(critical) == 1 and "Z = 1.0897" in critical[0]
    data = xarray.open_dataset(tmp_path / "landscape.nc")
    assert data["phases_rotating"].sel(J0=0.0, J1=0.0) == 1
    assert data["phases_rotating"].sel(J0=1.6, J1=0.0) == 2


def test_unknown_names(tmp_path):
    with pytest.raises(UnknownNameError, match="'fig9' is not available"):
        reproduce(["fig9"], tmp_path)
