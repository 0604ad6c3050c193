"""What ``glacier lineage DATASET`` draws: what a version was made from, however far back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Set, Tuple

import click

from glacier.core.cli.data import complete_dataset, version_data
from glacier.core.cli.options import format_json, root
from glacier.core.cli.output import print_json
from glacier.core.cli.runs import local_time

if TYPE_CHECKING:
    from glacier.core.catalog.lineage import Lineage, Node
    from glacier.core.versions import Reference

__all__ = ["lineage"]


@click.command()
@click.argument("dataset", shell_complete=complete_dataset)
@click.option("--version", metavar="ID", help="This version, rather than the newest.")
@click.option("--depth", type=click.IntRange(min=0), help="How many steps back; all by default.")
@root
@format_json
def lineage(
    dataset: str, version: Optional[str], depth: Optional[int], root: Path, as_json: bool
) -> None:
    """Show what a stored dataset was made from, by the records of its versions.

    DATASET is as for 'glacier data'.
    """
    from glacier.core.catalog.datasets import find_dataset
    from glacier.core.catalog.lineage import trace
    from glacier.core.catalog.locations import locations
    from glacier.core.versions import Reference

    stored = find_dataset(root, dataset)
    chosen = stored.newest().version if version is None else stored.choose(version)
    places = sorted(locations(root), key=lambda one: one.name != stored.location.name)
    found = trace(places, Reference(stored.address, chosen), depth=depth)
    if as_json:
        print_json(_json(found))
    else:
        for line in _tree(found):
            click.echo(line)


def _json(found: Lineage) -> Dict[str, Any]:
    ids = {reference: str(number) for number, reference in enumerate(found.nodes)}
    nodes = [
        {
            "id": ids[node.reference],
            **node.reference.to_json(),
            "store": node.location,
            "record": None if node.record is None else version_data(node.record),
            "cut": node.reference in found.cut,
        }
        for node in found.nodes.values()
    ]
    edges = [{"version": ids[one], "made_from": ids[other]} for one, other in found.edges]
    return {"start": ids[found.start], "nodes": nodes, "edges": edges}


def _tree(found: Lineage) -> List[str]:
    """The nodes as a tree; below one that was met before is nothing, but a hint."""
    lines: List[str] = []
    seen: Set[Reference] = set()
    # What is drawn before a node, what before its inputs, and the node; the top one is last.
    waiting: List[Tuple[str, str, Reference]] = [("", "", found.start)]
    while waiting:
        first, rest, reference = waiting.pop()
        node = found.nodes[reference]
        inputs = [one for one in node.inputs if one in found.nodes]
        again = reference in seen and bool(inputs)
        note = "  (see above)" if again else ""
        if reference in found.cut:
            note = "  (made from more, see --depth)"
        lines.append(f"{first}{_described(node)}{note}")
        if reference in seen:
            continue
        seen.add(reference)
        for number in reversed(range(len(inputs))):
            is_last = number == len(inputs) - 1
            branch, below = ("└─ ", "   ") if is_last else ("├─ ", "│  ")
            waiting.append((rest + branch, rest + below, inputs[number]))
    return lines


def _described(node: Node) -> str:
    address, version = node.reference
    if node.record is None:
        return f"{click.style(str(address), bold=True)} {version}, of which no record is here"
    record = node.record
    by = f"by {record.task} in run {record.run}, {local_time(record.created)}"
    if record.data != record.version:
        by += f", reused from {record.data}"
    return f"{click.style(str(address), bold=True)} {version} {by}"
