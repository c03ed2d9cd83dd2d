"""Commands that train moderators, read them and draw them: one function a command."""

from pathlib import Path

import numpy as np

from mlrg.commands.options import map_of, note, print_json
from mlrg.errors import InputError, NoAnswerError
from mlrg.flow.config import TrainingConfig

# What `mlrg analyze` tells, by the names that the results have.
_ANSWERS = (
    *("critical_coupling", "degeneracy_crossing", "fixed_point"),
    *("scaling_dimensions", "exponents"),
)
# Transitions of a refined run, by their text.
_TRANSITIONS = {"transition": "transition", "handed_over": "told by the map"}


def train(options) -> None:
    """Train an ensemble of moderators, over the couplings of spins or of block tensors."""
    from mlrg.flow.ensemble import train as train_ensemble

    if not hasattr(options.training, "as_dict"):
        raise InputError(
            f"training is {options.training!r}, not a group of settings: mlrg train --print_config "
            "shows its form"
        )
    config = TrainingConfig.from_dict({**options.training.as_dict(), "loss": options.loss})
    states = 2 if options.states is None else options.states
    # Moderators are trained over tensors without bond weights.
    rgmap = map_of(options, states=states, power=0.0)
    run = train_ensemble(
        rgmap,
        seeds=options.seeds,
        first_seed=options.seed,
        config=config,
        out=options.out,
        resume=options.resume,
        workers=options.workers,
        internal_name=options.internal,
        scheduler=options.scheduler,
    )
    models = "1 model" if len(run.seeds) == 1 else f"{len(run.seeds)} models"
    print(f"{models} trained in {options.out}: mlrg analyze reads them")


def analyze(options) -> None:
    """Print the physics of a finished run, from its results."""
    from mlrg.flow.stored_run import results_of

    run = results_of(options.directory, options.internal)
    data = run.results
    results = {name: _spread_of(data, name) for name in _ANSWERS}
    for name in ("critical_coupling", "degeneracy_crossing", "fixed_point", "transition"):
        reasons = data.attrs.get(f"no {name}", "").splitlines()
        for reason in reasons[: 1 if run.config.flow == "vector" else None]:
            note(f"no {name.replace('_', ' ')} of {reason}")
    regret = _regret(run)
    if run.config.refinements:
        results |= {name: _transition(data, name) for name in _TRANSITIONS}
        if run.config.refinement_pairs != "learned":
            note(
                f"pairs along {run.config.refinement_pairs} flows: the transition told by the map "
                "was put in, what C, Z and the flow's own phases say was not"
            )
    if options.json:
        print_json(results)
        return
    models = "1 model" if len(run.seeds) == 1 else f"{len(run.seeds)} models"
    sizes = "".join(f", {key} {value}" for key, value in run.teacher.options.items())
    print(
        f"{models} of {run.model.point.name}, {run.teacher.name} students{sizes}, "
        f"loss {run.config.loss}"
    )
    # The JSON keys are a contract; people are told the regret as well.
    transitions = {text: results.pop(name, None) for name, text in _TRANSITIONS.items()}
    for name, value in {**results, "regret_bits": regret}.items():
        entries = value if isinstance(value, list) else [value]
        texts = ["none" if v is None else f"{v['mean']:.4f} ± {v['std']:.4f}" for v in entries]
        models = 0 if entries[0] is None else len(entries[0]["seeds"])
        few = f"   ({models} of {len(run.seeds)} models)" if 0 < models < len(run.seeds) else ""
        print(f"{name.replace('_', ' '):21s} {'   '.join(texts)}{few}")
    for text, found in transitions.items():
        if found is None:
            continue
        parts = [
            f"± {found[error]:.1e} {whose}"
            for error, whose in (
                ("std", "over models"),
                ("bias", "of the flow"),
                ("truncation", "of the map"),
            )
            if found[error] is not None
        ]
        print(f"{text:21s} {found['mean']:.7f}   {'   '.join(parts)}")


def _transition(data, name: str) -> dict | None:
    """Return a transition of a refined run with its three errors; null if no model has one."""
    found = _spread_of(data, name)
    if found is None:
        return None
    shifts = data[f"{name}_shift"].values if f"{name}_shift" in data else np.array([np.nan])
    truncation = data.get("transition_truncation")
    return {
        **found,
        # What the flows say of themselves, each on its own: mean squares do not cancel.
        "bias": float(np.sqrt(np.nanmean(shifts**2))) if np.isfinite(shifts).any() else None,
        "truncation": None if truncation is None else float(truncation),
    }


def _spread_of(data, name: str):
    """Return mean, deviation and values over the models that have one; null if none has."""
    from mlrg.analysis.estimate import Estimate

    if name not in data:
        return None
    values = data[name].values
    values = values[np.isfinite(values.reshape(len(values), -1)).all(axis=1)]
    if not len(values):
        return None
    if values.ndim == 1:
        return Estimate.of(values).as_dict()
    return [Estimate.of(column).as_dict() for column in values.T]


def _regret(run) -> dict | None:
    """Return the regret of a run, and say if it has not converged."""
    try:
        regret = run.regret_bits
    except NoAnswerError as error:
        note(f"no regret: {error}")
        return None
    if not run.converged and run.config.refinements:
        note(
            "the flow has not converged: its own transition is further from the exact map's than "
            "0.001 by its own estimate, or not there; give more --training.refinements or wider "
            "layers"
        )
    elif not run.converged:
        note(
            f"the flow has not converged: its students' KL lies {regret.mean:.4f} bit above the "
            f"optimum on average; {_remedy(run)}, and trust no critical coupling before"
        )
    return regret.as_dict()


def _remedy(run) -> str:
    """Return what to do about a flow that has not converged."""
    share = float(run.results["antisymmetric"].mean())
    if run.config.flow != "gradient" or share < 0.1:
        return "train longer or with wider layers"
    return (
        f"{100 * share:.0f} % of the exact map's Jacobian is antisymmetric, which no gradient flow "
        "follows: compare --training.flow metric and vector, or train longer"
    )


def plot(options) -> None:
    """Draw the figures of a finished run, from its results."""
    from mlrg.analysis.literature import universality
    from mlrg.figures.of_run import figures_of
    from mlrg.flow.stored_run import results_of
    from mlrg.storage import make_directory

    run = results_of(options.directory, options.internal)
    known = universality(run.model)
    out = make_directory(Path(options.out))
    drawn = 0
    for name, draw in figures_of(run.results).items():
        try:
            figure = draw(run.results, known.critical_coupling if known else None)
        except NoAnswerError as error:
            note(f"no figure {name}: {error}")
            continue
        figure.save(out / name)
        print(f"figure: {out / name}.png")
        drawn += 1
    if not drawn:
        raise NoAnswerError(f"the run in {options.directory!r} has no figure: train it longer")


def reproduce(options) -> None:
    """Make figures and tables of the paper, and what goes beyond it."""
    from mlrg.reports import paper

    if options.seeds is not None and options.seeds < 1:
        raise InputError(f"--seeds {options.seeds}: give at least one model")
    paper.reproduce(options.figures, Path(options.out), options.seeds, options.quick)
