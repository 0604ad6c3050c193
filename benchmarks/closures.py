"""Task functions made in a loop: one small closure for each task, all sharing a code object.

Where memory is counted this is the fair setting, for a function object is all that a task of the
user's own costs. Annotations are put on when the tasks are declared.
"""

from __future__ import annotations

from typing import Callable

from benchmarks.graphs import Body, Graph, Node, parameters

Function = Callable[..., int]


def functions(graph: Graph) -> dict[str, Function]:
    """A function for each node, with a dictionary of annotations whose values are not set yet."""
    return {node.name: _annotatable(_function(node), node) for node in graph.nodes}


def _annotatable(function: Function, node: Node) -> Function:
    function.__annotations__ = {**dict.fromkeys(parameters(node)), "return": None}
    return function


def _function(node: Node) -> Function:
    if node.body is Body.SUM:
        return _sum(node)
    one = 1

    def source() -> int:
        return one

    def following(a0):  # type: ignore[no-untyped-def]  # annotated with datasets later
        return a0 + one

    def mixing(a0, a1, a2):  # type: ignore[no-untyped-def]  # annotated with datasets later
        return (a0 + a1 + a2) & 0xFFFF

    made: dict[Body, Function] = {Body.ONE: source, Body.NEXT: following, Body.MIX: mixing}
    return made[node.body]


def _sum(node: Node) -> Function:
    """The one function that reads a whole layer; its text is made, for it names each parameter."""
    names = ", ".join(parameters(node))
    namespace: dict[str, Function] = {}
    exec(f"def total({names}):\n    return sum(({names},))\n", namespace)
    return namespace["total"]
