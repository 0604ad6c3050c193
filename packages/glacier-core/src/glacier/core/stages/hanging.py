"""Parts that hang on a single node: all of it comes after that node, or all of it before.

Seen from anywhere else such a part is one node, so it can be nested by itself. A graph that is a
tree of such parts would else be taken to pieces from one end, which takes time for all that is left
each time.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Sequence

from glacier.core.stages.cuts import times_of
from glacier.core.stages.network import Network

__all__ = ["Hanging", "take_down"]


class Hanging(NamedTuple):
    """A part without edges to others, and the slot of the forest that is to be filled with it."""

    slot: int
    nodes: List[int]


def take_down(network: Network, nodes: List[int]) -> Iterator[Hanging]:
    """Take each part that hangs on a node out of the graph, the innermost first.

    In ``nodes`` a single node takes the place of each. A search finds no part in which it begins.
    What comes after a node holds no beginning of the graph, and what comes before one no end, so
    two searches find all of them.
    """
    for neighbours in (network.before, network.after):
        search = _Search(network)
        for node in nodes:
            if not neighbours[node] and node not in search.found:
                yield from search.below(node)
        nodes[:] = search.nodes


class _Search:
    """A search in depth along edges of either direction.

    ``nodes`` is what was found, in that order. ``found`` is when, and ``reach`` the earliest node
    that has an edge from the one or from what was found below it.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self.nodes: List[int] = []
        self.found: Dict[int, int] = {}
        self._reach: Dict[int, int] = {}
        self._places: Dict[int, int] = {}  # in nodes

    def below(self, start: int) -> Iterator[Hanging]:
        """Search from a node; what hangs is taken down as soon as all of it is found."""
        path, ways = [start], [self._enter(start)]
        while path:
            node = path[-1]
            for one in ways[-1]:
                if one not in self.found:
                    path.append(one)
                    ways.append(self._enter(one))
                    break
                if len(path) < 2 or one != path[-2]:
                    self._reach[node] = min(self._reach[node], self.found[one])
            else:
                path.pop()
                ways.pop()
                if path:
                    yield from self._leave(node, path[-1])

    def _enter(self, node: int) -> Iterator[int]:
        self.found[node] = self._reach[node] = len(self.found)
        self._places[node] = len(self.nodes)
        self.nodes.append(node)
        return iter([*self._network.before[node], *self._network.after[node]])

    def _leave(self, node: int, parent: int) -> Iterator[Hanging]:
        self._reach[parent] = min(self._reach[parent], self._reach[node])
        if self._reach[node] < self.found[parent]:
            return
        place = self._places[node]
        part = self.nodes[place:]
        before, after = self._network.before, self._network.after
        follows = all(before[one] for one in part)
        if len(part) > 1 and (follows or all(after[one] for one in part)):
            self.nodes[place:] = [self._replace(part, parent, follows=follows)]
            yield Hanging(self._network.slots[self.nodes[-1]], part)

    def _replace(self, part: Sequence[int], parent: int, *, follows: bool) -> int:
        network = self._network
        for one in part:
            if parent in network.before[one]:
                network.disconnect(parent, one)
            elif parent in network.after[one]:
                network.disconnect(one, parent)
        height = max(times_of(network, part).left.values())
        first = min([network.firsts[one] for one in part])
        node = network.add(network.forest.reserve(), height, first)
        network.connect(*((parent, node) if follows else (node, parent)))
        return node
