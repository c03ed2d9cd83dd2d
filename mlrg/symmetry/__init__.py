"""Exact symmetry layer: groups, representations, invariants, spin spaces, coupling spaces."""

from mlrg.symmetry.couplings import CouplingSpace, PairCouplings, coupling_space
from mlrg.symmetry.groups import FiniteGroup, cyclic
from mlrg.symmetry.invariants import InvariantBasis, invariant_dimension, invariant_forms
from mlrg.symmetry.point_group import C4v, PointGroup, PointRepresentation
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.spins import SpinSpace

__all__ = [
    "C4v",
    "CouplingSpace",
    "FiniteGroup",
    "InvariantBasis",
    "PairCouplings",
    "PointGroup",
    "PointRepresentation",
    "Representation",
    "SpinSpace",
    "coupling_space",
    "cyclic",
    "invariant_dimension",
    "invariant_forms",
]
