"""Commands that ask the symmetry alone: groups, their irreps, couplings."""

from mlrg.commands.options import model_of, print_json
from mlrg.errors import InputError
from mlrg.symmetry import typeset
from mlrg.symmetry.catalogue import NAMED_GROUPS, parse_group
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.compact_groups import CompactGroup
from mlrg.symmetry.irreps import other_names
from mlrg.symmetry.spins import STATE_LIMIT


def groups(options) -> None:
    """Print the groups known by name, and what their names take."""
    if options.json:
        print_json(
            [
                {
                    "name": family.name,
                    "about": family.about,
                    "irreps": family.irreps,
                    "example": family.example,
                }
                for family in NAMED_GROUPS
            ]
        )
        return
    rows = [("group", "what it is", "irreps by name", "for instance")]
    rows += [(family.name, family.about, family.irreps, family.example) for family in NAMED_GROUPS]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        )
    print(
        "\nEvery irrep also has a label, such as A5:χ2 or A5:chi2, and a name by its dimension, "
        "A5:3':\nsee mlrg irreps GROUP. Products: Z2xS3, or representations, Z3:1 x Z2:odd. "
        "Spins with values in the\ngroup: S3:two-sided. Your own: package.module:attribute."
    )


def irreps(options) -> None:
    """Print the character table of a group, with types and names."""
    group = parse_group(options.group)
    if isinstance(group, CompactGroup):
        raise InputError(
            f"{group.name} is continuous and has irreps without end, which no table holds: name "
            "them by charge or spin (see mlrg groups)"
        )
    table = character_table(group)
    rows = [
        {
            "label": label,
            "names": other_names(table, number),
            "dimension": irrep.dimension,
            "type": irrep.kind,
            "real_dimension": irrep.dimension * (1 if irrep.kind == "real" else 2),
        }
        for number, (label, irrep) in enumerate(zip(table.labels, table.irreps, strict=True))
    ]
    if options.json:
        for row, irrep in zip(rows, table.irreps, strict=True):
            row["indicator"] = irrep.indicator
            row["character"] = [str(value) for value in irrep.values]
        classes = [
            {
                "size": len(members),
                "order": group.element_order(members[0]),
                "element": group.spell(group.word(members[0])),
            }
            for members in group.classes
        ]
        print_json({"group": group.name, "order": group.order, "classes": classes, "irreps": rows})
    elif options.latex:
        print(typeset.character_table_latex(table))
    else:
        print(f"{group.name}, {group.order} elements, {len(group.classes)} classes")
        print(table)
        for row in rows:
            names = ", ".join(row["names"])
            real = (
                "" if row["type"] == "real" else f", real form of dimension {row['real_dimension']}"
            )
            print(f"{row['label']}: {names}{real}")


def couplings(options) -> None:
    """Print every coupling that a symmetry allows."""
    model = model_of(options)
    space = model.couplings
    if options.json:
        matrix = None
        if space.family == "bilinear":
            matrix = [[str(entry) for entry in row] for row in space.matrix.tolist()]
        states = None if model.is_continuous else len(space.source)
        content = {"dimension": space.dimension, "matrix": matrix, "spin_states": states}
        if states is not None and states > STATE_LIMIT:
            # Too many to be listed: no question about states has an answer.
            content |= {"spin_states": None, "spin_state_count": states}
        elif model.class_names:
            content["classes"] = list(model.class_names)
        print_json(content)
    elif options.latex:
        if space.family != "bilinear":
            raise InputError("--latex has no form for --family pair: use --family bilinear")
        print(space.latex)
    else:
        states = "a continuum of" if model.is_continuous else len(space.source)
        count = "1 coupling" if space.dimension == 1 else f"{space.dimension} couplings"
        print(f"{count}, {states} spin states, {space.frame} frame")
        if not space.source.internal.is_orthogonal:
            print("(in a basis that is not orthonormal; mlrg.symmetry.orthogonal_form finds one)")
        print(space.text)
        if model.class_names:
            names = (f"J{k} {name}" for k, name in enumerate(model.class_names))
            print(f"classes of x⁻¹y, the values of two spins: {', '.join(names)}")
