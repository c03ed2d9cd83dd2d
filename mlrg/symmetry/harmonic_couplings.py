"""The pair family of spins on a circle or a sphere: one coupling for each harmonic of the angle.

The most general pair energy that O(2) or O(3) allows is a function of the angle u between two
spins, −ε = J_0 + J_1 cos u + J_2 cos 2u + … or J_0 + J_1 P_1(cos u) + J_2 P_2(cos u) + …; SO(2)
allows sines, too, one after each cosine. So many harmonics are taken as `HARMONICS` says.
"""

import numpy as np

from mlrg.errors import CouplingError
from mlrg.symmetry.arguments import finite_numbers
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.couplings import CouplingSpace, Projection
from mlrg.symmetry.representations import require_one_group

# Largest harmonic, in units of the smallest that the values of a spin have.
HARMONICS = 8
# Points by which functions of the angle are projected: exact for band-limited ones.
_POINTS = 256


class HarmonicCouplings:
    """The harmonics of the angle between a source and a target spin.

    Parameters
    ----------
    source, target : ContinuousSpins
        On one circle or sphere.
    frame : {"paper", "rotating"}
        Of no consequence: spins carry A1.

    Raises
    ------
    SpinSpaceError
        If spins take values on no circle and no sphere.
    """

    family = "pair"

    def __init__(self, source: ContinuousSpins, target: ContinuousSpins, frame: str = "rotating"):
        require_one_group(source.internal, target.internal)
        self.source, self.target, self.frame = source, target, frame
        self._charges = source.unit * np.arange(HARMONICS + 1)
        self._sines = source.group.name == "SO2"

    @property
    def labels(self) -> tuple[str, ...]:
        """Φ of each coupling as text, ``cos 2u`` or ``P2``."""
        if self.source.shape == "sphere":
            return tuple(f"P{charge}" for charge in self._charges)
        found = ["1"]
        for charge in self._charges[1:]:
            found += [f"{name} {charge}u" for name in ("cos", "sin")[: 1 + self._sines]]
        return tuple(found)

    @property
    def dimension(self) -> int:
        """Number of couplings, the constant energy among them."""
        return len(self.labels)

    def profile(self, angles) -> np.ndarray:
        """Return Φ_d at angles between source and target, shape ``(coupling, angle)``."""
        angles = np.asarray(angles, dtype=float)
        if self.source.shape == "sphere":
            # Loaded late, as in `continuous_spins`.
            from scipy.special import eval_legendre

            return np.array([eval_legendre(charge, np.cos(angles)) for charge in self._charges])
        rows = [np.ones(len(angles))]
        for charge in self._charges[1:]:
            rows.append(np.cos(charge * angles))
            if self._sines:
                rows.append(np.sin(charge * angles))
        return np.array(rows)

    @property
    def features(self):
        """Raises SpinSpaceError: values of spins are not listed."""
        return self.source.values

    @property
    def axis(self) -> np.ndarray:
        """The couplings of the bilinear model's bare coupling J0 = 1, shape ``(coupling,)``."""
        bilinear = CouplingSpace(self.source, self.target, self.frame)
        return self.coordinates(lambda angles: bilinear.profile(angles)[0])

    def project(self, function) -> Projection:
        """Return the couplings of a function of the angle, and what they leave of it.

        Parameters
        ----------
        function : callable
            From angles ``(angle,)`` to minus the energy of a pair.

        Returns
        -------
        Projection
            The rest at 256 points: equally spaced angles of a circle, those of a Gauss-Legendre
            rule of a sphere.
        """
        if self.source.shape == "circle":
            angles, weights = 2 * np.pi * np.arange(_POINTS) / _POINTS, np.full(_POINTS, 1.0)
        else:
            nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
            angles = np.arccos(nodes)
        given = finite_numbers(function(angles), (_POINTS,), "energies of a pair")
        rows = self.profile(angles)
        couplings = (rows * weights) @ given / ((rows**2) @ weights)
        return Projection(couplings, given - couplings @ rows)

    def coordinates(self, function, tolerance: float = 1e-9) -> np.ndarray:
        """Return the couplings of a function of the angle, shape ``(coupling,)``.

        Raises
        ------
        CouplingError
            If harmonics up to the largest do not make it up.
        """
        couplings, rest = self.project(function)
        left = np.abs(rest).max()
        if left > tolerance * max(np.abs(couplings).max(), left):
            raise CouplingError(
                f"{HARMONICS} harmonics leave {left:.3g} of this function of the angle: give one "
                "that is smoother"
            )
        return couplings

    @property
    def text(self) -> str:
        """The energy of a pair in characters, u the angle between its spins."""
        terms = [
            f"J{d}" + ("" if label == "1" else f" {label}") for d, label in enumerate(self.labels)
        ]
        return "−ε = " + " + ".join(terms)

    def __str__(self):
        return self.text

    def __len__(self):
        return self.dimension

    def __repr__(self):
        return f"HarmonicCouplings({self.source!r}, {self.target!r}, {self.frame!r})"
