"""The XY model: a circle of spins, its critical phase, and the Kosterlitz-Thouless transition.

One declaration, O2:1, and tensors whose legs carry charges. Below the transition every temperature
is a fixed point of its own with c = 1; where vortices become marginal the phase ends. The end is
read from two levels that cross there, logarithms included.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figure")
options.add_argument("--states", type=int, default=40, help="states of a leg")
options = options.parse_args()

# %% Declare the symmetry: turns and mirrors of the plane
import mlrg

xy = mlrg.SpinModel("O2:1", "A1")
print(xy.couplings.text)
rg = mlrg.Tensor(xy, states=options.states, lattice="square")

# %% The critical phase and its end
found = mlrg.critical(rg)
end = found.ends[0]
temperature, error = 1 / end.coupling, end.error / end.coupling**2
print(f"{found.order} above J = {end.coupling:.5f} ± {end.error:.0e}, read after {end.step} steps")
print(f"T = {temperature:.4f} ± {error:.4f}, by other methods {mlrg.literature.XY_TEMPERATURE}")

# %% Inside, and on the other side: c after four steps, Δ after six, where the lattice matters less
WIDEST = 2 if options.states <= 40 else 1


def read(coupling, step, columns):
    return mlrg.follow(rg, rg.start([coupling]), step + 25).reading(step, columns)


def charges(reading):
    lowest = {level.irrep: level.dimension for level in reversed(reading.levels)}
    return [lowest.get(str(charge), np.nan) for charge in (1, 2, 3)]


print(f"\n{'J':>6} {'c':>8} {'Δ1':>8} {'Δ2/Δ1':>7} {'Δ3/Δ1':>7}   (a free field: c 1, ratios 4, 9)")
for coupling in (1.22, 1.5, 2.0):
    one, two, three = charges(read(coupling, 6, WIDEST))
    c = read(coupling, 4, 1).central_charge
    print(f"{coupling:6.2f} {c:8.4f} {one:8.5f} {two / one:7.3f} {three / one:7.3f}")
print(f"  1.02 {read(1.02, 18, 1).central_charge:8.4f}   disorder")

# %% The star of one block of clocks: sums over 16 angles are integrals over the circle here
point = mlrg.fixed_point(mlrg.Star(xy.clock(16)))
dimensions = point.scaling_dimensions
print(
    f"\nstar: J* = {point.couplings[0]:.5f} (Lieb lattice), c = {point.central_charge:.4f}, "
    f"Δ1 = {dimensions[1]:.5f}, Δ2 = {dimensions[3]:.5f}, y = {point.exponents[0]:.3f}; at the "
    "transition 1, 1/8, 1/2, 0"
)

# %% The stiffness K = 1/4Δ: spin waves when cold, a jump from 2 to nothing at the transition
temperatures = np.array([0.3, 0.5, 0.7, 0.8, 0.86, 0.88, 0.9, 0.92, 0.95, 1.0, 1.1])
stiffness = {step: [] for step in (2, 6, 10)}
for value in temperatures:
    flow = mlrg.follow(rg, rg.start([1 / value]), max(stiffness))
    for step, curve in stiffness.items():
        curve.append(0.25 / mlrg.scaling_dimensions(rg, flow.points[step], 2, 1)[1])
# Harmonic spin waves have K = πJ; the first correction takes J to J − 1/4.
spin_waves = np.pi * (1 / temperatures - 0.25)
print(f"\nK at T = 0.3: {stiffness[6][0]:.3f}, spin waves to first order {spin_waves[0]:.3f}")

figure, (axis,) = mlrg.figures.new_axes()
for step, curve in stiffness.items():
    axis.plot(temperatures, curve, marker="o", markersize=3, label=f"after {step} steps")
axis.plot(temperatures, spin_waves, color="gray", linestyle="--", label="spin waves")
axis.axhline(2, color="black", linewidth=0.8, linestyle=":", label="K = 2")
axis.axvline(temperature, color="black", linewidth=0.8, label=f"T = {temperature:.4f}")
axis.set_xlabel("temperature $T = 1/J$")
axis.set_ylabel(r"stiffness $K = 1/4\Delta_1$")
axis.set_ylim(0, 8)
axis.legend(fontsize=8)
figure.save(options.out / "xy")
print(f"figure: {options.out / 'xy'}.png")
