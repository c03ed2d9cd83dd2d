"""The largest eigenvalues of a matrix that is known by what it does to a vector.

Small ones are written down; others are left to Arnoldi's method (ARPACK).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigs

from mlrg.errors import NoAnswerError

# Rows up to which the matrix is written down.
DENSE_ROWS = 300


class Eigenvectors(NamedTuple):
    """Eigenvalues ``(count,)``, largest first, and their vectors as columns ``(row, count)``."""

    values: np.ndarray
    vectors: np.ndarray


def leading(
    action: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    count: int,
    precision: float = 0.0,
    kept: int | None = None,
) -> Eigenvectors:
    """Return at least the `count` largest eigenvalues, all of a matrix that is written down.

    Parameters
    ----------
    action : callable
        From a vector ``(row,)`` to its image.
    start : numpy.ndarray
        Where the search begins, within the space that the action leaves invariant; its type is
        that of the vectors. A zero vector has no eigenvalues.
    count : int
    precision : float
        Relative; that of the machine unless given.
    kept : int, optional
        Vectors that the solver keeps.

    Raises
    ------
    NoAnswerError
        If the solver does not converge.
    """
    size = len(start)
    if not start.any():
        return Eigenvectors(np.zeros(0), np.zeros((size, 0)))
    if size <= DENSE_ROWS:
        found = np.linalg.eig(np.array([action(row) for row in np.eye(size, dtype=start.dtype)]).T)
    else:
        operator = LinearOperator((size,) * 2, matvec=action, dtype=start.dtype)
        try:
            found = eigs(operator, min(count, size - 2), v0=start, ncv=kept, tol=precision)
        except (ArpackError, ArpackNoConvergence) as error:
            raise NoAnswerError(
                f"the spectrum of a ring of {size} rows was not found ({error}): ask for fewer "
                "levels or columns"
            ) from error
    values, vectors = found
    order = np.argsort(-np.abs(values))
    return Eigenvectors(values[order], vectors[:, order])
