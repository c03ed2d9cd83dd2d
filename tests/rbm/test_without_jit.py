"""The kernels as plain Python: what they compute does not hang on the compiler.

Compiled code wraps around where an index is wrong and says nothing; Python raises. Run with
``coverage`` this file also says which lines of the kernels are reached, which no compiled run can.
"""

import os
import subprocess
import sys

import numpy as np

from mlrg.model import SpinModel
from mlrg.rbm import exact, gibbs, moments, von_mises
from mlrg.rbm.block import block_of
from mlrg.rbm.chains import Chains
from mlrg.rbm.orbits import generate, reduce_configurations
from mlrg.rbm.star import Star

CASES = (
    ("Z2:odd", "A1", "A1", "bilinear"),
    ("Z2:odd", "A1", "A1+E", "bilinear"),
    ("S3:standard", "A1", "A1", "pair"),
)


def of_lists(visible, hidden):
    """Losses, derivatives and chains of spins with a list of values, by name."""
    block, rng = block_of(visible, hidden), np.random.default_rng(5)
    # The last couplings are so strong that products of exponentials underflow.
    sizes = np.array([[0.7], [0.7], [400.0]])
    teacher = sizes * rng.normal(size=(3, len(block.teacher)))
    student = sizes * rng.normal(size=(3, len(block.student)))
    kl, gradient = exact.kl_and_gradient(block, teacher, student)
    second = [
        moments.kl_derivatives(block, moments.teacher_distribution(block, row), student[k])
        for k, row in ((0, teacher[0]), (2, teacher[0]), (2, teacher[2]))
    ]
    found = {
        "kl": kl,
        "gradient": gradient,
        "hessian": np.array([each.hessian for each in second]),
        "means": np.array([each.conditional_means for each in second]),
        "edges": exact.edge_tables(block, teacher[2:]),
        "partition": exact.log_partition(block, student, "student"),
        "marginals": exact.log_marginals(block, teacher, "teacher"),
    }
    chains = gibbs.start_chains(block, 3, 6, rng)
    for side, couplings in (("teacher", teacher), ("student", student)):
        advance = getattr(gibbs, f"advance_{side}")
        for limit in (0, gibbs._TABLE_LIMIT):
            before, gibbs._TABLE_LIMIT = gibbs._TABLE_LIMIT, limit
            copy = Chains(chains.states.copy(), chains.streams.copy())
            found[f"{side} {limit}"] = advance(block, couplings, copy, 3).states
            gibbs._TABLE_LIMIT = before
    found["features"] = gibbs.conditional_features(block, student, chains.states)
    return found


def of_a_continuum(internal, couplings):
    """Chains of spins on a circle or a sphere, by name."""
    blocks = Star(SpinModel(internal, "A1", family="pair")).blocks
    rng = np.random.default_rng(6)
    block = blocks.largest
    row = np.zeros((1, len(block.teacher)))
    row[0, : len(couplings)] = couplings
    chains, found = von_mises.start_chains(block, 1, 8, rng), {}
    for side in ("teacher", "student"):
        copy = Chains(chains.states.copy(), chains.streams.copy())
        found[side] = getattr(von_mises, f"advance_{side}")(block, row, copy, 2).states
    found["features"] = von_mises.conditional_features(block, row, chains.states)
    return found


def everything():
    """Every array of every case, by name."""
    found = {}
    for internal, visible, hidden, family in CASES:
        models = [SpinModel(internal, point, family=family) for point in (visible, hidden)]
        for name, value in of_lists(*models).items():
            found[f"{internal} {visible} {hidden} {name}"] = value
    # Strong couplings, where draws by rejection take the envelope's other branch.
    for internal, couplings in (("O2:1", (0.4, 0.3)), ("O2:1", (9.0,)), ("O3:1", (0.8, 0.2))):
        for name, value in of_a_continuum(internal, couplings).items():
            found[f"{internal} {couplings} {name}"] = value
    symmetric = reduce_configurations(2, sorted(generate([((1, 2, 3, 0), (1, 0))], 2)))
    return found | {"orbits": symmetric[0], "multiplicities": symmetric[1]}


def test_kernels_compute_the_same_without_the_compiler(tmp_path):
    env = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    # Words of the random streams wrap around, of which only plain numpy warns.
    command = [sys.executable, "-W", "ignore", __file__, str(tmp_path / "plain.npz")]
    subprocess.run(command, env=env, check=True)
    plain = np.load(tmp_path / "plain.npz")
    compiled = everything()
    assert sorted(plain) == sorted(compiled)
    for name, value in compiled.items():
        np.testing.assert_allclose(plain[name], value, rtol=1e-11, atol=1e-12, err_msg=name)


if __name__ == "__main__":
    np.savez(sys.argv[1], **everything())
