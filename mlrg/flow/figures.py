"""Figures: one function each, matplotlib only here. They draw what they are given and return it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlrg.errors import StorageError

# The critical coupling of the Ising model on the Lieb lattice, Eq. (19).
ISING_EXACT = 0.5 * float(np.arccosh(1.0 + np.sqrt(2.0)))

_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_MARKERS = ("o", "s", "^", "D", "v")


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and PDF beside each other; `path` has no ending.

    Raises
    ------
    StorageError
        If the files cannot be written.
    """
    try:
        for ending in (".png", ".pdf"):
            figure.savefig(path.with_suffix(ending), dpi=160)
    except OSError as error:
        raise StorageError(
            f"cannot write figure {str(path)!r} ({error.strerror}): choose another directory"
        ) from error


def _axes(rows: int = 1, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(5.2, height), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for axis in axes:
        axis.grid(alpha=0.25, linewidth=0.5)
    return figure, list(axes)


def _mark_critical(axis: Axes, estimate: float, exact: float | None) -> None:
    axis.axvline(estimate, color="black", linewidth=1, label=rf"$J_{{0*}}$ = {estimate:.4f}")
    if exact is not None:
        axis.axvline(
            exact,
            color="black",
            linewidth=1,
            linestyle="--",
            label=rf"exact $J_{{0c}}$ = {exact:.4f}",
        )


def smallest_kl(couplings: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Fig. 4: smallest KL divergence in bits against the teacher's coupling, one curve a student.

    Parameters
    ----------
    couplings : numpy.ndarray
        Teacher couplings J, shape ``(point,)``.
    curves : mapping
        Representation of the student's centre → KL in bits, shape ``(point,)``.
    """
    figure, (axis,) = _axes()
    for k, (label, values) in enumerate(curves.items()):
        axis.plot(
            couplings,
            values,
            linestyle=_STYLES[k % len(_STYLES)],
            marker=_MARKERS[k % len(_MARKERS)],
            markevery=(k, 2 * len(curves)),
            markersize=4,
            label=label.replace("+", "⊕"),
        )
    axis.set_xlabel(r"teacher coupling $J_{\mathrm{tch}}$")
    axis.set_ylabel(r"smallest $D_{\mathrm{KL}}$ (bit)")
    axis.set_ylim(bottom=0)
    axis.legend(title="student's centre", fontsize=8)
    return figure


def monotone_and_beta(
    points: np.ndarray,
    monotone: np.ndarray,
    beta: np.ndarray,
    estimate: float,
    exact: float | None = None,
) -> Figure:
    """Fig. 5: the monotone C(J0) and its negative slope, with bands of two deviations over seeds.

    Parameters
    ----------
    points : numpy.ndarray
        Axis couplings, shape ``(point,)``.
    monotone, beta : numpy.ndarray
        C(J0) − C(0) and −∂C/∂J0, shape ``(seed, point)``.
    estimate, exact : float
        Critical couplings to mark.
    """
    figure, (top, bottom) = _axes(2, height=5.2)
    for axis, curves, label in (
        (top, monotone, r"$C(J_0) - C(0)$"),
        (bottom, beta, r"$-\partial C/\partial J_0$"),
    ):
        mean = curves.mean(axis=0)
        deviation = curves.std(axis=0, ddof=1) if len(curves) > 1 else np.zeros_like(mean)
        axis.fill_between(
            points,
            mean - 2 * deviation,
            mean + 2 * deviation,
            alpha=0.3,
            linewidth=0,
            label=f"± 2 deviations, {len(curves)} models",
        )
        axis.plot(points, mean)
        axis.set_ylabel(label)
        _mark_critical(axis, estimate, exact)
    bottom.axhline(0, color="gray", linewidth=0.8)
    height = 0.12 * np.abs(bottom.get_ylim()).max()
    for begin, end in ((0.9 * estimate, 0.55 * estimate), (1.12 * estimate, 1.5 * estimate)):
        bottom.annotate(
            "", xy=(end, height), xytext=(begin, height), arrowprops={"arrowstyle": "->"}
        )
    bottom.set_xlabel(r"$J_0$")
    handles, labels = top.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, ncols=3, loc="outside upper center")
    return figure


def curves_along_flow(
    points: np.ndarray,
    curves: Mapping[float, np.ndarray],
    label: str,
    estimate: float,
    exact: float | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Figs. 7 and 10: a quantity of J(J0, ℓ) against J0, one curve for each ℓ, averaged over seeds.

    Parameters
    ----------
    points : numpy.ndarray
        Axis couplings, shape ``(point,)``.
    curves : mapping
        ℓ → values, shape ``(seed, point)``.
    label : str
        What the values are.
    estimate, exact : float
        Critical couplings to mark.
    limits : tuple of float, optional
        Ends of the value axis, to show a peak beside a deep fall.
    """
    figure, (axis,) = _axes()
    for k, (scale, values) in enumerate(curves.items()):
        axis.plot(
            points,
            values.mean(axis=0),
            linestyle=_STYLES[k % len(_STYLES)],
            label=rf"$\ell$ = {scale:g}",
        )
    _mark_critical(axis, estimate, exact)
    axis.set_xlabel(r"initial coupling $J_0$")
    axis.set_ylabel(label)
    if limits is not None:
        axis.set_ylim(limits)
    axis.legend(fontsize=8)
    return figure


def learning_curves(curves: Sequence[Mapping[str, np.ndarray]], window: int = 20) -> Figure:
    """What training recorded, one thin line a seed and their mean, each a mean over some steps.

    Parameters
    ----------
    curves : sequence of mapping
        One a seed: ``kl_bits`` and ``exchange`` of shape ``(step,)``, ``acceptance`` of shape
        ``(step, replica)``; the last replica is the coldest.
    window : int
        Steps that are averaged into one point.
    """
    figure, (top, bottom) = _axes(2, height=5.2)
    count = max(1, len(curves[0]["exchange"]) // window)
    steps = np.array([part.mean() for part in np.array_split(np.arange(count * window), count)])

    def draw(axis, values, style, label):
        smooth = [[part.mean() for part in np.array_split(row, count)] for row in values]
        axis.plot(steps, np.transpose(smooth), style, color="gray", linewidth=0.4)
        axis.plot(steps, np.mean(smooth, axis=0), style, color="black", label=label)

    if np.isfinite(curves[0]["kl_bits"]).all():
        draw(top, [seed["kl_bits"] for seed in curves], "-", f"mean of {len(curves)} models")
        top.set_yscale("log")
        top.legend(fontsize=8)
    else:
        top.text(0.5, 0.5, "a sampled loss has no value", ha="center", transform=top.transAxes)
    top.set_ylabel(r"$D_{\mathrm{KL}}$ of the batch (bit)")
    draw(bottom, [seed["acceptance"][:, -1] for seed in curves], "-", "acceptance, coldest replica")
    draw(bottom, [seed["exchange"] for seed in curves], "--", "replica exchange")
    bottom.set_ylim(0, 1.05)
    bottom.set_ylabel("rate")
    bottom.set_xlabel("training step")
    bottom.legend(fontsize=8)
    return figure


class RunFigures:
    """The figures of a trained ensemble, as ``run.plot.…()``; each returns a matplotlib Figure."""

    def __init__(self, run):
        self._run = run

    def learning_curves(self) -> Figure:
        """KL of the batch and the sampler's rates against training steps."""
        return learning_curves(self._run.curves)

    def monotone(self, exact: float | None = None) -> Figure:
        """C and the beta function along the axis J0 (Fig. 5)."""
        data = self._run.axis_curves
        return monotone_and_beta(
            data["points"], data["monotone"], data["beta"], self._run.critical_coupling.mean, exact
        )

    def monotone_flow(self, exact: float | None = None) -> Figure:
        """C(J(J0, ℓ)) − C(0) for ℓ = 0, 1, 2, 3 (Fig. 7), cut where it falls far below zero."""
        run = self._run
        curves = run.flow_curves(run.monotone_curve)
        label = r"$C(J(J_0, \ell)) - C(0)$"
        peak = max(values.mean(axis=0).max() for values in curves.values())
        return curves_along_flow(
            run.grid, curves, label, run.critical_coupling.mean, exact, limits=(-peak, 1.4 * peak)
        )

    def degeneracy_flow(self, exact: float | None = None) -> Figure:
        """Z(J(J0, ℓ)) for ℓ = 0, 1, 2, 3 (Fig. 10)."""
        run = self._run
        curves = run.flow_curves(run.degeneracy_curve)
        label = r"degeneracy $Z(J(J_0, \ell))$"
        return curves_along_flow(run.grid, curves, label, run.degeneracy_crossing.mean, exact)
