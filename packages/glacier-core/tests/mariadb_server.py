"""A MariaDB of the tests' own."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import Iterator, List, NamedTuple, Optional
from urllib.parse import quote

from own_server import PASSWORD, PATIENCE, OwnServer

__all__ = ["PASSWORD", "Programs", "Server", "programs", "running"]

_USER = """
CREATE DATABASE shop CHARACTER SET latin1;
CREATE USER glacier@'%' IDENTIFIED BY '{password}';
GRANT ALL ON *.* TO glacier@'%' WITH GRANT OPTION;
"""


class Programs(NamedTuple):
    """What makes a data directory, and what serves it."""

    install: str
    serve: str


def programs() -> Optional[Programs]:
    """The server's programs, ``None`` where they are not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    install = shutil.which("mariadb-install-db", path=path)
    serve = shutil.which("mariadbd", path=path)
    return Programs(install, serve) if install and serve else None


class Server(OwnServer):
    """One running server."""

    def __init__(self, found: Programs) -> None:
        super().__init__("mariadb", user="mysql")
        self._programs = found

    def start(self) -> None:
        """Make the database's files and wait until it answers."""
        data, first = os.path.join(self.root, "data"), os.path.join(self.root, "first.sql")
        with open(first, "w", encoding="utf-8") as file:
            file.write(_USER.format(password=PASSWORD))
        os.chmod(first, 0o644)
        install = [self._programs.install, "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        made = self.started(*install, "--auth-root-authentication-method=normal")
        assert made.wait(PATIENCE) == 0, self.log()
        self.serve(
            lambda: self._serving(data, first),
            lambda: "mariadbd: ready for connections" in self.log(),
        )

    def _serving(self, data: str, first: str) -> List[str]:
        settings = {
            "datadir": data,
            "bind-address": "127.0.0.1",
            "port": str(self.port),
            "socket": os.path.join(self.root, "s"),
            "pid-file": os.path.join(self.root, "pid"),
            "init-file": first,
            "innodb-flush-log-at-trx-commit": "0",
            "innodb-flush-method": "nosync",
            "innodb-buffer-pool-size": "64M",
            "sync-frm": "0",
            # No session should depend on these.
            "default-time-zone": "-05:00",
            "sql-mode": "",
            "transaction-isolation": "READ-COMMITTED",
            "character-set-server": "latin1",
        }
        told = [f"--{key}={value}" for key, value in settings.items()]
        return [self._programs.serve, "--no-defaults", *told]

    def url(self, *, user: str = "glacier", password: str = PASSWORD, name: str = "shop") -> str:
        told = f"{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{name}"
        # PyMySQL would else load all certificates of this machine for each connection.
        return f"mysql+pymysql://{told}?ssl_disabled=true"


@contextlib.contextmanager
def running(found: Programs) -> Iterator[Server]:
    """A server while it is needed."""
    server = Server(found)
    try:
        server.start()
        yield server
    finally:
        server.stop()
