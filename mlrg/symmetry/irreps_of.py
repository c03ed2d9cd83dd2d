"""The orthogonal irreps of a group and their couplings, whatever kind of group it is."""

from functools import lru_cache

from mlrg.symmetry.characters import character_table
from mlrg.symmetry.compact_groups import CompactGroup
from mlrg.symmetry.compact_irreps import CompactIrreps, compact_irreps
from mlrg.symmetry.orthogonal_irreps import Irreps
from mlrg.symmetry.permutation_groups import PermutationGroup
from mlrg.symmetry.two_sided import TwoSidedGroup
from mlrg.symmetry.two_sided_irreps import TwoSidedIrreps


@lru_cache(maxsize=16)
def irreps_of(group: PermutationGroup | CompactGroup) -> Irreps | CompactIrreps:
    """Return the group's irreps, computed once."""
    if isinstance(group, CompactGroup):
        return compact_irreps(group)
    return finite_irreps(group)


@lru_cache(maxsize=16)
def finite_irreps(group: PermutationGroup) -> Irreps:
    """Return those of a finite group, computed once."""
    if isinstance(group, TwoSidedGroup):
        return TwoSidedIrreps(group, finite_irreps(group.base))
    return Irreps(group)


def trivial_irrep(group: PermutationGroup | CompactGroup) -> str:
    """Return the name of the trivial irrep, without building the others."""
    if isinstance(group, CompactGroup):
        return irreps_of(group)[0].name
    return character_table(group).labels[0]
