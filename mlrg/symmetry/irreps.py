"""All irreducible representations of a finite group with their matrices, complex and real, by name.

Irreps that the library knows by name keep their matrices; all others are built from their
characters. Each is held against the relations of the group and against its character, which proves
it irreducible.
"""

import re
from collections.abc import Sequence

from mlrg.errors import UnknownIrrepError
from mlrg.symmetry.characters import CharacterTable, character_table
from mlrg.symmetry.dixon import irrep_matrices
from mlrg.symmetry.exact_matrices import in_common_field
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.realification import realified_matrices
from mlrg.symmetry.representations import Representation

# So many names are listed where one is not known.
_SHOWN = 24


class IrrepList(Sequence):
    """The irreps of a group over the complex or the real numbers; each is built when asked for.

    Parameters
    ----------
    group : PermutationGroup
    real : bool
        Real irreps, in the order of ``character_table(group).real_irreps``: those of complex and of
        quaternionic type have twice the dimension of a complex one. Else the complex ones, in the
        order of the table.
    """

    def __init__(self, group: PermutationGroup, real: bool):
        self.group, self.real = group, real
        self._found: dict[int, Representation] = {}

    @property
    def table(self) -> CharacterTable:
        """The characters."""
        return character_table(self.group)

    def __len__(self):
        return len(self.table.real_irreps if self.real else self.table.irreps)

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        if place not in self._found:
            self._found[place] = self._real(place) if self.real else self._complex(place)
        return self._found[place]

    def __repr__(self):
        every = self.table.real_irreps if self.real else self.table.irreps
        shown = [str(irrep.dimension) for irrep in every[:_SHOWN]] + ["…"] * (len(self) > _SHOWN)
        kind = "real" if self.real else "complex"
        return f"<{kind} irreps of {self.group.name}, dimensions {', '.join(shown)}>"

    def _complex(self, place: int) -> Representation:
        irrep = self.table.irreps[place]
        named = self.table.named.get(place)
        if named is not None and irrep.kind == "real":
            return named
        found = Representation._trusted(
            self.group,
            irrep_matrices(self.group, irrep),
            irrep.dimension,
            f"{self.group!r}.irreps[{place}]",
            name=self.table.labels[place],
        )
        found._verify()
        traces, expected = in_common_field([found.class_traces, irrep.exact_values])
        if traces != expected:
            raise ArithmeticError(f"the matrices of {found!r} have another character")
        return found

    def _real(self, place: int) -> Representation:
        number = self.table.real_irreps[place].number
        if number in self.table.named:
            return self.table.named[number]
        whole = self.group.irreps[number]
        label = f"{self.group!r}.real_irreps[{place}]"
        matrices, size = whole.matrices, whole.dimension
        if not whole.is_real:
            # A real type is built of real matrices.
            matrices, size = realified_matrices(matrices), 2 * size
        return Representation._trusted(
            self.group, matrices, size, label, name=self.table.labels[number]
        )


def real_irrep(group: PermutationGroup, name) -> Representation:
    """Return a real irrep by the label of its character, ``χ2`` or ``chi2``, or by dimension.

    ``3`` is the first complex irrep of three dimensions in the table, ``3'`` the second. The
    answer is real: for those of complex and quaternionic type it has twice the dimension.

    Raises
    ------
    UnknownIrrepError
        If the group has none of that name.
    """
    table = character_table(group)
    number = _number(table, str(name))
    if number is None:
        names = [*map(str, group.irrep_names), *(n for n in table.labels if n.startswith("χ"))]
        shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        raise UnknownIrrepError(
            f"{group.name} has no irrep called {name!r}: choose one of {shown}, one by its "
            f"dimension such as {table.irreps[-1].dimension}, or declare a Representation by its "
            "matrices"
        )
    conjugate = table.conjugates[number]
    place = next(
        k for k, real in enumerate(table.real_irreps) if real.number in (number, conjugate)
    )
    return group.real_irreps[place]


def _number(table: CharacterTable, name: str) -> int | None:
    """Return the place of a character in the table."""
    if name in table.labels:
        return table.labels.index(name)
    match = re.fullmatch(r"(?:χ|chi)(\d+)", name)
    if match:
        return int(match[1]) - 1 if 1 <= int(match[1]) <= len(table.irreps) else None
    match = re.fullmatch(r"(\d+)('*)", name)
    if not match:
        return None
    same = [k for k, irrep in enumerate(table.irreps) if irrep.dimension == int(match[1])]
    return same[len(match[2])] if len(match[2]) < len(same) else None


def other_names(table: CharacterTable, number: int) -> list[str]:
    """Return the names of an irrep beside its label: ``chi2``, and ``3'`` by its dimension."""
    dimension = table.irreps[number].dimension
    before = sum(1 for irrep in table.irreps[:number] if irrep.dimension == dimension)
    found = [f"chi{number + 1}"]
    by_dimension = f"{dimension}{chr(39) * before}"
    real = real_irrep(table.group, f"chi{number + 1}")
    # A charge or a partition may have the same name.
    if table.group.irrep(by_dimension) is real:
        found.append(by_dimension)
    return found
