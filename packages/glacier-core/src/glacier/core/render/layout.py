"""Places for the nodes of a graph without cycles: in columns, with few crossings.

The usual three steps: a column for each node, one past its furthest predecessor; an order within
each column, by the mean place of the neighbours; then coordinates. An edge over several columns
gets a bend in each, so that it does not run through a node.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

__all__ = ["Box", "Drawing", "layout"]

_GAP_X, _GAP_Y = 48.0, 16.0
_SWEEPS = 8  # passes over the columns; more change little


class Box(NamedTuple):
    """Where a node lies: its upper left corner, and its size."""

    x: float
    y: float
    width: float
    height: float


class Drawing(NamedTuple):
    """The size of the whole, a box for each node, and for each edge the points it goes through."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    paths: Sequence[Sequence[Tuple[float, float]]]


def layout(sizes: Mapping[str, Tuple[float, float]], edges: Sequence[Tuple[str, str]]) -> Drawing:
    """Places for nodes of the given sizes (width and height), all edges from left to right.

    ``sizes`` has every node after its predecessors.
    """
    column = _columns(sizes, edges)
    sizes = dict(sizes)
    chains = _chains(sizes, edges, column)
    columns: List[List[str]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node, number in column.items():
        columns[number].append(node)
    _untangle(columns, [link for chain in chains for link in zip(chain, chain[1:])])
    boxes, width, height = _place(columns, sizes)
    paths = [_points(chain, boxes) for chain in chains]
    real = {node: boxes[node] for node in sizes if sizes[node][1] > 0}
    return Drawing(width, height, real, paths)


def _columns(nodes: Mapping[str, object], edges: Sequence[Tuple[str, str]]) -> Dict[str, int]:
    before: Dict[str, List[str]] = {node: [] for node in nodes}
    for start, end in edges:
        before[end].append(start)
    column: Dict[str, int] = {}
    for node in nodes:
        column[node] = max((column[start] + 1 for start in before[node]), default=0)
    return column


def _chains(
    sizes: Dict[str, Tuple[float, float]],
    edges: Sequence[Tuple[str, str]],
    column: Dict[str, int],
) -> List[List[str]]:
    """The nodes along each edge: its ends, and between them a bend in every column it crosses."""
    chains: List[List[str]] = []
    for number, (start, end) in enumerate(edges):
        bends = [f"/{number}/{place}" for place in range(column[start] + 1, column[end])]
        for place, bend in enumerate(bends, column[start] + 1):
            column[bend] = place
            sizes[bend] = (0.0, 0.0)
        chains.append([start, *bends, end])
    return chains


def _untangle(columns: List[List[str]], links: Sequence[Tuple[str, str]]) -> None:
    """Order each column by the mean place of the neighbours to its left, then to its right."""
    left: Dict[str, List[str]] = {}
    right: Dict[str, List[str]] = {}
    for start, end in links:
        left.setdefault(end, []).append(start)
        right.setdefault(start, []).append(end)
    place = {node: float(n) for nodes in columns for n, node in enumerate(nodes)}
    for sweep in range(_SWEEPS):
        neighbours = right if sweep % 2 else left
        for nodes in reversed(columns) if sweep % 2 else columns:
            mean = {
                node: sum(place[n] for n in near) / len(near)
                for node in nodes
                for near in [neighbours.get(node)]
                if near
            }
            nodes.sort(key=lambda node: mean.get(node, place[node]))
            place.update((node, float(n)) for n, node in enumerate(nodes))


def _place(
    columns: Sequence[Sequence[str]], sizes: Mapping[str, Tuple[float, float]]
) -> Tuple[Dict[str, Box], float, float]:
    heights = [sum(sizes[node][1] + _GAP_Y for node in nodes) - _GAP_Y for nodes in columns]
    tallest = max(heights, default=0.0)
    boxes: Dict[str, Box] = {}
    x = 0.0
    for nodes, height in zip(columns, heights):
        widest = max(sizes[node][0] for node in nodes)
        y = (tallest - height) / 2
        for node in nodes:
            width, tall = sizes[node]
            boxes[node] = Box(x + (widest - width) / 2, y, width, tall)
            y += tall + _GAP_Y
        x += widest + _GAP_X
    return boxes, max(x - _GAP_X, 0.0), tallest


def _points(chain: Sequence[str], boxes: Mapping[str, Box]) -> List[Tuple[float, float]]:
    """From the right side of the first node to the left side of the last."""
    first, last = boxes[chain[0]], boxes[chain[-1]]
    bends = [(boxes[bend].x, boxes[bend].y) for bend in chain[1:-1]]
    return [
        (first.x + first.width, first.y + first.height / 2),
        *bends,
        (last.x, last.y + last.height / 2),
    ]
