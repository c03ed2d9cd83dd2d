"""The matched step near halves that match their own tensor, to first order.

With T(S) joined from halves S (`mlrg.tensor.matched_ring`) and f the mismatch of a ring with the
price of its nuclear norm (`mlrg.tensor.fidelity`), T(S) in units in which ⟨T|T⟩ = 1, let

    g(S) = ∂f(T(S), S') / ∂S'  at  S' = S.

f does not change where the new index of S' is turned, or its inner leg: by what keeps the bond
metric σ and, if lengths have a price, the length. Two such algebras carry nothing. Where g(S) = 0,
one RG step turns δS into

    L δS = −H⁺ (∂²f / ∂S'∂T) (∂T/∂S) δS,     H = ∂²f / ∂S'².

A change of basis has the eigenvalue 0 of L: it turns the outer legs of the next halves only, which
are joined to each other.

δS is taken in one row of an irrep of G. What leaves that row unchanged is a symmetry of S + δS,
too, whose signs leave blocks of every matrix over pairs (`mlrg.tensor.charges`).
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch.func import grad, vjp, vmap

from mlrg.errors import NoAnswerError
from mlrg.geometry import CORNERS
from mlrg.symmetry.orthogonal_irreps import image
from mlrg.tensor.charges import HalfBlocks, PairBlocks
from mlrg.tensor.legs import Leg

# Least eigenvalues of H and least singular value of ∂g/∂S in units of the largest: below it f has
# flat directions of its own and the halves are not unique.
FLAT = 1e-10
# Directions whose derivatives are taken at once.
_AT_ONCE = 32


class HalvesFunctions:
    """T(S), f(T(S), S') and their derivatives, as functions of components of S in torch.

    Parameters
    ----------
    leg : Leg
    number : int
        Of the irrep in whose first row perturbations are taken; 0, the invariant ones.
    nuclear : float
        ξ, the price of the nuclear norm.
    """

    def __init__(self, leg: Leg, number: int = 0, nuclear: float = 0.0):
        self.leg, self.nuclear = leg, nuclear
        irrep = leg.irreps[number]
        kept = irrep.matrices[leg.irreps.diagonal, 0, 0] > 0.5
        self._pairs = PairBlocks(leg.signs[kept])
        self.halves = HalfBlocks(self._pairs, leg.signs[kept])
        bond = leg.spread(leg.inversions)
        self._signs = torch.from_numpy(bond)
        rows, columns = self._pairs.places
        ends = np.kron(bond, bond)
        self._row_ends, self._column_ends = (torch.from_numpy(ends[p]) for p in (rows, columns))
        self._exchange = torch.from_numpy(self._pairs.exchange)
        self._swap = torch.from_numpy(self._pairs.swap)
        self._coefficients = irrep.row_coefficients

    @cached_property
    def basis(self) -> torch.Tensor:
        """Orthonormal perturbations of the components in the row, as columns."""
        return torch.from_numpy(_row(self.leg, self._coefficients, self.halves.places))

    @property
    def rank(self) -> int:
        """Directions of the basis that f depends on."""
        return self.basis.shape[1] - 2 * self._turns()

    def _turns(self) -> int:
        """Return how many turns of one index, in the row of the irrep, change nothing."""
        inversions = self._signs.numpy()
        parts = [inversions > 0, inversions < 0] if self.nuclear else [inversions != 0]
        found = 0.0
        for part in parts:
            here = self.leg.actions[:, part][:, :, part]
            traces = np.trace(here, axis1=1, axis2=2) ** 2
            found += 0.5 * self._coefficients @ (traces - np.trace(here @ here, axis1=1, axis2=2))
        return round(float(found))

    def _joined(self, matrices: list[torch.Tensor]) -> torch.Tensor:
        """Return M_(pr),(qs) flat from the blocks of M_(pq),(rs)."""
        return torch.cat([matrix.reshape(-1) for matrix in matrices])[self._exchange]

    def tensor(self, components: torch.Tensor) -> torch.Tensor:
        """Return T(S) of any length, T_zuvw as a flat array over (zu), (vw)."""
        n = self._pairs.size
        places = (torch.from_numpy(self.halves.places),)
        flat = torch.zeros(n**3, dtype=components.dtype).index_put(places, components)
        rows = [flat.reshape(n * n, n)[pairs] for pairs in self._pairs.pairs]
        # Σ_b S^z_ab E_b S^u_cb over (zu), (ac), and the same over (vw), (ca).
        two = self._joined([(row * self._signs) @ row.T for row in rows])
        pairs = self._pairs.blocks(two * self._column_ends), self._pairs.blocks(two[self._swap])
        whole = [left @ right.T for left, right in zip(*pairs, strict=True)]
        return torch.cat([part.reshape(-1) for part in whole])

    def dense(self, components: torch.Tensor) -> np.ndarray:
        """Return T_zuvw of any length, shape ``(n, n, n, n)``."""
        whole = self._pairs.dense(self.tensor(components).numpy())
        return whole.reshape((self._pairs.size,) * CORNERS)

    def rings(self, components: torch.Tensor, others: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return ⟨T|T⟩, ⟨T|S'⟩ and ⟨S'|S'⟩ of the rings of T(S) and of S'."""
        ours = self.tensor(components)[self._swap][self._exchange]
        blocks = zip(self.halves.blocks(others), self.halves.states, strict=True)
        theirs = self._joined([(b.T * self._signs[states]) @ b for b, states in blocks])
        return self._ring(ours, ours), self._ring(ours, theirs), self._ring(theirs, theirs)

    def _ring(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        pairs = self._pairs
        blocks = zip(pairs.blocks(first), pairs.blocks(second), strict=True)
        transfer = self._joined([one @ two.T for one, two in blocks]) * self._row_ends
        squares = [block @ block for block in pairs.blocks(transfer)]
        return torch.stack([(square * square.T).sum() for square in squares]).sum()

    def mismatch(self, components: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return f(T(S), S') with the price of the nuclear norm of S'."""
        whole, overlap, norm = self.rings(components, others)
        price = self.nuclear * (others * others).sum()
        return 1.0 - 2.0 * overlap / torch.sqrt(whole) + norm + price

    def pull(self, components: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """Return ∂f(T(S), S') / ∂S'."""
        return grad(self.mismatch, argnums=1)(components, others)

    def slope(self, components: torch.Tensor) -> torch.Tensor:
        """Return g(S)."""
        return self.pull(components, components)

    def derivative(self, function: Callable, components: torch.Tensor) -> np.ndarray:
        """Return the derivative of a function of S by the basis, in its components."""
        _, back = vjp(function, components)
        parts = [vmap(back)(part)[0] for part in self.basis.T.split(_AT_ONCE)]
        return (torch.cat(parts) @ self.basis).numpy()


def _row(leg: Leg, coefficients: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return orthonormal halves in one row of an irrep, of the components at `places`."""
    n = leg.dimension
    three = np.unravel_index(places, (n, n, n))
    if len(leg.irreps.diagonal) == len(leg.actions):
        signs = np.diagonal(leg.actions, axis1=1, axis2=2)
        shares = coefficients @ np.prod([signs[:, place] for place in three], axis=0)
        return np.eye(len(places))[:, shares > 0.5]
    projector = np.zeros((len(places),) * 2)
    for coefficient, action in zip(coefficients, leg.actions, strict=True):
        parts = [action[np.ix_(place, place)] for place in three]
        projector += coefficient * parts[0] * parts[1] * parts[2]
    return image(projector)


def curvature(functions: HalvesFunctions, components: torch.Tensor) -> np.ndarray:
    """Return H⁺ on the row of an irrep, at halves that G leaves invariant.

    Raises
    ------
    NoAnswerError
        If other halves match better or, to second order, as well.
    """
    matrix = functions.derivative(lambda moved: functions.pull(components, moved), components)
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    if values[0] < -FLAT * values[-1]:
        raise NoAnswerError("the halves are a saddle of the fidelity, not its maximum")
    kept = np.argsort(np.abs(values))[len(values) - functions.rank :]
    if len(kept) and np.abs(values[kept[0]]) < FLAT * values[-1]:
        raise NoAnswerError("many halves match the ring equally well: the step is not unique")
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def linear_step(functions: HalvesFunctions, components: torch.Tensor) -> np.ndarray:
    """Return L on the row of an irrep, shape ``(direction, direction)``; raises as `curvature`."""
    mixed = functions.derivative(lambda moved: functions.pull(moved, components), components)
    return -curvature(functions, components) @ mixed
