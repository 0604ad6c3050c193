"""Pointers: small records that name a version, and move only to a greater one."""

from __future__ import annotations

from typing import Optional

from glacier.core.contracts import Store
from glacier.core.errors import KeyChanged, KeyExists, KeyMissing
from glacier.core.versions.record import dump, load

__all__ = ["advance", "read_pointer"]


def read_pointer(store: Store, key: str) -> Optional[str]:
    """The version that a pointer names; ``None`` where there is no pointer."""
    try:
        data = store.get(key)
    except KeyMissing:
        return None
    return load(data, store.uri(key), lambda record: str(record["version"]))


def advance(store: Store, key: str, version: str) -> bool:
    """Let a pointer name ``version``, unless it names a greater one; whether it does now.

    It never moves back, however many advance it at once.
    """
    data = dump({"version": version})
    while True:
        try:
            # First the etag: if the pointer moves between the two, the write is refused.
            etag = store.head(key).etag
            found = read_pointer(store, key)
            if found is not None and found >= version:
                return found == version
            store.put(key, data, if_match=etag)
        except KeyMissing:
            try:
                store.put(key, data, if_absent=True)
            except KeyExists:
                continue
            return True
        except KeyChanged:
            continue  # somebody else has moved it, so all together go on
        return True
