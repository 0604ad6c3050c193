"""The files of a version, each checked against its record before anybody reads it."""

from __future__ import annotations

import os
import threading
from typing import Dict, List, Optional, Sequence, Tuple

from glacier.core.contracts import Store
from glacier.core.errors import KeyMissing, VersionDamaged
from glacier.core.versions.record import Part, Version
from glacier.core.versions.writing import digest

__all__ = ["fetch"]

_REMEMBERED = 4096  # files; a process that reads more checks some of them again
_checked: Dict[Tuple[str, str], Tuple[int, ...]] = {}
_guard = threading.Lock()


def fetch(store: Store, version: Version, parts: Optional[Sequence[int]] = None) -> List[str]:
    """Paths of files with the parts, or with those of these numbers; only to be read.

    Size and sha256 of each are compared with the record, once in a process as long as the file is
    not touched. Raises :class:`~glacier.core.errors.VersionDamaged`, naming file and checksum.
    """
    chosen = version.parts if parts is None else [version.parts[number] for number in parts]
    return [_fetch(store, version, part) for part in chosen]


def _fetch(store: Store, version: Version, part: Part) -> str:
    key = f"{version.address.key}/{part.key}"
    expected = f"{part.size:,} bytes with sha256 {part.sha256}"
    try:
        path = store.local(key)
        known = _state(path)
        # A file of another size is damaged whatever it holds, and soon found so.
        same = known[0] == part.size
        found = known[:1] if not same else _check(path, part, known)
    except (KeyMissing, FileNotFoundError) as error:
        raise VersionDamaged(
            what=str(version), file=store.uri(key), expected=expected, found="it is missing"
        ) from error
    if found is None:
        return path
    now = f"it has {found[0]:,} bytes" + (f" with sha256 {found[1]}" if same else "")
    raise VersionDamaged(what=str(version), file=store.uri(key), expected=expected, found=now)


def _check(path: str, part: Part, known: Tuple[int, ...]) -> Optional[Tuple[object, ...]]:
    """``None`` if the file is what it should be, else its size and sha256."""
    with _guard:
        if _checked.get((path, part.sha256)) == known:
            return None
    found = digest(path)
    if found != (part.size, part.sha256):
        return found
    with _guard:
        if len(_checked) >= _REMEMBERED:
            _checked.clear()
        _checked[path, part.sha256] = known
    return None


def _state(path: str) -> Tuple[int, ...]:
    found = os.stat(path)
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
