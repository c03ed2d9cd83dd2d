"""The report's figure of critical couplings against the size of a student, star and tensor.

The paper closes with tensor networks as its next step; the item stands beside its own figures.
"""

import numpy as np
import xarray

from mlrg.errors import ConvergenceError
from mlrg.flow import critical
from mlrg.flow.figures.convergence import convergence_figure
from mlrg.flow.literature import ISING_EXACT
from mlrg.flow.reproduce import ITEMS as OF_THE_PAPER
from mlrg.flow.reproduce.item import Item, Row, Session
from mlrg.tensor.critical import critical_coupling
from mlrg.tensor.step import BOND_WEIGHTED, LEVIN_NAVE

# Star students by what a spin carries, and the sizes of tensor students; the first ones are quick.
_STARS, _QUICK_STARS = ("A1", "2A1", "3A1"), 2
_TENSORS = (
    ("tensor, k = 0", LEVIN_NAVE, False, (2, 4, 8, 16), 2),
    ("tensor, k = −1/2", BOND_WEIGHTED, False, (2, 3, 4, 6, 8, 12, 16), 5),
    ("optimised, k = 0", LEVIN_NAVE, True, (2, 3, 4), 1),
)
# Around the exact coupling, in units of it: where transitions of tensors are looked for.
_RANGE = (0.9, 1.1)


def students(session: Session) -> Item:
    """Return the error of the critical coupling against the number of states."""
    item = Item("students", "Critical coupling against the states of a student (Ising)")
    errors: dict[str, list[tuple[int, float]]] = {"star, exact map": []}
    for point in _STARS[: _QUICK_STARS if session.quick else None]:
        model = session.model(point, "paper")
        try:
            found = critical.critical_coupling(model).critical_coupling
        except ConvergenceError as error:
            item.notes.append(f"Star, {point}: {error}")
            continue
        errors["star, exact map"].append((len(model.spins), found - ISING_EXACT))
    for name, power, optimised, sizes, quick in _TENSORS:
        errors[name] = []
        for states in sizes[: quick if session.quick else None]:
            # Legs of two states are off by more than the range.
            low, high = (None, None) if states == 2 else (share * ISING_EXACT for share in _RANGE)
            found = critical_coupling(
                session.model("A1"),
                states,
                low,
                high,
                power=power,
                tolerance=1e-8,
                optimised=optimised,
            )
            errors[name].append((states, found.critical_coupling - ISING_EXACT))
    for name, pairs in errors.items():
        item.rows += [
            Row(
                f"J0c, {name}, {states} states",
                f"{ISING_EXACT + error:.7f}",
                exact=f"{ISING_EXACT:.7f}",
                error=f"{error:+.1e}",
            )
            for states, error in pairs
        ]
    item.notes.append(
        "States are those of a spin or of a leg. Adding them to the star does not bring its "
        "transition closer; a tensor student with the same step of √2 converges."
    )
    session.keep(item, convergence_figure(errors))
    rows = [(name, *pair) for name, pairs in errors.items() for pair in pairs]
    session.write(
        item,
        xarray.Dataset(
            {"error": ("student", np.array([row[2] for row in rows]))},
            {
                "student": [row[0] for row in rows],
                "states": ("student", np.array([row[1] for row in rows])),
            },
        ),
    )
    return item


ITEMS = {**OF_THE_PAPER, "students": students}
