"""Pictures: of a graph as Mermaid, DOT, SVG and HTML, and of a run as a timeline.

``text`` writes the languages that other tools draw; ``layout`` finds places for a graph, ``svg``
draws it there, and ``page`` puts drawings into HTML that loads nothing from anywhere.
"""

from __future__ import annotations

from typing import Callable, Mapping

from glacier.core.errors import UnknownName
from glacier.core.graph import Graph
from glacier.core.render.page import to_html
from glacier.core.render.svg import to_svg
from glacier.core.render.text import to_dot, to_mermaid

__all__ = ["FORMATS", "render", "to_dot", "to_html", "to_mermaid", "to_svg"]

FORMATS: Mapping[str, Callable[[Graph], str]] = {
    "dot": to_dot,
    "html": to_html,
    "mermaid": to_mermaid,
    "svg": to_svg,
}


def render(graph: Graph, form: str) -> str:
    """The picture in the given form, ``"mermaid"``, ``"dot"``, ``"svg"`` or ``"html"``.

    Raises :class:`~glacier.core.errors.UnknownName` for another form.
    """
    if form not in FORMATS:
        raise UnknownName(kind="form", name=str(form), known=FORMATS, where=f"render({form!r})")
    return FORMATS[form](graph)
