"""Files, folders and patterns of files in the bucket of somebody else."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import shutil
from contextlib import contextmanager
from typing import Generator, Iterable, Iterator, List, Tuple

from glacier.core.contracts import Entry, Store
from glacier.core.errors import (
    ChangedExternal,
    ExtensionError,
    InvalidExternal,
    KeyMissing,
    MissingExternal,
    StoreError,
    UnreachableExternal,
)
from glacier.core.external.source import Part, shown

__all__ = ["download", "found", "name_of", "version_of"]

_MAGIC = re.compile(r"[*?[]")
_RANGES = re.compile(r"(.)(?:-(.))?", re.S)
_PIECES = re.compile(r"\[!?\]?[^]]*\]|.", re.S)
_BLOCK = 1 << 20


def found(address: str) -> Tuple[List[Part], bool]:
    """The files that an address names, in the order of their keys; whether it may name many.

    Raises :class:`~glacier.core.errors.ExternalError` and
    :class:`~glacier.core.errors.MissingLibrary`.
    """
    root, key = _split(address)
    with _told(address):
        store = _opened(root, address)
        if _MAGIC.search(key):
            entries = _matching(store, key)
            reason = "no file matches it"
        elif key and not key.endswith("/"):
            try:
                return [_part(root, store.head(key))], False
            except KeyMissing:
                entries = _inside(store, key)
                reason = "there is neither such a file nor such a folder"
        else:
            entries = _inside(store, key.rstrip("/"))
            reason = "the folder holds no files"
        parts = [_part(root, entry) for entry in entries]
    if not parts:
        mend = "Has it been delivered yet?"
        raise MissingExternal(address=shown(address), reason=reason, mend=mend)
    return parts, True


def version_of(parts: List[Part], *, many: bool) -> str:
    """The version that etags give, and where there may be many files their names too."""
    if not many:
        return f"etag:{parts[0].etag}"
    paths = [part.place.partition("://")[2] for part in parts]
    # Where they lie is not part of it.
    above = len(posixpath.commonpath([posixpath.dirname(path) for path in paths]))
    told = repr([(path[above:], part.etag) for path, part in zip(paths, parts)])
    return f"etags:{hashlib.sha256(told.encode()).hexdigest()}"


def name_of(place: str) -> str:
    """What a file from this address is called."""
    name = place.rpartition("/")[2].replace("\\", "_")
    return name if name.strip(". ") else "data"


def download(part: Part, folder: str, *, checked: bool) -> str:
    """The path of a new file with what is there; ``checked`` against its etag.

    Raises :class:`~glacier.core.errors.ExternalError`.
    """
    root, key = _split(part.place)
    path = os.path.join(folder, name_of(part.place)[-200:])
    with _told(part.place):
        store = _opened(root, part.place)
        with store.open(key) as stream, open(path, "wb") as file:
            shutil.copyfileobj(stream, file, _BLOCK)
        # Afterwards: what came is either this state or one before it.
        if checked and (store.head(key).etag, os.path.getsize(path)) != (part.etag, part.size):
            raise ChangedExternal(
                address=part.place,
                reason="the bucket holds other data than when the run began",
                mend="Run again, and have new files come under new names.",
            )
    return path


def _split(address: str) -> Tuple[str, str]:
    """The address of the bucket, and the key in it, which is not quoted in any way."""
    scheme, _, rest = address.partition("://")
    bucket, _, key = rest.partition("/")
    if not bucket or _MAGIC.search(bucket):
        raise InvalidExternal(
            address=shown(address),
            reason="it names no bucket",
            mend=f"Write {scheme}://bucket/folder/*.json.",
        )
    return f"{scheme}://{bucket}", key


def _opened(root: str, address: str) -> Store:
    from glacier.core.stores.addresses import open_store

    try:
        return open_store(root)
    except ExtensionError as error:
        scheme = root.partition("://")[0]
        raise InvalidExternal(
            address=shown(address),
            reason=f"what begins with {scheme}:// is not read by what is installed here",
            mend=str(error),
        ) from error


@contextmanager
def _told(address: str) -> Generator[None, None, None]:
    """Raise an error of the store as one of what is read there."""
    try:
        yield
    except KeyMissing as error:
        raise MissingExternal(
            address=shown(address), reason="it is there no more", mend="Run again."
        ) from error
    except StoreError as error:
        place = "" if error.where in address else f"{error.where}: "
        mend = error.mend or "Run again."
        raise UnreachableExternal(
            address=shown(address), reason=f"{place}{error.reason}", mend=mend
        ) from error


def _part(root: str, entry: Entry) -> Part:
    return Part(f"{root}/{entry.key}", entry.size, None, entry.etag)


def _inside(store: Store, folder: str) -> List[Entry]:
    """All files below a folder but those that others use for their own ends."""
    stem = len(folder) + 1 if folder else 0
    entries = _files(store, store.list(folder))
    return [
        entry
        for entry in entries
        if not any(name.startswith((".", "_")) for name in entry.key[stem:].split("/"))
    ]


def _files(store: Store, entries: Iterable[Entry]) -> List[Entry]:
    """Those that are files: by an empty object, whose name ends with ``/``, consoles show a folder.

    A listing tells it without the ``/``, so what is empty is looked for under that name.
    """
    found = list(entries)
    above = {parent for entry in found for parent in _folders(entry.key)}
    return [
        entry
        for entry in found
        if entry.size or (entry.key not in above and _is_there(store, entry.key))
    ]


def _is_there(store: Store, key: str) -> bool:
    try:
        store.head(key)
    except KeyMissing:
        return False
    return True


def _folders(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key


def _matching(store: Store, pattern: str) -> List[Entry]:
    """The files whose keys match, as names of files do: ``*`` stays within a folder."""
    names = pattern.split("/")
    plain = next(number for number, name in enumerate(names) if _MAGIC.search(name))
    matches = re.compile("".join(_regex(names))).match
    entries = store.list("/".join(names[:plain]))
    return _files(store, (entry for entry in entries if matches(entry.key)))


def _regex(names: List[str]) -> Iterator[str]:
    last = len(names) - 1
    for number, name in enumerate(names):
        if name == "**":
            yield r"(?:[^/.][^/]*/)*" + ("" if number < last else r"[^/.][^/]*\Z")
            continue
        hidden = r"(?!\.)" if _MAGIC.match(name) else ""
        yield hidden + _segment(name) + ("/" if number < last else r"\Z")


def _segment(name: str) -> str:
    """The pattern of one name, in which nothing stands for a ``/``."""
    plain = {"*": "[^/]*", "?": "[^/]"}
    return "".join(plain.get(one) or _letters(one) for one in _PIECES.findall(name))


def _letters(piece: str) -> str:
    """A set of letters as ``[a-c]`` or ``[!a]``, else the text itself."""
    inner = piece[1:-1]
    others = inner.startswith("!")
    if not piece.startswith("[") or not inner[others:]:
        return re.escape(piece)
    # Not as they stand: signs that mean something there would be taken for it.
    ranges = [
        f"{re.escape(first)}-{re.escape(last or first)}"
        for first, last in _RANGES.findall(inner[others:])
        if first <= (last or first)
    ]
    allowed = f"[{''.join(ranges)}]" if ranges else "(?!)"
    return f"(?!{allowed})[^/]" if others else f"(?!/){allowed}"
