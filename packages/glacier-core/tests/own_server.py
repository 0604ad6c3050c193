"""A database server of the tests' own, on a free port of the loopback, which ends with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Callable, Optional, Sequence

__all__ = ["PASSWORD", "PATIENCE", "OwnServer"]

PASSWORD = "s3cr:t/@?#%"
PATIENCE = 60.0
_TRIES = 5


class OwnServer:
    """A folder, a port and a process; as servers refuse root, root becomes another user for it."""

    def __init__(self, name: str, *, user: str) -> None:
        self._owner = _owner(user)
        self.root = tempfile.mkdtemp(prefix=f"glacier-{name}-")
        if self._owner is not None:
            shutil.chown(self.root, self._owner)
        self.port = 0
        self._process: Optional[subprocess.Popen[bytes]] = None

    def serve(self, command: Callable[[], Sequence[str]], ready: Callable[[], bool]) -> None:
        """Start the server on a port of its own, and wait until it says that it is ready."""
        for _ in range(_TRIES):
            self.port = _free_port()
            self._process = self.started(*command())
            deadline = time.monotonic() + PATIENCE
            while self._process.poll() is None and time.monotonic() < deadline:
                if ready():
                    return
                time.sleep(0.02)
            if self._process.poll() is None:  # it is there and says nothing; stop() ends it
                break
        raise RuntimeError(f"the server does not start:\n{self.log()}")

    def stop(self) -> None:
        """End it at once, with all that it has kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE)
        shutil.rmtree(self.root, ignore_errors=True)

    def started(self, *command: str) -> subprocess.Popen[bytes]:
        """A program of the server, which ends when this process does."""
        if self._owner is not None:
            become = ["setpriv", "--reuid", self._owner, "--regid", _group(self._owner)]
            command = (*become, "--init-groups", "--pdeathsig", "QUIT", "--", *command)
        kept = ("PATH", "LANG", "TMPDIR")
        environment = {key: os.environ[key] for key in kept if key in os.environ}
        with open(os.path.join(self.root, "log"), "ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self.root, env=environment
            )

    def log(self) -> str:
        with open(os.path.join(self.root, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()


def _free_port() -> int:
    """A port that nobody has at this moment; another process may be quicker to take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _group(owner: str) -> str:
    import pwd

    return str(pwd.getpwnam(owner).pw_gid)


def _owner(wanted: str) -> Optional[str]:
    """Whom root becomes for the server; nobody else has to become another."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    known = {one.pw_name for one in pwd.getpwall()}
    return wanted if wanted in known else "nobody"
