"""What all figures share: axes, line styles that stay apart in grey, marks, files."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import matplotlib.figure
from matplotlib.axes import Axes

from mlrg.errors import StorageError

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v")


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that belongs to no window, and knows where it may be written."""

    def __init__(self, height: float = 3.6, width: float = 5.2):
        super().__init__(figsize=(width, height), layout="constrained")

    def _repr_png_(self) -> bytes:
        # Notebooks show what belongs to a window by themselves, and only that.
        picture = io.BytesIO()
        self.savefig(picture, format="png", dpi=100)
        return picture.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the figure; without an ending, as PNG and PDF beside each other.

        The directory is made if need be.

        Raises
        ------
        StorageError
            If a file cannot be written.
        """
        path = Path(path)
        names = [path] if path.suffix else [path.with_suffix(end) for end in (".png", ".pdf")]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            for name in names:
                self.savefig(name, dpi=160)
        except OSError as error:
            raise StorageError(
                f"cannot write figure {str(path)!r} ({error.strerror}): choose another directory"
            ) from error
        except ValueError as error:
            raise StorageError(f"cannot write figure {str(path)!r}: {error}") from error


_GIVEN: ContextVar[matplotlib.figure.FigureBase | None] = ContextVar("given", default=None)


@contextmanager
def drawn_on(figure: matplotlib.figure.FigureBase) -> Iterator[None]:
    """Let every figure of the library that is made meanwhile be drawn on a given one.

    Parameters
    ----------
    figure : Figure or SubFigure
        Such as one of ``matplotlib.pyplot.figure(layout="constrained").subfigures(1, 2)``.
    """
    before = _GIVEN.set(figure)
    try:
        yield
    finally:
        _GIVEN.reset(before)


def new_figure(height: float = 3.6, width: float = 5.2) -> Figure:
    """Return an empty figure of this size in inches, or the one of `drawn_on`."""
    given = _GIVEN.get()
    return Figure(height, width) if given is None else given


def new_axes(rows: int = 1, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with panels above each other that share the horizontal axis."""
    figure = new_figure(height)
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
