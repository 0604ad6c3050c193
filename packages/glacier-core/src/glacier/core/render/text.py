"""Pictures of a graph as text: Mermaid and Graphviz DOT."""

from __future__ import annotations

from typing import Dict, Iterator, Tuple

from glacier.core.graph import Graph

__all__ = ["edges", "ids", "to_dot", "to_mermaid"]


def to_mermaid(graph: Graph) -> str:
    """A Mermaid flow chart: tasks as boxes, datasets as cylinders, conditions as dotted arrows."""
    tasks, datasets = ids(graph)
    arrows = {"": "-->", "each": "-->|each|", "when": "-.->|when|"}
    lines = ["flowchart LR"]
    lines += [f'{tasks[position]}["{task.name}"]' for position, task in enumerate(graph.tasks)]
    lines += [f'{key}[("{name}")]' for name, key in datasets.items()]
    lines += [f"{start} {arrows[kind]} {end}" for start, end, kind in edges(graph)]
    return "\n    ".join(lines) + "\n"


def to_dot(graph: Graph) -> str:
    """A Graphviz digraph: tasks as boxes, datasets as cylinders, conditions as dotted arrows."""
    tasks, datasets = ids(graph)
    styles = {"": "", "each": ' [label="each"]', "when": ' [label="when", style=dotted]'}
    lines = [f'digraph "{graph.pipeline}" {{', "rankdir=LR;"]
    lines += [
        f'{tasks[position]} [label="{task.name}", shape=box];'
        for position, task in enumerate(graph.tasks)
    ]
    lines += [f'{key} [label="{name}", shape=cylinder];' for name, key in datasets.items()]
    lines += [f"{start} -> {end}{styles[kind]};" for start, end, kind in edges(graph)]
    return "\n    ".join(lines) + "\n}\n"


def ids(graph: Graph) -> Tuple[Dict[int, str], Dict[str, str]]:
    """An id for each task, by its position, and for each dataset, by its name."""
    # A name may be a word that means something in these languages; an id never is.
    tasks = {position: f"t{position}" for position in range(len(graph.tasks))}
    return tasks, {name: f"d{number}" for number, name in enumerate(graph.datasets)}


def edges(graph: Graph) -> Iterator[Tuple[str, str, str]]:
    """Each edge once: where it starts, where it ends, and ``each``, ``when`` or nothing."""
    tasks, datasets = ids(graph)
    for position, task in enumerate(graph.tasks):
        used = [
            (argument.dataset.name, "each" if argument.each else "")
            for argument in task.signature.arguments
            if argument.dataset is not None
        ]
        if task.when is not None:
            used.append((task.when.name, "when"))
        for name, kind in dict.fromkeys(used):
            yield datasets[name], tasks[position], kind
        for output in task.signature.outputs:
            yield tasks[position], datasets[output.dataset.name], ""
