"""Invariant forms of dense rational representations, by averaging over the group modulo primes.

In a basis without zeros elimination meets ever larger fractions. The average over the group of a
form of rank one is invariant, and it is a product of two thin matrices,

    Σ_g A(g)ᵀ u vᵀ B(g) = U Vᵀ,   U = [A(g)ᵀ u]_g,   V = [B(g)ᵀ v]_g,

so that as many random averages as there are invariants cost next to nothing modulo a prime of 62
bits. Their reduced echelon form is lifted to fractions (Chinese remainders, then Euclid), until one
more prime changes nothing. That is no proof; the certificate of `invariants` is.
"""

import random

import flint

from mlrg.symmetry.exact_matrices import ExactMatrix
from mlrg.symmetry.number_fields import RATIONALS
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.reductions import Lifting, modular, residues, splitting_primes

Entries = dict[tuple[int, int], tuple]  # {(row, column): entry} of one form


def averaged_forms(
    group: PermutationGroup, left: list[ExactMatrix], right: list[ExactMatrix], dimension: int
) -> list[Entries]:
    """Return the reduced echelon basis of the invariant forms.

    Parameters
    ----------
    group : PermutationGroup
    left, right : sequence of ExactMatrix
        Rational matrices of the generators, A(g) and B(g).
    dimension : int
        Number of invariants, from the character formula.
    """
    rng = random.Random(0)
    columns = right[0].shape[0]
    lifting = Lifting()
    for prime in splitting_primes(RATIONALS, (m.denominator for m in (*left, *right))):
        found, leading = _echelon(group, left, right, dimension, prime, rng)
        # Averages that happen to be dependent, or a bad prime, start late.
        fractions = lifting.add(found, prime, leading)
        if fractions is not None:
            forms: list[Entries] = [{} for _ in range(dimension)]
            for (k, place), value in fractions.items():
                forms[k][divmod(place, columns)] = (value,)
            return forms
    raise AssertionError("primes do not end")


def _echelon(group, left, right, dimension: int, prime: int, rng: random.Random):
    """Return {(form, place): residue} of the echelon form, and the place where each form starts."""

    def orbit(images: list[ExactMatrix]) -> list[list[list[int]]]:
        """M(g)ᵀ u of every element g and random vector u, as [element][component][vector]."""
        size = images[0].shape[0]
        transposed = [modular(residues(image.transpose, (1,), prime), prime) for image in images]
        start = [rng.randrange(prime) for _ in range(size * dimension)]
        vectors = [flint.nmod_mat(size, dimension, start, prime)]
        # M(g)ᵀ = M(s)ᵀ M(parent)ᵀ for g = parent·s, the listing of the group's elements.
        for parent, generator in group.parents[1:]:
            vectors.append(transposed[generator] * vectors[parent])
        return [[[int(x) for x in row] for row in matrix.tolist()] for matrix in vectors]

    above, beside = orbit(left), orbit(right)
    rows, columns, order = left[0].shape[0], right[0].shape[0], group.order
    flat: list[int] = []
    for k in range(dimension):
        tall = [above[g][i][k] for i in range(rows) for g in range(order)]
        wide = [beside[g][j][k] for g in range(order) for j in range(columns)]
        average = flint.nmod_mat(rows, order, tall, prime) * flint.nmod_mat(
            order, columns, wide, prime
        )
        flat += [int(x) for x in average.entries()]
    echelon, _ = flint.nmod_mat(dimension, rows * columns, flat, prime).rref()
    found: dict[tuple[int, int], int] = {}
    leading = []
    for k, row in enumerate(echelon.tolist()):
        entries = {place: int(x) for place, x in enumerate(row) if int(x)}
        found |= {(k, place): x for place, x in entries.items()}
        leading.append(min(entries, default=rows * columns))
    return found, leading
