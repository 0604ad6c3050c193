"""Frames and arrays to files and back."""

from __future__ import annotations

import datetime
import decimal
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core.errors import MissingLibrary, UnfitTarget, UnfitValue, UnreadableData
from glacier.core.formats import Written, read_value, write_value

numpy = pytest.importorskip("numpy")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")


class Shelf:
    """A folder for parts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()

    def stage(self, extension: str) -> str:
        return str(self.folder / f"part-{next(self._numbers)}.{extension}")

    @property
    def files(self) -> List[str]:
        return sorted(os.listdir(self.folder))

    def write(self, value: Any, **options: Any) -> Written:
        return write_value(value, self.stage, **options)

    def read(self, written: Written, wanted: Any = None) -> Any:
        return read_value(
            [part.path for part in written.parts],
            format=written.format,
            kind=written.kind,
            mapped=written.mapped,
            wanted=wanted,
        )

    def passed(self, value: Any, wanted: Any = None, **options: Any) -> Any:
        return self.read(self.write(value, **options), wanted)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shared"))


DAY = datetime.date(2024, 1, 31)
MOMENT = datetime.datetime(2024, 1, 31, 12, 30, 0, 123456)
PARIS = datetime.timezone(datetime.timedelta(hours=1))
COLUMNS: Dict[str, List[Any]] = {
    "whole": [1, None, 2**62],
    "real": [0.1, None, -1e300],
    "flag": [True, None, False],
    "text": ["", None, "zürich\n"],
    "raw": [b"", None, b"\xff"],
    "day": [DAY, None, DAY],
    "moment": [MOMENT, None, MOMENT],
    "price": [decimal.Decimal("1.50"), None, decimal.Decimal("-2.25")],
    "tags": [["a"], None, []],
}


def arrow_table() -> Any:
    return pyarrow.table(COLUMNS)


def polars_frame() -> Any:
    return polars.DataFrame(COLUMNS)


def pandas_frame() -> Any:
    return pandas.DataFrame(
        {
            "whole": [1, 2],
            "nullable": pandas.array([1, None], dtype="Int64"),
            "real": [0.1, None],
            "flag": [True, False],
            "text": ["a", "b"],
            "day": [DAY, None],
            "moment": pandas.to_datetime(["2024-01-31 12:30:00.123456", None]),
            "there": pandas.to_datetime(["2024-01-31", None]).tz_localize("Europe/Berlin"),
            "took": pandas.to_timedelta(["1s", None]),
            "size": pandas.Categorical(["m", "s"], categories=["s", "m", "l"], ordered=True),
            "price": [decimal.Decimal("1.5"), None],
            "raw": [b"x", None],
        },
        index=pandas.Index(["x", "y"], name="key"),
    )


# --- round trips ----------------------------------------------------------------------------------


def test_an_arrow_table_comes_back(shelf: Shelf) -> None:
    written = shelf.write(arrow_table())

    assert (written.format, written.kind, written.rows) == ("parquet", "pyarrow.Table", 3)
    assert written.columns is not None
    assert written.columns[0] == ("whole", "int64")
    assert shelf.read(written).equals(arrow_table())


def test_a_record_batch_comes_back(shelf: Shelf) -> None:
    batch = arrow_table().to_batches()[0]

    found = shelf.passed(batch)

    assert isinstance(found, pyarrow.RecordBatch)
    assert found.equals(batch)
    assert shelf.passed(batch.slice(0, 0)).equals(batch.slice(0, 0))


def test_a_polars_frame_comes_back(shelf: Shelf) -> None:
    frame = polars_frame().with_columns(
        polars.col("price").cast(polars.Decimal(38, 2)),
        size=polars.Series(["m", "s", "m"], dtype=polars.Enum(["s", "m"])),
        took=polars.Series([1, None, 3], dtype=polars.Duration("us")),
        pair=polars.Series([{"a": 1}, {"a": None}, None]),
        zoned=polars.Series([MOMENT, None, MOMENT]).dt.replace_time_zone("Europe/Berlin"),
    )

    found = shelf.passed(frame)

    assert found.schema == frame.schema
    assert found.equals(frame, null_equal=True)


def test_a_pandas_frame_comes_back(shelf: Shelf) -> None:
    frame = pandas_frame()

    found = shelf.passed(frame)

    pandas.testing.assert_frame_equal(found, frame, check_freq=False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: pandas.DataFrame(),
        lambda: pandas.DataFrame({"a": []}),
        lambda: pandas.DataFrame([[1, 2], [3, 4]]),
        lambda: pandas.DataFrame({"a": [1, 2, 3]}).iloc[1:],
        lambda: pandas.DataFrame({"a": [1]}, index=pandas.to_datetime(["2024-01-31"])),
        lambda: pandas.DataFrame({"a": [1]}, index=pandas.MultiIndex.from_tuples([("x", 1)])),
    ],
)
def test_pandas_frames_of_many_shapes_come_back(shelf: Shelf, make: Any) -> None:
    pandas.testing.assert_frame_equal(shelf.passed(make()), make(), check_column_type=False)


cells = {
    "int64": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "string": st.text(st.characters(blacklist_categories=["Cs"])),
    "binary": st.binary(),
    "date32": st.dates(),
}


@st.composite
def tables(draw: st.DrawFn) -> Any:
    name = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1)
    names = draw(st.lists(name, min_size=1, max_size=4, unique=True))
    rows = draw(st.integers(0, 5))
    columns = {}
    for name_ in names:
        kind = draw(st.sampled_from(sorted(cells)))
        column = st.lists(st.none() | cells[kind], min_size=rows, max_size=rows)
        columns[name_] = pyarrow.array(draw(column), type=pyarrow.type_for_alias(kind))
    return pyarrow.table(columns)


@given(table=tables())
def test_any_table_comes_back_to_arrow_and_polars(shared: Shelf, table: Any) -> None:
    assert shared.passed(table).equals(table)
    assert shared.passed(table.to_reader(), pyarrow.Table).equals(table)
    frame = polars.from_arrow(table)
    for value in (frame, frame.lazy()):
        assert shared.passed(value, polars.DataFrame).equals(frame, null_equal=True)


@given(table=tables())
def test_a_pandas_frame_comes_back_or_is_refused(shared: Shelf, table: Any) -> None:
    frame = table.to_pandas()
    try:
        found = shared.passed(frame)
    except UnfitValue:
        return
    pandas.testing.assert_frame_equal(found, frame)


@given(table=tables())
def test_csv_gives_back_a_frame_or_refuses_it(shared: Shelf, table: Any) -> None:
    frame = polars.from_arrow(table)
    values = [table, frame, table.to_pandas()]
    for value in values:
        try:
            found = shared.passed(value, format="csv")
        except UnfitValue:
            continue
        assert found.equals(value)


def test_csv_keeps_numbers_text_and_days_of_polars(shelf: Shelf) -> None:
    frame = polars.DataFrame({"n": [1, None], "x": [0.1, 2.0], "t": ["a,b", "c"], "d": [DAY, DAY]})

    assert shelf.passed(frame, format="csv").equals(frame)
    assert shelf.passed(frame.lazy(), format="csv").collect().equals(frame)
    assert shelf.passed(frame, List[Dict[str, str]], format="csv")[0]["t"] == "a,b"


def test_csv_streams_batches(shelf: Shelf) -> None:
    table = pyarrow.table({"n": list(range(1000)), "t": ["x"] * 1000})

    written = shelf.write(table.to_reader(), format="csv")

    assert written.rows == 1000
    assert shelf.read(written).read_all().equals(table)
    assert sum(map(len, shelf.read(written, Iterator[pandas.DataFrame]))) == 1000


arrays = st.sampled_from(["i1", "u8", ">i4", "f4", "f8", "c16", "?", "M8[ns]", "U3", "S2"])


@given(kind=arrays, shape=st.lists(st.integers(0, 3), max_size=3), fortran=st.booleans())
def test_arrays_come_back(shared: Shelf, kind: str, shape: List[int], fortran: bool) -> None:
    array = numpy.ones(shape, dtype="i4").astype(kind, order="F" if fortran else "C")

    written = shared.write(array)
    found = shared.read(written, Optional[numpy.ndarray])

    assert (written.format, found.dtype, found.shape) == ("npy", array.dtype, array.shape)
    assert numpy.array_equal(found, array)
    assert found.flags.f_contiguous == array.flags.f_contiguous


def test_records_come_back_from_parquet(shelf: Shelf) -> None:
    rows = [{"a": 1, "b": "x", "c": DAY, "d": [1]}, {"a": None, "b": "y", "c": DAY, "d": []}]

    assert shelf.passed(rows, format="parquet") == rows
    assert shelf.passed(iter(rows), format="parquet") == rows
    assert list(shelf.passed(iter(rows), Iterator[Dict[str, Any]], format="parquet")) == rows
    assert shelf.passed(rows, polars.DataFrame, format="parquet").height == 2


# --- what would change is refused -----------------------------------------------------------------

UNFIT_FRAMES: Dict[str, Any] = {
    "column 'a', row 0, [1] (a list)": lambda: pandas.DataFrame({"a": [[1], [2]]}),
    "column 'a', of type object: it would come back as float64": lambda: pandas.DataFrame(
        {"a": [1, None]}, dtype=object
    ),
    "column 'a', of type category": lambda: pandas.DataFrame({"a": pandas.Categorical([1, 2])}),
    "the column labels, [0, 'b']": lambda: pandas.DataFrame({0: [1], "b": [2]}),
    "value, a DataFrame": lambda: pandas.DataFrame({"a": ["x", 1]}, dtype=object),
    "column 'o', of type Object": lambda: polars.DataFrame(
        {"o": polars.Series([{1}], dtype=polars.Object)}
    ),
    "column 't', of type timestamp[s]: it would come back as timestamp[ms]": lambda: pyarrow.table(
        {"t": pyarrow.array([1], pyarrow.timestamp("s"))}
    ),
}


@pytest.mark.parametrize("text", UNFIT_FRAMES)
def test_a_frame_that_parquet_would_change_is_refused(shelf: Shelf, text: str) -> None:
    with pytest.raises(UnfitValue) as caught:
        shelf.write(UNFIT_FRAMES[text]())

    assert f"format='parquet' cannot hold {text}" in str(caught.value)
    assert shelf.files == []


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"a": 1}, {"a": 2, "b": 3}], r"value\[1\]\['b'\], 3 \(an int\): all rows need"),
        ([{"a": 1}, {}], r"value\[1\], \{\}: all rows need the columns of the first: a"),
        ([{"a": (1, 2)}], r"value\[0\]\['a'\], \(1, 2\) \(a tuple\): it would come back as \[1"),
        ([{"a": 1}, {"a": "x"}], "value, a list"),
        ([{}, {}], "a table needs columns"),
        ("x", "value, a str: it holds tables"),
    ],
)
def test_records_that_parquet_would_change_are_refused(shelf: Shelf, rows: Any, text: str) -> None:
    with pytest.raises(UnfitValue, match=text):
        shelf.write(rows, format="parquet")
    assert shelf.files == []


def test_what_an_array_file_would_change_is_refused(shelf: Shelf) -> None:
    described = numpy.zeros(1, numpy.dtype("i4", metadata={"unit": "m"}))
    objects = numpy.array([{}], dtype=object)
    for array, text in [(objects, "a ndarray of object"), (described, "the metadata of its type")]:
        with pytest.raises(UnfitValue, match=text):
            shelf.write(array)
    with pytest.raises(UnfitValue, match=r"recarray.*come back as numpy\.ndarray"):
        shelf.write(numpy.zeros(1).view(numpy.recarray))
    with pytest.raises(UnfitValue, match=r"it is no numpy\.ndarray but a list"):
        shelf.write([1], format="npy")
    assert shelf.files == []


@pytest.mark.parametrize(
    ("make", "mend"),
    [
        (lambda: pandas.Series([1]), r"\.to_frame\(\)"),
        (lambda: polars.Series([1]), r"\.to_frame\(\)"),
        (lambda: numpy.float64(1), r"\.item\(\)"),
        (lambda: {"a": numpy.int64(1)}, r"\.item\(\)"),
    ],
)
def test_what_is_nearly_a_value_is_told_how_to_become_one(
    shelf: Shelf, make: Any, mend: str
) -> None:
    with pytest.raises(UnfitValue, match=mend):
        shelf.write(make())


# --- streams --------------------------------------------------------------------------------------


def batches(size: int, number: int) -> Any:
    schema = pyarrow.schema([("n", pyarrow.int64())])

    def made() -> Iterator[Any]:
        for start in range(0, size * number, size):
            array = pyarrow.array(range(start, start + size))
            yield pyarrow.record_batch([array], schema=schema)

    return pyarrow.RecordBatchReader.from_batches(schema, made())


def test_a_reader_of_batches_is_read_while_it_is_written(shelf: Shelf) -> None:
    written = shelf.write(batches(20_000, 40), part_bytes=100_000)

    assert written.kind == "pyarrow.RecordBatchReader"
    assert written.rows == 800_000
    assert len(written.parts) > 3
    stream = shelf.read(written)
    assert isinstance(stream, pyarrow.RecordBatchReader)
    assert stream.read_next_batch()["n"][0].as_py() == 0
    os.unlink(written.parts[1].path)
    with pytest.raises(FileNotFoundError):
        stream.read_all()


def test_all_readers_see_all_parts_of_a_stream(shelf: Shelf) -> None:
    written = shelf.write(batches(20_000, 40), part_bytes=100_000)
    total = sum(range(800_000))

    assert shelf.read(written, pandas.DataFrame)["n"].sum() == total
    assert shelf.read(written, polars.DataFrame)["n"].sum() == total
    assert shelf.read(written, polars.LazyFrame).select("n").sum().collect().item() == total
    assert shelf.read(written, pyarrow.Table).num_rows == 800_000
    assert sum(len(one) for one in shelf.read(written, Iterator[pandas.DataFrame])) == 800_000
    assert next(shelf.read(written, Iterator[Dict[str, int]])) == {"n": 0}


def test_a_reader_without_batches_keeps_its_columns(shelf: Shelf) -> None:
    written = shelf.write(batches(10, 0))

    assert (written.rows, len(written.parts)) == (0, 1)
    assert shelf.read(written).schema.names == ["n"]
    assert shelf.read(written, polars.DataFrame).columns == ["n"]


def test_a_lazy_frame_is_not_collected(shelf: Shelf, tmp_path: Path) -> None:
    frame = polars.DataFrame({"n": range(1000)})
    frame.write_parquet(tmp_path / "source.parquet")
    lazy = polars.scan_parquet(tmp_path / "source.parquet").filter(polars.col("n") < 10)

    written = shelf.write(lazy)

    assert (written.kind, written.rows) == ("polars.LazyFrame", 10)
    found = shelf.read(written)
    assert isinstance(found, polars.LazyFrame)
    assert found.collect()["n"].to_list() == list(range(10))


def test_a_setting_of_the_user_outlives_a_lazy_frame(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "POLARS_ROW_GROUP_PREFETCH_SIZE"
    monkeypatch.delenv(name, raising=False)
    shelf.write(polars.LazyFrame({"n": [1]}))
    assert name not in os.environ
    for told in ("1", "7"):
        monkeypatch.setenv(name, told)
        shelf.write(polars.LazyFrame({"n": [1]}))
        assert os.environ[name] == told


def test_an_iterator_of_frames_is_a_part_each(shelf: Shelf) -> None:
    frames = [pandas.DataFrame({"n": [number]}) for number in range(3)]

    written = shelf.write(iter(frames))

    assert (written.format, written.kind, written.mapped) == ("parquet", "pandas.DataFrame", True)
    for found in (shelf.read(written), list(shelf.read(written, Iterator[pandas.DataFrame]))):
        assert [frame["n"].tolist() for frame in found] == [[0], [1], [2]]
    assert shelf.read(written, pandas.DataFrame)["n"].tolist() == [0, 1, 2]
    assert shelf.read(written, polars.LazyFrame).collect()["n"].to_list() == [0, 1, 2]
    found = shelf.read(written, List[polars.DataFrame])
    assert [frame["n"].to_list() for frame in found] == [[0], [1], [2]]


def test_items_of_two_kinds_of_frames_are_refused(shelf: Shelf) -> None:
    values = [pandas.DataFrame({"n": [1]}), polars.DataFrame({"n": [1]})]

    with pytest.raises(UnfitValue, match="item 1, a DataFrame: the first item is a DataFrame"):
        shelf.write(iter(values))
    assert shelf.files == []


# --- reading otherwise ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["json", "ndjson", "parquet"])
def test_records_may_be_read_as_frames(shelf: Shelf, name: str) -> None:
    written = shelf.write([{"a": 1, "b": None}, {"a": 2, "b": "x"}], format=name)

    assert shelf.read(written, pandas.DataFrame)["a"].tolist() == [1, 2]
    assert shelf.read(written, polars.DataFrame)["b"].to_list() == [None, "x"]
    assert shelf.read(written, polars.LazyFrame).collect().height == 2
    assert shelf.read(written, pyarrow.Table).to_pylist()[1] == {"a": 2, "b": "x"}
    assert shelf.read(written, pyarrow.RecordBatchReader).read_all().num_rows == 2


def test_a_document_that_is_no_table_is_no_frame(shelf: Shelf) -> None:
    with pytest.raises(UnfitTarget, match="Its rows must be objects, and one is an int"):
        shelf.passed([1], pandas.DataFrame)


def test_a_moved_file_may_be_read_by_its_name_or_its_format(shelf: Shelf, tmp_path: Path) -> None:
    for name in (None, "parquet"):
        path = tmp_path / "made.parquet"
        polars.DataFrame({"n": [1]}).write_parquet(path)
        written = shelf.write(path, format=name)
        assert isinstance(shelf.read(written), Path)
        assert shelf.read(written, polars.DataFrame)["n"].to_list() == [1]
    path = tmp_path / "made"
    path.write_bytes(b"")
    with pytest.raises(UnfitTarget, match="declare its format="):
        shelf.passed(path, polars.DataFrame)


def test_a_damaged_file_is_named(shelf: Shelf) -> None:
    path = Path(shelf.write(arrow_table()).parts[0].path)
    path.write_bytes(path.read_bytes()[:-5])
    for wanted in (pyarrow.Table, pyarrow.RecordBatchReader, pandas.DataFrame):
        with pytest.raises(UnreadableData, match=r"part-0\.parquet cannot be read as 'parquet'"):
            read_value([str(path)], format="parquet", wanted=wanted)
    array = Path(shelf.write(numpy.zeros(9)).parts[0].path)
    array.write_bytes(array.read_bytes()[:-5])
    with pytest.raises(UnreadableData, match=r"\.npy cannot be read as 'npy'"):
        read_value([str(array)], format="npy")
    array.write_bytes(b"\x80\x05]\x94.")  # a pickle, which numpy would read where allowed
    with pytest.raises(UnreadableData):
        read_value([str(array)], format="npy")


# --- without a library ----------------------------------------------------------------------------


def test_polars_needs_no_pyarrow(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = polars.DataFrame({"n": [1, 2]})

    written = shelf.write(frame)

    assert shelf.read(written).equals(frame)
    assert shelf.read(written, polars.LazyFrame).collect().equals(frame)
    assert list(shelf.read(written, Iterator[Dict[str, int]])) == [{"n": 1}, {"n": 2}]
    with pytest.raises(MissingLibrary, match="needs pyarrow, which is not installed"):
        shelf.read(written, pandas.DataFrame)


def test_pandas_needs_pyarrow_for_parquet_and_not_for_csv(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    frame = pandas.DataFrame({"n": [1, 2]})

    with pytest.raises(MissingLibrary, match=r"a pandas\.DataFrame needs pyarrow"):
        shelf.write(frame)
    assert shelf.passed(frame, format="csv").equals(frame)


@pytest.mark.parametrize(
    ("missing", "kind"),
    [((), "pandas"), (("pandas",), "polars"), (("pandas", "polars"), "pyarrow")],
)
def test_a_table_of_unknown_kind_is_a_frame_of_what_is_installed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, missing: Any, kind: str
) -> None:
    path = shelf.write(arrow_table()).parts[0].path
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)

    found = read_value([path], format="parquet")

    assert type(found).__module__.partition(".")[0] == kind
