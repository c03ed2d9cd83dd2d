"""The tensor student as an RG map: a model, a number of states, and how tensors are split.

A point is a block tensor. What a leg carries is chosen by the flow, multiplets in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mlrg.errors import InputError
from mlrg.model import SpinModel
from mlrg.rgmap import Improvement, RGMap, Sector, Step
from mlrg.tensor.boltzmann import BoltzmannTensor
from mlrg.tensor.bond_weighted import BOND_WEIGHTED, BondWeighted
from mlrg.tensor.matched_ring import Ring
from mlrg.tensor.points import BlockTensor, RectangularTensor
from mlrg.tensor.tensor_ring import TensorRing

# Legs up to which products of their matrices are faster on one thread of BLAS.
_SMALL = 24


@dataclass(frozen=True)
class Tensor(RGMap):
    """The tensor student of a model.

    Attributes
    ----------
    model : SpinModel
    states : int
        Largest number of states of a leg.
    split : BondWeighted or Ring
        Single tensors, bond-weighted unless given, or tensors matched around rings.

    Raises
    ------
    InputError
        If there are not as many states as the singlet and the smallest other multiplet have.
    """

    model: SpinModel
    states: int = 8
    split: BondWeighted | Ring = BondWeighted()  # noqa: RUF009 - a value

    cost_name = "infidelity"
    settled = 2e-2
    drifts = True

    def __post_init__(self):
        if self.states < 1:
            raise InputError(
                f"a leg of {self.states} states was asked for: keep at least one state"
            )

    @property
    def name(self) -> str:
        """Of the family: that of the split."""
        return self.split.name

    @property
    def options(self) -> dict[str, object]:
        """States, and what declares the split."""
        return {"states": self.states, **self.split.options}

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
        return self.states <= _SMALL

    @property
    def coarser(self) -> "Tensor | None":
        """The same map with fewer states, where many cost much more."""
        few = self.split.scout
        return None if few is None or self.states <= few else replace(self, states=few)

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
    def boltzmann(self) -> BoltzmannTensor:
        """From bare couplings to the teacher's tensor.

        Raises
        ------
        BudgetError
            If a spin has too many states for its tensor to be written down.
        """
        found = BoltzmannTensor.of(self.model)
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
        """Return the teacher's Boltzmann tensor of bare couplings ``(coupling,)``."""
        return self.split.start(self.boltzmann(couplings))

    def left_out(self, point) -> float:
        """Return ln of the factor that was taken out of a start's tensor, in nats."""
        return point.log_scale

    def step(self, point, near: Sequence = ()) -> Step:
        """Return the tensor of the coarse lattice; its cost is the infidelity of the split."""
        found, infidelity = self.split.step(point, self.states, near)
        return Step(found, lambda: found.log_scale, lambda: infidelity)

    def ring(self, point, columns: int) -> TensorRing:
        """Return the transfer matrix of a ring of block tensors."""
        return self.split.ring(point, columns)

    def columns(self, point) -> int:
        """Return the columns of the ring that Δ and c are read from."""
        return self.split.columns(point)

    def linearised(self, point) -> dict[str, Sector]:
        """Return the linearised step at a tensor whose leg keeps its multiplets, by irrep."""
        return self.split.linearised(point)

    def improve(self, point, largest_step: float = 0.5) -> Improvement:
        """Make one step of Newton's method, the gauge fixed; its length is not bounded."""
        return self.split.improve(point)

    def report(self, point) -> dict[str, object]:
        """Return what the leg carries."""
        return {"leg": str(point.leg)}


def single(model: SpinModel, states: int = 8, power: float = BOND_WEIGHTED) -> Tensor:
    """Return single bond-weighted tensors: the family ``tensor``."""
    return Tensor(model, states, BondWeighted(power))


def matched(model: SpinModel, states: int = 4, power: float = 0.0, nuclear: float = 0.0) -> Tensor:
    """Return tensors matched around rings: the family ``ring``."""
    return Tensor(model, states, Ring(power, nuclear))
