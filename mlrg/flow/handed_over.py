"""The transition of a learned flow, its phases told by the exact map.

A smooth flow is no better than its map deep in a phase, where an exact map has no derivative, and
may drift there without coming to rest. What a critical coupling is made of lies before: a learned
flow is followed for some RG steps, and the exact map says what becomes of where it has led. The
answer holds the errors of those steps and none of later ones, which are smaller by λ⁻ˢ.
"""

from mlrg.analysis.bisection import bisect_phases
from mlrg.analysis.rays import Ray
from mlrg.analysis.trajectory import follow_to_phase
from mlrg.errors import InputError
from mlrg.flow.learned import Learned

# RG steps of the learned flow, and the width of the bracket.
STEPS, _BRACKET = 8, 1e-9


def handed_over_transition(
    learned: Learned,
    steps: int = STEPS,
    along: Ray | None = None,
    ends: tuple[float, float] | None = None,
) -> float:
    """Return J0 where the phase changes that the exact map leads to after `steps` learned ones.

    Parameters
    ----------
    learned : Learned
    steps : int
        RG steps of the learned flow; none of them gives the exact map's own transition.
    along : Ray, optional
        Line of bare couplings on which it is looked for; the axis of J0 by default.
    ends : tuple of float, optional
        Positions with different phases; the trained range by default.

    Raises
    ------
    InputError
        If there are fewer than none.
    NoAnswerError
        If the phase does not change between the ends, or a flow reaches none.
    """
    if steps < 0:
        raise InputError(f"{steps} learned steps were asked for: give none or more")

    ray = Ray.axis(learned) if along is None else along

    def phase_at(position, _):
        rows = learned.starts(ray.at([position]))
        return follow_to_phase(learned.teacher, learned.flowed(rows, steps)[0])

    low, high = (learned.config.low, learned.config.high) if ends is None else ends
    return sum(bisect_phases(phase_at, low, high, _BRACKET).ends) / 2
