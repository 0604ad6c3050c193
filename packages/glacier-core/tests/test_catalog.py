"""What is stored below a root: found by name, looked into, traced, and collected together."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest
from version_stores import CLEAN, RAW, draft_of, put_texts, run_id, write

from glacier.core.catalog.cells import head_of_value, shown
from glacier.core.catalog.clearing import clear
from glacier.core.catalog.datasets import find_dataset, list_datasets
from glacier.core.catalog.heads import read_head
from glacier.core.catalog.lineage import trace
from glacier.core.catalog.locations import Location, locations
from glacier.core.errors import NotUnique, UnknownName, VersionDamaged
from glacier.core.storage.files import FileShelf
from glacier.core.storage.records import Origin
from glacier.core.stores import DirectoryStore
from glacier.core.versions import Address, Reference, Version, list_versions, read_version


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(str(tmp_path / "storage" / "lake"))


@pytest.fixture
def workspace(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(str(tmp_path / "workspace"), durable=False)


# --- names ----------------------------------------------------------------------------------------


def test_stores_are_found_and_nothing_else(
    tmp_path: Path, lake: DirectoryStore, workspace: DirectoryStore
) -> None:
    assert locations(tmp_path) == []
    assert list_datasets(tmp_path / "absent") == []
    write(lake, 1)
    write(workspace, 1, CLEAN)
    (tmp_path / "storage" / "notes.txt").touch()
    (tmp_path / "exports").mkdir()
    found = locations(tmp_path)
    assert [(one.name, one.private) for one in found] == [
        ("storage/lake", False),
        ("workspace", True),
    ]
    assert [one.name for one in list_datasets(tmp_path)] == [
        "workspace/etl/clean",
        "storage/lake/etl/raw",
    ]


def test_a_dataset_is_found_by_as_much_of_its_name_as_is_needed(
    tmp_path: Path, lake: DirectoryStore, workspace: DirectoryStore
) -> None:
    write(lake, 1)
    write(lake, 2, Address("shop", "raw"))
    write(workspace, 3)
    write(lake, 4, CLEAN)

    assert find_dataset(tmp_path, "clean").versions == (run_id(4),)
    assert find_dataset(tmp_path, "shop/raw").name == "storage/lake/shop/raw"
    assert find_dataset(tmp_path, "workspace/etl/raw").versions == (run_id(3),)
    with pytest.raises(NotUnique, match="may be any of 3 datasets"):
        find_dataset(tmp_path, "raw")
    with pytest.raises(NotUnique, match="'storage/lake/etl/raw' and 'workspace/etl/raw'"):
        find_dataset(tmp_path, "etl/raw")
    with pytest.raises(UnknownName, match="Did you mean 'shop/raw'"):
        find_dataset(tmp_path, "shp/raw")
    with pytest.raises(UnknownName, match="no dataset 'w'"):
        find_dataset(tmp_path, "w")


def test_a_version_is_chosen_by_the_beginning_of_its_id(
    tmp_path: Path, lake: DirectoryStore
) -> None:
    for number in (1, 2):
        write(lake, number)
    dataset = find_dataset(tmp_path, "raw")
    assert dataset.choose(run_id(1)) == run_id(1)
    assert dataset.choose("latest") == dataset.newest().version == run_id(2)
    with pytest.raises(NotUnique, match="any of 2 versions"):
        dataset.choose("2026")
    with pytest.raises(NotUnique):
        dataset.choose("9f3")
    with pytest.raises(UnknownName, match="etl/raw: there is no version 'zzz'"):
        dataset.choose("zzz")


def test_a_version_whose_writer_was_killed_before_it_moved_the_pointer_is_found(
    tmp_path: Path, lake: DirectoryStore
) -> None:
    write(lake, 1)
    lake.delete(RAW.latest)
    assert find_dataset(tmp_path, "raw").newest().version == run_id(1)


# --- heads ----------------------------------------------------------------------------------------


def stored(store: DirectoryStore, value: Any, **options: Any) -> Version:
    shelf = FileShelf(store, RAW, **options)
    origin = Origin(run_id(1), "make")
    kept = shelf.commit([shelf.write(value, origin)], origin)
    assert kept is not None
    return read_version(store, RAW, kept.version)


def head(store: DirectoryStore, version: Version, count: int = 2, *, private: bool = False) -> Any:
    return read_head(Location("storage/lake", store, private), version, count)


def numbers() -> Iterator[Dict[str, int]]:
    return ({"n": number} for number in range(10))


@pytest.mark.parametrize(
    ("value", "form", "columns", "rows"),
    [
        ([{"a": 1}, {"b": None, "a": 2.5}, {}], None, ("a", "b"), [(1, None), (2.5, None)]),
        ([1, "two", [3]], None, None, [(1,), ("two",)]),
        ([[3]], None, None, [("[3]",)]),
        ({"a": [1], "b": 2, "c": 3}, None, ("key", "value"), [("a", "[1]"), ("b", 2)]),
        (3, None, None, [(3,)]),
        ("one\r\ntwo\nthree", None, None, [("one",), ("two",)]),
        (b"abcd" * 9, None, None, [(("61 62 63 64 " * 4).strip(),)] * 2),
        ([{"n": "1"}, {"n": "2"}, {"n": "3"}], "csv", ("n",), [("1",), ("2",)]),
        ([{"n": 1}, {"n": 2}, {"n": 3}], "ndjson", ("n",), [(1,), (2,)]),
        ([], None, None, []),
    ],
)  # fmt: skip
def test_plain_values(lake: DirectoryStore, value: Any, form: Any, columns: Any, rows: Any) -> None:
    found = head(lake, stored(lake, value, format=form))
    assert found.columns == columns
    assert list(found.rows) == rows


def test_a_stream_is_read_no_further_than_it_is_shown(lake: DirectoryStore) -> None:
    version = stored(lake, numbers())
    path = Path(lake.local(f"{RAW.key}/{version.parts[0].key}"))
    text = path.read_bytes().split(b"\n")
    os.chmod(path, 0o644)
    broken = b"\n".join([*text[:2], *(b"?" * len(line) for line in text[2:-1]), b""])
    path.write_bytes(broken)  # of the same size: what comes later is not looked at
    assert head(lake, version).rows == ((0,), (1,))


def test_items_are_parts_of_which_only_the_first_are_read(lake: DirectoryStore) -> None:
    shelf, origin = FileShelf(lake, RAW), Origin(run_id(1), "make")
    drafts = [shelf.write({"n": number}, origin, item=number) for number in range(4)]
    assert shelf.commit(drafts, origin, mapped=True) is not None
    version = read_version(lake, RAW, run_id(1))
    lake.delete(f"{RAW.key}/{version.parts[3].key}")
    assert head(lake, version).rows == ((0,), (1,))
    with pytest.raises(VersionDamaged, match="it is missing"):
        head(lake, version, 4)


def test_a_file_of_another_size_is_damaged(lake: DirectoryStore) -> None:
    version = stored(lake, "text")
    path = Path(lake.local(f"{RAW.key}/{version.parts[0].key}"))
    os.chmod(path, 0o644)
    path.write_text("longer text")
    with pytest.raises(VersionDamaged, match="it has 11 bytes"):
        head(lake, version)


def test_a_pickle_is_opened_only_where_it_is_our_own(
    lake: DirectoryStore, workspace: DirectoryStore
) -> None:
    planted = stored(lake, {1}, format="pickle")
    assert head(lake, planted).rows == ()
    assert "opening it would run what is in it" in head(lake, planted).note
    own = stored(workspace, {1}, private=True)
    assert own.format == "pickle"
    assert head(workspace, own, private=True).rows == (("{1}",),)
    listed = stored_items(workspace)
    assert head(workspace, listed, private=True).rows == (("0j",), ("1j",))


def stored_items(store: DirectoryStore) -> Version:
    shelf, origin = FileShelf(store, CLEAN, private=True), Origin(run_id(2), "make")
    kept = shelf.commit([shelf.write((complex(0, n) for n in range(5)), origin)], origin)
    assert kept is not None
    return read_version(store, CLEAN, kept.version)


def test_a_file_is_shown_as_what_its_name_says(lake: DirectoryStore, tmp_path: Path) -> None:
    table, other = tmp_path / "orders.csv", tmp_path / "picture.png"
    table.write_text("id,name\n1,x\n2,y\n3,z\n")
    other.write_bytes(b"\x89PNG")
    version = stored(lake, table)
    assert (head(lake, version).columns, head(lake, version).rows) == (
        ("id", "name"), (("1", "x"), ("2", "y")),
    )  # fmt: skip
    shelf, origin = FileShelf(lake, CLEAN), Origin(run_id(1), "make")
    shelf.commit([shelf.write(other, origin)], origin)
    ((path,),) = head(lake, read_version(lake, CLEAN, run_id(1))).rows
    assert path.endswith(".png")


def _pandas() -> Any:
    return pytest.importorskip("pandas").DataFrame({"n": range(9), "t": list("abcdefghi")})


def _polars() -> Any:
    return pytest.importorskip("polars").DataFrame({"n": range(9), "t": list("abcdefghi")})


def _arrow() -> Any:
    return pytest.importorskip("pyarrow").table({"n": list(range(9)), "t": list("abcdefghi")})


@pytest.mark.parametrize("make", [_pandas, _polars, _arrow])
def test_tables(lake: DirectoryStore, make: Callable[[], Any]) -> None:
    value = make()
    pytest.importorskip("pyarrow")
    version = stored(lake, value)
    assert version.columns is not None
    for found in (head(lake, version), head_of_value(value, 2)):
        assert found.columns == ("n", "t")
        assert found.rows == ((0, "a"), (1, "b"))
    assert len(head(lake, version, 100).rows) == 9


def test_lazy_tables_are_computed_as_far_as_they_are_shown() -> None:
    frame = _polars().lazy()
    assert head_of_value(frame, 2).rows == ((0, "a"), (1, "b"))
    batches = _arrow().to_reader(max_chunksize=3)
    assert head_of_value(batches, 4).rows == ((0, "a"), (1, "b"), (2, "c"), (3, "d"))


def test_tables_where_there_is_polars_alone(
    lake: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = stored(lake, _polars())
    module = "glacier.core.catalog.heads.installed"
    monkeypatch.setattr(module, lambda name: name == "polars")
    assert head(lake, version).rows == ((0, "a"), (1, "b"))


def test_arrays(lake: DirectoryStore) -> None:
    numpy = pytest.importorskip("numpy")
    version = stored(lake, numpy.arange(10.0))
    found = head(lake, version)
    assert (found.columns, found.rows) == (None, ((0.0,), (1.0,)))
    assert "float64, of shape (10,)" in found.note
    grid = head_of_value(numpy.arange(6).reshape(3, 2), 1)
    assert (grid.columns, grid.rows) == (("0", "1"), ((0, 1),))
    assert head_of_value(numpy.array(7), 1).rows == ((7,),)
    cube = head_of_value(numpy.zeros((2, 1, 1)), 1)
    assert cube.rows == (("[[0.]]",),)
    assert head_of_value(numpy.array([float("nan")]), 1).rows == (("nan",),)


def test_an_empty_array(lake: DirectoryStore) -> None:
    numpy = pytest.importorskip("numpy")
    assert head(lake, stored(lake, numpy.zeros(0))).rows == ()


def test_cells_are_short_and_on_one_line() -> None:
    assert shown("a\nb") == "a b"
    assert shown(None) == "None"
    assert len(shown("x" * 1000)) == 200

    class Mute:
        def __str__(self) -> str:
            raise ValueError

    assert head_of_value(Mute(), 1).rows == ((f"<{Mute.__qualname__}>",),)


# --- lineage --------------------------------------------------------------------------------------


def names(references: Any) -> List[str]:
    return [f"{one.address.dataset} {one.version[16:22]}" for one in references]


def test_versions_are_traced_over_stores(
    tmp_path: Path, lake: DirectoryStore, workspace: DirectoryStore
) -> None:
    first, other = write(lake, 1), write(lake, 2)
    landing = Reference(Address("etl", "landing"), 'W/"etag of another layout"')
    gone = Reference(RAW, run_id(0))
    middle = write(
        workspace, 3, CLEAN, inputs=[first.reference, other.reference, gone, first.reference]
    )
    report = Address("etl", "report")
    last = write(lake, 4, report, inputs=[middle.reference, first.reference, landing])

    found = trace(locations(tmp_path), last.reference)

    assert [node.location for node in found.nodes.values()] == [
        "storage/lake", "workspace", "storage/lake", None, "storage/lake", None,
    ]  # fmt: skip
    assert found.cut == ()
    assert len(found.edges) == 6
    assert found.nodes[landing].record is None
    near = trace(locations(tmp_path), last.reference, depth=1)
    assert set(near.nodes) == {last.reference, middle.reference, first.reference, landing}
    assert near.cut == (middle.reference,)
    assert trace(locations(tmp_path), last.reference, depth=0).edges == []


def test_a_long_lineage_is_no_recursion(tmp_path: Path, workspace: DirectoryStore) -> None:
    made = write(workspace, 0)
    for number in range(1, 1100):
        made = write(workspace, number, inputs=[made.reference])
    assert len(trace(locations(tmp_path), made.reference).nodes) == 1100


# --- clearing -------------------------------------------------------------------------------------


def test_stores_keep_what_others_need_and_as_much_as_each_dataset_says(
    tmp_path: Path, lake: DirectoryStore, workspace: DirectoryStore
) -> None:
    for number in range(1, 6):
        made = write(lake, number, retain=3)
        write(lake, number, CLEAN)
        if number == 1:
            write(workspace, 1, CLEAN, inputs=[made.reference])
    put_texts(workspace, draft_of(6), ["of a run that goes on"])
    none = timedelta(0)

    told = list(clear(locations(tmp_path), grace=none, live=[run_id(6)], dry_run=True))
    done = list(clear(locations(tmp_path), grace=none, live=[run_id(6)]))

    assert [one.collected for one in told] == [one.collected for one in done]
    assert names(done[0].collected.versions) == ["raw 000002"]
    assert done[1].collected.keys == ()
    assert len(list_versions(lake, CLEAN)) == 5
    done = list(clear(locations(tmp_path), grace=none, keep=1))
    assert len(list_versions(lake, CLEAN)) == 1
    assert names(done[1].collected.drafts) == ["raw 000006"]


def test_what_killed_processes_left_is_swept(tmp_path: Path, lake: DirectoryStore) -> None:
    write(lake, 1)
    lake.close()
    left = tmp_path / "storage" / "lake" / ".staging" / "gone"
    left.mkdir()
    (left / "half.csv").touch()
    (left.parent / "gone.lock").touch()
    (one,) = clear(locations(tmp_path), dry_run=True)
    assert left.exists()
    (one,) = clear(locations(tmp_path))
    assert one.swept == ("gone",)
    assert not left.exists()
