"""Writers that are killed at any moment, while others read."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, List

import pytest

from glacier.core.errors import ChangedTable
from glacier.core.tables import find_version, read_table, write_table

pytest.importorskip("sqlite3", reason="a Python without SQLite")

ROWS, KILLS = 2000, 12
# Each table is of one number, the run's; every third has another column, so it is made anew.
WRITER = f"""
import sys
from glacier.core.tables import find_version, write_table

find_version(sys.argv[1], "t")  # all that has to be imported is
print("begun", flush=True)
for number in range(int(sys.argv[2]), 10**6):
    column = "n" if number % 3 else "m"
    rows = ({{column: number}} for _ in range({ROWS}))
    write_table(sys.argv[1], "t", rows if number % 2 else list(rows), run=f"{{number:08}}")
"""


class Reader(threading.Thread):
    """Reads until it is told to stop, and keeps what it should not have seen."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self.done = threading.Event()
        self.reads = 0
        self.wrong: List[Any] = []

    def run(self) -> None:
        while not self.done.is_set():
            try:
                self._read()
            except ChangedTable:
                continue
            except BaseException as error:
                self.wrong.append(error)
                return

    def _read(self) -> None:
        version = find_version(self._url, "t")
        assert version is not None
        rows = read_table(self._url, "t", version=version)
        assert len(rows) == ROWS
        assert all(row == rows[0] for row in rows)
        assert list(rows[0].values()) == [int(version.run or -1)]
        self.reads += 1


def killed(url: str, latest: int, moment: float) -> int:
    """Kill a writer at some moment, and return the version that there is then."""
    command = [sys.executable, "-c", WRITER, url, str(latest + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"begun\n"
        time.sleep(moment)  # any will do
        writer.kill()
    version = find_version(url, "t")
    assert version is not None
    found = int(version.run or -1)
    assert found >= latest
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="nothing there is killed half-way")
@pytest.mark.parametrize("kind", ["postgres", "sqlite", "mariadb"])
def test_a_killed_writer_leaves_one_whole_version(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    if kind != "sqlite":
        url = request.getfixturevalue(kind).url()
    write_table(url, "t", [{"n": 0}] * ROWS, run=f"{0:08}")
    moments = random.Random(7)
    reader = Reader(url)
    reader.start()
    latest = 0
    try:
        # A writer by way of SQLAlchemy starts and writes more slowly: fewer of them, later killed.
        kills, longest = (KILLS // 3, 1.6) if kind == "mariadb" else (KILLS, 0.4)
        for _ in range(kills):
            latest = killed(url, latest, moments.uniform(0, longest))
    finally:
        reader.done.set()
        reader.join()

    assert reader.wrong == []
    assert reader.reads > 0
    assert latest > 0
