"""Critical coupling of the tensor-network flow: bisection on the phase that a coupling flows to.

The start is the teacher's Boltzmann tensor on a ray of couplings, the axis J = (J0, 0, 0, …) unless
told otherwise. Close to the transition the flow lingers before it falls into a phase; Z, Δ and c
are read there, from rings of two columns. c compares their largest eigenvalue with the free energy
of the infinite lattice, which the rest of the flow sheds:

    ln Z per tensor  f = Σ_k s_k / 2^k  (k = 1, 2, …),      c = (6n/π)(ln λ_0 − n f)  for n columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np

from mlrg.errors import ConvergenceError, InputError
from mlrg.flow.bisection import bisect_phases
from mlrg.flow.blocks import rg_block
from mlrg.flow.rays import Ray
from mlrg.flow.sectors import Level
from mlrg.model import SpinModel
from mlrg.tensor import spectra
from mlrg.tensor.block_tensor import BlockTensor, boltzmann_tensor
from mlrg.tensor.loop import loop_step
from mlrg.tensor.loop_tensor import LoopTensor
from mlrg.tensor.step import BOND_WEIGHTED, rg_step

_STEP_LIMIT = 120
# Nearer to a whole number than this, and not moving away for some steps, Z is that of a phase.
# Short loops that no step removes keep Z from reaching it: it approaches a phase in small steps.
_IN_PHASE, _PATIENCE = 2e-2, 3
# Largest leg whose rings of two columns are used.
_TWO_COLUMNS = 32

# One RG step of either kind of student.
Step = Callable[[BlockTensor | LoopTensor], BlockTensor | LoopTensor]


@dataclass(frozen=True)
class TensorBisection:
    """Critical coupling of a tensor flow and the flow that passes closest to its fixed point.

    Attributes
    ----------
    critical_coupling : float
        Position on the ray; J0 on the axis.
    bracket : tuple of float
        Positions that flow to different phases.
    phases : tuple of int
        Degeneracy of the phase below and above.
    flow : list of BlockTensor or LoopTensor
        The flow from the lower end of the bracket, the teacher's tensor first.
    undecided : str or None
        Why no phase is known at the upper end of the bracket.
    """

    critical_coupling: float
    bracket: tuple[float, float]
    phases: tuple[int, int]
    flow: list[BlockTensor | LoopTensor]
    undecided: str | None = None

    @cached_property
    def steps(self) -> int:
        """RG steps to where the critical flow first slows down, outside the phases.

        Moves are those of Z and of the two lowest Δ. Corrections of the lattice fall with every
        step and errors of the truncation add up; where moves grow for the first time the two are
        balanced.

        Raises
        ------
        ConvergenceError
            If the flow is in a phase from the start.
        """
        slower = self.moves <= np.append(self.moves[1:], np.inf)
        # The teacher itself has taken no step.
        slower[0] = False
        return int((slower & np.isfinite(self.moves)).argmax())

    @cached_property
    def moves(self) -> np.ndarray:
        """Change of Z and of the two lowest Δ in every step, ∞ within the phases.

        Raises
        ------
        ConvergenceError
            If the flow is in a phase from the start.
        """
        readings = [_reading(tensor, self.columns) for tensor in self.flow]
        states = np.array([reading[0] for reading in readings])
        moves = np.abs(np.diff(readings, axis=0)).sum(axis=1)
        inside = np.abs(states - states.round())[:-1] < _IN_PHASE
        if inside.all():
            raise ConvergenceError(
                f"the critical flow from {self.critical_coupling:.6g} passes no fixed point: keep "
                "more states"
            )
        return np.where(inside, np.inf, moves)

    @property
    def columns(self) -> int:
        """Columns of the rings that Δ and c are read from."""
        return 2 if max(tensor.leg.dimension for tensor in self.flow) <= _TWO_COLUMNS else 1

    @property
    def tensor(self) -> BlockTensor | LoopTensor:
        """The block tensor where the critical flow lingers; raises as `steps`."""
        return self.flow[self.steps]

    @property
    def degeneracy(self) -> float:
        """Z where the critical flow lingers; raises as `steps`."""
        return spectra.degeneracy(self.tensor)

    @property
    def levels(self) -> list[Level]:
        """Δ with their sectors where the critical flow lingers; raises as `steps`."""
        return spectra.spectrum(self.tensor, self.columns)

    @property
    def scaling_dimensions(self) -> np.ndarray:
        """Δ_k where the critical flow lingers, Δ_0 = 0 first; raises as `steps`."""
        return spectra.scaling_dimensions(self.tensor, self.columns)

    @property
    def central_charge(self) -> float:
        """c where the critical flow lingers; raises as `steps`."""
        largest = spectra.log_largest_eigenvalue(self.tensor, self.columns)
        bulk = free_energy(self.flow[self.steps :])
        return 6 * self.columns / np.pi * (largest - self.columns * bulk)


def free_energy(flow: list[BlockTensor | LoopTensor]) -> float:
    """Return ln Z per block of an infinite lattice, without the scale of the first tensor, in nats.

    Parameters
    ----------
    flow : list of BlockTensor
        Tensors of successive steps. Each step halves the number of blocks; the last ones are
        closed into a long strip.
    """
    scales = np.array([tensor.log_scale for tensor in flow])
    shares = 0.5 ** np.arange(1, len(flow))
    shed = float(shares @ (scales[1:] - 2 * scales[:-1]))
    columns = 2 if isinstance(flow[-1], LoopTensor) else 1
    closed = spectra.log_largest_eigenvalue(flow[-1], columns) / columns
    return shed + closed * 0.5 ** (len(flow) - 1)


def _reading(tensor: BlockTensor, columns: int) -> list[float]:
    """Return Z and the two lowest Δ."""
    found = [level.dimension for level in spectra.spectrum(tensor, columns, 3)[1:]]
    # A leg of one state has none.
    return [spectra.degeneracy(tensor), *[*found, 0.0, 0.0][:2]]


def follow(tensor: BlockTensor, states: int, power: float = BOND_WEIGHTED, steps: int = 30):
    """Return the tensors of successive RG steps, the given one first."""
    flow = [tensor]
    for _ in range(steps):
        flow.append(rg_step(flow[-1], states, power))
    return flow


def tensor_phase(tensor: BlockTensor, step: Step) -> tuple[int, list]:
    """Follow a tensor flow to a phase; return its degeneracy and the tensors on the way.

    Raises
    ------
    ConvergenceError
        If the degeneracy has not settled near a whole number after many steps.
    """
    flow, waited, before = [tensor], 0, np.inf
    for _ in range(_STEP_LIMIT):
        now = spectra.degeneracy(flow[-1])
        distance = abs(now - round(now))
        waited = waited + 1 if distance < min(_IN_PHASE, before + 1e-9) else 0
        if waited == _PATIENCE:
            return round(now), flow
        before = distance
        flow.append(step(flow[-1]))
    raise ConvergenceError(
        f"the tensor flow reached no phase in {_STEP_LIMIT} steps (degeneracy {now:.4f}): start "
        "further from the critical surface, or keep another number of states"
    )


def critical_coupling(
    model: SpinModel,
    states: int,
    low: float | None = None,
    high: float | None = None,
    ray: Ray | None = None,
    power: float | None = None,
    tolerance: float = 1e-11,
    optimised: bool = False,
) -> TensorBisection:
    """Return the transition of a model's tensor flow on a ray.

    Parameters
    ----------
    model : SpinModel
    states : int
        Largest number of states of a leg; multiplets are kept in full.
    low, high : float, optional
        As of `mlrg.flow.critical.bisect`.
    ray : Ray, optional
        The axis of J0 by default.
    power : float, optional
        k of the bond weights: −1/2 unless given (bond-weighted), for optimised students 0 (loop
        renormalisation); 0 without optimisation is the method of Levin and Nave.
    tolerance : float
        Width of the bracket at which to stop.
    optimised : bool
        Whether halves are matched around rings (`mlrg.tensor.loop`).

    Raises
    ------
    InputError
        If the number of states is not positive or does not hold the first multiplet.
    ConvergenceError
        If there is no transition in the range, or a flow reaches no phase.
    BudgetError
        If the model's spins or the student's legs have too many states.
    """
    if states < 1:
        raise InputError(f"a leg of {states} states was asked for: give --states 1 or more")
    if power is None:
        power = 0.0 if optimised else BOND_WEIGHTED
    if not np.isfinite(power):
        raise InputError(f"bond weights of power k = {power} do not exist: give a finite number")
    step = partial(loop_step if optimised else rg_step, states=states, power=power)
    start: Callable[[np.ndarray], BlockTensor] = boltzmann_tensor(model)
    ray = ray or Ray.axis(rg_block(model))

    @lru_cache(maxsize=4)
    def from_position(position):
        return tensor_phase(start(ray.at(position)), step)

    found = bisect_phases(lambda position, _: from_position(position), low, high, tolerance)
    middle = 0.5 * sum(found.ends)
    return TensorBisection(middle, found.ends, found.phases, found.flow, found.undecided)
