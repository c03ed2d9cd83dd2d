import json
import math

import pytest
import xarray

from mlrg.cli import main

CLOCK = ["train", "--internal", "Z3:1"]
ISING = ["--internal", "Z2:odd"]
SHORT = [
    "--training.steps=20",
    "--training.checkpoint_every=10",
    "--training.chains=4",
    "--training.replicas=2",
]


def output(capsys, *arguments):
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_couplings(capsys):
    text = output(capsys, "couplings", *ISING, "--point", "A1+E", "--frame", "paper", "--json")
    assert json.loads(text) == {
        "dimension": 5,
        "matrix": [["J0", "J1", "0"], ["J2", "J3", "0"], ["0", "0", "J4"]],
        "spin_states": 8,
    }
    assert "hline" in output(capsys, "couplings", *ISING, "--point", "A1+E", "--latex")
    assert "[ J0 ]" in output(capsys, "couplings", *ISING, "--point", "A1")
    pair = output(capsys, "couplings", *ISING, "--point", "A1", "--family", "pair", "--json")
    assert json.loads(pair) == {"dimension": 2, "matrix": None, "spin_states": 2}


def test_student(capsys):
    arguments = ["student", *ISING, "--visible", "A1", "--hidden", "A1+E", "--at", "0.3", "1.0"]
    rows = json.loads(output(capsys, *arguments, "--json"))
    assert [row["teacher"] for row in rows] == [0.3, 1.0]
    assert [row["kl_bits"] for row in rows] == pytest.approx([0.000145, 0.087539], abs=1e-6)
    assert len(rows[0]["student"]) == 2
    assert "0.087539" in output(capsys, *arguments)


RECORD = [
    *("critical_coupling", "error", "order", "phases", "critical_phase"),
    *("latent_heat", "latent_heat_error"),
    *("couplings", "kl_bits", "residual", "degeneracy", "scaling_dimensions", "levels"),
    *("central_charge", "exponents", "exponents_by_irrep", "leg", "steps"),
    "modular_parameter",
]


def test_fixed_point(capsys):
    found = json.loads(output(capsys, "fixed-point", *ISING, "--point", "A1", "--json"))
    assert found["couplings"] == pytest.approx([0.813920], abs=1e-5)
    assert found["scaling_dimensions"] == pytest.approx([0, 0.09165], abs=1e-4)
    assert found["degeneracy"] == pytest.approx(1.85437, abs=1e-4)
    assert found["central_charge"] == pytest.approx(0.5528, abs=1e-4)
    assert found["exponents"] == pytest.approx([0.8804], abs=1e-4)
    assert list(found) == RECORD
    assert found["exponents_by_irrep"] == {"0": found["exponents"]}
    assert found["critical_coupling"] is found["leg"] is found["order"] is None
    assert found["levels"][1].keys() == {"dimension", "irrep", "spin", "parity", "multiplicity"}


@pytest.mark.parametrize(
    ("name", "thermal", "magnetic"), [("tensor", 1.0070, 1.7672), ("ring", 1.0270, 1.8995)]
)
def test_fixed_point_of_tensors(capsys, name, thermal, magnetic):
    arguments = ("fixed-point", *ISING, "--student", name, "--states", "2", "--low", "0.6")
    found = json.loads(output(capsys, *arguments, "--json"))
    assert list(found) == RECORD
    assert found["residual"] < 1e-9
    assert found["leg"] == "(0, A1) + (odd, A1)" and found["couplings"] is None
    assert found["exponents"][0] == pytest.approx(thermal, abs=1e-4)
    assert found["exponents_by_irrep"]["odd"][0] == pytest.approx(magnetic, abs=1e-4)


def test_fixed_points(capsys):
    command = ["fixed-points", *ISING, "--point", "A1", "--starts", "9"]
    rows = json.loads(output(capsys, *command, "--json"))
    assert [row["kind"] for row in rows] == ["stable", "critical"]
    assert rows[0]["exponents"] == [None]
    assert abs(rows[1]["couplings"][0]) == pytest.approx(0.813920, abs=1e-6)
    assert "critical      Z = 1.8544" in output(capsys, *command)
    assert main([*command, "--box", "0"]) == 2
    assert "a positive box" in capsys.readouterr().err


def test_families(capsys):
    one = ["--internal", "S3:standard", "--point", "A1", "--json"]
    bilinear, pair = (
        json.loads(output(capsys, "fixed-point", *one, "--family", family))
        for family in ("bilinear", "pair")
    )
    assert pair["central_charge"] == pytest.approx(bilinear["central_charge"], abs=1e-8)
    # s·t = 1 or −1/2, and no constant part.
    expected = [0.75 * bilinear["couplings"][0], -0.75 * bilinear["couplings"][0]]
    assert pair["couplings"] == pytest.approx(expected, abs=1e-8)
    assert main(["critical", *one, "--low", "0.1", "--high", "0.2"]) == 3
    assert "widen the range" in capsys.readouterr().err


def test_train_and_analyze(capsys, tmp_path):
    run = str(tmp_path / "run")
    command = ["train", *ISING, "--point", "A1", "--out", run, "--seeds", "2", "--workers", "1"]
    assert "2 models trained" in output(capsys, *command, *SHORT)
    assert main([*command, *SHORT]) == 2
    assert "add --resume" in capsys.readouterr().err
    output(capsys, *command, *SHORT, "--resume")
    results = json.loads(output(capsys, "analyze", run, "--json"))
    assert set(results) == {
        "critical_coupling",
        "degeneracy_crossing",
        "fixed_point",
        "scaling_dimensions",
        "exponents",
    }
    # Twenty steps train nothing: whatever is missing is null and said, never made up.
    for value in results.values():
        assert value is None or value


def test_settings_from_a_file(capsys, tmp_path):
    config = tmp_path / "run.yaml"
    config.write_text("loss: cd\ntraining:\n  steps: 3\n  chains: 2\n  hidden: [4, 4]\n")
    run = tmp_path / "run"
    output(
        capsys,
        "train",
        *ISING,
        "--point",
        "A1",
        "--out",
        str(run),
        "--config",
        str(config),
        "--workers",
        "1",
    )
    settings = json.loads((run / "run.json").read_text())["config"]
    assert (settings["loss"], settings["steps"], settings["hidden"]) == ("cd", 3, [4, 4])


def test_printed_settings_are_a_settings_file(capsys, tmp_path):
    arguments = [*ISING, "--point", "A1", "--out", str(tmp_path / "run"), "--loss", "pcd", *SHORT]
    with pytest.raises(SystemExit, match="0"):
        main(["train", *arguments, "--training.flow", "metric", "--print_config"])
    printed = capsys.readouterr().out
    (tmp_path / "run.yaml").write_text(printed)
    output(capsys, "train", "--config", str(tmp_path / "run.yaml"), "--workers", "1")
    settings = json.loads((tmp_path / "run" / "run.json").read_text())["config"]
    assert (settings["loss"], settings["flow"], settings["steps"]) == ("pcd", "metric", 20)
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--config", str(tmp_path / "run.yaml"), "--print_config"])
    assert capsys.readouterr().out == printed


def test_critical_of_tensors(capsys):
    arguments = ("critical", *ISING, "--student", "tensor", "--states", "4")
    found = json.loads(output(capsys, *arguments, "--json"))
    assert list(found) == RECORD
    assert found["critical_coupling"] == pytest.approx(0.7688011, abs=1e-7)
    assert 0 < found["error"] < 1e-11 and found["phases"] == [1, 2]
    assert found["kl_bits"] is None and "2 (0, A1)" in found["leg"]
    levin_nave = output(capsys, *arguments, "--power", "0")
    assert "critical coupling     0.774703624 ± " in levin_nave
    assert "leg there" in levin_nave and "odd, momentum 0 even" in levin_nave


@pytest.mark.slow
def test_the_old_name_of_rings_serves_for_a_version(capsys):
    arguments = ["critical", *ISING, "--states", "2", "--low", "0.7", "--high", "0.8", "--json"]
    assert main([*arguments, "--student", "tensor", "--optimised"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["critical_coupling"] == pytest.approx(0.7662488, abs=1e-7)
    assert "--optimised is called --student ring" in printed.err


def test_critical(capsys):
    arguments = ("critical", "--internal", "Z2:odd", "--point", "A1")
    found = json.loads(output(capsys, *arguments, "--student", "star", "--json"))
    assert list(found) == RECORD
    assert found["critical_coupling"] == pytest.approx(0.813920, abs=1e-6)
    assert found["scaling_dimensions"] == pytest.approx([0, 0.09165], abs=1e-5)
    assert found["couplings"] == pytest.approx([0.813920], abs=1e-6)
    assert found["kl_bits"] == pytest.approx(0.082803, abs=1e-6)
    text = output(capsys, *arguments, "--along", "2", "--high", "1")
    assert "critical coupling     0.40695984" in text
    assert "phases of degeneracy 1 below and 2 above" in text


def test_numbers_below_zero_in_any_form(capsys):
    text = output(
        *(capsys, "critical", *ISING, "--along", "-1e0", "--low", "-1e-2", "--high", "2", "--json")
    )
    assert json.loads(text)["critical_coupling"] == pytest.approx(0.813920, abs=1e-6)
    at = ("--at", "-1e-1", "-.5")
    rows = output(capsys, "student", *ISING, "--visible", "A1", "--hidden", "A1", *at, "--json")
    assert [row["teacher"] for row in json.loads(rows)] == [-0.1, -0.5]


@pytest.mark.slow
def test_a_transition_without_a_fixed_point_is_printed_as_such(capsys):
    range_ = ("--low", "0", "--high", "2")
    assert main(["critical", *ISING, "--point", "A1+E", *range_, "--json"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert 0.96 < found["critical_coupling"] < 0.972 and found["degeneracy"] is None
    assert "passes no fixed point" in printed.err


def test_reproduce_figure_four(capsys, tmp_path):
    text = output(capsys, "reproduce", "fig4", "--quick", "--out", str(tmp_path))
    assert "largest KL of a centre A1+E: 0.093935 bit at J = 1.100" in text
    assert (tmp_path / "fig4.pdf").exists() and (tmp_path / "report.html").exists()
    data = xarray.open_dataset(tmp_path / "fig4.nc")
    found = data["kl_bits"].sel(centre="A1", teacher=1.0)
    assert float(found) == pytest.approx(0.102065, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["couplings", "--internal", "M11:a", "--point", "A1"], "group 'M11'"),
        (["couplings", "--internal", "Z2:even", "--point", "A1"], "no irrep called 'even'"),
        (["couplings", "--internal", "Z2:odd", "--point", "A1+T2"], "'T2' in 'A1+T2'"),
        (["couplings", "--internal", "Z2:odd", "--point", "A1", "--frame", "x"], "frame 'x'"),
        (["couplings", "--internal", "Z2:odd"], "required"),
        (["student", *ISING, "--visible", "A1", "--hidden", "A1", "--at", "nan"], "'nan'"),
        (["student", *ISING, "--visible", "A1", "--hidden", "A1", "--at", "1", "inf"], "'inf'"),
        (["student", *ISING, "--visible", "4E", "--hidden", "A1", "--at", "1"], "256 states"),
        (["student", *ISING, "--visible", "A1", "--hidden", "A2", "--at", "1"], "no coupling"),
        (["fixed-point", *ISING, "--point", "8E"], "65536 states"),
        (["analyze", "/nowhere"], "cannot read"),
        (["train", *ISING, "--point", "A1", "--out", "/dev/null/x"], "cannot write"),
        (["train", *ISING, "--point", "A1", "--out", "x", "--training.steps", "many"], "many"),
        (["train", *ISING, "--point", "A1", "--out", "x", "--config", "/nowhere"], "nowhere"),
        (
            ["train", *ISING, "--point", "A1", "--out", "x", "--training.hidden", "32", "32"],
            "give a list in brackets, as --training.hidden='[32, 32]'",
        ),
        (["critical", "--internal", "Z2:odd", "--point", "A1", "--student", "oak"], "oak"),
        (["critical", *ISING, "--states", "4"], "give --student tensor or ring"),
        (["fixed-point", *ISING, "--student", "ring", "--power", "-0.5"], "those of k = 0"),
        (["fixed-point", *ISING, "--student", "ring", "--states", "15"], "keep fewer states"),
        (["fixed-points", *ISING, "--student", "tensor"], "need a map over couplings"),
        (["critical", *ISING, "--student", "tensor", "--start", "cubic"], "lieb or square"),
        (["critical", *ISING, "--start", "square"], "--start does not belong to star students"),
        (["critical", *ISING, "--low", "2", "--high", "0"], "give the lower end first"),
        (
            ["critical", "--internal", "S3:standard", "--student", "tensor", "--states", "2"],
            "keep 3 states or more",
        ),
        (
            [*CLOCK, "--point", "A1", "--student", "tensor", "--states", "3", "--out", "x"],
            "real type",
        ),
        (["plot", "/nowhere", "--out", "x"], "cannot read"),
        (["critical", "--internal", "Z2:odd", "--student", "tensor", "--states", "0"], "0 states"),
        (["critical", "--internal", "Z2:odd", "--point", "A1", "--along", "1", "2"], "needs 1"),
        (["critical", "--internal", "Z2:odd", "--point", "A1", "--along", "x"], "'x' of --along"),
        (["reproduce", "fig99", "--out", "x"], "fig99"),
        (["nothing"], "nothing"),
        ([], "command"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(
    capsys, tmp_path, monkeypatch, arguments, complaint
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert_one_line(capsys, complaint)
    assert list(tmp_path.iterdir()) == []


def assert_one_line(capsys, complaint):
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mlrg: error: ")
    assert captured.err.count("\n") == 1
    assert complaint in captured.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["critical", *ISING, "--high", "0.5"], "no transition"),
        (["fixed-point", *ISING, "--low", "1", "--high", "2"], "widen the range"),
        (["critical", *ISING, "--student", "tensor", "--low", "0.1", "--high", "0.2"], "widen"),
    ],
)
def test_a_question_without_an_answer_is_one_line_and_exit_code_three(capsys, arguments, complaint):
    assert main(arguments) == 3
    assert_one_line(capsys, complaint)


def test_groups_and_irreps(capsys):
    assert "2T" in output(capsys, "groups")
    assert {row["name"] for row in json.loads(output(capsys, "groups", "--json"))} >= {"Zn", "2I"}
    text = output(capsys, "irreps", "A5")
    assert "60 elements" in text and "χ3: chi3, 3'" in text
    found = json.loads(output(capsys, "irreps", "2T", "--json"))
    assert (found["order"], len(found["classes"])) == (24, 7)
    types = [(row["dimension"], row["type"], row["real_dimension"]) for row in found["irreps"]]
    assert (2, "quaternionic", 4) in types and (3, "real", 3) in types
    assert output(capsys, "irreps", "C4v", "--latex").startswith(r"\begin{array}")
    for name in ("A5:3'", "A5:chi3"):
        text = output(capsys, "couplings", "--internal", name, "--point", "A1", "--json")
        assert json.loads(text)["dimension"] == 1
    text = output(capsys, "couplings", "--internal", "Z3:1 x Z2:odd", "--point", "A1", "--json")
    assert json.loads(text)["dimension"] == 2
    large = ["--internal", "S4:standard", "--point", "2A1+B1+B2+2E", "--json"]
    text = json.loads(output(capsys, "couplings", *large))
    assert (text["dimension"], text["spin_states"], text["spin_state_count"]) == (34, None, 4194304)


def test_complex_representations_are_noted(capsys, tmp_path, monkeypatch):
    (tmp_path / "complex_for_test.py").write_text(
        "import sympy\nfrom mlrg.symmetry import Representation, cyclic\n"
        "turn = Representation(cyclic(4), [[[sympy.I]]])\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["couplings", "--internal", "complex_for_test:turn", "--point", "A1"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("2 couplings") and "real form, of dimension 2" in shown.err


def test_rows_and_columns_that_differ(capsys, tmp_path):
    ising = [*ISING, "--student", "tensor", "--anisotropy", "2", "--start", "square"]
    search = ["critical", *ising, "--low", "0.29", "--high", "0.32"]
    file = tmp_path / "flow.nc"
    found = json.loads(output(capsys, *search, "--states", "6", "--flow", str(file), "--json"))
    assert list(found) == RECORD
    assert found["critical_coupling"] == pytest.approx(0.3046889, abs=5e-4)
    assert found["modular_parameter"] == pytest.approx([0.0, 0.6478], abs=0.02)
    with xarray.open_dataset(file) as flow:
        height = flow["modular_parameter"].sel(part="imaginary")
        assert height[found["steps"]] == found["modular_parameter"][1]
    text = output(capsys, *search, "--states", "3", "4")
    assert "modular parameter     0.000000 + 0.6" in text and "as far as 4 blocks" in text
    energy = ["free-energy", *ising, "--states", "4", "--at", "0.35", "--magnetisation", "--json"]
    (row,) = json.loads(output(capsys, *energy))
    # Chang (1952): (1 − (sinh 0.7 sinh 1.4)⁻²)^{1/8}.
    assert row["magnetisation_per_spin"] == pytest.approx(0.92169, abs=5e-3)
    for arguments, code, complaint in (
        (["fixed-point", *ising], 3, "not searched for"),
        (
            ["critical", *ISING, "--student", "ring", "--anisotropy", "2"],
            2,
            "give --student tensor",
        ),
        (["critical", "--internal", "O2:1", *ising[2:]], 2, "such as Z24:1"),
        ([*search, "--columns", "4"], 2, "give one or two"),
        (["critical", *ising, "--point", "E"], 2, "carry A1"),
    ):
        assert main(arguments) == code
        assert_one_line(capsys, complaint)


@pytest.mark.slow
def test_several_sizes_and_the_readings_of_a_flow(capsys, tmp_path):
    arguments = ["critical", *ISING, "--student", "tensor", "--low", "0.6", "--high", "0.9"]
    found = json.loads(output(capsys, *arguments, "--states", "2", "4", "--json"))
    couplings = [record["critical_coupling"] for record in found["records"]]
    assert found["limit"]["critical_coupling"]["value"] == couplings[1]
    off = abs(couplings[1] - couplings[0])
    assert found["limit"]["critical_coupling"]["error"] == pytest.approx(off, abs=1e-9)
    text = output(capsys, *arguments, "--states", "2", "4")
    assert "2 states\n" in text and "limit, from the largest size" in text
    file = tmp_path / "new" / "flow.nc"
    output(capsys, *arguments, "--states", "2", "--flow", str(file))
    assert "degeneracy" in xarray.load_dataset(file, engine="h5netcdf")
    for states in (["2", "2"], ["2", "4"]):
        assert main([*arguments, "--states", *states, "--flow", str(file)]) == 2
        assert_one_line(capsys, "give different ones, and --flow with one alone")


ISING_FREE = ["free-energy", *ISING, "--at", "0.3"]


@pytest.mark.slow
def test_a_transition_of_first_order(capsys):
    arguments = ["critical", "--internal", "S5:standard", "--student", "tensor", "--states", "6"]
    arguments += ["--low", "1.54", "--high", "1.55"]
    text = output(capsys, *arguments)
    assert "latent heat, block" in text and "exponent y            2.0000" in text
    found = json.loads(output(capsys, *arguments, "--json"))
    assert found["order"] == "first" and found["exponents"] == pytest.approx([2.0], abs=1e-3)
    assert found["latent_heat"] > found["latent_heat_error"] > 0 and found["degeneracy"] is None


def test_free_energy(capsys):
    arguments = ["free-energy", *ISING, "--student", "tensor", "--states", "4", "--at", "0", "0.3"]
    free, coupled = json.loads(output(capsys, *arguments, "--json"))
    # ln 2 a spin without couplings.
    assert free["log_z_per_spin"] == pytest.approx(math.log(2), abs=1e-12)
    assert free["slope_per_bond"] == pytest.approx(0.0, abs=1e-9)
    assert coupled["log_z_per_block"] == pytest.approx(4.51371449, abs=1e-6)
    text = output(capsys, *arguments, "--along", "1")
    assert "two corner spins, four edge spins, eight bonds" in text
    ordered = [*arguments[:-2], "1.2", "--magnetisation"]
    (found,) = json.loads(output(capsys, *ordered, "--json"))
    assert found["magnetisation_per_spin"] == pytest.approx(0.98673, abs=1e-4)
    assert "0.9867" in output(capsys, *ordered)
    assert main([*ISING_FREE, "--magnetisation"]) == 2
    assert_one_line(capsys, "takes no field")
    assert main([*arguments[:-2], "much"]) == 2


@pytest.mark.slow
def test_a_refined_run_tells_three_errors(capsys, tmp_path):
    run = str(tmp_path / "run")
    settings = {"steps": 0, "flow": "shared", "refinements": 2, "high": 1.2, "gauge": "none"}
    given = [part for key, value in settings.items() for part in (f"--training.{key}", str(value))]
    command = ["train", *ISING, "--point", "A1", "--student", "tensor", "--out", run]
    output(capsys, *command, *given, "--training.refinement_steps", "200")
    found = json.loads(output(capsys, "analyze", run, "--json"))["transition"]
    # Exact maps of two and four states: 0.7066527 and 0.7747036.
    assert found["mean"] == pytest.approx(0.7066527, abs=2e-3)
    assert found["truncation"] == pytest.approx(0.0680509, abs=1e-6)
    assert found["std"] == 0.0 and 0 < found["bias"] < 2e-3
    assert abs(found["mean"] - 0.7066527) == pytest.approx(found["bias"], rel=0.5, abs=1e-5)
    text = output(capsys, "analyze", run)
    assert f"transition            {found['mean']:.7f}   ± 0.0e+00 over models" in text
    assert "± 6.8e-02 of the map" in text
    drawn = output(capsys, "plot", run, "--out", str(tmp_path / "figures"))
    assert "learning_curves.png" in drawn and "transition.png" in drawn


CIRCLE = ["--internal", "O2:1", "--point", "A1"]
XY = [*CIRCLE, "--student", "tensor", "--states", "11", "--start", "square"]
SPHERE = ["--internal", "O3:1", "--point", "A1"]


def test_couplings_of_continuous_groups(capsys):
    arguments = ["couplings", "--internal", "O2:1", "--point", "A1+E"]
    assert "5 couplings, a continuum of spin states, rotating frame" in output(capsys, *arguments)
    found = json.loads(output(capsys, *arguments, "--json"))
    assert found["dimension"] == 5 and found["spin_states"] is None
    assert found["matrix"][2] == ["J2", "0", "J3", "0", "J4", "0"]
    assert "J1 cos 1u" in output(capsys, "couplings", *CIRCLE, "--family", "pair")


def test_a_critical_phase(capsys):
    arguments = ["critical", *XY]
    text = output(capsys, *arguments)
    assert "end towards disorder" in text
    assert "critical phase above a phase of degeneracy 1; read after" in text
    found = json.loads(output(capsys, *arguments, "--json"))
    assert list(found) == RECORD
    assert found["order"] == "critical phase" and found["phases"] == [1, None]
    end, other = found["critical_phase"]
    assert (end["coupling"], other) == (found["critical_coupling"], None)


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["irreps", "O2"], 2, "no table holds"),
        (["critical", "--internal", "O2:1", "--point", "A1+E"], 2, "no circle and no sphere"),
        (["critical", *CIRCLE, "--student", "ring"], 2, "finite subgroup"),
        (["critical", *XY, "--columns", "3"], 2, "finite subgroup"),
        (["fixed-point", *XY], 3, "a line of fixed points"),
        (["couplings", "--internal", "SO3:1/2", "--point", "A1"], 2, "only SU2 has half spins"),
        (
            ["critical", *CIRCLE, "--student", "tensor", "--states", "7", "--start", "square"],
            3,
            "keep more states",
        ),
        (
            ["critical", *SPHERE, "--student", "tensor", "--states", "9", "--high", "0.5"],
            3,
            "no transition of O3",
        ),
    ],
)
def test_what_continuous_groups_do_not_answer(capsys, arguments, code, why):
    assert main(arguments) == code
    assert why in capsys.readouterr().err


def test_weights_of_group_valued_spins(capsys, tmp_path, monkeypatch):
    group = ("--internal", "S2:two-sided", "--point", "A1")
    found = json.loads(output(capsys, "couplings", *group, "--json"))
    assert found["classes"] == ["(1,1)", "(2)"]
    assert "J0 (1,1), J1 (2)" in output(capsys, "couplings", *group)
    # ln w = ½ cycles: x = 2J of the Ising model, whose exact map has J* = 0.813920.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_weight.py").write_text("def turned(p):\n    return 0.5 if p[0] else -0.5\n")
    text = output(capsys, "critical", *group, "--weight", "cycles")
    assert "critical coupling     1.62783" in text
    assert "bond dimension D      5.0928" in text
    own = output(
        capsys, "critical", *group, "--weight", "own_weight:turned", "--low=-4", "--high=0"
    )
    assert "critical coupling     -1.62783" in own and "bond dimension" not in own
    for wrong, message in (
        (("--weight", "cycles", "--along", "2", "1"), "both give a direction"),
        (("--weight", "json:__name__"), "is a str: give a function"),
        (("--weight", "colours"), "give cycles, or package.module:function"),
    ):
        assert main(["critical", *group, *wrong]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(["couplings"], "--internal, --point"), (["analyze"], "directory"), (["irreps"], "group")],
)
def test_what_is_missing_is_called_as_it_is_typed(arguments, missing, capsys):
    assert main(arguments) == 2
    assert f"are required: {missing} (" in capsys.readouterr().err
