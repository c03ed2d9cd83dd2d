"""The moderator: trains a flow so that one step of it gives the KL-optimal student.

One training step: teachers are proposed, the RG equation takes them to J(ℓ=1), the block compares
the two distributions, and the gradient reaches θ through J(ℓ=1) alone (Sec. II.D). The state holds
all that the next step needs, the random generators among it, so that a run resumed from a
checkpoint gives the same numbers as an unbroken one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from mlrg.errors import ConvergenceError, StorageError
from mlrg.flow import losses, proposals, teachers
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain
from mlrg.flow.fields import Flow, build_flow
from mlrg.flow.ode import one_step
from mlrg.rbm.block import Block
from mlrg.rbm.gibbs import Chains
from mlrg.storage import read_tensors, write_tensors

# What a training step records: one number a step, or one for each replica of the sampler.
CURVES = ("kl_bits", "gradient_norm", "beta", "exchange", "acceptance", "leapfrog_step")


@dataclass
class TrainingState:
    """All that the next training step needs, and what the steps so far have recorded."""

    flow: Flow
    optimizer: torch.optim.Adam
    teachers: teachers.Teachers
    chains: Chains | None
    generator: torch.Generator
    rng: np.random.Generator
    step: int = 0
    curves: dict[str, list] = field(default_factory=lambda: {name: [] for name in CURVES})


def start(
    block: Block, config: TrainingConfig, seed: int, domain: FundamentalDomain | None = None
) -> TrainingState:
    """Return the state before the first step; every random number derives from `seed`."""
    generator_seed, rng_seed = np.random.SeedSequence(seed).spawn(2)
    generator = torch.Generator().manual_seed(
        int(generator_seed.generate_state(1, np.uint64)[0] >> 1)
    )
    rng = np.random.default_rng(rng_seed)
    flow = build_flow(block, config, generator)
    prior = teachers.build_prior(block, config)
    return TrainingState(
        flow=flow,
        optimizer=torch.optim.Adam(
            flow.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True
        ),
        teachers=teachers.start(config, prior, generator, domain, block.on_axis),
        chains=losses.start_persistent(block, config, rng),
        generator=generator,
        rng=rng,
    )


def learning_rate(config: TrainingConfig, step: int) -> float:
    """Return Adam's step, which falls to zero along a cosine."""
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / config.steps))


def inverse_temperature(config: TrainingConfig, step: int) -> float:
    """Return β of Eq. (14), which grows linearly over the annealed part of the steps."""
    progress = step / config.steps
    return config.beta * min(1.0, progress / config.anneal) if config.anneal else config.beta


def advance(
    block: Block,
    config: TrainingConfig,
    state: TrainingState,
    domain: FundamentalDomain | None = None,
) -> None:
    """Make one training step, in place, on teachers of a fundamental domain if one is given.

    Raises
    ------
    ConvergenceError
        If the flow takes a teacher to infinity.
    """
    prior = teachers.build_prior(block, config)
    beta = inverse_temperature(config, state.step)
    state.teachers, teacher, info = teachers.propose(
        state.flow, config, prior, state.teachers, beta, state.generator, domain
    )
    student = one_step(state.flow, teacher, config.solver, config.solver_steps)
    loss = _loss(block, config, state, teacher.numpy(), student.detach().numpy())
    for group in state.optimizer.param_groups:
        group["lr"] = learning_rate(config, state.step)
    state.optimizer.zero_grad()
    losses.back_propagate(loss, student)
    norm = torch.nn.utils.clip_grad_norm_(state.flow.parameters(), config.clip)
    state.optimizer.step()
    state.teachers = teachers.walk(
        config, prior, state.teachers, student, state.generator, domain, block.on_axis
    )
    _record(state, loss, float(norm), beta, info)
    state.step += 1


def _loss(block, config, state: TrainingState, teacher, student) -> losses.Loss:
    if not np.isfinite(student).all():
        raise ConvergenceError(
            f"training step {state.step}: the flow takes couplings to infinity within one RG step: "
            f"lower learning_rate = {config.learning_rate:g}, or raise "
            f"solver_steps = {config.solver_steps}"
        )
    if config.loss == "exact":
        return losses.exact_loss(block, teacher, student)
    if config.loss == "cd":
        return losses.cd_loss(block, teacher, student, config, state.rng)
    loss, state.chains = losses.persistent_loss(
        block, teacher, student, config, state.rng, state.chains
    )
    return loss


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


def save(state: TrainingState, path: Path) -> None:
    """Write a checkpoint, atomically."""
    tensors = {f"flow.{k}": v for k, v in state.flow.state_dict().items()}
    for k, entry in state.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{k}.{name}": value for name, value in entry.items()}
    sampler = state.teachers.sampler
    tensors |= {
        "sampler.positions": sampler.positions,
        "sampler.log_steps": sampler.log_steps,
        "sampler.log_means": sampler.log_means,
        "sampler.shortfalls": sampler.shortfalls,
        "walkers.couplings": state.teachers.walkers,
        "walkers.ages": state.teachers.ages,
        "generator": state.generator.get_state(),
    }
    if state.chains is not None:
        # Safetensors through torch have no unsigned 64-bit words.
        tensors["chains.states"] = torch.from_numpy(state.chains.states)
        tensors["chains.streams"] = torch.from_numpy(state.chains.streams.view(np.int64))
    for name, values in state.curves.items():
        tensors[f"curves.{name}"] = torch.tensor(values, dtype=torch.float64)
    write_tensors(
        path,
        tensors,
        {
            "step": state.step,
            "sampler_updates": sampler.updates,
            "rng": state.rng.bit_generator.state,
        },
    )


def restore(block: Block, config: TrainingConfig, seed: int, path: Path) -> TrainingState:
    """Read a checkpoint of a run with this block, config and seed.

    Raises
    ------
    StorageError
        If the file is missing, damaged, or belongs to another kind of run.
    """
    tensors, saved = read_tensors(path)
    state = start(block, config, seed)
    try:
        prefix = "flow."
        state.flow.load_state_dict(
            {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        )
        optimizer = state.optimizer.state_dict()
        for name, tensor in tensors.items():
            if name.startswith("adam."):
                _, parameter, key = name.split(".")
                optimizer["state"].setdefault(int(parameter), {})[key] = tensor
        state.optimizer.load_state_dict(optimizer)
        sampler = proposals.SamplerState(
            tensors["sampler.positions"],
            tensors["sampler.log_steps"],
            tensors["sampler.log_means"],
            tensors["sampler.shortfalls"],
            saved["sampler_updates"],
        )
        state.teachers = teachers.Teachers(
            sampler, tensors["walkers.couplings"], tensors["walkers.ages"]
        )
        if state.chains is not None:
            state.chains = Chains(
                tensors["chains.states"].numpy(),
                tensors["chains.streams"].numpy().view(np.uint64),
            )
        state.generator.set_state(tensors["generator"])
        state.rng.bit_generator.state = saved["rng"]
        state.step = saved["step"]
        state.curves = {name: tensors[f"curves.{name}"].tolist() for name in CURVES}
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise StorageError(
            f"checkpoint {str(path)!r} belongs to another kind of run: "
            "give the directory and settings that it was written with"
        ) from error
    return state


def train_one(
    block: Block,
    config: TrainingConfig,
    seed: int,
    checkpoint: Path | None = None,
    progress: Callable[[TrainingState], None] | None = None,
    domain: FundamentalDomain | None = None,
) -> TrainingState:
    """Train one moderator to the end, from its checkpoint if there is one.

    Parameters
    ----------
    block : Block
        Teacher and student of one coupling space.
    config : TrainingConfig
    seed : int
    checkpoint : Path, optional
        File to continue from and to keep up to date.
    progress : callable, optional
        Called with the state at every checkpoint interval, after the checkpoint.
    domain : FundamentalDomain, optional
        Where teachers are proposed, one gauge copy of each; everywhere by default.

    Raises
    ------
    StorageError
        If the checkpoint is damaged or cannot be written.
    ConvergenceError
        If the flow takes a teacher to infinity.
    """
    if checkpoint is not None and checkpoint.exists():
        state = restore(block, config, seed, checkpoint)
    else:
        state = start(block, config, seed, domain)
    while state.step < config.steps:
        advance(block, config, state, domain)
        if state.step % config.checkpoint_every == 0 or state.step == config.steps:
            if checkpoint is not None:
                save(state, checkpoint)
            if progress is not None:
                progress(state)
    return state
