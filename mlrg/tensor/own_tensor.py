"""A block tensor of one's own as the start of a flow, with what G makes of its legs.

T_abcd is given in the natural frame of the lattice, legs right, up, left, down; a bond sums over
equal states of two legs. It has to keep G, the turn of the lattice and a mirror,

    T_abcd = T_bcda = Σ M_aa' M_bb' M_cc' M_dd' T_a'd'c'b'.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mlrg.errors import InputError
from mlrg.geometry import CORNERS, TURN, Contents
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.irreps_of import irreps_of
from mlrg.symmetry.representations import Representation
from mlrg.tensor.legs import Leg, leg_of
from mlrg.tensor.points import BlockTensor, block_tensor

# Largest entry, as a share of the largest of the tensor, that the symmetry may miss.
_ROUNDING = 1e-9
# What a mirror does to the legs: up and down change places.
_MIRRORED = (0, 3, 2, 1)


@dataclass(frozen=True, eq=False)
class OwnTensor:
    """A block tensor as a function of couplings, in the place of a declared model.

    Attributes
    ----------
    function : callable
        From couplings, one argument each, to T, shape ``(n, n, n, n)``.
    internal : Representation
        What G makes of a leg.
    mirror : numpy.ndarray
        M, shape ``(n, n)``.
    dimension : int
        Number of couplings; 0 for a tensor that depends on none.
    contents : Contents or None
        What a block owns; None where it is not known.
    """

    # Legs have a list of states, whatever made them.
    is_continuous: ClassVar[bool] = False

    function: Callable[..., np.ndarray]
    internal: Representation
    mirror: np.ndarray
    dimension: int
    contents: Contents | None = None

    @classmethod
    def of(
        cls, tensor, internal, mirror, couplings: int, contents: Contents | None = None
    ) -> "OwnTensor":
        """Return what `mlrg.Tensor.from_array` was given, checked.

        Raises
        ------
        InputError
            If the representation is not orthogonal, or the mirror does not fit it.
        """
        if isinstance(internal, str):
            internal = parse_internal(internal)
        if not (internal.is_real and internal.is_orthogonal):
            raise InputError(
                f"{internal!r} is not orthogonal: give what G makes of a leg in an orthonormal "
                "basis of real states (mlrg.symmetry.orthogonal_form finds one)"
            )
        if not callable(tensor):
            fixed, couplings = tensor, 0
            tensor = lambda: fixed  # noqa: E731 - a constant
        elif couplings < 1:
            raise InputError(f"a function of {couplings} couplings was given: give one or more")
        size = internal.dimension
        mirror = np.eye(size) if mirror is None else _real(mirror)
        found = cls(tensor, internal, mirror, couplings, contents)
        if found.mirror.shape != (size, size):
            raise InputError(
                f"a mirror of shape {found.mirror.shape} was given: it acts on the {size} states "
                "of a leg"
            )
        matrices = [np.eye(size), *found.generators]
        moved = [found.mirror @ matrix - matrix @ found.mirror.T for matrix in matrices]
        square = found.mirror @ found.mirror - np.eye(size)
        if max(np.abs(off).max() for off in (square, *moved)) > _ROUNDING:
            raise InputError(
                "the mirror is no symmetric matrix that squares to one and commutes with G: give "
                "what reflecting the lattice makes of a leg's states"
            )
        return found

    @cached_property
    def generators(self) -> list[np.ndarray]:
        """Matrices of the generators of G, shape ``(n, n)`` each."""
        return [np.real(matrix.floats) for matrix in self.internal.matrices]

    @property
    def couplings(self) -> "OwnTensor":
        """Itself: it knows its number of couplings and their axis."""
        return self

    @property
    def axis(self) -> np.ndarray:
        """Direction of the first coupling, shape ``(coupling,)``.

        Raises
        ------
        InputError
            If there are no couplings.
        """
        if self.dimension == 0:
            raise InputError(
                "a block tensor without couplings has no axis: give a function of one, such as "
                "lambda J: …"
            )
        return np.eye(self.dimension)[0]

    @cached_property
    def _leg_and_states(self) -> tuple[Leg, np.ndarray]:
        group, size = self.internal.group, self.internal.dimension
        actions = [np.eye(size)]
        for parent, generator in group.parents[1:]:
            actions.append(actions[parent] @ self.generators[generator])
        return leg_of(irreps_of(group), np.stack(actions), np.eye(size), self.mirror)

    @property
    def leg(self) -> Leg:
        """What the leg carries, by irrep."""
        return self._leg_and_states[0]

    def _tensor(self, couplings) -> tuple[np.ndarray, float]:
        """Return T with a largest entry of one, and the logarithm of what was taken out."""
        values = np.atleast_1d(np.asarray(couplings, dtype=float))
        if values.shape != (self.dimension,):
            raise InputError(
                f"{values.size} couplings were given for a block tensor of {self.dimension}"
            )
        found, size = _real(self.function(*values.tolist())), self.internal.dimension
        if found.shape != (size,) * CORNERS:
            raise InputError(
                f"a block tensor of shape {found.shape} was given: its legs carry {size} states, "
                f"so that it has shape {(size,) * CORNERS}"
            )
        largest = np.abs(found).max()
        if not 0 < largest < np.inf:
            raise InputError(
                f"a block tensor whose largest entry is {largest} was given: give finite numbers, "
                "not all zero"
            )
        found = found / largest
        self._require_symmetry(found)
        return found, float(np.log(largest))

    def _require_symmetry(self, tensor: np.ndarray) -> None:
        turned = tensor.transpose(TURN)
        mirrored = _on_legs(tensor.transpose(_MIRRORED), self.mirror)
        moved = {"the turn of the lattice": turned, "the mirror": mirrored}
        for name, matrix in zip(self.internal.group.names, self.generators, strict=True):
            moved[f"generator {name} of {self.internal.group.name}"] = _on_legs(tensor, matrix)
        for what, image in moved.items():
            off = np.abs(image - tensor).max()
            if off > _ROUNDING:
                raise InputError(
                    f"{what} changes this block tensor by {off:.2g} of its largest entry: give an "
                    "invariant one, or declare less symmetry"
                )

    def matrices(self, couplings) -> tuple[np.ndarray, np.ndarray]:
        """Return M_(ab),(cd) = T_abcd in the states of the leg, as `BoltzmannTensor.matrices`."""
        leg, states = self._leg_and_states
        found, scales = zip(*map(self._tensor, np.atleast_2d(couplings)), strict=True)
        size = leg.dimension**2
        rows = [_on_legs(tensor, states.T).reshape(size, size) for tensor in found]
        return np.stack(rows), np.array(scales)

    def __call__(self, couplings) -> BlockTensor:
        """Return the block tensor of one set of couplings ``(coupling,)``.

        Raises
        ------
        InputError
            If it has another shape, entries that are not finite, or breaks the symmetry.
        """
        matrices, scales = self.matrices(couplings)
        return block_tensor(self.leg, self.leg.inversions, matrices[0], float(scales[0]))


def _real(values) -> np.ndarray:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"what was given is no array of real numbers: {error}") from error


def _on_legs(tensor: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Return Σ m_aa' m_bb' m_cc' m_dd' T_a'b'c'd'."""
    for _ in range(CORNERS):
        # Contracting the first leg puts it last: after four the order is the old one.
        tensor = np.tensordot(tensor, matrix, axes=(0, 1))
    return tensor
