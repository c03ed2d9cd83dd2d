import threading
import time

import pytest


@pytest.fixture(scope="session")
def weights():
    """All tensors of a run or of one training state, in order."""

    def tensors(run_or_state):
        flows = [m.flow for m in getattr(run_or_state, "maps", [run_or_state])]
        return [tensor for flow in flows for tensor in flow.state_dict().values()]

    return tensors


@pytest.fixture(scope="session")
def wait_for():
    """Wait until a condition holds; fail after a while, or when `giving_up` has an answer."""

    def wait(condition, seconds=90, giving_up=lambda: None):
        end = time.monotonic() + seconds
        tick = threading.Event()
        while not condition():
            assert time.monotonic() < end, "timed out"
            assert giving_up() is None, "what was waited for ended"
            tick.wait(0.02)

    return wait
