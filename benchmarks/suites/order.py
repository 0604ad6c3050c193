"""How many values are alive at a time, which is what the order of execution decides."""

from __future__ import annotations

from typing import Any, Iterator

from benchmarks.bare import Serial
from benchmarks.glaciers import declare_closures
from benchmarks.graphs import Body, Graph, Node, chain
from benchmarks.measure import WrongResult
from benchmarks.suites.options import Options
from benchmarks.table import Row
from glacier.local import LocalExecutor

_BRANCHES, _DEPTH = 100, 5


class Counted:
    """A value that knows how many of its kind there are."""

    alive = peak = 0

    def __init__(self) -> None:
        Counted.alive += 1
        Counted.peak = max(Counted.peak, Counted.alive)

    def __del__(self) -> None:
        Counted.alive -= 1


def order(_: Options) -> Iterator[Row]:
    """The peak of values alive: in a chain, and in branches that end in nothing but themselves."""
    yield _row(chain(1_000), "chain of 1,000", limit=2)
    # One value of the branch and the one made from it, beside the source that all branches read.
    yield _row(_branches(), f"{_BRANCHES} branches of {_DEPTH} tasks, one worker", limit=3)


def _branches() -> Graph:
    nodes = [Node("src")]
    for branch in range(_BRANCHES):
        source = "src"
        for depth in range(_DEPTH):
            name = f"b{branch}_{depth}"
            nodes.append(Node(name, (source,), Body.NEXT))
            source = name
        nodes.append(Node(f"end{branch}", (source,), Body.NEXT))
    return Graph("branches", tuple(nodes), 0)


def _row(graph: Graph, what: str, *, limit: int) -> Row:
    ends = {node.name for node in graph.nodes}.difference(
        source for node in graph.nodes for source in node.sources
    )
    functions = {node.name: _function(node, node.name in ends) for node in graph.nodes}
    executor = LocalExecutor(workers=1, history=False)
    glacier = _peak_of(lambda: executor.execute(declare_closures(graph, functions)))
    bare = Serial(graph, functions)
    loop = _peak_of(lambda: bare.execute(bare.build()))
    shown = f"{glacier / loop:.2f} x"
    return Row(what, f"{glacier} values", f"{loop} values", shown, f"<= {limit}", glacier <= limit)


def _function(node: Node, is_end: bool) -> Any:
    """Makes a counted value, or nothing at the end of a branch."""

    def source() -> Any:
        return Counted()

    def following(a0):  # type: ignore[no-untyped-def]  # annotated with datasets later
        return None if is_end else Counted()

    return following if node.sources else source


def _peak_of(run: Any) -> int:
    Counted.peak = 0
    done = run()
    peak = Counted.peak
    del done
    if Counted.alive:
        raise WrongResult("the values of a run", Counted.alive, 0)
    return peak
