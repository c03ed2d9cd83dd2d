"""The value and gradient that a matched ring is searched with: sectors on one core, torch, a GPU.

Ising legs, half of their states even. The first column is what `mlrg` uses, numpy on the blocks of
G; the others are the same function on whole matrices in torch, float64, differentiated by itself.
Without `mlrg` or without a GPU the columns that need them are left out.

    python benchmarks/tensor_devices.py [--states 8 16 24 32 48]
"""

import argparse
import statistics
import time

import numpy as np
import torch

REPEATS = 15


def dense(states: int, device: str):
    """Return a function that works out f and its gradient on a device."""
    rng = np.random.default_rng(0)
    signs = np.where(np.arange(states) % 2, -1.0, 1.0)
    whole = rng.normal(size=(states,) * 4)
    # Entries that the sign change allows.
    whole *= np.einsum("a,b,c,d->abcd", signs, signs, signs, signs) > 0
    unit = torch.tensor(whole / np.linalg.norm(whole), device=device).reshape(states**2, states**2)
    halves = torch.tensor(rng.normal(size=(states,) * 3) / states, device=device)
    halves.requires_grad_()

    def ring(one, two):
        found = (one @ two.T).reshape((states,) * 4).permute(0, 2, 1, 3)
        square = found.reshape(states**2, states**2)
        square = square @ square
        return (square * square.T).sum()

    def evaluate():
        halves.grad = None
        rows = halves.reshape(states, -1)
        pairs = (rows.T @ rows).reshape((states,) * 4).permute(0, 2, 1, 3)
        pairs = pairs.reshape(states**2, states**2)
        (ring(pairs, pairs) - 2 * ring(unit, pairs)).backward()
        if device == "cuda":
            torch.cuda.synchronize()

    return evaluate


def sectors(states: int):
    """Return the same of a step of the project's rings, None where it cannot be imported."""
    try:
        import mlrg
        from mlrg.tensor.fidelity import RingMatch
        from mlrg.tensor.matched_ring import LEG_LIMIT, matched_halves
        from mlrg.tensor.points import RectangularTensor
    except ImportError:
        return None
    single = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), states)
    start = single.start([mlrg.literature.ISING_EXACT])
    point = RectangularTensor.of(mlrg.follow(single, start, 6).points[-1])
    if point.leg.dimension > LEG_LIMIT:
        return None
    halves = matched_halves(point, states, steps=0)
    match = RingMatch(point, halves.leg)
    components = match.scaled(halves.scaled(0.0))
    return lambda: match.mismatch(components)


def milliseconds(function) -> float | None:
    """Return the median time of a call."""
    if function is None:
        return None
    function()
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        function()
        taken.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, nargs="+", default=[8, 12, 16, 20, 24])
    options = parser.parse_args()
    torch.set_num_threads(1)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    print(f"ms a call, median of {REPEATS}; torch {torch.__version__}, GPU {gpu or 'none'}")
    print("| states | sectors, one core | torch, one core | torch, GPU |")
    print("|---|---|---|---|")
    for states in options.states:
        values = (
            milliseconds(sectors(states)),
            milliseconds(dense(states, "cpu")),
            milliseconds(dense(states, "cuda") if gpu else None),
        )
        texts = ["–" if value is None else f"{value:.3g}" for value in values]
        print(f"| {states} | {' | '.join(texts)} |", flush=True)


if __name__ == "__main__":
    main()
