"""Which resources of a stack hold data, and what must stay so that these stay as they are."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Sequence, Set

__all__ = ["beside", "holders"]

_OURS = "glacier:"

Rows = Sequence[Mapping[str, Any]]


def holders(rows: Rows) -> List[str]:
    """The addresses of the resources in a stack's state that are not to be deleted."""
    return [row["urn"] for row in rows if row.get("retainOnDelete")]


def beside(rows: Rows, kept: Iterable[str]) -> Set[str]:
    """The addresses of all that must stay, that what is kept stays guarded and managed.

    A component of Glacier's of which one part is kept stays whole: besides a bucket it has what
    closes and encrypts it. What a resource depends on and what manages it stays with it.
    """
    by_urn: Dict[str, Mapping[str, Any]] = {row["urn"]: row for row in rows}
    parts: Dict[str, List[str]] = {}
    for row in rows:
        parts.setdefault(row.get("parent", ""), []).append(row["urn"])
    stays: Set[str] = set()
    waiting = [urn for urn in kept if urn in by_urn]
    while waiting:
        urn = waiting.pop()
        if urn in stays:
            continue
        stays.add(urn)
        row = by_urn[urn]
        waiting += [one for one in _needs(row) if one in by_urn]
        if str(row["type"]).startswith(_OURS):
            waiting += parts.get(urn, [])
    return stays


def _needs(row: Mapping[str, Any]) -> List[str]:
    found = [row.get("parent", ""), row.get("deletedWith", ""), *row.get("dependencies", ())]
    for needed in row.get("propertyDependencies", {}).values():
        found += needed or ()
    provider = row.get("provider", "")
    return [*found, provider.rpartition("::")[0]] if provider else found
