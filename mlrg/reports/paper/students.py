"""The report's figure of critical couplings against the size of a student, star and tensor.

The paper closes with tensor networks as its next step; the item stands beside its own figures.
"""

import numpy as np
import xarray

from mlrg.analysis.critical import critical
from mlrg.analysis.literature import ISING_EXACT
from mlrg.errors import NoAnswerError
from mlrg.figures.convergence import convergence_figure
from mlrg.rbm.star import Star
from mlrg.reports.paper.item import Item, Row, Session
from mlrg.tensor.bond_weighted import LEVIN_NAVE, BondWeighted
from mlrg.tensor.matched_ring import Ring
from mlrg.tensor.tensor import Tensor

# Star students by what a spin carries, and the sizes of tensor students; the first ones are quick.
_STARS, _QUICK_STARS = ("A1", "2A1", "3A1"), 2
_TENSORS = (
    ("tensor, k = 0", BondWeighted(LEVIN_NAVE), (2, 4, 8, 16), 2),
    ("tensor, k = −1/2", BondWeighted(), (2, 3, 4, 6, 8, 12, 16), 5),
    ("ring, k = 0", Ring(), (2, 3, 4), 1),
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
            found = critical(Star(model)).coupling
        except NoAnswerError as error:
            item.notes.append(f"Star, {point}: {error}")
            continue
        errors["star, exact map"].append((len(model.spins), found - ISING_EXACT))
    for name, split, sizes, quick in _TENSORS:
        errors[name] = []
        for states in sizes[: quick if session.quick else None]:
            # Legs of two states are off by more than the range.
            low, high = (None, None) if states == 2 else (share * ISING_EXACT for share in _RANGE)
            tensor = Tensor(session.model("A1"), states, split)
            found = critical(tensor, low, high, tolerance=1e-8)
            errors[name].append((states, found.coupling - ISING_EXACT))
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
