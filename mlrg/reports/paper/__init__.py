"""The paper's figures and tables, drawn from our own data, with its values and exact ones beside.

What goes beyond the paper (errors of estimators, the exact landscape, students by size) stands
beside it. Each item is one function of a `Session`; it writes pictures (PNG and PDF) and data
(netCDF) and returns what the report says of it. Items of trained ensembles share one run a
representation.
"""

from pathlib import Path

from mlrg.errors import UnknownNameError
from mlrg.reports.paper import (
    exact_landscape,
    exact_map,
    students,
    symmetry_tables,
    trained_figures,
)
from mlrg.reports.paper.item import Item, Maker, Session, timed
from mlrg.reports.paper.report import write_report
from mlrg.storage import make_directory

ITEMS: dict[str, Maker] = {
    "table1": symmetry_tables.table_1,
    "table2": symmetry_tables.table_2,
    "equations": symmetry_tables.equations,
    "estimators": exact_map.estimators,
    "landscape": exact_landscape.exact_landscape,
    "fig4": exact_map.figure_4,
    "fig5": trained_figures.figure_5,
    "fig6": trained_figures.figure_6,
    "fig7": trained_figures.figure_7,
    "fig8": trained_figures.figure_8,
    "fig10": trained_figures.figure_10,
    "fig11": trained_figures.figure_11,
    "fig12": trained_figures.figure_12,
    "students": students.students,
}


def reproduce(
    names: list[str],
    out: Path,
    seeds: int | None = None,
    quick: bool = False,
) -> list[Item]:
    """Make the named items in a directory, print their numbers and write the report.

    Parameters
    ----------
    names : list of str
        Of `ITEMS`; empty or ``["all"]`` for every one.
    out : Path
    seeds : int, optional
        Models of A1, 10 by default and 3 in the quick mode, which has at most two of the others.
    quick : bool
        Short training and coarse grids, some minutes in all.

    Raises
    ------
    UnknownNameError
        If a name is not one of `ITEMS`.
    StorageError
        If the directory cannot be written.
    """
    chosen = list(ITEMS) if names in ([], ["all"]) else names
    for name in chosen:
        if name not in ITEMS:
            raise UnknownNameError(
                f"figure {name!r} is not available: choose from {', '.join(ITEMS)} or all"
            )
    make_directory(out)
    session = Session(out, seeds or (3 if quick else 10), quick)
    made = []
    for name in chosen:
        item = timed(ITEMS[name], session)
        made.append(item)
        print(f"{item.title} ({item.seconds:.1f} s) → {out}")
        for row in item.rows:
            beside = [
                f"{label} {value}"
                for label, value in (("paper", row.paper), ("exact", row.exact), ("", row.error))
                if value
            ]
            print(f"  {row.quantity}: {row.ours}" + (f"  [{', '.join(beside)}]" if beside else ""))
        # After every item, so that an interrupted reproduction leaves a report of what it has.
        write_report(session, made)
    return made
