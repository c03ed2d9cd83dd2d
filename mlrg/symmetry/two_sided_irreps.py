"""Orthogonal irreps of a group acting on itself from both sides, and what two of them couple to.

Everything follows from G alone (`mlrg.symmetry.two_sided`): with D_λ orthogonal, (g, h) is
D_λ(g) ⊗ D_μ(h) on a component, and what two irreps couple to are products of two couplings of G,

    C_(ij),(ab),(cd) = C^left_iac C^right_jbd,

those that t maps to themselves for λ×λ and λ×λ'. S_4 from both sides, of 1152 elements, needs
nothing larger than the three-dimensional irreps of S_4.
"""

from itertools import product

import numpy as np

from mlrg.errors import BudgetError
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.orthogonal_irreps import Irreps, OrthogonalIrrep
from mlrg.symmetry.two_sided import TwoSidedGroup

# Largest group whose irreps' matrices are kept, one an element.
ORDER_LIMIT = 2048


class TwoSidedIrreps(Irreps):
    """All irreps of a `TwoSidedGroup` and their couplings, in the order of its character table.

    Parameters
    ----------
    group : TwoSidedGroup
    base : Irreps
        Of G.

    Raises
    ------
    BudgetError
        If the group has more than `ORDER_LIMIT` elements.
    """

    def __init__(self, group: TwoSidedGroup, base: Irreps):
        if group.order > ORDER_LIMIT:
            raise BudgetError(
                f"the irreps of {group.name} with {group.order} elements are not written down "
                f"(limit {ORDER_LIMIT}): ask for what needs no sectors, or use a smaller group"
            )
        self.group: TwoSidedGroup = group
        self.base = base
        self._couplings: dict[tuple[int, int, int], np.ndarray] = {}
        found = [self._matrices(part) for part in group.parts]
        table = character_table(group)
        traces = np.array([irrep.floats.real for irrep in table.irreps])
        first = [members[0] for members in group.classes]
        places = []
        for matrices in found:
            characters = np.trace(matrices[first], axis1=1, axis2=2)
            places.append(int(np.abs(traces - characters).max(axis=1).argmin()))
        order = np.argsort(places)
        self.parts = [group.parts[k] for k in order]
        self.all = tuple(
            OrthogonalIrrep(name, found[k], 1) for name, k in zip(table.labels, order, strict=True)
        )
        self._exchanges = [self._exchange(part) for part in self.parts]

    @property
    def functions(self) -> list[int]:
        """Numbers of the irreps of functions on G, λ×λ, by the number of λ in G's own list."""
        return [self.parts.index(((k, k), 1)) for k in range(len(self.base))]

    def _components(self, part) -> list[tuple[int, int]]:
        pair, sign = part
        return [pair] if sign else [pair, pair[::-1]]

    def _exchange(self, part) -> np.ndarray:
        """Return the matrix of t, shape ``(d, d)``."""
        (one, two), sign = part
        d, e = self.base[one].dimension, self.base[two].dimension
        places = np.arange(d * e).reshape(d, e)
        turned = places.T.reshape(-1)
        if sign:
            return np.eye(d * e)[turned] * sign
        size = d * e
        found = np.zeros((2 * size, 2 * size))
        found[size + np.arange(size), turned] = 1.0
        return found + found.T

    def _matrices(self, part) -> np.ndarray:
        """Return the matrices of an irrep, shape ``(element, d, d)``."""
        place = self.group.base.position
        split = [self.group.split(element) for element in self.group.elements]
        left = np.array([place[first] for first, _, _ in split])
        right = np.array([place[second] for _, second, _ in split])
        exchanged = np.array([found[2] for found in split])
        components = self._components(part)
        matrices = [irrep.matrices for irrep in self.base.all]
        blocks = [
            np.einsum("gij,gkl->gikjl", matrices[one][left], matrices[two][right])
            for one, two in components
        ]
        size = blocks[0].shape[1] * blocks[0].shape[2]
        count = len(components) * size
        found = np.zeros((len(split), count, count))
        for k, block in enumerate(blocks):
            here = slice(k * size, (k + 1) * size)
            found[:, here, here] = block.reshape(-1, size, size)
        found[exchanged] = found[exchanged] @ self._exchange(part)
        return found

    def _coupled(self, first: int, second: int, product_: int) -> np.ndarray:
        rows = self._of_component(first, second, product_)
        dimensions = [self[k].dimension for k in (first, second)]
        sign = self.parts[product_][1]
        one, two, three = (self._exchanges[k] for k in (first, second, product_))
        # t C: the partners of one component that those of the other belong to.
        exchanged = one @ rows @ two.T
        size = rows.shape[1]
        if sign:
            exchanged = np.einsum("ij,tjab->tiab", three, exchanged)
            rows = _kept(rows, exchanged)
        else:
            others = np.einsum("ij,tjab->tiab", three[size:, :size], exchanged)
            rows = np.concatenate([rows, others], axis=1)
        if first == second:
            turned = rows.transpose(0, 1, 3, 2)
            rows = np.concatenate([_kept(rows, turned), _kept(rows, -turned)])
        return rows.reshape(len(rows), self[product_].dimension, *dimensions)

    def _of_component(self, first: int, second: int, product_: int) -> np.ndarray:
        """Return what G × G couples to the first component of an irrep, ``(t, d, d1, d2)``."""
        one, two = self.parts[product_][0]
        shape = self.base[one].dimension * self.base[two].dimension
        sizes = [self[k].dimension for k in (first, second)]
        found = [np.zeros((0, shape, *sizes))]
        parts = [list(enumerate(self._components(self.parts[k]))) for k in (first, second)]
        for (i, (a, b)), (j, (c, d)) in product(*parts):
            left, right = self.base.coupling(a, c, one), self.base.coupling(b, d, two)
            block = np.einsum("siac,tjbd->stijabcd", left, right)
            height, width = (
                self.base[p].dimension * self.base[q].dimension for p, q in ((a, b), (c, d))
            )
            block = block.reshape(-1, shape, height, width)
            whole = np.zeros((len(block), shape, *sizes))
            whole[:, :, i * height : (i + 1) * height, j * width : (j + 1) * width] = block
            found.append(whole)
        return np.concatenate(found)


def _kept(rows: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Return the couplings ``(t, …)`` that an involution, given by their images, keeps."""
    matrix = np.einsum("sab,tab->st", rows[:, 0], images[:, 0])
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return np.tensordot(vectors[:, values > 0.5].T, rows, axes=1)
