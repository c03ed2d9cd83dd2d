"""The star student as an RG map: the couplings whose cross graph has the smallest KL divergence.

A point is a set of couplings ``(coupling,)``, bare or not. One step sheds the free energy
s = 2 (ln Z_tch − ln Z_std), because it makes one block of two. Steps after the first continue from
their teacher, so that a flow does not jump between gauge copies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mlrg.display import Value
from mlrg.errors import NoAnswerError
from mlrg.geometry import BLOCKS_JOINED
from mlrg.model import SpinModel
from mlrg.rbm.block import Block, as_couplings
from mlrg.rbm.block_ring import BlockRing
from mlrg.rbm.blocks import OneBlock, best_student, blocks_of
from mlrg.rbm.convolution_ring import ConvolutionRing
from mlrg.rbm.cost import Cost, exact_cost
from mlrg.rbm.exact import kl_and_gradient, log_partition
from mlrg.rbm.quadrature import Quadratures
from mlrg.rgmap import Answer, Improvement, Sector, Step, Trainable, bounded_newton
from mlrg.symmetry.gauge import GaugeGroup
from mlrg.symmetry.irreps_of import trivial_irrep

# Couplings beyond which a flow that is in no phase will not reach one.
_COUPLING_LIMIT = 1e3
# Share of the largest that a direction without energy has left.
_CONSTANT = 1e-9
# Couplings below this are tried at zero.
_SMALL = 1e-3


@dataclass(frozen=True, repr=False)
class Star(Value, Trainable):
    """The star student of a model.

    Attributes
    ----------
    model : SpinModel

    Examples
    --------
    >>> import mlrg
    >>> star = mlrg.Star(mlrg.SpinModel("Z2:odd", "A1"))
    >>> star.step(star.start([0.7])).point.round(4)
    array([0.6672])
    """

    model: SpinModel

    name = "star"
    cost_name = "kl_bits"
    settled = 1e-3
    seeks_near = True

    def __getstate__(self):
        # Arrays are cheaper to make anew than to send to another process.
        return {"model": self.model}

    @cached_property
    def blocks(self) -> OneBlock | Quadratures:
        """The arrays of one step, at any couplings; raises as `blocks_of`."""
        return blocks_of(self.model)

    @property
    def block(self) -> Block:
        """The arrays of one step; of continuous spins those with the most points."""
        return self.blocks.largest

    @property
    def dimension(self) -> int:
        """Number of couplings."""
        return self.model.couplings.dimension

    @property
    def gauge(self) -> GaugeGroup:
        """Relabellings of spin components that change couplings but no physics."""
        return self.model.gauge

    @cached_property
    def redundant(self) -> np.ndarray:
        """Directions that add a constant to the energy, orthonormal rows, shape ``(k, coupling)``.

        One coupling for each orbit of pairs has one such direction.
        """
        features = self.block.teacher.reshape(self.dimension, -1)
        features = features - features.mean(axis=1, keepdims=True)
        vectors, sizes, _ = np.linalg.svd(features, full_matrices=False)
        return vectors[:, sizes < _CONSTANT * sizes[0]].T

    def start(self, couplings) -> np.ndarray:
        """Return the couplings themselves, as an array ``(coupling,)``."""
        return self.starts(couplings)[0]

    def step(self, point: np.ndarray, near: Sequence[np.ndarray] = ()) -> Step:
        """Return the KL-optimal student of couplings ``(coupling,)``; its cost is in bits.

        Without points near by it is the best of several starts.
        """
        if not np.any(point):
            # Spins are free and stay free. A student whose couplings do not reach its corners would
            # be as good, and which of them a search finds is chance.
            return Step(np.array(point), lambda: self.shed(point, point), lambda: 0.0)
        if np.abs(point).max() > _COUPLING_LIMIT:
            raise NoAnswerError(
                f"the flow ran beyond |J| = {_COUPLING_LIMIT:g} without settling in a phase: "
                "choose another representation or range"
            )
        found = best_student(self.blocks, point, np.array(near) if len(near) else None)
        return Step(
            found.couplings,
            lambda: self.shed(point, found.couplings),
            lambda: float(found.kl_bits),
        )

    def shed(self, teacher, student) -> float:
        """Return s = 2 (ln Z_tch − ln Z_std) in nats."""
        parts = (
            log_partition(self.blocks.at(couplings), couplings, side)[0]
            for couplings, side in ((teacher, "teacher"), (student, "student"))
        )
        return BLOCKS_JOINED * float(next(parts) - next(parts))

    def ring(self, point, columns: int = 1) -> BlockRing | ConvolutionRing:
        """Return the transfer matrix of a ring of teacher blocks."""
        if self.model.is_continuous:
            return ConvolutionRing(self.model, point, columns)
        return BlockRing(self.model, self.block, point, columns)

    def columns(self, point) -> int:
        """Return 1: the block itself, closed into a torus (Eqs. 25, 26)."""
        return 1

    def linearised(self, point) -> dict[str, Sector]:
        """Return ∂R/∂J by implicit differentiation; couplings are invariant under G."""
        found = best_student(self.blocks, point, point)
        trivial = trivial_irrep(self.model.internal.group)
        return {trivial: Sector(found.jacobian, unresolved=found.flat)}

    def improve(self, point, largest_step: float = 0.5) -> Improvement:
        """Make one Newton step on R(J) − J, cut to `largest_step` in any coupling."""
        found = best_student(self.blocks, point, point)
        residual = found.couplings - point
        slope = found.jacobian - np.eye(len(point))
        return Improvement(
            float(np.abs(residual).max()),
            lambda: bounded_newton(point, residual, slope, largest_step),
        )

    def simpler(self, point) -> np.ndarray | None:
        """Return the couplings with the smallest ones at zero, if there are any.

        Couplings of free spins change the KL in fourth order only: close to zero a search for the
        student stays wherever it begins, and every such place looks like a fixed point.
        """
        small = np.abs(point) < _SMALL
        return np.where(small, 0.0, point) if np.any(point[small]) else None

    def report(self, point) -> dict[str, object]:
        """Return the couplings."""
        return {"couplings": np.asarray(point).tolist()}

    def starts(self, bare) -> np.ndarray:
        """Return the couplings themselves, an array ``(point, coupling)``."""
        return as_couplings(bare, self.dimension, "teacher").copy()

    def loss(self, teachers, students) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact KL divergence in nats and its gradient in the students' couplings."""
        return kl_and_gradient(self.blocks.at(teachers, students), teachers, students)

    def rg_map(self, couplings) -> np.ndarray:
        """Return the KL-optimal students of teachers ``(batch, coupling)``, same shape."""
        return np.array([best_student(self.blocks, row).couplings for row in couplings])

    def exact(self, teacher) -> Answer:
        """Return the KL-optimal student of several starts; its cost is in nats."""
        found = best_student(self.blocks, teacher)
        return Answer(found.couplings, found.kl, found.jacobian)

    def box(self, config) -> tuple[np.ndarray, np.ndarray]:
        """Return a box around the axis, as the config declares it."""
        others = np.full(self.dimension - 1, config.spread)
        return np.array([config.low, *-others]), np.array([config.high, *others])

    def price(self) -> Cost:
        """Return the predicted cost of one loss on one core."""
        self.block.require_memory()
        return exact_cost(self.block)
