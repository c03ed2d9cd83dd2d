"""Fixed points of tensor flows by Newton's method: exponents and spectra, as a table.

The first rows are those of single block tensors with bond weights (k = −1/2), the others those of
optimised students (k = 0). y are the exponents of the linearised step, Δ = 2 − y those of the
operators; Δ of rings are read from the fixed point's transfer matrix of two columns.

    OMP_NUM_THREADS=1 python benchmarks/tensor_fixed_points.py
"""

import time

from mlrg.errors import NoAnswerError
from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.point_group import C4v
from mlrg.tensor.fixed_points import fixed_point
from mlrg.tensor.loop_fixed_points import loop_fixed_point

# (internal, irrep of the order parameter, sizes)
PLAIN = (("Z2:odd", "odd", (2, 3, 4, 6, 8, 16)),)
OPTIMISED = (
    ("Z2:odd", "odd", (2, 3, 4, 6)),
    ("S3:standard", "standard", (3,)),
    ("S4:standard", "standard", (4,)),
    ("S3:standard", "standard", (6,)),
    ("D4:E+B1", "E", (4,)),
)


def row(internal: str, odd: str, states: int, student: str) -> str:
    """Return one fixed point as a row of the table, or what is in its way."""
    model = SpinModel(parse_internal(internal), C4v("A1"))
    begin = time.perf_counter()
    try:
        found = (fixed_point if student == "tensor" else loop_fixed_point)(model, states)
    except NoAnswerError as error:
        reason = str(error).partition(":")[0]
        return f"| {internal} | {student} | {states} | {reason} |" + " |" * 9
    leg = found.tensor.leg
    order = next(k for k, irrep in enumerate(leg.irreps.all) if irrep.name == odd)
    thermal, magnetic = found.exponents(0)[0], found.exponents(order)[0]
    levels = found.levels()
    rings = [
        next((lv.dimension for lv in levels[1:] if lv.irrep == name and lv.momentum == 0), None)
        for name in (odd, leg.irreps[0].name)
    ]
    cells = (
        internal,
        student,
        leg.dimension,
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
    for student, runs in (("tensor", PLAIN), ("optimised", OPTIMISED)):
        for internal, odd, sizes in runs:
            for states in sizes:
                print(row(internal, odd, states, student), flush=True)


if __name__ == "__main__":
    main()
