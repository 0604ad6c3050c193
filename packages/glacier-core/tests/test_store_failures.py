"""A folder that is full, read-only, deleted, or was left by a process that was killed."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, List

import pytest

from glacier.core.errors import StoreDenied, StoreError, StoreFull, StoreGone
from glacier.core.stores import DirectoryStore

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "emscripten"), reason="file systems and processes of POSIX"
)


def attempts(store: DirectoryStore, size: int = 1) -> List[Callable[[], object]]:
    """Every way to write to a store."""
    return [
        lambda: store.put("a/x", b"2" * size),
        lambda: store.put("a/x", b"2" * size, if_match=store.head("a/x").etag),
        lambda: store.put("a/new", b"2" * size, if_absent=True),
    ]


def leftovers(store: DirectoryStore) -> List[str]:
    """The temporary files of a store, but for its locks."""
    found = Path(store.root, ".staging").rglob("*")
    return [path.name for path in found if path.is_file() and path.suffix != ".lock"]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A small file system of its own; the test is skipped where none may be mounted."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "glacier-test", str(folder)]
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a file system")
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        # Lazily: a test that fails may leave a store that is still open there.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def unprivileged() -> Iterator[Path]:
    """A folder, and rights that can be taken away: for root all are always there."""
    folder = Path(tempfile.mkdtemp())  # in tmp_path nobody but its owner gets as far as this
    user = os.geteuid()
    if user == 0:
        os.chown(folder, 65534, -1)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(user)
        subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=True)
        shutil.rmtree(folder)


# --- no room --------------------------------------------------------------------------------------


def test_on_a_full_disk_nothing_is_stored_and_nothing_lost(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=1m"):
        store = DirectoryStore(tmp_path / "disk" / "data")
        store.put("a/x", b"1")
        for write in attempts(store, size=2 << 20):
            with pytest.raises(StoreFull, match="there is no room to write it") as caught:
                write()
            assert "Make room ('glacier gc' removes versions that nothing" in str(caught.value)
            assert isinstance(caught.value.__cause__, OSError)

        assert [(entry.key, entry.size) for entry in store.list()] == [("a/x", 1)]
        assert leftovers(store) == []
        store.put("a/x", b"2" * (512 << 10))  # there is room again
        store.close()


def test_a_file_beyond_the_limit_of_a_process_is_told_as_no_room(tmp_path: Path) -> None:
    script = """if True:
        import resource, sys
        from glacier.core.errors import StoreFull
        from glacier.core.stores import DirectoryStore
        store = DirectoryStore(sys.argv[1])
        store.put("a/x", b"1")
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            store.put("a/x", b"2" * 8192)
        except StoreFull as error:
            print(error)
        assert store.get("a/x") == b"1"
    """
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, check=True
    )
    assert b"there is no room to write it (File too large). Make room" in done.stdout
    assert leftovers(DirectoryStore(tmp_path)) == []


# --- no right -------------------------------------------------------------------------------------


def test_a_folder_without_the_right_to_write_is_read_and_not_written() -> None:
    with unprivileged() as folder:
        DirectoryStore(folder).put("a/x", b"1")
        shutil.rmtree(folder / ".staging")
        (folder / "a").chmod(0o555)
        folder.chmod(0o555)
        store = DirectoryStore(folder)

        assert store.get("a/x") == b"1"
        for write in [*attempts(store), lambda: store.delete("a/x")]:
            with pytest.raises(StoreDenied, match=r"is not allowed .Permission denied.\. Give"):
                write()
        assert [entry.key for entry in store.list()] == ["a/x"]


def test_a_key_without_the_right_to_read_is_denied() -> None:
    with unprivileged() as folder:
        store = DirectoryStore(folder)
        store.put("a/x", b"1")
        (folder / "a" / "x").chmod(0)

        with pytest.raises(StoreDenied, match=r"a/x: reading it is not allowed"):
            store.get("a/x")
        (folder / "a").chmod(0)
        with pytest.raises(StoreDenied, match=r"listing it is not allowed"):
            list(store.list())


def test_a_file_system_that_is_read_only_is_read_and_not_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=1m"):
        store = DirectoryStore(disk / "data")
        store.put("a/x", b"1")
        store.close()  # nothing that is open for writing can become read-only
        remount = ["mount", "-o", "remount,ro", str(disk)]
        if subprocess.run(remount, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            pytest.skip("nothing can be mounted again here")

        assert store.get("a/x") == b"1"
        for write in attempts(store):
            with pytest.raises(StoreDenied, match="Read-only file system"):
                write()


# --- no folder ------------------------------------------------------------------------------------


@pytest.mark.parametrize("away", ["deleted", "moved"])
def test_a_folder_that_goes_while_it_is_in_use_is_noticed(tmp_path: Path, away: str) -> None:
    store = DirectoryStore(tmp_path / "data")
    store.put("a/x", b"1")
    path = store.stage()
    Path(path).write_bytes(b"2")
    if away == "deleted":
        shutil.rmtree(tmp_path / "data")
    else:
        (tmp_path / "data").rename(tmp_path / "elsewhere")

    with pytest.raises(StoreGone, match="data: the folder was deleted or moved while it was in"):
        store.put("a/x", path)

    DirectoryStore(tmp_path / "data").put("a/x", b"2")  # the next run makes it anew
    assert store.get("a/x") == b"2"


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(StoreError, match="a file is where a folder should be"):
        DirectoryStore(tmp_path / "data").put("a", b"1")


# --- no process any more --------------------------------------------------------------------------

WRITER = """if True:
    import os, pickle, sys
    store = pickle.load(sys.stdin.buffer)
    path = store.stage("csv")
    with open(path, "wb") as file:
        file.write(b"half of it")
    print(path, flush=True)
    os.kill(os.getpid(), 9) if sys.argv[1] == "killed" else sys.stdin.buffer.read()
"""


@contextmanager
def writer(store: DirectoryStore, how: str) -> Iterator[str]:
    """The path that a process has staged, which is killed by itself, or lives for the block."""
    command = [sys.executable, "-c", WRITER, how]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(pickle.dumps(store))
        process.stdin.flush()
        yield process.stdout.readline().decode().strip()
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def test_what_a_killed_process_left_goes_when_another_one_writes(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    with writer(store, "killed") as path:
        pass
    assert os.path.exists(path)

    store.put("a", b"1")

    assert not os.path.exists(os.path.dirname(path))
    assert leftovers(store) == []


def test_what_a_living_process_uses_stays(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put("a", b"1")
    with writer(store, "living") as path:
        assert store.sweep() == []
        assert os.path.exists(path)
    assert not os.path.exists(path)  # it has ended in good order

    with writer(store, "killed") as path:
        pass
    assert store.sweep() == [os.path.basename(os.path.dirname(path))]
    assert store.sweep() == []


def test_a_folder_without_a_lock_goes_when_it_is_old(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.put("a", b"1")
    new, old = (tmp_path / ".staging" / name for name in ("new", "old"))
    for folder in (new, old):
        folder.mkdir()
        (folder / "x").write_bytes(b"")
    os.utime(old, (time.time() - 2 * 86400,) * 2)

    assert store.sweep() == ["old"]
    assert new.exists()
    assert DirectoryStore(tmp_path / "none").sweep() == []
