"""From the steps of a plan to their nesting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, List, Sequence, Set, Tuple

from glacier.core.stages.contraction import contract
from glacier.core.stages.cuts import Cuts, Times, cheapest, cuts_of, times_of
from glacier.core.stages.hanging import take_down
from glacier.core.stages.network import Network
from glacier.core.stages.transitive import drop_implied
from glacier.core.stages.tree import Barrier, Stages
from glacier.core.wiring import NOWHERE

if TYPE_CHECKING:
    from glacier.core.plan import Plan

__all__ = ["nested", "stages_of"]

_EFFORT = 8  # how often the graph may be looked through for cuts that leave little on a side


def stages_of(plan: Plan) -> Stages:
    """The steps of a plan as nested sequences and parallels; the same for the same plan.

    A step comes after each that produces what it reads, its condition (``when=``) included, if
    that is a step of the plan and the dataset is not given to the run. Where the order of the steps
    is series-parallel, nothing else waits for anything, so the critical path is the graph's own.
    Any part of another order that is series-parallel by itself is nested in the same way; between
    such parts there are barriers, chosen one at a time: the one that makes the longest path in
    steps no longer than need be, then the one by which the fewest pairs of steps wait in vain.
    """
    wiring = plan.wiring
    producers = [NOWHERE] * len(wiring.names)
    for step, datasets in enumerate(wiring.outputs):
        for dataset in datasets:
            if dataset != NOWHERE:
                producers[dataset] = step
    before = [
        {producers[dataset] for dataset in datasets if producers[dataset] != NOWHERE}
        for datasets in wiring.reads
    ]
    return nested(before)


def nested(before: Sequence[Iterable[int]]) -> Stages:
    """The same for the numbers of the steps that each step waits for."""
    network = Network(before)
    nodes = contract(network, range(len(before)))
    if len(nodes) > 1:
        drop_implied(network, nodes)
        nodes = contract(network, nodes)
    forest = network.forest
    if len(nodes) < 2:
        return Stages(forest.tree(forest.serial(*[network.slots[node] for node in nodes])), ())
    return _Division(network).of(nodes)


class _Division:
    """A network without implied edges in which nothing is left to merge, taken to pieces."""

    def __init__(self, network: Network) -> None:
        self._network, self._forest = network, network.forest
        self._effort = 0
        self._waiting: List[Tuple[int, List[int]]] = []
        self._cuts: List[Tuple[List[int], List[int]]] = []

    def of(self, nodes: List[int]) -> Stages:
        """The whole, nested."""
        root = self._forest.reserve()
        nodes.sort(key=self._network.firsts.__getitem__)
        self._effort = _EFFORT * (len(nodes) + self._network.edges(nodes))
        self._waiting = [(one.slot, one.nodes) for one in take_down(self._network, nodes)]
        self._waiting.append((root, nodes))
        while self._waiting:
            slot, some = self._waiting.pop()
            self._divide(slot, contract(self._network, some))
        barriers = [self._barrier(before, after) for before, after in self._cuts]
        barriers.sort(key=lambda one: (one.after, one.before))
        return Stages(self._forest.tree(root), tuple(barriers))

    def _divide(self, slot: int, nodes: List[int]) -> None:
        network = self._network
        if len(nodes) == 1:
            self._forest.fill(slot, (network.slots[nodes[0]],))
            return
        parts = _components(network, nodes)
        if len(parts) > 1:
            self._put(slot, parts, parallel=True)
            return
        times = times_of(network, nodes)
        soon = sorted(nodes, key=lambda node: (times.begins[node], network.firsts[node]))
        cuts = cuts_of(network, soon)
        places = [place for place, pairs in enumerate(cuts.missing, 1) if not pairs]
        if places:
            parts = [soon[low:high] for low, high in zip([0, *places], [*places, len(soon)])]
        else:
            parts = self._cut(times, cuts)
        for part in parts[:-1]:
            _cut_off(network, part)
        self._put(slot, parts, parallel=False)

    def _cut(self, times: Times, soon: Cuts) -> List[List[int]]:
        """The two sides of a barrier, which is noted."""
        network, nodes = self._network, soon.order
        late = sorted(nodes, key=lambda node: (-times.left[node], network.firsts[node]))
        cuts = [soon, cuts_of(network, late)]
        above, below = cheapest(network, times, cuts, halving=self._effort < 0)
        self._effort -= len(nodes) + network.edges(nodes)
        self._note(above, below)
        return [above, below]

    def _put(self, slot: int, parts: Sequence[List[int]], *, parallel: bool) -> None:
        slots = [self._forest.reserve() for _ in parts]
        self._forest.fill(slot, slots, parallel=parallel)
        self._waiting.extend(zip(slots, parts))

    def _note(self, above: Sequence[int], below: Sequence[int]) -> None:
        """Keep, of what is done last and first around a cut, what is not connected to all there."""
        network = self._network
        done, rest = set(above), set(below)
        last = {node for node in above if network.after[node].isdisjoint(done)}
        first = {node for node in below if network.before[node].isdisjoint(rest)}
        slots, after, before = network.slots, network.after, network.before
        self._cuts.append((
            [slots[node] for node in last if len(after[node] & first) < len(first)],
            [slots[node] for node in first if len(before[node] & last) < len(last)],
        ))  # fmt: skip

    def _barrier(self, before: Sequence[int], after: Sequence[int]) -> Barrier:
        ends = [step for slot in before for step in self._forest.steps_at(slot, -1)]
        begins = [step for slot in after for step in self._forest.steps_at(slot, 0)]
        return Barrier(tuple(sorted(ends)), tuple(sorted(begins)))


def _components(network: Network, nodes: Sequence[int]) -> List[List[int]]:
    """Nodes that are connected somehow, together; in the order in which they are given."""
    seen: Set[int] = set()
    found: List[List[int]] = []
    for start in nodes:
        if start not in seen:
            seen.add(start)
            part = [start]
            for node in part:  # which grows meanwhile
                for one in (*network.before[node], *network.after[node]):
                    if one not in seen:
                        seen.add(one)
                        part.append(one)
            found.append(part)
    return found


def _cut_off(network: Network, part: Sequence[int]) -> None:
    """Remove the edges that lead out of a part."""
    inside = set(part)
    for node in part:
        for one in network.after[node] - inside:
            network.disconnect(node, one)
