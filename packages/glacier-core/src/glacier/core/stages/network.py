"""Steps, or groups of them that became one, and which of these waits for which."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Set, Tuple

from glacier.core.stages.tree import Forest

__all__ = ["Network"]

_MASK = (1 << 64) - 1


class Network:
    """A graph whose nodes are merged and whose edges are removed, until none is left.

    Nodes are numbers; ``before`` and ``after`` are the neighbours of each. ``slots`` says what a
    node stands for in the forest (-1 for one that is gone), ``heights`` how many steps of it follow
    one another at most, ``firsts`` which of its steps is the first of the plan: by that nodes are
    ordered, for the number of a merged node depends on what was merged first.
    """

    def __init__(self, before: Sequence[Iterable[int]]) -> None:
        count = len(before)
        self.forest = Forest(count)
        self.slots = list(range(count))
        self.heights = [1] * count
        self.firsts = list(range(count))
        self.before: List[Set[int]] = [set(nodes) for nodes in before]
        self.after: List[Set[int]] = [set() for _ in before]
        for node, nodes in enumerate(self.before):
            for one in nodes:
                self.after[one].add(node)
        self._marks = [_mark(node) for node in range(count)]
        mark = self._marks.__getitem__
        self._above = [sum(map(mark, nodes)) for nodes in self.before]
        self._below = [sum(map(mark, nodes)) for nodes in self.after]

    def key(self, node: int) -> Tuple[int, int]:
        """Equal for nodes with the same neighbours, and hardly ever for others: random sums."""
        return self._above[node], self._below[node]

    def edges(self, nodes: Iterable[int]) -> int:
        """How many edges begin at some nodes."""
        return sum([len(self.after[node]) for node in nodes])

    def add(self, slot: int, height: int, first: int) -> int:
        """A new node without neighbours."""
        node = len(self.slots)
        self.slots.append(slot)
        self.heights.append(height)
        self.firsts.append(first)
        self.before.append(set())
        self.after.append(set())
        self._marks.append(_mark(node))
        self._above.append(0)
        self._below.append(0)
        return node

    def connect(self, above: int, below: int) -> None:
        """Add an edge."""
        self.after[above].add(below)
        self.before[below].add(above)
        self._below[above] += self._marks[below]
        self._above[below] += self._marks[above]

    def disconnect(self, above: int, below: int) -> None:
        """Remove an edge."""
        self.after[above].remove(below)
        self.before[below].remove(above)
        self._below[above] -= self._marks[below]
        self._above[below] -= self._marks[above]

    def join(self, above: int, below: int) -> List[int]:
        """Make one node of two of which each is the other's only neighbour on that side.

        What is returned is new to its neighbours: the one that stays comes first.
        """
        slot = self.forest.serial(self.slots[above], self.slots[below])
        kept, gone = above, below
        if len(self.before[above]) < len(self.after[below]):
            kept, gone = below, above
            self.before[kept], self._above[kept] = self.before[gone], self._above[gone]
            touched = list(self.before[kept])
            self._rename(touched, gone, kept, self.after, self._below)
        else:
            self.after[kept], self._below[kept] = self.after[gone], self._below[gone]
            touched = list(self.after[kept])
            self._rename(touched, gone, kept, self.before, self._above)
        self._merge(kept, gone, slot, self.heights[above] + self.heights[below])
        return [kept, *touched]

    def pair(self, kept: int, gone: int) -> List[int]:
        """Make one node of two with the same neighbours; returns what has changed, as join does."""
        slot = self.forest.parallel(self.slots[kept], self.slots[gone])
        touched = [*self.before[gone], *self.after[gone]]
        for node in list(self.before[gone]):
            self.disconnect(node, gone)
        for node in list(self.after[gone]):
            self.disconnect(gone, node)
        self._merge(kept, gone, slot, max(self.heights[kept], self.heights[gone]))
        return [kept, *touched]

    def order(self, nodes: Iterable[int]) -> List[int]:
        """Nodes that have no edges to others, each after those that it waits for."""
        left: Dict[int, int] = {node: len(self.before[node]) for node in nodes}
        found = [node for node, count in left.items() if not count]
        for node in found:  # which grows meanwhile
            for one in self.after[node]:
                left[one] -= 1
                if not left[one]:
                    found.append(one)
        return found

    def _rename(
        self, nodes: Sequence[int], old: int, new: int, sides: List[Set[int]], sums: List[int]
    ) -> None:
        change = self._marks[new] - self._marks[old]
        for node in nodes:
            sides[node].remove(old)
            sides[node].add(new)
            sums[node] += change

    def _merge(self, kept: int, gone: int, slot: int, height: int) -> None:
        self.slots[kept], self.slots[gone] = slot, -1
        self.heights[kept] = height
        self.firsts[kept] = min(self.firsts[kept], self.firsts[gone])


def _mark(number: int) -> int:
    """A number that looks random and is always the same (splitmix64)."""
    found = (number + 1) * 0x9E3779B97F4A7C15 & _MASK
    found = (found ^ (found >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    found = (found ^ (found >> 27)) * 0x94D049BB133111EB & _MASK
    return found ^ (found >> 31)
