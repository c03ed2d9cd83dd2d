"""Property tests for what you declare: hypothesis strategies and assertions.

Three lines in your own test suite hold a new representation to the physics:

    @given(couplings=mlrg.testing.coupling_arrays(model.couplings.dimension))
    def test_my_model(couplings):
        mlrg.testing.assert_equivariant(model, couplings[0])

The assertions do not use the library's kernels or state permutations: they move sites by their
coordinates and spin vectors by the matrices that were declared, and find a moved state by its
vector. Each returns a report of the largest and the mean error, with the element where it occurs,
and takes its tolerance, relative to the largest number compared, as an argument.
"""

from mlrg.testing.certificates import assert_certified
from mlrg.testing.comparison import Report
from mlrg.testing.equivariance import assert_equivariant
from mlrg.testing.functions import (
    assert_equivariant_map,
    assert_equivariant_table,
    assert_gauge_invariant,
)
from mlrg.testing.strategies import (
    coupling_arrays,
    groups,
    models,
    point_names,
    representations,
    spin_spaces,
    subgroups,
    unimodular_matrices,
)

__all__ = [
    "Report",
    "assert_certified",
    "assert_equivariant",
    "assert_equivariant_map",
    "assert_equivariant_table",
    "assert_gauge_invariant",
    "coupling_arrays",
    "groups",
    "models",
    "point_names",
    "representations",
    "spin_spaces",
    "subgroups",
    "unimodular_matrices",
]
