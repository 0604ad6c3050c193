"""Kill processes that run pipelines, at random moments, while others read: killing_runs.py 200.

The pipeline stores records, a table, items of a mapped task, a file and a stream, and publishes two
of them. Every value tells which run made it and which runs made what it was made from, so a reader
notices a mixture. After each kill ``latest`` must name whole versions, none older than before, and
the killed run is resumed: what it had committed is not made again.
"""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Dict, List, NamedTuple, Optional, Sequence

from glacier.core import Context, Dataset, ObjectStorage, Pipeline
from glacier.core.formats import read_value
from glacier.core.stores import DirectoryStore
from glacier.core.versions import (
    Address,
    Version,
    collect,
    fetch,
    find_latest,
    list_versions,
    read_version,
)
from glacier.local import LocalExecutor

__all__ = ["Outcome", "kill_runs"]

STORED = ("rows", "table", "items", "file", "lines", "total")
EXPORTS = "exports"  # in the working folder
PROGRAM = os.path.abspath(__file__)


class Outcome(NamedTuple):
    """What happened: runs begun and killed before their end, tasks of them that were not repeated
    and that were, versions that others read meanwhile, and how many were committed."""

    kills: int
    begun: int
    interrupted: int
    reused: int
    repeated: int
    reads: int
    committed: int


# --- the pipeline ---------------------------------------------------------------------------------

try:
    import pyarrow
except ImportError:  # the table is records then, as CSV
    pyarrow = None

lake = ObjectStorage("lake")
etl = Pipeline("etl")
keys = Dataset("keys")
rows = Dataset("rows", storage=lake)
table = Dataset(
    "table",
    storage=lake,
    publish=os.path.join(EXPORTS, "table", ""),
    format="parquet" if pyarrow is not None else "csv",
)
items = Dataset("items", storage=lake)
file = Dataset("file", storage=lake)
lines = Dataset("lines", storage=lake)
total = Dataset("total", storage=lake, publish=os.path.join(EXPORTS, "total.json"))


@etl.task
def make_keys() -> keys:
    return list(range(4))


@etl.task
def make_rows(context: Context) -> rows:
    return [{"rows": context.run_id, "n": n} for n in range(3000)]


@etl.task
def make_table(data: rows, context: Context) -> table:
    made = [
        {"table": context.run_id, "rows": row["rows"], "n": str(row["n"])} for row in data[:2000]
    ]
    return made if pyarrow is None else pyarrow.Table.from_pylist(made)


@etl.task
def enlarge(key: keys.each, data: rows, context: Context) -> items:
    return {"items": context.run_id, "rows": data[0]["rows"], "key": key, "long": [key] * 5000}


@etl.task
def export(data: table, context: Context) -> file:
    path = context.new_path(".jsonl")
    found = data if pyarrow is None else data.to_pylist()
    with open(path, "w", encoding="utf-8") as target:
        for row in found:
            target.write(json.dumps({"file": context.run_id, "table": row["table"]}) + "\n")
    return path


@etl.task
def stream(data: rows, context: Context) -> lines:
    for number in range(3):
        made = {"lines": context.run_id, "rows": data[0]["rows"], "part": number}
        yield (json.dumps(made) + "\n").encode() * 800


@etl.task
def add_up(a: items, b: file, c: lines, context: Context) -> total:
    return {
        "total": context.run_id,
        "items": a[0]["items"],
        "file": json.loads(b.read_text().split("\n")[0])["file"],
        "lines": json.loads(c[0].split(b"\n")[0])["lines"],
        "long": ["x"] * 20_000,
    }


MAKERS = {name: step.task for step in etl.plan().steps for name in step.outputs if name in STORED}


def tags(name: str, paths: Sequence[str], version: Version) -> List[Dict[str, str]]:
    """What all parts of a version tell of its origin, as distinct facts; whole, or it raises."""
    if name == "file":
        found = [json.loads(line) for path in paths for line in Path(path).read_text().splitlines()]
        assert len(found) == 2000
    elif name == "lines":
        found = [json.loads(line) for path in paths for line in Path(path).read_text().splitlines()]
        assert [one["part"] for one in found[::800]] == [0, 1, 2]
        assert len(found) == 2400
    else:
        value = read_value(paths, format=version.format, mapped=version.mapped, kind=version.kind)
        found = _records(name, value)
    return _distinct(found)


def _records(name: str, value: Any) -> List[Dict[str, Any]]:
    if name == "total":
        assert len(value["long"]) == 20_000
        return [value]
    found: List[Dict[str, Any]] = value if isinstance(value, list) else value.to_pylist()
    assert len(found) == {"rows": 3000, "table": 2000, "items": 4}[name]
    if name == "items":
        assert [one["key"] for one in found] == [0, 1, 2, 3]
        assert all(one["long"] == [one["key"]] * 5000 for one in found)
    else:
        assert [int(one["n"]) for one in found] == list(range(len(found)))
    return found


def _distinct(found: List[Dict[str, Any]]) -> List[Dict[str, str]]:
    facts = {tuple((key, one[key]) for key in STORED if key in one) for one in found}
    return [dict(one) for one in facts]


# --- the processes --------------------------------------------------------------------------------


def executor(root: str, how: str) -> LocalExecutor:
    return LocalExecutor(2, root=root, processes=how == "processes")


def write(root: str, how: str) -> None:
    """Run the pipeline until killed, telling of each run when it begins and when it ends."""
    print("ready", flush=True)
    while not _ended():
        executor(root, how).execute(etl, listeners=[_tell])


def _tell(event: Any) -> None:
    if type(event).__name__ in ("RunStarted", "RunFinished"):
        print(type(event).__name__, event.run_id, flush=True)


def read(root: str, _: str) -> None:
    """Read what is the latest until the standard input ends; fail if it is not as it should."""
    store = DirectoryStore(os.path.join(root, "storage", "lake"))
    seen: Dict[str, str] = {}
    reads = 0
    print("ready", flush=True)
    while not _ended(pause=0.02):  # there is more to do here than to read
        for name in STORED:
            seen[name] = check_latest(store, name, seen.get(name, ""))
            reads += bool(seen[name])
        check_published()
    print(reads, flush=True)


def check_latest(store: DirectoryStore, name: str, before: str) -> str:
    """Read the latest version: it is whole, of one run, made from what its record says, and not
    older than ``before``."""
    version = find_latest(store, Address("etl", name))
    if version is None:
        assert not before, f"{name} had version {before}, and now there is none"
        return ""
    assert version.version >= before, f"{name} went back from {before} to {version.version}"
    check_version(store, version)
    return version.version


def check_version(store: DirectoryStore, version: Version) -> None:
    name = version.address.dataset
    found = tags(name, fetch(store, version), version)
    expected = {name: version.data}
    for address, read_by_it in version.inputs:
        expected[address.dataset] = read_version(store, address, read_by_it).data
    assert found == [expected], f"{version} should be of {expected}, and is of {found}"


def check_published() -> Dict[str, str]:
    """What is published is whole too; returns which runs have made it."""
    made: Dict[str, str] = {}
    path = Path(EXPORTS, "total.json")
    if path.exists():
        value = json.loads(path.read_text())
        assert len(value["long"]) == 20_000
        made["total"] = value["total"]
    link = os.path.join(EXPORTS, "table")
    while os.path.lexists(link):
        folder = Path(EXPORTS, os.readlink(link))
        try:
            paths = sorted(map(str, folder.iterdir()))
            form = "parquet" if pyarrow is not None else "csv"
            kind = "pyarrow.Table" if pyarrow is not None else None
            (facts,) = _distinct(_records("table", read_value(paths, format=form, kind=kind)))
        except FileNotFoundError:
            # It has been replaced twice since the link was read.
            assert os.readlink(link) != folder.name, f"{folder} is not there"
            continue
        made["table"] = facts["table"]
        break
    return made


def _ended(pause: float = 0) -> bool:
    return bool(select.select([sys.stdin], [], [], pause)[0])


# --- the harness ----------------------------------------------------------------------------------


class Harness:
    """Kills, looks at what is left, and goes on from it."""

    def __init__(self, root: str, *, seed: int) -> None:
        self.root = root
        self.chance = random.Random(seed)
        self.store = DirectoryStore(os.path.join(root, "storage", "lake"))
        self.seen: Dict[str, str] = {}
        self.begun = self.interrupted = self.reused = self.repeated = 0

    def kill(self, number: int) -> None:
        """Start one writer or two, kill them, check what there is, and resume what they did."""
        how = "processes" if number % 4 == 1 else "threads"
        writers = [_start("write", self.root, how) for _ in range(2 if number % 3 == 0 else 1)]
        longest = 2.0 if how == "processes" else 0.6
        time.sleep(self.chance.uniform(0, longest))  # the random moment that this is about
        for writer in writers:
            assert writer.poll() is None, "a run failed, see its error"
            writer.kill()
        told = [_rest(writer).split() for writer in writers]
        self.check()
        for words in told:
            ids = words[1::2]
            self.begun += len(set(ids))
            if words and words[-2] == "RunStarted":
                self.interrupted += 1
                self.resume(ids[-1], "processes" if number % 8 == 2 else "threads")

    def check(self) -> None:
        for name in STORED:
            self.seen[name] = check_latest(self.store, name, self.seen.get(name, ""))
        check_published()

    def resume(self, killed: str, how: str) -> None:
        """Go on from a killed run: only what it had not committed is made again."""
        done = {name: self.done(name, killed) for name in STORED}
        run = executor(self.root, how).execute(etl, resume=killed)
        for name, version in done.items():
            state = str(run.tasks[MAKERS[name]].state)
            assert state == ("succeeded" if version is None else "up_to_date"), (name, state)
            made = read_version(self.store, Address("etl", name), run.run_id)
            assert made.data == (run.run_id if version is None else version.data)
            check_version(self.store, made)
            assert find_latest(self.store, made.address) == made
        published = dict.fromkeys(("table", "total"), run.run_id)
        published.update({n: v.data for n, v in done.items() if v is not None and n in published})
        assert check_published() == published
        self.reused += sum(version is not None for version in done.values())
        self.repeated += sum(version is None for version in done.values())
        self.check()

    def done(self, name: str, run: str) -> Optional[Version]:
        versions = list_versions(self.store, Address("etl", name))
        return next((one for one in versions if one.version == run), None)

    def _sweep(self, store: DirectoryStore) -> None:
        """Remove what killed processes left; workers of the last of them may still be ending."""
        staged, end = Path(store.root, ".staging"), time.monotonic() + 20
        left: List[str] = ["?"]
        while left:
            assert time.monotonic() < end, f"temporary files are left: {left}"
            store.sweep()
            left = [one.name for one in staged.glob("*") if not one.name.startswith("keys-")]

    def tidy(self) -> int:
        """Collect what was left; nothing remains but whole versions. Returns how many."""
        for folder in ("storage/lake", "workspace"):
            self._sweep(DirectoryStore(os.path.join(self.root, folder)))
        collect(self.store, retain=None, grace=timedelta(0), pins=timedelta(0), now=time.time() + 1)
        versions = [
            one for name in STORED for one in list_versions(self.store, Address("etl", name))
        ]
        for one in versions:
            check_version(self.store, one)
        parts = sum("/data-" in entry.key for entry in self.store.list())
        assert parts == sum(len(one.parts) for one in versions if one.data == one.version)
        published = [one for one in os.listdir(EXPORTS) if one.endswith(".part")]
        assert published == [], f"parts of what was published are left: {published}"
        return len(versions)


def kill_runs(folder: str, kills: int, *, readers: int = 2, seed: int = 0) -> Outcome:
    """Kill so many times; raises ``AssertionError`` for whatever is wrong after that.

    It works in a process whose working folder is ``folder``, where the exports go.
    """
    os.chdir(folder)
    root = os.path.join(folder, ".glacier")
    executor(root, "threads").execute(etl)
    harness = Harness(root, seed=seed)
    watching = [_start("read", root, "threads") for _ in range(readers)]
    try:
        for number in range(kills):
            harness.kill(number)
            assert all(one.poll() is None for one in watching), "a reader failed, see its error"
        executor(root, "threads").execute(etl)
        harness.check()
    finally:
        reads = [_stop(reader) for reader in watching]
    committed = harness.tidy()
    h = harness
    total_reads = sum(map(int, reads))
    return Outcome(kills, h.begun, h.interrupted, h.reused, h.repeated, total_reads, committed)


def _start(what: str, root: str, how: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, PROGRAM, what, root, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )
    first = _stream(process.stdout).readline()
    assert first == "ready\n", f"a process that should {what} failed, see its error"
    return process


def _rest(process: "subprocess.Popen[str]") -> str:
    """What a killed process has told; its workers have the stream too, so they are gone then."""
    told = _stream(process.stdout).read()
    process.wait(60)
    for stream in (process.stdin, process.stdout):
        _stream(stream).close()
    return told.rpartition("\n")[0]


def _stop(process: "subprocess.Popen[str]") -> str:
    """What a process prints when it is asked to end."""
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0, "a process failed, see its error"
    return out


def _stream(stream: Optional[IO[str]]) -> IO[str]:
    assert stream is not None
    return stream


def main(what: str, root: str = "", how: str = "") -> None:
    if what == "write":
        write(root, how)
    elif what == "read":
        read(root, how)
    else:
        seed = int(root) if root else random.randrange(1 << 30)
        print(f"killing {what} runs, seed {seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            begun = time.monotonic()
            outcome = kill_runs(folder, int(what), seed=seed)
            os.chdir(tempfile.gettempdir())
        print(f"{outcome} in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
