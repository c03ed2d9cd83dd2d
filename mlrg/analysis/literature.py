"""Exact and published values that results are compared with; nothing is computed from them."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.integrate import quad

from mlrg.model import SpinModel
from mlrg.symmetry.catalogue import name_of
from mlrg.symmetry.point_group import C4v

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

# Z on the square torus: the 3-state Potts model, and two Ising copies (the square of one).
POTTS_3_DEGENERACY = 2.559676608
TWO_ISING_DEGENERACY = 3.110269102

# Square lattice: temperature of the XY transition by level spectroscopy of tensors (Ueda and
# Oshikawa 2021), correlation length of Heisenberg spins at J = 1.4 by Monte Carlo (Wolff 1990),
# and the two temperatures of clocks of five and six states (Komura and Okabe 2012; Chatelain 2014;
# Krčmár, Gendiar and Nishino 2016).
XY_TEMPERATURE = 0.8929
HEISENBERG_LENGTH = 6.90
CLOCK_TEMPERATURES = MappingProxyType({5: (0.9515, 0.9063), 6: (0.9008, 0.7014)})


@dataclass(frozen=True)
class Universality:
    """What is known exactly of a model whose spins carry A1.

    Attributes
    ----------
    name : str
    critical_coupling : float
        J0c on the Lieb lattice.
    central_charge, spin_dimension, thermal_exponent, degeneracy : float or None
        c, Δσ, y_t = 2 − Δε and Z on the square torus; None where there is no such number, as at a
        first-order transition, or none is at hand.
    """

    name: str
    critical_coupling: float
    central_charge: float | None = None
    spin_dimension: float | None = None
    thermal_exponent: float | None = None
    degeneracy: float | None = None


def ising_levels(largest: float) -> list[tuple[float, int, str, int]]:
    """Return Δ, spin, irrep of Z2 and degeneracy of the Ising torus, Δ rising up to `largest`.

    Products χ_h(q) χ_h̄(q̄) of the Virasoro characters of h = 0, 1/2 (even) and 1/16 (odd), which
    those of a free fermion give: Π (1 + q^{n+1/2}) = χ_0 + χ_1/2, q^{1/16} Π (1 + qⁿ) = χ_1/16.
    """
    reach = int(largest) + 1
    # Powers of q^{1/2}.
    fermion, twisted = np.zeros((2, 2 * reach + 1), dtype=int)
    fermion[0] = twisted[0] = 1
    for power in range(1, 2 * reach + 1):
        found = fermion if power % 2 else twisted
        found[power:] = found[power:] + found[: len(found) - power]
    even = np.arange(2 * reach + 1) % 2 == 0
    families = [("0", 0.0, fermion * even), ("0", 0.0, fermion * ~even), ("odd", 1 / 16, twisted)]
    levels: dict[tuple[float, int, str], int] = {}
    for irrep, lowest, degeneracies in families:
        for left, right in np.argwhere(np.outer(degeneracies, degeneracies)):
            key = (2 * lowest + float(left + right) / 2, int(left - right) // 2, irrep)
            count = int(degeneracies[left] * degeneracies[right])
            levels[key] = levels.get(key, 0) + count
    return sorted((*key, count) for key, count in levels.items() if key[0] <= largest)


def potts_coupling(states: int) -> float:
    """Return J0c of the q-state Potts model on the Lieb lattice, s·t = 1 or −1/(q − 1).

    Summing out bond spins gives the square lattice, whose self-dual point is
    (e^{2K} + q − 1)/(2 e^K + q − 2) = 1 + √q with K = J q/(q − 1).
    """
    ratio = 1 + np.sqrt(states)
    weight = ratio + np.sqrt(ratio**2 - (states - 1) + (states - 2) * ratio)
    return float(np.log(weight)) * (states - 1) / states


_POTTS_3 = Universality(
    "3-state Potts", potts_coupling(3), 4 / 5, 2 / 15, 6 / 5, POTTS_3_DEGENERACY
)
_TWO_ISING = Universality(
    "two Ising copies", 2 * ISING_EXACT, 1.0, 1 / 8, 1.0, TWO_ISING_DEGENERACY
)
# By the name of the internal representation.
UNIVERSALITY = {
    "Z2:odd": Universality(
        "Ising", ISING_EXACT, ISING_CENTRAL_CHARGE, 1 / 8, ISING_THERMAL_EXPONENT, ISING_DEGENERACY
    ),
    "S3:standard": _POTTS_3,
    "Z3:1": _POTTS_3,
    "S4:standard": Universality("4-state Potts", potts_coupling(4), 1.0, 1 / 8, 3 / 2),
    "S5:standard": Universality("5-state Potts, first order", potts_coupling(5)),
    "Z4:1": _TWO_ISING,
    "D4:E": _TWO_ISING,
    "D4:E+B1": _TWO_ISING,
}


def universality(model: SpinModel) -> Universality | None:
    """Return what is exactly known of a model on its axis J0; None if nothing is.

    The axis has to be the same coupling on bonds of every direction, between components that take
    the values of one orbit.
    """
    known = UNIVERSALITY.get(name_of(model.internal) or "")
    bilinear: Any = SpinModel(model.internal, model.point, model.frame).couplings
    if known is None or model.states is not None or bilinear.dimension == 0:
        return None
    entries = bilinear.point_basis.arrays[0]
    if np.count_nonzero(entries) != 1:
        return None
    components = [
        name
        for name, size in zip(model.point.irreps, model.point.block_sizes, strict=True)
        for _ in range(size)
    ]
    source, target = (components[int(place[0])] for place in np.nonzero(entries))
    turn = {"A1": 1, "A2": 1, "B1": -1, "B2": -1}
    alone = SpinModel(model.internal, C4v(source)).spins
    same_orbit = len(alone) == len(SpinModel(model.internal, C4v("A1")).spins)
    return known if same_orbit and turn.get(source, 0) == turn.get(target, 2) else None


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
