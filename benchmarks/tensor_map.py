"""Tensor steps in numpy, as the library makes them, beside the same in torch: ratios of medians.

The first table maps batches of invariant tensors (k = 0), the second makes one bond-weighted step
sector by sector, beside dense matrices that know nothing of the symmetry. Every torch answer is
compared with ours before it is timed. Torch runs on one core, and on a GPU where there is one. The
third is our step with one BLAS thread beside two: where `Tensor.small` says so it is kept on one.

    python benchmarks/tensor_map.py [--repeats 15]
"""

import argparse
import statistics
import time

import numpy as np
import threadpoolctl
import torch

import mlrg
from mlrg.analysis.literature import ISING_EXACT
from mlrg.tensor.bond_weighted import BOND_WEIGHTED
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.space import TensorSpace

BATCHES = (1, 32, 96, 1024)
MAP_STATES, STEP_STATES, THREAD_STATES = (2, 4), (4, 8, 16, 32), (8, 16, 24, 32, 48, 64)
# Steps from the teacher at which legs are full.
GROWN = 5


class TorchMap:
    """R(J) of a `TensorSpace` in torch."""

    def __init__(self, space: TensorSpace, device: str):
        self.space, self.device = space, device
        sectors = {(s.irrep, s.parity): s.rows.toarray() for s in pair_sectors(space.leg)}
        kinds: dict[tuple, list[int]] = {}
        for place, m in enumerate(space.leg.multiplets):
            kinds.setdefault((m.irrep, m.mirror, m.inversion), []).append(place)
        self.kinds = [
            (self.tensor(sectors[kind[:2]]), kind[2], places) for kind, places in kinds.items()
        ]
        self.basis = self.tensor(space.tensors.basis)
        self.bond = self.tensor(space.leg.spread(space.leg.inversions))

    def tensor(self, values) -> torch.Tensor:
        """Return values on the device, in double precision."""
        return torch.as_tensor(np.asarray(values), dtype=torch.float64, device=self.device)

    def __call__(self, couplings: torch.Tensor) -> np.ndarray:
        """Return R(J), shape ``(batch, coupling)``."""
        batch, n = len(couplings), self.space.leg.dimension
        tensors = self.basis[0] + torch.tensordot(couplings, self.basis[1:], dims=1)
        matrices = tensors.reshape(batch, n * n, n * n)
        halves = torch.zeros(batch, n, n * n, dtype=torch.float64, device=self.device)
        for rows, sign, places in self.kinds:
            values, vectors = torch.linalg.eigh(rows.T @ matrices @ rows)
            sizes, order = torch.topk(torch.clamp(sign * values, min=0.0), len(places))
            columns = torch.gather(vectors, 2, order[:, None].expand(-1, len(values[0]), -1))
            halves[:, places] = (rows @ (columns * sizes.sqrt()[:, None])).transpose(1, 2)
        halves = halves.reshape(batch, n, n, n)
        two = torch.einsum("tzab,tubc->tzuac", halves * self.bond, halves)
        left = (two * (self.bond[:, None] * self.bond)).reshape(batch, n * n, n * n)
        right = two.transpose(3, 4).reshape(batch, n * n, n * n)
        whole = (left @ right.transpose(1, 2)).reshape(batch, -1)
        found = whole @ self.basis.reshape(len(self.basis), -1).T
        return self.space.tensors.canonical((found[:, 1:] / found[:, :1]).cpu().numpy())


def dense_step(matrix: torch.Tensor, bond: torch.Tensor, states: int):
    """Return T' and E' of one bond-weighted step on dense matrices ``(n², n²)``."""
    n = len(bond)
    values, vectors = torch.linalg.eigh(matrix)
    order = torch.argsort(values.abs(), descending=True)[:states]
    values, halves = values[order], vectors[:, order].T.reshape(states, n, n)
    halves = halves * values.abs().pow(0.5 * (1.0 - BOND_WEIGHTED))[:, None, None]
    two = torch.einsum("zab,b,ubc->zuac", halves, bond, halves)
    left = (two * (bond[:, None] * bond)).reshape(states**2, n * n)
    right = two.transpose(2, 3).reshape(states**2, n * n)
    return (left @ right.T).reshape((states,) * 4), values.sign() * values.abs() ** BOND_WEIGHTED


def median(function, repeats: int, device: str = "cpu") -> float:
    """Return the median seconds of a call, after one that is not counted."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        function()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def map_rows(model: mlrg.SpinModel, repeats: int, devices: list[str]) -> None:
    """Print the table of batched maps."""
    print(f"| legs | couplings | batch | numpy | {' | '.join(f'torch, {d}' for d in devices)} |")
    print("|---|---|---|---|" + "---|" * len(devices))
    for states in MAP_STATES:
        space = mlrg.Tensor(model, states, mlrg.BondWeighted(0.0)).couplings
        for batch in BATCHES:
            couplings = space.axis(np.linspace(0.3, 1.1, batch))
            ours = median(lambda space=space, j=couplings: space.rg_map(j), repeats)
            cells = []
            for device in devices:
                other = TorchMap(space, device)
                given = other.tensor(couplings)
                assert np.abs(other(given) - space.rg_map(couplings)).max() < 1e-9
                theirs = median(lambda f=other, j=given: f(j), repeats, device)
                cells.append(f"{theirs / ours:.2f} ×")
            print(f"| {states} | {space.dimension} | {batch} | {1e3 * ours:.2f} ms |", end="")
            print(f" {' | '.join(cells)} |", flush=True)


def step_rows(model: mlrg.SpinModel, repeats: int, devices: list[str]) -> None:
    """Print the table of single steps."""
    print(f"\n| states | by sectors | {' | '.join(f'dense torch, {d}' for d in devices)} |")
    print("|---|---|" + "---|" * len(devices))
    for states in STEP_STATES:
        student = mlrg.Tensor(model, states)
        tensor = mlrg.follow(student, student.start([ISING_EXACT]), GROWN).points[-1]
        after = student.step(tensor).point
        ours = median(lambda s=student, t=tensor: s.step(t), repeats)
        n = tensor.leg.dimension
        cells = []
        for device in devices:
            given = [
                torch.as_tensor(np.array(part), device=device)
                for part in (tensor.dense.reshape(n * n, n * n), tensor.bond)
            ]
            whole, weights = (x.cpu().numpy() for x in dense_step(*given, after.leg.dimension))
            assert abs(degeneracy_of(whole, weights) - mlrg.degeneracy(student, after)) < 1e-9
            theirs = median(lambda g=given, m=n: dense_step(*g, m), repeats, device)
            cells.append(f"{theirs / ours:.2f} ×")
        print(f"| {n} | {1e3 * ours:.2f} ms | {' | '.join(cells)} |", flush=True)


def thread_rows(model: mlrg.SpinModel, repeats: int) -> None:
    """Print the table of threads."""
    print("\n| states | one BLAS thread | two | kept on one |\n|---|---|---|---|")
    for states in THREAD_STATES:
        student = mlrg.Tensor(model, states)
        tensor = mlrg.follow(student, student.start([ISING_EXACT]), GROWN).points[-1]
        times = []
        for threads in (1, 2):
            with threadpoolctl.threadpool_limits(threads, user_api="blas"):
                times.append(median(lambda s=student, t=tensor: s.step(t), repeats))
        kept = "yes" if student.small else "no"
        print(f"| {states} | {1e3 * times[0]:.2f} ms | {times[1] / times[0]:.2f} × | {kept} |")


def degeneracy_of(tensor: np.ndarray, weights: np.ndarray) -> float:
    """Return Z = (Tr M)² / Tr M² of a dense tensor, M_ab = Σ_c T_acbc E_c E_b."""
    transfer = np.einsum("acbc,c,b->ab", tensor, weights, weights)
    return float(np.trace(transfer) ** 2 / np.sum(transfer * transfer.T))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        tables(options.repeats)
    thread_rows(mlrg.SpinModel("Z2:odd", "A1"), options.repeats)


def tables(repeats: int) -> None:
    """Print the tables of one core."""
    devices = ["cpu"] + ["cuda"] * torch.cuda.is_available()
    model = mlrg.SpinModel("Z2:odd", "A1")
    map_rows(model, repeats, devices)
    step_rows(model, repeats, devices)


if __name__ == "__main__":
    main()
