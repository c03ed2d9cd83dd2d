"""The tensor student as an RG map: a model, a number of states, and how tensors are split.

A point is a block tensor. What a leg carries is chosen by the flow, multiplets in full.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mlrg.display import Value
from mlrg.errors import InputError
from mlrg.geometry import Contents
from mlrg.model import SpinModel
from mlrg.rgmap import Improvement, RGMap, Sector, Step
from mlrg.symmetry.representations import Representation
from mlrg.tensor.anisotropic import AnisotropicTensor
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.bond_weighted import BOND_WEIGHTED, BondWeighted
from mlrg.tensor.field import in_field
from mlrg.tensor.group_valued import GroupTensor
from mlrg.tensor.harmonics import HarmonicTensor
from mlrg.tensor.lattices import LATTICES, require_lattice
from mlrg.tensor.matched_ring import Ring
from mlrg.tensor.own_tensor import OwnTensor
from mlrg.tensor.points import BlockTensor, RectangularTensor
from mlrg.tensor.ring_states import RingStates
from mlrg.tensor.split import require_states
from mlrg.tensor.tensor_ring import TensorRing

# States for each element of a small G up to which products are faster on one thread of BLAS
# (`benchmarks/tensor_map.py`): the larger G, the smaller the blocks. Its order costs nothing.
_SMALL, _ELEMENTS = 20, 4


@dataclass(frozen=True, repr=False)
class Tensor(Value, RGMap):
    """The tensor student of a model.

    Attributes
    ----------
    model : SpinModel or OwnTensor
    states : int
        Largest number of states of a leg.
    split : BondWeighted or Ring
        Single tensors, bond-weighted unless given, or tensors matched around rings.
    lattice : {"lieb", "square"}
        Of the model's spins (`mlrg.tensor.lattices`).

    Raises
    ------
    UnknownNameError
        If there is no such lattice.
    InputError
        If there are not as many states as the singlet and the smallest other multiplet have.

    Examples
    --------
    >>> import mlrg
    >>> tensor = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), states=4)
    >>> tensor.step(tensor.start([0.7])).point
    <block tensor, leg 2 (0, A1) + (odd, A1) + (odd, E across)>
    """

    model: SpinModel | OwnTensor
    states: int = 8
    split: BondWeighted | Ring = BondWeighted()  # noqa: RUF009 - a value
    lattice: str = "lieb"

    cost_name = "infidelity"
    settled = 2e-2
    drifts = True

    def __post_init__(self):
        require_states(self.states)
        require_lattice(self.lattice)

    @classmethod
    def from_array(
        cls,
        tensor: np.ndarray | Callable[..., np.ndarray],
        internal: Representation | str,
        states: int = 8,
        split: BondWeighted | Ring = BondWeighted(),  # noqa: B008 - a value
        mirror: np.ndarray | None = None,
        couplings: int = 1,
    ) -> "Tensor":
        """Return the tensor student of a block tensor of one's own.

        Parameters
        ----------
        tensor : array or callable
            T_abcd with legs right, up, left, down, shape ``(n, n, n, n)``, bonds summing over
            equal states; or a function of couplings that returns one, ``lambda J: …``.
        internal : Representation or str
            What G makes of a leg, orthogonal and of dimension n.
        states, split
            As above.
        mirror : array, optional
            What the mirror of the lattice that turns up into down makes of a leg's states,
            ``(n, n)``; nothing unless given.
        couplings : int
            Number of couplings that a function takes.

        Raises
        ------
        InputError
            If the representation does not fit. A tensor that breaks the symmetry is refused when
            it is used.
        """
        return cls(OwnTensor.of(tensor, internal, mirror, couplings), states, split)

    def in_field(self, direction: Sequence[float] | None = None) -> "Tensor":
        """Return the student of the model in a field, its couplings (J_0, J_1, …, h).

        Every spin weighs exp(h n·s) more; no symmetry is declared of it.

        Parameters
        ----------
        direction : sequence of float, optional
            n, one number a component; by default along the first value s_0 of the spin, with
            n·s_0 = 1.

        Raises
        ------
        InputError
            If the direction does not fit, spins do not carry A1, or the tensor is one's own.
        """
        own = in_field(self.model, self.lattice, direction)
        return Tensor(own, self.states, self.split)

    @property
    def name(self) -> str:
        """Of the family: that of the split."""
        return self.split.name

    @property
    def options(self) -> dict[str, object]:
        """States, what declares the split, and the lattice where it is not the teacher's."""
        other = {} if self.lattice == "lieb" else {"start": self.lattice}
        return {"states": self.states, **self.split.options, **other}

    @property
    def contents(self) -> Contents | None:
        """What a block owns; None where it is not known."""
        own = isinstance(self.model, OwnTensor)
        return self.model.contents if own else LATTICES[self.lattice].contents

    @property
    def smallest_ring(self) -> int:
        """Columns of the smallest ring."""
        return self.split.smallest_ring

    @property
    def brackets(self) -> tuple[float, ...]:
        """Widths of brackets for Newton's method; raises where it does not serve."""
        return self.split.brackets(self.states)

    @property
    def small(self) -> bool:
        """Whether BLAS is better kept on one thread."""
        if self.model.is_continuous:
            return True
        return self.states <= _SMALL * min(self.model.internal.group.order, _ELEMENTS)

    @property
    def coarser(self) -> "Tensor | None":
        """The same map with fewer states, where many cost much more."""
        few = self.split.scout
        return None if few is None or self.states <= few else replace(self, states=few)

    @property
    def smaller(self) -> "Tensor | None":
        """The same map with two thirds of the states."""
        few = 2 * self.states // 3
        return replace(self, states=few) if few > 1 else None

    @cached_property
    def couplings(self):
        """The couplings of tensors whose legs are those of the critical flow, as a map.

        Raises
        ------
        InputError
            If bond weights are no signs, or a multiplet of the leg has several states.
        NoAnswerError
            If the model has no transition.
        """
        from mlrg.tensor.space import TensorSpace

        return TensorSpace.of(self)

    @cached_property
    def boltzmann(self) -> BoltzmannTensor | GroupTensor | HarmonicTensor | OwnTensor:
        """From bare couplings to the tensor of a block.

        Raises
        ------
        BudgetError
            If a spin has too many states for its tensor to be written down.
        """
        own = isinstance(self.model, OwnTensor)
        found = self.model if own else start_of(self.model, self.lattice)
        labels = zip(found.leg.sizes, found.leg.multiplets, strict=True)
        others = [size for size, multiplet in labels if multiplet.irrep != 0]
        if others and self.states < 1 + min(others):
            raise InputError(
                f"legs of {self.states} states hold no multiplet beside the singlet, and no order "
                f"either: the smallest other has {min(others)}; keep {1 + min(others)} states or "
                "more"
            )
        return found

    def start(self, couplings) -> BlockTensor | RectangularTensor:
        """Return the block tensor of bare couplings ``(coupling,)``."""
        return self.split.start(self.boltzmann(couplings))

    @staticmethod
    def _tensor(point) -> BlockTensor | RectangularTensor:
        if not hasattr(point, "leg"):
            raise InputError(
                f"a point of a tensor student is a block tensor, not {point!r}: give "
                "rgmap.start(couplings), or a point of a flow"
            )
        return point

    def left_out(self, point) -> float:
        """Return ln of the factor that was taken out of a start's tensor, in nats."""
        return point.log_scale

    def step(self, point, near: Sequence = ()) -> Step:
        """Return the tensor of the coarse lattice; its cost is the infidelity of the split."""
        found, infidelity = self.split.step(self._tensor(point), self.states, near)
        return Step(found, lambda: found.log_scale, lambda: infidelity)

    def ring(self, point, columns: int) -> TensorRing:
        """Return the transfer matrix of a ring of block tensors."""
        return self.split.ring(self._tensor(point), columns)

    @property
    def twists(self) -> bool:
        """Whether columns can be closed with an element of G."""
        return hasattr(self.split, "twisted")

    def twisted(self, point, element: Callable[[int], np.ndarray]) -> float:
        """Return the largest ln|λ| of a column that is closed with an element of G."""
        return self.split.twisted(point, element)

    def ring_states(self, point, columns: int) -> RingStates:
        """Return the states of such a ring, for operators on one of its columns."""
        return RingStates(self.split.wide_ring(self._tensor(point), columns))

    def columns(self, point) -> int:
        """Return the columns of the ring that Δ and c are read from."""
        return self.split.columns(self._tensor(point))

    def linearised(self, point) -> dict[str, Sector]:
        """Return the linearised step at a tensor whose leg keeps its multiplets, by irrep."""
        return self.split.linearised(self._tensor(point))

    def improve(self, point, largest_step: float = 0.5) -> Improvement:
        """Make one step of Newton's method, the gauge fixed; its length is not bounded."""
        return self.split.improve(self._tensor(point))

    def report(self, point) -> dict[str, object]:
        """Return what the leg carries."""
        return {"leg": str(point.leg)}


def start_of(model: SpinModel, lattice: str) -> BoltzmannTensor | GroupTensor | HarmonicTensor:
    """Return the block tensor of a declared model as a function of its couplings."""
    if model.is_continuous:
        return HarmonicTensor(model, lattice)
    if GroupTensor.serves(model):
        return GroupTensor(model, lattice)
    return BoltzmannTensor.of(model, lattice)


def single(
    model: SpinModel,
    states: int = 8,
    power: float = BOND_WEIGHTED,
    start: str = "lieb",
    anisotropy: float | None = None,
) -> Tensor | AnisotropicTensor:
    """Return single bond-weighted tensors: the family ``tensor``."""
    if anisotropy is not None:
        return AnisotropicTensor(model, anisotropy, states, power, start)
    return Tensor(model, states, BondWeighted(power), start)


def matched(
    model: SpinModel,
    states: int = 4,
    power: float = 0.0,
    nuclear: float = 0.0,
    start: str = "lieb",
) -> Tensor:
    """Return tensors matched around rings: the family ``ring``."""
    return Tensor(model, states, Ring(power, nuclear), start)
