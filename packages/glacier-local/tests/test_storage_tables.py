"""Datasets that are tables: in SQLite files and on a PostgreSQL, written and read by runs."""

from __future__ import annotations

import socket
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from glacier.core import Database, Dataset, ObjectStorage, Pipeline, RunFailed
from glacier.core.errors import MissingLibrary, UnreachableDatabase
from glacier.core.tables import read_table, write_table
from glacier.local import LocalExecutor

if sys.version_info >= (3, 9):
    from typing import Annotated
else:
    from typing_extensions import Annotated

Rows = List[Dict[str, Any]]
Stream = Iterator[Dict[str, Any]]
_numbers = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: Any, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shop.db"
    return str(request.getfixturevalue("postgres").url())


@pytest.fixture(params=[{}, {"processes": True}], ids=["threads", "processes"])
def executor(request: Any, tmp_path: Path) -> LocalExecutor:
    return LocalExecutor(2, root=tmp_path / ".glacier", history=False, **request.param)


@pytest.fixture
def name() -> str:
    """One that no other test has: the server is shared."""
    return f"runs{next(_numbers)}"


def table(name: str, url: str) -> Dataset:
    return Dataset(name, storage=Database("shop", url=url))


def test_rows_go_in_whole_or_as_a_stream_and_come_out_for_tasks_and_for_later_runs(
    executor: LocalExecutor, url: str, name: str, tmp_path: Path
) -> None:
    made, orders, total = Pipeline("shop"), table(name, url), Dataset("total")
    paid, began = table(f"{name}_paid", url), tmp_path / "began"

    @made.task
    def load() -> Annotated[Rows, orders]:
        return [{"id": number, "price": 2.5 * number} for number in range(4)]

    @made.task
    def pay(rows: Annotated[Stream, orders]) -> Annotated[Stream, paid]:
        began.touch()
        for row in rows:
            yield {**row, "paid": row["id"] > 1}

    @made.task
    def add(rows: Annotated[Rows, paid]) -> total:
        return sum(row["price"] for row in rows if row["paid"])

    assert executor.execute(made)["total"] == 12.5
    assert read_table(url, name)[-1] == {"id": 3, "price": 7.5}
    began.unlink()

    later, found = Pipeline("shop"), Dataset("found")

    @later.task
    def look(rows: Annotated[Rows, paid]) -> found:
        return len(rows)

    assert executor.execute(later)["found"] == 4
    assert not began.exists(), "nothing is made anew"


def test_the_items_of_a_mapped_task_are_one_table(
    executor: LocalExecutor, url: str, name: str
) -> None:
    made, raw, orders = Pipeline("shop"), Dataset("raw"), table(name, url)

    @made.task
    def make() -> raw:
        return [3, 1, 2]

    @made.task
    def each(one: raw.each) -> orders:
        return {"n": one}

    assert executor.execute(made)[name] == [{"n": 3}, {"n": 1}, {"n": 2}]


def test_a_failed_attempt_leaves_the_table_as_it_was(
    executor: LocalExecutor, url: str, name: str, tmp_path: Path
) -> None:
    write_table(url, name, [{"n": 0}])
    made, orders = Pipeline("shop"), table(name, url)

    @made.task
    def make() -> Annotated[Stream, orders]:
        yield {"n": 1}
        if not (tmp_path / "mended").exists():
            raise ValueError("in the middle")

    with pytest.raises(RunFailed, match="in the middle"):
        executor.execute(made)
    assert read_table(url, name) == [{"n": 0}]
    (tmp_path / "mended").touch()
    executor.execute(made)
    assert read_table(url, name) == [{"n": 1}]


def test_an_unchanged_table_is_not_written_again_and_one_that_others_changed_is(
    executor: LocalExecutor, url: str, name: str, tmp_path: Path
) -> None:
    orders, out = table(name, url), Dataset("out", storage=ObjectStorage("lake"))
    log = tmp_path / "log"
    log.touch()
    made = Pipeline("shop")

    @made.task(cache=True, version="1")
    def load() -> orders:
        with log.open("a") as file:
            file.write("load ")
        return [{"n": 1}]

    @made.task(cache=True)
    def add(rows: orders) -> out:
        with log.open("a") as file:
            file.write("add ")
        return sum(row["n"] for row in rows)

    for _ in range(2):
        assert executor.execute(made)["out"] == 1
        assert log.read_text() == "load add "


def test_what_is_published_to_a_table_is_there_for_others(
    executor: LocalExecutor, url: str, name: str
) -> None:
    made = Pipeline("shop")
    report = Dataset("report", storage=ObjectStorage("lake"), publish=f"{url}#{name}")

    @made.task
    def make() -> report:
        return [{"day": "2026-01-31", "orders": 3}]

    executor.execute(made)
    assert read_table(url, name) == [{"day": "2026-01-31", "orders": 3}]


# --- what is wrong is told before the run ---------------------------------------------------------


@pytest.fixture(params=["kept", "published"])
def writing(request: Any, tmp_path: Path) -> Any:
    """A pipeline whose last task writes to a database at a URL."""

    def pipeline(url: str) -> Pipeline:
        made, raw = Pipeline("shop"), Dataset("raw")
        out = table("orders", url)
        if request.param == "published":
            out = Dataset("orders", storage=ObjectStorage("lake"), publish=f"{url}#orders")

        @made.task
        def make() -> raw:
            (tmp_path / "began").touch()
            return [{"n": 1}]

        @made.task
        def write(rows: raw) -> out:
            return rows

        return made

    return pipeline


def test_a_server_that_is_not_there_stops_the_run_before_it_begins(
    executor: LocalExecutor, writing: Any, tmp_path: Path
) -> None:
    pytest.importorskip("psycopg")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"postgresql://u:hunter2@127.0.0.1:{taken.getsockname()[1]}/d"
        with pytest.raises(UnreachableDatabase, match="does the server run") as caught:
            executor.execute(writing(url))
    assert "hunter2" not in str(caught.value)
    assert not (tmp_path / "began").exists()


def test_a_missing_driver_stops_the_run_before_it_begins(
    executor: LocalExecutor, writing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'glacier-pipeline\[sql\]'"):
        executor.execute(writing("postgresql://h/d"))
    assert not (tmp_path / "began").exists()


def test_a_file_that_is_no_database_stops_the_run_before_it_begins(
    executor: LocalExecutor, writing: Any, tmp_path: Path
) -> None:
    (tmp_path / "shop.db").write_bytes(b"something else, and more than a hundred bytes of it" * 9)
    with pytest.raises(UnreachableDatabase, match="not a database"):
        executor.execute(writing(f"sqlite:///{tmp_path}/shop.db"))
    assert not (tmp_path / "began").exists()


def test_trying_a_database_makes_none(executor: LocalExecutor, tmp_path: Path) -> None:
    made, orders = Pipeline("shop"), table("orders", f"sqlite:///{tmp_path}/folder/shop.db")

    @made.task
    def fail() -> orders:
        raise ValueError("at once")

    with pytest.raises(RunFailed, match="at once"):
        executor.execute(made)
    assert not (tmp_path / "folder").exists()


def test_a_dataset_that_is_given_is_written_nowhere(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    made, total = Pipeline("shop"), Dataset("total")
    orders = table("orders", "postgresql://127.0.0.1:1/absent")

    @made.task
    def make() -> orders:
        return [{"n": 1}]

    @made.task
    def add(rows: orders) -> total:
        return sum(row["n"] for row in rows)

    assert executor.execute(made, inputs={"orders": [{"n": 5}]})["total"] == 5


def test_the_driver_of_sqlite_shows_the_tables_with_no_help_of_ours(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    made, orders = Pipeline("shop"), table("orders", f"sqlite:///{tmp_path}/shop.db")

    @made.task
    def make() -> orders:
        return [{"n": 1, "name": "ä"}]

    executor.execute(made)
    connection = sqlite3.connect(str(tmp_path / "shop.db"))
    assert connection.execute("SELECT n, name FROM orders").fetchall() == [(1, "ä")]
    connection.close()
