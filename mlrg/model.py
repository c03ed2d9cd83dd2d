"""A declared model: internal representation, point representation, spin space, couplings, frame."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from mlrg.errors import BudgetError, UnknownNameError
from mlrg.symmetry.couplings import (
    FAMILIES,
    FRAMES,
    CouplingSpace,
    PairCouplings,
    coupling_space,
)
from mlrg.symmetry.gauge import ORDER_LIMIT, GaugeGroup
from mlrg.symmetry.groups import compose
from mlrg.symmetry.point_group import PointRepresentation
from mlrg.symmetry.representations import Representation
from mlrg.symmetry.spins import SpinSpace

# A lattice symmetry of the four corners: where each corner goes, and what its spin state becomes.
CornerSymmetry = tuple[tuple[int, ...], tuple[int, ...]]

_TURN = (1, 2, 3, 0)
_DIAGONAL_MIRROR = (0, 3, 2, 1)


@dataclass(frozen=True)
class SpinModel:
    """One statistical model on the Lieb lattice, declared by its symmetry alone.

    Parameters
    ----------
    internal : Representation
        What a spin carries under the internal group G.
    point : PointRepresentation
        What a spin carries under C4v, such as ``C4v("A1+E")``.
    frame : {"rotating", "paper"}
        How the mirror acts on a source spin; ``rotating`` follows the 45° turn of the lattice,
        ``paper`` reproduces Eqs. (16)–(18) as printed.
    family : {"bilinear", "pair"}
        Bilinear couplings (Eq. 4) or one coupling for each orbit of pairs.
    states : tuple of vectors, optional
        Spin values; by default the product of the component orbits.
    """

    internal: Representation
    point: PointRepresentation
    frame: str = "rotating"
    family: str = "bilinear"
    states: tuple | None = None

    def __post_init__(self):
        for what, value, choices in (
            ("frame", self.frame, FRAMES),
            ("family", self.family, FAMILIES),
        ):
            if value not in choices:
                raise UnknownNameError(
                    f"{what} {value!r} does not exist: choose {' or '.join(choices)}"
                )

    @cached_property
    def spins(self) -> SpinSpace:
        """The values of one spin."""
        return SpinSpace(self.internal, self.point, self.states)

    @cached_property
    def couplings(self) -> CouplingSpace | PairCouplings:
        """Every coupling that the symmetry allows on the representative bond."""
        return coupling_space(self.spins, self.spins, self.frame, self.family)

    def couplings_to(self, hidden: "SpinModel") -> CouplingSpace | PairCouplings:
        """Return the couplings of a student whose corners are this model's spins and whose
        centre is a spin of `hidden`, in this model's frame and family."""
        return coupling_space(self.spins, hidden.spins, self.frame, self.family)

    @cached_property
    def gauge(self) -> GaugeGroup:
        """The relabellings of spin components that change couplings but no physics."""
        return GaugeGroup(self.couplings)

    def summary(self) -> str:
        """Return states, couplings, gauge order and the cost of exact enumeration as text."""
        states = len(self.spins)
        try:
            copies = str(self.gauge.order)
        except BudgetError:
            copies = f"more than {ORDER_LIMIT}"
        orbits = states**4 / (8 * self.internal.group.order)
        return "\n".join(
            (
                f"internal   {self.internal!r}",
                f"point      {self.point.name}, {self.frame} frame",
                f"states     {states} a spin, {states**4} corner configurations "
                f"(at least {ceil(orbits)} orbits)",
                f"couplings  {self.couplings.dimension}, {self.family}",
                f"gauge      {copies} copies of a generic coupling",
                self.couplings.text,
            )
        )

    @property
    def teacher_symmetries(self) -> list[CornerSymmetry]:
        """Generators of the corner symmetries of the teacher: G, the turn, the diagonal mirror.

        Corners are targets of the fine lattice, where the diagonal mirror is C4·σ in either frame.
        """
        spins = self.spins
        return [*self._internal_and_turn, (_DIAGONAL_MIRROR, compose(spins.rotation, spins.mirror))]

    @property
    def student_symmetries(self) -> list[CornerSymmetry]:
        """Generators of the corner symmetries of the student: G, the turn, the mirror of its bonds.

        Corners are sources of the coarse lattice, whose mirror depends on the frame.
        """
        spins = self.spins
        turned = compose(spins.rotation, spins.mirror)
        mirror = spins.mirror if self.frame == "paper" else turned
        return [*self._internal_and_turn, (_DIAGONAL_MIRROR, mirror)]

    @property
    def _internal_and_turn(self) -> list[CornerSymmetry]:
        still = (0, 1, 2, 3)
        return [
            *((still, action) for action in self.spins.internal_actions),
            (_TURN, self.spins.rotation),
        ]
