"""Values cross to worker processes in shared memory, once, and are freed with their last reader."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any, List

import pytest

from glacier.core import Dataset, Pipeline, RunFailed, TaskFinished
from glacier.local import CannotCross, LocalExecutor
from glacier.local.packing import pack, unpack
from glacier.local.segment import Segment

raw, clean, total = Dataset("raw"), Dataset("clean"), Dataset("total")
MIB = 1 << 20


def executor(workers: int = 2) -> LocalExecutor:
    return LocalExecutor(workers=workers, processes=True)


def descriptors() -> int:
    """How many segments this process holds, as the kernel sees it."""
    return sum("memfd:glacier" in link for link in map(read_link, os.listdir("/proc/self/fd")))


def read_link(name: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return ""


def mapped() -> int:
    """Bytes of segments that are mapped into this process."""
    size = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "memfd:glacier" in line:
            begin, _, end = line.split()[0].partition("-")
            size += int(end, 16) - int(begin, 16)
    return size


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1.5,
        "text",
        b"\0" * MIB,
        bytearray(3 * MIB),
        list(range(200_000)),
        {"a": (1, {2}), "b": ["x" * 300_000]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_comes_back_equal(value: Any) -> None:
    packed = pack(value)
    assert unpack(packed) == value
    assert unpack(packed) == value, "and again"
    assert isinstance(packed.body, Segment) == (len(pickle.dumps(value, 5)) > MIB // 4)


def test_large_buffers_lie_in_shared_memory_once() -> None:
    numpy = pytest.importorskip("numpy")
    value = {"a": numpy.arange(MIB), "b": numpy.zeros(10), "c": numpy.ones((700, 700)).T}
    packed = pack(value)
    assert isinstance(packed.body, Segment)
    assert packed.body.size < MIB * 8 + 700 * 700 * 8 + 4096
    found = unpack(packed)
    assert mapped() >= MIB * 8
    for name, array in value.items():
        assert (found[name] == array).all()
        assert found[name].flags.writeable
    found["a"][0] = 99
    assert unpack(packed)["a"][0] == 0, "what one reader writes, no other sees"
    del found, array
    assert mapped() == 0


def test_a_read_only_array_stays_read_only() -> None:
    numpy = pytest.importorskip("numpy")
    for size in (10, MIB):
        array = numpy.zeros(size)
        array.flags.writeable = False
        assert not unpack(pack(array)).flags.writeable


def test_arrow_pandas_and_polars_need_no_copy() -> None:
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    columns = {"n": list(range(100_000)), "x": [0.5] * 100_000}
    for value in (pyarrow.table(columns), pandas.DataFrame(columns), polars.DataFrame(columns)):
        packed = pack(value)
        begin, size = packed.spans[0]
        assert (begin, size < 4096) == (0, True), "the stream itself is small"
        found = unpack(packed)
        assert type(found) is type(value)
        assert found.equals(value)
    series = polars.Series("named", columns["n"])
    assert unpack(pack(series)).equals(series, check_names=True)


def test_polars_keeps_types_that_arrow_does_not_have() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(
        {"e": ["a", "b"] * 50_000, "s": ["long enough not to be inlined"] * 100_000},
        schema={"e": polars.Enum(["a", "b"]), "s": polars.String},
    )
    found = unpack(pack(frame))
    assert found.schema == frame.schema
    assert found.equals(frame)


def test_when_descriptors_are_scarce_values_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Segment, "scarce", classmethod(lambda cls: True))
    value = [b"x" * MIB, bytearray(MIB)]
    packed = pack(value)
    assert not isinstance(packed.body, Segment)
    assert unpack(packed) == value


def test_more_values_than_a_process_may_open_files() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    pipeline = Pipeline("many")

    @pipeline.task
    def make(item: raw.each) -> clean:
        return bytes([item % 256]) * (MIB // 2)

    @pipeline.task
    def check(item: clean.each) -> total:
        return item[0], len(item)

    try:
        run = executor().execute(pipeline, inputs={raw: range(300)})
        assert run["total"] == [(n % 256, MIB // 2) for n in range(300)]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def chain(seen: List[int]) -> Any:
    """Five tasks that hand an array on, and a listener that counts the segments after each."""
    pipeline = Pipeline("chain")
    before = Dataset("d0")

    @pipeline.task(name="t0")
    def begin() -> before:
        return bytearray(4 * MIB)

    for number in range(1, 5):
        after = Dataset(f"d{number}")

        @pipeline.task(name=f"t{number}")
        def follow(value: before) -> after:
            value[0] += 1
            return value

        before = after

    def listen(event: Any) -> None:
        if isinstance(event, TaskFinished):
            seen.append(descriptors())

    return pipeline, listen


def test_a_value_is_freed_when_its_last_reader_has_had_it() -> None:
    seen: List[int] = []
    pipeline, listen = chain(seen)
    run = executor().execute(pipeline, listeners=[listen])
    report = 1  # of the worker, held throughout
    assert max(seen) == report + 2, "one input and one output at a time"
    assert run["d4"][0] == 4
    del run
    assert descriptors() == 0


def test_a_chain_stays_on_one_worker_and_out_of_this_process() -> None:
    class Opaque:
        def __init__(self) -> None:
            self.workers = [os.getpid()]

        def __setstate__(self, state: Any) -> None:
            self.__dict__.update(state)
            self.workers = [*self.workers, os.getpid()]

    pipeline = Pipeline("out")
    datasets = [Dataset(f"d{number}") for number in range(4)]

    @pipeline.task
    def begin() -> datasets[0]:
        return Opaque()

    @pipeline.task
    def follow(value: datasets[0]) -> datasets[1]:
        return value

    @pipeline.task
    def end(value: datasets[1]) -> datasets[2]:
        return value.workers

    workers = executor().execute(pipeline)["d2"]
    assert len(workers) == 3
    assert set(workers) == {workers[0]}
    assert os.getpid() not in workers


def test_a_view_outlives_the_run_that_it_came_from() -> None:
    numpy = pytest.importorskip("numpy")
    pipeline = Pipeline("view")

    @pipeline.task
    def make() -> raw:
        return numpy.arange(MIB)

    run = executor().execute(pipeline)
    array = run["raw"]
    assert array is run["raw"]
    assert mapped() >= 8 * MIB
    del run
    assert array[-1] == MIB - 1
    del array
    assert (mapped(), descriptors()) == (0, 0)


def test_a_given_value_is_moved_once_for_all_its_readers() -> None:
    class Counted:
        pickled = 0

        def __init__(self) -> None:
            self.data = b"x" * MIB

        def __reduce__(self) -> Any:
            Counted.pickled += 1
            return bytes, (self.data,)

    pipeline = Pipeline("given")
    for number in range(4):

        @pipeline.task(name=f"t{number}")
        def measure(value: raw) -> Dataset(f"d{number}"):
            return len(value)

    given = Counted()
    run = executor().execute(pipeline, inputs={raw: given}, keep=[raw])
    assert Counted.pickled == 1
    assert [run[f"d{number}"] for number in range(4)] == [MIB] * 4
    assert run["raw"] is given, "what was given stays what it is"


def test_mapped_arrays_are_not_taken_apart_here() -> None:
    numpy = pytest.importorskip("numpy")
    pipeline = Pipeline("mapped")
    doubled = Dataset("doubled")
    most: List[int] = []

    @pipeline.task
    def make(item: raw.each) -> clean:
        return numpy.full(MIB // 8, item)

    @pipeline.task
    def double(item: clean.each) -> doubled:
        return 2 * item

    @pipeline.task
    def add(items: doubled) -> total:
        return [int(item[0]) for item in items], len(items[0])

    def listen(event: Any) -> None:
        most.append(mapped())

    run = executor().execute(pipeline, inputs={raw: range(8)}, listeners=[listen])
    assert run["total"] == ([2 * n for n in range(8)], MIB // 8)
    assert max(most) == 0


def test_what_a_reader_changes_no_other_reader_sees() -> None:
    pipeline = Pipeline("changes")

    @pipeline.task
    def make() -> raw:
        return [1, 2, 3], bytearray(MIB)

    for number in range(3):

        @pipeline.task(name=f"t{number}")
        def change(value: raw) -> Dataset(f"d{number}"):
            value[0].append(4)
            value[1][0] += 1
            return len(value[0]), value[1][0]

    run = executor().execute(pipeline)
    assert [run[f"d{number}"] for number in range(3)] == [(4, 1)] * 3


def test_a_returned_value_that_cannot_be_pickled_is_named() -> None:
    pipeline = Pipeline("lock")

    @pipeline.task
    def make() -> raw:
        import threading

        return threading.Lock()

    with pytest.raises(RunFailed) as caught:
        executor().execute(pipeline)
    error = caught.value.__cause__
    assert isinstance(error, CannotCross)
    for part in ("task 'make'", "'raw', a lock,", "cannot be pickled", "LocalExecutor()"):
        assert part in str(error)


def test_a_given_value_that_cannot_be_pickled_is_named() -> None:
    pipeline = Pipeline("generator")

    @pipeline.task
    def use(values: raw) -> total:
        return sum(values)

    with pytest.raises(RunFailed) as caught:
        executor().execute(pipeline, inputs={raw: (n for n in range(3))})
    error = caught.value.__cause__
    assert isinstance(error, CannotCross)
    assert "task 'use': its input 'raw', a generator, cannot be pickled" in str(error)


class Stubborn:
    """Can be pickled, and be read by no one."""

    def __reduce__(self) -> Any:
        return refuse, ()


def refuse() -> None:
    raise ValueError("not here")


def test_a_value_that_cannot_be_read_is_named() -> None:
    pipeline = Pipeline("stubborn")

    @pipeline.task
    def make() -> raw:
        return Stubborn()

    @pipeline.task
    def use(value: raw) -> total: ...

    @pipeline.task
    async def wait(value: raw) -> clean: ...

    run = executor().execute(pipeline, raise_on_failure=False)
    error = run.tasks["use"].error
    assert isinstance(error, CannotCross)
    assert "task 'use': its input 'raw' cannot be read from its pickled form" in str(error)
    assert "ValueError: not here" in str(error)
    assert isinstance(run.tasks["wait"].error, CannotCross)
    with pytest.raises(CannotCross):
        run["raw"]


def test_generators_conditions_and_coroutines_meet_workers() -> None:
    pipeline = Pipeline("meet")
    flag, awaited, items = Dataset("flag"), Dataset("awaited"), Dataset("items")

    @pipeline.task
    def decide() -> flag:
        return True

    @pipeline.task(when=flag)
    def produce() -> items:
        yield from range(5)

    @pipeline.task
    async def wait(values: items) -> awaited:
        return [sum(values), os.getpid()]

    @pipeline.task
    def end(value: awaited) -> total:
        return [*value, os.getpid()]

    found, loop, worker = executor().execute(pipeline)["total"]
    assert found == 10
    assert loop == os.getpid(), "async tasks run on the loop of this process"
    assert worker != os.getpid()
