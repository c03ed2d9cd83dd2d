"""Why the moderator exists: the teacher–student iteration with sampling noise is a random walk.

Walkers start at the unstable fixed point of the Ising model with one A1 spin. Each RG step trains a
student by contrastive divergence, whose noise the unstable direction amplifies; the exact RG map,
the same iteration without noise, stays where it is.
"""

# %% The model and its exact fixed point
import argparse
from pathlib import Path

import matplotlib
import numpy as np

import mlrg

matplotlib.use("Agg")
import matplotlib.pyplot as plt

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--out", default="figures/naive_random_walk.png")
parser.add_argument("--walkers", type=int, default=32)
parser.add_argument("--steps", type=int, default=7)
options = parser.parse_args()

star = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1"))
fixed = mlrg.fixed_point(star)
critical = fixed.couplings
# An exponent y belongs to the eigenvalue √2^y of one step.
eigenvalue = star.scale ** fixed.exponents[0]

# %% The same iteration with and without sampling noise
walks = mlrg.naive_flow(
    star,
    critical,
    options.steps,
    np.random.default_rng(0),
    walkers=options.walkers,
    updates=60,
    samples=128,
)[:, :, 0]
flow = mlrg.follow(star, critical, options.steps, near=[critical])
exact = np.array([point[0] for point in flow.points])
steps = np.arange(options.steps + 1)
growth = np.sqrt(np.cumsum(eigenvalue ** (2.0 * np.arange(options.steps))))
predicted = np.concatenate([[0.0], walks[1].std() * growth])
print(f"fixed point J0* = {critical[0]:.6f}, eigenvalue of a step {eigenvalue:.4f}")
print("step   mean of walkers   spread   predicted spread   exact map")
for n in steps:
    print(
        f"{n:4d}   {walks[n].mean():15.4f}   {walks[n].std():6.4f}   {predicted[n]:16.4f}"
        f"   {exact[n]:.6f}"
    )

# %% The figure
figure, axis = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
for k, walk in enumerate(walks.T):
    axis.plot(steps, walk, color="0.65", lw=0.8, label="contrastive divergence" if k == 0 else None)
for sign in (1, -1):
    axis.plot(
        steps,
        critical[0] + sign * predicted,
        color="black",
        ls="--",
        lw=1,
        label="one deviation, amplified noise" if sign == 1 else None,
    )
axis.plot(steps, exact, color="tab:red", marker="o", ms=4, label="exact RG map")
axis.set_xlabel("RG step ℓ")
axis.set_ylabel("J₀")
axis.legend(frameon=False, loc="upper left")
path = Path(options.out)
path.parent.mkdir(parents=True, exist_ok=True)
figure.savefig(path, dpi=150)
print(f"figure written to {path}")
