import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_ising_critical_point(tmp_path):
    finished = subprocess.run(
        [
            sys.executable,
            str(EXAMPLES / "ising_critical_point.py"),
            *("--out", str(tmp_path / "demo"), "--seeds", "2", "--steps", "300"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert "bisection on the exact RG map          0.813920" in finished.stdout
    assert {path.name for path in (tmp_path / "demo").glob("*.png")} == {
        "monotone.png",
        "monotone_flow.png",
        "degeneracy_flow.png",
    }
