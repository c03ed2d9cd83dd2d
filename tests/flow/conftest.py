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
    """Wait until a condition holds; fail after a while."""

    def wait(condition, seconds=90):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "timed out"
            time.sleep(0.05)

    return wait
