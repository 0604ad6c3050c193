"""Drawings as HTML that stands alone: no script, and nothing loaded from anywhere."""

from __future__ import annotations

from html import escape
from typing import Iterable

from glacier.core.graph import Graph
from glacier.core.render.svg import to_svg

__all__ = ["problems_html", "to_html"]


def to_html(graph: Graph) -> str:
    """A page with the drawing of a graph, and what its tasks are for as they say themselves."""
    rows = "".join(
        f"<tr><td>{escape(task.name)}</td><td><code>{escape(str(task.place))}</code></td>"
        f"<td>{escape(_summary(task.function))}</td></tr>\n"
        for task in graph.tasks
    )
    name = escape(graph.pipeline)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{name}</title>\n"
        "<style>body{font:14px system-ui,sans-serif;margin:2rem}div{overflow:auto}"
        "td,th{text-align:left;padding:.2rem 1rem .2rem 0}</style>\n</head>\n<body>\n"
        f"<h1>{name}</h1>\n<div>\n{to_svg(graph)}</div>\n"
        "<table>\n<tr><th>task</th><th>declared</th><th></th></tr>\n"
        f"{rows}</table>\n</body>\n</html>\n"
    )


def problems_html(pipeline: str, problems: Iterable[object]) -> str:
    """What is shown in place of a drawing that cannot be made."""
    items = "".join(f"<li><pre>{escape(str(problem))}</pre></li>" for problem in problems)
    return f"<p><b>{escape(pipeline)}</b> cannot be drawn yet:</p><ol>{items}</ol>"


def _summary(function: object) -> str:
    return (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
