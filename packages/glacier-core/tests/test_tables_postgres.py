"""What only a server can do: refuse, be absent, have schemas and many users."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from itertools import count
from typing import Any, Dict, Iterator, List

import pytest

from glacier.core.errors import (
    DatabaseFailed,
    InvalidDatabase,
    MissingTable,
    UnfitTable,
    UnreachableDatabase,
)
from glacier.core.tables import find_version, publish_table, read_table, write_table

psycopg = pytest.importorskip("psycopg")

_numbers = count()


@pytest.fixture
def url(postgres: Any) -> str:
    return str(postgres.url())


@pytest.fixture
def name() -> str:
    return f"s{next(_numbers)}"


def run_sql(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


# --- who may what ---------------------------------------------------------------------------------


def test_a_schema_stands_before_the_dot(url: str) -> None:
    run_sql(url, "CREATE SCHEMA shop")

    written = write_table(url, "shop.orders", [{"n": 1}], run="1")

    assert read_table(url, "shop.orders") == [{"n": 1}]
    assert find_version(url, "shop.orders") == written
    assert find_version(url, "orders") is None
    with pytest.raises(MissingTable, match=r"Did you mean 'shop\.orders'"):
        read_table(url, "shop.order")
    with pytest.raises(DatabaseFailed, match="Create the schema first"):
        write_table(url, "nowhere.orders", [{"n": 1}])
    with pytest.raises(InvalidDatabase, match="it is not a table's name"):
        write_table(url, "a.b.c", [{"n": 1}])
    with pytest.raises(InvalidDatabase, match="63 bytes"):
        write_table(url, "é" * 32, [{"n": 1}])


def test_a_user_who_may_not_is_told_so(url: str, name: str, postgres: Any) -> None:
    write_table(url, name, [{"n": 1}])
    run_sql(url, f"CREATE ROLE {name}_reader LOGIN PASSWORD 'hunter2'")
    reader = postgres.url(user=f"{name}_reader", password="hunter2")

    for use in (
        lambda: read_table(reader, name),
        lambda: write_table(reader, name, [{"n": 2}]),
        lambda: write_table(reader, f"{name}_new", [{"n": 2}]),
    ):
        with pytest.raises(DatabaseFailed, match=r"permission denied for .*Grant it to this user"):
            use()

    run_sql(url, f"GRANT SELECT ON {name} TO {name}_reader")
    assert read_table(reader, name) == [{"n": 1}]


def test_who_may_replace_rows_alone_can_publish(url: str, name: str, postgres: Any) -> None:
    write_table(url, name, [{"n": 1}])
    run_sql(
        url,
        f"CREATE ROLE {name}_writer LOGIN PASSWORD 'x'",
        f"GRANT SELECT, INSERT, DELETE ON {name} TO {name}_writer",
    )
    writer = postgres.url(user=f"{name}_writer", password="x")

    publish_table(f"{writer}#{name}", [{"n": 2}])

    assert read_table(url, name) == [{"n": 2}]


def test_no_message_shows_the_password(url: str, name: str, postgres: Any) -> None:
    secret = "hunter2/#@"
    wrong = postgres.url(password=secret)

    with pytest.raises(UnreachableDatabase) as caught:
        read_table(wrong, name)

    text = "".join(
        traceback.format_exception(type(caught.value), caught.value, caught.value.__traceback__)
    )
    assert "password authentication failed" in text
    assert "hunter2" not in text
    assert "glacier:***@127.0.0.1" in text
    with pytest.raises(UnreachableDatabase, match='invalid connection option "oops"') as found:
        read_table("postgresql://127.0.0.1?oops=1&password=hunter2", name)
    assert "hunter2" not in str(found.value)


def test_a_server_that_is_not_there_is_named(name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        with pytest.raises(UnreachableDatabase, match=f"127.0.0.1:{port}/d.*does the server run"):
            write_table(f"postgresql://u@127.0.0.1:{port}/d", name, [{"n": 1}])


# --- replacing ------------------------------------------------------------------------------------

WRITER = """
import sys, time
from glacier.core.tables import write_table

def rows():
    for number in range(30_000):
        if number == 25_000:
            print("half", flush=True)
            sys.stdin.readline()
        yield {sys.argv[3]: number}

write_table(sys.argv[1], sys.argv[2], rows(), run="2")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it is killed by a signal of POSIX")
@pytest.mark.parametrize("column", ["n", "m"])
@pytest.mark.parametrize("kind", ["postgres", "sqlite", "mariadb"])
def test_a_writer_that_is_killed_half_way_leaves_the_old_table(
    request: pytest.FixtureRequest, tmp_path: Any, name: str, column: str, kind: str
) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    if kind != "sqlite":
        url = request.getfixturevalue(kind).url()
    before = write_table(url, name, [{"n": 1}], run="1")
    others = tables_of_glacier(url, kind)  # other tests may have left some
    command = [sys.executable, "-c", WRITER, url, name, column]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half\n"
        assert read_table(url, name) == [{"n": 1}]
        writer.send_signal(signal.SIGKILL)

    assert read_table(url, name) == [{"n": 1}]
    assert find_version(url, name) == before
    assert write_table(url, name, [{column: 3}], run="3").rows == 1
    assert tables_of_glacier(url, kind) == others


def tables_of_glacier(url: str, kind: str) -> List[str]:
    """The tables beside those that tests have asked for."""
    if kind == "sqlite":
        return []
    names = "SELECT table_name AS name FROM information_schema.tables"
    found: List[Dict[str, str]] = read_table(url, names)
    return sorted(row["name"] for row in found if row["name"].startswith("glacier_"))


def test_a_reader_of_the_old_table_ends_in_peace(url: str, name: str) -> None:
    rows = [{"n": number} for number in range(25_000)]
    write_table(url, name, rows)
    stream = read_table(url, name, wanted=Iterator[dict])
    begun = [next(stream)]

    write_table(url, name, [{"n": -1}])

    assert [*begun, *stream] == rows
    assert read_table(url, name) == [{"n": -1}]


def test_what_depends_on_a_table_of_other_columns_is_named(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])
    run_sql(url, f"CREATE VIEW {name}_view AS SELECT n FROM {name}")

    write_table(url, name, [{"n": 2}])
    assert read_table(url, f"{name}_view") == [{"n": 2}]
    with pytest.raises(DatabaseFailed, match="drop what depends on it first"):
        write_table(url, name, [{"m": 2}])
    assert read_table(url, name) == [{"n": 2}]


def test_a_stream_that_is_not_read_to_its_end_gives_its_connection_back(
    url: str, name: str
) -> None:
    write_table(url, name, [{"n": number} for number in range(25_000)])

    stream = read_table(url, name, wanted=Iterator[dict])
    next(stream)
    stream.close()

    count = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'glacier'"
    assert read_table(url, count) == [{"n": 1}]


def test_types_of_postgres_that_are_not_ours_are_read(url: str) -> None:
    query = (
        "SELECT 'x'::char(3) AS padded, 'y'::varchar(9) AS short, 1.50::numeric(5,2) AS price, "
        "'{1,2}'::int[] AS many, '10.0.0.1'::inet AS host, '{\"a\": 1}'::json AS tags, "
        "1::smallint AS small, NULL::int AS none"
    )
    (row,) = read_table(url, query)

    assert row["padded"] == "x  "
    assert row["short"] == "y"
    assert str(row["price"]) == "1.50"
    assert row["many"] == [1, 2]
    assert row["tags"] == {"a": 1}
    assert row["small"] == 1
    assert row["none"] is None


def test_what_the_server_refuses_of_a_frame_is_named_with_its_row(url: str, name: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    with pytest.raises(UnfitTable, match=r"table .* cannot hold row 1: invalid byte sequence"):
        write_table(url, name, pyarrow.table({"a": ["q", "x\0y"]}))


def test_the_session_of_the_server_does_not_depend_on_its_settings(postgres: Any) -> None:
    assert os.path.isdir(postgres.root)
    assert read_table(postgres.url(), "SELECT current_setting('timezone') AS zone") == [
        {"zone": "UTC"}
    ]
