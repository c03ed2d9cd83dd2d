"""Operator product expansion coefficients from a ring of blocks at its critical point.

A local operator O of an irrep of G that is not the trivial one is a φ and fields of higher
dimension, φ the lowest field of that irrep. Between states of momentum zero of a ring of n blocks
(Cardy 1984)

    ⟨α|O|β⟩ ⟨β|O|α⟩ / ⟨0|O|φ⟩ ⟨φ|O|0⟩ = C²_αφβ + O(n⁻²),

summed over the members of multiplets: over a multiplet the sum is that of one invariant of norm one
for each state of φ. The corrections come from descendants of φ in O, powers of n⁻²; several n are
extrapolated by a polynomial in it.
"""

from collections.abc import Sequence
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

from mlrg.errors import InputError, NoAnswerError
from mlrg.rgmap import Point, RGMap
from mlrg.symmetry.irreps_of import irreps_of

# C² below which it is rounding.
_ZERO = 1e-12


class Coefficient(NamedTuple):
    """|C| of a field between two levels of momentum zero.

    Attributes
    ----------
    first, second : tuple of (str, float)
        Irrep and Δ of either level.
    value : float
        Negative where the product of both matrix elements is: then corrections outweigh it.
    """

    first: tuple[str, float]
    second: tuple[str, float]
    value: float


def ope_coefficients(
    rgmap: RGMap, point: Point, field: str, columns: int | Sequence[int] = (2, 4), count: int = 2
) -> list[Coefficient]:
    """Return the size of C for the lowest field of an irrep between levels of momentum zero.

    Parameters
    ----------
    rgmap : RGMap
        Tensors or rings.
    point : Point
        Critical: a fixed point, or where a critical flow lingers.
    field : str
        Name of an irrep of G, not the trivial one.
    columns : int or sequence of int
        n. Of several the limit is returned, with the Δ of the largest.
    count : int
        Levels of each irrep.

    Raises
    ------
    InputError
        If the irrep does not exist or is the trivial one, two n are equal, or the map has no such
        states.
    NoAnswerError
        If no operator on one block belongs to the irrep, or states are not found.
    BudgetError
        If a ring is too large.
    """
    names = [irrep.name for irrep in irreps_of(rgmap.model.internal.group).all]
    if field not in names[1:]:
        raise InputError(
            f"field {field!r} was asked for: give an irrep other than the trivial one, "
            f"{' or '.join(names[1:]) or 'which this group does not have'}"
        )
    if not hasattr(rgmap, "ring_states"):
        raise InputError(f"{rgmap!r} does not know the states of its rings: ask tensors or rings")
    sizes = np.atleast_1d(np.asarray(columns)).tolist()
    if not sizes or len(set(sizes)) < len(sizes):
        raise InputError(
            f"rings of {sizes} columns were asked for: give one size or different ones"
        )
    found = [_of_ring(rgmap, point, field, size, count) for size in sorted(sizes)]
    shared = [key for key in found[-1] if all(key in each for each in found)]
    powers = np.power.outer(np.array(sorted(sizes), dtype=float), -2.0 * np.arange(len(sizes)))
    # The first unknown of the polynomial is its value at n⁻² = 0.
    shares = np.linalg.inv(powers)[0]
    return [
        found[-1][key]._replace(value=float(shares @ [each[key].value for each in found]))
        for key in shared
    ]


def _of_ring(rgmap: Any, point: Point, field: str, columns: int, count: int) -> dict:
    """Return the coefficients of one ring by the numbers of their levels within their irreps."""
    states = rgmap.ring_states(point, columns)
    operators, levels = states.operators(field), states.multiplets(count)
    irreps = [level.irrep for level in levels]
    if operators is None or field not in irreps or irreps[0] == field:
        raise NoAnswerError(
            f"no state of irrep {field} was found above the lowest: choose a critical point, or "
            "keep more states"
        )
    moved = [[states.applied(o, level.right) for level in levels] for o in operators]

    def product(a, b):
        return sum(np.trace((levels[a].left @ row[b]) @ (levels[b].left @ row[a])) for row in moved)

    unit = product(0, irreps.index(field))
    if not unit > 0:
        raise NoAnswerError(f"operators on one block do not see the lowest state of irrep {field}")
    scale = columns / (2 * np.pi)
    labels = [(level.irrep, scale * (levels[0].log_size - level.log_size)) for level in levels]
    numbers = [(irrep, irreps[:k].count(irrep)) for k, irrep in enumerate(irreps)]
    found = {}
    for a, b in combinations_with_replacement(range(len(levels)), 2):
        share = product(a, b) / unit
        if abs(share) > _ZERO:
            value = float(np.copysign(np.sqrt(abs(share)), share))
            found[numbers[a], numbers[b]] = Coefficient(labels[a], labels[b], value)
    return found
