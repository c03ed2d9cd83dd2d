"""Fixed points of the tensor flow, by Newton's method with the gauge fixed, and their exponents.

A step leaves open in which basis the new leg is written. Eigenvectors in the order of |λ| fix it up
to one sign for each multiplet, and the signs are chosen so that T' comes closest to T. Then

    (1 − Df) δ = f(T, E) − (T, E),      (T, E) → (T, E) + δ,

with the exact differential of `mlrg.tensor.linearised` and a Krylov solver. The eigenvalues e of Df
in a sector of G give y = ln|e| / ln √2 and Δ = 2 − y of its operators that the lattice symmetry
leaves invariant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigs, gmres

from mlrg.errors import ConvergenceError
from mlrg.model import SpinModel
from mlrg.tensor import spectra
from mlrg.tensor.block_tensor import BlockTensor, reduced
from mlrg.tensor.critical import TensorBisection, critical_coupling
from mlrg.tensor.linearised import LinearStep
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.step import BOND_WEIGHTED, Split, join, normalised, split

# Relative accuracy of one Newton step's linear equations, and the vectors that the solver keeps.
_SOLVED, _KRYLOV = 1e-4, 100
# Largest dimension of a linear problem that is written down.
_DENSE = 400


@dataclass(frozen=True, eq=False)
class TensorFixedPoint:
    """A block tensor that one RG step maps to itself.

    Attributes
    ----------
    tensor : BlockTensor
        Of norm 1, the first bond weight ±1.
    power : float
        k of the bond weights.
    residual : float
        Largest |f(T, E) − (T, E)| of any entry.
    steps : int
        Newton steps it took.
    halves : Split
        Kept eigenvectors with the signs that make the tensor its own image.
    """

    tensor: BlockTensor
    power: float
    residual: float
    steps: int
    halves: Split

    @cached_property
    def linear(self) -> LinearStep:
        """The differential at the fixed point."""
        return LinearStep(self.tensor, self.halves, self.power)

    def exponents(self, irrep: int = 0, count: int = 4) -> np.ndarray:
        """Return the largest y = ln|e| / ln √2 of one irrep of G, falling.

        Parameters
        ----------
        irrep : int
            Number of the irrep in ``tensor.leg.irreps``; 0 is the trivial one: y_t is its first,
            y_h the first of the order parameter's.
        count : int
            At most as many.
        """
        values = sector_eigenvalues(self.linear, irrep, count)
        return np.log(np.abs(values)) / np.log(np.sqrt(2.0))

    @property
    def degeneracy(self) -> float:
        """Z of the torus of one block."""
        return spectra.degeneracy(self.tensor)

    def levels(self, columns: int = 2, count: int = 8):
        """Return Δ with their sectors from a ring of one or two columns."""
        return spectra.spectrum(self.tensor, columns, count)

    @property
    def central_charge(self) -> float:
        """c = (6/π)(ln λ_0 − s)."""
        return spectra.central_charge(self.tensor, join(self.tensor, self.halves, self.power))


def newton(
    tensor: BlockTensor,
    power: float = BOND_WEIGHTED,
    tolerance: float = 1e-11,
    steps: int = 40,
) -> TensorFixedPoint:
    """Return the fixed point near a tensor.

    Parameters
    ----------
    tensor : BlockTensor
        Its legs keep their multiplets.
    power : float
        k of the bond weights.
    tolerance : float
        Largest |f(T, E) − (T, E)| of any entry at which to stop.
    steps : int
        Newton steps at most.

    Raises
    ------
    ConvergenceError
        If the residual does not fall below the tolerance, or a step keeps other multiplets.
    """
    tensor = normalised(tensor)
    for count in range(steps + 1):
        halves = split(tensor, tensor.leg.dimension)
        halves = aligned(tensor, halves, lambda new, old=tensor: join(old, new, power))
        change = _difference(join(tensor, halves, power), tensor)
        residual = max(np.abs(part).max() for part in change)
        if residual < tolerance:
            return TensorFixedPoint(tensor, power, float(residual), count, halves)
        if count == steps:
            break
        tensor = _moved(tensor, _newton_step(LinearStep(tensor, halves, power), change))
    raise ConvergenceError(
        f"Newton's method found no fixed point of the tensor flow (residual {residual:.2g} after "
        f"{steps} steps): start closer to one, or keep another number of states"
    )


def aligned(
    tensor: BlockTensor | LoopTensor,
    halves: Split,
    joined: Callable[[Split], BlockTensor | LoopTensor],
) -> Split:
    """Return a split in the order and with the signs that bring its tensor closest to the old one.

    Parameters
    ----------
    tensor : BlockTensor or LoopTensor
    halves : Split
    joined : callable
        From halves to the tensor of the coarse lattice.

    Raises
    ------
    ConvergenceError
        If the new leg does not carry the multiplets of the old one.
    """
    halves = _in_order(tensor, halves)
    starts = list(tensor.leg.offsets)
    products = joined(halves).dense * tensor.dense
    for axis in range(4):
        products = np.add.reduceat(products, starts, axis=axis)
    signs = _best_signs(products)
    vectors = halves.vectors * tensor.leg.spread(signs)[:, None, None]
    return Split(halves.leg, halves.values, vectors)


def _in_order(tensor: BlockTensor | LoopTensor, halves: Split) -> Split:
    """Return a split with the multiplets of each kind in the places that the old leg has for it."""
    order = halves.leg.places(tensor.leg)
    if order is None:
        raise ConvergenceError(
            f"a step turns a leg {tensor.leg} into {halves.leg}: there is no fixed point near by"
        )
    starts, sizes = halves.leg.offsets, halves.leg.sizes
    states = np.concatenate([np.arange(starts[i], starts[i] + sizes[i]) for i in order])
    return Split(tensor.leg, halves.values[order], halves.vectors[states])


def _best_signs(products: np.ndarray) -> np.ndarray:
    """Return signs η that make Σ P_abcd η_a η_b η_c η_d large: one by one, then by single flips."""
    count = len(products)
    signs = np.zeros(count)

    def pull(state):
        # What of the sum is odd in the sign of one state.
        probe = signs.copy()
        total = []
        for sign in (1.0, -1.0):
            probe[state] = sign
            total.append(np.einsum("abcd,a,b,c,d->", products, *[probe] * 4, optimize=True))
        return total[0] - total[1]

    for _ in range(5):
        for state in range(count):
            signs[state] = -1.0 if pull(state) < 0 else 1.0
    return signs


def _difference(after: BlockTensor, before: BlockTensor) -> tuple[np.ndarray, np.ndarray]:
    return after.dense - before.dense, np.diag(after.bond - before.bond)


def _moved(tensor: BlockTensor, change: tuple[np.ndarray, np.ndarray]) -> BlockTensor:
    """Return the tensor moved by (δT, δE), its symmetry kept to the last digit."""
    n = tensor.leg.dimension
    whole = tensor.dense + change[0]
    turned = sum(whole.transpose(np.roll(range(4), k)) for k in range(4)) / 4
    matrix = turned.reshape(n * n, n * n)
    blocks = tuple(reduced(sector, matrix) for sector in tensor.sectors)
    weights = (tensor.bond + np.diag(change[1]))[list(tensor.leg.offsets)]
    return normalised(BlockTensor(tensor.leg, weights, blocks))


def _newton_step(linear: LinearStep, change) -> tuple[np.ndarray, np.ndarray]:
    n = linear.tensor.leg.dimension
    size = n**4

    def unpack(vector):
        return vector[:size].reshape((n,) * 4), np.diag(vector[size:])

    def apply(vector):
        moved, bond = linear.apply(*unpack(vector))
        return vector - np.concatenate([moved.reshape(-1), np.diag(bond)])

    operator = LinearOperator((size + n, size + n), matvec=apply, dtype=float)
    right = np.concatenate([change[0].reshape(-1), np.diag(change[1])])
    solution, _ = gmres(operator, right, rtol=_SOLVED, atol=0.0, restart=_KRYLOV, maxiter=2)
    return unpack(solution)


def sector_eigenvalues(linear: LinearStep, irrep: int, count: int) -> np.ndarray:
    """Return the largest eigenvalues of the linearised step on one irrep, |e| falling.

    The perturbations are one row of the irrep, cyclic and even under the mirrors.
    """
    project = _projector(linear, irrep)
    n = linear.tensor.leg.dimension
    size = n**4

    def unpack(vector):
        return vector[:size].reshape((n,) * 4), vector[size:].reshape(n, n)

    def apply(vector):
        moved, bond = linear.apply(*project(*unpack(vector)))
        moved, bond = project(moved, bond)
        return np.concatenate([moved.reshape(-1), bond.reshape(-1)])

    total = size + n * n
    begin = apply(np.random.default_rng(0).normal(size=total))
    if total <= _DENSE:
        values = np.linalg.eigvals(np.stack([apply(unit) for unit in np.eye(total)], axis=1))
    else:
        operator = LinearOperator((total, total), matvec=apply, dtype=float)
        values = eigs(operator, k=count, v0=begin, which="LM", return_eigenvectors=False, tol=1e-9)
    values = values[np.argsort(-np.abs(values))][:count]
    return values[np.abs(values) > 1e-12]


def _projector(linear: LinearStep, number: int):
    """Return the projector of (δT, δE) onto one row of an irrep and the invariants of C4v."""
    leg = linear.tensor.leg
    irrep = leg.irreps[number]
    mirrors = leg.mirrors
    coefficients = irrep.dimension / len(irrep.matrices) * irrep.matrices[:, 0, 0]

    def project(tensor, bond):
        tensor = sum(tensor.transpose(np.roll(range(4), k)) for k in range(4)) / 4
        mirrored = np.einsum("abcd,a,b,c,d->adcb", tensor, *[mirrors] * 4)
        tensor = 0.5 * (tensor + mirrored)
        bond = 0.5 * (bond + bond.T)
        summed, weights = 0.0, 0.0
        for c, action in zip(coefficients, leg.actions, strict=True):
            moved = tensor
            for _ in range(4):
                # Each turn acts on the last leg and brings it to the front.
                moved = np.tensordot(action, moved, axes=(1, 3))
            summed = summed + c * moved
            weights = weights + c * (action @ bond @ action.T)
        return summed, weights

    return project


def critical_fixed_point(bisection: TensorBisection, power: float = BOND_WEIGHTED):
    """Return the fixed point that the critical flow of a bisection passes closest to.

    Newton's method starts where one step changes Z and the two lowest Δ least of all.
    """
    order = np.argsort(bisection.moves)
    failure = None
    for step in order[:6]:
        try:
            return newton(bisection.flow[step], power)
        except ConvergenceError as error:
            failure = failure or error
    raise failure


def fixed_point(
    model: SpinModel, states: int, low=None, high=None, power: float = BOND_WEIGHTED
) -> TensorFixedPoint:
    """Return the critical fixed point of a model's tensor flow."""
    found = critical_coupling(model, states, low, high, power=power, tolerance=1e-13)
    return critical_fixed_point(found, power)
