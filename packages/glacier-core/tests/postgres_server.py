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
from typing import Any, Callable, Dict, List, Optional, Tuple

__all__ = ["PASSWORD", "Server", "programs"]

PASSWORD = "s3cr:t/@?#%"
_PATIENCE = 60.0


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
        self._become, self._environment = _another_user()
        self.root = tempfile.mkdtemp(prefix="glacier-postgres-")
        if self._become is not None:
            shutil.chown(self.root, *_owner())
        self._data = os.path.join(self.root, "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: Optional[subprocess.Popen[bytes]] = None

    def start(self) -> None:
        """Make the database's files and wait until it answers."""
        secret = os.path.join(self.root, "password")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        made = ["--auth=scram-sha-256", "--username=glacier", f"--pwfile={secret}"]
        made += ["--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={self._data}"]
        subprocess.run([self._program("initdb"), *made], check=True, **self._options())
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "America/New_York",  # no session should depend on it
        }
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [self._program("postgres"), "-D", self._data, *told]
        self._process = subprocess.Popen(command, **self._options())
        self._wait()

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

    def _options(self) -> Dict[str, Any]:
        log = open(os.path.join(self.root, "log"), "ab")  # noqa: SIM115  # the server's from here on
        with contextlib.suppress(PermissionError):  # it is the other user's already
            os.chmod(log.name, 0o666)
        options: Dict[str, Any] = {"stdout": log, "stderr": subprocess.STDOUT, "cwd": self.root}
        return {**options, "preexec_fn": self._become, "env": self._environment}

    def _wait(self) -> None:
        """Wait until the server takes connections; that it does not is an error with its log."""
        deadline = time.monotonic() + _PATIENCE
        assert self._process is not None
        check = [self._program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        while subprocess.run(check, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.root, "log"), encoding="utf-8") as file:
                    raise RuntimeError(f"the server does not start:\n{file.read()}")
            time.sleep(0.05)


def _owner() -> Tuple[int, int]:
    import pwd

    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise RuntimeError("there is no user but root for the server")


def _another_user() -> Tuple[Optional[Callable[[], None]], Dict[str, str]]:
    environment = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    if sys.platform == "win32" or os.geteuid() != 0:
        return None, environment
    user, group = _owner()

    def become() -> None:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)

    return become, environment


def started() -> List[Server]:
    """A running server, or an empty list where none is installed."""
    folder = programs()
    if folder is None:
        return []
    server = Server(folder)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return [server]
