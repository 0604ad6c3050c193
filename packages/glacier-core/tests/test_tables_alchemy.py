"""What holds for databases behind SQLAlchemy alone: MariaDB, and those that nobody knows."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
import traceback
from datetime import datetime, timezone
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Iterator

import pytest

from glacier.core.errors import (
    DatabaseFailed,
    GlacierError,
    InvalidDatabase,
    MissingLibrary,
    MissingTable,
    UnfitTable,
    UnreachableDatabase,
)
from glacier.core.tables import (
    find_version,
    hash_table,
    publish_table,
    reach,
    read_table,
    write_table,
)

pytest.importorskip("sqlalchemy")
from databases import run_sql

_numbers = count()


@pytest.fixture
def url(mariadb: Any) -> str:
    return str(mariadb.url())


@pytest.fixture
def name() -> str:
    return f"m{next(_numbers)}"


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "error", "reason"),
    [
        ("msql://u:hunter2@h/d", InvalidDatabase, "no database 'msql'.*Did you mean 'm[sy]s?ql'"),
        ("mysql+oops://u:hunter2@h/d", InvalidDatabase, "no driver 'oops' of mysql"),
        ("redshift://u:hunter2@h/d", MissingLibrary, "pip install sqlalchemy-redshift"),
        ("ibm_db_sa://u:hunter2@h/d", MissingLibrary, "pip install ibm-db-sa"),
        ("mysql+cymysql://u:hunter2@h/d", MissingLibrary, "pip install cymysql"),
        ("mysql://u:hunter2@h/d", MissingLibrary, "MySQLdb.*pip install mysqlclient"),
        ("mysql+pymysql://u:hunter2@h:port/d", InvalidDatabase, "SQLAlchemy does"),
    ],
)
def test_what_sqlalchemy_cannot_open_is_named_without_its_password(
    url: str, error: Any, reason: str
) -> None:
    with pytest.raises(error, match=reason) as caught:
        read_table(url, "orders")

    assert "hunter2" not in whole(caught.value)


def whole(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def test_without_sqlalchemy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    with pytest.raises(MissingLibrary, match=r"pip install 'glacier-pipeline\[sql\]'"):
        read_table("mysql+pymysql://h/d", "t")


def test_nobody_else_imports_sqlalchemy(tmp_path: Path) -> None:
    program = f"""
import sys
from glacier.core.tables import read_table, write_table
from glacier.core.tables.address import address_of

write_table("sqlite:///{tmp_path.as_posix()}/a.db", "t", [{{"n": 1}}], run="1")
read_table("sqlite:///{tmp_path.as_posix()}/a.db", "t")
address_of("mysql+pymysql://h/d")
assert "sqlalchemy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_no_message_shows_a_password(mariadb: Any, name: str) -> None:
    wrong = mariadb.url(password="hunter2/#@")

    with pytest.raises(UnreachableDatabase, match="Access denied") as caught:
        read_table(wrong, name)

    assert "hunter2" not in whole(caught.value)
    assert "mysql+pymysql://glacier:***@127.0.0.1" in str(caught.value)


def test_a_server_is_reached_and_left_as_it_is(url: str, mariadb: Any) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.pool.NullPool)
    before = sqlalchemy.inspect(engine).get_table_names()
    reach(url)
    assert sqlalchemy.inspect(engine).get_table_names() == before
    with pytest.raises(UnreachableDatabase, match="Access denied"):
        reach(mariadb.url(password="wrong"))


def test_a_server_that_is_not_there_is_named(name: str) -> None:
    pytest.importorskip("pymysql")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        with pytest.raises(UnreachableDatabase, match=f"127.0.0.1:{port}/d.*does the server run"):
            write_table(f"mysql+pymysql://u@127.0.0.1:{port}/d", name, [{"n": 1}])


# --- who may what ---------------------------------------------------------------------------------


def test_a_schema_stands_before_the_dot(url: str) -> None:
    run_sql(url, "CREATE DATABASE annex")

    written = write_table(url, "annex.orders", [{"n": 1}], run="1")

    assert read_table(url, "annex.orders") == [{"n": 1}]
    assert find_version(url, "annex.orders") == written
    assert write_table(url, "annex.orders", [{"m": 1}], run="2").run == "2"
    assert find_version(url, "orders") is None
    with pytest.raises(MissingTable, match=r"Did you mean 'annex\.orders'"):
        read_table(url, "annex.order")
    with pytest.raises(DatabaseFailed, match=r"Unknown database 'nowhere'.*Create it first"):
        write_table(url, "nowhere.orders", [{"n": 1}])


def test_a_user_who_may_not_is_told_so_and_one_who_may_replace_rows_can_publish(
    url: str, name: str, mariadb: Any
) -> None:
    write_table(url, name, [{"n": 1}], run="1")
    run_sql(url, f"CREATE USER {name}@'%%' IDENTIFIED BY 'x'", f"GRANT SELECT ON {name} TO {name}")
    user = mariadb.url(user=name, password="x")

    assert read_table(user, name) == [{"n": 1}]
    for use in (
        lambda: write_table(user, name, [{"n": 2}]),
        lambda: write_table(user, f"{name}_new", [{"n": 2}]),
        lambda: read_table(user, "SELECT * FROM _glacier_versions"),
    ):
        with pytest.raises(DatabaseFailed, match=r"denied.*Grant it to this user"):
            use()
    run_sql(url, f"GRANT INSERT, DELETE ON {name} TO {name}")
    publish_table(f"{user}#{name}", [{"n": 2}])
    assert read_table(url, name) == [{"n": 2}]


# --- replacing ------------------------------------------------------------------------------------


def test_a_table_of_other_columns_waits_for_the_readers_of_the_old_one(url: str, name: str) -> None:
    write_table(url, name, [{"n": number} for number in range(12_000)], run="1")
    stream = read_table(url, name, wanted=Iterator[dict])
    first = next(stream)
    writer = threading.Thread(target=write_table, args=[url, name, [{"m": 1}]])
    writer.start()
    waiting = (
        "SELECT count(*) AS n FROM information_schema.processlist WHERE state LIKE '%metadata lock'"
    )
    deadline = time.monotonic() + 60
    while read_table(url, waiting) == [{"n": 0}] and time.monotonic() < deadline:
        time.sleep(0.01)

    assert [first, *stream] == [{"n": number} for number in range(12_000)]
    writer.join()
    assert read_table(url, name) == [{"m": 1}]
    assert find_version(url, name) is None


def test_a_table_that_others_refer_to_is_not_made_anew(url: str, name: str) -> None:
    run_sql(
        url,
        f"CREATE TABLE {name} (n BIGINT PRIMARY KEY)",
        f"CREATE TABLE {name}_child (n BIGINT, FOREIGN KEY (n) REFERENCES {name} (n))",
    )
    write_table(url, name, [{"n": 2}])

    with pytest.raises(DatabaseFailed, match=f"{name}_child refers to it.*drop what depends"):
        write_table(url, name, [{"m": 2}])
    assert read_table(url, name) == [{"n": 2}]


def test_a_table_whose_engine_has_no_transactions_is_made_anew(url: str, name: str) -> None:
    run_sql(url, f"CREATE TABLE {name} (n BIGINT) ENGINE=MyISAM")

    def rows() -> Iterator[Any]:
        yield {"n": 1}
        raise ZeroDivisionError

    run_sql(url, f"INSERT INTO {name} VALUES (7)")
    with pytest.raises(ZeroDivisionError):
        write_table(url, name, rows())
    assert read_table(url, name) == [{"n": 7}]
    write_table(url, name, [{"n": 1}])
    query = f"SELECT engine AS e FROM information_schema.tables WHERE table_name = '{name}'"
    assert read_table(url, query) == [{"e": "InnoDB"}]


def test_a_table_of_somebody_else_stays_where_it_holds_all_values(url: str, name: str) -> None:
    run_sql(
        url,
        f"CREATE TABLE {name} (id BIGINT NOT NULL PRIMARY KEY, x VARCHAR(5), at DATETIME(6))",
        f"CREATE TABLE {name}_short (at DATETIME)",
    )
    moment = datetime(2024, 1, 31, 10, 0, 0, 1)
    publish_table(f"{url}#{name}", [{"id": 1, "x": "a", "at": moment}])
    with pytest.raises(UnfitTable, match="column 'x': Data too long"):
        publish_table(f"{url}#{name}", [{"id": 1, "x": "long" * 9, "at": moment}])
    with pytest.raises(DatabaseFailed, match="Duplicate entry"):
        publish_table(f"{url}#{name}", [{"id": 1, "x": "a", "at": moment}] * 2)
    publish_table(f"{url}#{name}_short", [{"at": moment}])  # made anew, so that nothing is lost

    assert read_table(url, name) == [{"id": 1, "x": "a", "at": moment}]
    assert read_table(url, f"{name}_short") == [{"at": moment}]


def test_numbers_of_a_stream_are_wide_and_none_is_rounded(url: str, name: str) -> None:
    rows = [{"x": Decimal("0.1")}, {"x": Decimal("12345678901234567890.000000001")}]
    write_table(url, name, iter(rows))

    assert read_table(url, name) == rows
    with pytest.raises(UnfitTable, match=r"column 'x', row 0: NUMERIC\(65, 30\) does not hold all"):
        write_table(url, name, iter([{"x": Decimal("1e-31")}]))


# --- reading --------------------------------------------------------------------------------------


def test_types_of_mysql_that_are_not_ours_are_read(url: str, name: str) -> None:
    run_sql(
        url,
        f"CREATE TABLE {name} (a TINYINT, b BIGINT UNSIGNED, c YEAR, d ENUM('x', 'y'), e BIT(3), "
        "f FLOAT, g TIMESTAMP(3) NULL, h CHAR(3), i UUID, j MEDIUMINT, k TIME, l JSON)",
        "SET time_zone = '+00:00'",
        f"INSERT INTO {name} VALUES (1, 18446744073709551615, 2024, 'x', b'101', 0.5, "
        "NULL, 'a', '00000000-0000-0000-0000-000000000007', 3, '-01:00:00', '[1]')",
    )
    query = f"SELECT a, b, c, d, e, f, g, h, j, l FROM {name}"
    wanted = {
        "a": 1,
        "b": 2**64 - 1,
        "c": 2024,
        "d": "x",
        "e": b"\x05",
        "f": 0.5,
        "g": None,
        "h": "a",
        "j": 3,
        "l": "[1]",
    }

    assert read_table(url, query) == [wanted]
    for at in (name, f"SELECT k FROM {name}"):
        with pytest.raises(UnfitTable, match=r"column 'k'.*is no time, as it is declared"):
            read_table(url, at)
    run_sql(url, f"ALTER TABLE {name} DROP COLUMN k")
    found = read_table(url, name)[0]
    assert str(found.pop("i")) == "00000000-0000-0000-0000-000000000007"
    assert found == wanted


def test_a_query_of_mysql_has_columns_for_frames_also_without_rows(url: str, name: str) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    write_table(url, name, [{"n": 1, "p": Decimal("1.50"), "f": True}])
    query = f"SELECT n, p * 2 AS p, f, COUNT(*) AS c FROM {name} GROUP BY n, p, f"

    found = read_table(url, query, wanted=pyarrow.Table)
    assert found.to_pylist() == [{"n": 1, "p": Decimal("3.00"), "f": True, "c": 1}]
    assert read_table(url, f"{query} HAVING n > 1", wanted=pyarrow.Table).schema == found.schema


def test_a_moment_of_a_server_of_another_zone_is_that_moment(url: str, name: str) -> None:
    instant = datetime(2024, 1, 31, 10, tzinfo=timezone.utc)
    write_table(url, name, [{"at": instant}])

    assert read_table(url, name) == [{"at": instant}]
    assert read_table(url, f"SELECT at FROM {name}") == [{"at": instant.replace(tzinfo=None)}]
    query = f"SELECT CAST(UNIX_TIMESTAMP(at) AS SIGNED) AS s FROM {name}"
    assert read_table(url, query) == [{"s": int(instant.timestamp())}]


def test_a_stream_that_is_closed_early_ends_its_query(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])
    endless = f"SELECT a.n FROM {name} AS a, seq_1_to_1000000000 AS s"
    stream = read_table(url, endless, wanted=Iterator[dict])
    assert next(stream) == {"n": 1}

    stream.close()  # which would read on for hours

    query = "SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '%seq_1_to%'"
    deadline = time.monotonic() + 60
    while read_table(url, query)[0]["n"] > 1 and time.monotonic() < deadline:  # it sees itself
        time.sleep(0.01)
    assert read_table(url, query) == [{"n": 1}]


def test_the_hash_of_a_table_does_not_depend_on_the_order_of_its_rows(url: str, name: str) -> None:
    rows = [{"n": 1, "x": "a"}, {"n": 2, "x": "b"}]
    write_table(url, name, rows)
    first = hash_table(url, name)
    write_table(url, name, rows[::-1])

    assert hash_table(url, name) == first
    write_table(url, name, [{"n": 1, "x": "b"}, {"n": 2, "x": "a"}])
    assert hash_table(url, name) != first


# --- databases of which Glacier knows nothing -----------------------------------------------------


@pytest.mark.parametrize("scheme", ["files", "hasty"])
def test_where_tables_are_made_outside_of_transactions_no_reader_sees_half_a_table(
    tmp_path: Path, scheme: str
) -> None:
    url = f"{scheme}:///{tmp_path}/a.db"

    def rows() -> Iterator[Any]:
        yield from ({"n": number} for number in range(100))
        with pytest.raises(MissingTable):
            read_table(url, "t")

    write_table(url, "t", rows(), run="1")

    assert len(read_table(url, "t")) == 100
    version = find_version(url, "t")
    assert version is not None
    assert version.run == "1"
    with pytest.raises(DatabaseFailed, match="Drop it before the run"):
        write_table(url, "t", [{"m": 1}], run="2")
    if scheme == "hasty":
        with pytest.raises(DatabaseFailed, match=r"undoes no rows.*Drop it before the run"):
            write_table(url, "t", [{"n": 1}], run="2")
    else:
        assert write_table(url, "t", [{"n": 1}], run="2").run == "2"
    assert read_table(url, "SELECT name FROM sqlite_master WHERE name LIKE 'glacier_%'") == []


def test_what_a_database_would_give_back_as_something_else_is_refused(tmp_path: Path) -> None:
    url = f"files:///{tmp_path}/a.db"

    with pytest.raises(UnfitTable, match="column 'x': as a json the database makes it a text"):
        write_table(url, "t", [{"x": [1]}])
    with pytest.raises(UnfitTable, match="column 'x': the database gives back other values"):
        write_table(url, "t", [{"x": 1.5}, {"x": float("nan")}])  # SQLite keeps it as a NULL
    with pytest.raises(GlacierError, match=r"not supported|unsupported type"):
        write_table(url, "t", [{"x": Decimal("0.12345678901234567")}])
    with pytest.raises(GlacierError, match="has no table 't'"):
        read_table(url, "t")
