"""A declared model: internal representation, point representation, spin space, couplings, frame."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from mlrg.display import Value
from mlrg.errors import BudgetError, InputError, SpinSpaceError, UnknownNameError
from mlrg.geometry import CORNERS, DIAGONAL_MIRROR, POINT_ORDER, STILL, TURN, CornerSymmetry
from mlrg.names import FAMILIES, FRAMES
from mlrg.symmetry.arguments import instance
from mlrg.symmetry.catalogue import parse_internal
from mlrg.symmetry.class_functions import class_couplings, class_names
from mlrg.symmetry.compact_groups import CompactGroup
from mlrg.symmetry.continuous_spins import ContinuousSpins
from mlrg.symmetry.coupling_spaces import coupling_space
from mlrg.symmetry.couplings import CouplingSpace, PairCouplings
from mlrg.symmetry.gauge import ORDER_LIMIT, AntipodalGauge, GaugeGroup
from mlrg.symmetry.harmonic_couplings import HarmonicCouplings
from mlrg.symmetry.permutations import compose
from mlrg.symmetry.point_group import C4v, PointRepresentation
from mlrg.symmetry.real_forms import real_form
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.spins import STATE_LIMIT, SpinSpace


class RealFormWarning(UserWarning):
    """Spins carry the real form of a complex representation that was declared."""


@dataclass(frozen=True, repr=False)
class SpinModel(Value):
    """One statistical model on the Lieb lattice, declared by its symmetry alone.

    Parameters
    ----------
    internal : Representation or str
        What a spin carries under the internal group G; a name such as ``"S3:standard"`` is read as
        on the command line. A complex representation is brought to its real form, with a
        `RealFormWarning` that says so.
    point : PointRepresentation or str
        What a spin carries under C4v, such as ``"A1+E"``.
    frame : {"rotating", "paper"}
        How the mirror acts on a source spin; ``rotating`` follows the 45° turn of the lattice,
        ``paper`` reproduces Eqs. (16)–(18) as printed.
    family : {"bilinear", "pair"}
        Bilinear couplings (Eq. 4) or one coupling for each orbit of pairs.
    states : tuple of vectors, optional
        Spin values; by default the product of the component orbits.

    Examples
    --------
    >>> import mlrg
    >>> model = mlrg.SpinModel("Z2:odd", "A1+E", frame="paper")
    >>> print(model.couplings)
    [ J0 │ J1   0 ]
    [ ───┼─────── ]
    [ J2 │ J3   0 ]
    [  0 │  0  J4 ]
    """

    internal: Representation
    point: PointRepresentation
    frame: str = "rotating"
    family: str = "bilinear"
    states: tuple | None = None

    def __post_init__(self):
        if isinstance(self.internal, str):
            object.__setattr__(self, "internal", parse_internal(self.internal))
        if isinstance(self.point, str):
            object.__setattr__(self, "point", C4v(self.point))
        instance(self.internal, Representation, "a representation", InputError)
        instance(self.point, PointRepresentation, "a representation of C4v", InputError)
        if not self.internal.is_real:
            real = real_form(self.internal)
            warnings.warn(
                f"a complex representation of dimension {self.internal.dimension} was declared: "
                f"spins carry its real form, of dimension {real.dimension}",
                RealFormWarning,
                stacklevel=3,
            )
            object.__setattr__(self, "internal", real)
        for what, value, choices in (
            ("frame", self.frame, FRAMES),
            ("family", self.family, FAMILIES),
        ):
            if value not in choices:
                raise UnknownNameError(
                    f"{what} {value!r} does not exist: choose {' or '.join(choices)}"
                )
        if self.states is not None:
            if self.is_continuous:
                raise SpinSpaceError(
                    f"{len(self.states)} spin states were declared for {self.internal.group.name}: "
                    "no finite set is closed under a continuous group; leave them out"
                )
            # Declared states are proved closed at once; default ones are built when asked for.
            _ = self.spins

    @property
    def is_continuous(self) -> bool:
        """Whether G is a continuous group, so that spins take a continuum of values."""
        return isinstance(self.internal.group, CompactGroup)

    @cached_property
    def spins(self) -> SpinSpace | ContinuousSpins:
        """The values of one spin."""
        if self.is_continuous:
            return ContinuousSpins(self.internal, self.point)
        return SpinSpace(self.internal, self.point, self.states)

    def clock(self, points: int) -> "SpinModel":
        """Return the model of a circle's spins at so many equally spaced angles.

        What lists states, such as the star, takes it. Sums over M angles are integrals up to
        harmonics of order M, of relative size I_M(4J)/I_0(4J) in a block: below 1e-12 for M = 24 up
        to J = 1.8. At large couplings a clock is no circle: it orders, and a circle does not.

        Raises
        ------
        SpinSpaceError
            If G is finite, spins take values on no circle, or there are too few points.
        """
        if not self.is_continuous:
            raise SpinSpaceError(
                f"a clock was asked for spins of {self.internal.group.name}, which are finite in "
                "number: take the model as it is"
            )
        return SpinModel(self.spins.clock(points), self.point, self.frame)

    @cached_property
    def couplings(self) -> CouplingSpace | PairCouplings | HarmonicCouplings:
        """Every coupling that the symmetry allows on the representative bond."""
        return coupling_space(self.spins, self.spins, self.frame, self.family)

    def couplings_to(
        self, hidden: "SpinModel"
    ) -> CouplingSpace | PairCouplings | HarmonicCouplings:
        """Return the couplings of a student whose corners are this model's spins and whose
        centre is a spin of `hidden`, in this model's frame and family."""
        return coupling_space(self.spins, hidden.spins, self.frame, self.family)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """Conjugacy class of x⁻¹y of each coupling, where spins have values x, y in a group."""
        return class_names(self.couplings)

    def class_couplings(self, function: Callable) -> tuple[float, ...]:
        """Return the couplings of ln w(x, y) = f(x⁻¹y) of spins with values in a group.

        A direction for `mlrg.critical`: with f = `mlrg.cycles` positions on the ray are ln D of
        random tensor networks.

        Parameters
        ----------
        function : callable
            f, from an element as a permutation to a number, the same on every conjugacy class.

        Raises
        ------
        SpinSpaceError
            If spins have no values in a group.
        CouplingError
            If f is no class function, or a value is no finite number.
        """
        if self.is_continuous:
            raise SpinSpaceError(
                f"class functions were asked of spins of {self.internal.group.name}: they need "
                "values in a finite group, such as S3:two-sided"
            )
        return class_couplings(self.couplings, function)

    @cached_property
    def gauge(self) -> GaugeGroup:
        """The relabellings of spin components that change couplings but no physics."""
        return (AntipodalGauge if self.is_continuous else GaugeGroup)(self.couplings)

    def summary(self) -> str:
        """Return states, couplings, gauge order and the cost of exact enumeration as text."""
        lines = [f"internal   {self.internal!r}"]
        if not self.internal.is_orthogonal:
            lines.append(
                "basis      not orthonormal; mlrg.symmetry.orthogonal_form finds one that is"
            )
        lines.append(f"point      {self.point.name}, {self.frame} frame")
        counted = f"couplings  {self.couplings.dimension}, {self.family}"
        if self.is_continuous:
            return "\n".join([*lines, "states     a continuum", counted, self.couplings.text])
        states = len(self.spins)
        if states > STATE_LIMIT:
            copies = f"not counted for more than {STATE_LIMIT} states;"
        else:
            try:
                copies = str(self.gauge.order)
            except BudgetError:
                copies = f"more than {ORDER_LIMIT}"
        orbits = states**CORNERS / (POINT_ORDER * self.internal.group.order)
        lines += [
            f"states     {states} a spin, {states**CORNERS} corner configurations "
            f"(at least {ceil(orbits)} orbits)",
            counted,
            f"gauge      {copies} copies of a generic coupling",
            self.couplings.text,
        ]
        return "\n".join(lines)

    @property
    def teacher_symmetries(self) -> list[CornerSymmetry]:
        """Generators of the corner symmetries of the teacher: G, the turn, the diagonal mirror.

        Corners are targets of the fine lattice, where the diagonal mirror is C4·σ in either frame.
        """
        spins = self.spins
        return [*self._internal_and_turn, (DIAGONAL_MIRROR, compose(spins.rotation, spins.mirror))]

    @property
    def student_symmetries(self) -> list[CornerSymmetry]:
        """Generators of the corner symmetries of the student: G, the turn, the mirror of its bonds.

        Corners are sources of the coarse lattice, whose mirror depends on the frame.
        """
        spins = self.spins
        turned = compose(spins.rotation, spins.mirror)
        mirror = spins.mirror if self.frame == "paper" else turned
        return [*self._internal_and_turn, (DIAGONAL_MIRROR, mirror)]

    @property
    def _internal_and_turn(self) -> list[CornerSymmetry]:
        return [
            *((STILL, action) for action in self.spins.internal_actions),
            (TURN, self.spins.rotation),
        ]
