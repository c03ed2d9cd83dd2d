"""A model whose couplings are block tensors, trained by the moderator like any other.

What training and analysis ask of a block of RBMs is answered here for a space of tensors: the loss
is −ln F of the exact tensor map (`TensorSpace.divergence`) in the place of the KL divergence, its
optimum zero.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from time import perf_counter

import numpy as np

from mlrg.errors import BudgetError, InputError
from mlrg.flow import spectra as star_spectra
from mlrg.flow.blocks import rg_block, trained_box
from mlrg.flow.config import TrainingConfig
from mlrg.flow.diagnostics import divergence_bits, exact_answers
from mlrg.flow.ensemble import RUN_FILE, declare, declared_spins
from mlrg.flow.losses import Loss, exact_loss
from mlrg.flow.sectors import Level
from mlrg.flow.sectors import spectrum as levels_of_ring
from mlrg.model import SpinModel
from mlrg.rbm.cost import require_affordable
from mlrg.storage import read_json
from mlrg.symmetry.point_group import PointRepresentation
from mlrg.symmetry.representations import Representation
from mlrg.tensor import spectra
from mlrg.tensor.space import TensorSpace

# Points of the axis whose exact flows a box is drawn around.
_AXIS_POINTS = 65


@dataclass(frozen=True)
class TensorModel:
    """A spin model whose RG flow is that of block tensors.

    Attributes
    ----------
    spins : SpinModel
        Declares the symmetry and the teacher on the axis.
    states : int
        States of a leg.
    """

    spins: SpinModel
    states: int

    @property
    def internal(self) -> Representation:
        """The internal representation of a spin."""
        return self.spins.internal

    @property
    def point(self) -> PointRepresentation:
        """The point representation of a spin."""
        return self.spins.point

    @property
    def gauge(self) -> "SignGauge":
        """The signs of the leg's states, as they act on the couplings."""
        return SignGauge(rg_block(self).gauge_signs)


@dataclass(frozen=True)
class SignGauge:
    """A gauge group that changes signs of couplings: ``(copy, coupling)``, the identity first."""

    signs: np.ndarray

    @cached_property
    def elements(self) -> list[np.ndarray]:
        """The transformations as matrices on J."""
        return [np.diag(row) for row in self.signs]

    def is_signed_permutation(self) -> bool:
        """Return True."""
        return True


@dataclass(frozen=True)
class TensorAnswer:
    """R(J) of one set of couplings, in the form that students are compared in.

    Attributes
    ----------
    couplings : numpy.ndarray
        Shape ``(coupling,)``.
    kl_bits : float
        0: the exact map's own tensor is the optimum.
    jacobian : numpy.ndarray
        ∂R/∂J, shape ``(coupling, coupling)``.
    """

    couplings: np.ndarray
    kl_bits: float
    jacobian: np.ndarray


@dataclass(frozen=True)
class TensorCost:
    """Measured cost of the exact tensor map: seconds for one set of couplings."""

    couplings: int
    seconds: float

    def __str__(self):
        return f"{self.couplings} couplings, {1e3 * self.seconds:.3g} ms a set of them"


@lru_cache(maxsize=16)
def _space(model: TensorModel) -> TensorSpace:
    return TensorSpace.of(model.spins, model.states)


@rg_block.register
def _(model: TensorModel) -> TensorSpace:
    return _space(model)


@require_affordable.register
def _(block: TensorSpace, evaluations: int, hours: float) -> TensorCost:
    batch = np.tile(block.on_axis(0.5), (32, 1))
    begin = perf_counter()
    block.rg_map(batch)
    cost = TensorCost(block.dimension, (perf_counter() - begin) / len(batch))
    if evaluations * cost.seconds > 3600 * hours:
        raise BudgetError(
            f"{evaluations} tensor maps would take about {evaluations * cost.seconds / 3600:.3g} "
            f"hours on one core ({cost}), more than the budget of {hours:g}: keep fewer states, or "
            "raise --training.budget_hours"
        )
    return cost


@trained_box.register
@lru_cache(maxsize=16)
def _(block: TensorSpace, config: TrainingConfig) -> tuple[list[float], list[float]]:
    """Return the box of exact flows from the axis, each side wider by `spread` times its length."""
    low, high = block.reach(np.linspace(config.low, config.high, _AXIS_POINTS), config.walk_steps)
    margin = config.spread * (high - low)
    return (low - margin).tolist(), (high + margin).tolist()


@exact_loss.register
def _(block: TensorSpace, teacher, student) -> Loss:
    return Loss(*block.divergence(block.rg_map(teacher), student))


@exact_answers.register
def _(block: TensorSpace, teachers) -> list[TensorAnswer]:
    teachers = np.atleast_2d(teachers)
    return [
        TensorAnswer(couplings, 0.0, block.jacobian(teacher))
        for couplings, teacher in zip(block.rg_map(teachers), teachers, strict=True)
    ]


@divergence_bits.register
def _(block: TensorSpace, teachers, students) -> np.ndarray:
    return block.divergence(block.rg_map(teachers), students)[0] / np.log(2.0)


@star_spectra.degeneracy.register
def _(block: TensorSpace, couplings) -> float:
    return spectra.degeneracy(block.tensor(couplings))


@star_spectra.scaling_dimensions.register
def _(block: TensorSpace, couplings, count: int = 8, columns: int = 1) -> np.ndarray:
    return spectra.scaling_dimensions(block.tensor(couplings), columns, count)


@levels_of_ring.register
def _(model: TensorModel, couplings, columns: int = 1, count: int = 8) -> list[Level]:
    return spectra.spectrum(rg_block(model).tensor(couplings), columns, count)


@declare.register
def _(model: TensorModel, internal_name: str | None) -> dict:
    return {**declare(model.spins, internal_name), "tensor_states": model.states}


def saved_model(directory: str | Path) -> TensorModel | None:
    """Return the tensor model that a run's directory declares; None if it declares another kind.

    Raises
    ------
    StorageError
        If the directory holds no run.
    """
    declared = read_json(Path(directory) / RUN_FILE).get("model", {})
    if "tensor_states" not in declared:
        return None
    if declared["internal"] is None or declared["states"] is not None:
        raise InputError(
            f"the run in {str(directory)!r} declares its own representation or states: load it in "
            "Python with load_run(directory, model)"
        )
    return TensorModel(declared_spins(declared), declared["tensor_states"])
