"""The gauge group of a model: relabellings of spins that change couplings but no physics.

A relabelling is a linear map u on the spin vectors that permutes the spin values and commutes with
G × C4v. Relabelling all sources by u and all targets by v takes ε_J(s, t) to ε_J(u s, v t), the
energy of other couplings J' with the same distributions up to names, so the exact RG map obeys
R(gauge · J) = gauge' · R(J). A gauge-symmetric monotone has no gradient across a fixed subspace of
the gauge group, such as the axis J = (J0, 0, …).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy.polys.matrices import DomainMatrix

from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.spins import SpinSpace


def relabellings(spins: SpinSpace) -> list[tuple[int, ...]]:
    """Return every relabelling of a spin space as a permutation of its states, identity first.

    Spin spaces that do not span their representation are relabelled on their span.
    """
    actions = [spins.rotation, spins.mirror, *spins.internal_actions]
    found: list[tuple[int, ...]] = []
    _extend({}, spins, actions, found)
    return sorted(found)


def _extend(partial: dict[int, int], spins: SpinSpace, actions, found: list) -> None:
    """Fix the image of the first state without one, orbit by orbit, and keep linear maps."""
    size = len(spins)
    start = next((state for state in range(size) if state not in partial), None)
    if start is None:
        found.append(tuple(partial[state] for state in range(size)))
        return
    taken = set(partial.values())
    for image in range(size):
        if image in taken:
            continue
        grown = _propagate(partial, start, image, actions)
        if grown is not None and _is_linear(grown, spins):
            _extend(grown, spins, actions, found)


def _propagate(partial: dict[int, int], start: int, image: int, actions) -> dict[int, int] | None:
    """Carry start → image along the symmetry; None if that is no map or not one to one."""
    grown = dict(partial)
    grown[start] = image
    frontier = [start]
    for state in frontier:
        for action in actions:
            moved, target = action[state], action[grown[state]]
            if moved not in grown:
                grown[moved] = target
                frontier.append(moved)
            elif grown[moved] != target:
                return None
    if len(set(grown.values())) < len(grown):
        return None
    return grown


def _is_linear(partial: dict[int, int], spins: SpinSpace) -> bool:
    """Whether the map of states extends to a linear map of their vectors, exactly.

    Linear relations among the states must hold among the images, both ways, so the joint rank is
    the rank of either side.
    """
    before = [list(spins.vectors[state]) for state in partial]
    after = [list(spins.vectors[image]) for image in partial.values()]
    joint = [a + b for a, b in zip(before, after, strict=True)]
    ranks = {
        DomainMatrix(rows, (len(rows), len(rows[0])), spins.domain).rank()
        for rows in (before, after, joint)
    }
    return len(ranks) == 1


@dataclass(frozen=True)
class GaugeGroup:
    """The gauge transformations of a coupling space.

    Attributes
    ----------
    couplings : CouplingSpace or PairCouplings
    """

    couplings: CouplingSpace | PairCouplings

    @cached_property
    def generators(self) -> list[np.ndarray]:
        """Matrices P with J' = P J, of relabelled sources and of relabelled targets."""
        space = self.couplings
        features = space.features.reshape(space.dimension, -1)
        inverse = np.linalg.pinv(features)
        matrices = []
        for spins, axis in ((space.source, 1), (space.target, 2)):
            for relabelling in relabellings(spins):
                moved = np.take(space.features, relabelling, axis=axis)
                moved = moved.reshape(space.dimension, -1)
                # The relabelled features lie in the span of the features; for signed
                # permutations, as of Ising components, rounding makes the matrix exact.
                matrix = np.round(moved @ inverse, 12) + 0.0
                if not np.allclose(matrix @ features, moved, atol=1e-9):
                    raise ArithmeticError("a relabelling leads out of the coupling space")
                matrices.append(matrix.T.copy())
        return _distinct(matrices)

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """Every gauge transformation as a matrix on J, the identity first."""
        identity = np.eye(self.couplings.dimension)
        found, seen = [identity], {identity.tobytes()}
        for element in found:
            for generator in self.generators:
                product = np.round(generator @ element, 12) + 0.0
                if product.tobytes() not in seen:
                    seen.add(product.tobytes())
                    found.append(product)
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
        copies = [matrix @ np.asarray(couplings, dtype=float) for matrix in self.elements]
        return max(copies, key=lambda copy: tuple(np.round(copy, 9)))

    def fixed_directions(self, couplings) -> np.ndarray:
        """Return an orthonormal basis of the directions that the stabiliser of `couplings` fixes.

        A gauge-symmetric flow that starts at `couplings` never leaves this subspace.
        Shape ``(direction, coupling)``.
        """
        point = np.asarray(couplings, dtype=float)
        stabiliser = [m for m in self.elements if np.allclose(m @ point, point, atol=1e-9)]
        projector = np.mean(stabiliser, axis=0)
        vectors, sizes, _ = np.linalg.svd(projector)
        return vectors[:, sizes > 0.5].T


def _distinct(matrices: list[np.ndarray]) -> list[np.ndarray]:
    kept: dict[bytes, np.ndarray] = {}
    for matrix in matrices:
        kept.setdefault(matrix.tobytes(), matrix)
    return list(kept.values())
