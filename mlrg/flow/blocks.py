"""From a declared model to the arrays of one RG step, and to the couplings it is trained on."""

from functools import lru_cache, singledispatch

from mlrg.errors import InputError
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain
from mlrg.model import SpinModel
from mlrg.rbm.block import Block, build_block


@singledispatch
def rg_block(model: SpinModel, hidden: SpinModel | None = None) -> Block:
    """Return the block whose teacher is `model` and whose student has `model` on its corners.

    Parameters
    ----------
    model : SpinModel
        What the visible spins carry, on the square graph and on the corners of the cross.
    hidden : SpinModel, optional
        What the student's centre carries; `model` itself by default, as an RG flow needs.

    Raises
    ------
    InputError
        If the symmetry allows no coupling at all.
    """
    return _spin_block(model, hidden or model)


@lru_cache(maxsize=64)
def _spin_block(model: SpinModel, hidden: SpinModel) -> Block:
    for couplings in (model.couplings, model.couplings_to(hidden)):
        if couplings.dimension == 0:
            raise InputError(
                f"the symmetry allows no coupling between a source spin carrying "
                f"{couplings.source.point.name} and a target spin carrying "
                f"{couplings.target.point.name} in the {model.frame} frame: "
                "add an irrep, A1 for instance"
            )
    return build_block(
        model.couplings.features,
        model.couplings_to(hidden).features,
        model.spins.rotation,
        hidden.spins.rotation,
        model.teacher_symmetries,
        model.student_symmetries,
        model.couplings.axis,
    )


@lru_cache(maxsize=64)
def domain_of(model: SpinModel, config: TrainingConfig) -> FundamentalDomain | None:
    """Return the fundamental domain on which `config` trains a model; None for all couplings.

    Raises
    ------
    BudgetError
        If the model's gauge group is too large.
    """
    return FundamentalDomain.of(model.gauge) if config.gauge == "domain" else None


@singledispatch
def trained_box(block: Block, config: TrainingConfig) -> tuple[list[float], list[float]]:
    """Return the lower and upper corner of the prior's box, or of a Gaussian's deviations."""
    return config.box(block.dimension)
