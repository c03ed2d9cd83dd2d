"""The state of a training as one file, and back.

Arrays have names by what they belong to, in one table that reading and writing share; whole numbers
and the state of numpy's generator are JSON.
"""

from dataclasses import fields
from pathlib import Path

import numpy as np
import torch

from mlrg.errors import StorageError
from mlrg.flow.exact_pairs import Pairs
from mlrg.rbm.chains import Chains
from mlrg.storage import read_arrays, write_arrays

# Tensors of the teachers by name, and where they are kept.
_TEACHERS = {
    "sampler.positions": ("sampler", "positions"),
    "sampler.log_steps": ("sampler", "log_steps"),
    "sampler.log_means": ("sampler", "log_means"),
    "sampler.shortfalls": ("sampler", "shortfalls"),
    "walkers.couplings": ("walkers",),
    "walkers.ages": ("ages",),
}

_PAIRS = tuple(field.name for field in fields(Pairs))
# What pairs lack that were written before there were twins.
_NO_TWINS = {"pairs.twins": np.empty((0, 2), dtype=int), "pairs.apart": np.empty(0)}


def _owner(state, path: tuple[str, ...]):
    found = state.teachers
    for part in path[:-1]:
        found = getattr(found, part)
    return found


def save(state, path: Path) -> None:
    """Write the checkpoint of a `TrainingState`, atomically."""
    arrays = {f"flow.{name}": value.numpy() for name, value in state.flow.state_dict().items()}
    for number, entry in state.optimizer.state_dict()["state"].items():
        arrays |= {f"adam.{number}.{name}": value.numpy() for name, value in entry.items()}
    for name, place in _TEACHERS.items():
        arrays[name] = getattr(_owner(state, place), place[-1]).detach().numpy()
    arrays["generator"] = state.generator.get_state().numpy()
    if state.chains is not None:
        # As signed words, which every reader of the format has.
        arrays["chains.states"] = state.chains.states
        arrays["chains.streams"] = state.chains.streams.view(np.int64)
    for name, values in state.curves.items():
        arrays[f"curves.{name}"] = np.array(values, dtype=float)
    for name, values in state.round_curves.items():
        arrays[f"rounds.{name}"] = np.array(values, dtype=float)
    if state.pairs is not None:
        for name in _PAIRS:
            arrays[f"pairs.{name}"] = getattr(state.pairs, name)
    counts = {
        "step": state.step,
        "round": state.round,
        "sampler_updates": state.teachers.sampler.updates,
        "rng": state.rng.bit_generator.state,
    }
    write_arrays(path, arrays, counts)


def restore(state, path: Path) -> None:
    """Read a checkpoint into the first state of the same training, in place.

    Raises
    ------
    StorageError
        If the file is missing, damaged, or belongs to another kind of run.
    """
    arrays, saved = read_arrays(path)
    tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    try:
        weights = {k.removeprefix("flow."): v for k, v in tensors.items() if k.startswith("flow.")}
        state.flow.load_state_dict(weights)
        optimizer = state.optimizer.state_dict()
        for name, tensor in tensors.items():
            if name.startswith("adam."):
                _, parameter, key = name.split(".")
                optimizer["state"].setdefault(int(parameter), {})[key] = tensor
        state.optimizer.load_state_dict(optimizer)
        for name, place in _TEACHERS.items():
            setattr(_owner(state, place), place[-1], tensors[name])
        state.teachers.sampler.updates = saved["sampler_updates"]
        if state.chains is not None:
            state.chains = Chains(arrays["chains.states"], arrays["chains.streams"].view(np.uint64))
        state.generator.set_state(tensors["generator"])
        state.rng.bit_generator.state = saved["rng"]
        state.step = saved["step"]
        state.curves = {name: arrays[f"curves.{name}"].tolist() for name in state.curves}
        # Files of version 0.1 know no rounds.
        state.round = saved.get("round", 0)
        if state.round:
            rounds = {name: arrays[f"rounds.{name}"].tolist() for name in state.round_curves}
            state.round_curves = rounds
            parts = _NO_TWINS | arrays
            state.pairs = Pairs(*(parts[f"pairs.{name}"] for name in _PAIRS))
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise StorageError(
            f"checkpoint {str(path)!r} belongs to another kind of run: "
            "give the directory and settings that it was written with"
        ) from error
