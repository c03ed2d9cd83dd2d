"""Exact and published values that results are compared with; nothing is computed from them."""

import numpy as np
from scipy.integrate import quad

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


def onsager_free_energy(coupling: float) -> float:
    """Return the exact ln Z of the Lieb lattice for each block, in nats (Onsager).

    Bond spins summed out leave the square lattice with tanh K = tanh² J and a factor 2 √cosh 2J for
    each of the four edges of a block, which owns two sites.
    """
    effective = np.arctanh(np.tanh(coupling) ** 2)
    modulus = 2 * np.sinh(2 * effective) / np.cosh(2 * effective) ** 2

    def integrand(angle):
        return np.log((1 + np.sqrt(max(0.0, 1 - (modulus * np.sin(angle)) ** 2))) / 2)

    area = quad(integrand, 0, np.pi, points=[np.pi / 2])[0]
    site = np.log(2 * np.cosh(2 * effective)) + area / (2 * np.pi)
    return 2 * site + 4 * (np.log(2) + np.log(np.cosh(2 * coupling)) / 2)
