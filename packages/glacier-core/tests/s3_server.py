"""An S3 of the tests' own: moto's server on a free port of the loopback, which ends with them."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import urllib.request
from typing import Iterator, Optional
from uuid import uuid4

__all__ = ["Server", "running"]

# It ends when its input does: with this process, however that ends.
_PROGRAM = """if True:
    import sys
    from moto.server import ThreadedMotoServer
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    server.stop()
"""
_PATIENCE = 60.0
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"


class Server:
    """A running server, in which each test makes a bucket of its own."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = itertools.count(1)

    def bucket(self, name: Optional[str] = None) -> str:
        """Make a bucket; returns its name."""
        name = name or f"lake-{next(self._numbers)}-{uuid4().hex[:8]}"
        self.ask(f"/{name}", method="PUT")
        return name

    def ask(self, path: str, *, method: str = "GET", data: Optional[bytes] = None) -> bytes:
        """What the server answers to a request, whose signature it does not look at."""
        request = urllib.request.Request(self.endpoint + path, data=data, method=method)
        request.add_header("Content-Type", "text/plain")
        if not path.startswith("/moto-api"):
            request.add_header("Authorization", _SIGNED)
        with urllib.request.urlopen(request, timeout=_PATIENCE) as response:
            found: bytes = response.read()
        return found

    @contextlib.contextmanager
    def guarded(self) -> Iterator[None]:
        """Let nobody in who has no right, as AWS does; here nobody has any."""
        self.ask("/moto-api/reset-auth", method="POST", data=b"0")
        try:
            yield
        finally:
            self.ask("/moto-api/reset-auth", method="POST", data=b"inf")


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server while it is needed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**kept, "AWS_EC2_METADATA_DISABLED": "true"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline() or 0)
            if not port:
                raise RuntimeError("moto's server does not start")
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
