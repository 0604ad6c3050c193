"""An Azure Blob Storage of the tests' own: Azurite on a free port of the loopback."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import itertools
import os
import shutil
import subprocess
import threading
import urllib.request
from email.utils import formatdate
from typing import Iterator, Optional
from urllib.parse import urlsplit

__all__ = ["ACCOUNT", "KEY", "Server", "program", "running"]

ACCOUNT = "devstoreaccount1"
# Azurite's own, which is the same everywhere and written in its documents.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_VERSION = "2021-08-06"
_PATIENCE = 60.0
# It ends when its input does: with this process, however that ends.
_PROGRAM = """
process.stdin.on("end", () => process.exit()); process.stdin.resume();
process.argv.push("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry",
                  "--blobHost", "127.0.0.1", "--blobPort", "0");
require(process.argv[1]);
"""


def program() -> Optional[str]:
    """The file that Node runs; ``None`` where Azurite is not installed.

    ``GLACIER_AZURITE`` names the folder in which npm has installed it.
    """
    folder = os.environ.get("GLACIER_AZURITE", "")
    path = os.path.join(folder, "node_modules", "azurite", "dist", "src", "blob", "main.js")
    return path if folder and os.path.exists(path) and shutil.which("node") else None


class Server:
    """A running server, in which each test makes a container of its own."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._numbers = itertools.count(1)

    def bucket(self) -> str:
        """Make a container; returns its name."""
        name = f"lake-{next(self._numbers)}"
        path = f"/{ACCOUNT}/{name}"
        headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
        told = "".join(f"{key}:{value}\n" for key, value in sorted(headers.items()))
        text = "PUT" + "\n" * 12 + told + f"/{ACCOUNT}{path}\nrestype:container"
        digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{signature}"
        url = f"{self.endpoint}{path}?restype=container"
        request = urllib.request.Request(url, method="PUT", headers=headers)
        with urllib.request.urlopen(request, timeout=_PATIENCE):
            return name


@contextlib.contextmanager
def running(path: str) -> Iterator[Server]:
    """A server while it is needed."""
    with subprocess.Popen(
        ["node", "-e", _PROGRAM, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = b""
            for line in iter(process.stdout.readline, b""):
                said = line
                if b"successfully listens on" in line:
                    break
            endpoint = said.decode().split()[-1:]
            if not endpoint or not urlsplit(endpoint[0]).port:
                raise RuntimeError("Azurite does not start")
            # What it tells later has to go somewhere, or it would wait.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Server(endpoint[0])
        finally:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
