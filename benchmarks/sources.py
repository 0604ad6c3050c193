"""Modules of task functions, one ``def`` each, as a user's file would hold them.

Style ``annotations``: ``def make_n1(a0: n0) -> n1``, with postponed evaluation, so that every
annotation is a string to be looked up in the module; for Glacier. Style ``names``:
``def n1(n0: int) -> int``, where parameters are named after what they read; for Hamilton.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Callable, NamedTuple, Sequence

from benchmarks.graphs import Body, Graph, Node, parameters


class Source(NamedTuple):
    """A module in memory, and the function of each node in it."""

    graph: Graph
    module: ModuleType
    functions: dict[str, Callable[..., int]]


def annotated(graph: Graph) -> Source:
    """The functions of a graph in the style ``annotations``; the datasets are still undefined."""
    text = "".join(
        _definition(
            f"make_{node.name}",
            node,
            [f"{name}: {source}" for name, source in zip(parameters(node), node.sources)],
            parameters(node),
            node.name,
        )
        for node in graph.nodes
    )
    return _load(graph, f"from __future__ import annotations\n{text}", "make_")


def named(graph: Graph) -> Source:
    """The functions of a graph in the style ``names``."""
    text = "".join(
        _definition(node.name, node, [f"{s}: int" for s in node.sources], node.sources, "int")
        for node in graph.nodes
    )
    return _load(graph, text, "")


def _definition(
    name: str, node: Node, declared: list[str], read: Sequence[str], returned: str
) -> str:
    value = f"sum(({', '.join(read)},))" if node.body is Body.SUM else node.body.value.format(*read)
    return f"\n\ndef {name}({', '.join(declared)}) -> {returned}:\n    return {value}\n"


def _load(graph: Graph, text: str, prefix: str) -> Source:
    name = "bench_" + "".join(c if c.isalnum() else "_" for c in graph.nodes[0].name + graph.label)
    module = ModuleType(name)
    sys.modules[name] = module  # Hamilton looks a function's module up by name
    exec(compile(text, f"<{name}>", "exec", dont_inherit=True), vars(module))
    functions = {node.name: getattr(module, prefix + node.name) for node in graph.nodes}
    return Source(graph, module, functions)
