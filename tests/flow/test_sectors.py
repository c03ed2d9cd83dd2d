import numpy as np
import pytest

import mlrg
from mlrg.errors import BudgetError
from mlrg.flow import sectors
from mlrg.flow.blocks import rg_block
from mlrg.flow.literature import ISING_EXACT
from mlrg.flow.sectors import spectrum
from mlrg.flow.transfer import RowTransfer
from mlrg.symmetry import C4v, cyclic, quaternion, symmetric


def model(internal, point="A1"):
    return mlrg.SpinModel(internal, C4v(point))


@pytest.mark.parametrize(
    "declared, columns",
    [
        (model(cyclic(2).irrep("odd"), "A1+E"), 2),
        (model(symmetric(3).irrep("standard")), 4),
        (model(cyclic(4).irrep("1")), 3),
        (model(cyclic(5).irrep("1")), 2),
        (model(quaternion().irrep("quaternion")), 2),
    ],
)
def test_sectors_hold_every_eigenvalue_once(declared, columns):
    rng = np.random.default_rng(2)
    couplings = 0.3 * rng.normal(size=declared.couplings.dimension)
    matrix = RowTransfer(rg_block(declared), couplings, columns).dense()[0]
    whole = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
    # Deeper eigenvalues lose digits to the size of the largest.
    whole = whole[whole > 1e-10 * whole[0]]
    levels = spectrum(declared, couplings, columns, count=len(matrix))
    counted = np.repeat(
        [np.exp(-2 * np.pi * level.dimension / columns) for level in levels],
        [level.multiplicity for level in levels],
    )[: len(whole)]
    assert counted == pytest.approx(whole / whole[0], abs=1e-12)


def test_iterative_and_direct_agree(monkeypatch):
    potts = model(symmetric(3).irrep("standard"))
    direct = spectrum(potts, [1.1], 4, count=12)
    monkeypatch.setattr(sectors, "_DIRECT", 1)
    iterative = spectrum(potts, [1.1], 4, count=12)
    for one, other in zip(direct, iterative, strict=True):
        assert one.dimension == pytest.approx(other.dimension, abs=1e-9)
        assert (one.irrep, one.multiplicity) == (other.irrep, other.multiplicity)


def test_ising_operators_on_the_critical_lattice():
    # Exact coupling of the Lieb lattice, rings of tilted square lattice: the conformal spectrum
    # (σ 1/8, ε 1, ∂σ, T and its descendants) up to corrections of order n⁻².
    levels = spectrum(model(cyclic(2).irrep("odd")), [ISING_EXACT], 8, count=6)
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
    exact = 1.1479091
    levels = spectrum(model(symmetric(3).irrep("standard")), [exact], 6, count=6)
    found = {(level.irrep, level.momentum): level.dimension for level in reversed(levels)}
    assert found["standard", 0] == pytest.approx(2 / 15, rel=0.01)
    assert found["trivial", 0] == 0
    assert levels[2].irrep == "trivial" and levels[2].dimension == pytest.approx(0.8, rel=0.08)
    assert levels[4].irrep == "standard" and levels[4].dimension == pytest.approx(4 / 3, rel=0.01)
    assert found["sign", 1] == pytest.approx(9 / 5, rel=0.03)
    assert [level.multiplicity for level in levels] == [1, 2, 1, 4, 2, 2]


def test_level_as_text_and_limit_of_the_group(monkeypatch):
    ising = model(cyclic(2).irrep("odd"))
    text = str(spectrum(ising, [0.8])[1])
    assert text.startswith("Δ = 0.0") and text.endswith("odd, momentum 0 even, × 1")
    monkeypatch.setattr(sectors, "GROUP_LIMIT", 1)
    sectors._irreps.cache_clear()
    with pytest.raises(BudgetError, match="without them"):
        spectrum(ising, [0.8])
