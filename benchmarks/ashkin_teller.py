"""The Ashkin–Teller model along its exact critical line, where exponents vary with the coupling.

On the square lattice with exp(K (σσ' + ττ') + K₄ σσ'ττ') a bond, the line sinh 2K = e^{−2K₄} is
critical from two Ising copies (K₄ = 0) to the four-state Potts model (K₄ = K). There c = 1 and,
from the six-vertex model with Δ = 1 − coth²(2K)/2 (Baxter 1982; Kohmoto, den Nijs, Kadanoff 1981),

    Δ_σ = 1/8,     Δ_ε = π / (2 arccos Δ),     Δ_στ = Δ_ε / 4.

Every row is a search along the ray through the exact point, and what is read there.

    python benchmarks/ashkin_teller.py [--states 16] [--student tensor] [--columns 2]
"""

import argparse
import time

import numpy as np
from scipy.optimize import brentq

import mlrg
from mlrg.registry import student as student_of

# K₄ as a share of K.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
# Irreps of D4 that σ and τ, στ and the energy carry.
FIELDS = ("E", "B1", "A1")


def exact_point(share: float) -> tuple[float, list[float]]:
    """Return K on the line with K₄ = share · K, and Δ of σ, στ and ε."""
    coupling = brentq(lambda k: np.sinh(2 * k) - np.exp(-2 * share * k), 0.1, 1.0, xtol=1e-15)
    anisotropy = 1 - 0.5 / np.tanh(2 * coupling) ** 2
    energy = np.pi / (2 * np.arccos(max(anisotropy, -1.0)))
    return coupling, [0.125, energy / 4, energy]


def row(found, columns: int, share: float, exact: list[float], seconds: float) -> str:
    """Return a line of the table."""
    if found.unread:
        return f"| {share:g} | {found.coupling - 1:+.1e} | {found.order or 'nothing read'} |"
    levels = found.reading.of(columns).levels
    cells = [f"{share:g}", f"{found.coupling - 1:+.1e}", str(found.steps)]
    for irrep, value in zip(FIELDS, exact, strict=True):
        ours = next(
            level.dimension
            for level in levels
            if level.irrep == irrep and level.dimension > 1e-9 and level.momentum == 0
        )
        cells.append(f"{ours:.4f} ({value:.4f}, {100 * (ours / value - 1):+.1f} %)")
    cells += [f"{found.reading.of(columns).central_charge:.4f}", f"{seconds:.0f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=16)
    parser.add_argument("--student", default="tensor", help="tensor or ring")
    parser.add_argument("--columns", type=int, default=2)
    options = parser.parse_args()
    model = mlrg.SpinModel("D4:E+B1", "A1")
    student = student_of(options.student, model, states=options.states, start="square")
    print("| K₄/K | coupling, relative | steps | Δσ (exact) | Δστ | Δε | c | s |")
    print("|---|---|---|---|---|---|---|---|")
    for share in SHARES:
        coupling, exact = exact_point(share)
        begin = time.perf_counter()
        # A spin of norm one has components of 1/√2: J0 = 2 K for K (σσ' + ττ').
        ray = (2 * coupling, share * coupling)
        found = mlrg.critical(student, 0.95, 1.05, ray, tolerance=1e-9)
        line = row(found, options.columns, share, exact, time.perf_counter() - begin)
        print(line, flush=True)


if __name__ == "__main__":
    main()
