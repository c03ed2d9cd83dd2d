"""Machine-Learning Renormalization Group: from a declared symmetry to phases and exponents."""

__version__ = "0.1.0"
