"""A dataset of 2 GB is made by one task and passed on by two more, each of which stores it."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Iterator

from glacier.core import Context, Dataset, ObjectStorage, Pipeline
from glacier.local import LocalExecutor

SIZE = 2_000_000_000
_ROWS, _NUMBERS = 32_768, 7
_BATCHES = 1_010  # as Arrow writes them a little more than 2 GB
_FRAMES = 1_150  # as polars does, which compresses better
_CHUNK = 4_000_000
_RECORD = 1_000

_lake = ObjectStorage("lake")
_made, _changed, _last = (Dataset(name, storage=_lake) for name in ("made", "changed", "last"))


def streamed(form: str, folder: str) -> dict[str, float]:
    """Seconds, the bytes that are stored, and the peak of resident memory of this process.

    ``form`` is how the tasks hand the dataset on; ``idle`` loads what they need and does nothing.
    """
    begun = perf_counter()
    size = 0
    if form == "idle":
        for library in ("polars", "pyarrow.parquet"):
            import_module(library)
    else:
        pipeline = {
            "path": _paths,
            "bytes": _chunks,
            "records": _records,
            "frames": _frames,
            "lazy": _lazy,
            "reader": _readers,
        }[form]()
        executor = LocalExecutor(root=folder, history=False)
        run = executor.execute(pipeline)
        assert run["checked"] is True
        size = sum(path.stat().st_size for path in Path(folder).rglob("data-*"))
    return {"seconds": perf_counter() - begun, "bytes": size, "peak": _peak()}


def _check(pipeline: Pipeline) -> None:
    """Let a small task end the pipeline, so that what is large is not asked for again."""
    checked = Dataset("checked")

    @pipeline.task
    def check(data: Annotated[Iterator[Path], _last]) -> checked:
        return sum(path.stat().st_size for path in data) > SIZE * 0.85


def _paths() -> Pipeline:
    pipeline = Pipeline("path")

    @pipeline.task
    def make(context: Context) -> _made:
        path = context.new_path(".bin")
        with path.open("wb") as file:
            for chunk in _random_chunks():
                file.write(chunk)
        return path

    def change(data: Path, context: Context) -> Path:
        path = context.new_path(".bin")
        with data.open("rb") as source, path.open("wb") as target:
            for chunk in iter(lambda: source.read(_CHUNK), b""):
                target.write(chunk)
        return path

    @pipeline.task
    def second(data: Annotated[Path, _made], context: Context) -> _changed:
        return change(data, context)

    @pipeline.task
    def third(data: Annotated[Path, _changed], context: Context) -> _last:
        return change(data, context)

    _check(pipeline)
    return pipeline


def _random_chunks() -> Iterator[bytes]:
    for _ in range(SIZE // _CHUNK):
        yield os.urandom(_CHUNK)


def _chunks() -> Pipeline:
    pipeline = Pipeline("bytes")

    @pipeline.task
    def make() -> _made:
        yield from _random_chunks()

    @pipeline.task
    def second(data: Annotated[Iterator[bytes], _made]) -> _changed:
        for chunk in data:
            yield chunk[::-1]

    @pipeline.task
    def third(data: Annotated[Iterator[bytes], _changed]) -> _last:
        for chunk in data:
            yield chunk[::-1]

    _check(pipeline)
    return pipeline


def _records() -> Pipeline:
    pipeline = Pipeline("records")

    @pipeline.task
    def make() -> _made:
        for number in range(SIZE // _RECORD):
            yield {"id": number, "text": f"{number:09}" * (_RECORD // 9)}

    @pipeline.task
    def second(rows: Annotated[Iterator[Any], _made]) -> _changed:
        for row in rows:
            yield {**row, "id": row["id"] + 1}

    @pipeline.task
    def third(rows: Annotated[Iterator[Any], _changed]) -> _last:
        for row in rows:
            yield {**row, "id": row["id"] - 1}

    _check(pipeline)
    return pipeline


def _batches(count: int = _BATCHES) -> Iterator[Any]:
    import numpy
    import pyarrow

    random = numpy.random.default_rng(0)
    names = ["id", *(f"x{number}" for number in range(_NUMBERS))]
    for number in range(count):
        ids = numpy.arange(number * _ROWS, (number + 1) * _ROWS)
        columns = [ids, *(random.random(_ROWS) for _ in range(_NUMBERS))]
        yield pyarrow.record_batch(list(map(pyarrow.array, columns)), names=names)


def _reader() -> Any:
    import pyarrow

    batches = _batches()
    first = next(batches)

    def all_of_them() -> Iterator[Any]:
        yield first
        yield from batches

    return pyarrow.RecordBatchReader.from_batches(first.schema, all_of_them())


def _frames() -> Pipeline:
    import polars

    pipeline = Pipeline("frames")

    @pipeline.task
    def make() -> _made:
        for batch in _batches(_FRAMES):
            yield polars.from_arrow(batch)

    @pipeline.task
    def second(frames: Annotated[Iterator[polars.DataFrame], _made]) -> _changed:
        for frame in frames:
            yield frame.with_columns(polars.col("x0") * 2)

    @pipeline.task
    def third(frames: Annotated[Iterator[polars.DataFrame], _changed]) -> _last:
        for frame in frames:
            yield frame.with_columns(polars.col("x0") / 2)

    _check(pipeline)
    return pipeline


def _lazy() -> Pipeline:
    import polars

    pipeline = Pipeline("lazy")

    @pipeline.task
    def make() -> _made:
        return _reader()

    @pipeline.task
    def second(frame: Annotated[polars.LazyFrame, _made]) -> _changed:
        return frame.with_columns(y=polars.col("x0") * 2)

    @pipeline.task
    def third(frame: Annotated[polars.LazyFrame, _changed]) -> _last:
        return frame.drop("y")

    _check(pipeline)
    return pipeline


def _readers() -> Pipeline:
    import pyarrow

    pipeline = Pipeline("reader")

    @pipeline.task
    def make() -> _made:
        return _reader()

    @pipeline.task
    def second(batches: Annotated[pyarrow.RecordBatchReader, _made]) -> _changed:
        return batches

    @pipeline.task
    def third(batches: Annotated[pyarrow.RecordBatchReader, _changed]) -> _last:
        return batches

    _check(pipeline)
    return pipeline


def _peak() -> float:
    """The highest resident memory so far, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
