"""The point group C4v of the square lattice, with the irreps of Table I (repaired).

Generators are the four-fold rotation C4 and the mirror σ; the x-axis lies along the representative
bond. The table printed in the paper is garbled; the matrices here are

    A1 (1, 1)   A2 (1, −1)   B1 (−1, 1)   B2 (−1, −1)   E ([[0, −1], [1, 0]], diag(1, −1)).

The coarse lattice of one RG step is turned by 45°. A corner spin is a target of the fine lattice
and a source of the coarse one, so as a source its mirror is C4·σ and not σ: `turned`.
"""

import re
from functools import cache, cached_property

import sympy

from mlrg.errors import UnknownNameError
from mlrg.symmetry.exact_matrices import direct_sum
from mlrg.symmetry.families import NamedGroup
from mlrg.symmetry.representations import Representation

# Table I: (C4, σ) for each irrep.
TABLE_I = {
    "A1": ([[1]], [[1]]),
    "A2": ([[1]], [[-1]]),
    "B1": ([[-1]], [[1]]),
    "B2": ([[-1]], [[-1]]),
    "E": ([[0, -1], [1, 0]], [[1, 0], [0, -1]]),
}

# Ends of the axes counter-clockwise from +x: C4 moves i to i+1, σ fixes 0 and 2.
_C4_ENDS = (1, 2, 3, 0)
_SIGMA_ENDS = (0, 3, 2, 1)
_PRESENTATION = [(0, 0, 0, 0), (1, 1), (0, 1, 0, 1)]


class PointRepresentation(Representation):
    """A representation of C4v written as a sum of irreps, such as ``C4v("2A1+E")``.

    Attributes
    ----------
    irreps : tuple of str
        The irreps in the order of the components, repeated by multiplicity.
    """

    def __init__(self, group: "PointGroup", irreps: tuple[str, ...]):
        parts = tuple(group.irrep(name) for name in irreps)
        matrices = [direct_sum([part.matrices[k] for part in parts]) for k in (0, 1)]
        self.irreps = irreps
        self._set(group, matrices, matrices[0].shape[0], _label(irreps), None, parts)

    @property
    def block_sizes(self) -> tuple[int, ...]:
        """Dimension of each irrep, in order."""
        return tuple(part.dimension for part in self.summands)

    @property
    def rotation(self) -> sympy.ImmutableMatrix:
        """T_C4."""
        return self.images[0]

    @property
    def mirror(self) -> sympy.ImmutableMatrix:
        """T_σ, the mirror through the representative bond, for a target site."""
        return self.images[1]

    @cached_property
    def turned(self) -> Representation:
        """The spin seen from a lattice turned by 45°: C4 stays, the mirror becomes T_C4·T_σ."""
        parts = tuple(_turned_irrep(self.group, name) for name in self.irreps)
        rotation, mirror = self.matrices
        return Representation._trusted(
            self.group, [rotation, rotation @ mirror], self.dimension, f"{self!r}.turned", parts
        )

    def __add__(self, other):
        if isinstance(other, PointRepresentation):
            return C4v("+".join(self.irreps + other.irreps))
        return super().__add__(other)

    def __repr__(self):
        return f'C4v("{self.name}")'


def _label(irreps: tuple[str, ...]) -> str:
    terms: list[list] = []
    for name in irreps:
        if terms and terms[-1][1] == name:
            terms[-1][0] += 1
        else:
            terms.append([1, name])
    return "+".join(f"{count if count > 1 else ''}{name}" for count, name in terms)


@cache
def _turned_irrep(group: "PointGroup", name: str) -> Representation:
    rotation, mirror = (sympy.Matrix(m) for m in TABLE_I[name])
    return Representation(group, [rotation, rotation * mirror], name=f"turned {name}")


class PointGroup(NamedGroup):
    """C4v; calling it with a sum of irreps gives a representation."""

    def __init__(self):
        irreps = {name: (lambda images=images: list(images)) for name, images in TABLE_I.items()}
        super().__init__([_C4_ENDS, _SIGMA_ENDS], ["C4", "σ"], "C4v", _PRESENTATION, irreps, "C4v")

    def __call__(self, text: str) -> PointRepresentation:
        """Parse a sum such as ``A1``, ``A1+E`` or ``2A1+B1+2E``.

        Raises
        ------
        UnknownNameError
            If the text is empty or names an irrep that C4v does not have.
        """
        if not isinstance(text, str):
            raise UnknownNameError(
                f'{text!r} is no text: write a sum of C4v irreps, such as "2A1+E"'
            )
        return _parsed(text)


@cache
def _parsed(text: str) -> PointRepresentation:
    irreps: list[str] = []
    for term in re.split(r"[+⊕]", text.replace(" ", "")):
        match = re.fullmatch(r"(\d*)\*?([A-Za-z]\w*)", term)
        count = int(match[1] or 1) if match else 0
        if not match or match[2] not in TABLE_I or not 1 <= count <= 64:
            raise UnknownNameError(
                f"{term!r} in {text!r} is not a multiple of a C4v irrep: write a sum of "
                "A1, A2, B1, B2 and E, such as 2A1+E"
            )
        irreps += [match[2]] * count
    return PointRepresentation(C4v, tuple(irreps))


C4v = PointGroup()
