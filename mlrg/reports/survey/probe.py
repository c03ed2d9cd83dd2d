"""What the exact RG map says of one model: its transition, its fixed point, and how well it fits.

Three questions are asked in turn, and each may have no answer, with a reason:

* from the exact critical coupling of the lattice, where one is known: the smallest KL of the first
  steps. It says how far the student is from the teacher before any flow has gone astray.
* where the first phase on the axis J0 ends (bisection).
* what the critical flow passes: Newton's fixed point with its exponents, or else the place where
  the flow lingers. Z, c and the scaling dimensions by symmetry sector are read there.

The work of a student is counted as orbits of corner configurations × states of the centre ×
couplings, which its time is about proportional to; questions of more work than a limit are not
asked. Limits of work and not of time keep the table the same on every machine.
"""

import time
from dataclasses import asdict, dataclass, field

import numpy as np

from mlrg.analysis.critical import critical
from mlrg.analysis.fixed_points import critical_fixed_point
from mlrg.analysis.literature import universality
from mlrg.analysis.readings import spectrum
from mlrg.analysis.trajectory import follow
from mlrg.analysis.transition import Transition
from mlrg.errors import BudgetError, InputError, NoAnswerError
from mlrg.model import SpinModel
from mlrg.rbm.star import Star

# Two KL (bits) that differ by less are the same.
_SAME_KL = 1e-6


@dataclass(frozen=True)
class Limits:
    """How much is asked of each model.

    Attributes
    ----------
    steps : int
        RG steps followed from the exact critical coupling.
    steps_work, transition_work : float
        Largest work of a student, orbits × states × couplings, for those steps and for the search
        of the transition, which needs hundreds of students.
    tolerance : float
        Width of the bisected bracket of J0.
    levels : int
        Number of scaling dimensions.
    """

    steps: int = 4
    steps_work: float = 5e7
    transition_work: float = 5e6
    tolerance: float = 1e-5
    levels: int = 6

    def __post_init__(self):
        for name, value in asdict(self).items():
            if not value > 0:
                raise InputError(f"survey limit {name} = {value!r}: give a positive number")


@dataclass(frozen=True)
class Probe:
    """The answers for one model; None or empty where there is none, with the reason in `notes`.

    Attributes
    ----------
    states, couplings, orbits : int
        States of a spin, couplings that symmetry allows, orbits of corner configurations.
    work : float
        Orbits × states × couplings.
    exact_coupling : float
        J0c of the lattice, where literature knows it.
    first_kl_bits : list of float
        Smallest KL of successive steps of the exact map from there, in bits.
    critical_coupling : float
        J0 where the first phase on the axis ends.
    phases : list of int
        Degeneracy below and above.
    read_at : str
        ``fixed point`` or ``critical flow``: where what follows was read.
    fixed_point : list of float
        Couplings there.
    kl_bits : float
        KL of the step that maps the fixed point to itself, in bits.
    degeneracy, central_charge : float
    exponents : list of float
        y of the fixed point, largest first, those that a step does not erase.
    levels : list of dict
        Scaling dimensions with irrep, momentum, parity and multiplicity, as `readings.Level`.
    notes : list of str
    seconds : float
        What all of it took.
    """

    states: int
    couplings: int
    orbits: int | None = None
    work: float | None = None
    exact_coupling: float | None = None
    first_kl_bits: list = field(default_factory=list)
    critical_coupling: float | None = None
    phases: list = field(default_factory=list)
    read_at: str | None = None
    fixed_point: list = field(default_factory=list)
    kl_bits: float | None = None
    degeneracy: float | None = None
    central_charge: float | None = None
    exponents: list = field(default_factory=list)
    levels: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    seconds: float | None = None

    @property
    def first_dimension(self) -> float | None:
        """Δ of the lowest operator that is not the identity."""
        return self.levels[1]["dimension"] if len(self.levels) > 1 else None


def probe(model: SpinModel, limits: Limits | None = None) -> Probe:
    """Return the exact RG map's answers for one model.

    Parameters
    ----------
    model : SpinModel
    limits : Limits, optional
    """
    limits = limits or Limits()
    begin = time.perf_counter()
    answers: dict = {"states": len(model.spins), "couplings": model.couplings.dimension}
    notes: list[str] = []
    try:
        star = Star(model)
        star.block.require_memory()
    except InputError as error:
        return Probe(**answers, notes=[str(error)], seconds=time.perf_counter() - begin)
    orbits = star.block.orbit_count
    work = float(orbits * len(model.spins) * model.couplings.dimension)
    answers |= {"orbits": orbits, "work": work}
    known = universality(model)
    if known is None:
        notes.append("no exact critical coupling is known on this axis")
    else:
        answers["exact_coupling"] = known.critical_coupling
        if work <= limits.steps_work:
            flow = follow(star, star.axis(known.critical_coupling), limits.steps)
            answers["first_kl_bits"] = [float(step.cost) for step in flow.steps]
        else:
            notes.append(f"first steps: work {work:.2g} is above the limit {limits.steps_work:.2g}")
    if work > limits.transition_work:
        notes.append(f"transition: work {work:.2g} is above the limit {limits.transition_work:.2g}")
    else:
        try:
            transition = critical(star, tolerance=limits.tolerance)
        except (NoAnswerError, BudgetError) as error:
            notes.append(f"transition: {error}")
        else:
            answers |= _transition(transition, limits, notes)
    return Probe(**answers, notes=notes, seconds=time.perf_counter() - begin)


def _transition(transition: Transition, limits: Limits, notes: list) -> dict:
    """Return what is read at a transition; reasons for what is not go to `notes`."""
    found = {
        "critical_coupling": float(transition.coupling),
        "phases": list(transition.phases),
    }
    if transition.undecided:
        notes.append(f"bracket: {transition.undecided}")
    if transition.unread:
        notes.append(f"fixed point: {transition.unread}")
        return found
    place = transition.reading
    found["read_at"] = "critical flow"
    try:
        fixed = critical_fixed_point(transition)
    except NoAnswerError as error:
        notes.append(f"fixed point: {error}")
    else:
        place = fixed.reading
        found |= {
            "read_at": "fixed point",
            "kl_bits": float(fixed.cost),
            "exponents": [float(y) for y in fixed.exponents if np.isfinite(y)],
        }
        if fixed.best_cost < fixed.cost - _SAME_KL:
            notes.append(
                f"fixed point of a local minimum: a student with KL {fixed.best_cost:.6f} exists"
            )
    levels = spectrum(place.rgmap, place.point, count=limits.levels)
    return found | {
        "fixed_point": [float(value) for value in place.point],
        "degeneracy": float(place.degeneracy),
        "central_charge": float(place.central_charge),
        "levels": [asdict(level) for level in levels],
    }
