"""Data under somebody else's keys: files, folders, patterns, and tables."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
import shutil
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from glacier.core.errors import (
    ChangedExternal,
    GlacierError,
    InvalidExternal,
    MissingExternal,
    MissingLibrary,
    UnfitTarget,
    UnknownFormat,
    UnreachableExternal,
    UnreadableData,
)
from glacier.core.external import Source, read_external, resolve

ROWS = [{"n": 1, "x": "a"}, {"n": 2, "x": "zürich"}]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def read(source: Source, scratch: Path, wanted: Any = None) -> Any:
    return read_external(source, scratch=str(scratch), wanted=wanted)


def write(path: Path, value: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(value).encode())
    return path


# --- files ----------------------------------------------------------------------------------------


def test_a_file_is_read_by_what_its_name_tells(tmp_path: Path, scratch: Path) -> None:
    path = write(tmp_path / "orders.json", ROWS)

    for address in (str(path), path.as_uri()):
        source = resolve(address)
        assert (source.kind, source.format, source.many) == ("files", "json", False)
        assert read(source, scratch) == ROWS
        assert read(source, scratch, List[dict]) == ROWS
        assert list(read(source, scratch, Iterator[dict])) == ROWS
        assert read(source, scratch, Path) == path
    assert list(scratch.iterdir()) == []


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", sorted(PACKERS))
def test_a_packed_file_is_unpacked_on_the_way(tmp_path: Path, scratch: Path, ending: str) -> None:
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
    path = tmp_path / f"orders.ndjson{ending}"
    path.write_bytes(PACKERS[ending](lines))
    source = resolve(str(path))

    assert source.format == "ndjson"
    assert read(source, scratch) == ROWS
    assert list(read(source, scratch, Iterator[dict])) == ROWS
    assert read(source, scratch, Path) == path
    assert list(scratch.iterdir()) == []

    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UnreadableData, match=f"{ending}.*it cannot be unpacked"):
        read(resolve(str(path)), scratch)
    path.write_bytes(b"no archive")
    with pytest.raises(UnreadableData, match="it cannot be unpacked"):
        read(resolve(str(path)), scratch)
    assert list(scratch.iterdir()) == []


def zst(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        return bytes(pytest.importorskip("compression.zstd").compress(data))
    return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(data))


@pytest.mark.parametrize("absent", ["zstandard", "pyarrow"])
def test_a_zst_file_is_unpacked_by_what_is_there(
    tmp_path: Path, scratch: Path, absent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.dumps(ROWS * 40_000).encode()
    packed = zst(data[:70_000]) + zst(data[70_000:])
    path = tmp_path / "orders.json.zst"
    path.write_bytes(packed)
    monkeypatch.setitem(sys.modules, absent, None)
    if sys.version_info < (3, 14):
        pytest.importorskip("pyarrow" if absent == "zstandard" else "zstandard")

    assert read(resolve(str(path)), scratch) == ROWS * 40_000
    path.write_bytes(packed[:-9])
    with pytest.raises(UnreadableData, match="it cannot be unpacked"):
        read(resolve(str(path)), scratch)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the standard library does it")
def test_what_unpacks_a_zst_file_is_named_where_it_is_missing(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orders.json.zst"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingLibrary, match="pip install zstandard"):
        read(resolve(str(path)), scratch)


def test_a_folder_is_all_its_files_but_those_for_the_ends_of_others(
    tmp_path: Path, scratch: Path
) -> None:
    landing = tmp_path / "landing"
    write(landing / "b.json", ROWS[1:])
    write(landing / "a" / "a.json", ROWS[:1])
    for other in (".hidden.json", "_SUCCESS", ".git/x.json", "_temporary/x.json"):
        write(landing / other, [])

    source = resolve(str(landing))

    assert [Path(part.place).name for part in source.parts] == ["a.json", "b.json"]
    assert read(source, scratch) == ROWS
    assert list(read(source, scratch, Iterator[dict])) == ROWS
    assert read(source, scratch, Path) == landing
    paths = [landing / "a" / "a.json", landing / "b.json"]
    assert list(read(source, scratch, Iterator[Path])) == paths
    assert read(source, scratch, List[Path]) == paths


def test_a_pattern_reads_alike_whether_it_matches_one_file_or_many(
    tmp_path: Path, scratch: Path
) -> None:
    write(tmp_path / "2024-01.json", ROWS[:1])
    pattern = str(tmp_path / "2024-*.json")
    assert read(resolve(pattern), scratch) == ROWS[:1]
    write(tmp_path / "2024-02.json", ROWS[1:])
    assert read(resolve(pattern), scratch) == ROWS
    write(tmp_path / "deep" / "er" / "2024-03.json", ROWS)
    assert read(resolve(str(tmp_path / "**" / "2024-*.json")), scratch) == [*ROWS, *ROWS]
    with pytest.raises(UnfitTarget, match=r"Iterator\[Path\]"):
        read(resolve(pattern), scratch, Path)


def test_packed_files_of_a_pattern_are_unpacked_one_after_another(
    tmp_path: Path, scratch: Path
) -> None:
    for number in range(3):
        text = f'{{"n": {number}}}\n' * 2
        (tmp_path / f"{number}.jsonl.gz").write_bytes(gzip.compress(text.encode()))

    rows = read(resolve(str(tmp_path / "*.jsonl.gz")), scratch, Iterator[dict])

    seen = []
    for row in rows:
        seen.append(row["n"])
        assert len(list(scratch.iterdir())) == 1
    assert seen == [0, 0, 1, 1, 2, 2]
    assert list(scratch.iterdir()) == []


def test_frames_and_streams_of_them(tmp_path: Path, scratch: Path) -> None:
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    for number in (1, 2):
        frame = polars.DataFrame({"n": [number], "x": ["a"]})
        frame.write_parquet(tmp_path / f"{number}.parquet")
        (tmp_path / f"{number}.csv.gz").write_bytes(gzip.compress(frame.write_csv().encode()))

    for pattern in ("*.parquet", "*.csv.gz"):
        source = resolve(str(tmp_path / pattern))
        assert read(source, scratch, polars.DataFrame)["n"].to_list() == [1, 2]
        assert list(scratch.iterdir()) == []
        lazy = read(source, scratch, polars.LazyFrame)
        assert lazy.collect()["n"].to_list() == [1, 2]
        reader = read(source, scratch, pyarrow.RecordBatchReader)
        assert reader.read_all()["n"].to_pylist() == [1, 2]
        shutil.rmtree(scratch)
        scratch.mkdir()


# --- versions -------------------------------------------------------------------------------------


def test_the_version_of_files_is_that_of_their_contents_wherever_they_lie(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write(tmp_path / folder / "a.json", [1])
        write(tmp_path / folder / "b.json", [2])
    one, two = tmp_path / "one", tmp_path / "two"

    before = resolve(str(one)).version
    assert resolve(str(two)).version == before
    assert resolve(str(one / "*.json")).version == before
    os.utime(one / "a.json", (0, 0))
    assert resolve(str(one)).version == before

    write(one / "a.json", [3])
    assert resolve(str(one)).version != before
    write(one / "a.json", [1])
    assert resolve(str(one)).version == before
    write(one / "c.json", [1])
    assert resolve(str(one)).version != before
    (one / "c.json").unlink()
    (one / "b.json").rename(one / "d.json")
    assert resolve(str(one)).version != before


def test_a_file_that_changes_after_the_run_began_is_refused(tmp_path: Path, scratch: Path) -> None:
    path = write(tmp_path / "a.json", [1])
    source = resolve(str(path))

    os.utime(path, (0, 0))
    assert read(source, scratch) == [1]
    write(path, [2])
    with pytest.raises(ChangedExternal, match=r"a\.json is not what it was when the run began"):
        read(source, scratch)
    path.unlink()
    with pytest.raises(UnreachableExternal, match="is it still there"):
        read(source, scratch)


def test_a_change_that_left_the_time_of_the_file_is_seen(tmp_path: Path, scratch: Path) -> None:
    path = write(tmp_path / "a.json", [1])
    source, found = resolve(str(path)), path.stat()

    write(path, [2])
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    with pytest.raises(ChangedExternal, match=r"a\.json is not what it was when the run began"):
        read(source, scratch)


def test_a_version_that_is_given_is_taken_at_its_word(tmp_path: Path, scratch: Path) -> None:
    path = write(tmp_path / "a.json", [1])
    source = resolve(str(path), version="monday")

    write(path, [2])

    assert source.version == "monday"
    assert source.parts[0].sha256 is None
    assert read(source, scratch) == [2]


def test_a_source_can_be_sent_to_another_process(tmp_path: Path) -> None:
    source = resolve(str(write(tmp_path / "a.json", [1])))

    assert pickle.loads(pickle.dumps(source)) == source


# --- mistakes -------------------------------------------------------------------------------------


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "orders.json", [])
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    expected: Dict[str, str] = {
        "ordres.json": "no such file in .*Did you mean 'orders.json'",
        "nowhere/orders.json": "there is no folder .*nowhere",
        "*.csv": "no file matches it",
        "empty": "the folder holds no files",
    }
    for address, reason in expected.items():
        with pytest.raises(MissingExternal, match=reason):
            resolve(address)


def test_what_cannot_be_read_here_is_told_with_what_can(tmp_path: Path) -> None:
    for address, text in {
        "ftp://host/x": r"ftp:// is not read on this machine. An address is a file, a folder",
        "file://server/share/x": "it names the host 'server'",
    }.items():
        with pytest.raises(InvalidExternal, match=text):
            resolve(address)
    with pytest.raises(UnknownFormat):
        resolve(str(tmp_path), format="jsom")


def test_a_format_that_no_name_tells_must_be_said(tmp_path: Path, scratch: Path) -> None:
    path = write(tmp_path / "orders.dat", ROWS)
    source = resolve(str(path))

    with pytest.raises(InvalidExternal, match=r"'orders.dat' does not tell its format.*format="):
        read(source, scratch)
    assert read(source, scratch, Path) == path
    assert read(resolve(str(path), format="json"), scratch) == ROWS
    write(tmp_path / "orders.csv", ROWS)
    with pytest.raises(InvalidExternal, match="tell no format, or several"):
        read(resolve(str(tmp_path / "orders.*")), scratch)


def test_a_pickle_is_read_only_where_it_was_asked_for(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps({1, 2}))

    with pytest.raises(InvalidExternal, match="does not tell its format"):
        read(resolve(str(path)), scratch)
    assert read(resolve(str(path), format="pickle"), scratch) == {1, 2}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [1])
    path.chmod(0)
    with pytest.raises(UnreachableExternal, match="Permission denied"):
        resolve(str(path))


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
def test_a_table_and_a_query_are_read_where_they_are(
    request: pytest.FixtureRequest, tmp_path: Path, scratch: Path, kind: str
) -> None:
    pytest.importorskip("sqlite3", reason="a Python without SQLite")
    from glacier.core.tables import write_table

    url = f"sqlite:///{tmp_path}/shop.db"
    if kind != "sqlite":
        url = request.getfixturevalue(kind).url()
    write_table(url, "foreign_orders", ROWS)

    table = resolve(f"{url}#foreign_orders")
    query = resolve(f"{url}#SELECT n FROM foreign_orders WHERE n > 1")

    assert read(table, scratch) == ROWS
    assert list(read(table, scratch, Iterator[dict])) == ROWS
    assert read(query, scratch) == [{"n": 2}]
    assert resolve(table.address).version == table.version
    assert len({table.version, query.version}) == 2
    write_table(url, "foreign_orders", [ROWS[0], {"n": 2, "x": "b"}])
    assert resolve(table.address).version != table.version
    assert resolve(query.address).version == query.version
    assert resolve(table.address, version="v1").version == "v1"
    if kind != "sqlite":
        assert "s3cr" not in repr(table)
        assert "s3cr" not in repr(table.parts)
    with pytest.raises(InvalidExternal, match="a table has no format"):
        resolve(table.address, format="csv")
    with pytest.raises(GlacierError, match="Did you mean 'foreign_orders'"):
        resolve(f"{url}#foreign_order")
