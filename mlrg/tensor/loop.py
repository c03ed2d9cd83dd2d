"""The optimised student: four block tensors around a plaquette matched by eight halves.

Splitting a tensor on its own keeps correlations that live inside one plaquette, which no later step
removes. Here the halves are chosen so that the ring of eight of them comes closest to the ring of
four tensors that they replace (Yang, Gu, Wen 2017): with U_iabj = T_iabj, inner legs i, j on the
ring and outer legs a, b,

    U ≈ Σ_z σ_z S^z_ia S^z_jb,     fidelity F = ⟨T|S⟩² / (⟨T|T⟩⟨S|S⟩),     ⟨T|S⟩ = Tr X⁴,

X_(ii'),(jj') = E_i E_i' Σ_ab U_iabj U'_i'abj'. F is maximised over S with its exact gradient,
within the sectors of G, from the eigenvectors of the split; the signature σ stays.

Rings sit on every second plaquette of one colour. S therefore tells inner from outer legs, and the
new tensor, joined around the other colour,

    T'_zuvw = Σ_abcd S^z_ab E_b S^u_cb E_c S^v_cd E_d S^w_ad E_a,

has the symmetry C2v of a rectangle only: the two sublattices carry T' and T' turned by 90°. What is
C4-symmetric is the lattice about the rings.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from mlrg.errors import BudgetError
from mlrg.tensor.block_tensor import BlockTensor, reduced
from mlrg.tensor.irreps import Irreps
from mlrg.tensor.legs import Leg, Multiplet
from mlrg.tensor.pairs import Sector, pair_sectors
from mlrg.tensor.step import eigenvectors, multiplets, states_of

# Steps of the search for the best halves, and the fall of 1 − F at which it stops.
_SEARCH_STEPS, _SEARCH_STOP = 1000, 1e-12
# Eigenvalues of the matched halves below this share of the largest are zero.
_ZERO = 1e-12
# Largest leg whose rings are matched.
LEG_LIMIT = 24


@dataclass(frozen=True, eq=False)
class LoopTensor:
    """A block tensor with the symmetry of a rectangle, and its bond weights.

    Attributes
    ----------
    leg : Leg
        What G makes of a leg; mirror signs are +1.
    weights : numpy.ndarray
        E of every multiplet, shape ``(multiplet,)``.
    dense : numpy.ndarray
        T_abcd = T_cdab = m m m m T_badc, shape ``(n, n, n, n)``.
    mirrors : numpy.ndarray
        m of every state, shape ``(state,)``; 1 after the first step.
    log_scale : float
        ln of the factor by which the tensor has to be multiplied, in nats.
    """

    leg: Leg
    weights: np.ndarray
    dense: np.ndarray
    mirrors: np.ndarray
    log_scale: float = 0.0

    @cached_property
    def bond(self) -> np.ndarray:
        """E of every state of the leg, shape ``(state,)``."""
        return self.leg.spread(self.weights)

    @classmethod
    def of(cls, tensor: BlockTensor) -> "LoopTensor":
        """Return a C4-symmetric block tensor as one that need not stay so."""
        plain = tuple(Multiplet(m.irrep, 1, m.inversion) for m in tensor.leg.multiplets)
        return cls(
            Leg(tensor.leg.irreps, plain),
            tensor.weights,
            tensor.dense,
            tensor.leg.mirrors,
            tensor.log_scale,
        )


def loop_step(
    tensor: BlockTensor | LoopTensor, states: int, power: float = 0.0, steps: int = _SEARCH_STEPS
) -> LoopTensor:
    """Return the tensor of the coarse lattice, its halves matched around rings.

    Parameters
    ----------
    tensor : BlockTensor or LoopTensor
    states : int
        Largest dimension of the new legs; multiplets are kept in full.
    power : float
        k of the bond weights.
    steps : int
        Steps of the search at most; 0 leaves the halves of the split.

    Raises
    ------
    InputError
        If `states` does not hold the first multiplet.
    BudgetError
        If the leg is too large.
    """
    if isinstance(tensor, BlockTensor):
        tensor = LoopTensor.of(tensor)
    n = tensor.leg.dimension
    if max(n, states) > LEG_LIMIT:
        raise BudgetError(
            f"rings of tensors with legs of {max(n, states)} states are not matched (limit "
            f"{LEG_LIMIT}): keep fewer states"
        )
    irreps = tensor.leg.irreps
    signs = tensor.mirrors[:, None] * tensor.mirrors
    matrix = (tensor.dense.transpose(0, 1, 3, 2) * signs).reshape(n * n, n * n)
    sectors = irrep_sectors(irreps, tensor.leg.labels)
    blocks = [reduced(sector, matrix) for sector in sectors]
    found, count = multiplets(irreps, sectors, blocks, states)
    if steps and count < len(found) and abs(found[count][0]) > _ZERO * abs(found[0][0]):
        found = _Ring(tensor, sectors, found[:count]).matched(steps)
    else:
        found = found[:count]
    return _join(tensor, found, power)


def _join(tensor: LoopTensor, found: list[tuple], power: float) -> LoopTensor:
    n, irreps = tensor.leg.dimension, tensor.leg.irreps
    values = np.array([value for value, _, _ in found])
    labels = tuple(Multiplet(s.irrep, 1, 1 if value > 0 else -1) for value, s, _ in found)
    leg = Leg(irreps, labels)
    vectors = states_of(found, n)
    half = leg.spread(np.abs(values) ** (0.5 * (1.0 - power)))[:, None, None] * vectors
    bond = tensor.bond * tensor.mirrors
    # Σ_b S^z_ab E_b S^u_cb as (z, u, a, c); the second pair of halves is the same.
    two = np.tensordot(half * bond, half, axes=(2, 2)).transpose(0, 2, 1, 3)
    m = leg.dimension
    left = (two * bond[:, None] * bond).reshape(m * m, n * n)
    right = two.transpose(0, 1, 3, 2).reshape(m * m, n * n)
    whole = (left @ right.T).reshape((m,) * 4)
    weights = np.sign(values) * np.abs(values) ** power
    norm, first = np.linalg.norm(whole), abs(weights[0])
    scale = 2 * tensor.log_scale + 2 * np.log(first) + np.log(norm)
    return LoopTensor(leg, weights / first, whole / norm, np.ones(m), float(scale))


@lru_cache(maxsize=32)
def irrep_sectors(irreps: Irreps, labels: tuple[tuple[int, int], ...]) -> tuple[Sector, ...]:
    """Return the sectors of the pairs by irrep alone: a half tells its two legs apart."""
    leg = Leg(irreps, tuple(Multiplet(irrep, mirror, 1) for irrep, mirror in labels))
    parts: dict[int, list[Sector]] = {}
    for sector in pair_sectors(leg):
        parts.setdefault(sector.irrep, []).append(sector)
    return tuple(
        Sector(
            irrep,
            0,
            tuple(
                sparse.csr_array(sparse.hstack(rows))
                for rows in zip(*[s.partners for s in both], strict=True)
            ),
            np.concatenate([s.factors for s in both]),
        )
        for irrep, both in parts.items()
    )


class _Ring:
    """The fidelity of a ring of halves as a function of their components."""

    def __init__(self, tensor: LoopTensor, sectors: tuple[Sector, ...], found: list[tuple]):
        self.tensor = tensor
        self.groups = []
        for sector in sectors:
            mine = [(value, columns) for value, s, columns in found if s is sector]
            if mine:
                values = np.array([value for value, _ in mine])
                columns = np.stack([column for _, column in mine], axis=1)
                self.groups.append((sector, np.sign(values), columns * np.sqrt(np.abs(values))))
        n, bond = tensor.leg.dimension, tensor.bond
        self._ends = np.kron(bond, bond)[:, None]
        self._signs = tensor.mirrors[:, None] * tensor.mirrors
        # U as a matrix from inner pairs to outer pairs, (ij), (ab).
        self._unit = tensor.dense.transpose(0, 3, 1, 2).reshape(n * n, n * n)
        self._norm = self._trace(self._unit, self._unit)[0]

    def matched(self, steps: int) -> list[tuple]:
        """Return (λ, sector, columns) of the best halves found, |λ| falling."""
        start = np.concatenate([columns.reshape(-1) for _, _, columns in self.groups])
        options = {
            "maxiter": steps,
            "maxfun": 4 * steps,
            "maxcor": 30,
            "ftol": _SEARCH_STOP,
            "gtol": 1e-11,
        }
        best = minimize(self._loss, start, jac=True, method="L-BFGS-B", options=options)
        unit = self._student(best.x)
        # The length of S drops out of F; the ring's overlap fixes it.
        ratio = self._trace(self._unit, unit)[0] / self._trace(unit, unit)[0]
        found, irreps = [], self.tensor.leg.irreps
        for (sector, signs, _), columns in zip(self.groups, self._unpack(best.x), strict=True):
            # A commutant larger than the reals: the row space holds every multiplet k times.
            turned = [overlap @ columns for overlap in sector.overlaps]
            block = sum((part * signs) @ part.T for part in turned) * ratio**0.25
            values = eigenvectors(sector, block, irreps[sector.irrep].commutant)
            values.sort(key=lambda entry: -abs(entry[0]))
            found += [(value, sector, line) for value, line in values[: len(signs)]]
        found.sort(key=lambda entry: -abs(entry[0]))
        return [entry for entry in found if abs(entry[0]) > _ZERO * abs(found[0][0])]

    def _unpack(self, parameters: np.ndarray) -> list[np.ndarray]:
        parts, start = [], 0
        for _, _, columns in self.groups:
            stop = start + columns.size
            parts.append(parameters[start:stop].reshape(columns.shape))
            start = stop
        return parts

    def _student(self, parameters: np.ndarray) -> np.ndarray:
        """Return Σ σ S S of eight halves as a matrix from inner to outer pairs."""
        n = self.tensor.leg.dimension
        matrix = np.zeros((n * n, n * n))
        for (sector, signs, _), columns in zip(self.groups, self._unpack(parameters), strict=True):
            for partner in sector.partners:
                states = partner @ columns
                matrix += (states * signs) @ states.T
        whole = matrix.reshape(n, n, n, n) * self._signs
        # (i a), (j b) → (i j), (a b)
        return whole.transpose(0, 2, 1, 3).reshape(n * n, n * n)

    def _trace(self, first: np.ndarray, second: np.ndarray) -> tuple[float, np.ndarray]:
        """Return Tr X⁴ and the derivative by the second unit, were the first fixed."""
        n = self.tensor.leg.dimension
        joined = (first @ second.T).reshape(n, n, n, n).transpose(0, 2, 1, 3)
        transfer = joined.reshape(n * n, n * n) * self._ends
        square = transfer @ transfer
        cube = square @ transfer
        slope = 4 * (cube.T * self._ends).reshape(n, n, n, n).transpose(0, 2, 1, 3)
        return float(np.sum(square * square.T)), slope.reshape(n * n, n * n).T @ first

    def _loss(self, parameters: np.ndarray) -> tuple[float, np.ndarray]:
        n = self.tensor.leg.dimension
        unit = self._student(parameters)
        overlap, pull = self._trace(self._unit, unit)
        norm, push = self._trace(unit, unit)
        fidelity = overlap**2 / (self._norm * norm)
        slope = fidelity * (2 * pull / overlap - 2 * push / norm)
        whole = slope.reshape(n, n, n, n).transpose(0, 2, 1, 3) * self._signs
        matrix = whole.reshape(n * n, n * n)
        matrix = matrix + matrix.T
        parts = []
        for (sector, signs, _), columns in zip(self.groups, self._unpack(parameters), strict=True):
            part = sum(partner.T @ (matrix @ (partner @ columns)) for partner in sector.partners)
            parts.append((part * signs).reshape(-1))
        return 1.0 - fidelity, -np.concatenate(parts)
