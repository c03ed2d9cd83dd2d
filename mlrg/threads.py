"""Threads: work shared out among them, and how many the matrix products of BLAS may take.

Kernels release the interpreter lock and write to their own slices; every item of a batch is
computed from its own inputs alone, so that results do not depend on the number of threads.

Products of small matrices gain nothing from a second thread and lose much to it on a busy machine,
where threads wait for each other: they are kept on one.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import threadpoolctl


def share_out(work: Callable[[slice], None], count: int, threads: int = 1) -> None:
    """Call `work` with slices that cover ``range(count)``, on this many threads.

    Raises
    ------
    Exception
        Whatever `work` raised first.
    """
    parts = min(threads, count)
    if parts <= 1:
        work(slice(0, count))
        return
    edges = [count * k // parts for k in range(parts + 1)]
    with ThreadPoolExecutor(parts) as pool:
        for done in [pool.submit(work, slice(a, b)) for a, b in itertools.pairwise(edges)]:
            done.result()


@functools.lru_cache(maxsize=1)
def _libraries() -> threadpoolctl.ThreadpoolController:
    # Looking the libraries up takes milliseconds.
    return threadpoolctl.ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread(small: bool = True) -> Iterator[None]:
    """Keep BLAS on one thread while matrices are small; leave it alone otherwise."""
    if not small:
        yield
        return
    with _libraries().limit(limits=1, user_api="blas"):
        yield
