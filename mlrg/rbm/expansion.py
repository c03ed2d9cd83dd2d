"""Functions of the angle between two spins on a circle or a sphere, expanded in harmonics.

    w(u) = Σ_k (2 − δ_k0) ŵ_k e^{iku}   or   Σ_l (2l + 1) ŵ_l P_l(cos u)

in a measure of one, so that ŵ of a convolution is the product of the ŵ of its factors.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.special import eval_legendre

# Points of a function, far more than it has harmonics, and the harmonics that are looked at.
_POINTS = 512
_COUNT = _POINTS // 2 + 1


@dataclass(frozen=True)
class Harmonics:
    """The harmonics of a circle or a sphere whose charges or spins are multiples of a unit.

    Attributes
    ----------
    shape : {"circle", "sphere"}
    unit : int
    """

    shape: str
    unit: int = 1

    @cached_property
    def angles(self) -> np.ndarray:
        """Where functions are given, ``(point,)``."""
        if self.shape == "sphere":
            return np.arccos(_legendre(self.unit)[0])
        return 2 * np.pi / self.unit * np.arange(_POINTS) / _POINTS

    @cached_property
    def charges(self) -> np.ndarray:
        """Charges or spins of the harmonics, ``(harmonic,)``."""
        if self.shape == "sphere":
            return np.arange(0, _COUNT, self.unit)
        return self.unit * np.arange(_COUNT)

    @cached_property
    def multiplicities(self) -> np.ndarray:
        """Number of harmonics of each charge or spin, ``(harmonic,)``."""
        charges = self.charges
        return 2 * charges + 1 if self.shape == "sphere" else np.where(charges > 0, 2, 1)

    def coefficients(self, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ŵ of w = e^{logs} over its largest value, and the logarithm of that.

        Parameters
        ----------
        logs : numpy.ndarray
            At `angles`, shape ``(…, point)``.

        Returns
        -------
        coefficients : numpy.ndarray
            Shape ``(…, harmonic)``, complex for a circle.
        largest : numpy.ndarray
            Shape ``(…)``.
        """
        largest = logs.max(axis=-1)
        return self.transform(np.exp(logs - largest[..., None])), largest

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Return ŵ of w at `angles`, from shape ``(…, point)`` to ``(…, harmonic)``."""
        if self.shape == "circle":
            return np.fft.rfft(values, norm="forward")
        _, weights, rows = _legendre(self.unit)
        return (values * weights) @ rows

    def series(self, values: np.ndarray) -> np.ndarray:
        """Return a_k of cos ku, or of P_k, and b_k of sin ku, up to the last that is not zero.

        Parameters
        ----------
        values : numpy.ndarray
            A function at `angles`, shape ``(…, point)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(…, harmonic, 2)``.
        """
        coefficients = self.transform(values)
        size = np.abs(coefficients).reshape(-1, coefficients.shape[-1]).max(axis=0)
        # Before their number multiplies rounding, which is the same at every degree.
        last = np.flatnonzero(size > 1e-12 * size.max()).max(initial=0)
        found = self.multiplicities * coefficients
        found = np.stack([found.real, -found.imag], axis=-1)
        return found[..., : last + 1, :]

    def values(self, coefficients: np.ndarray) -> np.ndarray:
        """Return w at `angles`, ``(…, point)``, from its coefficients ``(…, harmonic)``."""
        if self.shape == "circle":
            return np.fft.irfft(coefficients, _POINTS, norm="forward")
        return (coefficients * self.multiplicities) @ _legendre(self.unit)[2].T


@lru_cache(maxsize=4)
def _legendre(unit: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes and weights of a Gauss-Legendre rule, of measure one, and P_l there, ``(node, l)``."""
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    rows = np.stack([eval_legendre(spin, nodes) for spin in range(0, _COUNT, unit)], axis=1)
    return nodes, 0.5 * weights, rows
