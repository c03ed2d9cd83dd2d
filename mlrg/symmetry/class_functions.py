"""Class functions as couplings of spins with values in a group.

Two spins x and y weigh f(x⁻¹y) with f the same on every conjugacy class, so that couplings are
numbered by classes. In S_n a class is a cycle type.
"""

from collections.abc import Callable

import numpy as np

from mlrg.errors import CouplingError, SpinSpaceError
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.families import SymmetricGroup
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.permutations import Permutation, compose, cycle_type, inverse
from mlrg.symmetry.two_sided import two_sided_representation


def group_of_values(couplings: CouplingSpace | PairCouplings) -> FiniteGroup | None:
    """Return G if spins take values in a group, a single one with A1; None elsewhere."""
    spins = couplings.source
    base = getattr(spins.internal.group, "base", None)
    if base is None or spins.point.name != "A1" or len(spins) != base.order:
        return None
    return base if spins.internal == two_sided_representation(base) else None


def class_names(couplings: CouplingSpace | PairCouplings) -> tuple[str, ...] | None:
    """Return the class of x⁻¹y that each coupling belongs to; None for other spins.

    Cycle types for S_n, such as (2,1), and an element as a product of generators elsewhere.
    """
    base = group_of_values(couplings)
    if base is None:
        return None
    # Values are unit vectors, one an element; the first row has the identity for x.
    elements = couplings.source.values.argmax(axis=1)
    places = np.argsort(elements)
    first = couplings.features[:, places[0]][:, places]
    if not (np.count_nonzero(first, axis=0) == 1).all():
        raise ArithmeticError("couplings of spins with values in a group are no classes")
    return tuple(_name(base, int(np.flatnonzero(row)[0])) for row in first)


def _name(group: FiniteGroup, element: int) -> str:
    if isinstance(group, SymmetricGroup):
        return f"({','.join(map(str, cycle_type(group.elements[element])))})"
    return group.spell(group.word(element))


def class_couplings(
    couplings: CouplingSpace | PairCouplings, function: Callable[[Permutation], float]
) -> tuple[float, ...]:
    """Return the couplings of ln w(x, y) = f(x⁻¹y), one a class.

    Parameters
    ----------
    couplings : CouplingSpace or PairCouplings
        Of spins with values in a group.
    function : callable
        f, from an element as a permutation, such as (1, 0, 2), to a number; the same on every
        conjugacy class.

    Raises
    ------
    SpinSpaceError
        If spins have no values in a group.
    CouplingError
        If f is no class function, or a value is no finite number.
    """
    base = group_of_values(couplings)
    if base is None:
        raise SpinSpaceError(
            f"class functions were asked of spins of {couplings.source.internal.group.name} that "
            f"carry {couplings.source.point.name}: they need values in a group and A1, such as "
            "S3:two-sided"
        )
    try:
        values = np.array([float(function(element)) for element in base.elements])
    except (TypeError, ValueError) as error:
        raise CouplingError(
            f"the weight gives no number for an element of {base.name}: {error}"
        ) from error
    if not np.isfinite(values).all():
        raise CouplingError(
            f"the weight gives {values[~np.isfinite(values)][0]} for an element of {base.name}: "
            "give a function that is finite on all of them"
        )
    for members in base.classes:
        found = values[members]
        if np.ptp(found) > 1e-12 * np.abs(values).max():
            one, other = (base.elements[members[k]] for k in (found.argmin(), found.argmax()))
            raise CouplingError(
                f"the weight tells {one} from {other}, which are conjugate in {base.name} "
                f"({found.min():g} and {found.max():g}): give a class function"
            )
    position = base.position
    quotients = [[position[compose(inverse(x), y)] for y in base.elements] for x in base.elements]
    matrix = values[np.array(quotients)]
    if couplings.family == "pair":
        elements = couplings.source.values.argmax(axis=1)
        matrix = matrix[np.ix_(elements, elements)]
    return tuple(couplings.coordinates(matrix).tolist())
