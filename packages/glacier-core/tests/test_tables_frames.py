"""Frames in tables of each kind of database, and back."""

from __future__ import annotations

import datetime
import sys
from decimal import Decimal
from itertools import count
from typing import Any, Dict, Iterator, List

import pytest
from databases import DATABASES, url_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glacier.core.errors import UnfitTable
from glacier.core.tables import read_table, write_table

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

_numbers = count()
UTC = datetime.timezone.utc
COLUMNS: Dict[str, List[Any]] = {
    "whole": [1, None, -(2**63)],
    "real": [0.1, None, -1e300],
    "flag": [True, None, False],
    "text": ["", None, 'zürich\n"x",\\N'],
    "raw": [b"", None, b"\xff\x00"],
    "day": [datetime.date(2024, 1, 31), None, datetime.date(1, 1, 1)],
    "moment": [datetime.datetime(2024, 1, 31, 12, 30, 0, 123456), None, None],
    "wait": [datetime.timedelta(days=-1, microseconds=5), None, datetime.timedelta(0)],
    "clock": [datetime.time(23, 59, 59, 1), None, datetime.time(0)],
    "price": [Decimal("1.50"), None, Decimal("-2.25")],
}


@pytest.fixture(scope="module", params=DATABASES[:3])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database, of each kind in turn."""
    return url_of(request, request.param, tmp_path_factory.mktemp("tables"))


@pytest.fixture
def name() -> str:
    return f"f{next(_numbers)}"


def table() -> Any:
    return pyarrow.table(
        {
            **COLUMNS,
            "instant": pyarrow.array([0, None, 1], pyarrow.timestamp("us", "UTC")),
            "small": pyarrow.array([1, None, -1], pyarrow.int16()),
            "single": pyarrow.array([0.1, None, -1.0], pyarrow.float32()),
        }
    )


# --- each library ---------------------------------------------------------------------------------


def test_an_arrow_table_comes_back_equal(url: str, name: str) -> None:
    version = write_table(url, name, table())

    found = read_table(url, name, kind=version.kind)
    wanted = table()
    if url.startswith("sqlite"):  # which has one size of numbers
        wanted = wanted.set_column(11, "small", wanted["small"].cast(pyarrow.int64()))
    if not url.startswith("postgres"):
        wanted = wanted.set_column(12, "single", wanted["single"].cast(pyarrow.float64()))
    assert found.to_pydict() == wanted.to_pydict()
    assert found.schema.names == wanted.schema.names
    assert {**dict(zip(found.schema.names, found.schema.types))} == {
        **dict(zip(wanted.schema.names, wanted.schema.types))
    }


def test_a_polars_frame_comes_back_equal(url: str, name: str) -> None:
    frame = polars.DataFrame({key: values for key, values in COLUMNS.items() if key != "price"})
    version = write_table(url, name, frame)

    assert read_table(url, name, kind=version.kind).equals(frame)
    assert read_table(url, name, wanted=polars.LazyFrame).collect().equals(frame)


def test_a_pandas_frame_comes_back_equal(url: str, name: str) -> None:
    frame = pandas.DataFrame(
        {
            "whole": [1, 2, -(2**63)],
            "real": [0.5, float("nan"), -1.0],
            "flag": [True, False, True],
            "text": ["", "b", "zürich"],
            "moment": [
                datetime.datetime(2024, 1, 31),
                None,
                datetime.datetime(2024, 2, 1, 10, 0, 0, 1),
            ],
            "maybe": pandas.array([1, None, 3], dtype="Int64"),
        }
    )
    version = write_table(url, name, frame)

    found = read_table(url, name, kind=version.kind).astype({"moment": frame.dtypes["moment"]})
    pandas.testing.assert_frame_equal(found, frame, check_dtype=False)
    assert str(found.dtypes["whole"]) == "int64"
    assert str(found.dtypes["maybe"]) == "Int64"


def test_a_named_index_becomes_a_column(url: str, name: str) -> None:
    frame = pandas.DataFrame({"n": [1, 2]}, index=pandas.Index(["a", "b"], name="key"))

    write_table(url, name, frame)

    assert read_table(url, name) == [{"key": "a", "n": 1}, {"key": "b", "n": 2}]


def test_an_empty_frame_makes_a_table_with_its_columns(url: str, name: str) -> None:
    frame = polars.DataFrame({"n": [], "x": []}, schema={"n": polars.Int64, "x": polars.String})

    version = write_table(url, name, frame)

    assert version.rows == 0
    assert read_table(url, name, wanted=polars.DataFrame).equals(frame)
    assert read_table(url, name, wanted=pandas.DataFrame).columns.tolist() == ["n", "x"]
    assert read_table(url, name, wanted=pyarrow.Table).schema.names == ["n", "x"]
    assert read_table(url, name) == []


VALUES: Dict[str, Any] = {
    "bool": (pyarrow.bool_(), st.booleans()),
    "bytes": (pyarrow.binary(), st.binary(max_size=8)),
    "date": (pyarrow.date32(), st.dates()),
    "datetime": (pyarrow.timestamp("us"), st.datetimes(datetime.datetime(1, 1, 1))),
    "decimal": (
        pyarrow.decimal128(20, 4),
        st.integers(-(10**19), 10**19).map(lambda number: Decimal(number).scaleb(-4)),
    ),
    "float": (pyarrow.float64(), st.floats(allow_nan=False)),
    "int": (pyarrow.int64(), st.integers(-(2**63), 2**63 - 1)),
    "text": (
        pyarrow.string(),
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8),
    ),
    "time": (pyarrow.time64("us"), st.times()),
}


@st.composite
def tables(draw: st.DrawFn) -> Any:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=4))
    rows = draw(st.integers(0, 6))
    columns = {}
    for at, kind in enumerate(kinds):
        form, values = VALUES[kind]
        drawn = draw(st.lists(st.none() | values, min_size=rows, max_size=rows))
        columns[f"{kind} {at}"] = pyarrow.array(drawn, form)
    return pyarrow.table(columns)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=tables())
def test_arrow_tables_come_back_equal(url: str, drawn: Any) -> None:
    try:
        write_table(url, "drawn_frame", drawn)
    except UnfitTable as error:
        assert url.startswith("mysql")  # the others have infinities
        assert "the database has no" in str(error)  # noqa: PT017
        return

    assert read_table(url, "drawn_frame", wanted=pyarrow.Table).equals(drawn)
    assert read_table(url, "drawn_frame") == drawn.to_pylist()


def test_a_nan_of_polars_is_no_missing_value(url: str, name: str) -> None:
    frame = polars.DataFrame({"x": [float("nan"), None, 1.0]})
    if url.startswith("mysql"):
        with pytest.raises(UnfitTable, match="column 'x', row 0: the database has no nan"):
            write_table(url, name, frame)
        return

    write_table(url, name, frame)

    assert read_table(url, name, wanted=polars.DataFrame).equals(frame)


def test_nested_and_categorical_columns(url: str, name: str) -> None:
    found = pyarrow.table(
        {
            "tags": [["a"], None, []],
            "kind": pyarrow.array(["x", "y", "x"]).dictionary_encode(),
            "big": pyarrow.array([2**64 - 1, None, 0], pyarrow.uint64()),
        }
    )
    write_table(url, name, found)

    assert read_table(url, name) == [
        {"tags": ["a"], "kind": "x", "big": Decimal(2**64 - 1)},
        {"tags": None, "kind": "y", "big": None},
        {"tags": [], "kind": "x", "big": Decimal(0)},
    ]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pyarrow.array([1], pyarrow.timestamp("ns")), "its values would change"),
        (pyarrow.array([b"ab"], pyarrow.binary(2)), ""),
        (pyarrow.array([datetime.timedelta(1)], pyarrow.duration("ns")), ""),
    ],
)
def test_what_would_change_is_refused(url: str, name: str, column: Any, reason: str) -> None:
    found = pyarrow.table({"x": column})
    if not reason:
        write_table(url, name, found)
        assert read_table(url, name) == found.to_pylist()
        return
    with pytest.raises(UnfitTable, match=f"column 'x'.*{reason}"):
        write_table(url, name, found)


def test_a_column_of_several_types_is_refused(url: str, name: str) -> None:
    with pytest.raises(UnfitTable, match="column x"):
        write_table(url, name, pandas.DataFrame({"x": [1, "a", object]}))


# --- streams --------------------------------------------------------------------------------------


def test_frames_one_after_another_are_one_table(url: str, name: str) -> None:
    frames = [polars.DataFrame({"n": [number, number + 1]}) for number in (0, 2, 4)]

    version = write_table(url, name, iter(frames))

    assert (version.rows, version.kind) == (6, "iterator")
    for kind in (polars.DataFrame, pandas.DataFrame, pyarrow.Table):
        stream = read_table(url, name, wanted=Iterator[kind])  # type: ignore[valid-type]  # one of these
        found = list(stream)
        assert {type(one) for one in found} == {kind}
        assert sum(map(len, found)) == 6
    assert read_table(url, name)[-1] == {"n": 5}


def test_frames_of_other_columns_are_refused_and_nothing_changes(url: str, name: str) -> None:
    write_table(url, name, [{"n": 1}])
    frames = [polars.DataFrame({"n": [1]}), polars.DataFrame({"m": [1]})]

    with pytest.raises(UnfitTable, match="frame 1: it has the columns m"):
        write_table(url, name, iter(frames))

    assert read_table(url, name) == [{"n": 1}]


def test_frames_of_other_types_are_refused_and_narrower_ones_are_not(url: str, name: str) -> None:
    first = pyarrow.table({"n": pyarrow.array([1], pyarrow.int64()), "x": ["a"]})
    narrow = pyarrow.table({"n": pyarrow.array([2], pyarrow.int8()), "x": pyarrow.nulls(1)})
    texts = pyarrow.table({"n": ["3"], "x": ["a"]})
    parts = pyarrow.table({"n": [3], "x": [1]})

    write_table(url, name, iter([first, narrow]))

    assert read_table(url, name) == [{"n": 1, "x": "a"}, {"n": 2, "x": None}]
    for other, column in ((texts, "n"), (parts, "x")):
        with pytest.raises(
            UnfitTable, match=f"column '{column}' of frame 1: it is .* in the first"
        ):
            write_table(url, name, iter([first, other]))
    assert len(read_table(url, name)) == 2


def test_a_lazy_frame_leaves_no_file_behind(
    url: str, name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    frame = polars.DataFrame({"n": [1, 2, 3]}).lazy().filter(polars.col("n") > 1)

    version = write_table(url, name, frame)

    assert (version.rows, version.kind) == (2, "polars.LazyFrame")
    found = read_table(url, name, kind=version.kind)
    assert found.collect()["n"].to_list() == [2, 3]
    with pytest.raises(UnfitTable, match="column 'n'"):
        write_table(url, name, frame.select(polars.from_epoch("n", time_unit="ns")))
    assert list(tmp_path.iterdir()) == []


def test_a_batch_reader_is_passed_on_batch_by_batch(url: str, name: str) -> None:
    taken: List[int] = []

    def batches() -> Iterator[Any]:
        for number in range(40):
            taken.append(number)
            yield pyarrow.record_batch({"n": list(range(number * 1000, number * 1000 + 1000))})

    schema = pyarrow.schema([("n", pyarrow.int64())])
    write_table(url, name, pyarrow.RecordBatchReader.from_batches(schema, batches()))

    reader = read_table(url, name, wanted=pyarrow.RecordBatchReader)
    assert isinstance(reader, pyarrow.RecordBatchReader)
    assert reader.read_all()["n"].to_pylist() == list(range(40_000))
    assert taken == list(range(40))


@pytest.mark.parametrize("missing", [["pyarrow"], ["pyarrow", "pandas"], ["pyarrow", "polars"]])
def test_without_arrow_frames_pass_as_rows(
    url: str, name: str, missing: List[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in missing:
        monkeypatch.setitem(sys.modules, one, None)
    rows = [{"n": 1, "x": "a", "at": datetime.datetime(2024, 1, 31, 10)}, {"n": 2, "x": None}]
    for library in (polars, pandas):
        if library.__name__ in missing:
            continue
        frame = library.DataFrame(rows)
        write_table(url, name, frame)
        found = read_table(url, name, wanted=type(frame))
        assert found.shape == (2, 3)
        assert read_table(url, name) == [rows[0], {**rows[1], "at": None}]
