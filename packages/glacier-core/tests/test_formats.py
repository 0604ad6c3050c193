"""Values to files and back, with the standard library alone."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import sys
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum
from itertools import count
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glacier.core.errors import (
    FormatError,
    MissingLibrary,
    PickleRefused,
    UnfitTarget,
    UnfitValue,
    UnknownFormat,
    UnreadableData,
)
from glacier.core.formats import Written, format_for, format_named, read_value, write_value
from glacier.core.libraries import installed, library


class Shelf:
    """A folder for parts, and what is in it."""

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

    def read(self, written: Written, **options: Any) -> Any:
        return read_value(
            [part.path for part in written.parts],
            format=written.format,
            kind=written.kind,
            mapped=written.mapped,
            **options,
        )

    def passed(self, value: Any, *, wanted: Any = None, **options: Any) -> Any:
        declared = options.get("format")
        return self.read(self.write(value, **options), wanted=wanted, declared=declared)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "shelf").mkdir()
    return Shelf(tmp_path / "shelf")


# One for all examples of a property, which only ever add files to it.
@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shared"))


# --- which format ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("x", "text"),
        (b"x", "bytes"),
        ([1], "json"),
        ({"a": 1}, "json"),
        (None, "json"),
        (3.5, "json"),
        (Path("x"), "file"),
        (iter([1]), "ndjson"),
    ],
)
def test_the_type_of_a_value_chooses_its_format(value: Any, name: str) -> None:
    assert format_for(value).name == name
    assert format_for(value, "pickle").name == "pickle"


def test_an_unknown_format_names_the_nearest_and_all() -> None:
    with pytest.raises(UnknownFormat, match=r"format='parket' is no format.*'parquet'"):
        format_named("parket")
    with pytest.raises(UnknownFormat, match="format=3 is no format"):
        format_named(3)
    assert format_named("jsonl") is format_named("ndjson")


# --- json -----------------------------------------------------------------------------------------

texts = st.text(st.characters(blacklist_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=30
)


def same(one: Any, other: Any) -> bool:
    """Equal in value, type and order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return bool(one == other) and repr(one) == repr(other)  # -0.0 is not 0.0


@given(value=documents)
def test_json_gives_back_what_it_took(shared: Shelf, value: Any) -> None:
    written = shared.write(value, format="json")

    assert same(shared.read(written), value)
    assert Path(written.parts[0].path).read_text(encoding="utf-8") == json.dumps(
        value, ensure_ascii=False, separators=(",", ":")
    )


class Colour(IntEnum):
    RED = 1


class Point(NamedTuple):
    x: int


class Text(str):
    pass


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError


ringed: List[Any] = []
ringed.append({"a": ringed})
deep: List[Any] = []
for _ in range(600):
    deep = [deep]

UNFIT = {
    "a tuple": ([1, (2, 3)], "value[1]", "(2, 3) (a tuple): it would come back as a list"),
    "a named tuple": ([Point(1)], "value[0]", "it would come back as a list"),
    "a set": ({"a": {1}}, "value['a']", "JSON has no sets"),
    "a date": ([datetime.date(2024, 1, 31)], "value[0]", "isoformat"),
    "a moment": ([datetime.datetime(2024, 1, 31)], "value[0]", "isoformat"),
    "a decimal": ({"a": [Decimal(1)]}, "value['a'][0]", "JSON would make it a float"),
    "bytes": ([b"x"], "value[0]", "JSON has no bytes"),
    "nan": ([{"a": float("nan")}], "value[0]['a']", "JSON has no such number"),
    "infinity": (float("-inf"), "value", "JSON has no such number"),
    "a key": ({"a": {1: 2}}, "value['a']", "its key 1 (an int) is no text"),
    "no key": ({None: 2}, "value", "its key None (a NoneType) is no text"),
    "an enum": ([Colour.RED], "value[0]", "it would come back as a plain int"),
    "a subclass": ({"a": Text("x")}, "value['a']", "it would come back as a plain str"),
    "an ordered dict": (OrderedDict(a=1), "value", "it would come back as a plain dict"),
    "a surrogate": (["\udc80"], "value[0]", "a lone surrogate"),
    "a key of surrogates": ({"\udc80": 1}, "value's key", "a lone surrogate"),
    "a ring": (ringed, "value[0]['a'][0]", "or contains itself"),
    "depth": (deep, "value[0][0][0]", "500 levels deep"),
    "an object": ([Odd()], "value[0]", "JSON has no such value"),
    "a function": (len, "value", "JSON has no such value"),
    "far in a list": ([0] * 25_000 + [{1}], "value[25000]", "JSON has no sets"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_a_value_that_json_would_change_is_refused_with_its_place(shelf: Shelf, what: str) -> None:
    value, place, reason = UNFIT[what]

    with pytest.raises(UnfitValue) as caught:
        shelf.write(value, format="json")

    text = str(caught.value)
    assert text.startswith(f"format='json' cannot hold {place}")
    assert reason in text
    assert "format='pickle'" in text
    assert len(text) < 500
    assert shelf.files == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="older Pythons have no limit, or may not")
def test_a_number_of_more_digits_than_python_reads_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UnfitValue, match="so many digits"):
        shelf.write([1 << 20_000])


def test_a_long_list_is_written_as_one_document(shelf: Shelf) -> None:
    value = [{"n": number} for number in range(25_000)]

    written = shelf.write(value)

    assert written.rows == 25_000
    assert len(written.parts) == 1
    assert json.loads(Path(written.parts[0].path).read_bytes()) == value
    assert shelf.read(written) == value


def test_a_damaged_document_names_its_file(shelf: Shelf) -> None:
    path = Path(shelf.stage("json"))
    path.write_text("[1, 2", encoding="utf-8")
    with pytest.raises(UnreadableData, match=r"part-0\.json cannot be read as 'json'.*damaged"):
        read_value([str(path)], format="json")
    path.write_text('{"a": 1}\n{"a": 2}\n', encoding="utf-8")
    with pytest.raises(UnreadableData, match="it is format='ndjson'"):
        read_value([str(path)], format="json")


@pytest.mark.skipif(sys.platform == "emscripten", reason="WebAssembly's stack ends the process")
def test_a_document_that_is_too_deep_is_damaged(shelf: Shelf) -> None:
    path = Path(shelf.stage("json"))
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(UnreadableData):
        read_value([str(path)], format="json")


# --- text, bytes ----------------------------------------------------------------------------------


@given(value=texts)
def test_text_comes_back_with_its_line_ends(shared: Shelf, value: str) -> None:
    assert shared.passed(value) == value


@given(value=st.binary())
def test_bytes_come_back(shared: Shelf, value: bytes) -> None:
    assert shared.passed(value) == value


def test_what_is_no_text_is_refused(shelf: Shelf) -> None:
    with pytest.raises(UnfitValue, match=r"value\[1\], the character '\\udc80'"):
        shelf.write("a\udc80")
    with pytest.raises(UnfitValue, match="value, a list: it holds str alone"):
        shelf.write(["a"], format="text")
    with pytest.raises(UnfitValue, match="it holds bytes alone"):
        shelf.write("a", format="bytes")
    written = shelf.write(b"\xff")
    with pytest.raises(UnreadableData, match="byte 0 is no UTF-8"):
        shelf.read(written._replace(format="text", kind="str"))
    assert len(shelf.files) == 1


# --- streams --------------------------------------------------------------------------------------


def test_an_iterator_is_written_part_by_part_and_read_as_it_is_asked_for(shelf: Shelf) -> None:
    made: List[int] = []

    def numbers() -> Iterator[Dict[str, int]]:
        for number in range(1000):
            made.append(number)
            yield {"n": number}

    written = shelf.write(numbers(), part_bytes=1000)

    assert written.format == "ndjson"
    assert written.kind == "iterator"
    assert written.rows == 1000
    assert len(written.parts) > 5
    assert sum(part.rows or 0 for part in written.parts) == 1000
    stream = shelf.read(written, wanted=Iterator[Dict[str, int]])
    assert next(stream) == {"n": 0}
    os.unlink(written.parts[1].path)  # it was not opened yet
    with pytest.raises(FileNotFoundError):
        list(stream)


def test_an_iterator_is_a_list_for_a_reader_who_asks_for_none(shelf: Shelf) -> None:
    written = shelf.write(iter([1, "a", None, {"b": []}]))

    assert shelf.read(written) == [1, "a", None, {"b": []}]
    assert shelf.read(written, wanted=List[int]) == [1, "a", None, {"b": []}]


@given(items=st.lists(documents), size=st.integers(0, 200))
def test_streams_of_any_items_come_back(shared: Shelf, items: List[Any], size: int) -> None:
    assert same(shared.passed(iter(items), format="json", part_bytes=size), items)


def test_an_empty_iterator_is_no_part_and_no_item(shelf: Shelf) -> None:
    for name in (None, "json", "pickle", "parquet", "text"):
        written = shelf.write(iter([]), format=name)
        assert written.parts == ()
        assert shelf.read(written, declared=name) == []
        assert list(shelf.read(written, declared=name, wanted=Iterator[int])) == []


def test_an_item_that_is_unfit_is_named_by_its_number(shelf: Shelf) -> None:
    with pytest.raises(UnfitValue, match=r"format='ndjson' cannot hold value\[2\]\['a'\], \{1\}"):
        shelf.write(iter([1, 2, {"a": {1}}]), part_bytes=1)
    assert shelf.files == []


def test_what_a_stream_raises_passes_through_and_leaves_nothing(shelf: Shelf) -> None:
    def broken() -> Iterator[int]:
        yield from range(100)
        raise ConnectionError("the shop is down")

    with pytest.raises(ConnectionError, match="the shop is down"):
        shelf.write(broken(), part_bytes=10)
    assert shelf.files == []


def test_large_items_are_a_part_each(shelf: Shelf) -> None:
    written = shelf.write(iter([b"one", b"two"]))

    assert written.mapped
    assert [part.path[-4:] for part in written.parts] == [".bin", ".bin"]
    assert shelf.read(written) == [b"one", b"two"]
    assert list(shelf.read(written, wanted=Iterator[bytes])) == [b"one", b"two"]


# --- mapped ---------------------------------------------------------------------------------------


def test_the_items_of_a_mapped_value_are_a_part_each(shelf: Shelf) -> None:
    written = shelf.write([1, "a", None, [2]], mapped=True)

    assert [part.path[-5:] for part in written.parts] == [".json"] * 4
    assert written.rows == 4
    assert shelf.read(written) == [1, "a", None, [2]]
    one = written._replace(parts=written.parts[3:], mapped=False)
    assert shelf.read(one) == [2]


def test_a_mapped_value_may_have_no_items(shelf: Shelf) -> None:
    written = shelf.write([], mapped=True)

    assert written.parts == ()
    assert shelf.read(written) == []


def test_items_of_two_kinds_need_a_format_for_both(shelf: Shelf) -> None:
    with pytest.raises(UnfitValue, match="item 1, a bytes: the first item is a str"):
        shelf.write(["a", b"x"], mapped=True)
    assert shelf.passed(["a", b"x"], mapped=True, format="pickle") == ["a", b"x"]


# --- pickle ---------------------------------------------------------------------------------------


def test_a_pickle_is_read_only_where_the_dataset_asks_for_one(shelf: Shelf) -> None:
    written = shelf.write({1, 2}, format="pickle")

    assert shelf.read(written, declared="pickle") == {1, 2}
    for declared in (None, "json"):
        with pytest.raises(PickleRefused, match=r"part-0\.pickle is a pickle"):
            shelf.read(written, declared=declared)
    with pytest.raises(PickleRefused):
        shelf.read(written, wanted=Iterator[int])
    with pytest.raises(UnreadableData):  # nor by another name
        shelf.read(written._replace(format="json"))


def test_a_planted_pickle_runs_nothing(shelf: Shelf, tmp_path: Path) -> None:
    planted = shelf.stage("pickle")
    marker = tmp_path / "ran"
    Path(planted).write_bytes(b"cposix\nmkdir\n(V" + str(marker).encode() + b"\ntR.")

    with pytest.raises(PickleRefused):
        read_value([planted], format="pickle")

    assert not marker.exists()


def test_streams_of_pickles_come_back(shelf: Shelf) -> None:
    items = [{number} for number in range(50)]

    written = shelf.write(iter(items), format="pickle", part_bytes=100)

    assert len(written.parts) > 2
    assert shelf.read(written, declared="pickle") == items
    assert list(shelf.read(written, declared="pickle", wanted=Iterator[Any])) == items


def test_what_cannot_be_pickled_or_read_is_named(shelf: Shelf) -> None:
    with pytest.raises(UnfitValue, match="format='pickle' cannot hold value, a function"):
        shelf.write(lambda: 1, format="pickle")
    damaged = shelf.stage("pickle")
    Path(damaged).write_bytes(b"\x80\x05cno_such_module\nName\n.")
    with pytest.raises(UnreadableData, match="no_such_module"):
        read_value([damaged], format="pickle", declared="pickle")


# --- files ----------------------------------------------------------------------------------------


def test_a_path_is_moved_in_and_read_as_a_path(shelf: Shelf, tmp_path: Path) -> None:
    made = tmp_path / "orders.tar.gz"
    made.write_bytes(b"123")

    written = shelf.write(made)

    assert written.format == "file"
    assert written.parts[0].path.endswith(".tar.gz")
    assert not made.exists()
    for wanted in (None, Path, Optional[Path]):
        found = shelf.read(written, wanted=wanted)
        assert isinstance(found, Path)
        assert found.read_bytes() == b"123"


def test_a_file_outside_the_scratch_folder_is_copied(shelf: Shelf, tmp_path: Path) -> None:
    scratch, outside = tmp_path / "scratch", tmp_path / "mine.txt"
    scratch.mkdir()
    outside.write_text("mine", encoding="utf-8")
    inside = scratch / "made"
    inside.write_text("made", encoding="utf-8")

    assert shelf.passed(outside, scratch=str(scratch)).read_text(encoding="utf-8") == "mine"
    assert shelf.passed(inside, scratch=str(scratch)).read_text(encoding="utf-8") == "made"
    assert outside.exists()
    assert not inside.exists()


def test_files_may_come_one_after_another(shelf: Shelf, tmp_path: Path) -> None:
    def make() -> Iterator[Path]:
        for number in range(3):
            path = tmp_path / f"{number}.txt"
            path.write_text(str(number), encoding="utf-8")
            yield path

    written = shelf.write(make())

    found = shelf.read(written, wanted=Iterator[Path])
    assert [path.read_text(encoding="utf-8") for path in found] == ["0", "1", "2"]
    with pytest.raises(UnfitTarget, match=r"It has 3 files: annotate with Iterator\[Path\]"):
        shelf.read(written, wanted=Path)


def test_a_path_that_is_no_file_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(UnfitValue, match="there is no such file"):
        shelf.write(tmp_path / "absent")
    with pytest.raises(UnfitValue, match="it is a folder"):
        shelf.write(tmp_path)
    with pytest.raises(UnfitValue, match="it holds files"):
        shelf.write("text", format="file")


# --- csv without frames ---------------------------------------------------------------------------

names = st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1), min_size=1)
fields = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@given(data=st.data(), keys=names, size=st.integers(0, 100))
def test_records_of_text_come_back_from_csv(
    shared: Shelf, data: st.DataObject, keys: List[str], size: int
) -> None:
    row = st.fixed_dictionaries(dict.fromkeys(keys, fields))
    drawn = data.draw(st.lists(row, min_size=1, max_size=5))
    rows = [{key: row[key] for key in keys} for row in drawn]

    written = shared.write(rows, format="csv", part_bytes=size)

    assert shared.read(written, wanted=List[Dict[str, str]]) == rows
    assert list(shared.read(written, wanted=Iterator[Dict[str, str]])) == rows


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([{"a": 1}], r"value\[0\]\['a'\], '1' \(an int\): all is text in CSV"),
        ([{"a": "1"}, {"b": "1"}], r"value\[1\], .*the same keys in the same order, here \['a'\]"),
        ([], "a list of no rows"),
        ({"a": "1"}, "value, a dict"),
    ],
)
def test_what_csv_would_change_is_refused(shelf: Shelf, rows: Any, text: str) -> None:
    with pytest.raises(UnfitValue, match=text):
        shelf.write(rows, format="csv")


def test_a_broken_line_is_named(shelf: Shelf) -> None:
    path = shelf.stage("csv")
    Path(path).write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")

    with pytest.raises(UnreadableData, match=r"line 3, cannot be read.*3 fields under 2 names"):
        list(read_value([path], format="csv", wanted=Iterator[Dict[str, str]]))


# --- compressed files of others -------------------------------------------------------------------


def packed(shelf: Shelf, name: str, text: str) -> str:
    path = str(shelf.folder / name)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text)
    return path


def test_compressed_files_are_read(shelf: Shelf) -> None:
    rows = [{"a": "1"}, {"a": "2"}]

    array = packed(shelf, "a.json.gz", json.dumps(rows))
    lines = packed(shelf, "a.ndjson.gz", '{"a": "1"}\n\n{"a": "2"}\n')
    sheet = packed(shelf, "a.csv.gz", "a\n1\n2\n")

    assert read_value([array], format="json") == rows
    assert read_value([lines], format="ndjson") == rows
    assert read_value([lines, lines], format="jsonl") == rows + rows
    stream: Callable[..., Any] = read_value
    assert list(stream([sheet], format="csv", wanted=Iterator[Dict[str, str]])) == rows


@pytest.mark.parametrize("damage", [lambda data: data[:-12], lambda data: b"no gzip"])
def test_a_damaged_archive_is_named(shelf: Shelf, damage: Callable[[bytes], bytes]) -> None:
    path = Path(packed(shelf, "a.json.gz", json.dumps(list(range(1000)))))
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(UnreadableData, match=r"a\.json\.gz cannot be read as 'json'"):
        read_value([str(path)], format="json")


def test_a_broken_line_of_json_is_named(shelf: Shelf) -> None:
    path = packed(shelf, "a.ndjson.gz", '{"a": 1}\n{"a": \n')

    with pytest.raises(UnreadableData, match=r"a\.ndjson\.gz, line 2, cannot be read"):
        read_value([path], format="ndjson")


# --- what cannot be had ---------------------------------------------------------------------------


def test_a_format_gives_only_what_it_holds(shelf: Shelf) -> None:
    with pytest.raises(UnfitTarget, match=r"format 'text' cannot be read as pandas\.DataFrame"):
        read_value([shelf.write("x").parts[0].path], format="text", wanted=frame_type("pandas"))


def frame_type(package: str) -> Any:
    """A type that looks like the frame of a library which need not be here."""
    return type("DataFrame", (), {"__module__": f"{package}.frame"})


@pytest.mark.parametrize(
    ("package", "name", "value"),
    [
        ("numpy", "npy", None),
        ("pyarrow", "parquet", [{"a": 1}]),
    ],
)
def test_a_missing_library_is_named_with_how_to_install_it(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, package: str, name: str, value: Any
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingLibrary, match=rf"format '{name}'.* needs {package}.*pip install"):
        shelf.write(value, format=name)
    assert not installed(package)
    assert shelf.files == []


def test_a_library_is_asked_for_by_the_name_of_its_package() -> None:
    with pytest.raises(MissingLibrary, match=r"a sundial needs no_such, .* pip install 'a\[b\]'"):
        library("no_such.module", need="a sundial", install="a[b]")
    assert library("json.decoder", need="json") is sys.modules["json.decoder"]


def test_all_of_these_are_errors_of_formats() -> None:
    for kind in (PickleRefused, UnfitTarget, UnfitValue, UnknownFormat, UnreadableData):
        assert issubclass(kind, FormatError)
