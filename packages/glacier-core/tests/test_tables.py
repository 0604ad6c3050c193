"""Records in tables of each kind of database, and back."""

from __future__ import annotations

import datetime
import re
import sys
import threading
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List
from uuid import UUID

import pytest
from databases import DATABASES, run_sql, url_of
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glacier.core.errors import (
    ChangedTable,
    DatabaseFailed,
    InvalidDatabase,
    MissingLibrary,
    MissingTable,
    UnfitTable,
    UnfitTarget,
    UnreachableDatabase,
)
from glacier.core.tables import (
    find_version,
    hash_table,
    publish_table,
    read_table,
    split_address,
    write_table,
)

sqlite3 = pytest.importorskip("sqlite3", reason="a Python without SQLite")

_numbers = count()
UTC = datetime.timezone.utc
PARIS = datetime.timezone(datetime.timedelta(hours=1))
ROWS: List[Dict[str, Any]] = [
    {
        "whole": 2**63 - 1,
        "real": 0.1,
        "flag": True,
        "text": 'zürich\n"x",\\N',
        "raw": b"\x00\xff",
        "day": datetime.date(2024, 2, 29),
        "clock": datetime.time(23, 59, 59, 999999),
        "moment": datetime.datetime(2024, 1, 31, 12, 30, 0, 123456),
        "instant": datetime.datetime(2024, 1, 31, 12, 30, tzinfo=PARIS),
        "wait": datetime.timedelta(days=-1, microseconds=1),
        "price": Decimal("12345678901234567890.10"),
        "key": UUID(int=7),
        "tags": ["a", {"b": None}],
        "void": None,
    },
    {"whole": -(2**63), "real": float("inf"), "flag": False, "text": "", "raw": b""},
    dict.fromkeys(["whole", "real"]),
]


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database, of each kind in turn."""
    return url_of(request, request.param, tmp_path_factory.mktemp("tables"))


@pytest.fixture
def name() -> str:
    return f"t{next(_numbers)}"


def full(rows: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


def is_mariadb(url: str) -> bool:
    """Whether this is the one without NaN and infinities, and whose names have no case."""
    return url.startswith("mysql")


# --- values ---------------------------------------------------------------------------------------


def test_each_type_comes_back_equal(url: str, name: str) -> None:
    rows = ROWS
    if is_mariadb(url):
        with pytest.raises(UnfitTable, match=r"column 'real', row 1: the database has no inf"):
            write_table(url, name, rows)
        rows = [ROWS[0], {**ROWS[1], "real": 5e-324}, ROWS[2]]

    version = write_table(url, name, rows)

    found = read_table(url, name)
    assert found == full(rows)
    assert [type(one) for one in found[0].values()] == [type(one) for one in ROWS[0].values()]
    assert (version.rows, version.kind) == (3, "object")
    assert [column for column, _ in version.columns] == list(ROWS[0])


def test_a_nan_is_a_nan_and_no_missing_value(url: str, name: str) -> None:
    rows = [{"x": float("nan")}, {"x": None}, {"x": 1.0}]
    if is_mariadb(url):
        with pytest.raises(UnfitTable, match=r"column 'x', row 0: the database has no nan"):
            write_table(url, name, rows)
        return
    write_table(url, name, rows)

    assert str(read_table(url, name)) == "[{'x': nan}, {'x': None}, {'x': 1.0}]"


def test_ints_among_floats_and_decimals_are_of_the_wider_kind(url: str, name: str) -> None:
    write_table(url, name, [{"x": 1, "y": Decimal("0.5")}, {"x": 0.5, "y": 2}])

    assert read_table(url, name) == [{"x": 1.0, "y": Decimal("0.5")}, {"x": 0.5, "y": 2}]


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aé\n\"'\\{,\0", max_size=4)
)
VALUES: Dict[str, Any] = {
    "bool": st.booleans(),
    "bytes": st.binary(max_size=20),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "instant": st.datetimes(
        min_value=datetime.datetime(2, 1, 1),
        max_value=datetime.datetime(9998, 1, 1),
        timezones=st.sampled_from([UTC, PARIS]),
    ),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18),
    "float": st.floats(allow_nan=False),
    "int": st.integers(-(2**63), 2**63 - 1),
    "json": st.lists(PLAIN, max_size=3)
    | st.dictionaries(st.text("ab", max_size=2), PLAIN | st.lists(PLAIN, max_size=2), max_size=3),
    "text": st.text(
        st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20
    ),
    "time": st.times(),
    "timedelta": st.timedeltas(),
    "uuid": st.uuids(),
}


@st.composite
def records(draw: st.DrawFn) -> List[Dict[str, Any]]:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    columns = {f"{kind} {at}": st.none() | VALUES[kind] for at, kind in enumerate(kinds)}
    return draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=6))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=records(), streamed=st.booleans())
@example(rows=[{"decimal": Decimal("0.01284268510992318749181829574652826095")}], streamed=False)
def test_records_come_back_equal(url: str, rows: List[Dict[str, Any]], streamed: bool) -> None:
    value = iter(rows) if streamed else rows

    try:
        version = write_table(url, "drawn", value)
    except UnfitTable as error:
        assert not url.startswith(("sqlite", "postgres"))  # the others hold all
        assert re.search("has no -?inf|does not hold all digits", str(error))  # noqa: PT017
        return

    assert read_table(url, "drawn", kind=version.kind) == rows
    assert list(read_table(url, "drawn", wanted=Iterator[dict])) == rows


def test_names_that_a_database_would_take_for_others_are_refused(url: str, name: str) -> None:
    if url.startswith("sqlite"):
        with pytest.raises(UnfitTable, match="column 'a': SQLite does not tell it from 'A'"):
            write_table(url, name, [{"A": 1, "a": 2}])
        return
    if not url.startswith("postgres"):
        with pytest.raises(UnfitTable, match="column 'a': many databases do not tell it from 'A'"):
            write_table(url, name, [{"A": 1, "a": 2}])
        return
    with pytest.raises(UnfitTable, match=f"column '{'c' * 64}': PostgreSQL keeps 63 bytes"):
        write_table(url, name, [{"c" * 64: 1}])
    write_table(url, name, [{"A": 1, "a": 2}])
    assert read_table(url, name) == [{"A": 1, "a": 2}]


@pytest.mark.parametrize(
    ("rows", "place", "reason"),
    [
        ([{"x": 1}, {"x": "a"}], "column 'x'", "it holds int64 in row 0 and text in row 1"),
        ([{"x": 2**63}], "column 'x', row 0", "it has more than 64 bits: make it Decimal"),
        ([{"x": None}, {"x": {1}}], "column 'x', row 1", "it is {1} (a set)"),
        ([{"x": [{"y": b""}]}], "column 'x', row 0", "JSON has no bytes"),
        ([{"x": Decimal("NaN")}], "column 'x', row 0", "NaN is no finite number"),
        ([{"x": 2**53 + 1}, {"x": 0.5}], "column 'x', row 0", "no float is 9007199254740993"),
        ([{"x": datetime.time(1, tzinfo=UTC)}], "column 'x', row 0", "a time"),
        ([{"x": 1}, 3], "row 1", "it is an int and no dict"),
        ([{1: 1}], "a column named 1", "it is no name of a column"),
        ([], "no rows", "without rows no columns are known"),
        ([{}], "no rows", "without rows no columns are known"),
        ({"x": 1}, "the value", "it is a dict"),
    ],
)
def test_what_no_table_holds_is_refused_with_its_place(
    url: str, name: str, rows: Any, place: str, reason: str
) -> None:
    with pytest.raises(UnfitTable) as caught:
        write_table(url, name, rows)

    assert caught.value.place == place
    assert reason in str(caught.value)
    with pytest.raises(MissingTable):
        read_table(url, name)


@pytest.mark.parametrize("text", ["a\ud800", "a\0"])
def test_a_text_that_a_database_does_not_take_is_refused_or_comes_back(
    url: str, name: str, text: str
) -> None:
    rows = [{"n": 1, "x": "b"}, {"n": 2, "x": text}]
    if url.startswith(("sqlite", "mysql")) and text == "a\0":
        write_table(url, name, rows)
        assert read_table(url, name) == rows
        return
    with pytest.raises(UnfitTable, match=r"(column 'x', |hold )row 1|the text 'a\\ud800'|NUL"):
        write_table(url, name, rows)


# --- streams --------------------------------------------------------------------------------------


def test_a_stream_is_taken_and_given_a_few_rows_at_a_time(url: str, name: str) -> None:
    version = write_table(url, name, ({"n": number} for number in range(1, 50_001)))
    assert (version.rows, version.kind) == (50_000, "iterator")

    stream = read_table(url, name, wanted=Iterator[dict])
    assert next(stream) == {"n": 1}
    stream.close()
    assert len(read_table(url, name, kind="iterator")) == 50_000


def test_a_stream_that_fails_leaves_the_table_as_it_was(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}], run="1")
    before = find_version(url, name)

    def rows(broken: Any) -> Iterator[Any]:
        yield from ({"n": number} for number in range(20_000))
        if isinstance(broken, Exception):
            raise broken
        yield broken

    with pytest.raises(ZeroDivisionError):
        write_table(url, name, rows(ZeroDivisionError()), run="2")
    with pytest.raises(UnfitTable, match=r"row 20000: it has the keys \['m'\]"):
        write_table(url, name, rows({"m": 2}), run="2")
    with pytest.raises(UnfitTable, match="column 'n', row 20000: it is 'x'"):
        write_table(url, name, rows({"n": "x"}), run="2")

    assert read_table(url, name) == [{"n": 1}]
    assert find_version(url, name) == before


def test_a_stream_of_nothing_leaves_the_columns(url: str, name: str) -> None:
    with pytest.raises(UnfitTable, match="no such table yet"):
        write_table(url, name, iter([]))
    write_table(url, name, [{"n": 1, "at": datetime.date(2024, 1, 1)}])

    version = write_table(url, name, iter([]))

    assert version.rows == 0
    assert [column for column, _ in version.columns] == ["n", "at"]
    assert read_table(url, name) == []


# --- replacing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [False, True], ids=["same columns", "other columns"])
def test_readers_see_the_table_of_before_until_the_new_one_is_whole(
    url: str, name: str, other: bool
) -> None:
    write_table(url, name, [{"n": 1}])
    during: List[Any] = []

    def rows() -> Iterator[Dict[str, Any]]:
        for number in range(12_000):
            if number in (5, 11_999):
                during.append(read_table(url, name))
            yield {"m" if other else "n": number}

    write_table(url, name, rows())

    assert during == [[{"n": 1}], [{"n": 1}]]
    assert len(read_table(url, name)) == 12_000


def test_writers_of_one_table_come_one_after_another_and_readers_never_see_a_mixture(
    url: str, name: str
) -> None:
    write_table(url, name, [{"n": 0}] * 50)
    ends: List[Any] = []
    done = threading.Event()

    def kept(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            ends.append(error)

    def write(start: int) -> None:
        for number in range(start, start + 8):
            column = "n" if number % 3 else "m"
            write_table(url, name, [{column: number}] * 50, run=f"{number:04}")

    def read() -> None:
        while not done.is_set():
            rows = read_table(url, name)
            assert len(rows) == 50
            assert all(row == rows[0] for row in rows)

    writers = [threading.Thread(target=kept, args=[lambda at=at: write(at)]) for at in (10, 30)]
    reader = threading.Thread(target=kept, args=[read])
    for thread in [reader, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()

    assert ends == []
    newest = find_version(url, name)
    assert newest is not None
    assert newest.run == "0037"
    assert read_table(url, name)[0] == {"n": 37}


def test_a_table_of_the_same_columns_keeps_its_indexes(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])
    index = f"CREATE UNIQUE INDEX {name}_n ON {name} (n)"
    if url.startswith("sqlite"):
        with sqlite3.connect(url[10:].replace("%20", " ")) as connection:
            connection.execute(index)
        connection.close()
    elif url.startswith("postgres"):
        with pytest.importorskip("psycopg").connect(url) as connection:
            connection.execute(index)
    else:
        run_sql(url, index)

    write_table(url, name, [{"n": 2}])

    with pytest.raises(DatabaseFailed, match=r"(?i)unique|duplicate"):
        write_table(url, name, [{"n": 3}, {"n": 3}])
    assert read_table(url, name) == [{"n": 2}]


# --- versions -------------------------------------------------------------------------------------


def test_what_a_run_writes_is_noted_with_its_table(url: str, name: str) -> None:
    assert find_version(url, name) is None

    written = write_table(url, name, [{"n": 1}], run="20260131-a", fingerprint="f1")

    assert find_version(url, name) == written
    assert (written.run, written.fingerprint, written.rows) == ("20260131-a", "f1", 1)
    assert written.created is not None
    assert datetime.datetime.fromisoformat(written.created).tzinfo is not None


def test_the_content_is_told_by_columns_and_rows_alone(url: str, name: str) -> None:
    def content(value: Any) -> str:
        return write_table(url, name, value).content

    rows = [{"n": number, "x": "a\nb"} for number in range(11_000)]
    first = content(rows)

    assert content(iter(rows)) == first
    assert content(rows[:-1]) != first
    assert content([{**row, "x": "a"} for row in rows]) != first
    assert content([{"m": row["n"], "x": row["x"]} for row in rows]) != first
    assert content(rows[::-1]) != first


def test_a_run_that_is_older_or_the_same_leaves_what_is_there(url: str, name: str) -> None:
    newest = write_table(url, name, [{"n": 2}], run="2")

    for run in ("1", "2"):
        assert write_table(url, name, [{"m": 1}], run=run) == newest
    assert read_table(url, name) == [{"n": 2}]
    assert write_table(url, name, [{"n": 3}], run="3").run == "3"


def test_a_table_is_read_as_the_version_that_was_found_or_not_at_all(url: str, name: str) -> None:
    rows = [{"n": number} for number in range(11_000)]
    write_table(url, name, rows, run="1", fingerprint="a")
    version = find_version(url, name)

    stream = read_table(url, name, wanted=Iterator[dict], version=version)
    begun = [next(stream)]
    write_table(url, name, rows, run="2", fingerprint="b")
    assert read_table(url, name, version=version) == rows
    write_table(url, name, [{"n": 1}], run="3")

    assert [*begun, *stream] == rows
    with pytest.raises(ChangedTable, match="no longer holds what run 1 wrote, but that of run 3"):
        read_table(url, name, version=version)
    write_table(url, name, rows)
    with pytest.raises(ChangedTable, match="something of which nothing is noted"):
        read_table(url, name, version=version)


def test_nothing_is_noted_of_a_table_that_no_run_wrote_last(url: str, name: str) -> None:
    write_table(url, name, [{"n": 2}], run="2")

    publish_table(f"{url}#{name}", [{"n": 3}])

    assert find_version(url, name) is None
    assert read_table(url, name) == [{"n": 3}]


def test_the_side_table_is_no_dataset(url: str) -> None:
    with pytest.raises(InvalidDatabase, match="Glacier keeps"):
        write_table(url, "_glacier_versions", [{"n": 1}])


# --- reading --------------------------------------------------------------------------------------


def test_a_query_is_read_with_the_types_of_its_columns(url: str, name: str) -> None:
    day = datetime.date(2024, 1, 1)
    write_table(url, name, [{"n": number, "day": day} for number in range(5)])

    query = f"SELECT n, day FROM {name} WHERE n > 2 ORDER BY n DESC -- the newest;"

    assert read_table(url, query) == [{"n": 4, "day": day}, {"n": 3, "day": day}]
    assert read_table(url, f"select count(*) AS total FROM {name};") == [{"total": 5}]


def test_a_query_can_change_nothing(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])

    for query in (f"DELETE FROM {name}", f"DROP TABLE {name}", f"SELECT 1; DROP TABLE {name}"):
        with pytest.raises((DatabaseFailed, UnfitTable)):
            read_table(url, query)
    assert read_table(url, name) == [{"n": 1}]


def test_two_columns_of_one_name_are_refused_or_renamed(url: str) -> None:
    query = "SELECT 1 AS a, 2 AS a"
    if url.startswith("sqlite"):
        assert read_table(url, query) == [{"a": 1, "a:1": 2}]
        return
    with pytest.raises(UnfitTable, match="column 'a': it is twice"):
        read_table(url, query)


def test_a_table_that_is_missing_is_named_with_the_nearest(url: str) -> None:
    write_table(url, "orders", [{"n": 1}])

    with pytest.raises(MissingTable, match=r"has no table 'ordrs'\. Did you mean 'orders'\?"):
        read_table(url, "ordrs")
    with pytest.raises(MissingTable, match=r"has no table 'ordrs'\. Did you mean 'orders'\?"):
        read_table(url, "SELECT * FROM ordrs")


def test_a_type_that_no_table_gives_is_refused(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])

    with pytest.raises(UnfitTarget, match="Ask for dicts, or for a frame"):
        read_table(url, name, wanted=Path)


def test_names_and_values_are_never_sql(url: str) -> None:
    table, column = "a \"b\" 'c'; --", 'x"; DROP %s {} ?'
    rows = [{column: "'; DROP TABLE x; --"}]

    write_table(url, table, rows, run="1")

    assert read_table(url, table) == rows
    version = find_version(url, table)
    assert version is not None
    assert version.columns[0][0] == column


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///", "it names no file"),
        ("sqlite:///:memory:", "it names no file"),
        ("sqlite://host/x.db", "it names a host"),
        ("mysql:u:hunter2@h/d", "it names no database, but 'mysql'"),
        ("orders.db", "but 'nothing'"),
        ("postgresql://u:hunter2@h:port/d", "it cannot be read as a URL"),
    ],
)
def test_what_names_no_database_is_refused_without_showing_it(url: str, reason: str) -> None:
    with pytest.raises(InvalidDatabase) as caught:
        read_table(url, "orders")

    assert reason in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_address_of_a_table_is_split_at_its_mark() -> None:
    assert split_address("sqlite:///a.db#orders") == ("sqlite:///a.db", "orders")
    query = "SELECT '#' AS x, n % 2 FROM t WHERE a = 'b@c'"
    url = "postgresql://u@h/d?sslmode=require"
    assert split_address(f"{url}#{query}") == (url, query)
    with pytest.raises(InvalidDatabase, match="it names no table"):
        split_address("sqlite:///a.db")
    with pytest.raises(InvalidDatabase, match="must be written %23") as caught:
        split_address("postgresql://u:12#hunter2@h/d#t")
    assert "hunter2" not in str(caught.value)


def test_a_sqlite_file_that_is_missing_or_is_none_is_named(tmp_path: Path) -> None:
    for look in (read_table, hash_table):
        with pytest.raises(MissingTable, match=r"has no table 't'\. There is no such file"):
            look(f"sqlite:///{tmp_path}/none.db", "t")
    with pytest.raises(UnreachableDatabase, match="there is no such file"):
        read_table(f"sqlite:///{tmp_path}/none.db", "SELECT 1 AS n")
    assert find_version(f"sqlite:///{tmp_path}/none.db", "t") is None
    (tmp_path / "text.db").write_text("no database at all, " * 100)
    for use in (
        lambda: read_table(f"sqlite:///{tmp_path}/text.db", "t"),
        lambda: write_table(f"sqlite:///{tmp_path}/text.db", "t", [{"n": 1}]),
        lambda: write_table(f"sqlite:///{tmp_path}/text.db/x.db", "t", [{"n": 1}]),
    ):
        with pytest.raises(UnreachableDatabase, match=r"not a database|folder cannot be made"):
            use()


def test_a_dataset_with_a_dot_is_a_table_of_that_name_in_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/a.db"
    write_table(url, "shop.orders", [{"n": 1}])
    assert read_table(url, "shop.orders") == [{"n": 1}]


def test_without_the_driver_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(MissingLibrary, match=r"pip install 'glacier-pipeline\[sql\]'"):
        read_table("postgresql://h/d", "t")


def test_a_table_of_somebody_else_is_read_by_what_its_columns_declare(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (n INT, at TIMESTAMP, x VARCHAR(9), y, at2 TIMESTAMP)")
    connection.execute("INSERT INTO t VALUES (1, '2024-01-31 10:00:00', 'a', 2.5, 7)")
    connection.commit()
    connection.close()
    url = f"sqlite:///{tmp_path}/a.db"

    found = read_table(url, "SELECT n, at, x, y FROM t")
    assert found == [{"n": 1, "at": datetime.datetime(2024, 1, 31, 10), "x": "a", "y": 2.5}]
    with pytest.raises(UnfitTable, match=r"column 'at2'.*7 is no timestamp, as it is declared"):
        read_table(url, "t")
    assert read_table(url, "SELECT CAST(at2 AS TEXT) AS a FROM t") == [{"a": "7"}]
