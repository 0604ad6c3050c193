"""Edges that others imply: ``a → c`` where there is ``a → b → c``."""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from glacier.core.stages.network import Network

__all__ = ["drop_implied"]

_WIDTH = 4096  # nodes that are looked at together: half a kilobyte for each node of the graph


def drop_implied(network: Network, nodes: Sequence[int]) -> None:
    """Remove every edge that others imply, among nodes without edges to others.

    What can be reached from a node is a number with a bit for each of 4,096 nodes, so ten thousand
    nodes take three passes.
    """
    order = network.order(nodes)
    places = {node: place for place, node in enumerate(order)}
    after = [sorted([places[one] for one in network.after[node]]) for node in order]
    for low in range(0, len(order), _WIDTH):
        for above, below in list(_implied(after, low, min(low + _WIDTH, len(order)))):
            network.disconnect(order[above], order[below])


def _implied(after: Sequence[List[int]], low: int, high: int) -> Iterator[Tuple[int, int]]:
    """The implied edges that end at the places from ``low`` to ``high``."""
    reached = [0] * high
    for place in range(high - 1, -1, -1):
        seen = 0
        for one in after[place]:  # upwards: what implies an edge ends nearer than the edge
            if one >= high:
                break
            if one >= low:
                bit = 1 << (one - low)
                if seen & bit:
                    yield place, one
                    continue
                seen |= bit
            seen |= reached[one]
        reached[place] = seen
