"""One record for a transition and for a fixed point, as JSON and as text.

Its keys are a contract; null stands where a map or a question has no answer.
"""

from collections.abc import Callable

from mlrg.analysis.coexistence import distance_exponent, latent_heat
from mlrg.analysis.fixed_points import FixedPoint
from mlrg.analysis.kosterlitz import CriticalPhase
from mlrg.analysis.readings import Level, Reading
from mlrg.analysis.transition import Transition
from mlrg.commands.options import finite, note, print_rows
from mlrg.errors import BudgetError, NoAnswerError

KEYS = (
    *("critical_coupling", "error", "order", "phases", "critical_phase"),
    *("latent_heat", "latent_heat_error"),
    *("couplings", "kl_bits", "residual", "degeneracy", "scaling_dimensions", "levels"),
    *("central_charge", "exponents", "exponents_by_irrep", "leg", "steps"),
    "modular_parameter",
)

# Exponents of an irrep that are printed as text.
_PRINTED = 8


def record(**known) -> dict:
    """Return the record with what is known, null elsewhere."""
    return {key: known.get(key) for key in KEYS}


def of_transition(found: Transition | CriticalPhase, columns: int | None = None) -> dict:
    """Return the record of a transition, read from a ring of so many columns.

    Where its critical flow passes no fixed point, what would be read there is null. A transition of
    first order has its latent heat and the exponent of a distance from it.
    """
    if found.order == "first":
        return record(**_place(found), **_coexisting(found))
    if found.unread:
        return record(**_place(found))
    return record(
        **_place(found),
        **found.rgmap.report(found.point),
        **_cost(found),
        **_readings(found.reading.of(columns)),
        steps=found.steps,
    )


def _place(found: Transition | CriticalPhase) -> dict:
    return {
        "critical_coupling": found.coupling,
        "error": found.error,
        "order": found.order,
        "phases": list(found.phases),
        "critical_phase": _ends(found),
    }


def _ends(found: Transition | CriticalPhase) -> list[dict | None] | None:
    """Return the ends of a critical phase, null where the range has none."""
    if found.order != "critical phase":
        return None
    return [end and end._asdict() for end in found.ends]


def _coexisting(found: Transition) -> dict:
    known: dict = {}
    try:
        heat = latent_heat(found)
        known |= {"latent_heat": heat.value, "latent_heat_error": heat.error}
    except NoAnswerError as error:
        note(str(error))
    try:
        known["exponents"] = [distance_exponent(found)]
    except NoAnswerError as error:
        note(str(error))
    return known


def of_fixed_point(found: FixedPoint, columns: int | None = None) -> dict:
    """Return the record of a fixed point; `steps` are those of Newton's method."""
    return record(
        **found.rgmap.report(found.point),
        **_cost(found),
        **_readings(found.reading.of(columns)),
        residual=found.residual,
        exponents=finite(found.exponents),
        exponents_by_irrep={
            name: finite(values) for name, values in found.exponents_by_irrep.items()
        },
        steps=found.newton_steps,
    )


def _cost(found) -> dict:
    return {"kl_bits": found.cost} if found.rgmap.cost_name == "kl_bits" else {}


def _readings(found: Reading) -> dict:
    levels = _if_affordable(lambda: [_level(level) for level in found.levels])
    return {
        "degeneracy": found.degeneracy,
        "scaling_dimensions": found.scaling_dimensions.tolist(),
        "levels": levels,
        "central_charge": found.central_charge,
    }


def _if_affordable(question: Callable):
    """Return an answer, or null where the group is too large for it."""
    try:
        return question()
    except BudgetError:
        return None


def _level(level: Level) -> dict:
    return {
        "dimension": level.dimension,
        "irrep": level.irrep,
        "spin": level.momentum,
        "parity": level.parity,
        "multiplicity": level.multiplicity,
    }


def print_record(content: dict, levels=()) -> None:
    """Print what a record knows, a line each."""
    if content["critical_coupling"] is not None:
        value, error = content["critical_coupling"], content["error"]
        print(f"{'critical coupling':21s} {value:.9g} ± {error:.1e}")
    for end, where in zip(content["critical_phase"] or (), ("disorder", "order"), strict=False):
        if end is not None:
            name = f"end towards {where}"
            print(f"{name:21s} {end['coupling']:.6g} ± {end['error']:.1e}, step {end['step']}")
    if content["latent_heat"] is not None:
        value, error = content["latent_heat"], content["latent_heat_error"]
        print(f"{'latent heat, block':21s} {value:.6g} ± {error:.1e}")
    for name, text in (("couplings", "couplings there"), ("leg", "leg there")):
        if isinstance(content[name], str):
            print(f"{text:21s} {content[name]}")
        elif content[name] is not None:
            print_rows([(text, content[name])])
    if content["modular_parameter"] is not None:
        real, height = content["modular_parameter"]
        print(f"{'modular parameter':21s} {round(real, 6) + 0.0:.6f} + {height:.6f} i")
    if content["residual"] is not None:
        print(f"{'residual':21s} {content['residual']:.1e}")
    for name, text in (
        ("kl_bits", "KL of the step (bit)"),
        ("degeneracy", "degeneracy Z"),
        ("scaling_dimensions", "scaling dimensions"),
        ("central_charge", "central charge"),
    ):
        value = content[name]
        if value is not None:
            print_rows([(text, value if isinstance(value, list) else [value])])
    if content["order"] == "first" and content["exponents"]:
        print(f"{'exponent y':21s} {content['exponents'][0]:.6f}")
    for irrep, values in (content["exponents_by_irrep"] or {}).items():
        texts = ["unresolved" if y is None else f"{y:.6f}" for y in values]
        more = len(texts) - _PRINTED
        rest = f"  and {more} more (--json has all)" if more > 0 else ""
        print(f"{f'exponents y, {irrep}':21s} {'  '.join(texts[:_PRINTED])}{rest}")
    for level in levels:
        print(f"    {level}")
