"""Machine-Learning Renormalization Group: from a declared symmetry to phases and exponents.

The public names are loaded on first use, so that exact symmetry work does not wait for torch.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "SpinModel": "mlrg.model",
    "critical_coupling": "mlrg.flow.critical",
    "InputError": "mlrg.errors",
    "TrainingConfig": "mlrg.flow.config",
    "Run": "mlrg.flow.run",
    "fixed_point": "mlrg.flow.fixed_points",
    "load_run": "mlrg.flow.ensemble",
    "rg_block": "mlrg.flow.blocks",
    "train": "mlrg.flow.ensemble",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'mlrg' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted({*globals(), *_HOMES})
