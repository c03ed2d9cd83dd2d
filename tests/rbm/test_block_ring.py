import numpy as np
import pytest

from mlrg.analysis.literature import ISING_EXACT, potts_coupling
from mlrg.analysis.readings import spectrum
from mlrg.errors import BudgetError
from mlrg.model import SpinModel
from mlrg.rbm import block_ring
from mlrg.rbm.star import Star
from mlrg.symmetry import orthogonal_irreps


def build(internal, point="A1"):
    return Star(SpinModel(internal, point))


@pytest.mark.parametrize(
    ("internal", "point", "columns"),
    [
        ("Z2:odd", "A1+E", 2),
        ("S3:standard", "A1", 4),
        ("Z4:1", "A1", 3),
        ("Z5:1", "A1", 2),
        ("Q8:quaternion", "A1", 2),
    ],
)
def test_sectors_hold_every_eigenvalue_once(internal, point, columns):
    star = build(internal, point)
    rng = np.random.default_rng(2)
    couplings = 0.3 * rng.normal(size=star.dimension)
    matrix = star.ring(couplings, columns).dense[0]
    whole = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
    # Deeper eigenvalues lose digits to the size of the largest.
    whole = whole[whole > 1e-10 * whole[0]]
    levels = spectrum(star, couplings, columns, count=len(matrix))
    counted = np.repeat(
        [np.exp(-2 * np.pi * level.dimension / columns) for level in levels],
        [level.multiplicity for level in levels],
    )[: len(whole)]
    assert counted == pytest.approx(whole / whole[0], abs=1e-12)


def test_iterative_and_direct_agree(monkeypatch):
    potts = build("S3:standard")
    direct = spectrum(potts, [1.1], 4, count=12)
    monkeypatch.setattr(block_ring, "_DIRECT", 1)
    iterative = spectrum(potts, [1.1], 4, count=12)
    for one, other in zip(direct, iterative, strict=True):
        assert one.dimension == pytest.approx(other.dimension, abs=1e-9)
        assert (one.irrep, one.multiplicity) == (other.irrep, other.multiplicity)


def test_ising_operators_on_the_critical_lattice():
    # Exact coupling of the Lieb lattice, rings of tilted square lattice: the conformal spectrum
    # (σ 1/8, ε 1, ∂σ, T and its descendants) up to corrections of order n⁻².
    levels = spectrum(build("Z2:odd"), [ISING_EXACT], 8, count=6)
    expected = [
        (0, "0", 0, 1, 1),
        (1 / 8, "odd", 0, 1, 1),
        (1, "0", 0, 1, 1),
        (1 + 1 / 8, "odd", 1, 0, 2),
        (2, "0", 1, 0, 2),
        (2, "0", 2, 0, 2),
    ]
    found = sorted(levels, key=lambda level: (round(level.dimension, 3), level.momentum))
    for level, (dimension, *labels) in zip(found, expected, strict=True):
        assert level.dimension == pytest.approx(dimension, rel=0.05)
        assert [level.irrep, level.momentum, level.parity, level.multiplicity] == labels


def test_potts_operators_on_the_critical_lattice():
    # 3-state Potts: σ doublet 2/15, ε 4/5, second doublet 4/3, the odd current of weight 9/5.
    levels = spectrum(build("S3:standard"), [potts_coupling(3)], 6, count=6)
    found = {(level.irrep, level.momentum): level.dimension for level in reversed(levels)}
    assert found["standard", 0] == pytest.approx(2 / 15, rel=0.01)
    assert found["trivial", 0] == 0
    assert levels[2].irrep == "trivial" and levels[2].dimension == pytest.approx(0.8, rel=0.08)
    assert levels[4].irrep == "standard" and levels[4].dimension == pytest.approx(4 / 3, rel=0.01)
    assert found["sign", 1] == pytest.approx(9 / 5, rel=0.03)
    assert [level.multiplicity for level in levels] == [1, 2, 1, 4, 2, 2]


def test_level_as_text_and_limit_of_the_group(monkeypatch):
    text = str(spectrum(build("Z2:odd"), [0.8])[1])
    assert text.startswith("Δ = 0.0") and text.endswith("odd, momentum 0 even, × 1")
    monkeypatch.setattr(orthogonal_irreps, "GROUP_LIMIT", 1)
    with pytest.raises(BudgetError, match="what needs no sectors"):
        spectrum(build("Z7:1"), [0.8, 0.0])
