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


Action = Callable[[np.ndarray], np.ndarray]


class Eigenvectors(NamedTuple):
    """Eigenvalues ``(count,)``, largest first, and their vectors as columns ``(row, count)``."""

    values: np.ndarray
    vectors: np.ndarray


def leading_values(
    action: Action,
    start: np.ndarray,
    count: int,
    precision: float = 0.0,
    kept: int | None = None,
) -> np.ndarray:
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

    Returns
    -------
    numpy.ndarray
        Largest first.

    Raises
    ------
    NoAnswerError
        If the solver does not converge.
    """
    if not start.any():
        return np.zeros(0)
    if len(start) <= DENSE_ROWS:
        values = np.linalg.eigvals(_written_down(action, start))
    else:
        values = _arnoldi(action, start, count, precision, kept, vectors=False)
    return values[np.argsort(-np.abs(values))]


def leading(action: Action, start: np.ndarray, count: int, precision: float = 0.0) -> Eigenvectors:
    """Return the eigenvalues with their vectors; as `leading_values`."""
    if not start.any():
        return Eigenvectors(np.zeros(0), np.zeros((len(start), 0)))
    if len(start) <= DENSE_ROWS:
        values, vectors = np.linalg.eig(_written_down(action, start))
    else:
        values, vectors = _arnoldi(action, start, count, precision, None, vectors=True)
    order = np.argsort(-np.abs(values))
    return Eigenvectors(values[order], vectors[:, order])


def _written_down(action: Action, start: np.ndarray) -> np.ndarray:
    return np.array([action(row) for row in np.eye(len(start), dtype=start.dtype)]).T


def _arnoldi(action, start, count, precision, kept, vectors):
    size = len(start)
    operator = LinearOperator((size,) * 2, matvec=action, dtype=start.dtype)
    count = min(count, size - 2)
    try:
        return eigs(operator, count, v0=start, ncv=kept, tol=precision, return_eigenvectors=vectors)
    except (ArpackError, ArpackNoConvergence) as error:
        raise NoAnswerError(
            f"the spectrum of a ring of {size} rows was not found ({error}): ask for fewer "
            "levels or columns"
        ) from error
