"""An anisotropic block tensor of one's own: a row's leg and a column's, and what G makes of them.

T_abcd has legs right, up, left, down; a bond sums over equal states of two legs. It has to keep G,
and nothing of the point group.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mlrg.errors import InputError
from mlrg.geometry import Contents
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.representations import Representation
from mlrg.tensor.legs import Leg, leg_of
from mlrg.tensor.own_tensor import (
    Called,
    generator_matrices,
    matrices_of_elements,
    on_legs,
    orthogonal,
    require_invariance,
)
from mlrg.tensor.two_leg_tensor import TwoLegTensor


@dataclass(frozen=True, eq=False)
class OwnTwoLegs(Called):
    """A block tensor as a function of couplings, in the place of a declared model.

    Attributes
    ----------
    function : callable
        From couplings, one argument each, to T, shape ``(m, n, m, n)``.
    dimension : int
        Number of couplings; 0 for a tensor that depends on none.
    internals : tuple of Representation
        What G makes of a leg of the row and of the column.
    contents : Contents or None
        What a block owns; None where it is not known.
    """

    # Legs have a list of states, whatever made them.
    is_continuous: ClassVar[bool] = False
    internals: tuple[Representation, Representation]
    contents: Contents | None = None

    @classmethod
    def of(cls, tensor, internal, couplings: int, contents: Contents | None = None) -> "OwnTwoLegs":
        """Return what `mlrg.AnisotropicTensor.from_array` was given, checked.

        Raises
        ------
        InputError
            If a representation is not orthogonal, or the two are of different groups.
        """
        given = internal if isinstance(internal, tuple | list) else (internal, internal)
        if len(given) != 2:
            raise InputError(
                f"{len(given)} representations were given: give that of a leg of the row and that "
                "of a leg of the column"
            )
        along, up = map(orthogonal, given)
        if along.group.generators != up.group.generators:
            raise InputError(
                f"legs of two groups were given, {along.group.name} and {up.group.name}: give two "
                "representations of one group"
            )
        return cls(*Called.parts(tensor, couplings), (along, up), contents)

    @property
    def internal(self) -> Representation:
        """What G makes of a leg of the row."""
        return self.internals[0]

    @cached_property
    def _legs_and_states(self) -> list[tuple[Leg, np.ndarray]]:
        # Both legs speak of the irreps of one group.
        irreps = irreps_of(self.internal.group)
        found = []
        for internal in self.internals:
            still = np.eye(internal.dimension)
            found.append(leg_of(irreps, matrices_of_elements(internal), still, still))
        return found

    def __call__(self, couplings) -> TwoLegTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``.

        Raises
        ------
        InputError
            If it has another shape, entries that are not finite, or breaks the symmetry.
        """
        sizes = [internal.dimension for internal in self.internals]
        found, scale = self.entries(couplings, (*sizes, *sizes))
        matrices = [generator_matrices(internal) for internal in self.internals]
        group = self.internal.group
        require_invariance(
            found,
            {
                f"generator {name} of {group.name}": on_legs(found, (row, column) * 2)
                for name, row, column in zip(group.names, *matrices, strict=True)
            },
        )
        legs, states = zip(*self._legs_and_states, strict=True)
        turned = on_legs(found, tuple(columns.T for columns in states) * 2)
        weights = tuple(np.ones(len(leg.multiplets)) for leg in legs)
        return TwoLegTensor(legs, weights, turned, scale).invariant.normalised
