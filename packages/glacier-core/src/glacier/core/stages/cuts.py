"""Where a graph falls into two of which one comes wholly after the other, or could at little cost.

A cut is a prefix of an order in which the nodes can be done. What is done last before it and what
first after it must all be connected; each pair that is not is one of which the later waits in vain.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Dict, List, NamedTuple, Sequence, Set, Tuple

from glacier.core.stages.network import Network

__all__ = ["Cuts", "Times", "cheapest", "cuts_of", "times_of"]


class Times(NamedTuple):
    """When nodes begin if each does as soon as it can, and how long it takes from then to the end.

    Both are counted in steps that follow one another: nothing else is known before a run.
    """

    begins: Dict[int, int]
    left: Dict[int, int]


def times_of(network: Network, nodes: Sequence[int]) -> Times:
    """The times of nodes without edges to others."""
    order = network.order(nodes)
    begins: Dict[int, int] = {}
    left: Dict[int, int] = {}
    for node in order:
        ends = [begins[one] + network.heights[one] for one in network.before[node]]
        begins[node] = max(ends, default=0)
    for node in reversed(order):
        rest = max([left[one] for one in network.after[node]], default=0)
        left[node] = network.heights[node] + rest
    return Times(begins, left)


class Cuts(NamedTuple):
    """An order of nodes and, for each cut of it, after the first node and so on, how many pairs
    are not connected. Where there are none, what is before the cut comes before the rest anyway."""

    order: List[int]
    missing: List[int]


def cuts_of(network: Network, order: List[int]) -> Cuts:
    """All cuts of an order of nodes without edges to others."""
    waits = {node: len(network.before[node]) for node in order}
    last: Set[int] = set()  # of what is done, that of which nothing else that is done waits
    first = {node for node, count in waits.items() if not count}
    found: List[int] = []
    edges = 0  # from last to first
    for node in order[:-1]:
        edges -= len(network.before[node] & last)
        first.remove(node)
        for one in network.before[node] & last:
            edges -= len(network.after[one] & first)
            last.remove(one)
        last.add(node)
        for one in network.after[node]:
            waits[one] -= 1
            if not waits[one]:
                first.add(one)
                edges += len(network.before[one] & last)
        found.append(len(last) * len(first) - edges)
    return Cuts(order, found)


def cheapest(
    network: Network, times: Times, cuts: Sequence[Cuts], *, halving: bool
) -> Tuple[List[int], List[int]]:
    """The two sides of the cheapest cut of some orders.

    That is one that makes the longest path, in steps, no longer than it must; of several the one
    with the fewest pairs that are not connected, and of these the one nearest to the middle. One
    that leaves less than a quarter on a side must not make the path longer at all, for many such
    cuts could follow; with ``halving`` there are none of these.
    """
    best: Tuple[int, ...] = ()
    sides: Tuple[List[int], List[int]] = [], []
    longest = max([times.begins[node] + times.left[node] for node in cuts[0].order])
    for order, pairs in cuts:
        size = len(order)
        margin = size // 4
        lengths = _lengths(network, times, order)
        for place, (length, missing) in enumerate(zip(lengths, pairs), 1):
            aside = not margin <= place <= size - margin
            if aside and (halving or length > longest):
                continue
            cost = length, missing, abs(2 * place - size)
            if not best or cost < best:
                best, sides = cost, (order[:place], order[place:])
    return sides


def _lengths(network: Network, times: Times, order: Sequence[int]) -> List[int]:
    """For each cut of an order: how many steps follow one another at most, before it and after."""
    heights = network.heights
    before = accumulate([times.begins[node] + heights[node] for node in order], max)
    after = list(accumulate([times.left[node] for node in reversed(order)], max))
    return [done + left for done, left in zip(before, after[-2::-1])]
