"""Data behind an http or https URL."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import os
import socket
import urllib.request
import zlib
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Generator, Iterator, Optional, Tuple
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit

from glacier.core.errors import (
    ChangedExternal,
    ExternalError,
    InvalidExternal,
    MissingExternal,
    UnreachableExternal,
)
from glacier.core.external.source import Part, shown

__all__ = ["download", "format_told", "name_of", "probe", "version_of"]

_TIMEOUT = 60.0  # seconds of silence
_BLOCK = 1 << 20
_MEDIA = {
    "application/json": "json",
    "application/jsonl": "ndjson",
    "application/vnd.apache.parquet": "parquet",
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "text/plain": "text",
}


def probe(address: str, *, hashed: bool) -> Tuple[Part, Optional[str]]:
    """What the server tells of a URL, and the media type.

    Where it tells nothing by which a change shows, and ``hashed`` is asked for, all is read for
    its sha256. Raises :class:`~glacier.core.errors.ExternalError`.
    """
    try:
        with _answer(address, "HEAD") as response:
            part, media = _told(address, response)
    except ExternalError:
        # Servers that know no HEAD, or sign only a GET, say so in many ways.
        with _answer(address, "GET") as response:
            part, media = _told(address, response)
    if hashed and part.etag is None and part.stamp is None:
        with _answer(address, "GET") as response:
            digest = hashlib.sha256()
            for block in _body(address, response):
                digest.update(block)
            part = part._replace(sha256=digest.hexdigest())
    return part, media


def _told(address: str, response: Any) -> Tuple[Part, Optional[str]]:
    headers = response.headers
    length = headers.get("Content-Length")
    size = int(length) if length is not None and length.isdigit() else None
    media = headers.get_content_type() if "Content-Type" in headers else None
    return Part(address, size, _stamp(headers), headers.get("ETag")), media


def _stamp(headers: Any) -> Optional[str]:
    """The time of the last change, where that tells every change: it counts whole seconds."""
    modified, now = headers.get("Last-Modified"), headers.get("Date")
    try:
        age = parsedate_to_datetime(now) - parsedate_to_datetime(modified)
    except (TypeError, ValueError):
        return None
    return str(modified) if age.total_seconds() >= 2 else None


def version_of(part: Part) -> str:
    """The version that a server tells, or the contents where it tells none."""
    if part.etag is not None:
        return f"etag:{part.etag}"
    if part.stamp is not None:
        return f"modified:{part.stamp}, {part.size} bytes"
    return f"sha256:{part.sha256}"


def format_told(media: Optional[str]) -> Optional[str]:
    """The format of a media type."""
    return None if media is None else _MEDIA.get(media)


def name_of(address: str) -> str:
    """What a file from this URL is called."""
    name = unquote(urlsplit(address).path).replace("\\", "/").rpartition("/")[2]
    return name if name.strip(". ") and "\0" not in name else "data"


def download(part: Part, folder: str, *, checked: bool) -> str:
    """The path of a file with what the URL gives; ``checked`` against what was told of it.

    Raises :class:`~glacier.core.errors.ExternalError`.
    """
    path = os.path.join(folder, name_of(part.place)[-200:])
    digest = hashlib.sha256()
    with _answer(part.place, "GET") as response, open(path, "wb") as file:
        now, _ = _told(part.place, response)
        told = part.etag is not None or part.stamp is not None
        if checked and told and not _same(part, now):
            raise _changed(part)
        for block in _body(part.place, response):
            digest.update(block)
            file.write(block)
    if checked and not told and part.sha256 not in (None, digest.hexdigest()):
        raise _changed(part)
    return path


def _same(before: Part, now: Part) -> bool:
    """Whether a server tells the same of a URL; of the size it may be silent."""
    if before.etag is not None or now.etag is not None:
        return before.etag == now.etag
    sizes = {before.size, now.size} - {None}
    return before.stamp == now.stamp and len(sizes) < 2


def _changed(part: Part) -> ChangedExternal:
    return ChangedExternal(
        address=shown(part.place),
        reason="the server has other data than when the run began",
        mend="Run again.",
    )


def _body(address: str, response: Any) -> Iterator[bytes]:
    """All that is sent, unpacked where the server packed it for the way."""
    length = response.headers.get("Content-Length")
    stream: Any = _Counted(response)
    packing = response.headers.get("Content-Encoding", "identity").lower()
    if packing in ("gzip", "x-gzip") and name_of(address).lower().endswith(".gz"):
        source: Any = stream  # that is how the file itself is packed
    elif packing in ("gzip", "x-gzip"):
        source = gzip.GzipFile(fileobj=stream)
    elif packing in ("identity", ""):
        source = stream
    else:
        mend = "Ask for a file that is packed itself, with an ending such as .gz."
        raise UnreachableExternal(
            address=shown(address), reason=f"the server sends it packed as {packing!r}", mend=mend
        )
    yield from iter(lambda: source.read(_BLOCK), b"")
    if length is not None and length.isdigit() and stream.count != int(length):
        raise UnreachableExternal(
            address=shown(address),
            reason=f"it broke off after {stream.count} of {length} bytes",
            mend="Run again.",
        )


class _Counted:
    """A stream that counts what is read from it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self.count += len(data)
        return data


@contextmanager
def _answer(address: str, method: str) -> Generator[Any, None, None]:
    """The server's answer; whatever fails while it is read is named too."""
    try:
        with _opener().open(_request(address, method), timeout=_TIMEOUT) as response:
            yield response
    except HTTPError as error:
        with error:
            raise _refused(address, error) from None  # its URL may hold a password
    except (OSError, http.client.HTTPException, EOFError, zlib.error) as error:
        if isinstance(error, OSError) and not _of_network(error):
            raise  # such as that of a disk to which the answer is written
        reason = getattr(error, "reason", None) or error
        text = str(reason) or type(reason).__name__
        raise UnreachableExternal(
            address=shown(address),
            reason=f"it does not answer ({text})",
            mend="Is the URL right, and is the network there?",
        ) from None


def _of_network(error: OSError) -> bool:
    known = (URLError, ConnectionError, socket.timeout, gzip.BadGzipFile)
    return isinstance(error, known) or type(error).__name__.startswith("SSL")


_HANDLERS = (
    "ProxyHandler",
    "HTTPHandler",
    "HTTPSHandler",  # not there where Python was built without TLS
    "HTTPDefaultErrorHandler",
    "HTTPRedirectHandler",
    "HTTPErrorProcessor",
    "UnknownHandler",
)


def _opener() -> urllib.request.OpenerDirector:
    """One that follows redirections to http and https alone, and never opens a file."""
    opener = urllib.request.OpenerDirector()
    for name in _HANDLERS:
        if hasattr(urllib.request, name):
            opener.add_handler(getattr(urllib.request, name)())
    return opener


def _request(address: str, method: str) -> urllib.request.Request:
    parts = urlsplit(address)
    if not parts.hostname:
        raise InvalidExternal(
            address=shown(address), reason="it names no host", mend="Write https://host/path."
        )
    host = parts.netloc.rpartition("@")[2]
    request = urllib.request.Request(urlunsplit((*parts[:1], host, *parts[2:4], "")), method=method)
    request.add_header("Accept-Encoding", "identity")
    request.add_header("User-Agent", "glacier")
    if parts.username is not None:
        from base64 import b64encode

        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        # Not to be sent to where a redirection leads.
        request.add_unredirected_header(
            "Authorization", f"Basic {b64encode(pair.encode()).decode()}"
        )
    return request


def _refused(address: str, error: HTTPError) -> ExternalError:
    reason = f"the server answers {error.code} {error.reason}".rstrip()
    if error.code in (404, 410):
        return MissingExternal(
            address=shown(address), reason=reason, mend="Is the URL right, down to its capitals?"
        )
    if error.code in (401, 403, 407):
        mend = "Give a user and a password in the URL, or one that is signed and has not expired."
    else:
        mend = "Try again later." if error.code >= 500 else "Is the URL right?"
    return UnreachableExternal(address=shown(address), reason=reason, mend=mend)
