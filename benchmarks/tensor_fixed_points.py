"""Fixed points of tensor flows by Newton's method: exponents and spectra, as a table.

The first rows are those of single block tensors with bond weights (k = −1/2), the others those of
tensors matched around rings (k = 0). y are the exponents of the linearised step, Δ = 2 − y those of
the operators; Δ of rings and c are read from the fixed point's transfer matrix of two columns.

    OMP_NUM_THREADS=1 python benchmarks/tensor_fixed_points.py
"""

import time

import mlrg

# (internal, irrep of the order parameter, sizes)
SINGLE = (("Z2:odd", "odd", (2, 3, 4, 6, 8, 16)),)
MATCHED = (
    ("Z2:odd", "odd", (2, 3, 4, 6)),
    ("S3:standard", "standard", (3,)),
    ("S4:standard", "standard", (4,)),
    ("S3:standard", "standard", (6,)),
    ("D4:E+B1", "E", (4,)),
)

SPLITS = {"tensor": mlrg.BondWeighted(), "ring": mlrg.Ring()}


def row(internal: str, odd: str, states: int, student: str) -> str:
    """Return one fixed point as a row of the table, or what is in its way."""
    model = mlrg.SpinModel(internal, "A1")
    begin = time.perf_counter()
    try:
        found = mlrg.fixed_point(mlrg.Tensor(model, states, SPLITS[student]))
    except mlrg.NoAnswerError as error:
        reason = str(error).partition(":")[0]
        return f"| {internal} | {student} | {states} | {reason} |" + " |" * 9
    thermal, magnetic = found.exponents[0], found.exponents_by_irrep[odd][0]
    even = next(iter(found.exponents_by_irrep))
    rings = [
        next(
            (lv.dimension for lv in found.levels[1:] if (lv.irrep, lv.momentum) == (name, 0)), None
        )
        for name in (odd, even)
    ]
    cells = (
        internal,
        student,
        found.point.leg.dimension,
        f"{found.residual:.0e}",
        f"{thermal:.4f}",
        f"{magnetic:.4f}",
        f"{2 - magnetic:.4f}",
        f"{2 - thermal:.4f}",
        *("–" if value is None else f"{value:.4f}" for value in rings),
        f"{found.central_charge:.4f}",
        f"{found.degeneracy:.4f}",
        f"{time.perf_counter() - begin:.0f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Print the table."""
    print("| model | student | states | residual | y_t | y_h | Δσ | Δε |", end="")
    print(" Δσ, ring | Δε, ring | c | Z | s |")
    print("|" + "---|" * 13, flush=True)
    for student, runs in (("tensor", SINGLE), ("ring", MATCHED)):
        for internal, odd, sizes in runs:
            for states in sizes:
                print(row(internal, odd, states, student), flush=True)


if __name__ == "__main__":
    main()
