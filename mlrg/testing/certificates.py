"""That a basis is what it says: its own proof, and a check with the matrices that were declared."""

import numpy as np

from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.invariants import InvariantBasis
from mlrg.testing.comparison import Comparison
from mlrg.testing.moves import as_floats, moved_states


def assert_certified(basis, tolerance: float = 1e-9) -> None:
    """Assert that a basis proves itself, and that it is invariant under the declared generators.

    The proof is exact: rank, number of forms by the character formula, zero residual. Forms and
    pair orbits are held besides, in floats, against the matrices that the user declared.

    Parameters
    ----------
    basis : InvariantBasis, CouplingSpace, PairCouplings or BlockTensorSpace
        Anything with a length and a `certificate`, or bilinear couplings, which have two bases.
    tolerance : float
        Of the comparison in floats, relative to the largest entry.
    """
    if isinstance(basis, CouplingSpace):
        assert_certified(basis.point_basis, tolerance)
        assert_certified(basis.internal_basis, tolerance)
        return
    proof = basis.certificate
    assert proof["residual_zero"], "a basis form is not invariant"
    assert proof["rank"] == proof["dimension"] == len(basis), f"the basis is not complete: {proof}"
    if (
        isinstance(basis, InvariantBasis)
        and len(basis)
        and basis.left.is_real
        and basis.right.is_real
    ):
        _forms(basis, Comparison(tolerance))
    if isinstance(basis, PairCouplings):
        _pair_orbits(basis)


def _forms(basis: InvariantBasis, compare: Comparison) -> None:
    forms = basis.arrays
    for place, images in enumerate(zip(basis.left.images, basis.right.images, strict=True)):
        left, right = map(as_floats, images)
        moved = _acted(left, forms, right)
        # Terms may cancel: errors are measured by the sums of their sizes.
        scale = _acted(*map(np.abs, (left, forms, right))).max()
        compare.add(f"a basis form under generator {place}", moved, forms, scale)


def _acted(left: np.ndarray, forms: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("ia,dij,jb->dab", left, forms, right)


def _pair_orbits(basis: PairCouplings) -> None:
    """Pairs of one orbit stay in it under every generator of G, found by the vectors of states."""
    source, target = basis.source, basis.target
    images = zip(source.internal.images, target.internal.images, strict=True)
    for place, (left, right) in enumerate(images):
        on_source, on_target = (
            moved_states(spins.values, np.kron(np.eye(spins.point.dimension), as_floats(image)))
            for spins, image in ((source, left), (target, right))
        )
        same = basis.orbit[np.ix_(on_source, on_target)] == basis.orbit
        assert same.all(), f"generator {place} takes a pair out of its orbit"
