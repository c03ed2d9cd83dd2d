"""Exact and published values that results are compared with; nothing is computed from them."""

import numpy as np

# Critical coupling of the Ising model on the Lieb lattice, Eq. (19).
ISING_EXACT = 0.5 * float(np.arccosh(1.0 + np.sqrt(2.0)))

# Ising conformal field theory in two dimensions: scaling dimensions of 1, σ, ε, their first
# descendants and the stress tensor; central charge; thermal exponent; Z on the square torus.
ISING_DIMENSIONS = (0.0, 1 / 8, 1.0, 1 + 1 / 8, 2.0, 2 + 1 / 8)
ISING_CENTRAL_CHARGE = 0.5
ISING_THERMAL_EXPONENT = 1.0
ISING_DEGENERACY = 1.763595504

# The paper's J0* of A1, mean and deviation of ten models (Sec. III B).
PAPER_CRITICAL_COUPLING = (0.82, 0.02)
