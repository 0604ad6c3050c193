"""Merging what is a sequence or a parallel, until nothing is."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from glacier.core.stages.network import Network

__all__ = ["contract"]


def contract(network: Network, nodes: Sequence[int]) -> List[int]:
    """Merge all that can be merged among nodes without edges to others; returns what remains.

    Two nodes make a sequence if each is the other's only neighbour on its side, and a parallel if
    they have the same neighbours. Of a series-parallel order without implied edges one node
    remains (Valdes, Tarjan and Lawler 1982). Each merge removes an edge or a node, so it takes
    hardly longer than to read the graph.
    """
    waiting = list(nodes)
    queued = set(waiting)
    alike: Dict[Tuple[int, int], int] = {}
    while waiting:
        node = waiting.pop()
        queued.discard(node)
        if network.slots[node] < 0:
            continue
        for one in _merged(network, node, alike):
            if one not in queued:
                queued.add(one)
                waiting.append(one)
    return [node for node in nodes if network.slots[node] >= 0]


def _merged(network: Network, node: int, alike: Dict[Tuple[int, int], int]) -> Sequence[int]:
    """The nodes that changed as one was merged with another; none if it could not be."""
    before, after = network.before, network.after
    if len(after[node]) == 1:
        (one,) = after[node]
        if len(before[one]) == 1:
            return network.join(node, one)
    if len(before[node]) == 1:
        (one,) = before[node]
        if len(after[one]) == 1:
            return network.join(one, node)
    other = alike.get(network.key(node), node)
    if (
        other != node
        and network.slots[other] >= 0
        and before[other] == before[node]
        and after[other] == after[node]
    ):
        return network.pair(other, node)
    alike[network.key(node)] = node
    return ()
