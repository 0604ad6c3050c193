"""The peak of a process whose tasks each make a large value."""

from __future__ import annotations

from typing import Any

from benchmarks.bare import Serial, Threaded
from benchmarks.children.resident import peak
from benchmarks.graphs import Body, Graph, Node

MIB = 2**20
_SIZE = 100 * MIB


def released(what: str) -> float:
    """MiB at the highest; ``nothing`` is an interpreter that has loaded no Glacier."""
    if what != "nothing":
        shape, _, kind = what.partition("-")
        graph = _chains(1, 20) if shape == "chain" else _chains(2, 10)
        _run(graph, workers=None if shape == "chain" else 2, bare=kind == "bare")
    return peak() / MIB


def _run(graph: Graph, *, workers: int | None, bare: bool) -> None:
    functions = {node.name: _function(node) for node in graph.nodes}
    if bare:
        loop = Serial(graph, functions)
        if workers is not None:
            loop = Threaded(graph, functions, workers=workers)
        value = loop.execute(loop.build())
    else:
        from benchmarks.glaciers import declare_closures
        from glacier.local import LocalExecutor

        pipeline = declare_closures(graph, functions)
        value = LocalExecutor(workers, history=False).execute(pipeline)[graph.output]
    assert value == graph.expected, value


def _chains(number: int, length: int) -> Graph:
    """Chains side by side, and a last task that adds up a byte of each last value."""
    nodes = [
        Node(f"c{chain}_{step}", (f"c{chain}_{step - 1}",) if step else ())
        for step in range(length)
        for chain in range(number)
    ]
    ends = tuple(f"c{chain}_{length - 1}" for chain in range(number))
    return Graph("release", (*nodes, Node("sink", ends, Body.SUM)), number * length)


def _function(node: Node) -> Any:
    def first() -> Any:
        return bytearray(b"\x01") * _SIZE  # written, so that the pages are really there

    def following(a0):  # type: ignore[no-untyped-def]  # annotated with datasets later
        value = bytearray(a0)
        value[0] = value[-1] = a0[-1] + 1
        return value

    def one(a0):  # type: ignore[no-untyped-def]  # annotated with datasets later
        return a0[-1]

    def both(a0, a1):  # type: ignore[no-untyped-def]  # annotated with datasets later
        return a0[-1] + a1[-1]

    if node.body is Body.SUM:
        return one if len(node.sources) == 1 else both
    return following if node.sources else first
