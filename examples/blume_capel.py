"""Blume-Capel spins −1, 0, 1: a line of Ising transitions, a tricritical point, first order.

Spins that may also vanish are declared by their values. A bond weighs exp(J s s' − d (s² + s'²)/2):
vacancies cost nothing, so that large d makes a gas of them. Where the transition changes its order
both the spin and the density are critical, with c = 7/10 (tricritical Ising).
"""

# %% Options
import argparse
from pathlib import Path

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figure")
options.add_argument("--states", type=int, default=8, help="states of the tensors' legs")
options.add_argument("--fields", type=float, nargs="+", default=[0, 1, 2, 2.4, 2.6, 2.8, 3, 3.5])
options = options.parse_args()

# %% Declare the spins: the sign of Z2, three values, one coupling for every orbit of pairs
import mlrg

model = mlrg.SpinModel("Z2:odd", "A1", family="pair", states=((-1,), (0,), (1,)))
print("ln of the weight of a bond; rows: spin on the edge −1, 0, 1, columns: on the corner")
print(model.couplings.text)

# %% Transitions along J for several d
tensor = mlrg.Tensor(model, options.states)
found = {}
print(f"\n{'d':>4} {'J':>9}  order       phases    Z        Δ1       c")
for d in options.fields:
    ray = mlrg.Ray((1, 0, -1, 0, 0), (-d, -d / 2, -d, -d / 2, 0))
    found[d] = at = mlrg.critical(tensor, 0.05, 6.0, ray, tolerance=1e-10)
    read = ""
    if at.order == "continuous":
        read = f"{at.degeneracy:.4f}  {at.scaling_dimensions[1]:.5f}  {at.central_charge:.4f}"
    below, above = at.phases
    print(f"{d:4.1f} {at.coupling:9.6f}  {at.order or '–':10s}  {below} → {above}     {read}")
print("exact: Ising Z = 1.7636, Δ1 = 0.125, c = 0.5; tricritical Δ1 = 0.075, c = 0.7")

# %% The line of transitions
figure, (axis,) = mlrg.figures.new_axes()
axis.plot(list(found), [at.coupling for at in found.values()], color="0.6", linewidth=1)
for order, marker in (("continuous", "o"), ("first", "s")):
    here = [d for d, at in found.items() if at.order == order]
    axis.plot(here, [found[d].coupling for d in here], marker, color="black", label=order)
axis.set_xlabel("price of a spin $d$")
axis.set_ylabel("coupling $J$ of the transition")
axis.legend(title="order", fontsize=8)
figure.save(options.out / "blume-capel")
print(f"figure: {options.out / 'blume-capel'}.png")
