"""A web server of the tests' own, on a free port of the loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Tuple

__all__ = ["Answer", "Web", "serving"]

Answer = Tuple[int, Dict[str, str], bytes]
OLD = "Mon, 01 Jan 2024 00:00:00 GMT"


class Web:
    """What is served: by its path, an answer or what gives one from the request's headers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: Dict[str, Any] = {}
        self.asked: List[Tuple[str, str]] = []

    def url(self, path: str, user: str = "") -> str:
        return f"http://{user}127.0.0.1:{self.port}{path}"

    def page(self, path: str, body: bytes, *, status: int = 200, **headers: str) -> str:
        """Serve this at a path, and return the URL."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        self.pages[path] = (status, named, body)
        return self.url(path)

    def call(self, path: str, give: Callable[[Any], Answer]) -> str:
        self.pages[path] = give
        return self.url(path)


@contextmanager
def serving() -> Iterator[Web]:
    """A server as long as it is needed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            web.asked.append((self.command, self.path))
            found = web.pages.get(path, (404, {}, b""))
            status, headers, body = found(self) if callable(found) else found
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
