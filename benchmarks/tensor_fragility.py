"""Steps from random invariant tensors: finite and symmetric, or refused with a sentence.

Every sector of a tensor with the legs of a group's spin is drawn at random: full, of low rank,
without some sectors, over eighteen decades, huge or tiny. Two steps of single tensors with and
without bond weights and of matched rings follow, and the spectrum of a ring. Each outcome is
counted; an exit code of 1 says that one was neither.

    OMP_NUM_THREADS=1 python benchmarks/tensor_fragility.py [TENSORS OF EACH GROUP]
"""

import sys
import time
import warnings
from collections import Counter

import numpy as np

import mlrg
from mlrg.errors import NoAnswerError
from mlrg.tensor.legs import Leg, spin_leg
from mlrg.tensor.pairs import pair_sectors
from mlrg.tensor.points import BlockTensor

GROUPS = (
    *("Z2:odd", "Z3:1", "Z4:1", "Z5:1", "S3:standard", "D4:E", "S4:standard", "Q8:quaternion"),
    *("Z2xZ2:1x0+0x1", "D4:E+B1"),
)
KINDS = ("full", "low rank", "without sectors", "many decades", "huge", "tiny")
SPLITS = (mlrg.BondWeighted(), mlrg.BondWeighted(0.0), mlrg.Ring(search_steps=100))
# Largest entry, as a share of the largest of the tensor, that an element of G may change.
ROUNDING = 1e-10


def drawn(leg: Leg, kind: str, generator: np.random.Generator) -> BlockTensor:
    """Return a random block tensor of one kind."""
    blocks = []
    for sector in pair_sectors(leg):
        block = generator.normal(size=(sector.size,) * 2)
        if kind == "low rank":
            block = np.outer(block[0], block[0])
        elif kind == "without sectors" and generator.random() < 0.5:
            block = 0 * block
        elif kind == "many decades":
            scales = 10.0 ** generator.uniform(-9, 0, sector.size)
            block = block * scales * scales[:, None]
        block = block * {"huge": 1e150, "tiny": 1e-150}.get(kind, 1.0)
        blocks.append((block + block.T) / 2)
    return BlockTensor(leg, leg.inversions, tuple(blocks))


def outcome(rgmap: mlrg.Tensor, tensor: BlockTensor) -> str:
    """Return what becomes of a tensor in two steps: ``ok``, a sentence, or what is wrong."""
    try:
        point = rgmap.split.start(tensor)
        for _ in range(2):
            point = rgmap.step(point).point
        sizes = rgmap.ring(point, rgmap.smallest_ring).sizes(3)
    except (NoAnswerError, mlrg.InputError) as error:
        return f"refused: {str(error).partition(':')[0]}"
    except (ArithmeticError, ValueError, np.linalg.LinAlgError, RuntimeWarning) as error:
        return f"wrong: {type(error).__name__} {error}"
    dense = point.dense
    if not (np.isfinite(dense).all() and np.isfinite(point.log_scale) and np.isfinite(sizes).all()):
        return "wrong: not finite"
    for action in point.leg.actions:
        moved = np.einsum("abcd,ea,fb,gc,hd->efgh", dense, *[action] * 4, optimize=True)
        if np.abs(moved - dense).max() > ROUNDING * np.abs(dense).max():
            return "wrong: not symmetric"
    return "ok"


def outcomes(internal: str, count: int) -> Counter:
    """Return how often each kind of tensor and student of one group ended how."""
    model = mlrg.SpinModel(internal, "A1")
    leg, generator, found = spin_leg(model)[0], np.random.default_rng(0), Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(count):
            kind = KINDS[number % len(KINDS)]
            tensor = drawn(leg, kind, generator)
            for split in SPLITS:
                rgmap = mlrg.Tensor(model, max(leg.sizes) + 1 + number % 3, split)
                found[kind, split.name, outcome(rgmap, tensor)] += 1
    return found


def main() -> int:
    """Print the counts; return 1 if any outcome is wrong."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    total: Counter = Counter()
    for internal in GROUPS:
        begin, found = time.perf_counter(), outcomes(internal, count)
        total += found
        wrong = {key: times for key, times in found.items() if key[2].startswith("wrong")}
        spent = time.perf_counter() - begin
        print(f"{internal}: {count} tensors, {spent:.0f} s, wrong {wrong or 'none'}", flush=True)
    for key, times in sorted(total.items()):
        print(f"{times:8d}  {', '.join(key)}")
    return int(any(key[2].startswith("wrong") for key in total))


if __name__ == "__main__":
    sys.exit(main())
