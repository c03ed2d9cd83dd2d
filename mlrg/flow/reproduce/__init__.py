"""The paper's figures and tables, drawn from our own data, with its values and exact ones beside.

Each item is one function of a `Session`; it writes pictures (PNG and PDF) and data (netCDF) and
returns what the report says of it. Items of trained ensembles share one run a representation.
"""

from collections.abc import Mapping
from pathlib import Path

from mlrg.errors import UnknownNameError
from mlrg.flow.reproduce import exact_map, landscape, learned, symmetry
from mlrg.flow.reproduce.item import Item, Maker, Session, timed
from mlrg.flow.reproduce.report import write_report
from mlrg.storage import make_directory

ITEMS: dict[str, Maker] = {
    "table1": symmetry.table_1,
    "table2": symmetry.table_2,
    "equations": symmetry.equations,
    "estimators": exact_map.estimators,
    "landscape": landscape.exact_landscape,
    "fig4": exact_map.figure_4,
    "fig5": learned.figure_5,
    "fig6": learned.figure_6,
    "fig7": learned.figure_7,
    "fig8": learned.figure_8,
    "fig10": learned.figure_10,
    "fig11": learned.figure_11,
    "fig12": learned.figure_12,
}


def reproduce(
    names: list[str],
    out: Path,
    seeds: int | None = None,
    quick: bool = False,
    items: Mapping[str, Maker] = ITEMS,
) -> list[Item]:
    """Make the named items in a directory, print their numbers and write the report.

    Parameters
    ----------
    names : list of str
        Of `items`; empty or ``["all"]`` for every one.
    out : Path
    seeds : int, optional
        Models of A1, 10 by default and 3 in the quick mode, which has at most two of the others.
    quick : bool
        Short training and coarse grids, some minutes in all.
    items : mapping
        What there is to make, by name; the paper's figures and tables by default.

    Raises
    ------
    UnknownNameError
        If a name is not one of `items`.
    StorageError
        If the directory cannot be written.
    """
    chosen = list(items) if names in ([], ["all"]) else names
    for name in chosen:
        if name not in items:
            raise UnknownNameError(
                f"figure {name!r} is not available: choose from {', '.join(items)} or all"
            )
    make_directory(out)
    session = Session(out, seeds or (3 if quick else 10), quick)
    made = []
    for name in chosen:
        item = timed(items[name], session)
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
