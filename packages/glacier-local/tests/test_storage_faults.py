"""Stored datasets of whole runs on disks that are full, read-only, gone, or were tampered with.

Each error says what, where, why and how to mend it; nothing is half-written, and once it is mended
the next run works.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Iterator, List, Optional

import pytest

from glacier.core import Dataset, ObjectStorage, Pipeline, RunFailed
from glacier.core.errors import GlacierError, InvalidName, NothingStored, NotReadable, NotStored
from glacier.core.protocols import FolderPlaces
from glacier.local import LocalExecutor

pytestmark = pytest.mark.skipif(
    sys.platform in ("win32", "emscripten"), reason="file systems and processes of POSIX"
)

lake = ObjectStorage("lake")


def pipeline(size: int = 10, *, factor: int = 2, name: str = "etl") -> Pipeline:
    """Two stored datasets, the second made from the first."""
    made = Pipeline(name)
    raw = Dataset("raw", storage=lake)
    clean = Dataset("clean", storage=lake)

    @made.task
    def extract() -> raw:
        return ["x" * size, "y" * size]

    @made.task
    def transform(data: raw) -> clean:
        return [len(one) * factor for one in data]

    return made


def reader(name: str = "etl", *, form: Optional[str] = None) -> Pipeline:
    """Reads what an earlier run has stored."""
    made = Pipeline(name)
    clean = Dataset("clean", storage=lake, format=form)
    total = Dataset("total")

    @made.task
    def add(values: clean) -> total:
        return sum(values)

    return made


@pytest.fixture(params=["threads", "processes"])
def how(request: Any) -> bool:
    """Whether tasks run in processes."""
    return bool(request.param == "processes")


def execute(made: Pipeline, root: Path, how: bool = False, **options: Any) -> Any:
    return LocalExecutor(2, processes=how, root=root, history=False).execute(made, **options)


def failure(made: Pipeline, root: Path, how: bool = False) -> BaseException:
    """What the first task that fails raises."""
    with pytest.raises(RunFailed) as caught:
        execute(made, root, how)
    cause = caught.value.__cause__
    assert cause is not None
    return cause


def files(root: Path) -> List[str]:
    """The files of all stores, but for locks and what begins runs."""
    found = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
    return sorted(
        str(path)
        for path in found
        if path.suffix != ".lock" and "_runs" not in path.parts and "workspace" not in path.parts
    )


def data_file(root: Path, dataset: str = "clean") -> Path:
    (path,) = (root / "storage" / "lake" / "etl" / dataset).rglob("data-*")
    return path


def record_file(root: Path, dataset: str = "clean") -> Path:
    (path,) = (root / "storage" / "lake" / "etl" / dataset).rglob("version.json")
    return path


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)  # what is stored is read-only
    path.write_bytes(data)


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


def fill(path: Path) -> None:
    """Write a file until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"0" * 4096)


# --- no room, no right, no folder -----------------------------------------------------------------


def test_on_a_full_disk_a_run_fails_and_leaves_what_was_there(tmp_path: Path, how: bool) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=2m"):
        root = disk / ".glacier"
        execute(pipeline(), root, how)
        before = files(root)

        error = failure(pipeline(4 << 20), root, how)

        assert isinstance(error, NotStored)
        assert str(error).startswith("task 'extract': what it returned for 'raw' is not stored: ")
        assert (disk / ".glacier" / "storage" / "lake").as_uri() in str(error)
        assert "there is no room to write it (No space left on device)" in str(error)
        assert "Make room ('glacier gc' removes versions that nothing needs)" in str(error)
        assert files(root) == before
        assert execute(reader(), root, how)["total"] == 40

        subprocess.run(["mount", "-o", "remount,size=32m", str(disk)], check=True)
        assert execute(pipeline(4 << 20), root, how)["clean"] == [8 << 20, 8 << 20]


@pytest.mark.parametrize(
    "kind", ["numpy", "pandas", "polars", "LazyFrame", "pyarrow", "RecordBatchReader", "iterator"]
)
def test_what_libraries_write_to_a_full_disk_fails_alike(tmp_path: Path, kind: str) -> None:
    numpy = pytest.importorskip("numpy")
    if kind not in ("numpy", "iterator"):
        pytest.importorskip({"LazyFrame": "polars", "RecordBatchReader": "pyarrow"}.get(kind, kind))
    made, large = Pipeline("etl"), Dataset("large", storage=lake)

    @made.task
    def make() -> large:
        values = numpy.random.default_rng(0).random(500_000)
        if kind == "numpy":
            return values
        if kind == "iterator":
            return (values.tobytes() for _ in range(9))
        if kind == "pandas":
            import pandas

            return pandas.DataFrame({"x": values})
        if kind in ("polars", "LazyFrame"):
            import polars

            frame = polars.DataFrame({"x": values})
            return frame if kind == "polars" else frame.lazy()
        import pyarrow

        table = pyarrow.table({"x": values})
        return table if kind == "pyarrow" else table.to_reader()

    disk = tmp_path / "disk"
    with mounted(disk, "size=2m"):
        error = failure(made, disk / ".glacier")
        assert isinstance(error, NotStored)
        assert "there is no room to write it (" in str(error)
        assert "No space left on device). Make room" in str(error)
        assert files(disk / ".glacier") == []


def test_an_error_of_a_stream_is_its_own(tmp_path: Path) -> None:
    made, lines = Pipeline("etl"), Dataset("lines", storage=lake)

    @made.task
    def fetch() -> lines:
        yield {"line": 1}
        raise ConnectionResetError(104, "Connection reset by peer")

    assert isinstance(failure(made, tmp_path / ".glacier"), ConnectionResetError)
    assert files(tmp_path / ".glacier") == []


def test_the_history_of_a_run_on_a_full_disk_does_not_hide_why_it_failed(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=3m"):
        executor = LocalExecutor(root=disk / ".glacier")
        executor.execute(pipeline())
        with pytest.raises(RunFailed, match="no room to write it"):
            executor.execute(pipeline(4 << 20))
        fill(disk / "filler")
        with pytest.raises(GlacierError, match="there is no room to write it"):
            executor.execute(pipeline())
        (disk / "filler").unlink()
        assert executor.execute(pipeline())["clean"] == [20, 20]


def test_a_file_beyond_the_limit_of_a_process_is_no_room(tmp_path: Path) -> None:
    script = """if True:
        import resource, sys
        sys.path.insert(0, sys.argv[2])
        from pathlib import Path
        import test_storage_faults as faults
        root = Path(sys.argv[1])
        faults.execute(faults.pipeline(), root)
        before = faults.files(root)
        soft = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, soft[1]))
        print(faults.failure(faults.pipeline(100_000), root))
        assert faults.files(root) == before
        resource.setrlimit(resource.RLIMIT_FSIZE, soft)
        assert faults.execute(faults.pipeline(100_000), root)["clean"] == [200_000, 200_000]
    """
    command = [sys.executable, "-c", script, str(tmp_path / ".glacier"), str(Path(__file__).parent)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert "'raw' is not stored: " in done.stdout
    assert "there is no room to write it (File too large). Make room" in done.stdout


def test_a_folder_that_is_read_only_is_read_and_not_written(tmp_path: Path, how: bool) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "size=8m"):
        root = disk / ".glacier"
        script = """if True:
            import sys
            sys.path.insert(0, sys.argv[2])
            from pathlib import Path
            import test_storage_faults as faults
            faults.execute(faults.pipeline(), Path(sys.argv[1]))
        """
        command = [sys.executable, "-c", script, str(root), str(Path(__file__).parent)]
        subprocess.run(command, check=True)  # nothing that is open can become read-only
        before = files(root)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)

        with pytest.raises(GlacierError) as caught:
            execute(pipeline(), root, how)
        assert root.as_uri() in str(caught.value)
        assert "is not allowed (Read-only file system)" in str(caught.value)
        assert "Give this user the right to do so, or name another place." in str(caught.value)
        assert files(root) == before

        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        assert execute(pipeline(), root, how)["clean"] == [20, 20]


def test_a_folder_that_is_deleted_during_the_run_is_named(tmp_path: Path) -> None:
    root = tmp_path / ".glacier"
    made = Pipeline("etl")
    raw, clean = Dataset("raw", storage=lake), Dataset("clean", storage=lake)

    @made.task
    def extract() -> raw:
        return [1]

    @made.task
    def transform(data: raw) -> clean:
        if not (tmp_path / "mended").exists():
            shutil.rmtree(root)
        return data

    error = failure(made, root)

    assert isinstance(error, NotStored)
    assert (root / "storage" / "lake").as_uri() in str(error)
    assert "the folder was deleted or moved while it was in use. Run again" in str(error)
    (tmp_path / "mended").touch()
    run = execute(made, root)
    assert run["clean"] == [1]
    assert len([name for name in files(root) if "version.json" in name]) == 2


def test_a_folder_that_is_deleted_under_worker_processes_is_made_anew(tmp_path: Path) -> None:
    # A worker that has not written there yet cannot know that the folder was another one.
    root = tmp_path / ".glacier"
    made = Pipeline("etl")
    raw, clean = Dataset("raw", storage=lake), Dataset("clean", storage=lake)

    @made.task
    def extract() -> raw:
        return [1]

    @made.task
    def transform(data: raw) -> clean:
        shutil.rmtree(root)
        return data

    run = execute(made, root, how=True, raise_on_failure=False)

    (error,) = [str(task.error) for task in run.tasks.values() if task.error] or [""]
    if error:
        assert "the folder was deleted or moved while it was in use" in error
    else:
        assert run["clean"] == [1]
        assert {Path(name).parts[3] for name in files(root)} == {"clean"}
    assert execute(pipeline(), root, how=True)["clean"] == [20, 20]


# --- tampered with --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "JSONDecodeError"),
        (b'{"record": 1', "JSONDecodeError"),
        (b'{"record": 99}', "99"),
        (b"[]", ""),
        (b'{"record": 1, "version": "x"}', "KeyError"),
        (b"\xff\xfe", "is broken"),
    ],
)
def test_a_record_that_is_corrupted_is_named(tmp_path: Path, text: bytes, why: str) -> None:
    root = tmp_path / ".glacier"
    execute(pipeline(), root)
    record = record_file(root)
    overwrite(record, text)

    with pytest.raises(GlacierError) as caught:
        execute(reader(), root)

    assert record.as_uri() in str(caught.value)
    assert why in str(caught.value)
    assert execute(pipeline(), root)["clean"] == [20, 20]
    assert execute(reader(), root)["total"] == 40


def test_a_record_from_elsewhere_is_refused(tmp_path: Path) -> None:
    root = tmp_path / ".glacier"
    execute(pipeline(), root)
    overwrite(record_file(root), record_file(root, "raw").read_bytes())

    with pytest.raises(GlacierError, match=r"it is the record of version .* of etl/raw"):
        execute(reader(), root)


def test_a_file_that_was_cut_is_named_with_its_checksum(tmp_path: Path, how: bool) -> None:
    root = tmp_path / ".glacier"
    execute(pipeline(), root, how)
    path = data_file(root)
    record = json.loads(record_file(root).read_bytes())
    overwrite(path, path.read_bytes()[:-2])

    error = failure(reader(), root, how)

    assert isinstance(error, NotReadable)
    assert "task 'add': its input 'clean' cannot be read: version" in str(error)
    assert f"is damaged: {path.as_uri()} should be" in str(error)
    assert record["parts"][0]["sha256"] in str(error)
    assert "Restore the file, or run the task that makes it again." in str(error)
    assert execute(pipeline(), root, how)["clean"] == [20, 20]
    assert execute(reader(), root, how)["total"] == 40


def test_a_file_that_was_changed_is_named_with_both_checksums(tmp_path: Path, how: bool) -> None:
    from hashlib import sha256

    root = tmp_path / ".glacier"
    execute(pipeline(), root, how)
    path = data_file(root)
    before = path.read_bytes()
    overwrite(path, before.replace(b"20", b"21"))

    error = str(failure(reader(), root, how))

    assert sha256(before).hexdigest() in error
    assert sha256(path.read_bytes()).hexdigest() in error
    overwrite(path, before)
    assert execute(reader(), root, how)["total"] == 40


def test_a_file_that_is_missing_is_named(tmp_path: Path, how: bool) -> None:
    root = tmp_path / ".glacier"
    execute(pipeline(), root, how)
    path = data_file(root)
    path.unlink()

    error = str(failure(reader(), root, how))

    assert path.as_uri() in error
    assert "'clean' cannot be read" in error


# --- malice ---------------------------------------------------------------------------------------


class Planted:
    """What a pickle runs that somebody has put into a bucket."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.target),)


def plant(root: Path, target: Path) -> None:
    """Let the newest version be a pickle, with a record that is right about it."""
    from hashlib import sha256

    data = pickle.dumps(Planted(target))
    path, record = data_file(root), record_file(root)
    planted = path.with_suffix(".pickle")
    planted.write_bytes(data)
    content = json.loads(record.read_bytes())
    key = content["parts"][0]["key"].rpartition(".")[0] + ".pickle"
    content["format"] = "pickle"
    content["parts"] = [
        {"key": key, "size": len(data), "sha256": sha256(data).hexdigest(), "rows": None}
    ]
    overwrite(record, json.dumps(content).encode())


def test_a_pickle_in_a_shared_store_is_refused(tmp_path: Path, how: bool) -> None:
    root, target = tmp_path / ".glacier", tmp_path / "owned"
    execute(pipeline(), root, how)
    plant(root, target)

    error = failure(reader(), root, how)

    assert isinstance(error, NotReadable)
    assert "is a pickle, and the dataset does not ask for one" in str(error)
    assert "declare Dataset(…, format='pickle')" in str(error)
    assert not target.exists()
    run = execute(pipeline(), root, how)
    say_pickle(root)
    with pytest.raises(GlacierError, match="is a pickle"):  # nor where a run is asked for it
        run["clean"]
    assert not target.exists()


def say_pickle(root: Path) -> None:
    """Let all versions say that they are pickles."""
    for record in (root / "storage" / "lake" / "etl" / "clean").rglob("version.json"):
        content = json.loads(record.read_bytes())
        content["format"] = "pickle"
        overwrite(record, json.dumps(content).encode())


def test_a_pickle_that_the_dataset_asks_for_is_read(tmp_path: Path, how: bool) -> None:
    root, target = tmp_path / ".glacier", tmp_path / "wanted"
    execute(pipeline(), root, how)
    plant(root, target)

    failure(reader(form="pickle"), root, how)  # what it made is no list of numbers

    assert target.exists()


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "../x", "/etc/passwd", "a\\b", "", "a\x00b", "a..b", "~", "ä"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    for make in (Dataset, ObjectStorage, Pipeline):
        with pytest.raises(InvalidName):
            make(name)


@pytest.mark.parametrize("run", ["../../etc/passwd", "a/b", "..", ""])
def test_a_run_id_that_leads_elsewhere_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises((GlacierError, ValueError)) as caught:
        execute(pipeline(), tmp_path / ".glacier", resume=run)
    assert isinstance(caught.value, GlacierError), type(caught.value)


def test_a_link_out_of_the_store_is_refused(tmp_path: Path, how: bool) -> None:
    root, elsewhere = tmp_path / ".glacier", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / "storage" / "lake" / "etl").mkdir(parents=True)
    (root / "storage" / "lake" / "etl" / "clean").symlink_to(elsewhere)

    with pytest.raises(GlacierError) as caught:
        execute(pipeline(), root, how)

    assert "clean" in str(caught.value)
    assert list(elsewhere.iterdir()) == []


def test_a_record_whose_file_lies_elsewhere_is_refused(tmp_path: Path, how: bool) -> None:
    root = tmp_path / ".glacier"
    execute(pipeline(), root, how)
    record = record_file(root)
    content = json.loads(record.read_bytes())
    content["parts"][0]["key"] = "../../../../../secret"
    overwrite(record, json.dumps(content).encode())

    with pytest.raises(GlacierError) as caught:
        execute(reader(), root, how)
    assert record.as_uri() in str(caught.value)


# --- a run that cannot begin ----------------------------------------------------------------------


def test_a_run_that_cannot_begin_lets_go_of_its_stores(tmp_path: Path) -> None:
    closed: List[bool] = []

    class Places(FolderPlaces):
        def close(self) -> None:
            super().close()
            closed.append(True)

    class Watched(LocalExecutor):
        def places(self) -> FolderPlaces:
            return Places(self.root)

    with pytest.raises(NothingStored, match="clean"):
        Watched(root=tmp_path / ".glacier").execute(reader())

    assert closed == [True]
