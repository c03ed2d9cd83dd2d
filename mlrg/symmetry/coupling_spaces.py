"""The coupling space of a family between two spin spaces, whatever values spins take."""

from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings, known_name
from mlrg.symmetry.harmonic_couplings import HarmonicCouplings
from mlrg.symmetry.spins import SpinSpace

FAMILIES = ("bilinear", "pair")


def coupling_space(
    source: SpinSpace | ContinuousSpins,
    target: SpinSpace | ContinuousSpins,
    frame: str = "rotating",
    family: str = "bilinear",
) -> CouplingSpace | PairCouplings | HarmonicCouplings:
    """Return the coupling space of the named family between two spin spaces.

    Raises
    ------
    UnknownNameError
        If there is no such family or frame.
    SpinSpaceError
        If pairs are asked for of continuous spins on no circle and no sphere.
    """
    pairs = HarmonicCouplings if isinstance(source, ContinuousSpins) else PairCouplings
    families = dict(zip(FAMILIES, (CouplingSpace, pairs), strict=True))
    return families[known_name(family, FAMILIES, "family")](source, target, frame)
