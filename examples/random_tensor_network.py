"""Entanglement transitions of random tensor networks: spins with values in S_n.

n replicas of a random tensor network of bond dimension D, averaged over its tensors, are a
statistical model of permutations: neighbours weigh D^cycles(x⁻¹y). Below D_c permutations are
disordered and entanglement follows an area law, above it they order and entanglement has a volume.
For n = 2 the model is Ising, D_c = 1 + √2 on the square lattice.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options.add_argument("--replicas", type=int, nargs="+", default=[2, 3, 4], help="values of n")
options.add_argument("--grid", type=int, default=9, help="grid lines of the phase diagram")
options.add_argument("--steps", type=int, default=600, help="training steps of the moderator")
options = options.parse_args()
options.out.mkdir(parents=True, exist_ok=True)

# %% Declare S_n from both sides: one coupling a cycle type, and the ray x = ln D
import mlrg

models = {n: mlrg.SpinModel(f"S{n}:two-sided", "A1") for n in options.replicas}
rays = {n: model.class_couplings(mlrg.cycles) for n, model in models.items()}
for n, model in models.items():
    print(f"n = {n}: {len(model.spins)} values, classes {', '.join(model.class_names)}")

# %% D_c of tensors with few states on two lattices
states = {2: (6, 8), 3: (10, 15), 4: (24,)}
RANGES = {"square": (0.8, 1.1), "lieb": (1.4, 1.9)}
found = {}
for n in options.replicas:
    for lattice in ("square", "lieb"):
        transitions = [
            mlrg.critical(
                mlrg.Tensor(models[n], size, lattice=lattice), *RANGES[lattice], rays[n], 1e-4
            )
            for size in states[n]
        ]
        value, error = transitions[-1].coupling, np.nan
        if len(transitions) > 1:
            value, error = map(float, mlrg.limits(transitions)["critical_coupling"])
        found[n, lattice] = value, error
        sizes = " and ".join(map(str, states[n]))
        bar = "no error" if np.isnan(error) else f"± {np.exp(value) * error:.4f}"
        print(f"n = {n}, {lattice:6s} {sizes} states: D_c = {np.exp(value):.4f}, {bar}")
print(f"n = 2, exact: {1 + np.sqrt(2):.4f} square, {np.exp(np.arccosh(1 + np.sqrt(2))):.4f} lieb")

# %% D_c against n
from mlrg.figures import Figure

figure = Figure(3.4, 4.6)
axis = figure.subplots()
for lattice, colour in (("square", "tab:blue"), ("lieb", "tab:red")):
    at = np.array([found[n, lattice] for n in options.replicas])
    value = np.exp(at[:, 0])
    axis.errorbar(
        options.replicas, value, value * at[:, 1], fmt="o", color=colour, capsize=3, label=lattice
    )
axis.set_xticks(options.replicas)
axis.set_xlabel("replicas $n$")
axis.set_ylabel("critical bond dimension $D_c$")
axis.legend()
figure.save(options.out / "bond-dimension")

# %% All class couplings of S3: a moderator learns the flow of the star
star = mlrg.Star(mlrg.SpinModel("S3:two-sided", "A1"))
config = mlrg.TrainingConfig(steps=options.steps, high=2.6, spread=1.6)
run = mlrg.train(star, config=config, workers=1)
learned = run.maps[0]
SIGN, PLANE = (1.0, -1.0, 1.0), (2.0, 0.0, -1.0)
for name, ray in (("sign", SIGN), ("character of the plane", PLANE), ("cycles", (3.0, 2.0, 1.0))):
    ends = [mlrg.critical(rgmap, along=ray, tolerance=1e-6) for rgmap in (star, learned)]
    print(f"{name:24s} star {ends[0].coupling:.4f}, learned {ends[1].coupling:.4f}")

# %% Phases of both by Z, and the ray of random tensor networks
labels = ("coupling of the plane's character", "coupling of the sign")
plane = mlrg.Plane(star, PLANE, SIGN, labels=labels)
x, y = np.linspace(0.0, 1.6, options.grid), np.linspace(-0.5, 1.2, options.grid)
exact, taught = (mlrg.phases(rgmap, plane, x, y, halvings=3) for rgmap in (star, learned))
print(f"phases by Z: star {sorted(set(exact.phases.ravel().tolist()))}", end=", ")
print(f"learned {sorted(set(taught.phases.ravel().tolist()))}")
print("Z = 1: S3 × S3 kept, 2: even permutations kept, 6: only equal turns of both sides kept")
print(f"the same phase at {np.mean(exact.phases == taught.phases):.0%} of the grid")
figure = exact.plot()
axis = figure.axes[0]
(line,) = axis.plot(*taught.boundary.T, "+", color="tab:red", label="learned flow")
# cycles = 11/6 + 2/3 of the character − 1/6 of the sign.
ray = np.array([2 / 3, -1 / 6])
axis.plot(*np.outer([0.0, 2.2], ray).T, "--", color="grey", linewidth=1)
if 3 in options.replicas:
    axis.plot(*(found[3, "lieb"][0] * ray), "*", color="tab:blue", markersize=11, zorder=6)
    axis.annotate(
        "$D_c$ of tensors",
        found[3, "lieb"][0] * ray,
        xytext=(-92, -16),
        textcoords="offset points",
        color="tab:blue",
    )
axis.legend(handles=[line], loc="upper right", fontsize=8)
figure.save(options.out / "replica-phases")
print(f"figures: {options.out / 'bond-dimension'}.png, {options.out / 'replica-phases'}.png")
