"""How values and results show themselves at a prompt and in a notebook.

A value shows the call that makes it, without what was left at its default. A result shows what it
is and a row for each quantity that is known without more work, and names what else it answers.
"""

import textwrap
from dataclasses import MISSING, fields
from html import escape

# Entries of a row of numbers that are shown, and characters of a line.
_SHOWN, _WIDTH = 6, 80


class Value:
    """A frozen dataclass whose representation evaluates back to it."""

    def __repr__(self):
        parts = []
        for each in fields(self):
            here = getattr(self, each.name)
            if each.default is MISSING:
                parts.append(repr(here))
            elif here != each.default:
                parts.append(f"{each.name}={here!r}")
        return f"{type(self).__name__}({', '.join(parts)})"


class Result:
    """What an analysis gives: a title, rows of names and texts, and names of what else there is."""

    # Properties that take work, in the order in which a reader wants them.
    more: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is, in one line."""
        return type(self).__name__

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Name and text of each quantity that is known."""
        return []

    def __repr__(self):
        names = [name for name, _ in self._all]
        width = max(map(len, names), default=0)
        return "\n".join([self.title, *(_row(name, text, width) for name, text in self._all)])

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self._all
        )
        return f"<table><caption>{escape(self.title)}</caption><tbody>{body}</tbody></table>"

    @property
    def _all(self) -> list[tuple[str, str]]:
        if not self.more:
            return self.rows
        return [*self.rows, ("more", ", ".join(f".{name}" for name in self.more))]


def _row(name: str, text: str, width: int) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=f"  {name:{width}}  ",
        subsequent_indent=" " * (width + 4),
        break_long_words=False,
    )


def numbers(values) -> str:
    """Return numbers as one text, the first few of many."""
    texts = [f"{float(value):.6g}" for value in list(values)[:_SHOWN]]
    rest = len(values) - len(texts)
    return ", ".join(texts) + (f" and {rest} more" if rest else "")
