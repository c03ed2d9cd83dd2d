"""The gauge group of a model: relabellings of spins that change couplings but no physics.

A relabelling is a linear map u on the spin vectors that permutes the spin values and commutes with
G × C4v. Relabelling all sources by u and all targets by v takes ε_J(s, t) to ε_J(u s, v t), the
energy of other couplings J' with the same distributions up to names, so the exact RG map obeys
R(gauge · J) = gauge' · R(J). A gauge-symmetric monotone has no gradient across a fixed subspace of
the gauge group, such as the axis J = (J0, 0, …).
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np

from mlrg.errors import BudgetError
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.harmonic_couplings import HarmonicCouplings
from mlrg.symmetry.relabellings import ORDER_LIMIT, relabelling_chain
from mlrg.symmetry.spins import SpinSpace

# Copies that agree to this many digits are one: rounding must not decide between them.
_DIGITS = 9
# Angles by which functions of one are told apart.
_ANGLES = 64


@dataclass(frozen=True)
class GaugeGroup:
    """The gauge transformations of a coupling space.

    Attributes
    ----------
    couplings : CouplingSpace or PairCouplings
        Or, of `AntipodalGauge`, HarmonicCouplings.
    """

    couplings: CouplingSpace | PairCouplings | HarmonicCouplings

    @cached_property
    def generators(self) -> list[np.ndarray]:
        """Matrices P with J' = P J, of relabelled sources and of relabelled targets."""
        space = self.couplings
        size = len(space.source) * len(space.target)
        features = space.features.reshape(space.dimension, size)
        inverse = np.linalg.pinv(features)
        matrices = []
        for spins, axis in ((space.source, 1), (space.target, 2)):
            assert isinstance(spins, SpinSpace), "pairs of states have been listed above"
            for relabelling in chain.from_iterable(relabelling_chain(spins)):
                moved = np.take(space.features, relabelling, axis=axis)
                moved = moved.reshape(space.dimension, size)
                # The relabelled features lie in the span of the features; for signed
                # permutations, as of Ising components, rounding makes the matrix exact.
                matrix = np.round(moved @ inverse, 12) + 0.0
                if not np.allclose(matrix @ features, moved, atol=1e-9):
                    raise ArithmeticError("a relabelling leads out of the coupling space")
                matrices.append(matrix.T.copy())
        return _distinct(matrices)

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """Every gauge transformation as a matrix on J, the identity first.

        Raises
        ------
        BudgetError
            If there are more than `ORDER_LIMIT`.
        """
        identity = np.eye(self.couplings.dimension)
        found, seen = [identity], {identity.tobytes()}
        for element in found:
            for generator in self.generators:
                # Told apart by fewer digits than products lose: irrational entries, as of clocks,
                # would otherwise never close to a group.
                copy = generator @ element
                key = (np.round(copy, 9) + 0.0).tobytes()
                if key not in seen:
                    if len(found) == ORDER_LIMIT:
                        raise BudgetError(
                            f"the couplings have more than {ORDER_LIMIT} gauge copies to list: "
                            "work with the generators"
                        )
                    seen.add(key)
                    found.append(copy)
        return found

    @property
    def order(self) -> int:
        """Number of gauge copies of a generic set of couplings."""
        return len(self.elements)

    def is_signed_permutation(self) -> bool:
        """Whether every transformation permutes the couplings up to signs."""
        return all(
            (np.abs(m).sum(axis=0) == 1).all() and np.isin(m, (-1, 0, 1)).all()
            for m in self.generators
        )

    def describe(self, matrix: np.ndarray) -> str:
        """Return a transformation as text, such as ``(J0, −J1, −J2, J3, J4)``."""
        terms = []
        for row in matrix:
            parts = [
                ("−" if x < 0 else "") + ("" if abs(x) == 1 else f"{abs(x):g}·") + f"J{d}"
                for d, x in enumerate(row)
                if x != 0
            ]
            terms.append(" + ".join(parts) or "0")
        return f"({', '.join(terms)})"

    def canonical(self, couplings) -> np.ndarray:
        """Return the gauge copy of couplings that is lexicographically largest (to 9 digits)."""
        copies = np.array(self.elements) @ np.asarray(couplings, dtype=float)
        return copies[canonical_copies(copies)]


@dataclass(frozen=True)
class AntipodalGauge(GaugeGroup):
    """The relabelling of spins on a circle or a sphere by their opposites, of sources or targets.

    On a circle of charges that are multiples of a unit it is the turn that changes the sign of the
    smallest. A turn of SO(2) by another angle relabels, too; of its copies these two are known.
    """

    couplings: CouplingSpace | HarmonicCouplings

    @cached_property
    def generators(self) -> list[np.ndarray]:
        """The matrix P with J' = P J; none of axes, whose opposites are themselves."""
        spins = self.couplings.source
        if not isinstance(spins, ContinuousSpins) or (spins.shape == "sphere" and spins.unit == 2):
            return []
        angles = 2 * np.pi / spins.unit * np.arange(_ANGLES) / _ANGLES
        opposite = np.pi - angles if spins.shape == "sphere" else angles + np.pi / spins.unit
        features, moved = (self.couplings.profile(u) for u in (angles, opposite))
        return [(np.round(moved @ np.linalg.pinv(features), 9) + 0.0).T]


@dataclass(frozen=True, eq=False)
class SignGauge:
    """A gauge group that changes signs of couplings: ``(copy, coupling)``, the identity first."""

    signs: np.ndarray

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """The transformations as matrices on J."""
        return [np.diag(row) for row in self.signs]

    def is_signed_permutation(self) -> bool:
        """Return True."""
        return True


def canonical_copies(copies: np.ndarray) -> np.ndarray:
    """Return the numbers of the lexicographically largest copies, to 9 digits.

    Parameters
    ----------
    copies : numpy.ndarray
        Gauge copies of sets of couplings, shape ``(copy, …, coupling)``. Of equal ones the first is
        taken, so that couplings which are the largest copy already stay as they are.

    Returns
    -------
    numpy.ndarray of int
        Shape ``(…)``.
    """
    rounded = np.round(copies, _DIGITS)
    left = np.ones(rounded.shape[:-1], dtype=bool)
    for place in range(rounded.shape[-1]):
        column = np.where(left, rounded[..., place], -np.inf)
        left &= column == column.max(axis=0)
        if (left.sum(axis=0) == 1).all():
            break
    return left.argmax(axis=0)


def _distinct(matrices: list[np.ndarray]) -> list[np.ndarray]:
    kept: dict[bytes, np.ndarray] = {}
    for matrix in matrices:
        kept.setdefault(matrix.tobytes(), matrix)
    return list(kept.values())
