"""Exact null spaces in reduced echelon form, and the check that a basis has that form.

A form is a sparse vector {place: value}. Reduced echelon means that every form starts, with the
value one, at a place of its own where all others are zero; such a basis is unique.
"""

from collections.abc import Mapping, Sequence

from sympy.polys.matrices import DomainMatrix


def echelon_null_space(equations: Sequence[Mapping], size: int, domain) -> list[dict[int, object]]:
    """Return the reduced echelon basis of the solutions of sparse linear equations.

    Elimination yields one null vector for each free unknown, which ends the vector. With the
    unknowns in reverse order these are reduced echelon rows in the right order.

    Parameters
    ----------
    equations : sequence of {unknown: coefficient}
        Coefficients in `domain`, without zeros.
    size : int
        Number of unknowns.
    domain : sympy domain
    """
    rows = {
        i: {size - 1 - unknown: x for unknown, x in equation.items()}
        for i, equation in enumerate(equations)
    }
    null = DomainMatrix(rows, (max(len(rows), 1), size), domain).nullspace().to_sparse()
    forms = []
    for vector in null.rep.values():
        ordered = {size - 1 - column: value for column, value in vector.items()}
        first = ordered[min(ordered)]
        forms.append({place: x / first for place, x in ordered.items()})
    return sorted(forms, key=min)


def is_echelon(forms: Sequence[Mapping]) -> bool:
    """Whether every form starts at a place of its own, in order, where all others are zero."""
    leading = [min(form) for form in forms]
    return leading == sorted(set(leading)) and all(
        (place in form) == (k == own)
        for own, place in enumerate(leading)
        for k, form in enumerate(forms)
    )


def minus_identity(rows: list[dict], domain) -> list[dict]:
    """Turn the rows of a square matrix M into the equations (M − 1) v = 0, empty ones left out."""
    for place, row in enumerate(rows):
        value = row.get(place, domain.zero) - domain.one
        if value:
            row[place] = value
        else:
            row.pop(place, None)
    return [row for row in rows if row]
