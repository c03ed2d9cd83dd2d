"""Anisotropic tensors as an RG map: bonds of rows and of columns are told apart.

A step is two steps of √2, after which the lattice stands as before and its modular parameter τ is
what it was: at a critical point τ does not flow, as scaling dimensions do not. Rings read Δ in
units of Im τ.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from mlrg.display import Value
from mlrg.errors import BudgetError, InputError, NoAnswerError
from mlrg.geometry import BLOCKS_JOINED, Contents
from mlrg.model import SpinModel
from mlrg.rgmap import RGMap, Step
from mlrg.symmetry.representations import Representation
from mlrg.tensor.anisotropic_block import AnisotropicBlock
from mlrg.tensor.bond_weighted import BOND_WEIGHTED
from mlrg.tensor.field import in_field_anisotropic
from mlrg.tensor.lattices import LATTICES, require_lattice
from mlrg.tensor.own_two_legs import OwnTwoLegs
from mlrg.tensor.split import require_power, require_states
from mlrg.tensor.tensor_ring import TensorRing
from mlrg.tensor.two_leg_rings import PAIR_LIMIT, modular_parameter, ring_along_row
from mlrg.tensor.two_leg_step import step_of_two
from mlrg.tensor.two_leg_tensor import TwoLegTensor, leg_text

# τ of a point whose rings are read several times.
_modular_parameter = lru_cache(maxsize=64)(modular_parameter)


# Ratio of couplings up to which Δ and c of Ising spins were seen within three percent.
_STRONGEST = 10


@dataclass(frozen=True, repr=False)
class AnisotropicTensor(Value, RGMap):
    """Single bond-weighted tensors of a lattice without the turn by 90°.

    Attributes
    ----------
    model : SpinModel or OwnTwoLegs
    anisotropy : float
        Couplings of the lattice's columns in units of those of its rows, of a declared model.
    states : int
        Largest number of states of a leg.
    power : float
        k of the bond weights.
    lattice : {"lieb", "square"}
        Of a declared model's spins.

    Raises
    ------
    UnknownNameError
        If there is no such lattice.
    InputError
        If the anisotropy is too strong, the power not finite, spins are continuous, or there are
        no states.
    BudgetError
        If there are too many states for the rings that tell τ.

    Examples
    --------
    >>> import mlrg
    >>> ising = mlrg.SpinModel("Z2:odd", "A1")
    >>> rgmap = mlrg.AnisotropicTensor(ising, anisotropy=2.0, states=8, lattice="square")
    >>> round(mlrg.critical(rgmap, 0.2, 0.5).coupling, 4)
    0.3048
    """

    model: SpinModel | OwnTwoLegs
    anisotropy: float = 1.0
    states: int = 8
    power: float = BOND_WEIGHTED
    lattice: str = "lieb"

    name = "tensor"
    cost_name = "infidelity"
    scale = float(BLOCKS_JOINED)
    settled = 2e-2
    drifts = True
    turns = False

    def __post_init__(self):
        require_states(self.states)
        require_lattice(self.lattice)
        if self.states > PAIR_LIMIT:
            raise BudgetError(
                f"anisotropic tensors of {self.states} states were asked for: rings that tell the "
                f"modular parameter are written down for legs of up to {PAIR_LIMIT}"
            )
        if isinstance(self.model, SpinModel) and self.model.is_continuous:
            raise InputError(
                f"{self.model!r} has continuous spins, and anisotropic tensors list the values of "
                "a spin: declare a discrete group, such as Z24:1 for O2:1"
            )
        require_power(self.power)
        if not 1.0 / _STRONGEST <= abs(self.anisotropy) <= _STRONGEST:
            raise InputError(
                f"an anisotropy of {self.anisotropy:g} was given: it is the ratio of the couplings "
                f"of columns to those of rows, from 1/{_STRONGEST} to {_STRONGEST} either way; "
                "blocks more elongated than that are not followed with few states"
            )

    @classmethod
    def from_array(
        cls,
        tensor: np.ndarray | Callable[..., np.ndarray],
        internal: "Representation | str | tuple[Representation | str, Representation | str]",
        states: int = 8,
        power: float = BOND_WEIGHTED,
        couplings: int = 1,
    ) -> "AnisotropicTensor":
        """Return the map of a block tensor of one's own, of which nothing but G is asked.

        Parameters
        ----------
        tensor : array or callable
            T_abcd with legs right, up, left, down, shape ``(m, n, m, n)``; or a function of
            couplings that returns one.
        internal : Representation or str, or two of them
            What G makes of a leg of the row and, if it is another, of the column.
        states, power
            As above.
        couplings : int
            Number of couplings that a function takes.

        Raises
        ------
        InputError
            If a representation does not fit. A tensor that breaks the symmetry is refused when it
            is used.
        """
        own = OwnTwoLegs.of(tensor, internal, couplings)
        return cls(own, 1.0, states, power)

    def in_field(self, direction: Sequence[float] | None = None) -> "AnisotropicTensor":
        """Return the map of the model in a field, as `mlrg.Tensor.in_field`.

        Raises
        ------
        InputError
            If the direction does not fit, or the tensor is one's own.
        """
        own = in_field_anisotropic(self.model, self.anisotropy, self.lattice, direction)
        return AnisotropicTensor(own, 1.0, self.states, self.power)

    @property
    def _is_own(self) -> bool:
        return isinstance(self.model, OwnTwoLegs)

    @property
    def options(self) -> dict[str, object]:
        """States, power, anisotropy, and the lattice where it is not the teacher's."""
        other = {} if self.lattice == "lieb" else {"start": self.lattice}
        ratio = {} if self._is_own else {"anisotropy": self.anisotropy}
        return {"states": self.states, "power": self.power, **ratio, **other}

    @property
    def contents(self) -> Contents | None:
        """What a block owns; None where it is not known."""
        return self.model.contents if self._is_own else LATTICES[self.lattice].contents

    @property
    def brackets(self) -> tuple[float, ...]:
        """Raise: Newton's method has no differential of the step."""
        raise _no_fixed_points()

    @property
    def smaller(self) -> "AnisotropicTensor | None":
        """The same map with two thirds of the states."""
        few = 2 * self.states // 3
        return replace(self, states=few) if few > 1 else None

    @cached_property
    def boltzmann(self) -> AnisotropicBlock | OwnTwoLegs:
        """From bare couplings to the tensor of a block."""
        if isinstance(self.model, OwnTwoLegs):
            return self.model
        return AnisotropicBlock.of(self.model, self.anisotropy, self.lattice)

    def start(self, couplings) -> TwoLegTensor:
        """Return the block tensor of bare couplings ``(coupling,)``."""
        return self.boltzmann(couplings)

    @staticmethod
    def _tensor(point) -> TwoLegTensor:
        if not isinstance(point, TwoLegTensor):
            raise InputError(
                f"a point of an anisotropic tensor is a tensor of two kinds of legs, not {point!r}:"
                " give rgmap.start(couplings), or a point of a flow"
            )
        return point

    def left_out(self, point) -> float:
        """Return ln of the factor that was taken out of a start's tensor, in nats."""
        return point.log_scale

    def step(self, point, near: Sequence = ()) -> Step:
        """Return the tensor of a lattice twice as coarse; its cost is the worst infidelity."""
        found, infidelity = step_of_two(self._tensor(point), self.states, self.power)
        return Step(found, lambda: found.log_scale, lambda: infidelity)

    def ring(self, point, columns: int) -> TensorRing:
        """Return the transfer matrix of a ring of one or two blocks along the row."""
        return ring_along_row(self._tensor(point), columns)

    def columns(self, point) -> int:
        """Return the columns of the ring that Δ and c are read from."""
        return 2

    def aspect(self, point) -> float:
        """Return Im τ of the blocks, by which Δ and c of a ring are divided; 1 within a phase."""
        found = _modular_parameter(self._tensor(point))
        return float(found.imag) if np.isfinite(found) else 1.0

    def modular_parameter(self, point) -> complex:
        """Return τ, the period of the columns over that of the rows; NaN within a phase.

        Of a declared model it is that of the vertices, i for an isotropic lattice; of an array
        that of its own legs.
        """
        found = _modular_parameter(self._tensor(point))
        # Blocks stand on the diagonals of the vertices' lattice.
        return found if self._is_own else (1.0 + found) / (1.0 - found)

    def linearised(self, point):
        """Raise: there is no differential of the step."""
        raise _no_fixed_points()

    def improve(self, point, largest_step: float = 0.5):
        """Raise: there is no differential of the step."""
        raise _no_fixed_points()

    def report(self, point) -> dict[str, object]:
        """Return what the legs carry, and τ as two numbers, None within a phase."""
        along, up = map(leg_text, self._tensor(point).legs)
        found = self.modular_parameter(point)
        parts = [found.real, found.imag] if np.isfinite(found) else None
        return {"leg": f"{along}; {up}", "modular_parameter": parts}


def _no_fixed_points() -> NoAnswerError:
    return NoAnswerError(
        "fixed points of anisotropic tensors are not searched for: critical reads its flow where "
        "it first slows down"
    )
