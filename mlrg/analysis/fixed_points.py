"""Fixed points of an RG map and their exponents, by Newton's method on R(p) − p.

The eigenvalues e_k of the linearised step give y_k = ln|e_k| / ln √2, because a step rescales
lengths by √2. In the sector of the trivial irrep they belong to couplings that symmetry allows, y_t
among them; the first of the order parameter's irrep is y_h.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigs

from mlrg.analysis.critical import critical
from mlrg.analysis.kosterlitz import CriticalPhase
from mlrg.analysis.rays import Ray
from mlrg.analysis.readings import Read, Reading
from mlrg.analysis.transition import Transition
from mlrg.display import Result, numbers
from mlrg.errors import NoAnswerError
from mlrg.geometry import exponents as exponents_of
from mlrg.rgmap import Point, RGMap, Sector, require_map
from mlrg.threads import one_blas_thread

_TOLERANCE, _STEPS = 1e-11, 50
# Steps of the critical flow, those with the smallest moves first, that Newton's method starts from.
_STARTS = 6
# Nearer to a whole number than this share of `RGMap.settled`, Z says that a fixed point is a phase.
_IN_PHASE = 0.1
# Largest linear problem that is written down, and exponents that are read off a larger one.
_DENSE, _COUNT = 400, 4
# Distance within which a simpler fixed point takes the place of one that was found.
_SAME = 2e-3


@dataclass(frozen=True, eq=False, repr=False)
class FixedPoint(Read, Result):
    """A point that one RG step maps to itself.

    Attributes
    ----------
    rgmap : RGMap
    point : Point
    residual : float
        Largest change of any component in one step.
    newton_steps : int
        Steps of Newton's method that it took.
    """

    rgmap: RGMap
    point: Point
    residual: float
    newton_steps: int

    more = (
        *("exponents", "exponents_by_irrep", "kind", "degeneracy", "scaling_dimensions"),
        *("central_charge", "levels", "cost", "point"),
    )

    @property
    def title(self) -> str:
        """Whose fixed point it is."""
        return f"Fixed point of {self.rgmap!r}"

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Where it is and how well the step keeps it."""
        where = [
            (name, value if isinstance(value, str) else numbers(value))
            for name, value in self.rgmap.report(self.point).items()
            if value is not None
        ]
        return [*where, ("residual", f"{self.residual:.1e} after {self.newton_steps} Newton steps")]

    @cached_property
    def _step(self):
        return self.rgmap.step(self.point, (self.point,))

    @property
    def cost(self) -> float:
        """What the student of the step misses, in the map's unit."""
        return self._step.cost

    @cached_property
    def best_cost(self) -> float:
        """Smallest cost of several other starts.

        Below `cost` if the fixed point belongs to a local minimum of the student.
        """
        return self.rgmap.step(self.point).cost

    @cached_property
    def reading(self) -> Reading:
        """Z, Δ and c; each step sheds the same, so that f = s."""
        return Reading(self.rgmap, self.point, self._step.log_scale)

    @property
    def couplings(self) -> np.ndarray:
        """The point, where it is a set of couplings ``(coupling,)``."""
        return np.asarray(self.point)

    @cached_property
    def exponents_by_irrep(self) -> dict[str, np.ndarray]:
        """y_k of the perturbations of each irrep of G, largest first."""
        with one_blas_thread(self.rgmap.small):
            sectors = self.rgmap.linearised(self.point)
            return {name: sector_exponents(sector) for name, sector in sectors.items()}

    @property
    def exponents(self) -> np.ndarray:
        """y_k of the couplings that symmetry allows, largest first.

        −inf for a direction that one step erases, NaN for one in which the cost of the student has
        no curvature, so that its exponent is not resolved.
        """
        return next(iter(self.exponents_by_irrep.values()))

    @property
    def kind(self) -> str:
        """``stable``, ``critical`` or ``multicritical``; see `kind`."""
        return kind(self.exponents)


def kind(exponents: Sequence[float] | np.ndarray) -> str:
    """Return ``stable``, ``critical`` or ``multicritical`` by the number of y_k > 0."""
    relevant = int((np.asarray(exponents) > 1e-6).sum())
    return ("stable", "critical", "multicritical")[min(relevant, 2)]


def sector_exponents(sector: Sector, count: int = _COUNT) -> np.ndarray:
    """Return y_k of a sector, largest first; the `count` largest where it is a large operator."""
    operator, repeats, unresolved = sector
    if not isinstance(operator, LinearOperator):
        values = np.linalg.eigvals(operator)
    elif operator.shape[0] <= _DENSE:
        values = np.linalg.eigvals(operator @ np.eye(operator.shape[0]))
        values = values[np.argsort(-np.abs(values))][: count * repeats]
    else:
        begin = operator @ np.random.default_rng(0).normal(size=operator.shape[0])
        values = eigs(operator, k=count * repeats, v0=begin, return_eigenvectors=False, tol=1e-9)
    found = np.sort(exponents_of(values))[::-1][::repeats]
    if isinstance(operator, LinearOperator):
        return found[np.isfinite(found)]
    found[len(found) - unresolved :] = np.nan
    return found


def newton(
    rgmap: RGMap,
    start: Point,
    tolerance: float = _TOLERANCE,
    steps: int = _STEPS,
    largest_step: float = 0.5,
) -> FixedPoint:
    """Return the fixed point near a start, by Newton's method (Eq. 24 for a learned flow).

    Parameters
    ----------
    rgmap : RGMap
    start : Point
    tolerance : float
        Largest change of a component in one RG step at which to stop.
    steps : int
        Newton steps at most.
    largest_step : float
        Bound on a Newton step in any coupling.

    Raises
    ------
    NoAnswerError
        If the residual does not fall below the tolerance.
    """
    require_map(rgmap)
    with one_blas_thread(rgmap.small):
        found = _converged(rgmap, start, tolerance, steps, largest_step)
        simpler = rgmap.simpler(found.point)
        if simpler is None:
            return found
        try:
            other = _converged(rgmap, simpler, tolerance, steps, largest_step)
        except NoAnswerError:
            return found
        return other if np.abs(other.point - found.point).max() < _SAME else found


def _converged(rgmap, point, tolerance, steps, largest_step) -> FixedPoint:
    for count in range(steps + 1):
        residual, better = rgmap.improve(point, largest_step)
        if residual < tolerance:
            return FixedPoint(rgmap, point, residual, count)
        if better is None or count == steps:
            break
        point = better()
    other = ", or keep another number of states" if "states" in rgmap.options else ""
    raise NoAnswerError(
        f"Newton's method found no fixed point of the RG map (residual {residual:.2g} after "
        f"{count} steps): start closer to one{other}"
    )


def critical_fixed_point(found: Transition | CriticalPhase) -> FixedPoint:
    """Return the fixed point that the critical flow of a transition passes.

    Newton's method starts where the flow moves least before it falls into a phase.

    Raises
    ------
    NoAnswerError
        If the flow does not linger anywhere, or Newton's method ends elsewhere.
    """
    if found.unread:
        raise NoAnswerError(found.unread)
    if isinstance(found, CriticalPhase):
        raise NoAnswerError(
            f"{found.coupling:.6g} is the end of a critical phase, a line of fixed points of which "
            "none is isolated: critical has what is read at its ends"
        )
    points = found.flow.points
    return _first(
        found.slowest[:_STARTS],
        lambda step: critical_point_near(found.rgmap, points[step], found.coupling),
    )


def critical_point_near(rgmap: RGMap, point: Point, coupling: float) -> FixedPoint:
    """Return the critical fixed point near a point of the flow from a critical coupling.

    Raises
    ------
    NoAnswerError
        If Newton's method finds none, ends in a phase, or where the map means nothing.
    """
    found = newton(rgmap, point)
    rgmap.require_meaning(found.point)
    if abs(found.degeneracy - round(found.degeneracy)) < _IN_PHASE * rgmap.settled:
        raise NoAnswerError(
            f"Newton's method from the critical flow at {coupling:.6g} fell into the phase of "
            f"degeneracy {round(found.degeneracy)}: no critical fixed point was found"
        )
    return found


def _first(choices: Sequence, answer: Callable):
    """Return the answer of the first choice that has one; raise what the first one raised."""
    failure = None
    for choice in choices:
        try:
            return answer(choice)
        except NoAnswerError as error:
            failure = failure or error
    raise failure or NoAnswerError("there is nothing to start from")


def fixed_point(
    rgmap: RGMap,
    low: float | None = None,
    high: float | None = None,
    along: Ray | Sequence[float] | None = None,
) -> FixedPoint:
    """Return the unstable fixed point that the critical flow of a map passes.

    The critical coupling is bisected as by `critical`, to the widths that the map asks for;
    Newton's method starts where the critical flow lingers.

    Raises
    ------
    NoAnswerError
        If there is no transition on the ray, or the critical flow leads to no fixed point.
    InputError, BudgetError
        As `critical`.

    Examples
    --------
    >>> import mlrg
    >>> point = mlrg.fixed_point(mlrg.Star(mlrg.SpinModel("Z2:odd", "A1")))
    >>> point.kind, point.exponents.round(4)
    ('critical', array([0.8804]))
    """
    require_map(rgmap)
    return _first(
        rgmap.brackets,
        lambda width: critical_fixed_point(critical(rgmap, low, high, along, width)),
    )
