"""What all figures share: axes, line styles that stay apart in grey, marks, files."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlrg.errors import StorageError

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")


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


def new_axes(rows: int = 1, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels above each other that share the horizontal axis."""
    figure = Figure(figsize=(5.2, height), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for axis in axes:
        axis.grid(alpha=0.25, linewidth=0.5)
    return figure, list(axes)


def mark_critical(axis: Axes, estimate: float | None, exact: float | None) -> None:
    """Draw a learned critical coupling as a solid line and an exact one as a dashed line."""
    if estimate is not None:
        axis.axvline(estimate, color="black", linewidth=1, label=rf"$J_{{0*}}$ = {estimate:.4f}")
    if exact is not None:
        axis.axvline(
            exact,
            color="black",
            linewidth=1,
            linestyle="--",
            label=rf"exact $J_{{0c}}$ = {exact:.4f}",
        )
