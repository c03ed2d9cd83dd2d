"""Exact symmetry layer: groups, representations, invariants, spin spaces, coupling spaces."""

from mlrg.symmetry.actions import (
    permutation_representation,
    regular_representation,
)
from mlrg.symmetry.binary_groups import (
    binary_icosahedral,
    binary_octahedral,
    binary_tetrahedral,
    dicyclic,
)
from mlrg.symmetry.block_tensor import BlockTensorSpace
from mlrg.symmetry.characters import CharacterTable, character_table
from mlrg.symmetry.compact_groups import CompactGroup, compact_group
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.coupling_spaces import coupling_space
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.extensions import central_extension
from mlrg.symmetry.families import alternating, cyclic, dihedral, quaternion, symmetric
from mlrg.symmetry.gauge import GaugeGroup
from mlrg.symmetry.groups import FiniteGroup
from mlrg.symmetry.harmonic_couplings import HarmonicCouplings
from mlrg.symmetry.invariants import InvariantBasis, invariant_dimension, invariant_forms
from mlrg.symmetry.isotypic import IsotypicDecomposition
from mlrg.symmetry.orthogonal_forms import orthogonal_form
from mlrg.symmetry.point_group import C4v, PointGroup, PointRepresentation
from mlrg.symmetry.real_forms import real_form
from mlrg.symmetry.relabellings import relabellings
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.spins import SpinSpace
from mlrg.symmetry.two_sided import two_sided_representation

__all__ = [
    "BlockTensorSpace",
    "C4v",
    "CharacterTable",
    "CompactGroup",
    "ContinuousSpins",
    "CouplingSpace",
    "FiniteGroup",
    "GaugeGroup",
    "HarmonicCouplings",
    "InvariantBasis",
    "IsotypicDecomposition",
    "PairCouplings",
    "PointGroup",
    "PointRepresentation",
    "Representation",
    "SpinSpace",
    "alternating",
    "binary_icosahedral",
    "binary_octahedral",
    "binary_tetrahedral",
    "central_extension",
    "character_table",
    "compact_group",
    "coupling_space",
    "cyclic",
    "dicyclic",
    "dihedral",
    "invariant_dimension",
    "invariant_forms",
    "orthogonal_form",
    "permutation_representation",
    "quaternion",
    "real_form",
    "regular_representation",
    "relabellings",
    "symmetric",
    "two_sided_representation",
]
