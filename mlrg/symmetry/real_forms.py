"""The real representation that a complex one stands for."""

from functools import reduce

from mlrg.symmetry.characters import character_table
from mlrg.symmetry.permutation_groups import ORDER_LIMIT
from mlrg.symmetry.realification import realified_matrices
from mlrg.symmetry.representations import Representation


def real_form(representation: Representation) -> Representation:
    """Return a real representation for a complex one; a real one is returned as it is.

    It has the same dimension where the character allows that: as many copies of each irrep as of
    its conjugate, and an even number of each quaternionic one. Then it is a sum of real irreps.
    Otherwise it acts on real and imaginary parts, of twice the dimension: V and its conjugate.

    Raises
    ------
    InexactMatrixError
        If the matrices lie in a field whose complex conjugation is not known.
    """
    if representation.is_real:
        return representation
    group = representation.group
    parts = _real_parts(representation) if group.order <= ORDER_LIMIT else None
    label = f"real_form({representation!r})"
    if parts is None:
        matrices = realified_matrices(representation.matrices)
        return Representation._trusted(group, matrices, 2 * representation.dimension, label)
    total = reduce(Representation.__add__, parts)
    summands = total.summands if len(parts) > 1 else None
    return Representation._trusted(group, total.matrices, total.dimension, label, summands)


def _real_parts(representation: Representation) -> list[Representation] | None:
    """Return real irreps whose sum has this character; None if there are none."""
    group = representation.group
    table, counts = character_table(group), representation.decomposition
    parts = []
    for place, real in enumerate(table.real_irreps):
        count = counts.get(real.number, 0)
        if counts.get(table.conjugates[real.number], 0) != count:
            return None
        if real.kind == "quaternionic":
            count, odd = divmod(count, 2)
            if odd:
                return None
        parts += [group.real_irreps[place]] * count if count else []
    return parts
