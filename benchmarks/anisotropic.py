"""Anisotropic tensors beside exact solutions: couplings, modular parameters, Δ and c.

Rows with K and columns with r K are critical at sinh 2K sinh 2rK = 1 (Onsager 1944), where in the
isoradial embedding a row is sinh 2K columns high. The honeycomb is critical at K = ln(2 + √3)/2;
its cells lean by 60°.

    OMP_NUM_THREADS=1 python benchmarks/anisotropic.py
"""

import time

import numpy as np
from scipy.optimize import brentq

import mlrg

RATIOS, SIZES = (1.0, 2.0, 4.0, 8.0), (8, 16)


def honeycomb(coupling: float) -> np.ndarray:
    """Return two sites of the honeycomb as a tensor of four legs."""
    even, odd = np.sqrt(np.cosh(coupling)), np.sqrt(np.sinh(coupling))
    site = np.einsum("xa,xb,xc->abc", *[np.array([[even, odd], [even, -odd]])] * 3)
    return np.einsum("abz,cdz->abcd", site, site)


def row(name: str, rgmap, low: float, high: float, exact: float, tau: complex) -> str:
    """Return a line of the table."""
    begin = time.perf_counter()
    found = mlrg.critical(rgmap, low, high)
    seconds = time.perf_counter() - begin
    read = rgmap.modular_parameter(found.point)
    sigma, epsilon = found.scaling_dimensions[1:3]
    return (
        f"| {name} | {rgmap.states} | {found.coupling:.7f} | {found.coupling / exact - 1:+.1e} "
        f"| {read.real:.4f} + {read.imag:.4f} i | {tau.real:.4f} + {tau.imag:.4f} i "
        f"| {sigma:.5f} | {epsilon:.5f} | {found.central_charge:.4f} | {found.steps} "
        f"| {seconds:.0f} |"
    ).replace("-0.0000", "0.0000")


def main() -> None:
    """Print a table."""
    ising = mlrg.SpinModel("Z2:odd", "A1")
    print("| lattice | states | K | relative error | τ | exact | Δσ | Δε | c | steps | s |")
    print("|" + "---|" * 11, flush=True)
    for ratio in RATIOS:
        exact = brentq(lambda K, r=ratio: np.sinh(2 * K) * np.sinh(2 * r * K) - 1, 1e-3, 2)
        for states in SIZES:
            rgmap = mlrg.AnisotropicTensor(ising, ratio, states, lattice="square")
            tau = 1j * np.sinh(2 * exact)
            name = f"square, r = {ratio:g}"
            print(row(name, rgmap, 0.9 * exact, 1.1 * exact, exact, tau), flush=True)
    exact, tau = 0.5 * np.log(2 + np.sqrt(3)), np.exp(1j * np.pi / 3)
    for states in SIZES:
        rgmap = mlrg.AnisotropicTensor.from_array(honeycomb, "Z2:0+odd", states=states)
        print(row("honeycomb", rgmap, 0.9 * exact, 1.1 * exact, exact, tau), flush=True)


if __name__ == "__main__":
    main()
