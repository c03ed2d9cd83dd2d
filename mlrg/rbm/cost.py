"""What exact enumeration will cost, told before any configuration is listed.

The number of orbit representatives is Burnside's. Memory is counted array by array. Time is counted
in two units, exponentials and cells (one multiplication and addition in a row over the centre's
states), whose durations are measured once on small blocks without symmetry, with what every set of
couplings costs whatever the spins:

    exponentials   3 N² + 4 N H + orbits    (edges, bonds, one logarithm an orbit)
    cells          3 H passed + 5 N² H      (one sum, two rows added; pair tables)

for N states of a corner and H of the centre. Passed are the orbits, and with a symmetry about as
many configurations between them (see `kernels`).
"""

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlrg.geometry import CORNERS
from mlrg.rbm.block import Block, build_block
from mlrg.rbm.exact import kl_and_gradient


@dataclass(frozen=True)
class Cost:
    """Cost of the exact loss and gradient of one block.

    Attributes
    ----------
    configurations, orbits : int
        Corner configurations, and representatives among them.
    memory : int
        Bytes held while one thread works; it does not grow with the batch.
    seconds : float
        Predicted time for one set of couplings on one core of this machine.
    """

    configurations: int
    orbits: int
    memory: int
    seconds: float

    def __str__(self):
        return (
            f"{self.orbits} of {self.configurations} configurations, "
            f"{self.memory / 2**20:.3g} MiB, {1e3 * self.seconds:.3g} ms a set of couplings"
        )


def _counts(block: Block) -> np.ndarray:
    """Exponentials and cells of one set of couplings, and the set itself."""
    states, hidden, orbits = block.states, block.student.shape[2], block.orbit_count
    pairs = states**2
    passed = orbits if len(block.symmetries) == 1 else 2 * orbits
    return np.array(
        [3 * pairs + CORNERS * states * hidden + orbits, hidden * (3 * passed + 5 * pairs), 1.0]
    )


@lru_cache(maxsize=1)
def seconds_per_unit() -> tuple[float, float, float]:
    """Measure the time of one exponential, of one cell, and of a set of couplings as such."""
    rng = np.random.default_rng(0)
    counts, times = [], []
    for states, hidden, batch in ((2, 2, 64), (6, 6, 16), (12, 48, 2)):
        block = build_block(
            rng.normal(size=(1, states, states)),
            rng.normal(size=(1, states, hidden)),
            range(states),
            range(hidden),
            [],
            [],
        )
        couplings = rng.normal(size=(batch, 1))
        kl_and_gradient(block, couplings, couplings)
        rounds = []
        for _ in range(5):
            begin = time.perf_counter()
            kl_and_gradient(block, couplings, couplings)
            rounds.append((time.perf_counter() - begin) / batch)
        counts.append(_counts(block))
        times.append(min(rounds))
    solved = np.linalg.solve(np.array(counts), np.array(times))
    # On a busy machine the difference of two times can come out negative.
    return tuple(max(float(unit), 1e-11) for unit in solved)


def exact_cost(block: Block) -> Cost:
    """Predict what the exact loss with its gradient costs for one set of couplings.

    Nothing is enumerated; the first call measures the machine for a few milliseconds.
    """
    return Cost(
        configurations=block.states**CORNERS,
        orbits=block.orbit_count,
        memory=block.memory,
        seconds=float(_counts(block) @ seconds_per_unit()),
    )
