"""Point representations up to a number of states, those that declare one model listed once.

Multiplying a spin's point representation by a one-dimensional irrep χ, T_r → χ(r) T_r, changes no
coupling if χ is 1 on the mirror of every bond (χ(σ) on the source times χ(σ) on the target in the
paper's frame, χ(C4·σ) χ(σ) = χ(C4) in the rotating one; the four directions bring χ(C4)² = 1), and
no spin space if that is closed under −1. So A1+E and B2+E are one model in the paper's frame, and
A1+E and A2+E in either.
"""

from itertools import product

from mlrg.symmetry.point_group import TABLE_I, C4v, PointRepresentation
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.spins import SpinSpace

_IRREPS = tuple(TABLE_I)
# Where a twist takes A1, A2, B1, B2, E, by the irrep that it multiplies with.
_TWISTED = {
    "A2": ("A2", "A1", "B2", "B1", "E"),
    "B1": ("B1", "B2", "A1", "A2", "E"),
    "B2": ("B2", "B1", "A2", "A1", "E"),
}
_TWISTS = {"paper": ("A2", "B1", "B2"), "rotating": ("A2",)}


def point_representations(
    internal: Representation, limit: int, frame: str = "rotating"
) -> list[PointRepresentation]:
    """Return the point representations whose spins have at most `limit` states, smallest first.

    Of representations that a twist makes one model, the one with most A1, then A2, … stands for
    all. Spin spaces are the default ones.

    Parameters
    ----------
    internal : Representation
    limit : int
        Number of states of a spin.
    frame : {"rotating", "paper"}
    """
    sizes = [len(SpinSpace(internal, C4v(name))) for name in _IRREPS]
    closed = sizes[0] == sizes[1]
    most = [_largest_power(size, limit) for size in sizes]
    found = []
    for counts in product(*(range(count + 1) for count in most)):
        states = 1
        for size, count in zip(sizes, counts, strict=True):
            states *= size**count
        if not any(counts) or states > limit:
            continue
        copies = [counts, *(_twist(counts, name) for name in _TWISTS[frame] if closed)]
        if counts == max(copies):
            found.append((states, tuple(-count for count in counts), counts))
    return [_representation(counts) for _, _, counts in sorted(found)]


def _largest_power(size: int, limit: int) -> int:
    count = 0
    while size > 1 and size ** (count + 1) <= limit:
        count += 1
    return count


def _twist(counts: tuple[int, ...], name: str) -> tuple[int, ...]:
    return tuple(counts[_IRREPS.index(irrep)] for irrep in _TWISTED[name])


def _representation(counts: tuple[int, ...]) -> PointRepresentation:
    terms = (f"{count}{name}" for count, name in zip(counts, _IRREPS, strict=True) if count)
    return C4v("+".join(terms))
