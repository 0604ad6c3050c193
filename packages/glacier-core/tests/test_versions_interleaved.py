"""Writers, readers of the past and a collector at once: whatever the order, nothing is broken.

Each of them runs on a thread that stops before every operation on the store, so Hypothesis decides
which of them goes on, and which is killed there. It finds an order that breaks a promise, and shows
the shortest.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable, Dict, List, NoReturn, Optional, Set, Tuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from object_stores import memory_objects
from version_stores import CLEAN, RAW, run_id

from glacier.core.contracts import Store
from glacier.core.errors import KeyMissing, VersionMissing
from glacier.core.libraries import installed
from glacier.core.stores import DirectoryStore
from glacier.core.versions import (
    Address,
    Draft,
    Reference,
    RunRecord,
    Version,
    collect,
    commit,
    fetch,
    find_fingerprint,
    find_latest,
    list_versions,
    put_part,
    read_version,
    reuse,
    start_run,
)

PATIENCE = 60.0  # seconds for one operation


class Killed(BaseException):
    """What ends a thread here ends a process elsewhere."""


class Actor:
    """A job that goes on by one operation of the store at a time."""

    def __init__(self, store: Store, job: Callable[[Store], object], *, run: str = "") -> None:
        self.run = run
        self.ended = self.killed = False
        self.error: Optional[BaseException] = None
        self._job, self._store = job, store
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._wait()

    def step(self) -> None:
        self._go.release()
        self._wait()

    def kill(self) -> None:
        self.killed = True
        while not self.ended:
            self.step()

    def pause(self) -> None:
        self._back.release()
        self._go.acquire()
        if self.killed:
            raise Killed

    def _wait(self) -> None:
        assert self._back.acquire(timeout=PATIENCE), "an operation does not end"

    def _work(self) -> None:
        try:
            self._job(Stepped(self._store, self.pause))  # type: ignore[arg-type]
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.ended = True
        self._back.release()


class Stepped:
    """A store that asks before each operation."""

    def __init__(self, store: Store, pause: Callable[[], None]) -> None:
        self._store, self._pause = store, pause

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name in ("uri", "stage", "local"):  # they change nothing
            return method

        def asking(*args: Any, **options: Any) -> Any:
            self._pause()
            found = method(*args, **options)
            return iter(list(found)) if name == "list" else found

        return asking

    def __reduce__(self) -> NoReturn:
        raise TypeError


class Versions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.store = self.make_store(self.folder)
        self.actors: List[Actor] = []
        self.attempts = 0
        self.latest: Dict[Address, str] = {}
        self.committed: Dict[Reference, Version] = {}
        self.pinned: Set[Reference] = set()
        self.collector: Optional[Actor] = None
        self.collections = 0
        self.reusing: Dict[str, int] = {}

    def make_store(self, folder: str) -> Any:
        """An empty store; what it needs of this machine lies in the folder."""
        return DirectoryStore(folder, durable=False)

    # --- what happens -----------------------------------------------------------------------------

    @rule(
        number=st.integers(1, 6),
        address=st.sampled_from([RAW, CLEAN]),
        fingerprint=st.sampled_from(["f", "g"]),
    )
    def write(self, number: int, address: Address, fingerprint: str) -> None:
        draft = self._draft(number, address)
        self._begin(lambda store: self._write(store, draft, fingerprint), draft.run)

    @rule(number=st.integers(1, 6), fingerprint=st.sampled_from(["f", "g"]))
    def reuse_or_write(self, number: int, fingerprint: str) -> None:
        draft = self._draft(number, RAW)

        def job(store: Store) -> None:
            older = find_fingerprint(store, RAW, fingerprint)
            if older is not None:
                self.reusing[draft.run] = self.reusing.get(draft.run, 0) + 1
                try:
                    reuse(store, draft, older)
                    return
                except VersionMissing:
                    pass
                finally:
                    self.reusing[draft.run] -= 1
            self._write(store, draft, fingerprint)

        self._begin(job, draft.run)

    @rule()
    def pin(self) -> None:
        self.attempts += 1
        run, before, quiet = f"run-{self.attempts}", self.collections, self.collector is None

        def job(store: Store) -> None:
            latest = find_latest(store, RAW)
            if latest is None:
                return
            try:
                start_run(store, RunRecord(run, "etl", pins=(latest.reference,)))
            except VersionMissing:
                return
            if quiet and before == self.collections:
                self.pinned.add(latest.reference)

        self._begin(job, run)

    @precondition(lambda self: self.collector is None)
    @rule()
    def collect(self) -> None:
        live = [actor.run for actor in self.actors if not actor.ended]
        self.collections += 1
        self.collector = self._begin(
            lambda store: collect(store, retain=1, grace=timedelta(0), live=live)
        )

    @precondition(lambda self: self.actors)
    @rule(which=st.integers(0, 99), times=st.integers(1, 12))
    def step(self, which: int, times: int) -> None:
        actor = self.actors[which % len(self.actors)]
        while times and not actor.ended:
            actor.step()
            times -= 1
        self._let_go(actor)

    @precondition(lambda self: self.actors)
    @rule(which=st.integers(0, 99))
    def kill(self, which: int) -> None:
        actor = self.actors[which % len(self.actors)]
        actor.kill()
        self._let_go(actor)

    # --- what holds -------------------------------------------------------------------------------

    @invariant()
    def the_latest_is_complete_and_never_goes_back(self) -> None:
        for address in (RAW, CLEAN):
            version = find_latest(self.store, address)
            before = self.latest.get(address, "")
            assert (version.version if version else "") >= before
            if version is not None:
                self.latest[address] = version.version
                self._check(version)

    @invariant()
    def every_version_is_whole_and_stays_what_it_is(self) -> None:
        for address in (RAW, CLEAN):
            there = list_versions(self.store, address)
            gone = set(self.committed).difference(one.reference for one in there)
            for reference in gone:
                if reference.address == address:
                    del self.committed[reference]  # collected: its run may write it anew
            for version in there:
                if self.reusing.get(version.run):
                    continue  # its writer is still to see whether the data are there
                self._check(version)
                assert self.committed.setdefault(version.reference, version) == version

    @invariant()
    def what_a_run_has_pinned_is_there(self) -> None:
        for address, version in self.pinned:
            self._check(read_version(self.store, address, version))

    def teardown(self) -> None:
        try:
            self._end()
        finally:
            for actor in self.actors:
                actor.kill()
            self.store.close()
            shutil.rmtree(self.folder)

    # --- how --------------------------------------------------------------------------------------

    def _end(self) -> None:
        """All that are at work come to their end, and the next writer succeeds."""
        for actor in list(self.actors):
            while not actor.ended:
                actor.step()
            self._let_go(actor)
            self.every_version_is_whole_and_stays_what_it_is()
        self.the_latest_is_complete_and_never_goes_back()
        self.every_version_is_whole_and_stays_what_it_is()
        self.what_a_run_has_pinned_is_there()
        made = self._write(self.store, self._draft(9, RAW), "f")
        collect(self.store, retain=1, grace=timedelta(0))
        found = find_latest(self.store, RAW)
        assert found == made == find_fingerprint(self.store, RAW, "f")

    def _draft(self, number: int, address: Address) -> Draft:
        self.attempts += 1
        return Draft(address, run_id(number), "t", self.attempts)

    def _write(self, store: Store, draft: Draft, fingerprint: str) -> Version:
        parts = []
        for number in range(2):
            path = store.stage("txt")
            Path(path).write_text(f"{draft.attempt} {number}", encoding="utf-8")
            parts.append(put_part(store, draft, number, path))
        return commit(store, draft, parts, format="text", fingerprint=fingerprint)

    def _check(self, version: Version) -> None:
        """It has two parts, and both of one attempt."""
        found: Set[Tuple[str, str]] = set()
        for path in fetch(self.store, version):
            attempt, number = Path(path).read_text(encoding="utf-8").split()
            found.add((attempt, number))
        assert {number for _, number in found} == {"0", "1"}
        assert len({attempt for attempt, _ in found}) == 1

    def _begin(self, job: Callable[[Store], object], run: str = "") -> Actor:
        actor = Actor(self.store, job, run=run)
        self.actors.append(actor)
        self._let_go(actor)
        return actor

    def _let_go(self, actor: Actor) -> None:
        if not actor.ended:
            return
        if actor in self.actors:
            self.actors.remove(actor)
        if actor is self.collector:
            self.collector = None
        # What others committed for its run may have been collected before it could adopt that.
        if actor.error is not None and not isinstance(actor.error, (VersionMissing, KeyMissing)):
            raise actor.error


class VersionsInABucket(Versions):
    def make_store(self, folder: str) -> Any:
        return memory_objects(folder)


TestVersions = Versions.TestCase
EXAMPLES = 6 * int(os.environ.get("GLACIER_EXAMPLES", "100")) // 10
TestVersions.settings = settings(max_examples=EXAMPLES, stateful_step_count=30, deadline=None)


@pytest.mark.skipif(not installed("obstore"), reason="obstore is not installed")
class TestVersionsInABucket(VersionsInABucket.TestCase):  # type: ignore[misc,name-defined]
    settings = TestVersions.settings
