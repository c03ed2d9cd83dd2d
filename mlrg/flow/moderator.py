"""The moderator: trains a flow so that one step of it gives the best student.

One training step: teachers are proposed, the RG equation takes them to J(ℓ=1), the map says what
these students miss, and the gradient reaches θ through J(ℓ=1) alone (Sec. II.D). The state holds
all that the next step needs, the random generators among it, so that a run resumed from a
checkpoint gives the same numbers as an unbroken one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from mlrg.errors import NoAnswerError
from mlrg.flow import checkpoints, losses, proposals, refinement, teachers
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain, domain_of
from mlrg.flow.flows import Flow, build_flow
from mlrg.flow.learned import Learned
from mlrg.flow.ode import one_step
from mlrg.flow.prior import Prior
from mlrg.rbm.chains import Chains
from mlrg.rbm.divergence import contrastive_divergence
from mlrg.rgmap import Trainable

# What a training step records: one number a step, or one for each replica of the sampler.
CURVES = ("kl_bits", "gradient_norm", "beta", "exchange", "acceptance", "leapfrog_step")


@dataclass
class TrainingState:
    """All that the next training step needs, and what the steps so far have recorded.

    `round` counts the rounds of the refinement, `pairs` are those of the last one, and `fitted` the
    steps of one that is not finished.
    """

    flow: Flow
    optimizer: torch.optim.Adam
    teachers: teachers.Teachers
    chains: Chains | None
    generator: torch.Generator
    rng: np.random.Generator
    step: int = 0
    curves: dict[str, list] = field(default_factory=lambda: {name: [] for name in CURVES})
    round: int = 0
    round_curves: dict[str, list] = field(
        default_factory=lambda: {name: [] for name in refinement.ROUND_CURVES}
    )
    pairs: refinement.Pairs | None = None
    fitted: int = 0

    def done(self, config: TrainingConfig) -> int:
        """Return how much of `TrainingConfig.work` is done."""
        return self.step + self.round * config.refinement_steps + self.fitted


@dataclass(frozen=True, eq=False)
class Moderator:
    """How flows of one map are trained.

    Attributes
    ----------
    rgmap : Trainable
        Whose steps are learned.
    config : TrainingConfig
    prior : Prior
    domain : FundamentalDomain or None
        Where teachers are proposed, one gauge copy of each; everywhere if there is none.
    """

    rgmap: Trainable
    config: TrainingConfig
    prior: Prior
    domain: FundamentalDomain | None

    @classmethod
    def of(cls, rgmap: Trainable, config: TrainingConfig) -> "Moderator":
        """Return the moderator that a config declares."""
        return cls(rgmap, config, teachers.build_prior(rgmap, config), domain_of(rgmap, config))

    @cached_property
    def refinement(self) -> refinement.Refinement:
        """The second-order phase."""
        return refinement.Refinement(self.rgmap, self.config)

    def starts(self, shares: np.ndarray) -> np.ndarray:
        """Return couplings at shares ``(point, side)`` of where flows start, as couplings."""
        return self.rgmap.starts(self.refinement.region.at(shares))

    def start(self, seed: int) -> TrainingState:
        """Return the state before the first step; every random number derives from `seed`."""
        generator_seed, rng_seed = np.random.SeedSequence(seed).spawn(2)
        generator = torch.Generator().manual_seed(
            int(generator_seed.generate_state(1, np.uint64)[0] >> 1)
        )
        rng = np.random.default_rng(rng_seed)
        flow = build_flow(self.rgmap, self.config, generator)
        chains = None
        if self.config.loss == "pcd":
            chains = losses.start_persistent(self.rgmap.block, self.config, rng)
        return TrainingState(
            flow=flow,
            optimizer=torch.optim.Adam(
                flow.parameters(), lr=self.config.learning_rate, betas=(0.9, 0.99), fused=True
            ),
            teachers=teachers.start(self.config, self.prior, generator, self.domain, self.starts),
            chains=chains,
            generator=generator,
            rng=rng,
        )

    def advance(self, state: TrainingState) -> None:
        """Make one training step, in place.

        Raises
        ------
        NoAnswerError
            If the flow takes a teacher to infinity.
        """
        config = self.config
        beta = inverse_temperature(config, state.step)
        state.teachers, teacher, info = teachers.propose(
            state.flow, config, self.prior, state.teachers, beta, state.generator, self.domain
        )
        teacher = teacher.detach()
        student = one_step(state.flow, teacher, config.solver, config.solver_steps)
        loss = self._loss(state, teacher.numpy(), student.detach().numpy())
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate(config, state.step)
        state.optimizer.zero_grad()
        losses.back_propagate(loss, student)
        norm = torch.nn.utils.clip_grad_norm_(state.flow.parameters(), config.clip)
        state.optimizer.step()
        state.teachers = teachers.walk(
            *(config, self.prior, state.teachers, student, state.generator),
            *(self.domain, self.starts),
        )
        _record(state, loss, float(norm), beta, info)
        state.step += 1

    def _loss(self, state: TrainingState, teacher, student) -> losses.Loss:
        config = self.config
        if not np.isfinite(student).all():
            raise NoAnswerError(
                f"training step {state.step}: the flow takes couplings to infinity within one RG "
                f"step: lower learning_rate = {config.learning_rate:g}, or raise "
                f"solver_steps = {config.solver_steps}"
            )
        if config.loss == "exact":
            return losses.Loss(*self.rgmap.loss(teacher, student))
        if config.loss == "cd":
            settings = config.cd_samples, config.cd_sweeps, config.cd_burn_in
            gradient = contrastive_divergence(
                self.rgmap.block, teacher, student, state.rng, *settings
            )
            return losses.Loss(None, gradient)
        loss, state.chains = losses.persistent_loss(
            self.rgmap.block, teacher, student, config, state.rng, state.chains
        )
        return loss

    def train(
        self,
        seed: int,
        checkpoint: Path | None = None,
        progress: Callable[[TrainingState], None] | None = None,
    ) -> TrainingState:
        """Train one flow to the end, from its checkpoint if there is one.

        Parameters
        ----------
        seed : int
        checkpoint : Path, optional
            File to continue from and to keep up to date.
        progress : callable, optional
            Called with the state at every checkpoint interval, after the checkpoint.

        Raises
        ------
        StorageError
            If the checkpoint is damaged or cannot be written.
        NoAnswerError
            If the flow takes a teacher to infinity.
        """
        state = self.start(seed)
        if checkpoint is not None and checkpoint.exists():
            checkpoints.restore(state, checkpoint)
        while state.step < self.config.steps:
            self.advance(state)
            if state.step % self.config.checkpoint_every == 0 or state.step == self.config.steps:
                if checkpoint is not None:
                    checkpoints.save(state, checkpoint)
                if progress is not None:
                    progress(state)
        while state.round < self.config.refinements:
            self.refine(state, progress)
            if checkpoint is not None:
                checkpoints.save(state, checkpoint)
            if progress is not None:
                progress(state)
        return state

    def refine(
        self, state: TrainingState, progress: Callable[[TrainingState], None] | None = None
    ) -> None:
        """Make one round of the second-order phase, in place."""
        config, learned = self.config, Learned(state.flow, self.rgmap, self.config)
        untrained = state.step == 0 and state.round == 0
        found = self.refinement.round(learned, state.rng, state.round, not untrained)
        fresh = found.pairs
        if config.refinement_pairs != "learned" and untrained:
            # Couplings that move far in a step are measured with longer rods.
            state.flow.adapt(torch.from_numpy(fresh.students - fresh.teachers))
        # What was fitted so far has not seen these pairs.
        held = refinement.residual(learned, fresh)

        def report(steps: int) -> None:
            state.fitted = steps
            if progress is not None and steps % config.checkpoint_every == 0:
                progress(state)

        pairs = fresh if state.pairs is None else state.pairs + fresh
        refinement.fit(learned, pairs, found.inherited_weight, found.surface, report)
        state.pairs, state.fitted = fresh, 0
        state.round += 1
        for name, value in (
            ("residual", refinement.residual(learned, fresh)),
            ("held_residual", held),
            ("transition", found.transition),
        ):
            state.round_curves[name].append(value)


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Return Adam's step, which falls to zero along a cosine."""
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / config.steps))


def inverse_temperature(config: TrainingConfig, step: int) -> float:
    """Return β of Eq. (14), which grows linearly over the annealed part of the steps."""
    progress = step / config.steps
    return config.beta * min(1.0, progress / config.anneal) if config.anneal else config.beta


def _record(
    state: TrainingState, loss: losses.Loss, norm: float, beta: float, info: proposals.SamplerInfo
) -> None:
    mean = math.nan if loss.value is None else float(loss.value.mean()) / math.log(2.0)
    for name, value in (
        ("kl_bits", mean),
        ("gradient_norm", norm),
        ("beta", beta),
        ("exchange", info.exchange),
        ("acceptance", info.acceptance.tolist()),
        ("leapfrog_step", info.steps.tolist()),
    ):
        state.curves[name].append(value)
