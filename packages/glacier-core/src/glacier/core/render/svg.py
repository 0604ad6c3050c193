"""A graph drawn as SVG, with nothing but the standard library."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple
from xml.sax.saxutils import escape, quoteattr

from glacier.core.graph import Graph
from glacier.core.render.layout import Box, layout
from glacier.core.render.text import edges, ids

__all__ = ["to_svg"]

_LETTER, _HEIGHT, _MARGIN = 7.3, 30.0, 12.0
_STYLE = (
    ".glacier text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2933}"
    ".glacier .task rect{fill:#e6f0fa;stroke:#3b82c4}"
    ".glacier .dataset path{fill:#fdf6e3;stroke:#b8860b}"
    ".glacier .edge{fill:none;stroke:#6b7785}.glacier .when{stroke-dasharray:2 3}"
    ".glacier .label{font-size:10px;fill:#6b7785}"
)


def to_svg(graph: Graph) -> str:
    """The graph as an SVG image: tasks as boxes, datasets as cylinders, conditions dotted."""
    tasks, datasets = ids(graph)
    names = {tasks[i]: task.name for i, task in enumerate(graph.tasks)}
    names.update((key, name) for name, key in datasets.items())
    arrows = list(edges(graph))
    drawing = layout(_sizes(graph, tasks, datasets, names), [arrow[:2] for arrow in arrows])
    parts: List[str] = []
    for points, (_, _, style) in zip(drawing.paths, arrows):
        parts.append(_edge(points, style))
    for node, box in drawing.boxes.items():
        parts.append(_task(names[node], box) if node[0] == "t" else _dataset(names[node], box))
    width, height = drawing.width + 2 * _MARGIN, drawing.height + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="glacier" width="{width:.0f}" '
        f'height="{height:.0f}" viewBox="{-_MARGIN:g} {-_MARGIN:g} {width:.1f} {height:.1f}" '
        'role="img" '
        f"aria-label={quoteattr(f'pipeline {graph.pipeline}')}>\n<style>{_STYLE}</style>\n"
        '<defs><marker id="glacier-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#6b7785"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _sizes(
    graph: Graph, tasks: Dict[int, str], datasets: Dict[str, str], names: Dict[str, str]
) -> Dict[str, Tuple[float, float]]:
    """A size for each node, in an order in which producers come before their readers."""
    order = [datasets[name] for name in graph.datasets if name not in graph.producers]
    for position in graph.order:
        order.append(tasks[position])
        order += [
            datasets[output.dataset.name] for output in graph.tasks[position].signature.outputs
        ]
    return {node: (len(names[node]) * _LETTER + 24, _HEIGHT) for node in order}


def _edge(points: Sequence[Tuple[float, float]], style: str) -> str:
    """A smooth curve through the points, with its word at its middle."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for end_x, end_y in rest:
        middle = (x + end_x) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {end_y:.1f} {end_x:.1f} {end_y:.1f}"
        x, y = end_x, end_y
    kind = "edge when" if style == "when" else "edge"
    drawn = f'<path class="{kind}" d="{path}" marker-end="url(#glacier-tip)"/>'
    if not style:
        return drawn
    (x, y), (end_x, end_y) = points[-2:]
    x, y = (x + end_x) / 2, (y + end_y) / 2 - 4
    return f'{drawn}<text class="label" text-anchor="middle" x="{x:.1f}" y="{y:.1f}">{style}</text>'


def _task(name: str, box: Box) -> str:
    x, y, width, height = box
    return (
        f'<g class="task"><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="5"/>{_text(name, box)}</g>'
    )


def _dataset(name: str, box: Box) -> str:
    x, y, width, height = box
    rim, half = 4.0, width / 2
    arc = f"a{half:.1f} {rim:g} 0 0"
    path = (
        f"M{x:.1f} {y + rim:.1f}{arc} 1 {width:.1f} 0v{height - 2 * rim:.1f}"
        f"{arc} 1 {-width:.1f} 0z"
        f"M{x:.1f} {y + rim:.1f}{arc} 0 {width:.1f} 0"
    )
    return f'<g class="dataset"><path d="{path}"/>{_text(name, box, lower=2)}</g>'


def _text(name: str, box: Box, *, lower: float = 0) -> str:
    x, y = box.x + box.width / 2, box.y + box.height / 2 + 4 + lower
    return f'<text text-anchor="middle" x="{x:.1f}" y="{y:.1f}">{escape(name)}</text>'
