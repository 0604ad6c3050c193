"""Versions by id, by fingerprint, the newest, and all of them."""

from __future__ import annotations

from typing import Iterator, List, Optional, Set

from glacier.core.contracts import Store
from glacier.core.errors import KeyMissing, RecordError, VersionMissing
from glacier.core.versions.address import Address, address_of
from glacier.core.versions.pointer import read_pointer
from glacier.core.versions.record import FORMAT, Version

__all__ = [
    "find_fingerprint",
    "find_latest",
    "has_version",
    "list_addresses",
    "list_versions",
    "read_version",
]


def read_version(store: Store, address: Address, version: str) -> Version:
    """The version of that id.

    Raises :class:`~glacier.core.errors.VersionMissing` if it was never committed or is gone, and
    :class:`~glacier.core.errors.RecordError` for a record that is broken or lies elsewhere than
    it says.
    """
    key = address.record(version)
    where = store.uri(key)
    try:
        data = store.get(key)
    except KeyMissing as error:
        what = f"version {version} of {address}"
        raise VersionMissing(what=what, where=where) from error
    record = Version.from_bytes(data, where=where)
    if record.reference != (address, version):
        broken = f"it is the record of {record}"
        raise RecordError(record=where, found=FORMAT, expected=FORMAT, broken=broken)
    return record


def has_version(store: Store, address: Address, version: str) -> bool:
    """Whether a version of that id is committed."""
    try:
        store.head(address.record(version))
    except KeyMissing:
        return False
    return True


def find_latest(store: Store, address: Address) -> Optional[Version]:
    """The newest version; ``None`` if there is none."""
    version = read_pointer(store, address.latest)
    return None if version is None else read_version(store, address, version)


def find_fingerprint(store: Store, address: Address, fingerprint: str) -> Optional[Version]:
    """A version that was made from the same code, parameters and inputs; ``None`` without one."""
    version = read_pointer(store, address.fingerprint(fingerprint))
    if version is None:
        return None
    try:
        found = read_version(store, address, version)
    except VersionMissing:  # it has been collected
        return None
    return found if found.fingerprint == fingerprint else None


def list_versions(store: Store, address: Address) -> List[Version]:
    """All committed versions, the newest first."""
    stem = f"{address.key}/"
    ids: List[str] = []
    for entry in store.list(address.key):
        version, slash, name = entry.key[len(stem) :].partition("/")
        if slash and name == "version.json":
            ids.append(version)
    return list(_those_left(store, address, sorted(ids, reverse=True)))


def _those_left(store: Store, address: Address, versions: List[str]) -> Iterator[Version]:
    for version in versions:
        try:
            yield read_version(store, address, version)
        except VersionMissing:  # collected since it was listed
            continue


def list_addresses(store: Store) -> List[Address]:
    """The datasets, or partitions of them, that have a committed version in a store."""
    found: Set[Address] = set()
    for entry in store.list():
        names = entry.key.split("/")
        if len(names) == 5 and names[4] == "version.json":
            address = address_of(names)
            if address is not None:
                found.add(address)
    return sorted(found, key=lambda one: one.key)
