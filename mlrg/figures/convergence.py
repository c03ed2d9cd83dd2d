"""Figure of errors against the size of a student."""

from collections.abc import Mapping, Sequence

from mlrg.figures.style import MARKERS, Figure, new_axes


def convergence_figure(
    errors: Mapping[str, Sequence[tuple[int, float]]], title: str = ""
) -> Figure:
    """Draw |error of the critical coupling| against the number of states, both logarithmic.

    Parameters
    ----------
    errors : mapping
        From the name of a method to its pairs (states, error). An error below zero is drawn hollow.
    title : str
    """
    figure, (axis,) = new_axes(height=4.2)
    for number, (name, pairs) in enumerate(errors.items()):
        color, marker = f"C{number}", MARKERS[number % len(MARKERS)]
        states = [state for state, _ in pairs]
        axis.plot(states, [abs(error) for _, error in pairs], color=color, linewidth=1)
        for above in (True, False):
            chosen = [(s, abs(e)) for s, e in pairs if (e > 0) == above]
            axis.plot(
                *zip(*chosen, strict=True) if chosen else ([], []),
                color=color,
                linestyle="none",
                marker=marker,
                markerfacecolor=color if above else "white",
                label=name if above else None,
            )
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_xlabel("states of a spin or leg")
    axis.set_ylabel(r"$|J_{0*} - J_{0c}|$   (hollow: below)")
    axis.set_title(title, fontsize=10)
    axis.legend(fontsize=8)
    return figure
