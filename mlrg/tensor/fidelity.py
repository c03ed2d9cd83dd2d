"""The fidelity of a ring of eight halves with the ring of four tensors that they replace.

With U_iabj = T_iabj, inner legs i, j on the ring and outer legs a, b,

    U ≈ Σ_z σ_z S^z_ia S^z_jb,     F = ⟨T|S⟩² / (⟨T|T⟩⟨S|S⟩),     ⟨T|S⟩ = Tr X⁴,

X_(ii'),(jj') = E_i E_i' Σ_ab U_iabj U'_i'abj'. F is maximised over S with its exact gradient,
within the sectors of G; the signature σ stays.
"""

import numpy as np
from scipy.optimize import minimize

from mlrg.geometry import CORNERS
from mlrg.tensor.pairs import Sector
from mlrg.tensor.points import RectangularTensor
from mlrg.tensor.split import Eigenvector, eigenvectors

# Fall of 1 − F at which a search stops.
_SEARCH_STOP = 1e-12
# Eigenvalues of the matched halves below this share of the largest are zero.
ZERO = 1e-12


class RingFidelity:
    """The fidelity of a ring of halves as a function of their components."""

    def __init__(
        self,
        tensor: RectangularTensor,
        sectors: tuple[Sector, ...],
        found: list[Eigenvector],
    ):
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

    def matched(self, steps: int) -> tuple[list[Eigenvector], float]:
        """Return (λ, sector, columns) of the best halves found, |λ| falling, and 1 − F."""
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
            block = sum((part * signs) @ part.T for part in turned) * ratio ** (1 / CORNERS)
            values = eigenvectors(sector, block, irreps[sector.irrep].commutant)
            values.sort(key=lambda entry: -abs(entry[0]))
            found += [(value, sector, line) for value, line in values[: len(signs)]]
        found.sort(key=lambda entry: -abs(entry[0]))
        kept = [entry for entry in found if abs(entry[0]) > ZERO * abs(found[0][0])]
        return kept, max(0.0, float(best.fun))

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
        slope = CORNERS * (cube.T * self._ends).reshape(n, n, n, n).transpose(0, 2, 1, 3)
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
