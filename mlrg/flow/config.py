"""How a moderator is trained: every number that a run depends on, in one frozen record."""

import math
from dataclasses import asdict, dataclass, fields

from mlrg.errors import InputError
from mlrg.flow.region import Region

_CHOICES = {
    "flow": ("gradient", "shared", "metric", "fisher", "vector"),
    "loss": ("exact", "cd", "pcd"),
    "prior": ("box", "gaussian"),
    "gauge": ("domain", "invariant", "none"),
    "refinement_pairs": ("learned", "exact", "both"),
    "solver": ("euler", "midpoint", "rk4"),
}
_COUNTS = (
    "replicas",
    "chains",
    "walk_steps",
    "solver_steps",
    "cd_samples",
    "cd_sweeps",
    "cd_burn_in",
    "checkpoint_every",
    "refinement_steps",
    "refinement_flows",
    "refinement_stride",
)


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of one training run.

    Attributes
    ----------
    flow : str
        ``gradient`` of a monotone (the paper), its gradient in a metric that all couplings share
        (``shared``), in one that depends on them (``metric``) or in the ``fisher`` metric, or any
        ``vector`` field: see `mlrg.flow.flows`.
    loss : str
        ``exact`` (KL divergence by enumeration), ``cd`` (contrastive divergence: student chains
        start from teacher samples) or ``pcd`` (persistent: they go on from step to step).
    steps : int
        Training steps with proposals, as in the paper; 0 leaves all to the refinement.
    refinements, refinement_steps, refinement_flows : int
        Rounds of the second-order phase that follows (`mlrg.flow.refinement`), steps of L-BFGS and
        flows in each. It asks for about 1.5 × flows × walk_steps exact students a round.
    refinement_pairs : str
        Whose flows the pairs of the second-order phase are gathered along, about whose transition:
        the ``learned`` ones, which leaves it to the flow where that is, or those of the ``exact``
        map; ``both`` for half of either, about the transition of the exact map. With these two the
        last third of the rounds leads critical flows to the critical surface of the exact map.
    refinement_exponents : float
        What the square of an inherited error of an exponent counts, where that of a transition
        counts one; with pairs along ``exact`` flows only. It makes exponents better and phases
        worse.
    refinement_stride : int
        RG steps between the couplings of a pair, at most `walk_steps`; 2 for matched rings, which
        alternate from step to step.
    hidden : tuple of int
        Widths of the hidden layers of C_θ.
    learning_rate : float
        Initial step of Adam; it falls to zero along a cosine.
    clip : float
        Largest norm of the loss gradient in θ; a longer one is shortened to it.
    prior : str
        ``box`` or ``gaussian``.
    low, high : float
        Box of the first coupling J0; for a Gaussian, one standard deviation around the mean.
    plane : tuple of float
        Another direction of bare couplings, one number each: flows start from J0·axis + u·plane
        and not from the axis alone (`mlrg.flow.region`). Empty for the axis.
    plane_low, plane_high : float
        Range of u.
    spread : float
        Half-width of every other coupling around zero, or its standard deviation. The box of block
        tensors is that of exact flows from the axis, each side longer by `spread` at both ends.
    gauge : str
        ``domain`` trains on one gauge copy of every set of couplings; ``invariant`` on all of
        them, with a C that is equal on copies and continuous (`mlrg.flow.invariant`); ``none`` on
        all of them, whatever C is there.
    replicas, chains : int
        Replicas of the sampler and chains in each.
    beta : float
        Final inverse temperature of Eq. (14).
    anneal : float
        Fraction of the steps over which β grows linearly from zero.
    prior_points : int
        Teachers drawn from the prior alone at every step, besides those of the sampler.
    walkers, walk_steps : int
        Teachers that follow the learned flow from the axis for `walk_steps` RG steps and start
        anew; they leave their place early where the prior has no weight.
    solver, solver_steps : str, int
        Fixed-step solver of the RG equation over one RG step, and its number of steps.
    cd_samples, cd_sweeps, cd_burn_in : int
        Teacher samples, student sweeps and teacher sweeps of contrastive divergence.
    checkpoint_every : int
        Steps between checkpoints.
    budget_hours : float
        Longest time that the exact loss may take for one seed, as predicted before the run.
    """

    flow: str = "gradient"
    loss: str = "exact"
    steps: int = 1000
    refinements: int = 0
    refinement_steps: int = 600
    refinement_flows: int = 32
    refinement_pairs: str = "learned"
    refinement_exponents: float = 0.0
    refinement_stride: int = 1
    hidden: tuple[int, ...] = (32, 32)
    learning_rate: float = 0.01
    clip: float = 1.0
    prior: str = "box"
    low: float = 0.0
    high: float = 1.6
    plane: tuple[float, ...] = ()
    plane_low: float = 0.0
    plane_high: float = 1.0
    spread: float = 0.6
    gauge: str = "domain"
    replicas: int = 4
    chains: int = 16
    beta: float = 20.0
    anneal: float = 0.5
    prior_points: int = 0
    walkers: int = 32
    walk_steps: int = 6
    solver: str = "rk4"
    solver_steps: int = 2
    cd_samples: int = 128
    cd_sweeps: int = 5
    cd_burn_in: int = 40
    checkpoint_every: int = 100
    budget_hours: float = 24.0

    def __post_init__(self):
        object.__setattr__(self, "hidden", tuple(self.hidden))
        object.__setattr__(self, "plane", tuple(self.plane))
        for name, choices in _CHOICES.items():
            advice = f"choose one of {', '.join(choices)}"
            self._require(getattr(self, name) in choices, name, advice)
        self._require(
            self.gauge != "domain"
            or self.prior == "gaussian"
            or self.spread <= max(abs(self.low), abs(self.high)),
            "spread",
            "a gauge domain needs a box whose first coupling reaches as far as the others: "
            "raise high, or set gauge to none",
        )
        for name in _COUNTS:
            self._require(getattr(self, name) >= 1, name, "give a whole number from 1 on")
        for name in ("steps", "refinements", "prior_points", "walkers"):
            self._require(getattr(self, name) >= 0, name, "give a whole number from 0 on")
        self._require(
            self.steps + self.refinements >= 1, "steps", "give at least one step, or a refinement"
        )
        weight = self.refinement_exponents
        self._require(
            math.isfinite(weight) and weight >= 0, "refinement_exponents", "give a number ≥ 0"
        )
        self._require(
            weight == 0 or self.refinement_pairs == "exact",
            "refinement_exponents",
            "that is told of flows of the exact map alone: choose refinement_pairs = exact, or 0",
        )
        self._require(
            self.refinement_stride <= self.walk_steps,
            "refinement_stride",
            f"give at most walk_steps = {self.walk_steps}",
        )
        self._require(
            len(self.hidden) >= 1 and min(self.hidden) >= 1, "hidden", "give positive layer widths"
        )
        for name in ("learning_rate", "clip", "spread", "budget_hours"):
            value = getattr(self, name)
            self._require(math.isfinite(value) and value > 0, name, "give a positive number")
        self._require(math.isfinite(self.beta) and self.beta >= 0, "beta", "give a number ≥ 0")
        self._require(0 <= self.anneal <= 1, "anneal", "give a fraction from 0 to 1")
        self._require(
            math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high,
            "high",
            f"give a finite number above low = {self.low}",
        )
        self._require(
            all(math.isfinite(value) for value in self.plane), "plane", "give finite numbers"
        )
        ends = self.plane_low, self.plane_high
        self._require(
            all(map(math.isfinite, ends)) and ends[0] < ends[1],
            "plane_high",
            f"give a finite number above plane_low = {self.plane_low}",
        )

    def _require(self, condition: bool, name: str, advice: str) -> None:
        if not condition:
            raise InputError(f"training setting {name} = {getattr(self, name)!r}: {advice}")

    def region(self, axis) -> Region:
        """Return where flows start, for bare couplings whose axis is `axis`."""
        ends, plane_ends = (self.low, self.high), (self.plane_low, self.plane_high)
        return Region.of(axis, ends, self.plane, plane_ends)

    @property
    def batch(self) -> int:
        """Number of teachers in one training step."""
        return self.replicas * self.chains + self.prior_points + self.walkers

    @property
    def work(self) -> int:
        """Steps of both phases, as progress counts them."""
        return self.steps + self.refinements * self.refinement_steps

    @property
    def refined_students(self) -> int:
        """Exact students that the refinement asks for, about."""
        return round(1.5 * self.refinements * self.refinement_flows * self.walk_steps)

    def as_dict(self) -> dict:
        """Return the settings as JSON-able values."""
        return {**asdict(self), "hidden": list(self.hidden), "plane": list(self.plane)}

    @classmethod
    def from_dict(cls, values: dict) -> "TrainingConfig":
        """Rebuild a config from `as_dict`.

        Raises
        ------
        InputError
            If a setting is unknown or out of range.
        """
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise InputError(
                    f"training setting {name!r} does not exist: "
                    f"choose from {', '.join(sorted(known))}"
                )
        return cls(**values)
