"""Scaling dimensions with the symmetry that each operator carries.

The transfer matrix of a ring of n blocks commutes with the internal group G, with the shift of the
ring and with its reflection. It is therefore solved sector by sector:

* irrep of G: a primitive idempotent of the group algebra keeps one row of the irrep, so that every
  multiplet appears once, with its dimension beside it. Couplings are invariant under G; an
  operator that breaks G (Ising σ) has the irrep of its order parameter.
* momentum k of the shift, in units of 2π/n; k and −k are one level. It is the conformal spin mod n.
* parity ±1 of the reflection, where k = −k.

    Δ = −(n / 2π) ln|λ / λ_0|   on a ring of n blocks of a square torus (Eq. 26).
"""

from dataclasses import dataclass
from functools import lru_cache, singledispatch

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

from mlrg.errors import BudgetError, ConvergenceError
from mlrg.flow.blocks import rg_block
from mlrg.flow.transfer import RowTransfer
from mlrg.model import SpinModel
from mlrg.symmetry.characters import character_table
from mlrg.symmetry.groups import FiniteGroup, compose, inverse

# Largest group whose algebra is taken apart: its regular representation is a dense matrix.
GROUP_LIMIT = 1024
# Rows up to which every eigenvalue of a sector is computed; beyond, only those asked for.
_DIRECT = 256
# Eigenvalues below this share of the largest are rounding.
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Level:
    """One scaling dimension.

    Attributes
    ----------
    dimension : float
        Δ, 0 for the identity.
    irrep : str
        Name of the irrep of the internal group.
    momentum : int
        Momentum of the row in units of 2π/n, from 0 to n/2.
    parity : int
        ±1 under the reflection of the ring; 0 where momentum leaves none.
    multiplicity : int
        Number of states of this dimension that symmetry makes: the multiplet's real dimension,
        times two for the momenta ±k.
    """

    dimension: float
    irrep: str
    momentum: int
    parity: int
    multiplicity: int

    def __str__(self):
        sign = {1: " even", -1: " odd", 0: ""}[self.parity]
        return (
            f"Δ = {self.dimension:.5f}  {self.irrep}, momentum {self.momentum}{sign}, "
            f"× {self.multiplicity}"
        )


@singledispatch
def spectrum(model: SpinModel, couplings, columns: int = 1, count: int = 8) -> list[Level]:
    """Return the lowest levels of a ring of blocks, Δ_0 = 0 first.

    Parameters
    ----------
    model : SpinModel
    couplings : array
        Shape ``(coupling,)``; Δ means a scaling dimension at a critical fixed point only.
    columns : int
        Number of blocks n in the ring. More of them see momenta and, at couplings that are critical
        on the lattice, come closer to the continuum.
    count : int
        Number of levels.

    Raises
    ------
    BudgetError
        If the ring or the group is too large.
    ConvergenceError
        If the iterative eigenvalue solver does not converge.
    """
    operator = RowTransfer(rg_block(model), couplings, columns)
    matrix = operator.dense()[0] if operator.shape[0] <= _DIRECT else None
    found = []
    for sector in _sectors(model, columns):
        values = (
            _iterative(operator, sector, count)
            if matrix is None
            else _direct(matrix, sector, operator.shape[0])
        )
        found += [(abs(value), sector) for value in values]
    found.sort(key=lambda pair: -pair[0])
    largest = found[0][0]
    scale = columns / (2 * np.pi)
    return [
        Level(
            float(-scale * np.log(size / largest)) + 0.0,
            sector.irrep,
            sector.momentum,
            sector.parity,
            sector.multiplicity,
        )
        for size, sector in found[:count]
        if size > _SMALLEST * largest
    ]


@dataclass(frozen=True)
class _Sector:
    """A projector onto one row of an irrep at one momentum and parity.

    `terms` are the elements of G as (coefficient, permutation of the states of a spin).
    """

    irrep: str
    momentum: int
    parity: int
    multiplicity: int
    terms: tuple
    mirror: tuple[int, ...]
    shape: tuple[int, ...]

    def project(self, vector: np.ndarray) -> np.ndarray:
        """Return the part of a vector ``(row,)`` that lies in the sector."""
        row = np.reshape(vector, self.shape)
        row = sum(c * _relabelled(row, back) for c, back in self.terms)
        columns = len(self.shape)
        phase = np.exp(-2j * np.pi * self.momentum * np.arange(columns) / columns)
        phase = phase.real if 2 * self.momentum % columns == 0 else phase
        axes = np.arange(columns)
        row = sum(p * np.transpose(row, np.roll(axes, k)) for k, p in enumerate(phase)) / columns
        if self.parity:
            reflected = _relabelled(np.transpose(row, axes[::-1]), self.mirror)
            row = (row + self.parity * reflected) / 2
        return row.reshape(-1)


def _relabelled(row: np.ndarray, back: tuple[int, ...]) -> np.ndarray:
    """Return the row whose spins all had their states permuted; `back` is the inverse."""
    return row[np.ix_(*[back] * row.ndim)]


def _sectors(model: SpinModel, columns: int) -> list[_Sector]:
    spins = model.spins
    shape = (len(spins),) * columns
    mirror = inverse(compose(spins.rotation, spins.mirror))
    found = []
    for name, multiplicity, coefficients in _irreps(model.internal.group):
        terms = tuple(
            (c, inverse(action))
            for c, action in zip(coefficients, _actions(model), strict=True)
            if abs(c) > 1e-14
        )
        for momentum in range(columns // 2 + 1):
            alone = 2 * momentum % columns == 0
            for parity in (1, -1) if alone else (0,):
                states = multiplicity * (1 if alone else 2)
                found.append(_Sector(name, momentum, parity, states, terms, mirror, shape))
    return found


def _actions(model: SpinModel) -> list[tuple[int, ...]]:
    """Permutation of the spin states of every group element, in the order of the group's list."""
    actions = [tuple(range(len(model.spins)))]
    for parent, generator in model.internal.group.parents[1:]:
        actions.append(compose(actions[parent], model.spins.internal_actions[generator]))
    return actions


@lru_cache(maxsize=64)
def _irreps(group: FiniteGroup) -> list[tuple[str, int, np.ndarray]]:
    """Return (name, real dimension, idempotent) of the irreps; of conjugate ones the first."""
    if group.order > GROUP_LIMIT:
        raise BudgetError(
            f"sectors of a group of {group.order} elements are not computed (limit {GROUP_LIMIT}): "
            "read scaling dimensions without them"
        )
    table = character_table(group)
    found, used = [], set()
    for label, irrep in zip(table.labels, table.irreps, strict=True):
        if irrep.multiplicities in used:
            continue
        used.add(irrep.conjugate)
        characters = np.array([complex(value) for value in irrep.values])
        if irrep.kind == "real":
            characters = characters.real
        states = irrep.dimension * (2 if irrep.kind == "complex" else 1)
        found.append((label, states, _idempotent(group, characters)))
    return found


def _idempotent(group: FiniteGroup, characters: np.ndarray) -> np.ndarray:
    """Return coefficients c_g of a primitive idempotent Σ c_g g, real for real characters.

    Σ (χ(1)/|G|) χ(g)* g keeps the whole isotypic part. A random Hermitian element of the algebra
    acts on it as a matrix on the rows of the irrep; the projector onto its highest eigenvector,
    read in the regular representation, is the idempotent.
    """
    order = group.order
    products = np.array(
        [[group.position[compose(g, h)] for h in group.elements] for g in group.elements]
    )
    backwards = np.array([group.position[inverse(g)] for g in group.elements])
    degree = round(characters[0].real)
    isotypic = characters[group.class_of].conj() * degree / order
    rng = np.random.default_rng(0)
    element = rng.normal(size=order)
    if np.iscomplexobj(characters):
        element = element + 1j * rng.normal(size=order)
    element = element + element[backwards].conj()

    def regular(coefficients):
        matrix = np.zeros((order, order), dtype=coefficients.dtype)
        matrix[products, np.arange(order)] = coefficients[:, None]
        return matrix

    projector = regular(isotypic)
    shift = 1.0 + np.abs(element).sum()
    values, vectors = np.linalg.eigh(projector @ regular(element) @ projector + shift * projector)
    highest = vectors[:, np.argsort(values)[-degree:]]
    return highest @ highest[0].conj()


def _direct(matrix: np.ndarray, sector: _Sector, size: int) -> np.ndarray:
    projector = np.stack([sector.project(unit) for unit in np.eye(size)], axis=1)
    values, vectors = np.linalg.eigh(projector)
    basis = vectors[:, values > 0.5]
    return np.linalg.eigvals(basis.conj().T @ matrix @ basis) if basis.size else np.empty(0)


def _iterative(operator: RowTransfer, sector: _Sector, count: int) -> np.ndarray:
    """Return the eigenvalues of a sector that is too large, or whose basis is found by chance.

    As many random vectors as the solver keeps are projected; if they are dependent they span the
    whole sector.
    """
    rng = np.random.default_rng(0)
    kept = min(2 * count + 20, operator.shape[0])
    samples = [sector.project(rng.normal(size=operator.shape[0])) for _ in range(kept)]
    basis, sizes, _ = np.linalg.svd(np.stack(samples, axis=1), full_matrices=False)
    rank = int((sizes > 1e-8 * max(1.0, sizes[0])).sum())

    def apply(vector):
        moved = operator.matvec(vector.real)
        if np.iscomplexobj(samples[0]):
            moved = moved + 1j * operator.matvec(vector.imag)
        # Rounding would grow the parts outside the sector.
        return sector.project(moved)

    if rank < kept:
        whole = basis[:, :rank]
        moved = [apply(vector) for vector in whole.T]
        return np.linalg.eigvals(whole.conj().T @ np.stack(moved, axis=1)) if moved else []
    inside = LinearOperator(operator.shape, matvec=apply, dtype=samples[0].dtype)
    try:
        return eigs(inside, k=count, ncv=kept, v0=samples[0], which="LM", return_eigenvectors=False)
    except ArpackNoConvergence as error:
        raise ConvergenceError(
            f"the spectrum of a ring of {sector.shape[0]}-state spins did not converge in the "
            f"sector {sector.irrep}: ask for fewer levels"
        ) from error
