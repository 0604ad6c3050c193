"""Google's object storage as obstore speaks to it (the XML API), in memory, on the loopback.

No emulator speaks that API well enough: they know no conditions there. What is here follows
Google's documents: a generation for each content, ``x-goog-if-generation-match``, uploads in parts.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

__all__ = ["Server", "running"]

_PAGE = 100


class Stored(NamedTuple):
    data: bytes
    generation: int
    modified: float

    @property
    def headers(self) -> Dict[str, str]:
        return {
            "ETag": f'"{hashlib.md5(self.data).hexdigest()}"',
            "x-goog-generation": str(self.generation),
            "Last-Modified": formatdate(self.modified, usegmt=True),
        }


class Server:
    """A running server, in which each test makes a bucket of its own.

    ``tokens`` are the bearer tokens that are let in; ``None`` lets everybody in.
    """

    def __init__(self) -> None:
        self.buckets: Dict[str, Dict[str, Stored]] = {}
        self.uploads: Dict[str, Dict[int, bytes]] = {}
        self.tokens: Optional[List[str]] = None
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        self.endpoint = ""

    def bucket(self) -> str:
        """Make a bucket; returns its name."""
        name = f"lake-{next(self.numbers)}"
        self.buckets[name] = {}
        return name

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Let nobody in."""
        self.tokens = []
        try:
            yield
        finally:
            self.tokens = None

    def put(self, bucket: str, key: str, data: bytes, expected: Optional[str]) -> Optional[Stored]:
        """Store it if its generation is the expected one, where that is asked for."""
        with self.lock:
            found = self.buckets[bucket].get(key)
            if expected is not None and int(expected) != (found.generation if found else 0):
                return None
            stored = Stored(data, next(self.numbers) + 10**15, time.time())
            self.buckets[bucket][key] = stored
            return stored


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store: Server

    def handle_request(self) -> None:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path[1:]).partition("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, True).items()}
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "").partition("Bearer ")[2]
        if self.store.tokens is not None and token not in self.store.tokens:
            self.refuse(403, "AccessDenied")
        elif bucket not in self.store.buckets:
            self.refuse(404, "NoSuchBucket")
        elif not key:
            self.list(bucket, query)
        elif "uploads" in query or "uploadId" in query:
            self.upload(bucket, key, query, data)
        else:
            getattr(self, f"on_{self.command.lower()}")(bucket, key, data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_request

    def on_get(self, bucket: str, key: str, _: bytes) -> None:
        found = self.store.buckets[bucket].get(key)
        if found is None:
            self.refuse(404, "NoSuchKey")
            return
        wanted = self.headers.get("Range", "")
        if not wanted:
            self.answer(200, found.data, found.headers)
            return
        first, _, last = wanted.partition("=")[2].partition("-")
        start, size = int(first), len(found.data)
        if start >= size:
            self.refuse(416, "InvalidRange")
            return
        end = min(int(last or size - 1), size - 1)
        content = {"Content-Range": f"bytes {start}-{end}/{size}"}
        self.answer(206, found.data[start : end + 1], {**found.headers, **content})

    on_head = on_get

    def on_put(self, bucket: str, key: str, data: bytes) -> None:
        expected = self.headers.get("x-goog-if-generation-match")
        stored = self.store.put(bucket, key, data, expected)
        if stored is None:
            self.refuse(412, "PreconditionFailed")
        else:
            self.answer(200, b"", stored.headers)

    def on_delete(self, bucket: str, key: str, _: bytes) -> None:
        with self.store.lock:
            found = self.store.buckets[bucket].pop(key, None)
        if found is None:
            self.refuse(404, "NoSuchKey")
        else:
            self.answer(204)

    def upload(self, bucket: str, key: str, query: Dict[str, str], data: bytes) -> None:
        uploads = self.store.uploads
        if "uploads" in query:
            number = str(next(self.store.numbers))
            uploads[number] = {}
            told = {"Bucket": bucket, "Key": key, "UploadId": number}
            self.answer_xml("InitiateMultipartUploadResult", told)
        elif self.command == "PUT":
            uploads[query["uploadId"]][int(query["partNumber"])] = data
            self.answer(200, b"", {"ETag": f'"{hashlib.md5(data).hexdigest()}"'})
        elif self.command == "DELETE":
            uploads.pop(query["uploadId"], None)
            self.answer(204)
        else:
            parts = uploads.pop(query["uploadId"])
            stored = self.store.put(
                bucket, key, b"".join(parts[one] for one in sorted(parts)), None
            )
            assert stored is not None
            told = {"Bucket": bucket, "Key": key, "ETag": stored.headers["ETag"]}
            self.answer_xml("CompleteMultipartUploadResult", told, stored.headers)

    def list(self, bucket: str, query: Dict[str, str]) -> None:
        after = max(query.get("start-after", ""), query.get("continuation-token", ""))
        keys = sorted(
            key
            for key in self.store.buckets[bucket]
            if key.startswith(query.get("prefix", "")) and key > after
        )
        rows = "".join(self.row(bucket, key) for key in keys[:_PAGE])
        more = len(keys) > _PAGE
        if more:
            token = escape(keys[_PAGE - 1])
            rows += f"<NextContinuationToken>{token}</NextContinuationToken>"
        truncated = f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        body = f"<?xml version='1.0'?><ListBucketResult>{truncated}{rows}</ListBucketResult>"
        self.answer(200, body.encode())

    def row(self, bucket: str, key: str) -> str:
        found = self.store.buckets[bucket][key]
        modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(found.modified))
        return (
            f"<Contents><Key>{escape(key)}</Key><LastModified>{modified}</LastModified>"
            f"<ETag>{found.headers['ETag']}</ETag><Size>{len(found.data)}</Size></Contents>"
        )

    def answer_xml(self, kind: str, told: Dict[str, str], headers: Any = ()) -> None:
        rows = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
        self.answer(200, f"<?xml version='1.0'?><{kind}>{rows}</{kind}>".encode(), headers)

    def refuse(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

    def answer(self, status: int, data: bytes = b"", headers: Any = ()) -> None:
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server while it is needed."""
    store = Server()
    handler = type("Handler", (_Handler,), {"store": store})
    address: Tuple[str, int] = ("127.0.0.1", 0)
    with ThreadingHTTPServer(address, handler) as server:
        server.daemon_threads = True  # a connection that is kept alive keeps nobody waiting
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        store.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
