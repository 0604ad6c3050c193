"""Buckets: what goes in parts, what is copied here, and what storages say when they refuse."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import http.server
import os
import pickle
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest
from object_stores import KINDS, NEEDS, memory_objects, objects_of, s3_objects

from glacier.core.contracts import Store
from glacier.core.errors import (
    KeyChanged,
    KeyExists,
    KeyMissing,
    MissingLibrary,
    StoreDenied,
    StoreError,
    StoreGone,
)
from glacier.core.stores import DirectoryStore
from glacier.core.stores.addresses import open_store
from glacier.core.stores.answers import WRITING, told
from glacier.core.stores.clients import need_obstore
from glacier.core.stores.objects import ObjectStore

MIB = 1 << 20


@pytest.fixture(params=[kind for kind in KINDS if kind != "objects"])
def kind(request: pytest.FixtureRequest) -> str:
    """A kind of server that buckets are on."""
    return str(request.param)


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest) -> ObjectStore:
    return objects_of(kind, request)


@pytest.mark.parametrize("name", NEEDS)
def test_buckets_of_this_kind_are_tried(name: str) -> None:
    if name not in KINDS:
        pytest.skip("obstore, moto or Azurite (nox -s emulators) is missing")


def made(store: Store, size: int) -> str:
    """The path of a staged file of this size, in which every MiB is another."""
    path = store.stage("bin")
    with open(path, "wb") as file:
        for number in range(size // MIB):
            file.write(bytes([number % 256]) * MIB)
    return path


def digest(blocks: Any) -> str:
    known = hashlib.sha256()
    for block in blocks:
        known.update(block)
    return known.hexdigest()


# --- large files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("if_absent", [False, True])
def test_a_large_file_goes_there_and_comes_back(store: ObjectStore, if_absent: bool) -> None:
    path = made(store, 21 * MIB)
    expected = digest([Path(path).read_bytes()])

    etag = store.put("a/big.bin", path, if_absent=if_absent)

    assert not os.path.exists(path)
    assert store.head("a/big.bin") == store.head("a/big.bin")._replace(size=21 * MIB, etag=etag)
    with store.open("a/big.bin") as stream:
        assert digest(iter(partial(stream.read, 300_000), b"")) == expected
    copy = Path(store.local("a/big.bin"))
    assert (digest([copy.read_bytes()]), copy.suffix) == (expected, ".bin")
    assert store.get("a/big.bin", 20 * MIB, 2) == bytes([20, 20])


def test_of_two_large_files_only_one_is_created(store: ObjectStore) -> None:
    store.put("a/big.bin", made(store, 9 * MIB), if_absent=True)
    path = made(store, 10 * MIB)

    with pytest.raises(KeyExists):
        store.put("a/big.bin", path, if_absent=True)

    assert store.head("a/big.bin").size == 9 * MIB
    assert os.path.getsize(path) == 10 * MIB


FLAT = """if True:
    import os, pickle, resource, sys
    store = pickle.load(sys.stdin.buffer)
    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store.put("small", b"1")
    path = store.stage("bin")
    with open(path, "wb") as file:
        for number in range(160):
            file.write(os.urandom(1 << 20))
    before = peak()
    store.put("big.bin", path)
    store.local("big.bin")
    with store.open("big.bin") as stream:
        while stream.read(1 << 20):
            pass
    print((peak() - before) // 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how memory is counted there")
def test_a_file_is_never_whole_in_memory(store: ObjectStore) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FLAT],
        input=pickle.dumps(store),
        stdout=subprocess.PIPE,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert int(done.stdout) < 96  # MiB, of 160 that were sent


def test_keys_are_listed_page_by_page_in_their_order(store: ObjectStore) -> None:
    names = [f"a/{number:04}" for number in range(1005)]
    calls = [partial(put_all, store, names[start::8]) for start in range(8)]
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [entry.key for entry in store.list("a")] == names
    assert next(store.list()).key == "a/0000"


def put_all(store: Store, names: List[str]) -> None:
    for name in names:
        store.put(name, b"")


# --- on this machine ------------------------------------------------------------------------------


@pytest.fixture
def memory(tmp_path: Path) -> ObjectStore:
    pytest.importorskip("obstore")
    return memory_objects(str(tmp_path))


def test_a_copy_is_made_once_for_each_content_and_goes_with_the_store(memory: ObjectStore) -> None:
    memory.put("a/rows.csv.gz", b"1")
    first = memory.local("a/rows.csv.gz")
    assert memory.local("a/rows.csv.gz") == first
    assert first.endswith(".csv.gz")

    memory.put("a/rows.csv.gz", b"2")
    second = memory.local("a/rows.csv.gz")

    assert (Path(first).read_bytes(), Path(second).read_bytes()) == (b"1", b"2")
    memory.close()
    assert not os.path.exists(first)
    other = memory_objects("copies")
    other.put("a", b"1")
    path = other.local("a")
    del other
    gc.collect()
    assert not os.path.exists(path)


def test_a_store_is_pickled_without_what_it_holds(memory: ObjectStore) -> None:
    memory.put("a", b"1")
    path = memory.stage()
    other = pickle.loads(pickle.dumps(memory))

    assert other.get("a") == b"1"
    assert repr(other) == repr(memory)
    assert os.path.dirname(other.stage()) != os.path.dirname(path)
    assert b"secret" not in pickle.dumps(s3_objects("http://127.0.0.1:1", "lake"))


def test_stores_in_one_bucket_see_their_own_keys_alone(tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    one, two, all_of_it = (
        memory_objects(str(tmp_path), prefix=prefix) for prefix in ("etl", "etl2/x", "")
    )
    one.put("a", b"1")
    two.put("a", b"2")

    assert [entry.key for entry in one.list()] == ["a"]
    assert [entry.key for entry in all_of_it.list()] == ["etl/a", "etl2/x/a"]
    assert two.uri("a").endswith("/etl2/x/a")
    assert (one.get("a"), two.get("a")) == (b"1", b"2")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_process_that_is_forked_later_is_refused_and_does_not_hang(memory: ObjectStore) -> None:
    memory.put("a", b"1")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            memory.get("a")
        except StoreError as error:
            status = 0 if "Start processes by 'spawn'" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_without_obstore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    told = r"s3://lake needs obstore.* pip install 'glacier-pipeline\[objectstore\]'"
    with pytest.raises(MissingLibrary, match=told):
        need_obstore("s3://lake")


def test_a_folder_has_an_address_too(tmp_path: Path) -> None:
    store = open_store((tmp_path / "a b").as_uri())
    assert isinstance(store, DirectoryStore)
    assert store.root == str(tmp_path / "a b")
    for address in ("file://host/data", "file://", "file:///"):
        with pytest.raises(StoreError, match="three slashes"):
            open_store(address)


# --- refusals -------------------------------------------------------------------------------------


def calls_of(store: Store) -> List[Callable[[], object]]:
    """Every way to ask something of a storage."""
    return [
        lambda: store.get("a/x"),
        lambda: store.open("a/x"),
        lambda: store.head("a/x"),
        lambda: store.local("a/x"),
        lambda: list(store.list()),
        lambda: store.put("a/x", b"2"),
        lambda: store.put("a/x", b"2", if_absent=True),
        lambda: store.put("a/x", b"2", if_match="0"),
        lambda: store.delete("a/x"),
    ]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in ("s3", "gcs")])  # have rights
def test_without_the_right_each_call_is_denied(
    kind: str, store: ObjectStore, request: pytest.FixtureRequest
) -> None:
    store.put("a/x", b"1")
    with request.getfixturevalue(kind).guarded():
        for call in calls_of(store):
            with pytest.raises(StoreDenied, match=r"is not allowed \(403 Forbidden") as caught:
                call()
            assert str(caught.value).startswith(f"{store.address}")
            assert "Debug source" not in str(caught.value)
    assert store.get("a/x") == b"1"


def test_a_bucket_that_is_not_there_is_told_where_the_storage_says_so(
    kind: str, request: pytest.FixtureRequest
) -> None:
    store = objects_of(kind, request, bucket="no-such-bucket")
    for call in calls_of(store):
        with pytest.raises((StoreGone, KeyMissing, KeyChanged)) as caught:
            call()
        if isinstance(caught.value, StoreGone):
            assert "there is no such bucket or container" in str(caught.value)
    with pytest.raises(StoreGone):
        store.put("a", b"1")
    with pytest.raises(StoreGone):
        store.get("a")


def test_a_server_that_is_not_there_is_told_as_such() -> None:
    pytest.importorskip("obstore")
    store = s3_objects("http://127.0.0.1:1", "lake")
    for call in calls_of(store):
        with pytest.raises(StoreError, match=r"there is no answer \(Connection refused\)\. Is the"):
            call()


ANSWERS = {
    (503, b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"): (
        r"failed: 503 Service Unavailable, SlowDown: Reduce your rate\. Try again later"
    ),
    (301, b"<Error><Code>PermanentRedirect</Code></Error>"): "Name the region in which the bucket",
    (400, b"<Error><Code>AuthorizationHeaderMalformed</Code></Error>"): "Name the region in which",
    (418, b""): "failed: 418 I'm a teapot",
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every request by what ``answer`` says: a status, headers and the body."""

    answer: Callable[[], Any]

    def handle_one(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = type(self).answer()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = handle_one

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def answering(answer: Callable[[], Any]) -> Iterator[ObjectStore]:
    """A store on a server that answers like that."""
    handler = type("Answering", (Handler,), {"answer": staticmethod(answer)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield s3_objects(f"http://127.0.0.1:{server.server_address[1]}", "lake")
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer[0]))
def test_what_a_storage_answers_is_told_in_a_line(answer: Any) -> None:
    pytest.importorskip("obstore")
    status, body = answer
    with answering(lambda: (status, {}, body)) as store:
        for call in (lambda: store.get("a/x"), lambda: store.put("a/x", b"1")):
            with pytest.raises(StoreError, match=ANSWERS[answer]) as caught:
                call()
            assert "\n" not in str(caught.value)
            assert caught.value.where == "s3://lake/etl/a/x"


def test_a_machine_without_a_role_is_not_told_as_a_denial_of_the_storage() -> None:
    text = (
        "Generic S3 error: Error performing PUT http://169.254.169.254/latest/api/token in 1.3ms - "
        "Server returned non-2xx status code: 403 Forbidden: \n\nDebug source:\nGeneric { }"
    )
    found = told(RuntimeError(text), "s3://lake/a", doing=WRITING)
    assert not isinstance(found, StoreDenied)
    assert "metadata service of this machine" in str(found)
    assert "(403 Forbidden). Give the machine a role" in str(found)


THERE = {"ETag": '"1"', "Last-Modified": "Sat, 31 Jan 2026 12:00:00 GMT"}


def test_a_storage_that_is_busy_for_a_while_is_asked_again() -> None:
    pytest.importorskip("obstore")
    answers = iter([(503, {}, b"")] * 2 + [(200, THERE, b"there")])
    with answering(lambda: next(answers)) as store:
        assert store.get("a/x") == b"there"


def test_what_breaks_off_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    pytest.importorskip("obstore")
    with answering(lambda: (200, {**THERE, "Content-Length": "10"}, b"half")) as store:

        def stream() -> bytes:
            with store.open("a/x") as file:
                return file.read()

        for call in (lambda: store.get("a/x"), stream, lambda: store.local("a/x")):
            with pytest.raises(StoreError, match="s3://lake/etl/a/x: reading it failed"):
                call()
