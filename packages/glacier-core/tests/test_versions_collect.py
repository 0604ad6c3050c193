"""Collecting: what nothing needs goes, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Callable, List, Optional, Set

import pytest
from memory_store import MemoryStore
from version_stores import CLEAN, RAW, draft_of, put_texts, run_id, texts, write

from glacier.core.contracts import Store
from glacier.core.errors import RecordError, VersionMissing
from glacier.core.versions import (
    RETAIN,
    Address,
    Collected,
    Reference,
    RunRecord,
    collect,
    commit,
    find_fingerprint,
    find_latest,
    list_runs,
    list_versions,
    read_version,
    reuse,
    start_run,
)
from glacier.core.versions.runs import done_key

DAY = 86400.0


class Clock:
    """The time of a store; a day is over when a test says so."""

    def __init__(self) -> None:
        self.now = 1.8e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemoryStore:
    return MemoryStore(clock=clock)


@pytest.fixture
def sweep(store: MemoryStore, clock: Clock) -> Callable[..., Collected]:
    """Collect a hundred days later, when nothing is young any more."""

    def later(**options: Any) -> Collected:
        clock.now += 100 * DAY
        return collect(store, now=clock.now, **options)

    return later


def left(store: Store, address: Address = RAW) -> List[str]:
    return [one.version for one in list_versions(store, address)]


def runs(*numbers: int) -> List[str]:
    return list(map(run_id, numbers))


def keys(store: MemoryStore) -> Set[str]:
    return set(store.content)


def test_the_newest_versions_are_retained(store: MemoryStore, sweep: Any) -> None:
    made = [write(store, number) for number in range(1, RETAIN + 4)]
    sizes = {key: store.head(key).size for key in keys(store)}

    gone = sweep()

    assert left(store) == [one.version for one in reversed(made[3:])]
    assert set(gone.versions) == {one.reference for one in made[:3]}
    assert len(gone.keys) == 6
    assert gone.size == sum(sizes[key] for key in gone.keys)
    assert not any(run_id(n) in key for n in (1, 2, 3) for key in keys(store))
    assert texts(store, read_version(store, RAW, run_id(4))) == ["raw 4"]
    assert sweep() == Collected((), (), (), (), 0)


def test_a_dry_run_tells_what_would_go_and_removes_nothing(store: MemoryStore, sweep: Any) -> None:
    for number in range(1, 5):
        write(store, number, fingerprint=f"f{number}")
    put_texts(store, draft_of(0), ["never committed"])
    before = keys(store)

    told = sweep(retain=2, dry_run=True)
    assert keys(store) == before

    assert sweep(retain=2) == told
    gone = before - keys(store)
    assert set(told.keys) == {key for key in gone if "by-fingerprint" not in key}
    assert [one.version for one in told.drafts] == runs(0)


@pytest.mark.parametrize(
    ("retain", "expected"),
    [
        (3, [4, 3, 2]),
        (1, [4]),
        (0, [4]),  # the latest always stays
        (None, [4, 3, 2, 1]),
        (timedelta(days=102), [4, 3]),
        (timedelta(days=1), [4]),
        (lambda address: 2 if address == RAW else None, [4, 3]),
    ],
)
def test_what_is_retained_can_be_chosen(
    store: MemoryStore, sweep: Any, clock: Clock, retain: Any, expected: List[int]
) -> None:
    for number in range(1, 5):
        write(store, number)
        write(store, number, Address("etl", "raw", "eu"))
        clock.now += DAY
    sweep(retain=retain)

    assert left(store) == runs(*expected)
    if callable(retain):
        assert left(store, Address("etl", "raw", "eu")) == runs(4, 3, 2, 1)


def test_young_versions_stay(store: MemoryStore, clock: Clock) -> None:
    for number in range(1, 4):
        write(store, number)
        clock.now += DAY
    collect(store, retain=0, grace=timedelta(days=2), now=clock.now)

    assert left(store) == runs(3, 2)


def test_what_a_kept_version_was_made_from_stays(store: MemoryStore, sweep: Any) -> None:
    for number in range(1, 6):
        write(store, number)
    middle = write(store, 6, CLEAN, inputs=[Reference(RAW, run_id(2))])
    write(store, 7, Address("etl", "report"), inputs=[middle.reference])
    write(store, 8, CLEAN, inputs=[Reference(RAW, run_id(4)), Reference(RAW, "of another store")])

    sweep(retain=1)

    assert left(store) == runs(5, 4, 2)
    assert left(store, CLEAN) == runs(8, 6)


def test_data_that_a_later_version_reuses_stay(store: MemoryStore, sweep: Any) -> None:
    older = write(store, 1, fingerprint="f00d")
    write(store, 2)
    reuse(store, draft_of(3), older)
    sweep(retain=1)

    latest = find_latest(store, RAW)
    assert latest is not None
    assert texts(store, latest) == ["raw 1"]
    assert left(store) == runs(3, 1)


def test_what_a_run_pins_stays_for_its_time(store: MemoryStore, sweep: Any, clock: Clock) -> None:
    for number in range(1, 4):
        pinned = write(store, number)
        if number < 3:
            start_run(store, RunRecord(run_id(number + 10), "etl", pins=(pinned.reference,)))
        clock.now += 10 * DAY

    collect(store, retain=1, pins=timedelta(days=25), now=clock.now)
    assert left(store) == runs(3, 2)
    assert list_runs(store) == runs(12)  # nothing is left of the other one

    sweep(retain=1, live=[run_id(12)])
    assert left(store) == runs(3, 2)
    sweep(retain=1)
    assert left(store) == runs(3)
    assert list_runs(store) == []


def test_what_a_living_run_has_written_stays(store: MemoryStore, sweep: Any) -> None:
    write(store, 1)
    parts = put_texts(store, draft_of(2, CLEAN), ["item 0"])
    write(store, 3)
    gone = sweep(retain=0, live=runs(1, 2))

    assert gone.keys == ()
    commit(store, draft_of(2, CLEAN), parts, format="text")
    assert left(store, CLEAN) == runs(2)


def test_what_was_never_committed_goes_when_nobody_writes_any_more(
    store: MemoryStore, clock: Clock
) -> None:
    for number in (1, 2):
        put_texts(store, draft_of(number), ["old"])
    clock.now += 2 * DAY
    put_texts(store, draft_of(2), ["old", "young"])

    gone = collect(store, now=clock.now)

    assert [one.version for one in gone.drafts] == runs(1)
    assert keys(store) == {f"etl/raw/_/{run_id(2)}/data-1-{number}.txt" for number in (0, 1)}


def test_files_of_attempts_that_came_too_late_go(store: MemoryStore, sweep: Any) -> None:
    put_texts(store, draft_of(1, attempt=1), ["slow"])
    made = write(store, 1, attempt=2)
    gone = sweep()

    assert gone.keys == (f"etl/raw/_/{run_id(1)}/data-1-0.txt",)
    assert texts(store, made) == ["raw 1"]


def test_the_record_of_a_run_stays_as_long_as_one_of_its_versions(
    store: MemoryStore, sweep: Any
) -> None:
    for number in (1, 2, 3):
        start_run(store, RunRecord(run_id(number), "etl"))
        write(store, number)

    assert sweep(retain=2).runs == (run_id(1),)
    assert list_runs(store) == runs(3, 2)


def test_what_is_noted_of_a_run_goes_with_its_record(
    store: MemoryStore, clock: Clock, sweep: Any
) -> None:
    for number in (1, 2):
        start_run(store, RunRecord(run_id(number), "etl"))
        store.put(done_key(run_id(number)), b"{}")
    write(store, 2)
    store.put(done_key(run_id(3)), b"{}")  # its record went with a collector that was killed

    told = sweep(dry_run=True)
    assert sweep() == told

    assert told.runs == (run_id(1),)
    assert {key for key in keys(store) if key.startswith("_runs/")} == {
        f"_runs/{run_id(2)}.json",
        f"_runs/{run_id(2)}/done.json",
    }
    store.put(done_key(run_id(4)), b"{}")
    assert collect(store, now=clock.now).keys == (), "its record may be about to be written"
    clock.now += 10 * DAY
    assert collect(store, pins=timedelta(days=200), now=clock.now).runs == ()
    assert done_key(run_id(2)) in keys(store)


def test_fingerprints_go_with_their_versions(store: MemoryStore, sweep: Any) -> None:
    for number in (1, 2, 3):
        write(store, number, fingerprint="odd" if number % 2 else "even")
    sweep(retain=1)

    assert find_fingerprint(store, RAW, "odd") is not None
    assert not any("even" in key for key in keys(store))


def test_other_stores_are_asked_what_they_need(
    store: MemoryStore, sweep: Any, clock: Clock
) -> None:
    other = MemoryStore(clock=clock)
    for number in range(1, 5):
        start_run(store, RunRecord(run_id(number), "etl"))
        write(store, number)
    write(other, 2, CLEAN, inputs=[Reference(RAW, run_id(2))])
    sweep(retain=1, others=[other])

    assert left(store) == runs(4, 2)
    assert left(other, CLEAN) == runs(2)
    clock.now += DAY
    start_run(other, RunRecord(run_id(9), "etl", pins=(Reference(RAW, run_id(2)),)))
    other.delete(CLEAN.record(run_id(2)))
    collect(store, retain=1, others=[other], now=clock.now)
    assert left(store) == runs(4, 2)


def test_files_that_are_not_glaciers_are_left_alone(store: MemoryStore, sweep: Any) -> None:
    write(store, 1)
    write(store, 2)
    foreign = {
        "orders.csv",
        "a/b/c/d/notes.txt",
        "a/b/c/d/data-1.csv",
        f"etl/raw/_/{run_id(0)}/mine.csv",
        f"etl/raw/_/{run_id(0)}/sub/data-1-0.csv",
        "a b/c/_/d/version.json",
        "_runs/a/b.json",
        "_runs/a/b/c/data-1-0.csv",
    }
    for key in foreign:
        store.put(key, b"mine")
    sweep(retain=1)

    assert foreign < keys(store)
    assert left(store) == runs(2)


def test_nothing_goes_while_a_record_cannot_be_read(store: MemoryStore, sweep: Any) -> None:
    for number in (1, 2, 3):
        write(store, number)
    store.put(RAW.record(run_id(2)), b"{")
    before = keys(store)

    with pytest.raises(RecordError, match=f"{run_id(2)}/version.json is broken"):
        sweep(retain=1)
    assert keys(store) == before


class Interrupted(MemoryStore):
    """Another process comes in just before a given key is deleted."""

    before: Optional[str] = None
    then: Callable[[], object]

    def delete(self, key: str) -> None:
        if key == self.before:
            self.before = None
            self.then()
        super().delete(key)


@pytest.mark.parametrize("moment", ["record", "data"])
def test_one_who_begins_to_use_a_version_meanwhile_gets_it_or_is_told(
    clock: Clock, moment: str
) -> None:
    """Either the collector sees the new reference, or its writer sees that the data go."""
    store = Interrupted(clock=clock)
    older = write(store, 1, fingerprint="f00d")
    write(store, 2)
    told: List[str] = []

    def use() -> None:
        for begin in (
            lambda: reuse(store, draft_of(3), older),
            lambda: start_run(store, RunRecord(run_id(4), "etl", pins=(older.reference,))),
        ):
            try:
                begin()
            except VersionMissing:
                told.append("gone")

    store.then = use
    record = RAW.record(run_id(1))
    store.before = record if moment == "record" else f"etl/raw/_/{older.parts[0].key}"
    clock.now += 100 * DAY
    collect(store, retain=1, now=clock.now)

    if moment == "record":
        assert told == []
        latest = find_latest(store, RAW)
        assert latest is not None
        assert latest.version == run_id(3)
        assert texts(store, latest) == ["raw 1"]
        assert texts(store, read_version(store, RAW, run_id(1))) == ["raw 1"]
    else:
        assert told == ["gone", "gone"]
        assert left(store) == runs(2)


def test_data_whose_record_a_killed_collector_removed_stay_with_who_reuses_them(
    store: MemoryStore, sweep: Any
) -> None:
    older = write(store, 1)
    write(store, 2)
    latest = reuse(store, draft_of(3), older)
    store.delete(RAW.record(run_id(1)))
    sweep(retain=1)

    assert texts(store, latest) == ["raw 1"]
    write(store, 4)
    sweep(retain=1)
    assert left(store) == runs(4)
    assert not any(run_id(1) in key for key in keys(store))
