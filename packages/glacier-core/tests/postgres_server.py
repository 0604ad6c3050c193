"""A PostgreSQL of the tests' own."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import subprocess
from typing import Iterator, Optional
from urllib.parse import quote

from own_server import PASSWORD, PATIENCE, OwnServer

__all__ = ["PASSWORD", "Server", "programs", "running"]


def programs() -> Optional[str]:
    """The folder of the server's programs, ``None`` where none is installed."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    found = shutil.which("initdb")
    folders += [os.path.dirname(os.path.realpath(found))] if found else []
    return next((one for one in folders if os.path.exists(os.path.join(one, "postgres"))), None)


class Server(OwnServer):
    """One running server."""

    def __init__(self, folder: str) -> None:
        super().__init__("postgres", user="postgres")
        self._programs = folder
        self._data = os.path.join(self.root, "data")

    def start(self) -> None:
        """Make the database's files and wait until it answers."""
        secret = os.path.join(self.root, "password")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(PASSWORD)
        os.chmod(secret, 0o644)
        made = ["--auth=scram-sha-256", "--username=glacier", f"--pwfile={secret}"]
        made += ["--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={self._data}"]
        assert self.started(self._program("initdb"), *made).wait(PATIENCE) == 0, self.log()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "America/New_York",  # no session should depend on it
        }
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._process = self.started(self._program("postgres"), "-D", self._data, *told)
        check = [self._program("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port), "-q"]
        self.wait(lambda: subprocess.run(check, check=False).returncode == 0)

    def url(
        self, *, user: str = "glacier", password: str = PASSWORD, name: str = "postgres"
    ) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"

    def _program(self, name: str) -> str:
        return os.path.join(self._programs, name)


@contextlib.contextmanager
def running(folder: str) -> Iterator[Server]:
    """A server while it is needed, from the programs in a folder."""
    server = Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
