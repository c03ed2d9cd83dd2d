"""Potts models with 3, 4 and 5 states, from S_q to critical coupling, exponents and central charge.

The exact RG map is followed without training. Its fixed points are held against what is known: for
q = 3 and 4 the transition is continuous and its conformal field theory is known; for q = 5 it is of
first order, with a correlation length of thousands of sites that no block of four spins can see.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options.add_argument("--states", type=int, nargs="+", default=[3, 4, 5], help="values of q")
options = options.parse_args()

# %% Declare the symmetry: a spin points to a corner of a simplex that S_q permutes
import mlrg
from mlrg import literature

stars = {q: mlrg.Star(mlrg.SpinModel(f"S{q}:standard", "A1")) for q in options.states}
for q, star in stars.items():
    print(f"q = {q}: {len(star.model.spins)} states, {star.dimension} coupling")

# %% The unstable fixed point of the exact RG map, beside what is known
found = {q: mlrg.fixed_point(star) for q, star in stars.items()}


def beside(ours, exact):
    return f"{ours:8.4f} ({exact:.4f})" if exact is not None else f"{ours:8.4f} (    – )"


print("\nexact RG map (exact value)")
print(f"{'q':>2} {'J0*':>17} {'c':>17} {'y_t':>17} {'Δσ':>17} {'KL (bit)':>9}")
for q, point in found.items():
    known = literature.UNIVERSALITY.get(f"S{q}:standard")
    values = (
        beside(point.couplings[0], literature.potts_coupling(q)),
        beside(point.central_charge, known and known.central_charge),
        beside(point.exponents[0], known and known.thermal_exponent),
        beside(point.scaling_dimensions[1], known and known.spin_dimension),
    )
    print(f"{q:2d} {'  '.join(values)} {point.cost:9.4f}")
print("a first-order transition would show y_t = 2")

# %% The multiplets: σ is q − 1 times degenerate, exactly
for q, point in found.items():
    print(f"q = {q}: {point.levels[1]}")

# %% Z along the flow: it crosses where the coupling is critical
for q, star in stars.items():
    centre = found[q].couplings[0]
    points = np.linspace(0.75 * centre, 1.2 * centre, 19)
    flows = [mlrg.follow(star, star.axis(j), 3).points for j in points]
    curves = {
        float(step): np.array([[mlrg.degeneracy(star, flow[step]) for flow in flows]])
        for step in range(4)
    }
    figure = mlrg.figures.curves_along_flow(
        points, curves, r"degeneracy $Z$", centre, literature.potts_coupling(q), (0.9, q + 0.1)
    )
    figure.save(options.out / f"potts-{q}")
    print(f"figure: {options.out / f'potts-{q}'}.png")
