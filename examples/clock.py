"""Clock models Z3 to Z6: one declaration each, and what they turn out to be.

Z3 is the 3-state Potts model and Z4 two copies of the Ising model, both exactly and to rounding in
every number. Z5 and Z6 have no single transition but a critical phase with c = 1 between two of the
Kosterlitz-Thouless kind: the star of one block of four spins makes it one fixed point whose c is
near 1, tensors of more states tell its two ends.
"""

# %% Options
import argparse
from pathlib import Path

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options.add_argument("--states", type=int, default=24, help="states of a tensor's leg")
options = options.parse_args()

# %% Declare the symmetry: rotations of the plane by 360°/n, spins on the orbit of one vector
import mlrg

clocks = {n: mlrg.Star(mlrg.SpinModel(f"Z{n}:1", "A1")) for n in (3, 4, 5, 6)}
print("couplings of a clock: a scalar product and an antisymmetric one, which turns the spins")
print(clocks[6].model.couplings.text)

# %% Fixed points of the exact RG map
found = {n: mlrg.fixed_point(star) for n, star in clocks.items()}
ising = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")))
potts = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("S3:standard", "A1")))

known = {3: 4 / 5, 4: 1.0, 5: 1.0, 6: 1.0}
print(f"\n{'n':>2} {'J0*':>9} {'Z':>8} {'Δ1':>8} {'c':>8}  exact c")
for n, point in found.items():
    print(
        f"{n:2d} {point.couplings[0]:9.5f} {point.degeneracy:8.4f} "
        f"{point.scaling_dimensions[1]:8.5f} {point.central_charge:8.4f}  {known[n]:.1f}"
    )

# %% Z3 is Potts, Z4 is Ising twice
import itertools

import numpy as np

sums = np.sort([a + b for a, b in itertools.product(ising.scaling_dimensions, repeat=2)])
gaps = {
    "Z3 − Potts 3: J0*": found[3].couplings[0] - potts.couplings[0],
    "Z4 − 2 Ising: J0*": found[4].couplings[0] - 2 * ising.couplings[0],
    "Z4 − Ising²: Z": found[4].degeneracy - ising.degeneracy**2,
    "Z4 − 2 Ising: c": found[4].central_charge - 2 * ising.central_charge,
    "Z4 − sums of Ising: Δ": np.abs(found[4].scaling_dimensions - sums).max(),
}
for name, gap in gaps.items():
    print(f"{name:24s} {gap:+.1e}")

# %% On the lattice itself: a ring of three blocks at the exact coupling of the Z4 clock
exact = mlrg.literature.UNIVERSALITY["Z4:1"]
ring = mlrg.spectrum(clocks[4], [exact.critical_coupling, 0.0], columns=3, count=10)
print(f"\nring of three blocks at the exact J0c = {exact.critical_coupling:.6f}")
for level in ring:
    print(level)
print("two Ising copies: σ1, σ2 1/8 (twice), σ1σ2 1/4, ε1, ε2 1 (twice); ∂σ 9/8, ∂(σ1σ2) 5/4")
figure = mlrg.figures.spectrum_figure(ring, (0.0, 1 / 8, 1 / 4, 1.0, 9 / 8, 5 / 4, 2.0))
figure.save(options.out / "clock-4")
print(f"figure: {options.out / 'clock-4'}.png")

# %% Z5 and Z6: a critical phase with two ends. Mirrors do not change it, and make it cheaper
print(f"\nsquare lattice, tensors of {options.states} states; temperatures, and those by others")
curves = {}
for n in (5, 6):
    tensor = mlrg.Tensor(mlrg.SpinModel(f"D{n}:E1", "A1"), states=options.states, lattice="square")
    phase = mlrg.critical(tensor)
    for name, end, known in zip(
        ("disorder", "order"), phase.ends, mlrg.literature.CLOCK_TEMPERATURES[n], strict=True
    ):
        value, error = 1 / end.coupling, end.error / end.coupling**2
        print(f"Z{n}, end towards {name:8s} T = {value:.4f} ± {error:.4f} ({known:.4f})")
    couplings = np.linspace(0.85 * phase.ends[0].coupling, 1.15 * phase.ends[1].coupling, 17)
    dimensions = [
        mlrg.scaling_dimensions(tensor, mlrg.follow(tensor, tensor.start([j]), 6).points[-1], 2, 1)[
            1
        ]
        for j in couplings
    ]
    curves[n] = (1 / couplings, dimensions, phase)

# %% Δ of the spin drifts with temperature inside the phase, from 1/8 to 2/n²
figure, axes = mlrg.figures.new_axes(2, height=4.6)
for axis, (n, (temperatures, dimensions, phase)) in zip(axes, curves.items(), strict=True):
    axis.plot(temperatures, dimensions, marker="o", markersize=3, label=f"Z{n}, after 6 steps")
    for end in phase.ends:
        axis.axvline(1 / end.coupling, color="black", linewidth=0.8)
    for value, text in ((1 / 8, "1/8"), (2 / n**2, f"2/{n * n}")):
        axis.axhline(value, color="gray", linewidth=0.8, linestyle=":", label=text)
    axis.set_ylim(0, 0.3)
    axis.set_ylabel(r"$\Delta_1$")
    axis.legend(fontsize=8)
axes[-1].set_xlabel("temperature $T = 1/J$")
figure.save(options.out / "clock-phases")
print(f"figure: {options.out / 'clock-phases'}.png")
