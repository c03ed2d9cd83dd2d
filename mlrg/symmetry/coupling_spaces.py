"""The coupling space of a family between two spin spaces, whatever values spins take."""

from mlrg.names import FAMILIES
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings, known_name
from mlrg.symmetry.harmonic_couplings import HarmonicCouplings
from mlrg.symmetry.representations import require_one_group
from mlrg.symmetry.spins import SpinSpace


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
    if known_name(family, FAMILIES, "family") == "bilinear":
        return CouplingSpace(source, target, frame)
    require_one_group(source.internal, target.internal)
    if isinstance(source, SpinSpace) and isinstance(target, SpinSpace):
        return PairCouplings(source, target, frame)
    assert isinstance(source, ContinuousSpins) and isinstance(target, ContinuousSpins)
    return HarmonicCouplings(source, target, frame)
