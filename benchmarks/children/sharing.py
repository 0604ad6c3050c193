"""A large array and a large table that four consumers each read in worker processes.

The bare pool is what one would write by hand: two spawned workers, a named block of shared memory
for each value, written once and mapped by those who read it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Iterator

CONSUMERS = 4
NUMBERS = 25_000_000  # of 8 bytes
EXPECTED = {"array": float(NUMBERS), "table": float(NUMBERS)}


def shared(how: str, measure: str, workers: int) -> float:
    """Seconds, or MiB of all processes together at the highest (``pss``)."""
    run = _bare if how == "bare" else _glacier
    if measure == "seconds":
        return run(workers)
    with _watched() as highest:
        run(workers)
    return highest[0] / 1024


def make_array() -> Any:
    import numpy

    return numpy.ones(NUMBERS)


def make_table() -> Any:
    import numpy
    import pyarrow

    return pyarrow.table({"x": numpy.ones(NUMBERS)})


def add_array(array: Any) -> float:
    return float(array.sum())


def add_table(table: Any) -> float:
    import pyarrow.compute

    total: float = pyarrow.compute.sum(table["x"]).as_py()
    return total


def _glacier(workers: int) -> float:
    from glacier.core import Dataset, Pipeline
    from glacier.local import LocalExecutor

    pipeline, array, table = Pipeline("sharing"), Dataset("array"), Dataset("table")
    make: Any = {array: make_array, table: make_table}
    add: Any = {array: add_array, table: add_table}
    for source in (array, table):
        pipeline.task(name=f"make-{source.name}")(_returning(make[source], source))
        for number in range(CONSUMERS):
            name = f"{source.name}-{number}"
            pipeline.task(name=f"add-{name}")(_reading(add[source], source, Dataset(name)))
    begun = perf_counter()
    run = LocalExecutor(workers, processes=True).execute(pipeline)
    taken = perf_counter() - begun
    for name, value in run.values.items():
        assert value == EXPECTED[name.partition("-")[0]], name
    return taken


def _returning(function: Any, output: Any) -> Any:
    def make() -> Any:
        return function()

    make.__annotations__ = {"return": output}
    return make


def _reading(function: Any, source: Any, output: Any) -> Any:
    def add(value: Any) -> Any:
        return function(value)

    add.__annotations__ = {"value": source, "return": output}
    return add


def _bare(workers: int) -> float:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    begun = perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        made = {pool.submit(_put, kind): kind for kind in ("array", "table")}
        added = []
        for future in as_completed(made):
            kind, name = made[future], future.result()
            added += [(kind, name, pool.submit(_get, kind, name)) for _ in range(CONSUMERS)]
        for kind, _, done in added:
            assert done.result() == EXPECTED[kind]
        for name in {name for _, name, _ in added}:
            _block(name).unlink()
    return perf_counter() - begun


def _put(kind: str) -> str:
    """Make a value, copy it to a block of its own, and tell its name."""
    from multiprocessing.shared_memory import SharedMemory

    import numpy

    value = make_array() if kind == "array" else make_table()
    source = value if kind == "array" else value["x"].chunk(0).buffers()[1]
    block = SharedMemory(create=True, size=8 * NUMBERS)
    numpy.frombuffer(block.buf, dtype="u1")[: 8 * NUMBERS] = numpy.frombuffer(source, dtype="u1")
    _let_go(block)
    return block.name


def _get(kind: str, name: str) -> float:
    import numpy

    block = _block(name)
    if kind == "array":
        total = add_array(numpy.frombuffer(block.buf, dtype="f8", count=NUMBERS))
    else:
        import pyarrow

        column = pyarrow.Array.from_buffers(
            pyarrow.float64(), NUMBERS, [None, pyarrow.py_buffer(block.buf)]
        )
        total = add_table(pyarrow.table({"x": column}))
        del column
    _let_go(block)
    return total


def _block(name: str) -> Any:
    from multiprocessing.shared_memory import SharedMemory

    return SharedMemory(name)


def _let_go(block: Any) -> None:
    import gc

    gc.collect()
    try:
        block.close()
    except BufferError:  # a view is still there; it goes with the process
        block._buf = block._mmap = None


@contextmanager
def _watched() -> Iterator[list[int]]:
    """KiB of this process and its descendants together, proportionally, at the highest."""
    highest, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.002):
            highest[0] = max(highest[0], sum(map(_proportional, _family())))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield highest
    finally:
        ended.set()
        thread.join()


def _family() -> list[str]:
    """This process and all that descend from it: workers may have been started by another."""
    found = ["self"]
    for pid in found:  # which grows meanwhile
        with suppress(OSError):  # it has ended
            for task in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    found += (task / "children").read_text().split()
    return found


def _proportional(pid: str) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:"), 0)
