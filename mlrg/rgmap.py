"""The RG map: one step of the renormalization group, whoever makes it.

Everything that is read off a flow (critical couplings, fixed points, exponents, Z, Δ, c, phases)
asks these few questions of a map. A *point* is what a step acts on: couplings ``(coupling,)``, or a
tensor. Bare couplings are those of the declared model on the Lieb lattice, unless a map says
otherwise.

A student is a value: ``Star(model)``, ``Tensor(model, states=8)``, ``Learned(…)``. `mlrg.registry`
names the families.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from mlrg.display import Result, numbers
from mlrg.errors import InputError
from mlrg.geometry import LIEB, SCALE, Contents
from mlrg.model import SpinModel

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

Point = Any


@dataclass(frozen=True, eq=False, repr=False)
class Step(Result):
    """Where one RG step leads; what else is known of it is computed when asked for.

    Attributes
    ----------
    point : Point
    shed, missed : callable
        Give `log_scale` and `cost`.
    """

    point: Point
    shed: Callable[[], float]
    missed: Callable[[], float]

    more = ("point", "log_scale", "cost")

    @property
    def title(self) -> str:
        """Where it leads."""
        point = self.point
        return f"Step to {numbers(point) if isinstance(point, np.ndarray) else repr(point)}"

    @cached_property
    def log_scale(self) -> float:
        """s in nats: ln Z for each fine block is s/2 plus half of that of a coarse one."""
        return self.shed()

    @cached_property
    def cost(self) -> float:
        """What the student misses of its teacher, in the map's unit (`RGMap.cost_name`)."""
        return self.missed()


class RingLevel(NamedTuple):
    """An eigenvalue λ of the transfer matrix of a ring, with what symmetry says of it.

    `multiplicity` states have it: the real multiplet of the irrep, times two for momenta ±k. The
    parity is that of the reflection, 0 where momentum leaves none.
    """

    log_size: float
    irrep: str
    momentum: int
    parity: int
    multiplicity: int


class Ring(Protocol):
    """The transfer matrix M of a ring of blocks; one row of `columns` blocks."""

    columns: int

    def log_trace(self, rows: int) -> float:
        """Return ln Tr M^rows in nats, the scale of the point left out."""

    def sizes(self, count: int) -> np.ndarray:
        """Return the largest ln|λ| in nats, every state, falling; at most `count`."""

    def levels(self, count: int) -> list[RingLevel]:
        """Return the largest eigenvalues, a multiplet as one, falling; at most `count`."""


class RingMultiplet(NamedTuple):
    """A level of momentum zero with its states.

    Attributes
    ----------
    log_size : float
        ln|λ| in nats, the scale of the point left out.
    irrep : str
        Of G.
    right, left : numpy.ndarray
        Eigenvectors, shapes ``(row, state)`` and ``(state, row)``, with left @ right the identity.
    """

    log_size: float
    irrep: str
    right: np.ndarray
    left: np.ndarray


class Sector(NamedTuple):
    """The linearised step on the perturbations of one irrep of G.

    Attributes
    ----------
    operator : array or LinearOperator
        Shape ``(perturbation, perturbation)``.
    repeats : int
        Times that every eigenvalue comes.
    unresolved : int
        Eigenvalues, the smallest, that mean nothing.
    """

    operator: "np.ndarray | LinearOperator"
    repeats: int = 1
    unresolved: int = 0


class Improvement(NamedTuple):
    """Newton's step towards a fixed point: how far the point is from its image, and a better one.

    The better point is computed when asked for; None where the step is not defined.
    """

    residual: float
    better: Callable[[], Point] | None


class RGMap(Protocol):
    """One RG step of a declared model; families of students derive from it.

    Attributes
    ----------
    model : SpinModel
    name : str
        Of the family, as in `mlrg.registry`.
    options : mapping
        What else declares the map, JSON-able.
    cost_name : str
        ``kl_bits`` or ``infidelity``.
    scale : float
        Factor by which a step rescales lengths.
    smallest_ring : int
        Columns of the smallest ring; Z is that of its square torus.
    settled : float
        Distance of Z from a whole number at which a flow has reached a phase.
    drifts : bool
        Whether errors of successive students add up, so that a critical flow is closest to the
        lattice where it first slows down, and not where it is slowest.
    brackets : tuple of float
        Widths of brackets of the critical coupling, tried in turn, from whose critical flow
        Newton's method starts.
    small : bool
        Whether matrices are so small that BLAS is better kept on one thread.
    contents : Contents or None
        What a block owns of the lattice of bare couplings; None where it is not known.
    seeks_near : bool
        Whether a step from a start depends on the points that it is sought near.
    twists : bool
        Whether rings of one column can be closed with an element of G (`twisted`).
    turns : bool
        Whether rows and columns of the lattice are alike; where they are not, `aspect` and
        `modular_parameter` tell them apart.
    coarser : RGMap or None
        A map of the same model that costs less, whose transition is close to this one's.
    smaller : RGMap or None
        The map with two thirds of the states, from which the error of truncation is told.
    """

    model: SpinModel
    name: str
    options: Mapping[str, object] = MappingProxyType({})
    cost_name: str
    scale: float = SCALE
    smallest_ring: int = 1
    settled: float = 1e-2
    drifts: bool = False
    brackets: tuple[float, ...] = (1e-5, 1e-9)
    small: bool = True
    contents: Contents | None = LIEB
    seeks_near: bool = False
    twists: bool = False
    turns: bool = True
    coarser: "RGMap | None" = None
    smaller: "RGMap | None" = None

    def start(self, couplings) -> Point:
        """Return the point of bare couplings ``(coupling,)``."""

    def left_out(self, point: Point) -> float:
        """Return ln of the factor that a start leaves out of its weights, in nats."""
        return 0.0

    def step(self, point: Point, near: Sequence[Point] = ()) -> Step:
        """Return the student of a teacher, sought near the given points if there are any.

        Raises
        ------
        NoAnswerError
            If the flow cannot go on from the point.
        """

    def ring(self, point: Point, columns: int) -> Ring:
        """Return the transfer matrix of a ring of blocks."""

    def columns(self, point: Point) -> int:
        """Return the columns of the ring that Δ and c are read from."""

    def aspect(self, point: Point) -> float:
        """Return Im τ of the blocks, the height of a row in units of the width of a block."""
        return 1.0

    def twisted(self, point: Point, element: Callable[[int], np.ndarray]) -> float:
        """Return the largest ln|λ| of a column whose closing bond carries an element of G.

        The element is given by its matrix on an irrep, by number. Only where `twists` says so.
        """

    def linearised(self, point: Point) -> dict[str, Sector]:
        """Return ∂R at a point by irrep of G; the invariant perturbations first."""

    def improve(self, point: Point, largest_step: float = 0.5) -> Improvement:
        """Make one step of Newton's method on R(p) − p.

        Raises
        ------
        NoAnswerError
            If there is no fixed point near by.
        """

    def simpler(self, point: Point) -> Point | None:
        """Return a fixed point without what is too small to be resolved; None as it is."""
        return None

    def require_meaning(self, point: Point) -> None:
        """Raise NoAnswerError where the map means nothing."""

    def report(self, point: Point) -> dict[str, object]:
        """Return ``couplings``, a list, or ``leg``, a text: what a point is."""


def bounded_newton(point, residual, slope, largest_step: float, cutoff: float = 1e-10):
    """Return couplings after Newton's step −slope⁻¹ residual, cut to `largest_step` in any."""
    step = np.linalg.lstsq(slope, residual, rcond=cutoff)[0]
    return point - step * min(1.0, largest_step / max(np.abs(step).max(), largest_step))


class Answer(NamedTuple):
    """R(J) of one set of couplings: couplings ``(coupling,)``, cost, ∂R/∂J ``(new, old)``."""

    couplings: np.ndarray
    cost: float
    jacobian: np.ndarray


class Trainable(RGMap, Protocol):
    """A map whose points are couplings ``(coupling,)``, which a moderator can learn.

    Attributes
    ----------
    dimension : int
        Number of couplings.
    gauge : GaugeGroup or alike
        `elements`, the gauge transformations as matrices on couplings, the identity first, and
        `is_signed_permutation()`.
    finer : RGMap or None
        The next map of a series that becomes exact, None where there is no such series.
    """

    dimension: int
    gauge: Any
    finer: RGMap | None = None

    @property
    def redundant(self) -> np.ndarray:
        """Directions of couplings that change no distribution, orthonormal rows, ``(k, coupling)``.

        What a moderator learns does not depend on them.
        """
        return np.zeros((0, self.dimension))

    @property
    def resolved(self) -> np.ndarray:
        """Projector on the couplings without those directions, ``(coupling, coupling)``."""
        return np.eye(self.dimension) - self.redundant.T @ self.redundant

    def axis(self, positions) -> np.ndarray:
        """Return `starts` of bare J0 alone, Eq. (20), shape ``(…, coupling)`` for ``(…)``."""
        positions = np.asarray(positions, dtype=float)
        bare = positions.reshape(-1, 1) * self.model.couplings.axis
        return self.starts(bare).reshape(*positions.shape, self.dimension)

    def starts(self, bare) -> np.ndarray:
        """Return `start` of bare couplings ``(point, bare coupling)``, ``(point, coupling)``."""

    def loss(self, teachers, students) -> tuple[np.ndarray, np.ndarray]:
        """Return what students miss, in nats ``(batch,)``, and its gradient in their couplings."""

    def shed(self, teacher, student) -> float:
        """Return s of a step from teacher to student (`Step.log_scale`)."""

    def rg_map(self, couplings) -> np.ndarray:
        """Return R(J) of couplings ``(batch, coupling)``, some gauge copy, same shape."""

    def exact(self, teacher) -> Answer:
        """Return the best student of one teacher, of several starts."""

    def box(self, config) -> tuple[np.ndarray, np.ndarray]:
        """Return the corners of the prior's box, ``(coupling,)`` each."""

    def price(self):
        """Return what one loss costs: `seconds`, and a text.

        Raises
        ------
        BudgetError
            If it cannot be had at all.
        """


def trainable(rgmap: RGMap) -> Trainable:
    """Return the map over couplings that a moderator learns in the place of a map.

    That is the map itself where its points are couplings.

    Raises
    ------
    InputError
        If there is none.
    """
    found: Any = rgmap if hasattr(rgmap, "axis") else getattr(rgmap, "couplings", None)
    if found is None:
        raise InputError(
            f"{rgmap!r} has no space of couplings, over which moderators are trained: choose the "
            "star, or tensors of power k = 0"
        )
    return found


def require_map(rgmap) -> None:
    """Refuse what is no RG map, with a sentence.

    Raises
    ------
    InputError
        If it does not make a step.
    """
    if not hasattr(rgmap, "step"):
        raise InputError(
            f"{rgmap!r} is no RG map: give a student of a model, such as mlrg.Star(model)"
        )
