"""The Runtime API of Lambda: where a process of a function asks for events and answers them.

GET  …/invocation/next              blocks until there is an event
POST …/invocation/{id}/response     what the handler returned
POST …/invocation/{id}/error        what it raised
POST …/init/error                   why the process cannot serve
"""

from __future__ import annotations

import queue
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Optional

__all__ = ["Event", "Outcome", "RuntimeApi"]


class Event(NamedTuple):
    """What a function is invoked with; ``deadline`` in milliseconds since the epoch."""

    id: str
    body: bytes
    deadline: int


class Outcome(NamedTuple):
    """What came of an event: the handler's result or its error, as JSON."""

    failed: bool
    body: bytes


class RuntimeApi:
    """The API for one process, at a port of its own; ``arn`` is the function's."""

    def __init__(self, arn: str) -> None:
        self.arn = arn
        self.ready = threading.Event()
        self.events: queue.SimpleQueue[Optional[Event]] = queue.SimpleQueue()
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        """What a process finds in AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Answer nobody any more."""
        self.events.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    api: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits for 40 ms
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what functions write is their log."""

    def do_GET(self) -> None:
        api = self.server.api
        api.ready.set()
        event = api.events.get()
        if event is None:
            self.close_connection = True
            return
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": event.id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": api.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}",
        }
        self._answer(200, event.body, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(202, b"", {})
        self.server.api.outcomes.put(Outcome(self.path.endswith("/error"), body))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
