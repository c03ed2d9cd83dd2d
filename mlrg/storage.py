"""Files that are whole or not there: atomic writes, checked reads, nothing pickled.

Numbers are kept as safetensors with a digest of their bytes, everything else as JSON. A file is
written beside its place and moved over it, so that an interrupted write never damages an old file.
"""

import hashlib
import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from mlrg.errors import StorageError


def make_directory(path: Path) -> Path:
    """Create a directory and check that files can be written there.

    Raises
    ------
    StorageError
        If it cannot be created or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"cannot write to directory {str(path)!r} ({error.strerror}): choose another one"
        ) from error
    return path


def remove_partial_files(directory: Path) -> None:
    """Remove what interrupted writes left behind in a directory."""
    for file in directory.glob(".*.partial"):
        file.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically.

    Raises
    ------
    StorageError
        If the file cannot be written; what was there before is kept.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write {str(path)!r} ({error.strerror}): free space or choose another directory"
        ) from error


def write_json(path: Path, content: object) -> None:
    """Write JSON atomically."""
    write_bytes(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def write_netcdf(path: Path, data) -> None:
    """Write an xarray dataset as netCDF-4, atomically."""
    write_bytes(path, bytes(data.to_netcdf(engine="h5netcdf")))


def read_json(path: Path):
    """Read JSON.

    Raises
    ------
    StorageError
        If the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StorageError(
            f"cannot read {str(path)!r} ({error.strerror}): give the directory of a training run"
        ) from error
    except ValueError as error:
        raise StorageError(
            f"{str(path)!r} is damaged ({error}): restore it or train again in a new directory"
        ) from error


def _digest(tensors: dict[str, torch.Tensor], state: str) -> str:
    sha = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].detach().contiguous().numpy().tobytes())
    return sha.hexdigest()


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], state: dict) -> None:
    """Write tensors and a JSON-able state as one safetensors file, atomically."""
    tensors = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(state)
    write_bytes(path, save(tensors, {"state": text, "sha256": _digest(tensors, text)}))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Read what `write_tensors` wrote.

    Raises
    ------
    StorageError
        If the file is missing, is not a safetensors file of ours, or its digest does not match.
    """
    advice = "delete it to train this seed from the start, or restore it from a copy"
    try:
        content = path.read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        tensors = load(content)
        text = header["__metadata__"]["state"]
        expected = header["__metadata__"]["sha256"]
        state = json.loads(text)
    except OSError as error:
        raise StorageError(
            f"cannot read checkpoint {str(path)!r} ({error.strerror}): {advice}"
        ) from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"checkpoint {str(path)!r} is damaged: {advice}") from error
    if _digest(tensors, text) != expected:
        raise StorageError(f"checkpoint {str(path)!r} is damaged (wrong digest): {advice}")
    return tensors, state
