"""Work shared out to threads: kernels release the interpreter lock and write to their own slices.

Every item of a batch is computed from its own inputs alone, so that results do not depend on the
number of threads.
"""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


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
