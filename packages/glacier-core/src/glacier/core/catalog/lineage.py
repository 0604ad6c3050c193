"""What a version was made from, however far back, by the records in all stores."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from glacier.core.catalog.locations import Location
from glacier.core.errors import InvalidName, VersionMissing
from glacier.core.versions import Reference, Version, read_version

__all__ = ["Lineage", "Node", "trace"]


class Node(NamedTuple):
    """A version in a lineage; without a ``record`` it is foreign data, or was removed."""

    reference: Reference
    location: Optional[str] = None
    record: Optional[Version] = None

    @property
    def inputs(self) -> Tuple[Reference, ...]:
        """The versions that it was made from."""
        return () if self.record is None else tuple(dict.fromkeys(self.record.inputs))


class Lineage(NamedTuple):
    """A version and what it was made from; the nodes in the order in which they were met.

    ``cut`` are nodes whose inputs were not looked at, being as deep as was asked for.
    """

    start: Reference
    nodes: Dict[Reference, Node]
    cut: Tuple[Reference, ...]

    @property
    def edges(self) -> List[Tuple[Reference, Reference]]:
        """Pairs of a version and one that it was made from, as far as both are nodes."""
        return [
            (node.reference, made_from)
            for node in self.nodes.values()
            for made_from in node.inputs
            if made_from in self.nodes
        ]


def trace(places: Sequence[Location], start: Reference, *, depth: Optional[int] = None) -> Lineage:
    """The lineage of a version over several stores; ``depth`` is how many steps back at most.

    Raises :class:`~glacier.core.errors.RecordError` for a broken record.
    """
    nodes: Dict[Reference, Node] = {start: _node(places, start)}
    level, steps = [start], 0
    while level and (depth is None or steps < depth):
        later: List[Reference] = []
        for reference in level:
            for made_from in nodes[reference].inputs:
                if made_from not in nodes:
                    nodes[made_from] = _node(places, made_from)
                    later.append(made_from)
        level, steps = later, steps + 1
    cut = [one for one in level if any(found not in nodes for found in nodes[one].inputs)]
    return Lineage(start, nodes, tuple(cut))


def _node(places: Sequence[Location], reference: Reference) -> Node:
    for location in places:
        try:
            record = read_version(location.store, *reference)
        except (InvalidName, VersionMissing):  # foreign data have versions of another kind
            continue
        return Node(reference, location.name, record)
    return Node(reference)
