"""The blocks of a model: one for finite spins, one a rule of points for continuous ones."""

from dataclasses import dataclass, replace

from mlrg.model import SpinModel
from mlrg.rbm.block import Block, block_of
from mlrg.rbm.quadrature import Quadratures
from mlrg.rbm.student import Student, optimal_student


@dataclass(frozen=True, eq=False)
class OneBlock:
    """The block of finite spins, whose sums are exact at any couplings."""

    largest: Block

    def at(self, teacher, student=None) -> Block:
        """Return the block."""
        return self.largest

    def coarse(self, teacher) -> Block:
        """Return the block."""
        return self.largest

    def truncation(self, teacher, student=None) -> float:
        """Return zero."""
        return 0.0


def blocks_of(model: SpinModel, hidden: SpinModel | None = None) -> OneBlock | Quadratures:
    """Return the blocks whose teacher is `model` and whose student has `hidden` in its centre.

    Raises
    ------
    InputError
        If the symmetry allows no coupling at all.
    SpinSpaceError
        If continuous spins take values on no circle and no sphere.
    """
    hidden = hidden or model
    if model.is_continuous:
        return Quadratures(model, hidden)
    return OneBlock(block_of(model, hidden))


def best_student(blocks: OneBlock | Quadratures, teacher, start=None) -> Student:
    """Return the KL-optimal student, on a block that is good enough for it, too.

    Of continuous spins starts are taken to their minima on few points, and the best of them goes on
    with as many as the couplings need. Parameters as of `optimal_student`.
    """
    used = blocks.coarse(teacher)
    found = optimal_student(used, teacher, start)
    block = blocks.at(teacher, found.couplings)
    while block is not used:
        further = optimal_student(block, teacher, found.couplings)
        found = replace(further, starts=found.starts, agreeing=found.agreeing)
        used, block = block, blocks.at(teacher, found.couplings)
    return found
