"""External data in buckets: files, folders and patterns, their versions, and what goes wrong."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from object_stores import memory_scheme, open_memory
from s3_server import Server

from glacier.core.errors import (
    ChangedExternal,
    InvalidExternal,
    MissingExternal,
    UnreachableExternal,
)
from glacier.core.external import read_external, resolve
from glacier.core.stores.objects import ObjectStore

pytest.importorskip("obstore")


@pytest.fixture
def landing(tmp_path: Path) -> Iterator[ObjectStore]:
    """A bucket ``mem://landing`` of somebody else."""
    with memory_scheme(tmp_path / "site"):
        yield open_memory("mem://landing")


@pytest.fixture
def scratch(tmp_path: Path) -> str:
    (tmp_path / "scratch").mkdir()
    return str(tmp_path / "scratch")


def fill(store: ObjectStore, *keys: str) -> None:
    """A list of the name of each key, as JSON, packed where the name says so."""
    for key in keys:
        data = json.dumps([key.rpartition("/")[2]]).encode()
        store.put(key, gzip.compress(data) if key.endswith(".gz") else data)


def names(address: str) -> List[str]:
    return [part.place.partition("://landing/")[2] for part in resolve(address).parts]


# --- what an address names ------------------------------------------------------------------------


def test_a_file_a_folder_and_a_pattern_are_read(landing: ObjectStore, scratch: str) -> None:
    fill(landing, "orders/1.json.gz", "orders/2.json.gz", "orders/_tmp/3.json", "orders/.x.json")

    for address, expected in {
        "mem://landing/orders/1.json.gz": ["1.json.gz"],
        "mem://landing/orders/*.json.gz": ["1.json.gz", "2.json.gz"],
        "mem://landing/orders": ["1.json.gz", "2.json.gz"],
        "mem://landing/orders/": ["1.json.gz", "2.json.gz"],
        "mem://landing": ["1.json.gz", "2.json.gz"],
    }.items():
        source = resolve(address)
        assert (source.kind, source.format) == ("objects", "json")
        assert read_external(source, scratch=scratch) == expected
    stream = read_external(source, scratch=scratch, wanted=Iterator[str])
    assert list(stream) == ["1.json.gz", "2.json.gz"]
    assert [path for path in Path(scratch).rglob("*") if path.is_file()] == []


def test_a_pattern_matches_as_it_does_on_a_disk(landing: ObjectStore, tmp_path: Path) -> None:
    keys = ["a/1.csv", "a/b/2.csv", "a/b/c/3.csv", "a/.h/4.csv", "a/.5.csv", "ab/6.csv", "a/x1y"]
    fill(landing, *keys)
    for key in keys:
        path = tmp_path / "disk" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([]))

    for pattern in ["a/*.csv", "a/**/*.csv", "**/*.csv", "*/*/*.csv", "a*/?.csv", "a/[a-x][!2-9]?",
                    "a/.*.csv", "a/**", "a/.h/*"]:  # fmt: skip
        there = tmp_path / "disk"
        found = [str(Path(part.place).relative_to(there)) for part in resolved(there / pattern)]
        assert sorted(names(f"mem://landing/{pattern}")) == sorted(found), pattern


def resolved(pattern: Path) -> Any:
    return resolve(str(pattern), version="any").parts


@given(pattern=st.text(alphabet="a*?[]!-./b", min_size=1, max_size=8))
def test_any_pattern_is_a_pattern(pattern: str) -> None:
    from glacier.core.external.buckets import _MAGIC, _matching

    class Listed:
        def list(self, prefix: str) -> Iterator[Any]:
            return iter(())

    if _MAGIC.search(pattern):
        assert _matching(Listed(), pattern) == []  # type: ignore[arg-type]


def test_the_marker_of_a_folder_is_no_file(landing: ObjectStore) -> None:
    fill(landing, "in/a/1.json")
    landing.put("in/a", b"")

    assert names("mem://landing/in/") == ["in/a/1.json"]


def test_a_path_is_a_copy_under_its_name(landing: ObjectStore, scratch: str) -> None:
    fill(landing, "in/1.json.gz", "in/2.json.gz")

    path = read_external(resolve("mem://landing/in/1.json.gz"), scratch=scratch, wanted=Path)
    assert (path.name, gzip.decompress(path.read_bytes())) == ("1.json.gz", b'["1.json.gz"]')
    paths = read_external(resolve("mem://landing/in/"), scratch=scratch, wanted=Iterator[Path])
    assert [path.name for path in paths] == ["1.json.gz", "2.json.gz"]


# --- versions -------------------------------------------------------------------------------------


def test_the_version_is_another_when_a_file_or_a_name_is(landing: ObjectStore) -> None:
    fill(landing, "in/1.json")
    first = [resolve(one).version for one in ("mem://landing/in/1.json", "mem://landing/in/")]
    again = [resolve(one).version for one in ("mem://landing/in/1.json", "mem://landing/in/")]
    assert first == again
    assert first[0].startswith("etag:")

    landing.put("in/1.json", b"[2]")
    second = [resolve(one).version for one in ("mem://landing/in/1.json", "mem://landing/in/")]
    fill(landing, "in/2.json")
    third = resolve("mem://landing/in/").version

    assert len({*first, *second, third}) == 5
    assert resolve("mem://landing/in/", version="monday").version == "monday"


def test_what_has_changed_since_is_refused(landing: ObjectStore, scratch: str) -> None:
    fill(landing, "in/1.json")
    source, given = resolve("mem://landing/in/"), resolve("mem://landing/in/", version="monday")
    landing.put("in/1.json", b"[2]")

    with pytest.raises(ChangedExternal, match="holds other data than when the run began"):
        read_external(source, scratch=scratch)
    assert read_external(given, scratch=scratch) == [2]
    landing.delete("in/1.json")
    with pytest.raises(MissingExternal, match="it is there no more"):
        read_external(given, scratch=scratch)


# --- mistakes -------------------------------------------------------------------------------------


def test_what_is_not_there_is_named(landing: ObjectStore) -> None:
    expected: Dict[str, str] = {
        "mem://landing/orders.json": "neither such a file nor such a folder",
        "mem://landing/*.csv": "no file matches it",
        "mem://landing/empty/": "the folder holds no files",
    }
    for address, reason in expected.items():
        with pytest.raises(MissingExternal, match=f"{reason}. Has it been delivered yet"):
            resolve(address)
    with pytest.raises(InvalidExternal, match="it names no bucket"):
        resolve("mem:///x")


def test_what_nothing_installed_serves_is_told_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = [path for path in sys.path if not any(Path(path).glob("*.dist-info"))]
    monkeypatch.setattr(sys, "path", bare)
    for scheme, extra in {"s3": "aws", "gs": "gcp", "az": "azure"}.items():
        with pytest.raises(InvalidExternal, match=rf"pip install 'glacier-pipeline\[{extra}\]'"):
            resolve(f"{scheme}://landing/x.json")


def test_a_bucket_that_lets_nobody_in_is_unreachable(
    s3: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import object_stores

    bucket = s3.bucket()
    store = object_stores.s3_objects(s3.endpoint, bucket, prefix="")
    fill(store, "in/1.json")

    with memory_scheme(tmp_path / "site"):
        monkeypatch.setattr(object_stores, "open_memory", lambda _: store)
        assert names(f"mem://{bucket}/in/") == names(f"mem://{bucket}/in/")
        with s3.guarded():
            for address in ("in/1.json", "in/*.json", "in/"):
                with pytest.raises(UnreachableExternal, match=r"not allowed \(403 Forbidden"):
                    resolve(f"mem://{bucket}/{address}")
    assert os.path.isdir(tmp_path)
