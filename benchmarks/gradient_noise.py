"""Why contrastive divergence ends below the exact loss for A1: k, burn-in or noise.

Three things tell CD from the exact gradient. Each is looked at alone for the Ising spin with A1,
whose fixed point of the exact map is 0.813919679:

* k sweeps of the student's chains from teacher samples, as an exact Markov chain of the sixteen
  corner configurations: the fixed point of the map whose CD-k gradient vanishes;
* burn-in of the teacher's chains from random states, in the same way;
* noise: the exact gradient plus a normal number with the variance of n samples, trained as ever.

    python benchmarks/gradient_noise.py [--seeds 6] [--samples 0 128 1024]
"""

import argparse
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import brentq

import mlrg
from mlrg.flow.axis_curves import z_crossing
from mlrg.flow.learned import Learned
from mlrg.flow.losses import Loss
from mlrg.flow.moderator import Moderator
from mlrg.threads import one_blas_thread

CORNERS = np.array(list(product([1.0, -1.0], repeat=4)))
TOTAL = CORNERS.sum(axis=1)


def gibbs(exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a sweep of corners by way of the hidden spins as a matrix, and p(x)."""
    weights = np.exp(exponents - exponents.max())
    hidden, corners = weights / weights.sum(axis=1, keepdims=True), weights / weights.sum(axis=0)
    return hidden @ corners.T, weights.sum(axis=1) / weights.sum()


def teacher(coupling: float) -> np.ndarray:
    """Return −ε of corners and edge spins, shape ``(16, 16)``."""
    return coupling * (CORNERS + np.roll(CORNERS, -1, axis=1)) @ CORNERS.T


def student(coupling: float) -> np.ndarray:
    """Return −ε of corners and centre, shape ``(16, 2)``."""
    return coupling * np.outer(TOTAL, [1.0, -1.0])


def statistic(coupling: float) -> np.ndarray:
    """Return the derivative of ln of a configuration's weight, shape ``(16,)``."""
    return TOTAL * np.tanh(coupling * TOTAL)


def mapped(coupling: float, sweeps: int | None = None, burn_in: int | None = None) -> float:
    """Return the student at which the expected gradient of CD vanishes."""
    moves, data = gibbs(teacher(coupling))
    if burn_in is not None:
        data = np.full(16, 1 / 16) @ np.linalg.matrix_power(moves, burn_in)

    def slope(at):
        chain, model = gibbs(student(at))
        if sweeps is not None:
            model = data @ np.linalg.matrix_power(chain, sweeps)
        return (data - model) @ statistic(at)

    return brentq(slope, 1e-3, 4.0, xtol=1e-14)


def fixed_point(**settings) -> float:
    """Return the fixed point of such a map."""
    return brentq(lambda j: mapped(j, **settings) - j, 0.75, 0.9, xtol=1e-13)


@dataclass(frozen=True, eq=False)
class Noisy(Moderator):
    """A moderator of A1 whose exact gradients carry the noise of so many samples."""

    samples: int = 0

    def _loss(self, state, teachers, students) -> Loss:
        exact = Loss(*self.rgmap.loss(teachers, students))
        if not self.samples:
            return exact
        variance = np.zeros(len(students))
        for row, (before, after) in enumerate(zip(teachers[:, 0], students[:, 0], strict=True)):
            values = statistic(after)
            for weights in (gibbs(teacher(before))[1], gibbs(student(after))[1]):
                variance[row] += weights @ values**2 - (weights @ values) ** 2
        noise = np.sqrt(variance / self.samples) * state.rng.normal(size=len(students))
        return Loss(exact.value, exact.gradient + noise[:, None])


def main() -> None:
    """Print what each does to the fixed point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--samples", type=int, nargs="+", default=[0, 128, 1024])
    options = parser.parse_args()
    exact = fixed_point()
    print(f"fixed point of the exact map {exact:.9f}")
    for sweeps in (1, 2, 5, 20):
        print(f"k = {sweeps:2d} sweeps of the student   {fixed_point(sweeps=sweeps) - exact:+.1e}")
    for burn_in in (10, 20, 40):
        found = fixed_point(burn_in=burn_in)
        print(f"{burn_in} sweeps of burn-in           {found - exact:+.1e}")
    star, config = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")), mlrg.TrainingConfig()
    for samples in options.samples:
        plain = Moderator.of(star, config)
        moderator = Noisy(plain.rgmap, plain.config, plain.prior, plain.domain, samples)
        with one_blas_thread():
            found = [
                z_crossing(Learned(moderator.train(seed).flow, star, config)) - exact
                for seed in range(options.seeds)
            ]
        spread = np.std(found, ddof=1) if len(found) > 1 else 0.0
        noise = f"noise of {samples} samples" if samples else "no noise"
        print(f"{noise:25s} {np.mean(found):+.4f} ± {spread:.4f}   {len(found)} seeds", flush=True)


if __name__ == "__main__":
    main()
