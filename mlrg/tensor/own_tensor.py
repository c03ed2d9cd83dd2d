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
# What takes the others.
_LESS = "mlrg.AnisotropicTensor.from_array asks for none of the point group"


@dataclass(frozen=True, eq=False)
class Called:
    """A function of couplings that gives a tensor, and how many there are.

    Attributes
    ----------
    function : callable
        From couplings, one argument each, to an array.
    dimension : int
        Number of couplings; 0 for a tensor that depends on none.
    """

    function: Callable[..., np.ndarray]
    dimension: int

    @staticmethod
    def parts(tensor, couplings: int) -> tuple[Callable[..., np.ndarray], int]:
        """Return the function and the number of couplings of what was given.

        Raises
        ------
        InputError
            If a function of no couplings was given.
        """
        if not callable(tensor):
            return (lambda: tensor), 0
        if couplings < 1:
            raise InputError(f"a function of {couplings} couplings was given: give one or more")
        return tensor, couplings

    @property
    def couplings(self):
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

    def entries(self, couplings, shape: tuple[int, ...]) -> tuple[np.ndarray, float]:
        """Return T with a largest entry of one, and the logarithm of what was taken out.

        Raises
        ------
        InputError
            If it has another shape, or entries that are not finite or all zero.
        """
        values = np.atleast_1d(np.asarray(couplings, dtype=float))
        if values.shape != (self.dimension,):
            raise InputError(
                f"{values.size} couplings were given for a block tensor of {self.dimension}"
            )
        found = _real(self.function(*values.tolist()))
        if found.shape != shape:
            raise InputError(
                f"a block tensor of shape {found.shape} was given: its legs carry "
                f"{_counted(shape)} states, so that it has shape {shape}"
            )
        largest = np.abs(found).max()
        if not 0 < largest < np.inf:
            raise InputError(
                f"a block tensor whose largest entry is {largest} was given: give finite numbers, "
                "not all zero"
            )
        return found / largest, float(np.log(largest))


def _counted(shape: tuple[int, ...]) -> str:
    return " and ".join(dict.fromkeys(str(size) for size in shape))


@dataclass(frozen=True, eq=False)
class OwnTensor(Called):
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

    internal: Representation
    mirror: np.ndarray
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
        internal = orthogonal(internal)
        size = internal.dimension
        mirror = np.eye(size) if mirror is None else _real(mirror)
        found = cls(*cls.parts(tensor, couplings), internal, mirror, contents)
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
        return generator_matrices(self.internal)

    @cached_property
    def _leg_and_states(self) -> tuple[Leg, np.ndarray]:
        actions, still = matrices_of_elements(self.internal), np.eye(self.internal.dimension)
        return leg_of(irreps_of(self.internal.group), actions, still, self.mirror)

    @property
    def leg(self) -> Leg:
        """What the leg carries, by irrep."""
        return self._leg_and_states[0]

    def _tensor(self, couplings) -> tuple[np.ndarray, float]:
        """Return T with a largest entry of one, and the logarithm of what was taken out."""
        found, scale = self.entries(couplings, (self.internal.dimension,) * CORNERS)
        turned = found.transpose(TURN)
        images = {
            "the turn of the lattice": turned,
            "the mirror": on_legs(found.transpose(_MIRRORED), (self.mirror,) * CORNERS),
        }
        group = self.internal.group
        for name, matrix in zip(group.names, self.generators, strict=True):
            images[f"generator {name} of {group.name}"] = on_legs(found, (matrix,) * CORNERS)
        require_invariance(found, images, "or declare less symmetry; " + _LESS)
        return found, scale

    def matrices(self, couplings) -> tuple[np.ndarray, np.ndarray]:
        """Return M_(ab),(cd) = T_abcd in the states of the leg, as `BoltzmannTensor.matrices`."""
        leg, states = self._leg_and_states
        found, scales = zip(*map(self._tensor, np.atleast_2d(couplings)), strict=True)
        size = leg.dimension**2
        rows = [on_legs(tensor, (states.T,) * CORNERS).reshape(size, size) for tensor in found]
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


def orthogonal(internal: Representation | str) -> Representation:
    """Return what G makes of a leg, from its text if it is one.

    Raises
    ------
    InputError
        If it is not orthogonal.
    """
    if isinstance(internal, str):
        internal = parse_internal(internal)
    if not (internal.is_real and internal.is_orthogonal):
        raise InputError(
            f"{internal!r} is not orthogonal: give what G makes of a leg in an orthonormal "
            "basis of real states (mlrg.symmetry.orthogonal_form finds one)"
        )
    return internal


def generator_matrices(internal: Representation) -> list[np.ndarray]:
    """Return the matrices of the generators of G, shape ``(n, n)`` each."""
    return [np.real(matrix.floats) for matrix in internal.matrices]


def matrices_of_elements(internal: Representation) -> np.ndarray:
    """Return the matrices of all elements of G in the order of its list, ``(element, n, n)``."""
    generators = generator_matrices(internal)
    found = [np.eye(internal.dimension)]
    for parent, generator in internal.group.parents[1:]:
        found.append(found[parent] @ generators[generator])
    return np.stack(found)


def require_invariance(
    tensor: np.ndarray, images: dict[str, np.ndarray], advice: str = "or declare less symmetry"
) -> None:
    """Refuse a tensor of largest entry one that a named symmetry changes.

    Raises
    ------
    InputError
        With the name and by how much.
    """
    for what, image in images.items():
        off = np.abs(image - tensor).max()
        if off > _ROUNDING:
            raise InputError(
                f"{what} changes this block tensor by {off:.2g} of its largest entry: give an "
                f"invariant one, {advice}"
            )


def on_legs(tensor: np.ndarray, matrices: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return Σ m¹_aa' m²_bb' m³_cc' m⁴_dd' T_a'b'c'd'."""
    for matrix in matrices:
        # Contracting the first leg puts it last: after four the order is the old one.
        tensor = np.tensordot(tensor, matrix, axes=(0, 1))
    return tensor
