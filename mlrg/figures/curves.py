"""Figures of curves against a coupling: smallest KL, monotone and beta, C and Z along the flow."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlrg.figures.style import MARKERS, STYLES, Figure, mark_critical, new_axes


def smallest_kl(couplings: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Fig. 4: smallest KL divergence in bits against the teacher's coupling, one curve a student.

    Parameters
    ----------
    couplings : numpy.ndarray
        Teacher couplings J, shape ``(point,)``.
    curves : mapping
        Representation of the student's centre → KL in bits, shape ``(point,)``.
    """
    figure, (axis,) = new_axes()
    for k, (label, values) in enumerate(curves.items()):
        axis.plot(
            couplings,
            values,
            linestyle=STYLES[k % len(STYLES)],
            marker=MARKERS[k % len(MARKERS)],
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
    estimate: float | None,
    exact: float | None = None,
) -> Figure:
    """Fig. 5: the monotone C(J0) and its negative slope, with bands of two deviations over seeds.

    Parameters
    ----------
    points : numpy.ndarray
        Axis couplings, shape ``(point,)``.
    monotone, beta : numpy.ndarray
        C(J0) − C(0) and −∂C/∂J0, shape ``(seed, point)``.
    estimate, exact : float or None
        Critical couplings to mark.
    """
    figure, (top, bottom) = new_axes(2, height=5.2)
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
        mark_critical(axis, estimate, exact)
    bottom.axhline(0, color="gray", linewidth=0.8)
    height = 0.12 * np.abs(bottom.get_ylim()).max()
    arrows = ((0.9, 0.55), (1.12, 1.5)) if estimate is not None else ()
    for begin, end in ((a * estimate, b * estimate) for a, b in arrows):
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
    estimate: float | None,
    exact: float | None = None,
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Figs. 7 and 10: a quantity of J(J0, ℓ) against J0, one curve for each ℓ, averaged over seeds.

    Parameters
    ----------
    points : numpy.ndarray
        Axis couplings, shape ``(point,)``.
    curves : mapping
        ℓ → values, shape ``(seed, point)``, NaN for models that have none.
    label : str
        What the values are.
    estimate, exact : float or None
        Critical couplings to mark.
    limits : tuple of float, optional
        Ends of the value axis, to show a peak beside a deep fall.
    """
    figure, (axis,) = new_axes()
    for k, (scale, values) in enumerate(curves.items()):
        axis.plot(
            points,
            np.nanmean(values, axis=0),
            linestyle=STYLES[k % len(STYLES)],
            label=rf"$\ell$ = {scale:g}",
        )
    mark_critical(axis, estimate, exact)
    axis.set_xlabel(r"initial coupling $J_0$")
    axis.set_ylabel(label)
    if limits is not None:
        axis.set_ylim(limits)
    figure.legend(fontsize=8, ncols=3, loc="outside upper center")
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
    figure, (top, bottom) = new_axes(2, height=5.2)
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


def rounds_of_refinement(residuals: np.ndarray, held: np.ndarray) -> Figure:
    """What a flow misses of its map, round by round: fitted pairs, and new ones before the fit.

    Parameters
    ----------
    residuals, held : numpy.ndarray
        Shape ``(seed, round)``.
    """
    figure, (axis,) = new_axes()
    rounds = np.arange(1, residuals.shape[1] + 1)
    for values, style, label in ((held, "o--", "new pairs"), (residuals, "s-", "fitted")):
        axis.plot(rounds, values.T, style, color="gray", linewidth=0.4, markersize=2)
        axis.plot(rounds, np.exp(np.log(values).mean(axis=0)), style, color="black", label=label)
    axis.set_yscale("log")
    axis.set_xticks(rounds)
    axis.set_xlabel("round")
    axis.set_ylabel(r"root mean square of $J(\ell=1) - R(J)$")
    axis.legend(fontsize=8)
    return figure
