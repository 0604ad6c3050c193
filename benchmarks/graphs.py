"""The graphs that are measured, as plain data: what each task is called, reads and computes.

The same workloads as in published comparisons of data flow libraries: trivial tasks, so that all
the time is overhead, in the shapes where schedulers go wrong.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import Callable, NamedTuple, Sequence

_MASK = 0xFFFF


class Body(str, Enum):
    """What a task computes from what it reads."""

    ONE = "1"
    NEXT = "{} + 1"
    MIX = "({} + {} + {}) & 65535"
    SUM = "sum"


class Node(NamedTuple):
    """A task, known by the name of the dataset that it produces."""

    name: str
    sources: tuple[str, ...] = ()
    body: Body = Body.ONE


class Graph(NamedTuple):
    """Tasks, each after those that it reads from, and the value that the last one must give."""

    label: str
    nodes: tuple[Node, ...]
    expected: int

    @property
    def output(self) -> str:
        return self.nodes[-1].name

    def __len__(self) -> int:
        return len(self.nodes)


def chain(tasks: int, *, prefix: str = "") -> Graph:
    """Each task adds one to what the task before it gave."""
    names = [f"{prefix}n{number}" for number in range(tasks)]
    nodes = [Node(names[0])]
    nodes += [Node(name, (source,), Body.NEXT) for source, name in zip(names, names[1:])]
    return Graph(f"chain:{tasks}", tuple(nodes), tasks)


def fan(width: int, *, prefix: str = "") -> Graph:
    """One source, ``width`` tasks that read it, and one that reads them all."""
    source, sink = f"{prefix}src", f"{prefix}sink"
    names = [f"{prefix}m{number}" for number in range(width)]
    nodes = [Node(source), *[Node(name, (source,), Body.NEXT) for name in names]]
    return Graph(f"fan:{width}", (*nodes, Node(sink, tuple(names), Body.SUM)), 2 * width)


def fan_out(width: int, *, prefix: str = "") -> Graph:
    """One source and ``width`` tasks that read it, which nobody reads."""
    source = f"{prefix}src"
    nodes = [Node(f"{prefix}m{number}", (source,), Body.NEXT) for number in range(width)]
    return Graph(f"fan-out:{width}", (Node(source), *nodes), 2)


def fan_in(width: int, *, prefix: str = "") -> Graph:
    """``width`` tasks that read nothing, and one that reads them all."""
    names = [f"{prefix}m{number}" for number in range(width)]
    sink = Node(f"{prefix}sink", tuple(names), Body.SUM)
    return Graph(f"fan-in:{width}", (*map(Node, names), sink), width)


def layers(depth: int, width: int, *, prefix: str = "") -> Graph:
    """Layers whose tasks read three of the layer above: the one over them, and two at random.

    The last task sums up the last layer. The choice is the same every time.
    """
    choice = random.Random(7)
    values: dict[str, int] = {}
    nodes: list[Node] = []
    above: list[str] = []
    for layer in range(depth):
        names = [f"{prefix}l{layer}_{column}" for column in range(width)]
        for column, name in enumerate(names):
            node = Node(name)
            if above:
                others = choice.sample(above[:column] + above[column + 1 :], 2)
                node = Node(name, (above[column], *others), Body.MIX)
            values[name] = sum(map(values.__getitem__, node.sources)) & _MASK if above else 1
            nodes.append(node)
        above = names
    nodes.append(Node(f"{prefix}sink", tuple(above), Body.SUM))
    return Graph(f"layers:{depth}x{width}", tuple(nodes), sum(map(values.__getitem__, above)))


def layered(tasks: int, *, prefix: str = "") -> Graph:
    """About so many tasks in layers of 100."""
    return layers(max(tasks // 100, 2), 100, prefix=prefix)


SCALED: dict[str, Callable[[int], Graph]] = {
    "chain": chain,
    "fan-out": fan_out,
    "fan-in": fan_in,
    "layers": layered,
}
"""The shapes that must not cost more a task when there are more of them."""


def parameters(node: Node) -> Sequence[str]:
    """Names for the parameters of a task's function."""
    return [f"a{number}" for number in range(len(node.sources))]
