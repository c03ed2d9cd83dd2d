"""Which sampler belongs to a block: that of states, or that of continuous spins.

Both are modules with the same four functions: ``start_chains``, ``advance_teacher``,
``advance_student`` and ``conditional_features``.
"""

from types import ModuleType

from mlrg.rbm import gibbs, von_mises
from mlrg.rbm.block import Block
from mlrg.rbm.quadrature import QuadratureBlock


def sampler_of(block: Block) -> ModuleType:
    """Return the module whose chains sample a block."""
    return von_mises if isinstance(block, QuadratureBlock) else gibbs
