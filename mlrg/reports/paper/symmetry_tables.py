"""Tables I and II and Eqs. (16)–(18): what the symmetry layer derives, beside what is printed."""

from mlrg.reports.paper.item import POINTS, Item, Row, Session
from mlrg.symmetry.point_group import C4v

# Where the printed matrices of Eqs. (16)-(18) have couplings, 0 elsewhere.
_PRINTED = {
    "A1": (16, [["J0"]]),
    "A1+E": (17, [["J0", "J1", "0"], ["J2", "J3", "0"], ["0", "0", "J4"]]),
    "2A1+E": (
        18,
        [
            ["J0", "J1", "J2", "0"],
            ["J3", "J4", "J5", "0"],
            ["J6", "J7", "J8", "0"],
            ["0", "0", "0", "J9"],
        ],
    ),
}
# Characters of the irreps of C4v at C4 and σ; the paper's table prints wrong entries for two.
_CHARACTERS = {"A1": (1, 1), "A2": (1, -1), "B1": (-1, 1), "B2": (-1, -1), "E": (0, 0)}


def table_1(session: Session) -> Item:
    """Return the irreps of C4v."""
    item = Item("table1", "Table I: irreducible representations of C4v")
    for name, exact in _CHARACTERS.items():
        irrep = C4v(name)
        turn, mirror = irrep.rotation.tolist(), irrep.mirror.tolist()
        traces = (irrep.rotation.trace(), irrep.mirror.trace())
        item.rows.append(
            Row(
                name,
                f"T_C4 = {turn}, T_σ = {mirror}",
                exact=f"characters {exact}",
                error="none" if traces == exact else "differs",
            )
        )
    item.notes.append(
        "The extracted text of the paper prints two rows for each one-dimensional irrep, with B2 "
        "garbled; the characters of a standard table decide."
    )
    return item


def table_2(session: Session) -> Item:
    """Return symmetry, states and couplings of the models."""
    item = Item("table2", "Table II: symmetries and spin representations")
    for point, printed in zip(POINTS, (1, 5, 10), strict=True):
        model = session.model(point)
        item.rows.append(
            Row(
                f"couplings of {point}, Z2 odd",
                f"{model.couplings.dimension} ({len(model.spins)} states)",
                paper=str(printed),
            )
        )
    return item


def equations(session: Session) -> Item:
    """Return the coupling matrices as printed, and in the frame that follows the lattice's turn."""
    item = Item("equations", "Eqs. (16)–(18): coupling matrices")
    texts = []
    for point, (number, printed) in _PRINTED.items():
        paper = session.model(point, "paper").couplings
        matrix = [[str(entry) for entry in row] for row in paper.matrix.tolist()]
        same = "identical" if matrix == printed else "differs"
        item.rows.append(Row(f"Eq. ({number}), {point}", f"{paper.dimension} couplings", same))
        texts.append(f"{point}, paper's frame\n{paper.text}")
        texts.append(f"{point}, rotating frame\n{session.model(point).couplings.text}")
    item.text = "\n\n".join(texts)
    item.notes.append(
        "The rotating frame is used below: it follows the 45° turn of the lattice, without which "
        "the student breaks a mirror of its teacher once spins carry more than A1."
    )
    return item
