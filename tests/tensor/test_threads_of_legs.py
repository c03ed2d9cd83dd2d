"""BLAS threads: steps of small blocks take one, whoever asks for the flow."""

import pytest
import threadpoolctl

import mlrg


@pytest.mark.parametrize(
    ("internal", "states", "small"),
    [("Z2:odd", 40, True), ("Z2:odd", 48, False), ("S3:standard", 48, True), ("O2:1", 81, True)],
)
def test_legs_whose_blocks_are_small(internal, states, small):
    assert mlrg.Tensor(mlrg.SpinModel(internal, "A1"), states).small is small


def test_flows_take_one_thread(monkeypatch):
    tensor = mlrg.Tensor(mlrg.SpinModel("Z2:odd", "A1"), 4)
    seen, step = [], type(tensor).step

    def watched(self, point, near=()):
        seen.extend(
            pool["num_threads"]
            for pool in threadpoolctl.threadpool_info()
            if pool["user_api"] == "blas"
        )
        return step(self, point, near)

    monkeypatch.setattr(type(tensor), "step", watched)
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        mlrg.follow(tensor, tensor.start([0.5]), 2)
    assert set(seen) == {1}
