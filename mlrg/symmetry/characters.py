"""Character tables: the characters of a group with labels and types, and what is read off them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mlrg.symmetry import typeset
from mlrg.symmetry.burnside_dixon import irreducible_characters
from mlrg.symmetry.irrep_characters import Irrep, RealIrrep, added
from mlrg.symmetry.permutation_groups import PermutationGroup


@dataclass(frozen=True, repr=False)
class CharacterTable:
    """The complex irreducible characters of a finite group.

    Attributes
    ----------
    group : PermutationGroup
    irreps : tuple of Irrep
        By degree, the trivial one first.
    """

    group: PermutationGroup
    irreps: tuple[Irrep, ...]

    @cached_property
    def class_sizes(self) -> tuple[int, ...]:
        """Number of elements of each conjugacy class."""
        return tuple(len(members) for members in self.group.classes)

    @cached_property
    def floats(self) -> np.ndarray:
        """Characters as complex numbers, shape ``(irrep, class)``."""
        return np.array([irrep.floats for irrep in self.irreps])

    @cached_property
    def real_irreps(self) -> tuple[RealIrrep, ...]:
        """The irreps over the reals, with their types."""
        found, used = [], set()
        for number, irrep in enumerate(self.irreps):
            if irrep.multiplicities in used:
                continue
            used |= {irrep.multiplicities, irrep.conjugate}
            terms = irrep.multiplicities
            if irrep.kind != "real":
                # 2χ or χ + χ̄: a quaternionic character is its own conjugate.
                terms = tuple(map(added, terms, irrep.conjugate))
            found.append(RealIrrep(terms, irrep.exponent, irrep.kind, number))
        return tuple(found)

    @cached_property
    def conjugates(self) -> tuple[int, ...]:
        """Place of the complex conjugate of each irrep."""
        place = {irrep.multiplicities: k for k, irrep in enumerate(self.irreps)}
        return tuple(place[irrep.conjugate] for irrep in self.irreps)

    @cached_property
    def named(self) -> dict:
        """The real irreps that the group knows by name, by the place of a character in them."""
        found: dict[int, Any] = {}
        for name in self.group.irrep_names:
            irrep = self.group.irrep(name)
            found.setdefault(min(irrep.decomposition), irrep)
        return found

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each irrep: the group's own where it has one, χ1, χ2, … elsewhere.

        The two complex irreps of a real plane share its name, the second with a star.
        """
        found = [f"χ{number}" for number in range(1, len(self.irreps) + 1)]
        for name in reversed(self.group.irrep_names):
            for star, number in zip(("", "*"), self.group.irrep(name).decomposition, strict=False):
                found[number] = f"{name}{star}"
        return tuple(found)

    def __str__(self):
        return typeset.character_table_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return typeset.character_table_html(self)


def character_table(group: PermutationGroup) -> CharacterTable:
    """Return the exact character table of a finite group.

    Raises
    ------
    LargeGroupError
        If the group has too many elements to list.

    Examples
    --------
    >>> from mlrg.symmetry import character_table, symmetric
    >>> character_table(symmetric(3))
    S3       │ E  3s1  2s1·s2 │ type
    ─────────┼────────────────┼─────
    trivial  │ 1    1       1 │ real
    sign     │ 1   -1       1 │ real
    standard │ 2    0      -1 │ real
    """
    # Kept with the group, whose names its labels show; the characters are kept by content.
    kept = vars(group)
    if "_character_table" not in kept:
        kept["_character_table"] = CharacterTable(group, irreducible_characters(group))
    return kept["_character_table"]
