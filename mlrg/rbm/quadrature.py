"""Blocks of continuous spins: integrals over a circle or a sphere as sums over points with weights.

Spins take the points of a rule that is exact for harmonics up to a degree: equally spaced angles of
a circle, Lebedev's points of a sphere. The rest is as for finite spins, with the weight of a point
as its measure, and with the symmetries of the points, turns and mirrors of a regular polygon or of
the cube, in place of G. The spins of a block appear in products of four bonds at most,

    Π_i e^{f(x_i, z)},      with harmonics as e^{4f} has at most,

so that the share that e^{4f} has beyond the degree bounds the error; relative errors of KL and
slopes are smaller, by a factor of a thousand where the share is small. Of a few rules the smallest
is taken that leaves next to nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.integrate import lebedev_rule

from mlrg.errors import NoAnswerError
from mlrg.geometry import CORNERS, DIAGONAL_MIRROR, STILL, TURN, inverse_turns
from mlrg.model import SpinModel
from mlrg.rbm.block import Block, as_couplings, require_couplings
from mlrg.rbm.expansion import Harmonics
from mlrg.rbm.orbits import generate
from mlrg.symmetry.continuous_spins import ContinuousSpins

# Degrees of the rules, the largest first left to couplings that need it. Those of a sphere are the
# smallest of Lebedev's whose weights are positive.
_DEGREES = {"circle": (15, 31, 63), "sphere": (7, 11, 15, 17)}
# Share of e^{4f} beyond the degree that is nothing, one to begin with, and one that is too much.
_NOTHING, _COARSE, TOO_MUCH = 1e-8, 1e-1, 1e-3
# Turns by a quarter about two axes and the inversion generate the symmetries of the cube.
_CUBE = (
    np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]]),
    np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]),
    -np.eye(3, dtype=int),
)


@dataclass(frozen=True, eq=False)
class Rule:
    """Points of a circle or a sphere, with weights that sum to one.

    Attributes
    ----------
    points : numpy.ndarray
        Unit vectors, shape ``(point, component)``; of a circle at the angle times the unit.
    angles : numpy.ndarray
        Angle of each source from each target, shape ``(point, point)``.
    weights : numpy.ndarray
        Shape ``(point,)``.
    symmetries : tuple
        Permutations of the points that generate those which energies are invariant under.
    """

    points: np.ndarray
    angles: np.ndarray
    weights: np.ndarray
    symmetries: tuple[tuple[int, ...], ...]


def _circle(degree: int, unit: int, mirrored: bool) -> Rule:
    points = degree + 1
    places = np.arange(points)
    turns = [(places + 1) % points, -places % points][: 1 + mirrored]
    steps = places[:, None] - places[None, :]
    around = 2 * np.pi / points * places
    return Rule(
        np.stack([np.cos(around), np.sin(around)], axis=1),
        2 * np.pi / (points * unit) * steps,
        np.full(points, 1 / points),
        tuple(tuple(turn.tolist()) for turn in turns),
    )


def _sphere(degree: int) -> Rule:
    points, weights = lebedev_rule(degree)
    # Cosines of opposite points would otherwise pass one by rounding.
    cosines = np.clip(points.T @ points, -1.0, 1.0)
    symmetries = []
    for matrix in _CUBE:
        moved = matrix @ points
        apart = np.abs(moved[:, :, None] - points[:, None, :]).max(axis=0)
        symmetries.append(tuple(apart.argmin(axis=1).tolist()))
    return Rule(points.T, np.arccos(cosines), weights / weights.sum(), tuple(symmetries))


def _rule(spins: ContinuousSpins, unit: int, degree: int) -> Rule:
    if spins.shape == "circle":
        return _circle(degree, unit, spins.group.name == "O2")
    return _sphere(degree)


@dataclass(frozen=True, kw_only=True)
class QuadratureBlock(Block):
    """The block of a rule, and what sampling between its points needs.

    Attributes
    ----------
    points : numpy.ndarray
        As of the rule.
    teacher_series, student_series : numpy.ndarray
        Φ[d] as `Harmonics.series`, shape ``(coupling, harmonic, 2)``.
    """

    points: np.ndarray
    teacher_series: np.ndarray
    student_series: np.ndarray


@dataclass(frozen=True, eq=False)
class Quadratures:
    """The blocks of a model of continuous spins, by the degree of the rule.

    Attributes
    ----------
    model : SpinModel
        Of corners and edges, spins on a circle or a sphere.
    hidden : SpinModel
        Of the centre.

    Raises
    ------
    SpinSpaceError
        If spins take values on no circle and no sphere.
    InputError
        If the symmetry allows no coupling at all.
    """

    model: SpinModel
    hidden: SpinModel

    def __post_init__(self):
        _ = self.model.spins.charges, self.hidden.spins.charges
        require_couplings(self.model, self.hidden)
        object.__setattr__(self, "_blocks", {})

    @cached_property
    def _spaces(self):
        return self.model.couplings, self.model.couplings_to(self.hidden)

    @cached_property
    def _unit(self) -> int:
        """Of the charges of both kinds of spins."""
        return int(np.gcd(self.model.spins.unit, self.hidden.spins.unit))

    @cached_property
    def _harmonics(self) -> Harmonics:
        return Harmonics(self.model.spins.shape, self._unit)

    @cached_property
    def _profiles(self) -> list[np.ndarray]:
        """Φ[d] of teacher and student at the angles of the harmonics."""
        return [space.profile(self._harmonics.angles) for space in self._spaces]

    @cached_property
    def _series(self) -> list[np.ndarray]:
        return [self._harmonics.series(profile) for profile in self._profiles]

    @property
    def degrees(self) -> tuple[int, ...]:
        """Of the rules that there are, rising."""
        return _DEGREES[self.model.spins.shape]

    @property
    def largest(self) -> Block:
        """The block of the largest rule."""
        return self.block(self.degrees[-1])

    def block(self, degree: int) -> Block:
        """Return the block whose spins take the points of a rule."""
        if degree not in self._blocks:
            rule = _rule(self.model.spins, self._unit, degree)
            teacher, student = (
                space.profile(rule.angles.ravel()).reshape(-1, *rule.angles.shape)
                for space in self._spaces
            )
            still = tuple(range(len(rule.weights)))
            symmetries = [
                *((STILL, action) for action in rule.symmetries),
                (TURN, still),
                (DIAGONAL_MIRROR, still),
            ]
            turns = inverse_turns(np.array(still))
            self._blocks[degree] = QuadratureBlock(
                *(teacher, student, turns, turns),
                frozenset(generate(symmetries, len(still))),
                (rule.weights, rule.weights),
                points=rule.points,
                teacher_series=self._series[0],
                student_series=self._series[1],
            )
        return self._blocks[degree]

    def truncation(self, teacher, student=None, degree: int | None = None) -> float:
        """Return the share of e^{4f} in harmonics beyond the degree of a rule.

        Parameters
        ----------
        teacher, student : array
            Couplings, shape ``(coupling,)`` or ``(batch, coupling)``; the largest share of all.
        degree : int, optional
            That of the largest rule unless given.
        """
        return self._shares(teacher, student)[self.degrees[-1] if degree is None else degree]

    def _shares(self, teacher, student=None) -> dict[int, float]:
        """Return the share of e^{4f} beyond the degree of every rule, the largest of all sets."""
        beyond = []
        for space, profile, rows, side in zip(
            self._spaces,
            self._profiles,
            (teacher, student),
            ("teacher", "student"),
            strict=True,
        ):
            if rows is None:
                continue
            logs = CORNERS * (as_couplings(rows, space.dimension, side) @ profile)
            sizes = np.abs(self._harmonics.coefficients(logs)[0]) * self._harmonics.multiplicities
            beyond.append(sizes / sizes[:, :1])
        shares, charges = np.concatenate(beyond), self._harmonics.charges
        unit = self._unit if self.model.spins.shape == "circle" else 1
        return {
            degree: float(shares[:, charges > degree * unit].sum(axis=1).max())
            for degree in self.degrees
        }

    def at(self, teacher, student=None) -> Block:
        """Return the block of the rule of `degree`."""
        return self.block(self.degree(teacher, student))

    def coarse(self, teacher) -> Block:
        """Return the block of the smallest rule by which a search for a student can begin."""
        shares = self._shares(teacher)
        for degree in self.degrees[:-1]:
            if shares[degree] < _COARSE:
                return self.block(degree)
        return self.at(teacher)

    def degree(self, teacher, student=None) -> int:
        """Return the degree of the smallest rule that leaves next to nothing out.

        Of students alone, which a search or a training may take anywhere, the largest rule takes
        what it cannot resolve.

        Raises
        ------
        NoAnswerError
            If the largest rule leaves out too much of the teacher's weights.
        """
        shares = self._shares(teacher, student)
        for degree in self.degrees:
            if shares[degree] < _NOTHING:
                return degree
        left = self.truncation(teacher)
        if left > TOO_MUCH:
            size = np.abs(teacher).max()
            raise NoAnswerError(
                f"spins at couplings as large as {size:.4g} are aligned so closely that the "
                f"{self.largest.states} points that stand for a "
                f"{self.model.spins.shape} leave out a share of {left:.1g} of their weights, more "
                f"than {TOO_MUCH:g}: stay at smaller couplings, or use tensor students "
                "(--student tensor)"
            )
        return self.degrees[-1]
