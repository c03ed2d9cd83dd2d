"""Commands that train moderators and read them: one function a command."""

import sys
from pathlib import Path

from mlrg.commands.options import model_of, print_json, require_student
from mlrg.flow.config import TrainingConfig


def train(options) -> None:
    """Train an ensemble of moderators, over the couplings of spins or of block tensors."""
    from mlrg.flow import ensemble

    config = TrainingConfig.from_dict({**options.training.as_dict(), "loss": options.loss})
    require_student(options, ("states",))
    model = model_of(options)
    if options.student == "tensor":
        from mlrg.tensor.model import TensorModel

        model = TensorModel(model, 2 if options.states is None else options.states)
    run = ensemble.train(
        model,
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
    """Print the physics of a finished run."""
    from mlrg.flow.ensemble import load_run
    from mlrg.flow.spectra import scaling_dimensions
    from mlrg.tensor.model import saved_model

    tensors = saved_model(options.directory)
    run = load_run(options.directory, tensors)
    gradient = run.config.flow != "vector"
    maxima, no_maxima = run.each(run.maximum)
    crossings, no_crossings = run.each(run.degeneracy_crossing_of)
    pairs, no_points = run.each(lambda flow: (flow, run.fixed_point_of(flow)))
    spectra = [scaling_dimensions(run.block, couplings) for _, couplings in pairs]
    results = {
        "critical_coupling": _spread(maxima),
        "degeneracy_crossing": _spread(crossings),
        "fixed_point": _spreads([couplings for _, couplings in pairs]),
        "scaling_dimensions": _spreads(spectra),
        "exponents": _spreads([run.exponents_at(*pair) for pair in pairs]),
    }
    missing = [
        ("critical coupling", no_maxima if gradient else no_maxima[:1]),
        ("crossing of Z", no_crossings),
        ("fixed point", no_points),
    ]
    for name, reasons in missing:
        for reason in reasons:
            print(f"mlrg: note: no {name} of {reason}", file=sys.stderr)
    regret = _regret(run)
    if options.json:
        print_json(results)
        return
    models = "1 model" if len(run.seeds) == 1 else f"{len(run.seeds)} models"
    legs = f", block tensors of {tensors.states} states" if tensors else ""
    print(f"{models} of {run.model.point.name}{legs}, loss {run.config.loss}")
    # The JSON keys are a contract; people are told the regret as well.
    for name, value in {**results, "regret_bits": regret}.items():
        entries = value if isinstance(value, list) else [value]
        texts = ["none" if v is None else f"{v['mean']:.4f} ± {v['std']:.4f}" for v in entries]
        models = 0 if entries[0] is None else len(entries[0]["seeds"])
        few = f"   ({models} of {len(run.seeds)} models)" if 0 < models < len(run.seeds) else ""
        print(f"{name.replace('_', ' '):21s} {'   '.join(texts)}{few}")


def _regret(run) -> dict | None:
    """Return the regret of a run, and say on standard error if it has not converged."""
    from mlrg.errors import BudgetError

    try:
        regret = run.regret_bits
    except BudgetError as error:
        print(f"mlrg: note: no regret: {error}", file=sys.stderr)
        return None
    if not run.converged:
        print(
            f"mlrg: note: the flow has not converged: its students' KL lies {regret.mean:.4f} bit "
            f"above the optimum on average; {_remedy(run)}, and trust no critical coupling before",
            file=sys.stderr,
        )
    return regret.as_dict()


def _remedy(run) -> str:
    """Return what to do about a flow that has not converged."""
    share = run.diagnosis[0].antisymmetric.mean()
    if run.config.flow != "gradient" or share < 0.1:
        return "train longer or with wider layers"
    return (
        f"{100 * share:.0f} % of the exact map's Jacobian is antisymmetric, which no gradient flow "
        "follows: compare --training.flow metric and vector, or train longer"
    )


def _spread(values) -> dict | None:
    """Return mean, deviation and values; None if no model has one."""
    from mlrg.flow.estimate import Estimate

    return Estimate.of(values).as_dict() if len(values) else None


def _spreads(rows) -> list[dict] | None:
    """Return the spread of each component over the models, of as many as all of them have."""
    return [_spread(values) for values in zip(*rows, strict=False)] or None


def reproduce(options) -> None:
    """Make figures and tables of the paper, and what goes beyond it."""
    from mlrg.flow import reproduce as paper
    from mlrg.tensor.reproduce import ITEMS

    paper.reproduce(options.figures, Path(options.out), options.seeds, options.quick, ITEMS)
