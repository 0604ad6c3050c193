"""A PostgreSQL of the tests' own."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from typing import Iterator, List, Optional
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
        self.serve(self._serving, self._ready)

    def _serving(self) -> List[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "timezone": "America/New_York",  # no session should depend on it
        }
        told = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [self._program("postgres"), "-D", self._data, *told]

    def _ready(self) -> bool:
        """Whether this very server takes connections: another one may have the port."""
        state = os.path.join(self._data, "postmaster.pid")
        with contextlib.suppress(OSError), open(state, encoding="utf-8") as file:
            return file.read().split()[-1:] == ["ready"]
        return False

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
