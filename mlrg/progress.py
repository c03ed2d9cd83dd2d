"""Steps that several processes have done, counted together while they work.

Each process writes its own count into a small file that all of them map; whoever waits for them
reads the sum. Nothing else depends on it.
"""

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

# Seconds between two looks at the counts.
_LOOK = 0.2


class Board:
    """Counts of the steps done, one for each process; sent to another process it counts there."""

    def __init__(self, path: Path, count: int):
        self.path, self.count = path, count
        np.zeros(count, dtype=np.int64).tofile(path)

    def put(self, place: int, done: int) -> None:
        """Note that the process at a place has done so many steps."""
        self._counts("r+")[place] = done

    def total(self) -> int:
        """Return the steps done by all of them."""
        return int(self._counts("r").sum())

    def _counts(self, mode: Literal["r", "r+"]) -> np.ndarray:
        return np.memmap(self.path, np.int64, mode, shape=(self.count,))


@contextlib.contextmanager
def shared_bar(processes: int, steps: int, shown: bool) -> Iterator[Board | None]:
    """Show a bar of all steps of so many processes; gives the board that they count on.

    Nothing is shown off a terminal; without `shown` there is no board either.
    """
    if not shown:
        yield None
        return
    over = threading.Event()
    with (
        tempfile.TemporaryDirectory(prefix="mlrg-") as directory,
        tqdm(total=processes * steps, unit="step", disable=None) as bar,
    ):
        board = Board(Path(directory) / "counts", processes)

        def look() -> None:
            while not over.wait(_LOOK):
                bar.update(board.total() - bar.n)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield board
        finally:
            over.set()
            watcher.join()
            bar.update(board.total() - bar.n)
