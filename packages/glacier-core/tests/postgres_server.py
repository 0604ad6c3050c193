"""A PostgreSQL of the tests' own: started on a free port of the loopback, and ended with them."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Iterator, Optional

__all__ = ["PASSWORD", "Server", "programs", "running"]

PASSWORD = "s3cr:t/@?#%"
_PATIENCE = 60.0
_TRIES = 5


def programs() -> Optional[str]:
    """The folder of the server's programs, ``None`` where none is installed."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders += [os.path.dirname(os.path.realpath(found))] if found else []
    return next((one for one in folders if os.path.exists(os.path.join(one, "postgres"))), None)


class Server:
    """One running server; as it refuses root, root becomes another user for it."""

    def __init__(self, folder: str) -> None:
        self._programs = folder
        self._owner = _owner()
        self.root = tempfile.mkdtemp(prefix="glacier-postgres-")
        if self._owner is not None:
            shutil.chown(self.root, self._owner)
        self._data = os.path.join(self.root, "data")
        self.port = 0
        self._process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> None:
        """Make the database's files and wait until it answers."""
        secret = os.path.join(self.root, "password")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        made = ["--auth=scram-sha-256", "--username=glacier", f"--pwfile={secret}"]
        made += ["--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={self._data}"]
        assert self._started("initdb", *made).wait(_PATIENCE) == 0, self._log()
        for _ in range(_TRIES):
            self.port = _free_port()
            self._process = self._serving()
            if self._answers(self._process):
                return
            if self._process.poll() is None:  # it is there and says nothing; stop() ends it
                break
        raise RuntimeError(f"the server does not start:\n{self._log()}")

    def _serving(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "America/New_York",  # no session should depend on it
        }
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return self._started("postgres", "-D", self._data, *told)

    def stop(self) -> None:
        """End it at once, with all that it has kept."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE)
        shutil.rmtree(self.root, ignore_errors=True)

    def url(
        self, *, user: str = "glacier", password: str = PASSWORD, name: str = "postgres"
    ) -> str:
        from urllib.parse import quote

        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def _program(self, name: str) -> str:
        return os.path.join(self._programs, name)

    def _started(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [self._program(name), *arguments]
        if self._owner is not None:
            become = [
                "setpriv",
                "--reuid",
                self._owner,
                "--regid",
                _group(self._owner),
                "--init-groups",
                "--pdeathsig",
                "QUIT",
            ]
            command = [*become, "--", *command]
        kept = ("PATH", "LANG", "TMPDIR")
        environment = {key: os.environ[key] for key in kept if key in os.environ}
        with open(os.path.join(self.root, "log"), "ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, cwd=self.root, env=environment
            )

    def _log(self) -> str:
        with open(os.path.join(self.root, "log"), encoding="utf-8") as file:
            return file.read()

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until this very server takes connections; false if another one has its port."""
        deadline = time.monotonic() + _PATIENCE
        state = os.path.join(self._data, "postmaster.pid")
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return False
            with contextlib.suppress(OSError), open(state, encoding="utf-8") as file:
                if file.read().split()[-1:] == ["ready"]:
                    return True
            time.sleep(0.02)
        return False


def _free_port() -> int:
    """A port that nobody has at this moment; another process may be quicker to take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _group(owner: str) -> str:
    import pwd

    return str(pwd.getpwnam(owner).pw_gid)


def _owner() -> Optional[str]:
    """Whom root becomes for the server; nobody else has to become another."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    known = {one.pw_name for one in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


@contextlib.contextmanager
def running(folder: str) -> Iterator[Server]:
    """A server while it is needed, from the programs in a folder."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
