"""The report of a reproduction, as Markdown and as one HTML page that needs no other file."""

import base64
import html
import importlib.metadata
import platform
from collections.abc import Sequence
from pathlib import Path

import mlrg
from mlrg.reports.paper.item import Item, Session
from mlrg.storage import write_bytes

_HEAD = ("quantity", "this run", "paper", "exact", "ours − exact, or as said")
_PACKAGES = ("numpy", "numba", "scipy", "sympy", "torch", "torchdiffeq", "xarray", "matplotlib")
_STYLE = """
body { font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; } td, th { border: 1px solid #999; padding: 0.2em 0.6em; }
th { text-align: left; background: #eee; } img { max-width: 100%; }
"""


def write_report(session: Session, items: Sequence[Item]) -> None:
    """Write ``report.md`` and ``report.html`` into the session's directory.

    Raises
    ------
    StorageError
        If they cannot be written.
    """
    write_bytes(session.out / "report.md", _markdown(session, items).encode())
    write_bytes(session.out / "report.html", _page(session, items).encode())


def _facts(session: Session, items: Sequence[Item]) -> list[str]:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    minutes = sum(item.seconds for item in items) / 60
    kind = "quick: short training and coarse grids" if session.quick else "full"
    return [
        f"mlrg {mlrg.__version__}, Python {platform.python_version()}; {versions}",
        f"{kind}; A1 with seeds 0–{session.seeds - 1}, larger representations with "
        f"{session.models('A1+E')} seeds from 0; every number is the same for the same seeds",
        f"{minutes:.1f} minutes in all; training that was found finished is not in it",
        "± is the standard deviation over models; empty cells have no value to compare with",
    ]


def _markdown(session: Session, items: Sequence[Item]) -> str:
    lines = ["# The paper's figures and tables, reproduced", ""]
    lines += [f"* {fact}" for fact in _facts(session, items)]
    for item in items:
        lines += ["", f"## {item.title}", ""]
        if item.rows:
            lines += [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
            lines += [f"| {' | '.join(_cells(row))} |" for row in item.rows]
            lines.append("")
        if item.text:
            lines += ["```", item.text, "```", ""]
        lines += [f"* {note}" for note in item.notes]
        lines += ["", *(f"![{name}]({name}.png)" for name in item.figures)]
        lines += ["", f"{item.seconds:.1f} s"]
    return "\n".join(lines) + "\n"


def _cells(row) -> list[str]:
    return [row.quantity, row.ours, row.paper, row.exact, row.error]


def _page(session: Session, items: Sequence[Item]) -> str:
    def element(tag: str, text: str) -> str:
        return f"<{tag}>{html.escape(text)}</{tag}>"

    parts = ["<h1>The paper's figures and tables, reproduced</h1>", "<ul>"]
    parts += [element("li", fact) for fact in _facts(session, items)]
    parts.append("</ul>")
    for item in items:
        parts.append(element("h2", item.title))
        if item.rows:
            parts.append("<table><tr>" + "".join(element("th", name) for name in _HEAD) + "</tr>")
            for row in item.rows:
                parts.append("<tr>" + "".join(element("td", c) for c in _cells(row)) + "</tr>")
            parts.append("</table>")
        if item.text:
            parts.append(element("pre", item.text))
        parts.append("<ul>" + "".join(element("li", note) for note in item.notes) + "</ul>")
        parts += [_picture(session.out / f"{name}.png", name) for name in item.figures]
        parts.append(element("p", f"{item.seconds:.1f} s"))
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>mlrg report</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _picture(path: Path, name: str) -> str:
    content = base64.b64encode(path.read_bytes()).decode()
    return f'<p><img alt="{html.escape(name)}" src="data:image/png;base64,{content}"></p>'
