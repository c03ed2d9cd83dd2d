"""How a moderator is trained: every number that a run depends on, in one frozen record."""

import math
from dataclasses import asdict, dataclass, fields

from mlrg.errors import InputError


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of one training run.

    Attributes
    ----------
    loss : str
        ``exact`` (KL divergence by enumeration) or ``cd`` (contrastive divergence).
    steps : int
        Training steps.
    hidden : tuple of int
        Widths of the hidden layers of C_θ.
    learning_rate : float
        Initial step of Adam; it falls to zero along a cosine.
    low, high : float
        Box of the first coupling J0.
    spread : float
        Box half-width of every other coupling, around zero.
    gauge : str
        ``domain`` trains on one gauge copy of every set of couplings, ``none`` on all of them.
    replicas, chains : int
        Replicas of the sampler and chains in each; their product is the batch.
    beta : float
        Final inverse temperature of Eq. (14).
    anneal : float
        Fraction of the steps over which β grows linearly from zero.
    solver, solver_steps : str, int
        Fixed-step solver of the RG equation over one RG step, and its number of steps.
    cd_samples, cd_sweeps, cd_burn_in : int
        Teacher samples, student sweeps and teacher sweeps of contrastive divergence.
    checkpoint_every : int
        Steps between checkpoints.
    budget_hours : float
        Longest time that the exact loss may take for one seed, as predicted before the run.
    """

    loss: str = "exact"
    steps: int = 1000
    hidden: tuple[int, ...] = (32, 32)
    learning_rate: float = 0.01
    low: float = 0.0
    high: float = 2.0
    spread: float = 1.0
    gauge: str = "domain"
    replicas: int = 4
    chains: int = 16
    beta: float = 20.0
    anneal: float = 0.5
    solver: str = "rk4"
    solver_steps: int = 2
    cd_samples: int = 128
    cd_sweeps: int = 5
    cd_burn_in: int = 40
    checkpoint_every: int = 100
    budget_hours: float = 24.0

    def __post_init__(self):
        object.__setattr__(self, "hidden", tuple(self.hidden))
        self._require(self.loss in ("exact", "cd"), "loss", "choose exact or cd")
        self._require(self.gauge in ("domain", "none"), "gauge", "choose domain or none")
        self._require(
            self.gauge == "none" or self.spread <= max(abs(self.low), abs(self.high)),
            "spread",
            "a gauge domain needs a box whose first coupling reaches as far as the others: "
            "raise high, or set gauge to none",
        )
        solvers = ("euler", "midpoint", "rk4")
        self._require(self.solver in solvers, "solver", f"choose one of {', '.join(solvers)}")
        for name in ("steps", "replicas", "chains", "solver_steps", "checkpoint_every"):
            self._require(getattr(self, name) >= 1, name, "give a whole number from 1 on")
        for name in ("cd_samples", "cd_sweeps", "cd_burn_in"):
            self._require(getattr(self, name) >= 1, name, "give a whole number from 1 on")
        self._require(
            len(self.hidden) >= 1 and min(self.hidden) >= 1, "hidden", "give positive layer widths"
        )
        for name in ("learning_rate", "spread", "budget_hours"):
            value = getattr(self, name)
            self._require(math.isfinite(value) and value > 0, name, "give a positive number")
        self._require(math.isfinite(self.beta) and self.beta >= 0, "beta", "give a number ≥ 0")
        self._require(0 <= self.anneal <= 1, "anneal", "give a fraction from 0 to 1")
        self._require(
            math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high,
            "high",
            f"give a finite number above low = {self.low}",
        )

    def _require(self, condition: bool, name: str, advice: str) -> None:
        if not condition:
            raise InputError(f"training setting {name} = {getattr(self, name)!r}: {advice}")

    def box(self, dimension: int) -> tuple[list[float], list[float]]:
        """Return the lower and upper corner of the prior's box."""
        others = [self.spread] * (dimension - 1)
        return [self.low, *(-x for x in others)], [self.high, *others]

    def as_dict(self) -> dict:
        """Return the settings as JSON-able values."""
        return {**asdict(self), "hidden": list(self.hidden)}

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
