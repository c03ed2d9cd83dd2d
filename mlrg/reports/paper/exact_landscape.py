"""Fixed points and phases of the exact RG map of A1+E: what no trained flow is needed for."""

import numpy as np
import xarray

from mlrg.analysis.phases import phases
from mlrg.analysis.rays import Plane
from mlrg.analysis.search import fixed_points, random_starts
from mlrg.rbm.star import Star
from mlrg.reports.paper.item import Item, Row, Session

_LOW, _HIGH = (0.0, -0.6, -0.6, -0.6, -0.6), (1.6, 0.6, 0.6, 0.6, 0.6)


def exact_landscape(session: Session) -> Item:
    """Return the fixed points of the exact map from random starts, and a plane of its phases."""
    item = Item("landscape", "Fixed points and phases of the exact RG map of A1⊕E")
    x = np.linspace(_LOW[0], _HIGH[0], 9 if session.quick else 33)
    y = np.linspace(_LOW[1], _HIGH[1], 7 if session.quick else 25)
    data = xarray.Dataset(coords={"J0": x, "J1": y})
    for frame in ("rotating", "paper"):
        star = Star(session.model("A1+E", frame))
        starts = random_starts(_LOW, _HIGH, 20 if session.quick else 100, np.random.default_rng(0))
        search = fixed_points(star, starts)
        for number, point in enumerate(search.points):
            resolved = np.isfinite(point.exponents).any()
            exponents = ", ".join(f"{y:.3f}" for y in point.exponents) if resolved else "unresolved"
            couplings = ", ".join(f"{value:.4f}" for value in point.couplings)
            item.rows.append(
                Row(
                    f"{frame} frame, {point.kind}, "
                    f"{int((search.basin == number).sum())} of {len(starts)} starts",
                    f"J* = ({couplings}); y = {exponents}; Z = {point.degeneracy:.4f}, "
                    f"c = {point.central_charge:.4f}",
                )
            )
        diagram = phases(star, Plane(star, 0, 1), x, y, 3 if session.quick else 5)
        session.keep(item, diagram.plot(), f"-{frame}")
        data[f"phases_{frame}"] = (("J1", "J0"), diagram.phases)
        data[f"boundary_{frame}"] = ((f"point_{frame}", "axis"), diagram.boundary)
        if search.failures:
            item.notes.append(f"{frame} frame: no convergence from {search.failures} starts.")
    item.notes += [
        "Gauge copies count once; kinds count relevant directions among all five couplings. At "
        "J = 0 the student is not determined, and exponents are not resolved.",
        "Phases are labelled by the degeneracy that the exact flow settles on, 0 for none, with "
        "J2 = J3 = J4 = 0.",
    ]
    session.write(item, data)
    return item
