"""Spins with values in S3: class couplings, and phases that keep a normal subgroup.

A spin is an element x of S3 under multiplication from the left and from the right. Two of them have
one coupling for each conjugacy class of x⁻¹y: equal, a transposition apart, a 3-cycle apart. With
S2 in the place of S3 the same declaration is the Ising model.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options.add_argument("--grid", type=int, default=13, help="grid lines of the phase diagram")
options = options.parse_args()

# %% Declare the symmetry S3 × S3 on the six elements of S3
import mlrg

model = mlrg.SpinModel("S3:two-sided", "A1")
star = mlrg.Star(model)
print(model.couplings.text)

# %% Class functions: the sign of a permutation, its character on the plane, equality
SIGN, PLANE, EQUAL = (1.0, -1.0, 1.0), (2.0, 0.0, -1.0), (1.0, 0.0, 0.0)

# %% Transitions that literature knows: the sign alone is Ising, equality alone is 6-state Potts
from mlrg import literature

rows = [
    ("sign of x⁻¹y, Ising", SIGN, literature.ISING_EXACT),
    ("x = y, 6-state Potts", EQUAL, literature.potts_coupling(6) * 6 / 5),
    ("character of the plane", PLANE, None),
]
for name, ray, exact in rows:
    found = mlrg.critical(star, along=ray, tolerance=1e-7)
    low, high = found.phases
    known = f"exact {exact:.5f}" if exact else "exact: not known"
    print(
        f"{name:24s} Jc = {found.coupling:.5f}, {known}; Z = {low} → {high}, "
        f"c = {found.central_charge:.4f}"
    )
two = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("S2:two-sided", "A1")))
print(f"S2 in its place: J0* − J1* = 2 × {(two.couplings[0] - two.couplings[1]) / 2:.6f} (Ising)")

# %% The plane of sign and character
labels = ("coupling of the sign", "coupling of the plane's character")
plane = mlrg.Plane(star, SIGN, PLANE, labels=labels)
x, y = np.linspace(-0.3, 1.5, options.grid), np.linspace(0.0, 1.2, options.grid)
diagram = mlrg.phases(star, plane, x, y, halvings=4)
print("phases by degeneracy Z:", sorted(set(diagram.phases.ravel().tolist())))
print("Z = 1: S3 kept, 2: its even part A3 kept, 6: nothing kept; 0: the flow reaches no phase")
figure = diagram.plot()
axis = figure.axes[0]
axis.plot([literature.ISING_EXACT], [0.0], "v", color="tab:red", clip_on=False, zorder=6)
axis.annotate(
    "Ising, exact", (literature.ISING_EXACT, 0.0), xytext=(-66, 8), textcoords="offset points"
)
figure.save(options.out / "group-valued")
print(f"figure: {options.out / 'group-valued'}.png")
