"""The Heisenberg model: spins on a sphere, which have no transition in two dimensions.

One declaration, O3:1, and tensors whose legs carry spins, multiplets whole. Asked for a transition
the software says that there is none; what grows is the correlation length.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figure")
options.add_argument("--states", type=int, nargs="+", default=[25, 36], help="states of a leg")
options = options.parse_args()

# %% Declare the symmetry: turns and reflections of space
import mlrg

heisenberg = mlrg.SpinModel("O3:1", "A1")
print(heisenberg.couplings.text)
maps = {n: mlrg.Tensor(heisenberg, states=n, lattice="square") for n in options.states}

# %% There is no transition, and the answer says so
try:
    mlrg.critical(maps[options.states[0]], 0.0, 1.0)
except mlrg.NoAnswerError as answer:
    print(answer)

# %% The correlation length, as far as legs of so many states see it
couplings = np.array([0.4, 0.6, 0.8, 1.0, 1.2, 1.4])
lengths = {
    n: [mlrg.correlation_length(rg, coupling) for coupling in couplings] for n, rg in maps.items()
}
print("\n" + "     J" + "".join(f"{f'ξ, {n} states':>20}" for n in maps))
for k, coupling in enumerate(couplings):
    row = (f"{found[k].value:12.4f} ± {found[k].error:5.2f}" for found in lengths.values())
    print(f"{coupling:6.2f}" + "".join(row))
print(f"Monte Carlo at 1.4: {mlrg.literature.HEISENBERG_LENGTH}")

# %% It grows as exp 2πJ: asymptotic freedom
figure, (axis,) = mlrg.figures.new_axes()
for n, found in lengths.items():
    axis.errorbar(
        couplings,
        [each.value for each in found],
        [each.error for each in found],
        marker="o",
        markersize=3,
        label=f"{n} states",
    )
late = couplings[couplings >= 1.0]
last = lengths[options.states[-1]][-1].value
curve = last * np.exp(2 * np.pi * (late - late[-1])) * late[-1] / late
axis.plot(late, curve, color="gray", linestyle="--", label=r"$\propto e^{2\pi J}/J$ (two loops)")
axis.plot([1.4], [mlrg.literature.HEISENBERG_LENGTH], "k*", label="Monte Carlo")
axis.set_yscale("log")
axis.set_xlabel("$J$")
axis.set_ylabel(r"correlation length $\xi$ (lattice spacings)")
axis.legend(fontsize=8)
figure.save(options.out / "heisenberg")
print(f"figure: {options.out / 'heisenberg'}.png")
