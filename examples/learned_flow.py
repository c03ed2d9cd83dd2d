"""A learned flow as precise as the map it learns from, and its monotone in one picture.

A moderator over the couplings of block tensors is fitted to the exact tensor map: rounds of L-BFGS
on the exact students of what its own flows pass. Its transition is then that of the map to four
digits, and it says itself how far it is off. C is drawn over the plane of the paramagnet, the
ferromagnet and the critical fixed point between them.
"""

# %% Options
import argparse
from pathlib import Path

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figure")
options.add_argument("--states", type=int, default=2, help="states of the tensors' legs")
options.add_argument("--ring", action="store_true", help="match rings of tensors")
options.add_argument("--rounds", type=int, default=3, help="of the second-order phase")
options.add_argument("--steps", type=int, default=300, help="of L-BFGS in a round")
options = options.parse_args()

# %% The exact map: single tensors, or rings, whose steps alternate and are taken in pairs
import numpy as np

import mlrg

ising = mlrg.SpinModel("Z2:odd", "A1")
split = mlrg.Ring() if options.ring else mlrg.BondWeighted(0.0)
student = mlrg.Tensor(ising, options.states, split)
exact = mlrg.critical(student, tolerance=1e-9)
print(f"{student.couplings.dimension} couplings of block tensors with legs {exact.point.leg}")
print(f"transition of the exact map      {exact.coupling:.7f}")

# %% The moderator: no step with random proposals, all of it second order
config = mlrg.TrainingConfig(
    flow="shared",
    steps=0,
    refinements=options.rounds,
    refinement_steps=options.steps,
    refinement_stride=2 if options.ring else 1,
    hidden=(24, 24),
    high=1.2,
    spread=0.25,
    gauge="none",
    walk_steps=12,
)
run = mlrg.train(student, config=config)
found, shift = run.transition.mean, run.transition_shift.mean
print(f"transition of the learned flow   {found:.7f}   (off by {found - exact.coupling:+.1e})")
print(f"what it says of its own error    {-shift:+.1e}")

# %% C over the plane of three fixed points
learned = run.maps[0]
ordered = learned.flowed(learned.axis([1.2]), 30.0)[0]
critical = mlrg.fixed_point(learned, 0.3, 1.1).couplings
first = ordered / np.linalg.norm(ordered)
across = critical - (critical @ first) * first
second = across / np.linalg.norm(across)
plane = mlrg.Plane(
    learned, first, second, labels=("towards the ferromagnet", "towards the critical point")
)
x = np.linspace(-0.1, 1.05 * np.linalg.norm(ordered), 41)
y = np.linspace(-0.15, 0.2, 31)
options.out.mkdir(parents=True, exist_ok=True)
name = options.out / "learned-flow.png"
run.plot.flow_diagram(plane=plane, x=x, y=y).savefig(name, dpi=150)
print(f"figure: {name}")
