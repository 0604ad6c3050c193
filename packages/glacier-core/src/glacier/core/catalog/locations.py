"""The stores below a root folder."""

from __future__ import annotations

from pathlib import Path
from typing import List, NamedTuple

from glacier.core.stores import DirectoryStore

__all__ = ["Location", "locations"]


class Location(NamedTuple):
    """A store below a root: ``storage/lake``, or ``workspace``.

    A ``private`` one is Glacier's own on this machine, so what is pickled there may be read.
    """

    name: str
    store: DirectoryStore
    private: bool = False


def locations(root: Path) -> List[Location]:
    """All stores that are there, in the order of their names, Glacier's own last."""
    found: List[Location] = []
    storage = root / "storage"
    for folder in sorted(storage.iterdir()) if storage.is_dir() else ():
        if folder.is_dir():
            found.append(Location(f"storage/{folder.name}", DirectoryStore(str(folder))))
    workspace = root / "workspace"
    if workspace.is_dir():
        store = DirectoryStore(str(workspace), durable=False)
        found.append(Location("workspace", store, private=True))
    return found
