"""Writing a version: its parts, then the record that makes them one."""

from __future__ import annotations

import hashlib
import os
import time
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from glacier.core._version import __version__
from glacier.core.contracts import Store
from glacier.core.errors import KeyExists, KeyMissing, VersionMissing
from glacier.core.versions.address import Address, checked
from glacier.core.versions.finding import has_version, read_version
from glacier.core.versions.pointer import advance
from glacier.core.versions.record import Part, Reference, Version

__all__ = ["Draft", "commit", "digest", "put_part", "reuse"]

_CHUNK = 1 << 20
_PACKED = {"gz", "bz2", "xz", "zst"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Draft(NamedTuple):
    """One attempt of a run's task to write a version.

    It is no more than names, so each item of a mapped task may put its part from a process of its
    own, and one of them commits all.
    """

    address: Address
    run: str
    task: str
    attempt: int = 1

    @property
    def version(self) -> str:
        """The id that the version will have."""
        return self.run


def put_part(
    store: Store, draft: Draft, number: int, path: str, *, rows: Optional[int] = None
) -> Part:
    """Move a file in as the part of that number, counted from 0; nobody can find it yet.

    ``path`` is best one that ``store.stage(extension)`` gave; its extension is kept.
    """
    size, sha256 = digest(path)
    again = 0
    while True:
        part = Part(_part_key(draft, again, number, _extension(path)), size, sha256, rows)
        key = f"{draft.address.key}/{part.key}"
        try:
            store.put(key, path, if_absent=True)
        except KeyExists:
            # The same attempt was made before, and may have been committed as it was.
            if _holds(store, key, part):
                os.unlink(path)
                return part
            again += 1
        else:
            return part


def _part_key(draft: Draft, again: int, number: int, extension: str) -> str:
    """``run/data-1-0.csv``, and where that is taken ``run/data-1.1-0.csv`` and so on."""
    attempt = f"{draft.attempt}.{again}" if again else draft.attempt
    return f"{checked(draft.version, 'version')}/data-{attempt}-{number}{extension}"


def _extension(path: str) -> str:
    names = os.path.basename(path).split(".")[1:]
    kept = names[-2:] if names and names[-1] in _PACKED else names[-1:]
    plain = all(0 < len(name) <= 16 and _PLAIN.issuperset(name) for name in kept)
    return "".join(f".{name}" for name in kept) if plain else ""


def _holds(store: Store, key: str, part: Part) -> bool:
    try:
        return store.head(key).size == part.size and digest(store.local(key))[1] == part.sha256
    except KeyMissing:
        return False


def digest(path: str) -> Tuple[int, str]:
    """The size of a file in bytes, and its sha256 in hexadecimal."""
    found, size = hashlib.sha256(), 0
    with open(path, "rb", buffering=0) as file:
        for data in iter(lambda: file.read(_CHUNK), b""):
            found.update(data)
            size += len(data)
    return size, found.hexdigest()


def commit(
    store: Store,
    draft: Draft,
    parts: Sequence[Part],
    *,
    format: str,
    fingerprint: Optional[str] = None,
    inputs: Sequence[Reference] = (),
    rows: Optional[int] = None,
    columns: Optional[Sequence[Tuple[str, str]]] = None,
    kind: str = "object",
    mapped: bool = False,
    recipe: Optional[Mapping[str, Any]] = None,
    retain: Optional[int] = None,
    latest: bool = True,
) -> Version:
    """Make the parts a version, and let ``latest`` and the fingerprint point to it.

    What the arguments mean is told at :class:`~glacier.core.versions.Version`. Without ``latest``
    only who knows its id finds it. Returns the version
    of this run: that of these parts, or where another attempt was first the one that it committed.
    Once this has returned, all readers find it.
    """
    version = Version(
        draft.address,
        draft.version,
        draft.run,
        draft.task,
        draft.attempt,
        format,
        tuple(parts),
        fingerprint,
        tuple(inputs),
        rows,
        None if columns is None else tuple(columns),
        draft.version,
        time.time(),
        __version__,
        kind,
        mapped,
        recipe,
        retain,
    )
    created = _create(store, version)[0]
    return _point_to(store, created) if latest else created


def reuse(
    store: Store,
    draft: Draft,
    older: Version,
    *,
    inputs: Optional[Sequence[Reference]] = None,
    recipe: Optional[Mapping[str, Any]] = None,
    retain: Optional[int] = None,
) -> Version:
    """Commit a version of this run with the data of an older one of the same dataset.

    ``inputs`` are the versions that would have been read, by default those of the older one.
    Raises :class:`~glacier.core.errors.VersionMissing` if the older one is being collected: then
    the task must run.
    """
    if older.address != draft.address:
        raise ValueError(f"{older} cannot be reused as a version of {draft.address}")
    record = older._replace(
        version=draft.version,
        run=draft.run,
        task=draft.task,
        attempt=draft.attempt,
        inputs=older.inputs if inputs is None else tuple(inputs),
        created=time.time(),
        glacier=__version__,
        recipe=older.recipe if recipe is None else recipe,
        retain=retain,
    )
    version, is_ours = _create(store, record)
    # The collector removes a record first and then looks whether it is needed: one of the two
    # sees the other, so no record points at data that are gone.
    if is_ours and not has_version(store, older.address, older.data):
        key = draft.address.record(draft.version)
        store.delete(key)
        where = store.uri(older.address.record(older.data))
        raise VersionMissing(what=f"version {older.data} of {older.address}", where=where)
    return _point_to(store, version)


def _create(store: Store, version: Version) -> Tuple[Version, bool]:
    """The committed version of a run, and whether it is this one."""
    try:
        store.put(version.address.record(version.version), version.to_bytes(), if_absent=True)
    except KeyExists:
        return read_version(store, version.address, version.version), False
    return version, True


def _point_to(store: Store, version: Version) -> Version:
    address, fingerprint = version.address, version.fingerprint
    if fingerprint is not None:
        advance(store, address.fingerprint(fingerprint), version.version)
    advance(store, address.latest, version.version)
    return version
