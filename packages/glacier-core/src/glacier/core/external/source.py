"""What lies at an address, as it was when somebody looked."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

__all__ = ["Part", "Source", "scheme_of", "shown"]


class Part(NamedTuple):
    """One file or URL: where it is, and by what a change of it is told.

    ``stamp`` is the time of a file in nanoseconds, unless it had just been written, or what the
    server says as ``Last-Modified``.
    """

    place: str
    size: Optional[int] = None
    stamp: Optional[str] = None
    etag: Optional[str] = None
    sha256: Optional[str] = None

    def __repr__(self) -> str:
        return f"Part({shown(self.place)!r}, size={self.size})"


class Source(NamedTuple):
    """What an address stands for.

    ``kind`` is ``"files"``, ``"objects"`` of a bucket, ``"url"`` or ``"table"``. ``version`` is
    another text where the data are others. ``format`` is the one that was declared or that the
    names tell, ``None`` if they
    tell none. ``many``: the address names a folder or a pattern, whatever is found there.
    ``given``: the version is what the user says, so changes are not looked for.
    """

    address: str
    kind: str
    parts: Tuple[Part, ...]
    version: str
    format: Optional[str] = None
    many: bool = False
    given: bool = False

    def __repr__(self) -> str:
        about = f"kind={self.kind!r}, parts={len(self.parts)}, version={self.version!r}"
        return f"Source({shown(self.address)!r}, {about})"


def scheme_of(address: str) -> str:
    """The scheme of a URL in small letters; empty for a path, also one like ``C:\\x``."""
    scheme, mark, _ = address.partition("://")
    plain = re.sub(r"[+._-]", "", scheme)
    return scheme.lower() if mark and len(scheme) > 1 and plain.isalnum() else ""


def shown(address: str) -> str:
    """An address without what may be a secret: a password, and the query of a URL."""
    if not scheme_of(address):
        return address
    try:
        parts = urlsplit(address)
        user = f"{parts.username}{'' if parts.password is None else ':***'}@"
    except ValueError:
        return f"{scheme_of(address)}://…"
    host = parts.netloc.rpartition("@")[2]
    mark = "?…" if parts.query else ""
    table = f"#{parts.fragment}" if parts.fragment and "@" not in parts.fragment else ""
    return f"{parts.scheme}://{user if parts.username else ''}{host}{parts.path}{mark}{table}"
