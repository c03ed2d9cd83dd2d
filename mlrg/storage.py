"""Files that are whole or not there: atomic writes, checked reads, nothing pickled.

Numbers are kept as safetensors with a digest of their bytes, everything else as JSON. A file is
written beside its place and moved over it, so that an interrupted write never damages an old file.
The same content gives the same bytes.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from mlrg.errors import StorageError

try:
    import fcntl
except ImportError:
    # Where the system has no such locks, two writers are for the user to keep apart.
    fcntl = None  # type: ignore[assignment]

# Seconds for which a writer whose parent was killed may hold a directory still.
PATIENCE = 60


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


@contextlib.contextmanager
def sole_writer(directory: Path) -> Iterator[None]:
    """Keep other processes from writing to a directory; the system lets go of it with the process.

    What interrupted writes left behind is removed: no other process is writing it any more.

    Raises
    ------
    StorageError
        If another process still writes there after `PATIENCE` seconds.
    """
    with open(directory / ".lock", "w") as file:
        if fcntl is not None:
            _wait_for_lock(file, directory)
        remove_partial_files(directory)
        yield


def _wait_for_lock(file, directory: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise StorageError(
                    f"another process writes to {str(directory)!r}: wait until it has ended, or "
                    "end it"
                ) from error
            time.sleep(0.05)
        except OSError:
            # A file system without locks.
            return
        else:
            return


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


def _digest_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def write_digest(path: Path) -> None:
    """Write the digest of a file beside it, as ``sha256sum -c`` reads it."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_bytes(_digest_file(path), f"{digest}  {path.name}\n".encode())


def fits_digest(path: Path) -> bool:
    """Return whether a file is there and as it was when its digest was written."""
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return _digest_file(path).read_bytes().split()[:1] == [digest.encode()]
    except OSError:
        return False


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


def _digest(arrays: dict[str, np.ndarray], state: str) -> str:
    sha = hashlib.sha256(state.encode())
    for name in sorted(arrays):
        sha.update(name.encode())
        sha.update(arrays[name].tobytes())
    return sha.hexdigest()


def write_arrays(path: Path, arrays: dict[str, np.ndarray], state: dict) -> None:
    """Write arrays and a JSON-able state as one safetensors file, atomically."""
    arrays = {name: np.array(array, order="C") for name, array in arrays.items()}
    text = json.dumps(state)
    # One entry: the library writes several in any order.
    entry = json.dumps({"state": text, "sha256": _digest(arrays, text)})
    write_bytes(path, save(arrays, {"mlrg": entry}))


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Read what `write_arrays` wrote.

    Raises
    ------
    StorageError
        If the file is missing, is not a safetensors file of ours, or its digest does not match.
    """
    advice = "delete it to train this seed from the start, or restore it from a copy"
    try:
        content = path.read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        arrays = load(content)
        entry = header["__metadata__"]
        # Version 0.1 had the two parts as entries of their own.
        entry = json.loads(entry["mlrg"]) if "mlrg" in entry else entry
        text, expected = entry["state"], entry["sha256"]
        state = json.loads(text)
    except OSError as error:
        raise StorageError(
            f"cannot read checkpoint {str(path)!r} ({error.strerror}): {advice}"
        ) from error
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"checkpoint {str(path)!r} is damaged: {advice}") from error
    if _digest(arrays, text) != expected:
        raise StorageError(f"checkpoint {str(path)!r} is damaged (wrong digest): {advice}")
    return arrays, state
