"""Quaternion spins: eight states under Q8, and the smaller models inside its coupling space.

The group Q8 = {±1, ±i, ±j, ±k} acts on the eight ends of four axes. Every function of x⁻¹y is an
allowed coupling: one for each element. Functions that see only a quotient of Q8 are models known
from elsewhere, and the exact RG map has to find each of them in the large space.
"""

# %% Options
import argparse
from pathlib import Path

import numpy as np

options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
options.add_argument("--out", type=Path, default=Path("demo"), help="directory for the figures")
options = options.parse_args()

# %% Declare the symmetry; both coupling families
import mlrg

bilinear = mlrg.SpinModel("Q8:quaternion", "A1")
model = mlrg.SpinModel("Q8:quaternion", "A1", family="pair")
print(bilinear.couplings.text)
print(model.summary())
star = mlrg.Star(model)

# %% A function of x⁻¹y as a direction of couplings
states = model.spins.values
orbit = model.couplings.orbit
# The state (a, b, c, d) is the quaternion a + bi + cj + dk; x⁻¹y of unit quaternions.
A, B = states[:, None, :], states[None, :, :]
real = (A * B).sum(axis=-1)
vector = A[..., :1] * B[..., 1:] - B[..., :1] * A[..., 1:] + np.cross(B[..., 1:], A[..., 1:])


def direction(function):
    """Couplings whose energy is −function(x⁻¹y), one value an orbit of pairs."""
    values = np.array([[function(r, v) for r, v in zip(*row, strict=True)]
                       for row in zip(real, vector, strict=True)])  # fmt: skip
    found = np.array([values[orbit == d].mean() for d in range(model.couplings.dimension)])
    assert np.array_equal(found[orbit], values), "not a function that Q8 allows"
    return tuple(found.tolist())


# %% Models inside: Q8 has the quotients Z2 (by ⟨i⟩) and Z2 × Z2 (by ±1)
from mlrg import literature

rows = [
    ("character i: Ising", lambda r, v: 1.0 if r or v[0] else -1.0, literature.ISING_EXACT),
    ("x = ±y: 4-state Potts", lambda r, v: abs(r), literature.potts_coupling(4) * 4 / 3),
    ("x = y: 8-state Potts", lambda r, v: float(r > 0), literature.potts_coupling(8) * 8 / 7),
    ("s·t: four-axis cubic", lambda r, v: float(r), None),
]
results = []
for name, function, exact in rows:
    found = mlrg.critical(star, along=direction(function), tolerance=1e-7)
    results.append((name, found.coupling, exact))
    known = f"exact {exact:.5f}" if exact else "first order in the literature, no exact value"
    print(
        f"{name:22s} Jc = {found.coupling:.5f}, {known}; "
        f"Z = {found.phases[0]} → {found.phases[1]}, c = {found.central_charge:.4f}"
    )

# %% Figure: the map's critical couplings beside the exact ones
figure, (axis,) = mlrg.figures.new_axes()
names = [name.replace(": ", "\n") for name, _, _ in results]
axis.plot(range(4), [ours for _, ours, _ in results], "o", label="exact RG map of one block")
axis.plot(
    [k for k in range(4) if results[k][2]],
    [exact for _, _, exact in results if exact],
    "_",
    color="black",
    markersize=24,
    label="exact",
)
axis.set_xticks(range(4), names, fontsize=8)
axis.set_xlim(-0.5, 3.5)
axis.set_ylabel("critical coupling")
figure.legend(fontsize=8, ncols=2, loc="outside upper center")
figure.save(options.out / "quaternion")
print(f"figure: {options.out / 'quaternion'}.png")
