"""Three phases of Ashkin-Teller spins in one learned flow, and its monotone beside c.

One moderator is fitted to the exact map of block tensors with D4 spins, from flows that start all
over a plane of bare couplings: K of the two Ising spins and K4 of their product. Paramagnet, Baxter
order (only the product is ordered) and ferromagnet are three sinks of it. Its C is drawn over the
plane of their tensors, and read at the fixed points between them, beside the central charge.
"""

# %% Options
import argparse
from pathlib import Path

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory of run and figure")
options.add_argument("--rounds", type=int, default=6, help="of the second-order phase")
options.add_argument("--steps", type=int, default=500, help="of L-BFGS in a round")
options.add_argument("--flows", type=int, default=96, help="that pairs are gathered along")
options = options.parse_args()

# %% The plane of K and K4, and the exact map
import matplotlib.pyplot as plt
import numpy as np

import mlrg
from mlrg.flow.axis_curves import monotone_curve
from mlrg.flow.handed_over import handed_over_transition

spins = mlrg.SpinModel("D4:E", "A1", family="pair")
student = mlrg.Tensor(spins, 4, mlrg.BondWeighted(0.0))
space = student.couplings
# Energies of equal, neighbouring and opposite states: 2K = J0 along the first, K4 along the second.
ISING, PRODUCT = np.array([1.0, 0.0, -1.0]), np.array([1.0, -1.0, 1.0])
print(f"{space.dimension} couplings of block tensors with legs {space.leg}")

# %% One moderator of the whole plane
config = mlrg.TrainingConfig(
    flow="shared",
    steps=0,
    refinements=options.rounds,
    refinement_steps=options.steps,
    refinement_flows=options.flows,
    refinement_pairs="exact",
    hidden=(48, 48),
    high=2.2,
    plane=tuple(PRODUCT),
    plane_low=-0.2,
    plane_high=1.0,
    spread=0.25,
    gauge="none",
    walk_steps=20,
)
kept = options.out / "ashkin-teller"
run = mlrg.train(student, config=config, out=kept, resume=kept.exists())
learned = run.maps[0]

# %% Transitions along lines of constant K4
print("   K4  exact map  told by it after 8 learned steps")
for strength in (-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
    line = mlrg.Ray(tuple(ISING), tuple(strength * PRODUCT))
    exact = mlrg.critical(space, 0.0, 2.2, along=line, tolerance=1e-9).coupling
    try:
        told = f"{handed_over_transition(learned, along=line) - exact:+.1e}"
    except mlrg.NoAnswerError as error:
        told = str(error)
    print(f"{strength:5.1f}  {exact:.6f}   {told}")


# %% Fixed points of the learned flow, and the central charge that the exact map reads there
def at_rest(strength, product):
    """Return where the learned flow rests in a phase."""
    start = space.start(strength * ISING + product * PRODUCT)
    return learned.flowed(mlrg.follow(space, start, 60).points[-1], 30.0)[0], 0.0


def critical(line, ends):
    """Return where the critical flow has come after eight steps, and c."""
    found = mlrg.critical(space, *ends, along=line, tolerance=1e-12)
    flow = mlrg.follow(space, space.start(line.at(found.coupling)), 40)
    told = handed_over_transition(learned, along=line, ends=ends)
    point = learned.flowed(learned.starts(line.at([told])), 8.0)[0]
    return point, flow.reading(8, 2).central_charge


LINES = {
    "two Ising models": (mlrg.Ray(tuple(ISING)), (0.0, 2.2)),
    "four-state Potts": (mlrg.Ray(tuple(ISING + 0.5 * PRODUCT)), (0.0, 1.5)),
    "paramagnet to Baxter": (mlrg.Ray(tuple(PRODUCT)), (0.0, 1.0)),
    "Baxter to ferromagnet": (mlrg.Ray(tuple(ISING), tuple(PRODUCT)), (0.0, 2.2)),
}
places = {
    "paramagnet": at_rest(0.0, 0.0),
    "Baxter order": at_rest(0.0, 1.0),
    "ferromagnet": at_rest(2.2, 0.2),
}
print(f"{'fixed point':22s}  c of the map  C - C(0)")
for name, line in LINES.items():
    try:
        places[name] = critical(*line)
    except mlrg.NoAnswerError as error:
        print(f"{name:22s}  {error}")
for name, (point, charge) in places.items():
    print(f"{name:22s}  {charge:12.3f}  {learned.monotone(point)[0]:8.3f}")

# %% C over the plane of couplings, and over that of the three phases
ordered, baxter = places["ferromagnet"][0], places["Baxter order"][0]
first = ordered / np.linalg.norm(ordered)
across = baxter - (baxter @ first) * first
second = across / np.linalg.norm(across)
plane = mlrg.Plane(learned, first, second)
x = np.linspace(-0.6, 1.08 * (ordered @ first), 45)
y = np.linspace(-0.8, 1.25 * (baxter @ second), 35)
figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 4.6), layout="constrained")

bare_x, bare_y = np.linspace(0.0, 2.2, 67), np.linspace(-0.2, 1.0, 37)
values = np.array(
    [
        monotone_curve(learned, bare_x, 6.0, mlrg.Ray(tuple(ISING), tuple(height * PRODUCT)))
        for height in bare_y
    ]
)
shades = left.contourf(bare_x, bare_y, values, levels=20, cmap="viridis")
figure.colorbar(shades, ax=left, label=r"$C(J(\ell = 6)) - C(0)$")
borders = mlrg.phases(
    student,
    mlrg.Plane(student, tuple(ISING), tuple(PRODUCT)),
    np.linspace(0.0, 2.2, 23),
    np.linspace(-0.2, 1.0, 13),
).boundary
left.plot(*borders.T, "o", mfc="white", mec="0.3", ms=4, label="transitions of the exact map")
# With a spin on every bond sinh² 2K = 2 cosh 2K exp(-2 K4) is its own dual, and critical as far as
# the Potts point, K4 = K.
dual_x = np.linspace(0.5, 2.2, 200)
dual_y = 0.5 * np.log(2.0 * np.cosh(dual_x) / np.sinh(dual_x) ** 2)
critical_part = dual_y <= dual_x / 2
left.plot(dual_x[critical_part], dual_y[critical_part], "k--", label="critical line of the model")
left.set(xlabel="2K", ylabel=r"$K_4$", xlim=(0.0, 2.2), ylim=(-0.2, 1.0))
left.legend(fontsize=8, loc="lower left")

couplings = plane.grid(x, y)
velocity = plane.components(learned.velocity(couplings)).reshape(len(y), len(x), 2)
# What lies above the critical points is where no flow from the left plane goes.
highest = max(learned.monotone(point)[0] for point, _ in places.values())
lowest = min(learned.monotone(point)[0] for point, _ in places.values())
margin = 0.15 * (highest - lowest)
levels = np.linspace(lowest - margin, highest + margin, 18)
shades = right.contourf(
    *(x, y, learned.monotone(couplings).reshape(len(y), len(x))),
    levels=levels,
    cmap="viridis",
    extend="both",
)
figure.colorbar(shades, ax=right, label="$C(J) - C(0)$", format="%.2f")
right.streamplot(
    *(x, y, velocity[..., 0], velocity[..., 1]), color="white", linewidth=0.6, density=1.0
)
for name, (point, charge) in places.items():
    phase = charge == 0.0
    place = plane.components(point)
    right.plot(*place, "o" if phase else "s", color="black" if phase else "red", zorder=5)
    side = "right" if place[0] > 0.8 * x[-1] else "left"
    right.annotate(name, place, xytext=(0, 7), textcoords="offset points", ha=side, fontsize=8)
right.set(xlabel="towards the ferromagnet", ylabel="towards the Baxter order")
right.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
name = options.out / "ashkin-teller-flow.png"
figure.savefig(name, dpi=150)
print(f"figure: {name}")
