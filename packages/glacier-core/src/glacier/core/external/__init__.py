"""Data under somebody else's keys, which Glacier reads and never writes.

::

    resolve(address) ──▶ Source: parts, version ── read_external(source, …) ──▶ the value

An address is a file, a folder, a pattern of files, the same in a bucket (``s3://landing/orders/``,
by the stores of providers), an ``http(s)`` URL, or a table or query of a database:
``postgresql://host/shop#orders``, ``mysql+pymysql://host/shop#orders``.
"""

from __future__ import annotations

from typing import Optional

from glacier.core.errors import InvalidExternal
from glacier.core.external.naming import format_of
from glacier.core.external.reading import read_external
from glacier.core.external.source import Part, Source, scheme_of, shown
from glacier.core.registry import BUCKETS, installed

__all__ = ["Part", "Source", "read_external", "resolve"]

_KNOWN = (
    "a file, a folder, a pattern, an http(s) URL, a bucket (s3://landing/orders/), or a table "
    "(sqlite:///shop.db#orders)"
)


def resolve(address: str, *, format: Optional[str] = None, version: Optional[str] = None) -> Source:
    """What lies at an address now.

    The version of files is a hash of their contents, so a copy has the same one; that of what is in
    a bucket is its etags; that of a URL is its ETag, or time and size, or a hash where the server
    tells neither; that of a table or a query is a hash of its rows. All of it is read for a hash:
    ``version`` says instead which it is, and then no change is looked for later.

    Raises :class:`~glacier.core.errors.ExternalError`,
    :class:`~glacier.core.errors.UnknownFormat` and :class:`~glacier.core.errors.TableError`.
    """
    if format is not None:
        from glacier.core.formats import format_named

        format = format_named(format).name
    scheme = scheme_of(address)
    if scheme in ("", "file"):
        return _files(address, format, version)
    if scheme in ("http", "https"):
        return _url(address, format, version)
    known = scheme.partition("+")[0] in ("sqlite", "postgresql", "postgres")
    stored = scheme in BUCKETS or scheme in installed("glacier.stores")
    if known or "+" in scheme or ("#" in address and not stored):
        return _table(address, format, version)
    if not stored:
        raise _unserved(address, scheme)
    return _objects(address, format, version)


def _files(address: str, format: Optional[str], version: Optional[str]) -> Source:
    from glacier.core.external import files

    parts, many = files.found(address, hashed=version is None)
    told = format or format_of(part.place for part in parts)
    known = files.version_of(parts, many=many) if version is None else version
    return Source(address, "files", tuple(parts), known, told, many, version is not None)


def _objects(address: str, format: Optional[str], version: Optional[str]) -> Source:
    from glacier.core.external import buckets

    parts, many = buckets.found(address)
    told = format or format_of(buckets.name_of(part.place) for part in parts)
    known = buckets.version_of(parts, many=many) if version is None else version
    return Source(address, "objects", tuple(parts), known, told, many, version is not None)


def _url(address: str, format: Optional[str], version: Optional[str]) -> Source:
    from glacier.core.external import web

    if version is not None and format is None:
        format = format_of([web.name_of(address)])
    if version is not None and format is not None:
        return Source(address, "url", (Part(address),), version, format, given=True)
    part, media = web.probe(address, hashed=version is None)
    told = format or format_of([web.name_of(address)]) or web.format_told(media)
    known = web.version_of(part) if version is None else version
    return Source(address, "url", (part,), known, told, given=version is not None)


def _table(address: str, format: Optional[str], version: Optional[str]) -> Source:
    from glacier.core.tables import hash_table, split_address

    if format is not None:
        raise InvalidExternal(
            address=shown(address), reason="a table has no format", mend="Leave format= out."
        )
    known = hash_table(*split_address(address)) if version is None else version
    return Source(address, "table", (Part(address),), known, given=version is not None)


def _unserved(address: str, scheme: str) -> InvalidExternal:
    reason = f"what begins with {scheme}:// is not read on this machine"
    mend = f"An address is {_KNOWN}."
    return InvalidExternal(address=shown(address), reason=reason, mend=mend)
