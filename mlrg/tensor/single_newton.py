"""Newton's method on single tensors, with the gauge fixed, and their linearised step by irrep.

A step leaves open in which basis the new leg is written. Eigenvectors in the order of |λ| fix it up
to one sign for each multiplet, and the signs are chosen so that T' comes closest to T. Then

    (1 − Df) δ = f(T, E) − (T, E),      (T, E) → (T, E) + δ,

with the exact differential of `mlrg.tensor.linearised` and a Krylov solver.
"""

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from mlrg.geometry import CORNERS, cyclic_average
from mlrg.rgmap import Improvement, Sector
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.points import BlockTensor, block_tensor
from mlrg.tensor.split import Halves

# Relative accuracy of one Newton step's linear equations, and the vectors that the solver keeps.
_SOLVED, _KRYLOV = 1e-4, 100


def newton_step(
    tensor: BlockTensor, halves: Halves, image: BlockTensor, power: float
) -> Improvement:
    """Return how far a tensor is from its image, and a tensor closer to a fixed point.

    Parameters
    ----------
    tensor : BlockTensor
        Of norm 1, the first bond weight ±1.
    halves : Halves
        Its halves in the gauge of the old leg.
    image : BlockTensor
        What they join to.
    power : float
        k of the bond weights.
    """
    change = image.dense - tensor.dense, np.diag(image.bond - tensor.bond)
    residual = max(float(np.abs(part).max()) for part in change)
    linear = LinearStep(tensor, halves, power)
    return Improvement(residual, lambda: _moved(tensor, _solved(linear, change)))


def _moved(tensor: BlockTensor, change: tuple[np.ndarray, np.ndarray]) -> BlockTensor:
    """Return the tensor moved by (δT, δE), its symmetry kept to the last digit."""
    n = tensor.leg.dimension
    matrix = cyclic_average(tensor.dense + change[0]).reshape(n * n, n * n)
    weights = (tensor.bond + np.diag(change[1]))[list(tensor.leg.offsets)]
    return block_tensor(tensor.leg, weights, matrix).normalised


def _solved(linear: LinearStep, change) -> tuple[np.ndarray, np.ndarray]:
    n = linear.tensor.leg.dimension
    size = n**CORNERS

    def unpack(vector):
        return vector[:size].reshape((n,) * CORNERS), np.diag(vector[size:])

    def apply(vector):
        moved, bond = linear.apply(*unpack(vector))
        return vector - np.concatenate([moved.reshape(-1), np.diag(bond)])

    operator = LinearOperator((size + n, size + n), matvec=apply, dtype=float)
    right = np.concatenate([change[0].reshape(-1), np.diag(change[1])])
    solution, _ = gmres(operator, right, rtol=_SOLVED, atol=0.0, restart=_KRYLOV, maxiter=2)
    return unpack(solution)


def linear_sectors(tensor: BlockTensor, halves: Halves, power: float) -> dict[str, Sector]:
    """Return the linearised step on one row of every irrep, cyclic and even under the mirrors."""
    linear = LinearStep(tensor, halves, power)
    return {
        irrep.name: Sector(_operator(linear, number), irrep.commutant)
        for number, irrep in enumerate(tensor.leg.irreps.all)
    }


def _operator(linear: LinearStep, irrep: int) -> LinearOperator:
    project = _projector(linear, irrep)
    n = linear.tensor.leg.dimension
    size = n**CORNERS

    def unpack(vector):
        return vector[:size].reshape((n,) * CORNERS), vector[size:].reshape(n, n)

    def apply(vector):
        moved, bond = linear.apply(*project(*unpack(vector)))
        moved, bond = project(moved, bond)
        return np.concatenate([moved.reshape(-1), bond.reshape(-1)])

    total = size + n * n
    return LinearOperator((total, total), matvec=apply, dtype=float)


def _projector(linear: LinearStep, number: int):
    """Return the projector of (δT, δE) onto one row of an irrep and the invariants of C4v."""
    leg = linear.tensor.leg
    irrep = leg.irreps[number]
    mirrors = leg.mirrors
    coefficients = irrep.row_coefficients

    def project(tensor, bond):
        tensor = cyclic_average(tensor)
        mirrored = np.einsum("abcd,a,b,c,d->adcb", tensor, *[mirrors] * CORNERS)
        tensor = 0.5 * (tensor + mirrored)
        bond = 0.5 * (bond + bond.T)
        summed, weights = 0.0, 0.0
        for c, action in zip(coefficients, leg.actions, strict=True):
            moved = tensor
            for _ in range(CORNERS):
                # Each turn acts on the last leg and brings it to the front.
                moved = np.tensordot(action, moved, axes=(1, CORNERS - 1))
            summed = summed + c * moved
            weights = weights + c * (action @ bond @ action.T)
        return summed, weights

    return project
