"""The matched step near halves that match their own tensor, to first order.

With T(S) joined from halves S (`mlrg.tensor.matched_ring`) and F the fidelity of a ring
(`mlrg.tensor.fidelity`), let

    g(S) = −∂ ln F(T(S), S') / ∂S'  at  S' = S.

F does not change with the length of S', with a rotation of its new index or with one of its inner
leg (rotations that keep the bond metric σ), so that n(n − 1) + 1 directions carry nothing. Where
g(S) = 0, one RG step turns δS into

    L δS = H⁺ (∂² ln F / ∂S'∂T) (∂T/∂S) δS,     H = −∂² ln F / ∂S'².

A change of basis has the eigenvalue 0 of L: it turns the outer legs of the next halves only, which
are joined to each other.
"""

import numpy as np
import torch
from torch.func import grad, jacrev

from mlrg.errors import NoAnswerError
from mlrg.symmetry.orthogonal_irreps import image
from mlrg.tensor.legs import Leg

# Least eigenvalues of H and least singular value of ∂g/∂S in units of the largest: below it F has
# flat directions of its own and the halves are not unique.
FLAT = 1e-9


class HalvesFunctions:
    """T(S) and −ln F(T, S') as differentiable functions of S ``(state, inner, outer)``."""

    def __init__(self, leg: Leg):
        self.size = leg.dimension
        self.signs = torch.tensor(leg.spread(leg.inversions))
        self.ends = torch.kron(self.signs, self.signs)[:, None]

    @property
    def rank(self) -> int:
        """Directions of S that F depends on."""
        n = self.size
        return n**3 - n * (n - 1) - 1

    def joined(self, halves: torch.Tensor) -> torch.Tensor:
        """Return T'_zuvw of any length."""
        bond = self.signs
        two = torch.einsum("zab,b,ucb->zuac", halves, bond, halves)
        return torch.einsum("zuac,a,c,vwca->zuvw", two, bond, bond, two)

    def rings(self, tensor: torch.Tensor, halves: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return ⟨T|T⟩, ⟨T|S⟩ and ⟨S|S⟩ of the ring."""
        ours = tensor.permute(0, 3, 1, 2)
        theirs = torch.einsum("z,zia,zjb->ijab", self.signs, halves, halves)
        return self._ring(ours, ours), self._ring(ours, theirs), self._ring(theirs, theirs)

    def _ring(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        n = self.size
        transfer = torch.einsum("ijab,klab->ikjl", first, second).reshape(n * n, n * n) * self.ends
        square = transfer @ transfer
        return (square * square.T).sum()

    def gap(self, tensor: torch.Tensor, halves: torch.Tensor) -> torch.Tensor:
        """Return −ln F."""
        whole, overlap, norm = self.rings(tensor, halves)
        return torch.log(whole) + torch.log(norm) - 2 * torch.log(overlap.abs())

    def slope(self, halves: torch.Tensor) -> torch.Tensor:
        """Return g(S)."""
        return grad(self.gap, argnums=1)(self.joined(halves), halves)

    def mismatch(self, halves: torch.Tensor, fixed: torch.Tensor) -> torch.Tensor:
        """Return −∂ ln F(T(S), S') / ∂S' at another S'."""
        return grad(self.gap, argnums=1)(self.joined(halves), fixed)


def sector_row(leg: Leg, number: int) -> np.ndarray:
    """Return orthonormal perturbations of S that are one row of an irrep, as columns."""
    actions = np.array([np.kron(np.kron(action, action), action) for action in leg.actions])
    return image(leg.irreps[number].partners(actions)[0])


def curvature(leg: Leg, functions: HalvesFunctions, halves: torch.Tensor) -> np.ndarray:
    """Return H⁺ at halves that G leaves invariant.

    Raises
    ------
    NoAnswerError
        If others that G leaves invariant match better or, to second order, as well.
    """
    tensor = functions.joined(halves)
    size = halves.numel()
    matrix = (
        jacrev(grad(functions.gap, argnums=1), argnums=1)(tensor, halves)
        .reshape(size, size)
        .numpy()
    )
    basis = sector_row(leg, 0)
    invariant = np.linalg.eigvalsh(basis.T @ matrix @ basis)
    if invariant[0] < -FLAT * invariant[-1]:
        raise NoAnswerError("the halves are a saddle of the fidelity, not its maximum")
    values, vectors = np.linalg.eigh(matrix)
    kept = np.argsort(np.abs(values))[size - functions.rank :]
    if np.abs(values[kept[0]]) < FLAT * values[-1]:
        raise NoAnswerError("many halves match the ring equally well: the step is not unique")
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def linear_step(leg: Leg, functions: HalvesFunctions, halves: torch.Tensor) -> np.ndarray:
    """Return L on all perturbations of S, shape ``(n³, n³)``; raises as `curvature`."""
    size = halves.numel()
    mixed = jacrev(functions.mismatch)(halves, halves).reshape(size, size).numpy()
    return -curvature(leg, functions, halves) @ mixed
