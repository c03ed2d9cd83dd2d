"""Machine-Learning Renormalization Group: from a declared symmetry to phases and exponents.

The public names are loaded on first use, so that exact symmetry work does not wait for torch.
"""

import importlib

__version__ = "0.2.0"

_HOMES = {
    "AnisotropicTensor": "mlrg.tensor.anisotropic",
    "BondWeighted": "mlrg.tensor.bond_weighted",
    "C4v": "mlrg.symmetry",
    "InputError": "mlrg.errors",
    "NoAnswerError": "mlrg.errors",
    "Plane": "mlrg.analysis.rays",
    "Ray": "mlrg.analysis.rays",
    "Representation": "mlrg.symmetry",
    "Ring": "mlrg.tensor.matched_ring",
    "Run": "mlrg.flow.run",
    "SpinModel": "mlrg.model",
    "Star": "mlrg.rbm.star",
    "Tensor": "mlrg.tensor.tensor",
    "TrainingConfig": "mlrg.flow.config",
    "correlation_length": "mlrg.analysis.correlation",
    "critical": "mlrg.analysis.critical",
    "cycles": "mlrg.symmetry.permutations",
    "degeneracy": "mlrg.analysis.readings",
    "distance_exponent": "mlrg.analysis.coexistence",
    "fixed_point": "mlrg.analysis.fixed_points",
    "fixed_points": "mlrg.analysis.search",
    "flow_table": "mlrg.analysis.flow_table",
    "follow": "mlrg.analysis.trajectory",
    "free_energy": "mlrg.analysis.free_energy",
    "latent_heat": "mlrg.analysis.coexistence",
    "limits": "mlrg.analysis.sizes",
    "load_run": "mlrg.flow.stored_run",
    "magnetisation": "mlrg.analysis.magnetisation",
    "naive_flow": "mlrg.rbm.naive",
    "newton": "mlrg.analysis.fixed_points",
    "ope_coefficients": "mlrg.analysis.ope",
    "phase_labels": "mlrg.analysis.phases",
    "phases": "mlrg.analysis.phases",
    "random_starts": "mlrg.analysis.search",
    "ring_central_charge": "mlrg.analysis.readings",
    "scaling_dimensions": "mlrg.analysis.readings",
    "spectrum": "mlrg.analysis.readings",
    "train": "mlrg.flow.ensemble",
}
_MODULES = {
    "figures": "mlrg.figures",
    "interop": "mlrg.interop",
    "literature": "mlrg.analysis.literature",
    "symmetry": "mlrg.symmetry",
    "testing": "mlrg.testing",
}

__all__ = ["__version__", *_HOMES, *_MODULES]


def __getattr__(name):
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'mlrg' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__():
    return sorted({*globals(), *_HOMES, *_MODULES})
