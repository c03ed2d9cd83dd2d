"""One-dimensional characters, from the relations of the group made abelian."""

from fractions import Fraction

import flint
import numpy as np

from mlrg.symmetry.permutation_groups import PermutationGroup


def linear_characters(group: PermutationGroup) -> np.ndarray:
    """Return the one-dimensional characters exp(2πi k/e), e the exponent of the group.

    With v(g) the numbers of generators in a word of g, every relation v(g) + v(s) = v(g s) holds
    for the turns of the generators s; together they present G/G'.

    Returns
    -------
    numpy.ndarray of int
        k modulo e, shape ``(character, class)``.
    """
    count = len(group.generators)
    words = np.zeros((group.order, count), dtype=np.int64)
    for position, (parent, letter) in enumerate(group.parents[1:], start=1):
        words[position] = words[parent]
        words[position, letter] += 1
    rows = []
    for number, generator in enumerate(group.generators):
        moved = group.array.products(np.arange(group.order), group.position[generator])
        relations = words - words[moved]
        relations[:, number] += 1
        rows.append(np.unique(relations, axis=0))
    turns = _solutions(np.unique(np.concatenate(rows), axis=0)) if rows else [[]]
    exponent = group.exponent
    # The order of a character divides the exponent.
    steps = [[int(t * exponent) for t in solution] for solution in turns]
    members = words[[members[0] for members in group.classes]]
    return np.array(steps, dtype=np.int64) @ members.T % exponent


def _solutions(relations: np.ndarray) -> list[list[Fraction]]:
    """Return all t modulo 1 with R t whole, R of full rank."""
    size = relations.shape[1]
    flat = [int(x) for x in relations.reshape(-1)]
    form = flint.fmpz_mat(len(relations), size, flat).hnf()
    found: list[list[Fraction]] = [[]]
    # Upper triangular: from the last unknown to the first.
    for row in reversed(range(size)):
        diagonal, *others = (int(form[row, column]) for column in range(row, size))
        grown = []
        for rest in found:
            known = sum((c * t for c, t in zip(others, rest, strict=True)), Fraction(0))
            grown += [[(m - known) / diagonal % 1, *rest] for m in range(diagonal)]
        found = grown
    return found
