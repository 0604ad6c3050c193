"""Stores: bytes by key, wholly there or not at all."""

from __future__ import annotations

import os
import pickle
import stat
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Callable, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from object_stores import KINDS, objects_of

from glacier.core.contracts import Store
from glacier.core.errors import (
    GlacierError,
    InvalidKey,
    KeyChanged,
    KeyExists,
    KeyMissing,
    StoreError,
)
from glacier.core.stores import DirectoryStore, files
from glacier.core.stores.folder import DirectoryStore as Folder

_: Store = Folder("data")  # checked by mypy where tests are


@pytest.fixture(params=["folder", "unsynced", "without links", "memory", *KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param in KINDS:
        return objects_of(request.param, request)
    if request.param == "memory":
        return MemoryStore()
    if request.param == "without links":

        def link(source: str, target: str) -> None:
            raise PermissionError(1, "Operation not permitted", source, None, target)

        monkeypatch.setattr(os, "link", link)  # as FAT has none
    return DirectoryStore(tmp_path / "data", durable=request.param != "unsynced")


def keys(store: Store, prefix: str = "") -> List[str]:
    return [entry.key for entry in store.list(prefix)]


def staged(store: Store, content: bytes, extension: str = "bin") -> str:
    path = store.stage(extension)
    Path(path).write_bytes(content)
    return path


# --- what every store does ------------------------------------------------------------------------


def test_what_is_put_is_read_whole_in_part_and_as_a_stream(store: Store) -> None:
    store.put("a/b.bin", b"0123456789")

    assert store.get("a/b.bin") == b"0123456789"
    assert store.get("a/b.bin", 7) == b"789"
    assert store.get("a/b.bin", 2, 3) == b"234"
    assert store.get("a/b.bin", 8, 99) == b"89"
    assert [store.get("a/b.bin", *some) for some in [(10,), (99, 1), (3, 0)]] == [b"", b"", b""]
    with store.open("a/b.bin") as stream:
        assert (stream.read(4), stream.read()) == (b"0123", b"456789")


def test_a_file_is_moved_in(store: Store) -> None:
    path = staged(store, b"rows", "csv")
    assert path.endswith(".csv")

    store.put("a/rows.csv", path)

    assert store.get("a/rows.csv") == b"rows"
    assert not os.path.exists(path)
    with open(store.local("a/rows.csv"), "rb") as file:
        assert file.read() == b"rows"


def test_what_is_empty_is_there_all_the_same(store: Store) -> None:
    store.put("a/none", b"")
    store.put("a/file", staged(store, b""), if_absent=True)

    for key in ("a/none", "a/file"):
        assert (store.get(key), store.get(key, 0, 5), store.head(key).size) == (b"", b"", 0)
        with store.open(key) as stream:
            assert stream.read() == b""
        assert os.path.getsize(store.local(key)) == 0


def test_staged_paths_are_new_and_hold_no_file(store: Store) -> None:
    paths = [store.stage("csv.gz") for _ in range(3)]

    assert len(set(paths)) == 3
    assert not any(map(os.path.exists, paths))
    assert {os.path.basename(path).partition(".")[2] for path in paths} == {"csv.gz"}


def test_what_is_put_again_is_replaced(store: Store) -> None:
    store.put("a", b"1")
    store.put("a", staged(store, b"2"))

    assert store.get("a") == b"2"
    assert keys(store) == ["a"]


def test_only_one_creates_a_key(store: Store) -> None:
    store.put("a/x", b"first", if_absent=True)
    path = staged(store, b"second")

    with pytest.raises(KeyExists, match=r"a/x: it is there already, and is created only once\."):
        store.put("a/x", path, if_absent=True)

    assert store.get("a/x") == b"first"
    assert Path(path).read_bytes() == b"second"  # for whoever wants to put it elsewhere


def test_a_key_is_replaced_only_as_what_it_was(store: Store) -> None:
    first = store.put("a", b"1")
    second = store.put("a", b"2", if_match=first)

    with pytest.raises(KeyChanged, match=f"to be replaced as {first}, and it is {second} now"):
        store.put("a", b"3", if_match=first)
    assert store.get("a") == b"2"
    assert store.head("a").etag == second

    store.delete("a")
    with pytest.raises(KeyChanged, match="it is gone"):
        store.put("a", b"3", if_match=second)
    assert keys(store) == []


def test_an_etag_tells_contents_of_one_size_apart_however_fast_they_follow(store: Store) -> None:
    tags = [store.put("a", str(number).encode()) for number in range(10)]

    assert len(set(tags)) == 10
    assert store.head("a").etag == tags[-1]


def test_a_key_is_known_by_size_time_and_etag(store: Store) -> None:
    etag = store.put("a/x", b"12345")
    (listed,) = store.list("a")
    known = store.head("a/x")

    assert (known.key, known.size, known.etag) == ("a/x", 5, etag)
    assert listed[:3] == known[:3]
    assert known.modified > 1.7e9


def test_keys_are_listed_in_the_order_of_their_text(store: Store) -> None:
    names = ["a-b", "a/b/c", "a/b", "a.b", "ab", "a/b-c", "a0"]
    made = [name for name in names if name != "a/b"]
    for name in made:
        store.put(name, b"")

    assert keys(store) == sorted(made)
    assert keys(store, "a") == keys(store, "a/") == ["a/b-c", "a/b/c"]
    assert keys(store, "a/b") == ["a/b/c"]
    assert keys(store, "none") == []


def test_what_is_deleted_is_gone_and_may_have_been_before(store: Store) -> None:
    store.put("a/b/x", b"1", if_absent=True)
    store.put("a/y", b"1")

    for _ in range(2):
        store.delete("a/b/x")

    assert keys(store) == ["a/y"]
    store.put("a/b", b"the folder is gone too")


def test_what_is_not_there_is_a_missing_key(store: Store) -> None:
    store.put("a/x", b"1")
    calls: List[Callable[[str], object]] = [store.get, store.open, store.head, store.local]
    for key in ("b", "a", "a/x/y"):
        for call in calls:
            with pytest.raises(KeyMissing, match=r"there is nothing\. It was never written"):
                call(key)


ESCAPES = [
    "",
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    "./a",
    "a//b",
    "a/",
    "..",
    "a\\..\\..\\x",
    "a\x00b",
    "a\nb",
    "é" * 600,
    "x" * 256,
    "\udc80",
    3,
    None,
    b"a",
]


@pytest.mark.parametrize("key", ESCAPES, ids=lambda key: ascii(key)[:20])
def test_a_key_that_could_lead_elsewhere_is_refused(store: Store, key: str) -> None:
    calls: List[Callable[[str], object]] = [
        store.get,
        store.open,
        store.head,
        store.local,
        store.delete,
        store.uri,
        partial(store.put, data=b"1"),
        partial(store.put, data=b"1", if_absent=True),
    ]
    for call in calls:
        with pytest.raises(InvalidKey, match="is not a key, because"):
            call(key)
    if key not in ("", "a/"):
        with pytest.raises(InvalidKey):
            list(store.list(key))


@given(key=st.text(alphabet=st.sampled_from("./\\ab\x00"), max_size=8))
def test_no_key_leads_out_of_a_folder(key: str) -> None:
    store = DirectoryStore("/srv/data")
    try:
        uri = store.uri(key)
    except InvalidKey:
        return
    assert os.path.normpath(uri) == uri.replace("file:///", "file:/")
    assert uri.startswith("file:///srv/data/")


def test_of_many_that_create_a_key_one_does(store: Store) -> None:
    def create(number: int) -> None:
        try:
            store.put("a/b/x", str(number).encode(), if_absent=True)
        except KeyExists:
            return
        created.append(number)

    created: List[int] = []
    at_once([partial(create, number) for number in range(8)])
    assert [str(number).encode() for number in created] == [store.get("a/b/x")]


def test_of_many_that_replace_what_they_read_none_is_lost(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path, durable=False)
    store.put("count", b"0")

    def count(own: DirectoryStore) -> None:
        for _ in range(20):
            while True:
                etag = own.head("count").etag
                number = int(own.get("count")) + 1
                try:
                    own.put("count", str(number).encode(), if_match=etag)
                except KeyChanged:
                    continue
                break

    # Half of them share a store, the others have one each, as processes do.
    own = [DirectoryStore(tmp_path, durable=False) for _ in range(2)]
    at_once([partial(count, one) for one in [store, store, *own]])
    assert store.get("count") == b"80"


def at_once(calls: List[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


# --- what a folder does ---------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "data")


def hidden(store: DirectoryStore) -> List[str]:
    """What lies in the folder of temporary files, but for the locks that stay."""
    above = Path(store.root, ".staging")
    return [name for name in os.listdir(above) if not name.startswith("keys-")]


def test_nothing_is_made_before_something_is_put(folder: DirectoryStore) -> None:
    with pytest.raises(KeyMissing):
        folder.get("a")
    assert keys(folder) == []
    folder.delete("a")
    assert not os.path.exists(folder.root)


def test_a_key_is_a_file_with_an_address(folder: DirectoryStore) -> None:
    folder.put("etl/raw/a b.csv", b"x")

    assert Path(folder.root, "etl", "raw", "a b.csv").read_bytes() == b"x"
    assert folder.local("etl/raw/a b.csv") == os.path.join(folder.root, "etl", "raw", "a b.csv")
    assert folder.uri("etl/raw/a b.csv").endswith("/data/etl/raw/a%20b.csv")
    assert repr(folder) == f"DirectoryStore({folder.root!r})"


def test_a_store_can_be_pickled_and_has_temporary_files_of_its_own(folder: DirectoryStore) -> None:
    path = staged(folder, b"1")
    other = pickle.loads(pickle.dumps(folder))
    assert os.path.dirname(other.stage()) != os.path.dirname(path)

    other.put("a", path)

    assert folder.get("a") == b"1"


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps other rights")
def test_what_is_created_once_cannot_be_written(folder: DirectoryStore) -> None:
    folder.put("a", staged(folder, b"1"), if_absent=True)
    folder.put("b", b"1")

    assert stat.S_IMODE(os.stat(folder.local("a")).st_mode) & 0o222 == 0
    assert stat.S_IMODE(os.stat(folder.local("b")).st_mode) & 0o200


def test_a_file_that_has_other_names_is_copied(folder: DirectoryStore, tmp_path: Path) -> None:
    """Otherwise what is done to it by another name would reach the store."""
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    mine.write_bytes(b"1")
    os.link(str(mine), str(yours))

    folder.put("a", str(mine), if_absent=True)
    yours.write_bytes(b"2")

    assert folder.get("a") == b"1"
    assert not mine.exists()


def test_a_link_is_followed_and_moved(folder: DirectoryStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "file")

    folder.put("a", str(tmp_path / "link"))

    assert folder.get("a") == b"1"
    assert not (tmp_path / "link").exists()
    assert (tmp_path / "file").read_bytes() == b"1"


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no second file system at hand")
def test_a_file_of_another_file_system_is_moved_in(folder: DirectoryStore, tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm", f"glacier-{os.urandom(6).hex()}")
    if os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("it is the same file system")
    elsewhere.write_bytes(b"1")
    try:
        folder.put("a", str(elsewhere), if_absent=True)
        assert not elsewhere.exists()
    finally:
        if elsewhere.exists():
            elsewhere.unlink()
    assert folder.get("a") == b"1"


def test_a_link_that_leads_out_is_refused(folder: DirectoryStore, tmp_path: Path) -> None:
    folder.put("a/x", b"1")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "x").write_bytes(b"secret")
    Path(folder.root, "b").symlink_to(tmp_path / "secret")

    calls: List[Callable[[], object]] = [
        lambda: folder.get("b/x"),
        lambda: folder.put("b/y", b"1"),
        lambda: folder.delete("b/x"),
        lambda: list(folder.list("b")),
    ]
    for call in calls:
        with pytest.raises(InvalidKey, match="a link leads from it out of the store, to "):
            call()
    assert os.listdir(tmp_path / "secret") == ["x"]


def test_the_folder_of_temporary_files_is_no_key(folder: DirectoryStore) -> None:
    folder.put("a", staged(folder, b"1"))
    folder.put("b/.staging", b"a name like any other below")

    assert keys(folder) == ["a", "b/.staging"]
    with pytest.raises(InvalidKey, match="is where the store keeps temporary files"):
        folder.put(".staging/x", b"1")


def test_a_file_cannot_be_a_folder_too(folder: DirectoryStore) -> None:
    folder.put("a", b"1")
    folder.put("b/c", b"1")

    for key in ("a/b", "b"):
        for if_absent in (False, key == "a/b"):
            with pytest.raises(StoreError, match="a file is where a folder should be") as caught:
                folder.put(key, b"2", if_absent=if_absent)
            assert folder.uri(key) in str(caught.value)
    assert folder.get("a") == b"1"
    assert len(hidden(folder)) == 2  # the folder and its lock: nothing is left in it
    assert os.listdir(os.path.dirname(folder.stage())) == []


def test_a_file_that_is_not_there_cannot_be_put(folder: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no-such: there is no such file to be stored"):
        folder.put("a", str(tmp_path / "no-such"))
    with pytest.raises(ValueError, match="not both"):
        folder.put("a", b"", if_absent=True, if_match="x")


def test_temporary_files_go_with_the_store(folder: DirectoryStore) -> None:
    path = staged(folder, b"1")
    folder.close()

    assert not os.path.exists(path)
    assert hidden(folder) == []
    folder.put("a", staged(folder, b"2"))
    del folder  # a store that nobody holds any more does the same


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.skipif(sys.platform == "emscripten", reason="no processes")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_temporary_files_of_its_own(folder: DirectoryStore) -> None:
    path = staged(folder, b"1")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            own = staged(folder, b"2")
            folder.put("child", b"3")
            folder.close()
            status = 0 if os.path.dirname(own) != os.path.dirname(path) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0

    folder.put("a", path)
    assert (folder.get("a"), folder.get("child")) == (b"1", b"3")


def test_a_failed_write_leaves_no_temporary_file(
    folder: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.put("a", b"1")

    def fsync(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", fsync)
        with pytest.raises(GlacierError, match="writing it failed: Input/output error"):
            folder.put("a", b"2")
    assert folder.get("a") == b"1"
    assert os.listdir(os.path.dirname(folder.stage())) == []
