"""Versions: committed once, found by id, fingerprint and as the latest, read with a check."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from object_stores import KINDS, objects_of
from version_stores import CLEAN, RAW, draft_of, put_texts, run_id, texts, write

from glacier.core import __version__
from glacier.core.contracts import Store
from glacier.core.errors import (
    InvalidName,
    RecordError,
    VersionDamaged,
    VersionMissing,
)
from glacier.core.stores import DirectoryStore
from glacier.core.versions import (
    FORMAT,
    Address,
    Draft,
    Part,
    Reference,
    RunRecord,
    Version,
    commit,
    fetch,
    find_fingerprint,
    find_latest,
    list_addresses,
    list_runs,
    list_versions,
    put_part,
    read_run,
    read_version,
    reuse,
    start_run,
)


@pytest.fixture(params=["folder", "memory", *KINDS])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param in KINDS:
        return objects_of(request.param, request)
    if request.param == "memory":
        return MemoryStore()
    return DirectoryStore(tmp_path / "data", durable=False)


@pytest.fixture
def folder(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "data", durable=False)


def keys(store: Store) -> List[str]:
    return [entry.key for entry in store.list()]


# --- writing --------------------------------------------------------------------------------------


def test_a_version_lies_under_the_keys_that_are_documented(store: Store) -> None:
    write(store, 1, RAW, "a", "b", fingerprint="f00d")
    write(store, 2, Address("etl", "raw", "2026-01-31"), attempt=3)
    start_run(store, RunRecord(run_id(1), "etl"))

    one, two = run_id(1), run_id(2)
    assert keys(store) == [
        f"_runs/{one}.json",
        f"etl/raw/2026-01-31/{two}/data-3-0.txt",
        f"etl/raw/2026-01-31/{two}/version.json",
        "etl/raw/2026-01-31/latest.json",
        f"etl/raw/_/{one}/data-1-0.txt",
        f"etl/raw/_/{one}/data-1-1.txt",
        f"etl/raw/_/{one}/version.json",
        "etl/raw/_/by-fingerprint/f00d.json",
        "etl/raw/_/latest.json",
    ]


def test_the_record_tells_all_about_a_version(store: Store) -> None:
    before = time.time()
    made = write(
        store,
        7,
        CLEAN,
        "ab",
        "c",
        attempt=2,
        fingerprint="f00d",
        inputs=[Reference(RAW, run_id(5)), Reference(Address("crm", "people", "eu"), "etag-1")],
        rows=3,
        columns=[("name", "string")],
    )
    found = read_version(store, CLEAN, run_id(7))

    assert found == made
    assert found.parts == (
        Part(f"{run_id(7)}/data-2-0.txt", 2, found.parts[0].sha256, 2),
        Part(f"{run_id(7)}/data-2-1.txt", 1, found.parts[1].sha256, 1),
    )
    assert found.parts[1].sha256 == (
        "2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"
    )
    assert (found.task, found.attempt, found.run) == ("make-clean", 2, run_id(7))
    assert (found.rows, found.columns) == (3, (("name", "string"),))
    assert (found.fingerprint, found.data, found.size) == ("f00d", run_id(7), 3)
    assert before <= found.created <= time.time()
    assert found.glacier == __version__
    assert str(found) == f"version {run_id(7)} of etl/clean"
    assert str(found.inputs[1]) == "version etag-1 of crm/people [eu]"
    assert json.loads(store.get(CLEAN.record(run_id(7))))["record"] == FORMAT


def test_nobody_finds_a_version_before_it_is_committed(store: Store) -> None:
    draft = draft_of(1)
    parts = put_texts(store, draft, ["a", "b"])

    assert find_latest(store, RAW) is None
    assert list_versions(store, RAW) == []
    assert list_addresses(store) == []
    with pytest.raises(VersionMissing, match=f"version {run_id(1)} of etl/raw is not there: "):
        read_version(store, RAW, run_id(1))

    made = commit(store, draft, parts, format="text")
    assert find_latest(store, RAW) == made


def test_an_attempt_that_comes_too_late_adopts_what_is_there(store: Store) -> None:
    slow = draft_of(1, attempt=1)
    late = put_texts(store, slow, ["slow"])
    first = write(store, 1, RAW, "fast", attempt=2)

    adopted = commit(store, slow, late, format="text", fingerprint="0")

    assert adopted == first
    assert texts(store, adopted) == ["fast"]
    assert find_fingerprint(store, RAW, "0") is None


def test_one_that_adopts_sets_the_pointers_that_a_killed_one_did_not(store: Store) -> None:
    made = write(store, 1, RAW, "a", fingerprint="f00d")
    for key in (RAW.latest, RAW.fingerprint("f00d")):
        store.delete(key)

    write(store, 1, RAW, "b", attempt=2)

    assert find_latest(store, RAW) == made == find_fingerprint(store, RAW, "f00d")


def test_parts_of_one_attempt_that_is_made_twice_do_not_mix(store: Store) -> None:
    """A platform may start the same attempt again, while the first one still runs."""
    first, second = draft_of(1), draft_of(1)
    begun = put_texts(store, first, ["a1", "same"])
    again = put_texts(store, second, ["b1", "same"])

    assert [part.key.rpartition("/")[2] for part in again] == ["data-1.1-0.txt", "data-1-1.txt"]
    made = commit(store, second, again, format="text")
    assert commit(store, first, begun, format="text") == made
    assert texts(store, made) == ["b1", "same"]


def test_items_of_a_mapped_task_put_their_parts_apart(store: Store) -> None:
    """Each of them with the number of its own attempt, and one of them commits all."""
    parts = [
        put_texts(store, draft_of(1, attempt=attempt), ["x"] * number + [f"item {number}"])[number]
        for number, attempt in enumerate([1, 3, 2])
    ]
    made = commit(store, draft_of(1), parts, format="text")

    assert texts(store, made) == ["item 0", "item 1", "item 2"]
    paths = fetch(store, made, [2, 0])
    assert [Path(path).read_text(encoding="utf-8") for path in paths] == ["item 2", "item 0"]


def test_a_version_may_have_no_parts(store: Store) -> None:
    assert fetch(store, commit(store, draft_of(1), [], format="json")) == []


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("x.parquet", ".parquet"),
        ("x.csv.gz", ".csv.gz"),
        ("x", ""),
        ("report 2024.final.pdf", ".pdf"),
        ("x.tar.zst", ".tar.zst"),
        ("x.a b", ""),
        (".hidden", ".hidden"),
    ],
)
def test_a_part_keeps_the_extension_of_its_file(
    tmp_path: Path, folder: DirectoryStore, name: str, extension: str
) -> None:
    (tmp_path / name).write_bytes(b"1")
    part = put_part(folder, draft_of(1), 0, str(tmp_path / name))
    assert part.key == f"{run_id(1)}/data-1-0{extension}"


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", "a b", "é", ".", "x" * 129])
def test_a_name_that_tries_to_escape_is_refused(store: Store, name: str) -> None:
    write(store, 1)
    before = keys(store)
    calls: List[Callable[[], object]] = [
        lambda: write(store, 2, Address(name, "raw")),
        lambda: write(store, 2, Address("etl", name)),
        lambda: write(store, 2, Address("etl", "raw", name)),
        lambda: commit(store, Draft(RAW, name, "t"), [], format="text"),
        lambda: commit(store, draft_of(3), [], format="text", fingerprint=name),
        lambda: read_version(store, RAW, name),
        lambda: read_run(store, name),
        lambda: start_run(store, RunRecord(name, "etl")),
    ]
    for number, call in enumerate(calls):
        if number != 4:  # the version itself is committed before its fingerprint is looked at
            with pytest.raises(InvalidName):
                call()
    assert keys(store) == before


def test_names_that_mean_something_else_in_a_store_are_refused(store: Store) -> None:
    with pytest.raises(InvalidName, match="'_runs' cannot be the name of a pipeline"):
        write(store, 1, Address("_runs", "raw"))
    with pytest.raises(InvalidName, match="'_' cannot be the name of a partition"):
        write(store, 1, Address("etl", "raw", "_"))


# --- finding --------------------------------------------------------------------------------------


def test_the_latest_is_that_of_the_last_run_whenever_it_ends(store: Store) -> None:
    for number in (3, 1, 5, 4):
        write(store, number)

    latest = find_latest(store, RAW)
    assert latest is not None
    assert latest.version == run_id(5)
    assert [one.version for one in list_versions(store, RAW)] == list(map(run_id, (5, 4, 3, 1)))


def test_partitions_and_datasets_have_versions_of_their_own(store: Store) -> None:
    addresses = [RAW, Address("etl", "raw", "a"), CLEAN, Address("crm", "raw")]
    for number, address in enumerate(addresses, 1):
        write(store, number, address)

    for number, address in enumerate(addresses, 1):
        assert [one.version for one in list_versions(store, address)] == [run_id(number)]
    assert set(list_addresses(store)) == set(addresses)


def test_a_fingerprint_finds_the_newest_version_that_has_it(store: Store) -> None:
    newer = write(store, 2, RAW, "b", fingerprint="f00d")
    write(store, 1, RAW, "a", fingerprint="f00d")
    write(store, 3, RAW, "c", fingerprint="beef")

    assert find_fingerprint(store, RAW, "f00d") == newer
    assert find_fingerprint(store, RAW, "0") is None
    assert find_fingerprint(store, CLEAN, "f00d") is None


def test_a_version_of_a_run_that_was_up_to_date_has_the_older_data(store: Store) -> None:
    older = write(store, 1, CLEAN, "a", "b", fingerprint="f00d", rows=2)
    write(store, 2, CLEAN, "c", fingerprint="beef")

    again = reuse(store, draft_of(3, CLEAN), older, inputs=[Reference(RAW, run_id(3))])
    once_more = reuse(store, draft_of(4, CLEAN), again)

    assert find_latest(store, CLEAN) == once_more == find_fingerprint(store, CLEAN, "f00d")
    assert once_more.inputs == again.inputs == (Reference(RAW, run_id(3)),)
    assert (again.version, again.run, again.rows) == (run_id(3), run_id(3), 2)
    assert again.data == once_more.data == run_id(1)
    assert texts(store, once_more) == ["a", "b"]
    assert once_more.content == older.content
    assert not any("data" in key and run_id(3) in key for key in keys(store))


def test_data_that_are_being_collected_are_not_reused(store: Store) -> None:
    older = write(store, 1, RAW, "a", fingerprint="f00d")
    store.delete(RAW.record(run_id(1)))

    assert find_fingerprint(store, RAW, "f00d") is None
    with pytest.raises(VersionMissing, match=f"version {run_id(1)} of etl/raw is not there"):
        reuse(store, draft_of(2), older)
    with pytest.raises(VersionMissing):
        read_version(store, RAW, run_id(2))
    assert write(store, 2, RAW, "b") == find_latest(store, RAW)  # the task runs instead


def test_data_of_another_dataset_are_not_reused(store: Store) -> None:
    older = write(store, 1)
    with pytest.raises(ValueError, match="cannot be reused as a version of etl/clean"):
        reuse(store, draft_of(2, CLEAN), older)


def test_equal_files_have_equal_contents_whoever_wrote_them(store: Store) -> None:
    one, two = write(store, 1, RAW, "a", "b"), write(store, 2, CLEAN, "a", "b")
    assert one.content == two.content
    others = [write(store, 3, RAW, "b", "a"), write(store, 4, RAW, "ab"), write(store, 5, RAW)]
    assert len({one.content, *(other.content for other in others)}) == 4
    assert one._replace(format="json").content != one.content


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_fixes_what_it_reads_when_it_starts(store: Store) -> None:
    pinned = write(store, 1)
    asked = RunRecord(
        run_id(2),
        "etl",
        parameters={"day": "2026-01-31", "limit": 3},
        partition="eu",
        selection=("clean+",),
        pins=(pinned.reference, Reference(Address("crm", "people"), "etag-1")),
        plan="beef",
    )
    started = start_run(store, asked)
    write(store, 3)

    found = read_run(store, run_id(2))
    assert found == started
    assert found._replace(created=0.0, glacier="") == asked
    assert found.pinned(RAW) == run_id(1)
    assert found.pinned(CLEAN) is None


def test_a_run_starts_only_once(store: Store) -> None:
    first = start_run(store, RunRecord(run_id(1), "etl", parameters={"day": 1}))
    again = start_run(store, RunRecord(run_id(1), "etl", parameters={"day": 2}))

    assert again == first == read_run(store, run_id(1))


def test_runs_are_listed_the_newest_first(store: Store) -> None:
    assert list_runs(store) == []
    for number in (2, 1, 3):
        start_run(store, RunRecord(run_id(number), "etl"))
    assert list_runs(store) == list(map(run_id, (3, 2, 1)))


def test_a_run_does_not_start_on_a_version_that_is_gone(store: Store) -> None:
    write(store, 2)
    with pytest.raises(VersionMissing, match=f"version {run_id(1)} of etl/raw is not there"):
        start_run(store, RunRecord(run_id(3), "etl", pins=(Reference(RAW, run_id(1)),)))


def test_a_run_that_has_no_record_is_named(store: Store) -> None:
    with pytest.raises(VersionMissing, match=f"the record of run {run_id(1)} is not there: "):
        read_run(store, run_id(1))


# --- reading --------------------------------------------------------------------------------------


def change(path: str, content: bytes) -> None:
    os.chmod(path, 0o644)
    Path(path).write_bytes(content)


def test_a_file_that_was_cut_or_changed_is_not_read(folder: DirectoryStore) -> None:
    made = write(folder, 1, RAW, "first", "second")
    assert texts(folder, made) == ["first", "second"]
    file = folder.local(f"etl/raw/_/{made.parts[1].key}")
    told = rf"version {run_id(1)} of etl/raw is damaged: file:///.*/data-1-1\.txt should be 6 bytes"

    change(file, b"sec")
    with pytest.raises(VersionDamaged, match=f"{told} .*, but it has 3 bytes") as caught:
        fetch(folder, made)
    assert made.parts[1].sha256 in str(caught.value)
    assert caught.value.file == folder.uri(f"etl/raw/_/{made.parts[1].key}")

    change(file, b"secomd")
    with pytest.raises(VersionDamaged, match=f"{told} .*, but it has 6 bytes with sha256 "):
        fetch(folder, made)
    assert len(fetch(folder, made, [0])) == 1  # the other one is as it was

    os.unlink(file)
    with pytest.raises(VersionDamaged, match=f"{told} .*, but it is missing"):
        fetch(folder, made)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b'{"a": 1}', b'{"record": 1}', b"\xff\xfe", b"null"],
    ids=ascii,
)
def test_a_record_that_is_broken_is_named(folder: DirectoryStore, content: bytes) -> None:
    write(folder, 1)
    start_run(folder, RunRecord(run_id(1), "etl"))
    reads: Dict[str, Callable[[], object]] = {
        RAW.record(run_id(1)): lambda: find_latest(folder, RAW),
        f"_runs/{run_id(1)}.json": lambda: read_run(folder, run_id(1)),
        RAW.latest: lambda: find_latest(folder, RAW),
    }
    for key, read in reads.items():
        change(folder.local(key), content)
        with pytest.raises(RecordError, match=f"^{folder.uri(key)} is broken: "):
            read()


def altered(**changes: Any) -> Callable[[Dict[str, Any]], Dict[str, Any]]:
    return lambda record: {**record, **changes}


@pytest.mark.parametrize(
    "alter",
    [
        altered(parts=3),
        altered(parts=[{"key": "../../x", "size": 1, "sha256": "", "rows": None}]),
        altered(parts=[{"key": "other/data-1-0", "size": 1, "sha256": "", "rows": None}]),
        altered(parts=[{"key": 1}]),
        altered(version=3),
        altered(attempt="1"),
        altered(address={"pipeline": "etl"}),
        altered(inputs=[{"dataset": "x"}]),
        altered(inputs=[3]),
        altered(columns=[1]),
        altered(created="yesterday"),
        lambda record: {k: v for k, v in record.items() if k != "format"},
    ],
)
def test_a_record_whose_fields_are_wrong_is_named(
    store: Store, alter: Callable[[Dict[str, Any]], Dict[str, Any]]
) -> None:
    write(store, 1)
    key = RAW.record(run_id(1))
    store.put(key, json.dumps(alter(json.loads(store.get(key)))).encode())

    with pytest.raises(RecordError, match=r"version\.json is broken: .*Error: "):
        read_version(store, RAW, run_id(1))


def test_a_record_of_another_format_is_refused_by_name(store: Store) -> None:
    write(store, 1)
    key = RAW.record(run_id(1))
    store.put(key, json.dumps({**json.loads(store.get(key)), "record": 99}).encode())

    with pytest.raises(RecordError, match=r"version\.json has format 99, but .* reads format 1"):
        find_latest(store, RAW)


def test_a_record_that_was_copied_from_elsewhere_is_refused(store: Store) -> None:
    write(store, 1)
    store.put(CLEAN.record(run_id(1)), store.get(RAW.record(run_id(1))))

    with pytest.raises(RecordError, match=f"it is the record of version {run_id(1)} of etl/raw"):
        read_version(store, CLEAN, run_id(1))


names = st.text(st.sampled_from("abcXYZ019_-."), min_size=1, max_size=12).filter(
    lambda name: ".." not in name and name not in (".", "_", "_runs")
)
addresses = st.builds(Address, names, names, st.none() | names)
counts = st.integers(0, 2**63)


@given(
    st.builds(
        Version,
        address=addresses,
        version=names,
        run=names,
        task=st.text(),
        attempt=counts,
        format=names,
        parts=st.just(()),
        fingerprint=st.none() | names,
        inputs=st.lists(st.builds(Reference, addresses, st.text())).map(tuple),
        rows=st.none() | counts,
        columns=st.none() | st.lists(st.tuples(st.text(), st.text())).map(tuple),
        data=names,
        created=st.floats(0, 1e10),
        glacier=st.text(),
        recipe=st.none() | st.dictionaries(st.text(), st.none() | st.text()),
    ),
    st.lists(st.tuples(counts, st.none() | counts)),
)
def test_a_record_is_read_as_it_was_written(version: Version, parts: Any) -> None:
    made = [
        Part(f"{version.data}/data-1-{n}", size, "ab", rows) for n, (size, rows) in enumerate(parts)
    ]
    version = version._replace(parts=tuple(made))
    assert Version.from_bytes(version.to_bytes(), where="here") == version
