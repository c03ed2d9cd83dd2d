"""Levels of the Ising fixed point from rings of two and four tensors, beside the characters.

Fixed points of matched rings by Newton's method. Levels of one irrep and momentum are compared in
order; the spin is that of the characters, of which a ring of n columns sees the value mod n.

    OMP_NUM_THREADS=1 python benchmarks/tensor_spectrum.py
"""

import time
from collections import defaultdict

import mlrg

# Price of the nuclear norm, and where the transition is looked for.
SIZES = {4: (0.0, 0.0, None), 8: (0.0, 0.763, 0.7655), 12: (1e-6, 0.7642, 0.7644)}
COLUMNS, LARGEST = (2, 4), 3.2


def by_label(levels, columns: int) -> dict[tuple[str, int], list[float]]:
    """Return every state's Δ by irrep and momentum from (Δ, spin, irrep, degeneracy)."""
    found = defaultdict(list)
    for dimension, spin, irrep, degeneracy in levels:
        found[irrep, min(spin % columns, -spin % columns)] += [dimension] * degeneracy
    return {labels: sorted(dimensions) for labels, dimensions in found.items()}


def main() -> None:
    """Print a table."""
    read, texts = {}, []
    for states, (price, low, high) in SIZES.items():
        split = mlrg.Ring(nuclear=price)
        rgmap = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), states, split)
        begin = time.perf_counter()
        found = mlrg.fixed_point(rgmap, low, high)
        texts.append(
            f"{states} states: residual {found.residual:.0e}, {time.perf_counter() - begin:.0f} s"
        )
        for columns in COLUMNS:
            begin = time.perf_counter()
            levels = mlrg.spectrum(rgmap, found.point, columns, 30)
            texts.append(f"    {columns} columns {time.perf_counter() - begin:.1f} s")
            rows = [(lv.dimension, lv.momentum, lv.irrep, lv.multiplicity) for lv in levels]
            read[states, columns] = by_label(rows, columns)
    cases = list(read)
    names = (f"{states} states, {columns} columns" for states, columns in cases)
    print("| Δ | spin | irrep | states | " + " | ".join(names) + " |")
    print("|---" * (4 + len(cases)) + "|")
    worst = dict.fromkeys(cases, 0.0)
    exact = mlrg.literature.ising_levels(LARGEST)
    for dimension, spin, irrep, degeneracy in exact:
        if spin < 0:
            continue
        cells = []
        for case in cases:
            labels = irrep, min(spin % case[1], -spin % case[1])
            mine = read[case].get(labels, [])
            places = [
                k for k, value in enumerate(by_label(exact, case[1])[labels]) if value == dimension
            ]
            values = [mine[place] for place in places if place < len(mine)]
            if dimension:
                off = max((abs(v / dimension - 1) for v in values), default=1.0)
                worst[case] = max(worst[case], off)
            cells.append(
                "–"
                if not values
                else f"{min(values):.4f} … {max(values):.4f}"
                if max(values) - min(values) > 5e-5
                else f"{values[0]:.4f}"
            )
        label = f"±{spin}" if spin else "0"
        count = degeneracy * (2 if spin else 1)
        print(f"| {dimension:g} | {label} | {irrep} | {count} | " + " | ".join(cells) + " |")
    print("| largest error | | | | " + " | ".join(f"{off:.1%}" for off in worst.values()) + " |")
    print("\n" + "\n".join(texts))


if __name__ == "__main__":
    main()
