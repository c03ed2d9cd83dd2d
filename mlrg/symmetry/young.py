"""Young's seminormal form: every irrep of S_n by rational matrices of adjacent transpositions.

Basis vectors are standard tableaux T of the shape. With r the axial distance from i to i + 1 (the
difference of their contents, column minus row), s_i acts on T and T' = s_i T, T the earlier one, by

    s_i v_T = (1/r) v_T + v_T',   s_i v_T' = (1 − 1/r²) v_T − (1/r) v_T'.
"""

from functools import lru_cache

import sympy

Tableau = tuple[int, ...]  # the row of each letter


def is_partition(shape: tuple[int, ...], n: int) -> bool:
    """Return whether the shape is a partition of n into falling positive parts."""
    return (
        sum(shape) == n
        and all(isinstance(part, int) and part > 0 for part in shape)
        and list(shape) == sorted(shape, reverse=True)
    )


def partitions(n: int, largest: int | None = None) -> list[tuple[int, ...]]:
    """Return the partitions of n, the one of one part first."""
    if n == 0:
        return [()]
    first = range(min(n, largest or n), 0, -1)
    return [(part, *rest) for part in first for rest in partitions(n - part, part)]


def standard_tableaux(shape: tuple[int, ...]) -> list[Tableau]:
    """Return the standard tableaux of a shape, each as the row of letters 1..n."""
    found: list[Tableau] = []

    def grow(rows: list[int], filled: list[int]) -> None:
        if len(rows) == sum(shape):
            found.append(tuple(rows))
            return
        for row, length in enumerate(shape):
            if filled[row] < length and (row == 0 or filled[row] < filled[row - 1]):
                filled[row] += 1
                grow([*rows, row], filled)
                filled[row] -= 1

    grow([], [0] * len(shape))
    return found


@lru_cache(maxsize=256)
def seminormal_matrices(shape: tuple[int, ...]) -> list[sympy.ImmutableMatrix]:
    """Return the matrices of s_1, …, s_{n−1} on the irrep of a partition."""
    tableaux = standard_tableaux(shape)
    position = {tableau: k for k, tableau in enumerate(tableaux)}
    matrices = []
    for i in range(sum(shape) - 1):
        matrix = sympy.zeros(len(tableaux), len(tableaux))
        for k, tableau in enumerate(tableaux):
            distance = _content(tableau, i + 1) - _content(tableau, i)
            matrix[k, k] = sympy.Rational(1, distance)
            swapped = list(tableau)
            swapped[i], swapped[i + 1] = swapped[i + 1], swapped[i]
            partner = position.get(tuple(swapped))
            if abs(distance) > 1 and partner is not None:
                later = partner > k
                matrix[partner, k] = 1 if later else 1 - sympy.Rational(1, distance**2)
        matrices.append(sympy.ImmutableMatrix(matrix))
    return matrices


def _content(tableau: Tableau, letter: int) -> int:
    row = tableau[letter]
    column = sum(1 for other in tableau[:letter] if other == row)
    return column - row
