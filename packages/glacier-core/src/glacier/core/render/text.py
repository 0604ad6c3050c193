"""Pictures of a graph as text: Mermaid and Graphviz DOT."""

from __future__ import annotations

from typing import Dict, Iterator, Mapping, Tuple

from glacier.core.graph import Graph, reads

__all__ = ["edges", "to_dot", "to_mermaid"]


def to_mermaid(graph: Graph) -> str:
    """A Mermaid flow chart: tasks as boxes, datasets as cylinders, conditions as dotted arrows."""
    tasks, datasets = _ids(graph)
    lines = ["flowchart LR"]
    lines += [f'    {tasks[i]}["{task.name}"]' for i, task in enumerate(graph.tasks)]
    lines += [f'    {key}[("{name}")]' for name, key in datasets.items()]
    lines += [
        f"    {start} -.->|when| {end}" if style == "when"
        else f"    {start} -->|each| {end}" if style == "each"
        else f"    {start} --> {end}"
        for start, end, style in edges(graph, tasks, datasets)
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def to_dot(graph: Graph) -> str:
    """A Graphviz digraph: tasks as boxes, datasets as cylinders, conditions as dotted arrows."""
    tasks, datasets = _ids(graph)
    lines = [f'digraph "{graph.pipeline}" {{', "    rankdir=LR;"]
    lines += [
        f'    {tasks[i]} [label="{task.name}", shape=box];' for i, task in enumerate(graph.tasks)
    ]
    lines += [f'    {key} [label="{name}", shape=cylinder];' for name, key in datasets.items()]
    styles = {"when": ' [label="when", style=dotted]', "each": ' [label="each"]', "": ""}
    lines += [
        f"    {start} -> {end}{styles[style]};"
        for start, end, style in edges(graph, tasks, datasets)
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _ids(graph: Graph) -> Tuple[Dict[int, str], Dict[str, str]]:
    # Names may hold characters and words that mean something in these languages; ids never do.
    tasks = {position: f"t{position}" for position in range(len(graph.tasks))}
    return tasks, {name: f"d{number}" for number, name in enumerate(graph.datasets)}


def edges(
    graph: Graph, tasks: Mapping[int, str], datasets: Mapping[str, str]
) -> Iterator[Tuple[str, str, str]]:
    """The arrows as pairs of ids, with ``"when"`` for a condition and ``"each"`` for a mapping."""
    for position, task in enumerate(graph.tasks):
        mapped = {
            argument.dataset.name
            for argument in task.signature.arguments
            if argument.dataset is not None and argument.each
        }
        for name in dict.fromkeys(dataset.name for dataset in reads(task)):
            is_condition = task.when is not None and task.when.name == name
            style = "when" if is_condition else "each" if name in mapped else ""
            yield datasets[name], tasks[position], style
        for output in task.signature.outputs:
            yield tasks[position], datasets[output.dataset.name], ""
