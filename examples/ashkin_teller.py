"""The Ashkin-Teller model: one spin with two couplings, four phases, and every fixed point.

A spin is a pair (σ, τ) of Ising spins. As a representation of D4 it is E + B1: E carries σ and τ,
B1 their product, and each has its own coupling. Nobody names the phases: they are told apart by
their degeneracy Z, and fixed points are found from random starts.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options.add_argument("--grid", type=int, default=25, help="grid lines of the phase diagram")
options.add_argument("--starts", type=int, default=60, help="random starts of Newton's method")
options = options.parse_args()

# %% Declare the symmetry
import mlrg

model = mlrg.SpinModel("D4:E+B1", "A1")
star = mlrg.Star(model)
print(model.couplings.text)
print("J0 = 2 K for K (σσ' + ττ'), J1 for σσ'ττ'")

# %% Fixed points of the exact RG map, each once
starts = mlrg.random_starts([-0.5, -1.5], [3.5, 1.5], options.starts, np.random.default_rng(0))
search = mlrg.fixed_points(star, starts)
print(f"\n{len(search.points)} fixed points from {len(starts)} starts, {search.failures} lost")
for point in search.points:
    print(
        f"J = ({point.couplings[0]:8.5f}, {point.couplings[1]:8.5f})  Z = {point.degeneracy:.4f}  "
        f"c = {point.central_charge:.4f}  y = {np.round(point.exponents, 3)}  "
        f"{point.kind}"
    )

# %% Held against Ising and the 4-state Potts model
ising = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")))
potts = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("S4:standard", "A1")))
expected = {
    "two Ising copies": ([2 * ising.couplings[0], 0], 2 * ising.central_charge),
    "4-state Potts": (potts.couplings[0] * np.array([2, 1]) / 3, potts.central_charge),
    "Ising in the product": ([0, ising.couplings[0]], ising.central_charge),
}
for name, (couplings, charge) in expected.items():
    gap = min(np.abs(point.couplings - couplings).max() for point in search.points)
    print(f"{name:22s} J = {np.round(couplings, 5)}, c = {charge:.4f}: found to {gap:.0e}")
print("in the exact model the first two end a line of fixed points with c = 1")

# %% The phases of the plane, told apart by Z
x, y = np.linspace(0.0, 3.0, options.grid), np.linspace(-1.6, 1.6, options.grid)
diagram = mlrg.phases(star, mlrg.Plane(star, 0, 1), x, y)
names = {1: "paramagnet", 2: "only στ ordered, or only its staggered one", 4: "σ, τ, στ ordered"}
for label, count in zip(*np.unique(diagram.phases, return_counts=True), strict=True):
    print(f"Z = {label}: {count} of {diagram.phases.size} points, {names.get(label, 'no phase')}")


# %% The exact self-dual line of the Lieb lattice, and the figure
def effective(j0, j1):
    """Couplings J, λ of the square lattice after the bond spins are summed out."""
    signs = np.array([(s, t) for s in (1, -1) for t in (1, -1)])

    def weight(a, b):
        energies = [j0 / 2 * (p + q) @ z + j1 * (p.prod() + q.prod()) * z.prod()
                    for p, q in [(np.array(a), np.array(b))] for z in signs]  # fmt: skip
        return np.log(np.exp(energies).sum())

    same, one, two = weight((1, 1), (1, 1)), weight((1, 1), (1, -1)), weight((1, 1), (-1, -1))
    return (same - two) / 4, (same + two - 2 * one) / 4


from scipy.optimize import brentq


def self_dual(j1):
    """The J0 where sinh 2J = e^{−2λ}."""

    def gap(j0):
        j, quartic = effective(j0, j1)
        return np.sinh(2 * j) - np.exp(-2 * quartic)

    return brentq(gap, 0.0, 8.0)


# Beyond the Potts point, J = λ, the transition splits in two and the line is none of them.
end = brentq(lambda j1: np.subtract(*effective(self_dual(j1), j1)), 0.1, 1.0)
line = np.array([(self_dual(j1), j1) for j1 in np.linspace(0, end, 49)])
figure = diagram.plot([(tuple(point.couplings), point.kind) for point in search.points])
figure.axes[0].plot(*line.T, color="tab:red", linewidth=1.5)
figure.axes[0].annotate("exact", line[25], xytext=(-36, -4), textcoords="offset points")
figure.save(options.out / "ashkin-teller")
print("\nboundary of Z = 4 and Z = 1 at J1 = 0 and at the Potts point, map and exact:")
for name, (exact, _), ray in (
    ("J1 = 0", line[0], (1.0, 0.0)),
    ("J0 = 2 J1", line[-1], (2.0, 1.0)),
):
    position = mlrg.critical(star, along=ray).coupling
    print(f"{name:10s} J0 = {position * ray[0]:.5f}, exact {exact:.5f}")
print(f"figure: {options.out / 'ashkin-teller'}.png")
