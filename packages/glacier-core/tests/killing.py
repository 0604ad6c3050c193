"""Kill processes that write versions, at random moments, while others read: python killing.py 200.

A writer commits version after version of two datasets, the second made from the first, and removes
old ones between. Every part of a version tells which version it belongs to, so a reader notices a
mixture. After each kill ``latest`` must name a complete version, and a new writer goes on.
"""

from __future__ import annotations

import os
import random
import select
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import IO, Dict, List, NamedTuple, Optional

from glacier.core.run_ids import new_run_id
from glacier.core.stores import DirectoryStore
from glacier.core.versions import (
    Address,
    Draft,
    Part,
    Reference,
    RunRecord,
    Version,
    collect,
    commit,
    fetch,
    find_latest,
    list_runs,
    list_versions,
    put_part,
    start_run,
)

__all__ = ["Outcome", "kill_writers"]

RAW, CLEAN = Address("etl", "raw"), Address("etl", "clean")
PARTS = 3
SIZE = 60_000  # bytes of a part: several writes, and several reads
RETAIN = 5  # versions; a reader that takes longer than so many commits begins anew


class Outcome(NamedTuple):
    """What happened: writers killed, versions that were read, and how far the writing came."""

    kills: int
    reads: int
    committed: int
    interrupted: int


# --- the processes --------------------------------------------------------------------------------


def write(root: str) -> None:
    """Commit versions until killed, or until the standard input ends."""
    store = DirectoryStore(root)
    print("ready", flush=True)
    while not _ended():
        run = new_run_id()
        start_run(store, RunRecord(run, "etl"))
        raw = _write_version(store, RAW, run, ())
        _write_version(store, CLEAN, run, [raw.reference])
        old = timedelta(0)
        collect(store, retain=RETAIN, grace=timedelta(seconds=2), pins=old, live=[run])
    store.close()


def _write_version(
    store: DirectoryStore, address: Address, run: str, inputs: "List[Reference] | tuple[()]"
) -> Version:
    draft = Draft(address, run, "write")
    parts: List[Part] = []
    for number in range(PARTS):
        path = store.stage("txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{address.dataset} {run} {number}\n" * (SIZE // 45))
        parts.append(put_part(store, draft, number, path))
    return commit(store, draft, parts, format="text", fingerprint="f00d", inputs=inputs)


def read(root: str) -> None:
    """Read the latest versions until the standard input ends; fail if one is not as it should."""
    store = DirectoryStore(root)
    seen: Dict[Address, str] = {}
    reads = 0
    print("ready", flush=True)
    while not _ended():
        for address in (RAW, CLEAN):
            version = check_latest(store, address, seen.get(address, ""))
            if version is not None:
                seen[address] = version
                reads += 1
    print(reads, flush=True)


def check_latest(store: DirectoryStore, address: Address, before: str) -> Optional[str]:
    """Read the latest version; it is complete, of one run, and not older than ``before``."""
    version = find_latest(store, address)
    if version is None:
        assert not before, f"{address} had version {before}, and now there is none"
        return None
    assert version.version >= before, f"latest went back from {before} to {version.version}"
    paths = fetch(store, version)
    assert len(paths) == PARTS
    for number, path in enumerate(paths):
        with open(path, encoding="utf-8") as file:
            lines = set(file)
        expected = {f"{address.dataset} {version.version} {number}\n"}
        assert lines == expected, f"{path} holds {sorted(lines)[:3]}"
    return version.version


def _ended() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


# --- the harness ----------------------------------------------------------------------------------


def kill_writers(root: str, kills: int, *, readers: int = 2, seed: int = 0) -> Outcome:
    """Kill so many writers; raises ``AssertionError`` for whatever a reader finds wrong."""
    chance = random.Random(seed)
    store = DirectoryStore(root)
    watching = [_start("read", root) for _ in range(readers)]
    seen: Dict[Address, str] = {}
    interrupted = 0
    try:
        for number in range(kills):
            # Two at a time, every third time: one of them goes on while the other is killed.
            writers = [_start("write", root) for _ in range(2 if number % 3 == 0 else 1)]
            time.sleep(chance.uniform(0, 0.1))  # the random moment that this is about
            for writer in writers:
                writer.kill()
                writer.wait(60)
                _close(writer)
            interrupted += _is_unfinished(store)
            for address in (RAW, CLEAN):
                seen[address] = check_latest(store, address, seen.get(address, "")) or ""
            assert all(one.poll() is None for one in watching), "a reader failed, see its error"
        _go_on(root, seen)
    finally:
        reads = [_stop(reader) for reader in watching]
    return Outcome(kills, sum(map(int, reads)), _tidy(store), interrupted)


def _go_on(root: str, seen: Dict[Address, str]) -> None:
    """A writer that is not killed commits at once, whatever those before it left."""
    writer = _start("write", root)
    deadline = time.monotonic() + 60
    store = DirectoryStore(root)
    while (check_latest(store, CLEAN, seen[CLEAN]) or "") <= seen[CLEAN]:
        assert writer.poll() is None, "the next writer failed, see its error"
        assert time.monotonic() < deadline, "the next writer does not get on"
    _stop(writer)


def _is_unfinished(store: DirectoryStore) -> int:
    """Whether the writer was killed between the beginning of a run and its end."""
    runs = list_runs(store)
    latest = find_latest(store, CLEAN)
    return int(bool(runs) and (latest is None or latest.version < runs[0]))


def _tidy(store: DirectoryStore) -> int:
    """Collect what was left; nothing remains but whole versions. Returns how many."""
    store.sweep()
    staged = Path(store.root, ".staging")
    left = [one.name for one in staged.iterdir() if not one.name.startswith("keys-")]
    assert left == [], f"temporary files are left: {left}"
    collect(store, retain=None, grace=timedelta(0), pins=timedelta(0), now=time.time() + 1)
    committed = 0
    for address in (RAW, CLEAN):
        for version in list_versions(store, address):
            assert len(fetch(store, version)) == PARTS
            committed += 1
    parts = sum("/data-" in entry.key for entry in store.list())
    assert parts == committed * PARTS, f"{parts} files are left of {committed} versions"
    return committed


def _start(what: str, root: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), what, root],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )
    first = _stream(process.stdout).readline()
    assert first == "ready\n", f"a process that should {what} failed, see its error"
    return process


def _stop(process: "subprocess.Popen[str]") -> str:
    """What a process prints when it is asked to end."""
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0, "a process failed, see its error"
    return out


def _stream(stream: Optional[IO[str]]) -> IO[str]:
    assert stream is not None
    return stream


def _close(process: "subprocess.Popen[str]") -> None:
    for stream in (process.stdin, process.stdout):
        _stream(stream).close()


def main(what: str, root: str = "") -> None:
    if what == "write":
        write(root)
    elif what == "read":
        read(root)
    else:
        seed = random.randrange(1 << 30)
        print(f"killing {what} writers, seed {seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            print(kill_writers(os.path.join(folder, "data"), int(what), seed=seed))


if __name__ == "__main__":
    main(*sys.argv[1:])
