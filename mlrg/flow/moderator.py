"""The moderator: trains C_θ so that one step of its gradient flow gives the KL-optimal student.

One training step: the sampler proposes teacher couplings, the RG equation takes them to J(ℓ=1), the
block compares the two distributions, and the gradient reaches θ through J(ℓ=1) alone (Sec. II.D).
The state holds all that the next step needs, the random generators among it, so that a run resumed
from a checkpoint gives the same numbers as an unbroken one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from mlrg.errors import StorageError
from mlrg.flow import proposals
from mlrg.flow.config import TrainingConfig
from mlrg.flow.domain import FundamentalDomain
from mlrg.flow.losses import cd_loss, exact_loss
from mlrg.flow.monotone import Monotone
from mlrg.flow.ode import one_step
from mlrg.rbm.block import Block
from mlrg.storage import read_tensors, write_tensors


@dataclass
class TrainingState:
    """All that the next training step needs."""

    monotone: Monotone
    optimizer: torch.optim.Adam
    sampler: proposals.SamplerState
    generator: torch.Generator
    rng: np.random.Generator
    step: int = 0
    history: list[dict] = field(default_factory=list)


def build_monotone(dimension: int, config: TrainingConfig, generator=None) -> Monotone:
    """Return a monotone whose inputs are scaled to the prior's box."""
    low, high = config.box(dimension)
    centre = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    scale = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
    return Monotone(centre, scale, config.hidden, generator)


def start(
    block: Block, config: TrainingConfig, seed: int, domain: FundamentalDomain | None = None
) -> TrainingState:
    """Return the state before the first step; every random number derives from `seed`."""
    dimension = block.teacher.shape[0]
    generator_seed, rng_seed = np.random.SeedSequence(seed).spawn(2)
    generator = torch.Generator().manual_seed(
        int(generator_seed.generate_state(1, np.uint64)[0] >> 1)
    )
    monotone = build_monotone(dimension, config, generator)
    low, high = (torch.tensor(x, dtype=torch.float64) for x in config.box(dimension))
    return TrainingState(
        monotone=monotone,
        optimizer=torch.optim.Adam(
            monotone.parameters(), lr=config.learning_rate, betas=(0.9, 0.99)
        ),
        sampler=proposals.uniform_start(
            low, high, config.replicas, config.chains, generator, domain
        ),
        generator=generator,
        rng=np.random.default_rng(rng_seed),
    )


def advance(
    block: Block,
    config: TrainingConfig,
    state: TrainingState,
    domain: FundamentalDomain | None = None,
) -> None:
    """Make one training step, in place, on teachers of a fundamental domain if one is given."""
    progress = state.step / config.steps
    beta = config.beta * min(1.0, progress / config.anneal) if config.anneal else config.beta
    low, high = (torch.tensor(x, dtype=torch.float64) for x in config.box(block.teacher.shape[0]))
    state.sampler, info = proposals.sample(
        proposals.gradient_norm_potential(state.monotone),
        state.sampler,
        beta,
        low,
        high,
        state.generator,
        domain,
    )
    teacher = state.sampler.positions.reshape(-1, len(low))
    student = one_step(state.monotone, teacher, config.solver, config.solver_steps)
    if config.loss == "exact":
        losses = exact_loss(block, teacher, student)
    else:
        losses = cd_loss(
            block,
            teacher,
            student,
            state.rng,
            config.cd_samples,
            config.cd_sweeps,
            config.cd_burn_in,
        )
    for group in state.optimizer.param_groups:
        group["lr"] = config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * progress))
    state.optimizer.zero_grad()
    losses.mean().backward()
    state.optimizer.step()
    state.history.append(
        {
            "step": state.step,
            "kl_bits": float(losses.detach().mean()) / math.log(2.0)
            if config.loss == "exact"
            else None,
            "beta": beta,
            "acceptance": [round(float(a), 6) for a in info.acceptance],
            "exchange": info.exchange,
        }
    )
    state.step += 1


def save(state: TrainingState, path: Path) -> None:
    """Write a checkpoint, atomically."""
    tensors = {f"monotone.{k}": v for k, v in state.monotone.state_dict().items()}
    for k, entry in state.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{k}.{name}": value for name, value in entry.items()}
    tensors["sampler.positions"] = state.sampler.positions
    tensors["sampler.step_sizes"] = state.sampler.step_sizes
    tensors["generator"] = state.generator.get_state()
    write_tensors(
        path,
        tensors,
        {
            "step": state.step,
            "sampler_updates": state.sampler.updates,
            "rng": state.rng.bit_generator.state,
            "history": state.history,
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
        prefix = "monotone."
        state.monotone.load_state_dict(
            {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        )
        optimizer = state.optimizer.state_dict()
        for name, tensor in tensors.items():
            if name.startswith("adam."):
                _, parameter, key = name.split(".")
                optimizer["state"].setdefault(int(parameter), {})[key] = tensor
        state.optimizer.load_state_dict(optimizer)
        state.sampler = proposals.SamplerState(
            tensors["sampler.positions"], tensors["sampler.step_sizes"], saved["sampler_updates"]
        )
        state.generator.set_state(tensors["generator"])
        state.rng.bit_generator.state = saved["rng"]
        state.step, state.history = saved["step"], saved["history"]
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
    progress: Callable[[int], None] | None = None,
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
        Called with the number of steps done, at every checkpoint interval.
    domain : FundamentalDomain, optional
        Where teachers are proposed, one gauge copy of each; everywhere by default.

    Raises
    ------
    StorageError
        If the checkpoint is damaged or cannot be written.
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
                progress(state.step)
    return state
